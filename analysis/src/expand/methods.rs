//! What the checker reads of a written loop.
//!
//! The loop calls the methods of traits by their paths, so that nothing has to be imported and rustc asks about a type
//! once. To the checker these are the method calls that one would have written.

use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprCall, ExprMethodCall, ItemFn, Token};

/// Turns `::training_loop::Optimizer::step(&mut optimizer)` into `optimizer.step()`.
pub(crate) fn as_methods(mut function: ItemFn) -> ItemFn {
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

/// The method call that a generated call stands for.
fn method(call: &ExprCall) -> Option<Expr> {
    let Expr::Path(path) = &*call.func else { return None };
    let colons = path.path.leading_colon.as_ref().or(path.path.segments.pairs().next()?.punct().copied())?;
    let method = &path.path.segments.last()?.ident;
    // Generated tokens all stand at one place.
    if colons.spans[0].start() != method.span().start() {
        return None;
    }
    let mut arguments = call.args.iter().cloned();
    let receiver = plain(arguments.next()?);
    let owner = path.path.segments.iter().rev().nth(1)?;
    let is_trait = ["Metric", "Module", "Optimizer", "Schedule"].iter().any(|name| owner.ident == name);
    if (method == "loader" || method == "output_and_loss") && owner.ident == "private" {
        return Some(receiver);
    }
    is_trait.then(|| {
        Expr::MethodCall(ExprMethodCall {
            attrs: Vec::new(),
            receiver: Box::new(receiver),
            dot_token: Token![.](method.span()),
            method: method.clone(),
            turbofish: None,
            paren_token: call.paren_token,
            args: arguments.collect(),
        })
    })
}

/// `optimizer` of `&mut *optimizer`.
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
    fn only_generated_calls_are_turned() {
        let at = proc_macro2::Span::call_site();
        let generated: ItemFn = syn::parse_quote_spanned!(at=> fn fit() {
            ::training_loop::Optimizer::step(&mut *optimizer);
            for batch in ::training_loop::private::loader(train).epoch(epoch) {}
        });
        let text = as_methods(generated).to_token_stream().to_string();
        assert_eq!(text, "fn fit () { optimizer . step () ; for batch in train . epoch (epoch) { } }");
        let written: ItemFn = syn::parse_str("fn fit() { Optimizer::step(&mut optimizer); }").unwrap();
        assert_eq!(
            as_methods(written).to_token_stream().to_string(),
            "fn fit () { Optimizer :: step (& mut optimizer) ; }"
        );
    }
}
