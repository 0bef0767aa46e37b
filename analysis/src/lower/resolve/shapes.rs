//! The uses of models and optimizers from libraries that have no vocabulary. Such uses are
//! recognized by the shape of a function's calls.

use std::collections::{BTreeMap, BTreeSet};

use super::stages::NamedStages;
use super::survey::Survey;
use crate::vocabulary::Uses;

/// The uses of models and optimizers without a vocabulary, as a part of a survey.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    /// For the name of each variable that holds the parameters of a model, the source text of the
    /// model.
    pub parameters_of: BTreeMap<String, String>,
    /// The source text of each model whose gradients are zeroed by a method of another object.
    pub zeroed: BTreeSet<String>,
    /// For each name, the number of its mentions, and the number of mentions as `&name`.
    pub mentions: BTreeMap<String, (usize, usize)>,
    /// The calls that apply an optimizer to one parameter, in a loop over all parameters, by their addresses.
    pub each: BTreeSet<usize>,
    /// The stages that calls are named after.
    pub named: NamedStages,
    /// Whether the function calls `backward` without arguments.
    pub runs_backward: bool,
    /// Whether the function calls a function whose name suggests that it computes gradients.
    pub differentiates: bool,
    /// Whether the function calls a forward or a loss, or passes values to a function by `&mut`.
    pub computing: bool,
}

impl Survey {
    /// Whether the function calls a function whose name suggests that it computes gradients.
    pub(in crate::lower) fn differentiates(&self) -> bool {
        self.shapes.differentiates
    }

    /// Whether some optimizer is applied to the model with this source text:
    /// `optimizer.step(&mut model)`.
    pub(in crate::lower) fn is_applied(&self, model: &str) -> bool {
        self.uses.values().any(|uses| uses.applied_to.contains(model))
    }

    /// Whether the function may compute an output, a loss or gradients, so that an optimizer can
    /// step.
    ///
    /// A test that only counts the steps of an optimizer computes none of these.
    pub(in crate::lower) fn computes(&self) -> bool {
        self.shapes.differentiates || self.shapes.computing
    }

    /// Whether some method zeroes the gradients of the model with this source text.
    pub(in crate::lower) fn is_zeroed(&self, model: &str) -> bool {
        self.shapes.zeroed.contains(model) || self.uses.get(model).is_some_and(Uses::is_zeroed)
    }

    /// Whether some optimizer is applied to a model.
    pub(in crate::lower) fn applies_optimizer(&self) -> bool {
        self.uses.values().any(|uses| !uses.applied_to.is_empty())
    }

    /// Whether a variable is used only as a receiver of methods or as `&name`. If so, opaque code
    /// cannot update its value.
    pub(in crate::lower) fn keeps_to_itself(&self, name: &str) -> bool {
        let (all, shared) = self.shapes.mentions.get(name).copied().unwrap_or_default();
        all == shared + self.uses.get(name).map_or(0, |uses| uses.calls)
    }

    /// Whether a loop with this call applies an optimizer to all parameters, as one step.
    pub(in crate::lower) fn steps_each(&self, call: usize) -> bool {
        self.shapes.each.contains(&call)
    }

    /// Whether the function mentions a variable after its declaration.
    pub(in crate::lower) fn mentions(&self, name: &str) -> bool {
        self.shapes.mentions.contains_key(name)
    }

    /// Whether a variable is used only as a receiver of methods.
    pub(in crate::lower) fn is_only_receiver(&self, name: &str) -> bool {
        let (all, _) = self.shapes.mentions.get(name).copied().unwrap_or_default();
        all == self.uses.get(name).map_or(0, |uses| uses.calls)
    }

    /// Whether a variable is used like a model that stores gradients and updates itself.
    ///
    /// If the function runs `loss.backward()`, it suffices that the variable has a forward and an
    /// update.
    pub(in crate::lower) fn updates_itself(&self, uses: &Uses) -> bool {
        uses.updates_itself() || self.shapes.runs_backward && uses.updates && uses.has_forward()
    }

    /// Whether the function has a model that updates itself, or an optimizer that takes the model
    /// as an argument of each step.
    pub(in crate::lower) fn has_own_shape(&self) -> bool {
        self.uses
            .values()
            .any(|uses| self.updates_itself(uses) || uses.gets_gradients() || !uses.applied_to.is_empty())
    }
}
