//! Gradients in a field that no code zeroes, in a library whose `backward` adds to the gradients that it gets; and
//! fused steps that are repeated.

use syn::visit::{self, Visit};
use syn::{Block, Expr, Stmt};

use super::patterns::bare;
use super::{Idle, Search};
use crate::cfg::IdleKind;
use crate::lower::env::bind::member;
use crate::lower::text;
use crate::vocabulary::rust::is_self;
use crate::vocabulary::{
    CallEffect, Keeping, applies_gradients, fuses_step, names_backward, names_gradients_alone,
    trains_by_name, without_try, zeroes_gradients,
};

impl<'r> Search<'r, '_> {
    /// The `backward` of a method that keeps its gradients in a field for the next call, if nothing zeroes them.
    pub(super) fn never_zeroed(&self) -> Option<Idle<'r>> {
        let zeroes = || {
            self.resolver
                .functions
                .iter()
                .any(|function| function.names().iter().any(|name| zeroes_gradients(without_try(name))))
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

impl<'r> Search<'r, '_> {
    /// The second of two equal fused steps in a row, which runs through the same graph.
    pub(super) fn fused_twice(&self) -> Option<Idle<'r>> {
        let body: &'r Block = &self.function.body;
        let mut twice = Twice(None);
        twice.visit_block(body);
        let at = twice.0?;
        let (kind, about) = (IdleKind::FusedTwice, String::new());
        Some(Idle { kind, at: Some(at), about, optimizer: String::new() })
    }
}

/// The second of two equal statements in a row that are fused steps.
struct Twice<'a>(Option<&'a Expr>);

impl<'a> Visit<'a> for Twice<'a> {
    fn visit_item(&mut self, _: &'a syn::Item) {}

    fn visit_block(&mut self, block: &'a Block) {
        let fused = |statement: &'a Stmt| match statement {
            Stmt::Expr(expr, Some(_)) => match bare(expr) {
                Expr::MethodCall(call) if fuses_step(&call.method.to_string()) => Some(expr),
                _ => None,
            },
            _ => None,
        };
        for pair in block.stmts.windows(2) {
            if let (Some(first), Some(second)) = (fused(&pair[0]), fused(&pair[1]))
                && text::tight(first) == text::tight(second)
            {
                self.0 = self.0.or(Some(second));
            }
        }
        visit::visit_block(self, block);
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
