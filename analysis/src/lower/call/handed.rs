//! Losses that are handed to opaque calls, which may run `backward` on them.

use super::{Call, Callee};
use crate::cfg::{Action, Computation, SiteId};
use crate::lower::env::value::{Kind, Value};
use crate::lower::{Lower, address};
use crate::options::Author;
use crate::stage::Stage;
use crate::vocabulary::rust::is_reading;
use crate::vocabulary::{collects, may_differentiate, names_backward, names_loss, only_looks};

impl<'a> Lower<'a> {
    /// Records that an opaque call gets a loss, as its receiver or as an argument.
    ///
    /// A call with a name such as `run_backward` counts as a `backward` on its receiver and its
    /// arguments.
    pub(super) fn hands_loss(&mut self, call: &Call<'a>, site: SiteId) {
        let named = names_backward(&call.name);
        let puts = call.receiver.is_some() && collects(&call.name);
        let gets = is_reading(&call.name) && !may_differentiate(&call.name);
        let harmless = only_looks(&call.name) || puts || gets || is_variant(call);
        if !named && (harmless || self.is_in_generated_loop()) {
            return;
        }
        // A method whose result is used is a getter: `loss.value()`.
        let used = self.syntax.statement_call != address(call.expr) && !may_differentiate(&call.name);
        let receiver = call.receiver.as_ref().filter(|_| !used);
        for value in receiver.into_iter().chain(&call.arguments) {
            let loss = self.is_loss_value(value) || self.may_be_named_loss(call, value);
            if loss
                || named
                    && matches!(value.kind, Kind::Plain | Kind::Scaled | Kind::Fields(_) | Kind::Tuple(_))
            {
                let all = value.derived();
                let action =
                    Action::Handed { deps: all.deps.clone(), past: all.past.computed.clone(), named };
                self.emit(action, site);
            }
        }
    }

    /// Whether the current loop is generated from a spec. In such a loop, only the stage in the
    /// spec's `train_order` runs `backward`.
    fn is_in_generated_loop(&self) -> bool {
        self.resolver.functions[self.inlining.root].options.author == Author::Generator
    }

    /// Whether a value was computed by a loss, and nothing is known to have cut off its graph.
    fn is_loss_value(&self, value: &Value<'a>) -> bool {
        let past = value.derived().past.computed.clone();
        let is_loss = |site: &SiteId| {
            self.cfg.facts.at::<Computation>(*site).is_some_and(|run| run.stage == Stage::Loss)
        };
        let has_graph = value.origin.cut.is_none() && !matches!(value.kind, Kind::Number);
        has_graph && past.known().iter().any(is_loss)
    }

    /// Whether a value of unknown origin is named like a loss, and the call may differentiate it.
    ///
    /// A getter does not differentiate the value. A call that also gets another computed tensor,
    /// such as an output of a model, computes the loss instead.
    fn may_be_named_loss(&self, call: &Call<'a>, value: &Value<'a>) -> bool {
        let Some(place) = value.place.filter(|_| matches!(value.kind, Kind::Plain)) else { return false };
        let name = self.cfg.paths.name(place).rsplit('.').next().unwrap_or("");
        let computes = call.values().any(|other| other.computed && other.place != value.place);
        names_loss(name)
            && (may_differentiate(&call.name) || value.computed || !computes && call.args.is_empty())
            && !is_reading(&call.name)
    }
}

/// Whether a call stores its arguments in a tuple struct or in a variant.
fn is_variant(call: &Call<'_>) -> bool {
    matches!(call.callee, Callee::Function(_)) && call.name.starts_with(char::is_uppercase)
}
