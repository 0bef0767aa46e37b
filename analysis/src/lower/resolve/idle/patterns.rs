//! Small questions about the syntax of patterns, places and blocks.

use syn::visit::{self, Visit};
use syn::{BinOp, Block, Expr, Pat, Stmt, Type};

use crate::lower::control::expression::unreferenced;
use crate::lower::resolve::macros::Unfolded;
use crate::vocabulary::rust::{is_forced, is_number, is_self_name, is_transparent};
use crate::vocabulary::{contains_arguments, converts_to_values};

/// The variables that a pattern binds.
pub(super) fn bound_names(pat: &Pat) -> Vec<String> {
    struct Names(Vec<String>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_pat_ident(&mut self, node: &'ast syn::PatIdent) {
            let name = node.ident.to_string();
            // A pattern such as `None` is a constant.
            if !name.starts_with(char::is_uppercase) {
                self.0.push(name);
            }
            visit::visit_pat_ident(self, node);
        }
    }
    let mut names = Names(Vec::new());
    names.visit_pat(pat);
    names.0
}

/// An expression without the `?`, the wrappers, the references and the parentheses around it.
pub(super) fn bare(expr: &Expr) -> &Expr {
    match unreferenced(expr) {
        Expr::Try(inner) => bare(&inner.expr),
        Expr::MethodCall(call) if is_wrapped(&call.method.to_string()) => bare(&call.receiver),
        other => other,
    }
}

fn is_wrapped(method: &str) -> bool {
    is_forced(method) || is_transparent(method)
}

/// The variable at the start of a place, unless the place is in `self`.
pub(super) fn root(place: &Expr) -> Option<String> {
    match bare(place) {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string).filter(|name| !is_self_name(name)),
        Expr::Field(field) => root(&field.base),
        Expr::Index(index) => root(&index.expr),
        _ => None,
    }
}

/// Whether a type is a number, or a list of numbers.
pub(super) fn is_number_type(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            let name = last.ident.to_string();
            let inner = || crate::lower::resolve::type_arguments(last).any(is_number_type);
            is_number(&name) || contains_arguments(&name) && inner()
        }),
        _ => false,
    }
}

/// Whether a block ends by leaving the function or the iteration.
pub(super) fn diverges(block: &Block) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(expr, _)) => jumps(expr),
        _ => false,
    }
}

/// Whether an expression leaves the function or the iteration.
pub(super) fn jumps(expr: &Expr) -> bool {
    match expr {
        Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => true,
        Expr::Block(block) => diverges(&block.block),
        Expr::Call(call) => {
            let failed = matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Err"));
            failed || Unfolded::of(call) == Some(Unfolded::Diverges)
        }
        _ => false,
    }
}

/// Whether a path is a conversion to a number, as in `.map(f32::try_from)`.
pub(super) fn is_conversion(expr: &Expr) -> bool {
    let Expr::Path(path) = expr else { return false };
    let mut segments = path.path.segments.iter().rev().map(|part| part.ident.to_string());
    let name = segments.next().unwrap_or_default();
    is_number_of(&segments.next().unwrap_or_default(), &name)
}

/// Whether an associated function converts a tensor to numbers: `f64::from`, `Vec::<f32>::try_from`.
pub(super) fn is_number_of(owner: &str, name: &str) -> bool {
    converts_to_values(owner, name, is_number(owner))
}

pub(super) fn is_comparison(op: &BinOp) -> bool {
    matches!(op, BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_))
}
