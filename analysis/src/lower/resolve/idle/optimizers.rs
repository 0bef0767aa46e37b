//! Optimizers that never step, and optimizers that each iteration builds.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};
use syn::{Expr, FnArg};

use super::bindings::Named;
use super::names::{calls_in, constructed_by, names_model, plain_function};
use super::patterns::bare;
use super::signature::is_exclusive;
use super::{Idle, Search};
use crate::cfg::IdleKind;
use crate::lower::env::bind::member;
use crate::lower::resolve::Function;
use crate::lower::text;
use crate::tokens::names_in;
use crate::vocabulary::rust::{is_meant_unused, is_self_name};
use crate::vocabulary::{
    Role, applies_gradients, builds_optimizer, cannot_train, fuses_step, handles_gradients, is_plain_sgd,
    is_setter, is_training_trait, names_backward, names_loss, role_of_name, speaks_of_loss, trains_by_name,
    zeroes_gradients,
};

impl<'r> Search<'r, '_> {
    /// An optimizer that the function never mentions again, although the function trains.
    pub(super) fn idle_optimizer(&self) -> Option<Idle<'r>> {
        let by_name = trains_by_name(&self.function.name);
        let found = self.bindings().find(|(id, known)| {
            let own = *id >= self.parameters() || by_name;
            // A pattern takes an object with an optimizer apart.
            let part = by_name && !known.alone && known.init.is_some();
            let built = known.alone
                && known.init.is_some_and(|init| {
                    calls_in(init).iter().any(|name| builds_optimizer(name))
                        && role_of_name(&known.name) == Some(Role::Optimizer)
                });
            let is_it = self.is_optimizer(*id, known)
                || built
                || part && role_of_name(&known.name) == Some(Role::Optimizer);
            own && !known.mentioned && !is_meant_unused(&known.name) && is_it
        });
        let (_, known) = found.filter(|_| !self.function.tested)?;
        let trains = by_name || self.bindings().any(|(_, known)| !known.loops.is_empty());
        let speaks = |name: &String| speaks_of_loss(name) || names_backward(name) || is_training_trait(name);
        if !trains || !self.function.names().iter().any(speaks) {
            return None;
        }
        Some(Idle {
            kind: IdleKind::Optimizer,
            at: known.init,
            about: known.name.clone(),
            optimizer: String::new(),
        })
    }

    /// An optimizer that the function builds and only zeroes, although it runs `backward`.
    ///
    /// A test may look at the gradients themselves.
    pub(super) fn only_zeroed(&self) -> Option<Idle<'r>> {
        let calls = || self.flow.calls.iter();
        let looks = self.function.tested && calls().any(|call| handles_gradients(&call.name));
        let zeroed = |id: usize| calls().find(|call| call.on == Some(id) && zeroes_gradients(&call.name));
        let found = self.bindings().find_map(|(id, known)| {
            let own = id >= self.parameters() && self.is_optimizer(id, known) && !self.flow.may_train(id);
            own.then(|| zeroed(id)).flatten().map(|call| (call, known))
        });
        let (call, known) = found.filter(|_| !looks && calls().any(|call| names_backward(&call.name)))?;
        let (kind, about) = (IdleKind::OnlyZeroed, known.name.clone());
        Some(Idle { kind, at: Some(call.expr), about, optimizer: String::new() })
    }

    /// An optimizer that the function only zeroes, beside another one that it zeroes and steps.
    pub(super) fn zeroed_beside(&self) -> Option<Idle<'r>> {
        let on = |call: &Named<'r>| match call.expr {
            Expr::MethodCall(node) => Some(text::tight(&node.receiver)),
            _ => None,
        };
        let zeroed =
            || self.flow.calls.iter().filter(|call| zeroes_gradients(&call.name) && call.arguments == 0);
        zeroed().nth(1)?;
        let mut uses: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for call in &self.flow.calls {
            if let Some(place) = on(call) {
                uses.entry(place).or_default().push(&call.name);
            }
        }
        let is_optimizer = |place: &str| {
            let last = place.rsplit('.').next().unwrap_or(place);
            role_of_name(last.trim_end_matches("()").trim_end_matches("_mut")) == Some(Role::Optimizer)
        };
        let stepped =
            |place: &str| uses.get(place).is_some_and(|uses| uses.iter().any(|name| !cannot_train(name)));
        let both = zeroed().filter_map(on).any(|place| is_optimizer(&place) && stepped(&place));
        if !both {
            return None;
        }
        let body = text::tight(&*self.function.body);
        let alone = |place: &String| {
            let calls = uses.get(place).map_or(0, Vec::len);
            is_optimizer(place) && !stepped(place) && body.matches(place.as_str()).count() == calls
        };
        let (place, call) = zeroed().find_map(|call| Some((on(call).filter(alone)?, call)))?;
        let kind = IdleKind::OnlyZeroed;
        Some(Idle { kind, at: Some(call.expr), about: place, optimizer: String::new() })
    }

    /// Parameters that an optimizer zeroes and never steps, although it steps other parameters that it zeroes:
    /// `optimizer.zero_grad(&a); optimizer.zero_grad(&b); .. optimizer.step(&a);`.
    pub(super) fn zeroed_parameters(&self) -> Option<Idle<'r>> {
        let given = |call: &Named<'r>| match call.expr {
            Expr::MethodCall(node) if node.args.len() == 1 => {
                Some((text::tight(&node.receiver), text::tight(bare(&node.args[0]))))
            }
            _ => None,
        };
        let zeroed = || self.flow.calls.iter().filter(|call| zeroes_gradients(&call.name));
        zeroed().nth(1)?;
        let of = |is: &dyn Fn(&str) -> bool| -> BTreeSet<(String, String)> {
            self.flow.calls.iter().filter(|call| is(&call.name)).filter_map(given).collect()
        };
        let (zeroes, steps) = (of(&zeroes_gradients), of(&applies_gradients));
        let one_by_one = steps.iter().all(|step| zeroes.contains(step));
        let others =
            self.flow.calls.iter().any(|call| applies_gradients(&call.name) && given(call).is_none());
        if steps.is_empty() || !one_by_one || others {
            return None;
        }
        let lost = zeroed().find(|call| {
            given(call)
                .is_some_and(|pair| !steps.contains(&pair) && steps.iter().any(|step| step.0 == pair.0))
        })?;
        let (optimizer, about) = given(lost)?;
        Some(Idle { kind: IdleKind::ZeroedParameters, at: Some(lost.expr), about, optimizer })
    }

    /// An optimizer with state that an iteration builds and steps, for parameters from outside of the loop.
    pub(super) fn built_inside(&self) -> Option<Idle<'r>> {
        let outside = |id: usize, loops: &[usize]| {
            let known = &self.flow.bindings[id];
            known.loops.len() < loops.len()
        };
        self.bindings().find_map(|(id, known)| {
            let init = known.init.filter(|_| !known.loops.is_empty() && id >= self.parameters())?;
            let plain = constructed_by(init).iter().any(|name| is_plain_sgd(name)) || plain_function(init);
            if plain || !self.is_optimizer(id, known) {
                return None;
            }
            let steps = |call: &&Named<'r>| {
                let step = applies_gradients(&call.name) || fuses_step(&call.name);
                step && call.on == Some(id) && call.loops == known.loops
            };
            let call = self.flow.calls.iter().find(steps)?;
            let names = names_in(init);
            let around = self.flow.around(id);
            let model = around
                .iter()
                .rev()
                .filter(|id| names.contains(&self.flow.bindings[**id].name))
                .chain(&call.given);
            let mut trained = model.filter(|of| **of != id && names_model(&self.flow.bindings[**of]));
            let kept =
                trained.any(|of| outside(*of, &known.loops)) || names.iter().any(|name| is_self_name(name));
            kept.then(|| Idle {
                kind: IdleKind::BuiltInside,
                at: Some(init),
                about: known.name.clone(),
                optimizer: String::new(),
            })
        })
    }

    /// An optimizer in a private field that no function of the file steps or passes on.
    pub(super) fn idle_field(&self) -> Option<Idle<'r>> {
        let owner = self.function.owner?;
        let known = &self.resolver.types[owner];
        let name = &self.function.name;
        if !trains_by_name(name) || !is_exclusive(self.function) || !known.defined || known.ambiguous {
            return None;
        }
        let mut loss = FirstLoss(None);
        loss.visit_block(&self.function.body);
        let at = loss.0?;
        let idle = |field: &&String| {
            let unused = |function: &Function<'_>| {
                let receiver = matches!(function.sig.inputs.first(), Some(FnArg::Receiver(_)));
                only_handled(function, field, receiver)
            };
            known.private.contains(*field) && self.resolver.functions.iter().all(unused)
        };
        let field = self.fields.iter().find(idle)?;
        Some(Idle {
            kind: IdleKind::Field,
            at: Some(at),
            about: format!("self.{field}"),
            optimizer: String::new(),
        })
    }
}

/// Whether a function calls only methods on a field that cannot train.
fn only_handled(function: &Function<'_>, field: &str, receiver: bool) -> bool {
    let of_field = |text: &str| text.split('.').any(|part| part == field);
    let uses = function.survey.uses.iter().filter(|(text, _)| of_field(text)).map(|(_, uses)| uses);
    let calls: usize = uses.clone().map(|uses| uses.calls).sum();
    uses.clone()
        .all(|uses| uses.bare.iter().chain(&uses.given).all(|name| cannot_train(name) || is_setter(name)))
        && calls == function.mentions(field, receiver)
}

/// The first mention of a loss in a body.
struct FirstLoss<'a>(Option<&'a Expr>);

impl<'a> Visit<'a> for FirstLoss<'a> {
    fn visit_item(&mut self, _: &'a syn::Item) {}

    fn visit_expr(&mut self, expr: &'a Expr) {
        if self.0.is_some() {
            return;
        }
        let name = match expr {
            Expr::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
            Expr::Field(field) => Some(member(&field.member)),
            _ => None,
        };
        if name.is_some_and(|name| names_loss(&name)) {
            self.0 = Some(expr);
            return;
        }
        visit::visit_expr(self, expr);
    }
}
