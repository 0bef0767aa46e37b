//! Pure expressions: the value of such an expression changes only if a variable in it changes.

use syn::Expr;
use syn::visit::{self, Visit};

use crate::limits;
use crate::vocabulary::rust;

/// Whether the value of an expression changes only if a variable in it changes.
pub(super) fn is_pure(expr: &Expr) -> bool {
    let mut pure = Pure { yes: true, depth: 0 };
    pure.visit_expr(expr);
    pure.yes
}

struct Pure {
    yes: bool,
    depth: usize,
}

impl<'ast> Visit<'ast> for Pure {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            Expr::MethodCall(call) if !rust::is_pure(&call.method.to_string()) => self.yes = false,
            Expr::Path(_)
            | Expr::Field(_)
            | Expr::Lit(_)
            | Expr::MethodCall(_)
            | Expr::Unary(_)
            | Expr::Binary(_)
            | Expr::Paren(_)
            | Expr::Group(_)
            | Expr::Reference(_)
            | Expr::Index(_)
            | Expr::Cast(_)
            | Expr::Range(_)
            | Expr::Tuple(_) => {}
            _ => self.yes = false,
        }
        self.depth += 1;
        if self.yes && self.depth < limits::NESTED_CONDITIONS {
            visit::visit_expr(self, expr);
        } else {
            self.yes = false;
        }
        self.depth -= 1;
    }
}
