//! Turns fully qualified calls of trait methods into method calls.
//!
//! Generated loops use qualified calls, because such calls need no imports and cause a single error
//! for a wrong type.
//! The checker handles method calls only.

use crate::vocabulary::{is_trait_of_runtime, passes_argument};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprCall, ExprMethodCall, ItemFn, Token};

/// Turns `::training_loop::Optimizer::step(&mut optimizer)` into `optimizer.step()`.
pub(crate) fn as_methods(function: &ItemFn) -> ItemFn {
    let mut function = function.clone();
    Methods.visit_item_fn_mut(&mut function);
    function
}

struct Methods;

impl VisitMut for Methods {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        if let Expr::Call(call) = expr
            && let Some(method) = method(call)
        {
            *expr = method;
        }
    }
}

/// The method call equivalent to a qualified call.
fn method(call: &ExprCall) -> Option<Expr> {
    let Expr::Path(path) = &*call.func else { return None };
    let segments = &path.path.segments;
    let method = &segments.last()?.ident;
    // The tokens of a generated call have one place each: that of the name.
    let dot = segments.pairs().nth(segments.len().checked_sub(3)? + 1)?.punct()?.spans[0];
    let mut arguments = call.args.iter().cloned();
    let receiver = plain(arguments.next()?);
    let owner = segments.iter().rev().nth(1)?;
    let is_trait = is_trait_of_runtime(&owner.ident);
    if passes_argument(&path.path) {
        return Some(receiver);
    }
    is_trait.then(|| {
        Expr::MethodCall(ExprMethodCall {
            attrs: Vec::new(),
            receiver: Box::new(receiver),
            dot_token: Token![.](dot),
            method: method.clone(),
            turbofish: None,
            paren_token: call.paren_token,
            args: arguments.collect(),
        })
    })
}

/// The place behind references and dereferences: `optimizer` of `&mut *optimizer`.
fn plain(receiver: Expr) -> Expr {
    match receiver {
        Expr::Reference(reference) => plain(*reference.expr),
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Deref(_)) => plain(*unary.expr),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;

    use super::*;

    #[test]
    fn whole_paths_are_turned_and_others_left() {
        let generated: ItemFn = syn::parse_quote!(
            fn fit() {
                ::training_loop::Optimizer::step(&mut *optimizer);
                for batch in ::training_loop::private::loader(train).epoch(epoch) {}
            }
        );
        let text = as_methods(&generated).to_token_stream().to_string();
        assert_eq!(text, "fn fit () { optimizer . step () ; for batch in train . epoch (epoch) { } }");
        let written: ItemFn = syn::parse_quote!(
            fn fit() {
                Optimizer::step(&mut optimizer);
            }
        );
        assert_eq!(
            as_methods(&written).to_token_stream().to_string(),
            "fn fit () { Optimizer :: step (& mut optimizer) ; }"
        );
    }
}
