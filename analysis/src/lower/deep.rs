//! Bodies that are nested deeper than is followed: nothing may walk through them to their ends, since a long
//! enough chain of calls overflows any stack.

use syn::visit::{self, Visit};
use syn::{Block, Expr, Item};

/// Whether expressions of this body are nested deeper than is followed.
pub(crate) fn is_deep(body: &Block) -> bool {
    let mut depth = Depth { now: 0, most: 0 };
    depth.visit_block(body);
    depth.most > super::DEEPEST
}

struct Depth {
    now: usize,
    most: usize,
}

impl<'ast> Visit<'ast> for Depth {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        self.now += 1;
        self.most = self.most.max(self.now);
        if self.most <= super::DEEPEST {
            visit::visit_expr(self, expr);
        }
        self.now -= 1;
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}
