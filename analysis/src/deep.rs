//! Detects bodies that are nested too deep for a recursive walk. A long chain of calls overflows
//! any stack.

use crate::limits;
use syn::visit::{self, Visit};
use syn::{Block, Expr, Item};

/// Whether the expressions of a body are nested deeper than the limit.
pub(crate) fn is_deep(body: &Block) -> bool {
    let mut depth = Depth { now: 0, most: 0 };
    depth.visit_block(body);
    depth.most > limits::NESTED_EXPRESSIONS
}

struct Depth {
    now: usize,
    most: usize,
}

impl<'ast> Visit<'ast> for Depth {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        self.now += 1;
        self.most = self.most.max(self.now);
        if self.most <= limits::NESTED_EXPRESSIONS {
            visit::visit_expr(self, expr);
        }
        self.now -= 1;
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}
