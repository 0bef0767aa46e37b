//! Steps that take a closure: `optimizer.step(|| { .. })`.
//!
//! The closure computes the loss and its gradients.
//! An optimizer such as LBFGS evaluates the closure several times in one step, and uses the gradients
//! after each evaluation.

use syn::{Expr, FnArg, Pat};

use super::{Call, Callee};
use crate::cfg::{Action, BlockId, Head, HeadKind, OptimizerId};
use crate::lower::env::bind::member;
use crate::lower::env::value::{Closure, Kind, Value};
use crate::lower::{Lower, address, text};
use crate::stage::{Effect, Stage};
use crate::tokens::names_in;
use crate::vocabulary::{CallEffect, evaluates_repeatedly, steps_with_closure};

impl<'a> Lower<'a> {
    /// Performs a step that takes a closure; `None` if the call is not such a step.
    ///
    /// An optimizer whose closure neither zeroes nor computes gradients perhaps uses no gradients.
    /// The step is then opaque, unless the type of the optimizer is known.
    pub(super) fn steps_with_closure(&mut self, call: &Call<'a>) -> Option<Value<'a>> {
        let (id, Callee::Method(node)) = (call.optimizer()?, &call.callee) else { return None };
        let closure = call.arguments.iter().find_map(|argument| match argument.kind {
            Kind::Closure(closure) => Some(closure),
            _ => None,
        })?;
        let repeats = self.evaluates_repeatedly(id, &node.receiver);
        if !steps_with_closure(&call.name) || !repeats && !self.moves_gradients(&closure) {
            return None;
        }
        if !repeats {
            let after = self.block("");
            self.evaluate(call, id, closure, after);
            self.join_at(after);
            return Some(Value::number());
        }
        let line = node.method.span().start().line;
        let head = || (text::call(call.expr).into(), Head { kind: HeadKind::Evaluations, ..Head::default() });
        let of = self.loop_of(address(node), line, head);
        self.repeat(of, None, false, &mut |lower, out| {
            lower.evaluate(call, id, closure, out);
            let again = lower.block("");
            lower.goto(again);
            lower.goto(out);
            lower.start(again);
        });
        Some(Value::number())
    }

    /// Evaluates the closure once, then uses the gradients. If the closure returns an error,
    /// control continues at the block `after`.
    fn evaluate(&mut self, call: &Call<'a>, id: OptimizerId, closure: Closure<'a>, after: BlockId) {
        let step = self.stage_site(call.expr, Stage::Step);
        let others = call.arguments.iter().filter(|argument| !matches!(argument.kind, Kind::Closure(_)));
        let others: Vec<Value<'a>> = others.cloned().collect();
        let given = if others.is_empty() { call.receiver.iter().cloned().collect() } else { others };
        self.with_failures_of_closure(call.expr, after, |lower| {
            lower.inline_closure(closure, address(call.expr), given);
        });
        self.emit(Action::Effect(id, Effect::Take), step);
    }

    /// Whether a closure contains a call that zeroes or computes gradients.
    fn moves_gradients(&self, closure: &Closure<'a>) -> bool {
        names_in(&closure.node.body).iter().any(|name| {
            let effect = self.vocabulary.method(name, 0);
            matches!(effect, Some(CallEffect::Backward { .. } | CallEffect::Gradients(&[Effect::Zero])))
        })
    }

    /// Whether an optimizer evaluates its closure several times in one step. The constructor's
    /// name decides, or the declared type of the parameter or field that holds the optimizer.
    fn evaluates_repeatedly(&self, id: OptimizerId, receiver: &Expr) -> bool {
        let mut built = self.cfg.optimizers[id].built.iter();
        built.any(|(site, _)| self.cfg.sites[*site].names.iter().any(|name| evaluates_repeatedly(name)))
            || self.declared_names(receiver).iter().any(|name| evaluates_repeatedly(name))
    }

    /// The names in the declared type of a parameter or a field.
    fn declared_names(&self, receiver: &Expr) -> std::collections::BTreeSet<String> {
        let ty = match receiver {
            Expr::Path(path) => self.here().sig.inputs.iter().find_map(|input| match input {
                FnArg::Typed(typed) => match &*typed.pat {
                    Pat::Ident(name) if path.path.is_ident(&name.ident) => Some(&*typed.ty),
                    _ => None,
                },
                FnArg::Receiver(_) => None,
            }),
            Expr::Field(field) => {
                let base = self.here().owner;
                base.and_then(|base| self.resolver.field(base, &member(&field.member)))
            }
            _ => None,
        };
        ty.map(|ty| names_in(&ty)).unwrap_or_default()
    }
}
