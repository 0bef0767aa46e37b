//! Writes to parameters in place while a graph is recorded: `linear.ws.copy_(&other.ws)`.

use syn::Expr;

use super::{Call, Callee};
use crate::cfg::{Mark, Recorded};
use crate::lower::Lower;
use crate::lower::env::bind::member;
use crate::vocabulary::{CallEffect, is_parameter_field, returns_leaves, writes_tensor};

impl<'a> Lower<'a> {
    /// Records a method that writes a parameter in place while a graph is recorded.
    pub(super) fn writes_by_method(&mut self, call: &Call<'a>) {
        if let Callee::Method(node) = call.callee
            && writes_tensor(&call.name, call.arguments.len())
        {
            self.note_write(call.expr, &node.receiver);
        }
    }

    /// Records a write to `written` in place, if it is a parameter and a graph is recorded.
    ///
    /// A parameter that some function of the checked code freezes may be written.
    pub(in crate::lower) fn note_write(&mut self, expr: &'a Expr, written: &'a Expr) {
        let recorded = self.recording.state() == Recorded::Yes && !self.at.dead;
        if !recorded || !self.vocabulary.refuses_recorded_writes() || !self.is_parameter(written) {
            return;
        }
        if !self.resolver.functions.iter().any(|function| function.survey.freezes) {
            let site = self.site_of(expr, None);
            self.cfg.facts.mark(site, Mark::WritesParameter);
        }
    }

    /// Whether an expression is a parameter of a layer of the library, or an item of a store's parameters.
    fn is_parameter(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Field(field) => {
                let name = member(&field.member);
                // A type of the checked code may have a plain tensor in a field with this name.
                is_parameter_field(&name) && !self.resolver.has_field(&name)
            }
            Expr::MethodCall(call) => {
                let effect = self.vocabulary.method(&call.method.to_string(), call.args.len());
                effect == Some(CallEffect::Passes) && self.is_parameter(&call.receiver)
            }
            Expr::Path(path) => {
                let variable = path.path.get_ident().and_then(|name| self.lookup(&name.to_string()));
                let round = variable.and_then(|variable| self.cfg.facts.item_of(variable));
                round.is_some_and(|round| {
                    let head = &self.cfg.loops[round].head;
                    // In pairs of parameters and other tensors, either may be the parameter.
                    head.item.is_some() && head.over.iter().any(|name| returns_leaves(name))
                })
            }
            Expr::Paren(inner) => self.is_parameter(&inner.expr),
            Expr::Reference(inner) => self.is_parameter(&inner.expr),
            Expr::Unary(inner) => self.is_parameter(&inner.expr),
            _ => false,
        }
    }
}
