//! Gradients in a field that no code zeroes, in a library whose `backward` adds to the gradients that it gets.

use syn::Expr;
use syn::visit::{self, Visit};

use super::{Idle, Search};
use crate::cfg::IdleKind;
use crate::lower::env::bind::member;
use crate::tokens::names_in;
use crate::vocabulary::rust::is_self;
use crate::vocabulary::{
    CallEffect, Keeping, applies_gradients, names_backward, names_gradients_alone, trains_by_name,
    zeroes_gradients,
};

impl<'r> Search<'r, '_> {
    /// The `backward` of a method that keeps its gradients in a field for the next call, if nothing zeroes them.
    pub(super) fn never_zeroed(&self) -> Option<Idle<'r>> {
        let zeroes = || {
            self.resolver.functions.iter().any(|function| {
                let names = names_in(&*function.body);
                names.iter().any(|name| zeroes_gradients(name.strip_prefix("try_").unwrap_or(name)))
            })
        };
        let threaded = self.vocabulary.keeping() == Some(Keeping::Threaded);
        if !threaded || self.function.tested || !trains_by_name(&self.function.name) || zeroes() {
            return None;
        }
        let mut kept = Kept(None);
        kept.visit_block(&self.function.body);
        let about = kept.0?;
        let calls = || self.flow.calls.iter();
        let traces = calls().any(|call| {
            call.arguments == 1 && self.vocabulary.method(&call.name, 1) == Some(CallEffect::Traces)
        });
        let steps = calls().any(|call| applies_gradients(&call.name));
        let backward = calls().find(|call| names_backward(&call.name)).filter(|_| traces && steps)?;
        Some(Idle {
            kind: IdleKind::NeverZeroed,
            at: Some(backward.expr),
            about: format!("self.{about}"),
            optimizer: String::new(),
        })
    }
}

/// The first field of `self` that gets gradients.
struct Kept(Option<String>);

impl<'a> Visit<'a> for Kept {
    fn visit_item(&mut self, _: &'a syn::Item) {}

    fn visit_expr_assign(&mut self, node: &'a syn::ExprAssign) {
        if let Expr::Field(field) = &*node.left
            && is_self(&field.base)
        {
            let name = member(&field.member);
            self.0 = self.0.take().or_else(|| names_gradients_alone(&name).then_some(name));
        }
        visit::visit_expr_assign(self, node);
    }
}
