//! Bodies that are nested deeper than is followed: nothing may walk through them to their ends, since a long
//! enough chain of calls overflows any stack.

use crate::limits;
use syn::visit::{self, Visit};
use syn::{Block, Expr, Item};

/// Whether expressions of this body are nested deeper than is followed.
pub(crate) fn is_deep(body: &Block) -> bool {
    let mut depth = Depth { now: 0, most: 0 };
    depth.visit_block(body);
    depth.most > limits::NESTED_EXPRESSIONS
}

/// The methods of a visitor that leave out the bodies that are nested too deep.
macro_rules! leave_out_deep_bodies {
    ($life:lifetime) => {
        fn visit_item_fn(&mut self, function: &$life syn::ItemFn) {
            if !$crate::deep::is_deep(&function.block) {
                syn::visit::visit_item_fn(self, function);
            }
        }

        fn visit_impl_item_fn(&mut self, method: &$life syn::ImplItemFn) {
            if !$crate::deep::is_deep(&method.block) {
                syn::visit::visit_impl_item_fn(self, method);
            }
        }

        fn visit_trait_item_fn(&mut self, method: &$life syn::TraitItemFn) {
            if !method.default.as_ref().is_some_and($crate::deep::is_deep) {
                syn::visit::visit_trait_item_fn(self, method);
            }
        }
    };
}
pub(crate) use leave_out_deep_bodies;

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
