//! What a function does with models and optimizers of libraries without a vocabulary, by the shape of its calls.

use std::collections::{BTreeMap, BTreeSet};

use super::survey::Survey;
use crate::vocabulary::Uses;

/// The part of a survey that tells how models and optimizers without a vocabulary are used.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    /// The models whose parameters variables hold, by the names of the variables.
    pub parameters_of: BTreeMap<String, String>,
    /// The models, as in the source, whose gradients a method of another object zeroes.
    pub zeroed: BTreeSet<String>,
    /// How often each name is mentioned, and how often by `&name`.
    pub mentions: BTreeMap<String, (usize, usize)>,
    /// Whether the function calls `backward` without arguments.
    pub runs_backward: bool,
    /// Whether the function calls a function that may compute gradients, by its name.
    pub differentiates: bool,
    /// Whether the function calls a forward or a loss, or passes values to a function by `&mut`.
    pub computing: bool,
}

impl Survey {
    /// Whether the function calls a function that may compute gradients, by its name.
    pub(in crate::lower) fn differentiates(&self) -> bool {
        self.shapes.differentiates
    }

    /// Whether some optimizer is applied to the model with this text: `optimizer.step(&mut model)`.
    pub(in crate::lower) fn is_applied(&self, model: &str) -> bool {
        self.uses.values().any(|uses| uses.applied_to.contains(model))
    }

    /// Whether the function may compute something that an optimizer could step on.
    ///
    /// A test that only counts the steps of an optimizer computes nothing.
    pub(in crate::lower) fn computes(&self) -> bool {
        self.shapes.differentiates || self.shapes.computing
    }

    /// Whether some method zeroes the gradients of the model with this text.
    pub(in crate::lower) fn is_zeroed(&self, model: &str) -> bool {
        self.shapes.zeroed.contains(model) || self.uses.get(model).is_some_and(Uses::is_zeroed)
    }

    /// Whether some optimizer is applied to a model.
    pub(in crate::lower) fn applies_optimizer(&self) -> bool {
        self.uses.values().any(|uses| !uses.applied_to.is_empty())
    }

    /// Whether a variable is used only as a receiver of methods, or by `&name`, so that no other code can step
    /// on its gradients.
    pub(in crate::lower) fn keeps_to_itself(&self, name: &str) -> bool {
        let (all, shared) = self.shapes.mentions.get(name).copied().unwrap_or_default();
        all == shared + self.uses.get(name).map_or(0, |uses| uses.calls)
    }

    /// Whether a variable is used only as a receiver of methods.
    pub(in crate::lower) fn is_only_receiver(&self, name: &str) -> bool {
        let (all, _) = self.shapes.mentions.get(name).copied().unwrap_or_default();
        all == self.uses.get(name).map_or(0, |uses| uses.calls)
    }

    /// Whether a variable is used like a model that keeps gradients and updates itself.
    ///
    /// In a function that runs `loss.backward()`, a model with a forward and an update keeps gradients.
    pub(in crate::lower) fn updates_itself(&self, uses: &Uses) -> bool {
        uses.updates_itself() || self.shapes.runs_backward && uses.updates && uses.has_forward()
    }

    /// Whether the function has a model that updates itself, or an optimizer that gets the model in each step.
    pub(in crate::lower) fn has_own_shape(&self) -> bool {
        self.uses
            .values()
            .any(|uses| self.updates_itself(uses) || uses.gets_gradients() || !uses.applied_to.is_empty())
    }
}
