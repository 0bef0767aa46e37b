//! Updates of parameters in functions that compute a loss, or its gradient, and run no `backward`.

use std::collections::BTreeSet;

use syn::Expr;

use super::faults::{Faults, OrderFault, is_exclusive};
use super::inside::May;
use super::unread::is_unread;
use super::update::Update;
use super::walk::{Bound, Call, bare, base, root};
use crate::cfg::NamedFaultKind;
use crate::lower::resolve::uses::is_rate_expr;
use crate::tokens::names_in;
use crate::vocabulary::rust::{is_meant_unused, is_self};
use crate::vocabulary::{
    applies_loss, collects, computes_output, evaluates_graph, is_criterion, is_loss, names_loss,
    names_output_gradient, names_update_method, only_looks, only_passes, only_prepares, reduces_to_loss,
    sets_gradient, speaks_of_loss,
};

impl<'r> Faults<'r, '_> {
    /// An update after a gradient or a loss that nothing reads.
    pub(super) fn gradient_unread(&self) -> Option<OrderFault<'r>> {
        let updates = self.updates();
        let bound = self.walk.bound.iter().chain(&self.walk.parts);
        bound.filter(|bound| self.is_unused(bound)).find_map(|unread| {
            let after = |update: &&Update<'r>| {
                update.rank >= unread.rank && !update.reads && update.loops.starts_with(&unread.loops)
            };
            let update = updates.iter().find(after)?;
            let calls = &self.walk.calls;
            let around = |loops: &[usize]| loops.first() == update.loops.first();
            let of_loss = !names_output_gradient(&unread.name);
            let hidden = calls[..update.rank].iter().enumerate().any(|(rank, call)| {
                let own = call.statement == unread.statement;
                let inside = || (!own || of_loss) && self.fills_inside(&call.name) == Some(true);
                around(&call.loops)
                    && (self.fills(call) || (own || rank >= unread.rank) && (self.may_fill(call) || inside()))
            });
            let step = update.step.map(|step| &calls[step]);
            // A function that gets the model may compute the loss and run `backward`.
            let mine = step.is_none_or(|step| !step.arguments.is_empty()) || self.is_computed(unread);
            (!hidden && (!of_loss || mine)).then(|| OrderFault {
                kind: NamedFaultKind::GradientUnread,
                at: update.at,
                other: None,
                about: unread.name.clone(),
            })
        })
    }

    /// Whether a variable holds a gradient or a loss, and nothing reads it.
    fn is_unused(&self, bound: &Bound<'_>) -> bool {
        let loss = || names_loss(&bound.name) && !self.walk.parts.iter().any(|part| part.name == bound.name);
        !is_meant_unused(&bound.name)
            && (names_output_gradient(&bound.name) || loss())
            && !matches!(bare(bound.init), Expr::Path(_) | Expr::Field(_) | Expr::Lit(_) | Expr::Closure(_))
            && is_unread(&self.function.body, &bound.name)
    }

    /// Whether a loss is visibly computed from tensors: by operators, by the methods of tensors, or by a criterion
    /// that gets the output of a model.
    fn is_computed(&self, bound: &Bound<'_>) -> bool {
        let names = names_in(bound.init);
        let lent = self.walk.calls.iter().any(|call| {
            call.statement == bound.statement && call.arguments.iter().any(|argument| is_exclusive(argument))
        });
        let of_output =
            self.walk.bound.iter().any(|output| names.contains(&output.name) && self.is_output(output));
        let operates = match bare(bound.init) {
            Expr::Binary(_) => true,
            Expr::MethodCall(call) => {
                let name = call.method.to_string();
                let reduces = reduces_to_loss(&name);
                let criterion = is_loss(&name) || computes_output(&name) || applies_loss(&name);
                let of = base(&call.receiver).unwrap_or_default();
                let folds = root(&call.receiver).is_some_and(|root| names_loss(&root));
                let seen = self.fills_inside(&name) == Some(false);
                folds
                    || seen
                    || reduces
                    || criterion
                        && (speaks_of_loss(&of) || !self.models().contains(&of))
                        && !is_self(&call.receiver)
            }
            Expr::Call(call) => names_in(&call.func)
                .iter()
                .any(|name| is_criterion(name) || self.fills_inside(name) == Some(false)),
            _ => false,
        };
        !lent && (of_output || operates)
    }

    /// The variables whose methods compute an output.
    pub(super) fn models(&self) -> &BTreeSet<String> {
        self.found.models.get_or_init(|| {
            let outputs = self.walk.calls.iter().filter(|call| computes_output(&call.name));
            outputs.filter_map(|call| root(call.receiver?)).collect()
        })
    }

    /// An update in a function that computes a loss and runs no `backward`.
    ///
    /// Only calls before the update, or in the same loop, can compute its gradients.
    pub(super) fn no_backward(&self) -> Option<OrderFault<'r>> {
        if Self::writes_gradients(&self.walk.assigned) {
            return None;
        }
        let updates = self.updates();
        updates.iter().find_map(|update| {
            let step = update.step.map(|step| &self.walk.calls[step]);
            let given = step.map(Call::given).unwrap_or_default();
            let Loss { name: loss, rank, computed } = self.loss_before(update)?;
            let fed = given.contains(&loss)
                || given.iter().any(|name| names_output_gradient(name))
                || step.is_some_and(|step| self.is_fed(step));
            // Code elsewhere may compute the loss and run `backward`, unless `zero_grad` comes after it.
            let zeroed = self.is_zeroed_around(update, if computed { 0 } else { rank });
            let mine = zeroed || computed && (update.reads || self.is_for_models(step));
            if fed || !mine || self.is_hidden(update, &loss) {
                return None;
            }
            let at = OrderFault { kind: NamedFaultKind::NoBackward, at: update.at, other: None, about: loss };
            Some(at)
        })
    }

    /// The loss of an update.
    fn loss_before(&self, update: &Update<'r>) -> Option<Loss> {
        let around =
            |loops: &[usize]| update.loops.starts_with(loops) && update.loops.is_empty() == loops.is_empty();
        let bound = self.walk.bound.iter().chain(&self.walk.parts);
        let bound = bound
            .filter(|bound| names_loss(&bound.name) && bound.rank <= update.rank && around(&bound.loops));
        let by_let = bound.map(|bound| Loss {
            name: bound.name.clone(),
            rank: bound.rank,
            computed: self.is_computed(bound),
        });
        let assigned = self.walk.assigned.iter().filter(|assigned| {
            assigned.rank <= update.rank && assigned.loops.first() == update.loops.first()
        });
        let by_assignment = assigned.filter_map(|assigned| {
            let name = base(assigned.left).filter(|name| names_loss(name))?;
            let computed = matches!(bare(assigned.right), Expr::Binary(_));
            Some(Loss { name, rank: assigned.rank, computed })
        });
        let evaluated = self.walk.calls[..update.rank].iter().enumerate().filter_map(|(rank, call)| {
            let runs = computes_output(&call.name) || evaluates_graph(&call.name);
            let name = call.of().filter(|of| runs && call.whole && names_loss(of) && around(&call.loops))?;
            Some(Loss { name, rank, computed: true })
        });
        let all: Vec<Loss> = by_let.chain(by_assignment).chain(evaluated).collect();
        let computed = all.iter().any(|loss| loss.computed);
        all.into_iter().max_by_key(|loss| loss.rank).map(|loss| Loss { computed, ..loss })
    }

    /// Whether the gradients are zeroed in the iteration of an update, after a number of calls.
    fn is_zeroed_around(&self, update: &Update<'r>, after: usize) -> bool {
        self.walk.calls.iter().enumerate().any(|(rank, call)| {
            let before = rank < update.rank;
            let in_iteration =
                call.loops.first() == update.loops.first() && (before || !update.loops.is_empty());
            call.is_zero() && in_iteration && (after == 0 || before && rank >= after)
        })
    }

    /// Whether a step is for the models of the function: it names one, or its optimizer is built from one.
    fn is_for_models(&self, step: Option<&Call<'r>>) -> bool {
        let Some(step) = step else { return false };
        if names_update_method(&step.name) {
            return true;
        }
        let of = step.receiver.and_then(root);
        let given = step.given();
        let models = self.models();
        let built = |bound: &&Bound<'_>| Some(&bound.name) == of.as_ref();
        let from_parameters = self.walk.bound.iter().filter(built).any(|bound| {
            self.is_optimizer(&bound.name)
                && match bare(bound.init) {
                    Expr::Call(call) => call.args.len() > 1,
                    _ => false,
                }
        });
        from_parameters || models.iter().any(|model| given.contains(model) || of.as_ref() == Some(model))
    }

    /// Whether a method that updates its model gets more than a rate: it may compute the gradients from the rest, as
    /// `perceptron.update_weights(&input, error, rate)` does.
    fn is_fed(&self, step: &Call<'r>) -> bool {
        let known = |argument: &Expr| {
            let name = base(argument).unwrap_or_default();
            let counts = ["step", "epoch", "iteration", "iter", "round", "i", "t", "config", "cfg"];
            matches!(bare(argument), Expr::Lit(_))
                || is_rate_expr(argument)
                || self.is_optimizer(&name)
                || counts.contains(&&*name)
        };
        let of_optimizer = step.of().is_some_and(|of| self.is_optimizer(&of));
        step.receiver.is_some()
            && !of_optimizer
            && names_update_method(&step.name)
            && !step.arguments.iter().all(|argument| known(argument))
    }

    /// Whether a variable is the output of a forward.
    fn is_output(&self, bound: &Bound<'_>) -> bool {
        matches!(bare(bound.init), Expr::MethodCall(call) if computes_output(&call.method.to_string()))
            || self
                .walk
                .calls
                .iter()
                .any(|call| call.statement == bound.statement && computes_output(&call.name))
    }

    /// Whether some call that reaches an update may compute gradients.
    fn is_hidden(&self, update: &Update<'r>, loss: &str) -> bool {
        let models = self.models();
        self.walk.calls.iter().enumerate().any(|(rank, call)| {
            let reaches = rank < update.rank || call.loops.iter().any(|around| update.loops.contains(around));
            reaches
                && (self.may_fill(call)
                    || update.step != Some(rank) && self.may_hide(call, loss, models, update))
        })
    }

    /// Whether a call may run `backward` from a loss, or may train one of the models.
    fn may_hide(&self, call: &Call<'r>, loss: &str, models: &BTreeSet<String>, update: &Update<'r>) -> bool {
        if self.steps(call) || call.is_zero() || collects(&call.name) || only_looks(&call.name) {
            return false;
        }
        if let Some(fills) = self.fills_inside(&call.name) {
            return fills;
        }
        let looks = computes_output(&call.name)
            || sets_gradient(&call.name)
            || only_prepares(&call.name)
            || only_passes(&call.name)
            || call.of().is_some_and(|of| speaks_of_loss(&of)) && is_loss(&call.name);
        if looks {
            return false;
        }
        let of = call.receiver.and_then(root);
        let of_loss = call.whole && (of.as_deref() == Some(loss) || call.given().contains(loss));
        let lent = call.arguments.iter().any(|argument| {
            is_exclusive(argument) && root(argument).is_some_and(|root| models.contains(&root))
        });
        let of_model =
            call.whole && of.is_some_and(|of| models.contains(&of)) && !std::ptr::eq(update.at, call.expr);
        of_loss || lent || of_model || call.whole && call.receiver.is_some_and(is_self)
    }

    /// Whether a function of the checked code with this name may compute gradients, by the names of its calls and of
    /// those that it calls; `None` if there is no such function.
    pub(super) fn fills_inside(&self, name: &str) -> Option<bool> {
        self.inside(name, May::Fill)
    }
}

/// A loss that a function computes.
struct Loss {
    name: String,
    /// The number of calls before its end.
    rank: usize,
    /// Whether it is visibly computed from tensors, so that no code elsewhere runs its `backward`.
    computed: bool,
}
