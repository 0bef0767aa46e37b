//! The role of a variable. It is determined by the type of the variable, or else by the methods
//! called on the variable, or else by the variable's name.

use std::collections::BTreeSet;

use super::{CallEffect, Vocabularies, collects, zeroes_gradients};
use crate::stage::{Effect, Stage};

/// The role of a variable for the checker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Updates parameters from their gradients in `step`.
    Optimizer,
    /// Sets the learning rate of an optimizer and does not touch the optimizer's gradients.
    Schedule,
    /// Scales losses, and steps optimizers with scaled gradients.
    Scaler,
    /// Accumulates gradients, in a library whose gradients are separate values.
    Accumulator,
    /// Certainly none of these roles: the variable is an environment or a number, for example.
    Other,
}

/// The names of the methods that a function calls on one variable.
#[derive(Clone, Debug, Default)]
pub struct Uses {
    /// The names of the methods called without arguments.
    pub bare: BTreeSet<String>,
    /// The names of the methods called with arguments.
    pub given: BTreeSet<String>,
    /// The number of method calls on the variable.
    pub calls: usize,
    /// Whether the variable is indexed: `schedule[step]`.
    pub indexed: bool,
    /// Whether a method of the variable updates it with its own gradients: `model.update(rate)`.
    pub updates: bool,
    /// Whether a method of the variable takes gradients as arguments:
    /// `optimizer.update(&mut weight, &grad)`.
    pub takes_gradients: bool,
    /// The source text of each model that a method of the variable updates:
    /// `optimizer.step(&mut model)`.
    pub applied_to: BTreeSet<String>,
    /// The names of the methods that update the models in `applied_to`.
    pub applied_by: BTreeSet<String>,
}

impl Uses {
    /// Whether `step` is called on the variable without arguments.
    pub fn is_stepped(&self) -> bool {
        self.bare.contains("step")
    }

    /// Whether a method of the variable computes gradients and steps in one call: `scaler.backward_step(&loss)`.
    pub fn steps_fused(&self, vocabulary: Vocabularies) -> bool {
        self.given.iter().any(|name| {
            let effect = vocabulary.optimizer_method(name, 1);
            matches!(effect, Some(CallEffect::Gradients(effects)) if effects.contains(&Effect::Fill) && effects.contains(&Effect::Take))
        })
    }

    /// Whether the variable is used like a model: the code calls its forward, sets its mode or gets
    /// its parameters.
    pub fn as_model(&self, vocabulary: Vocabularies) -> bool {
        let is = |name: &String, arguments: usize| {
            matches!(
                vocabulary.method(name, arguments),
                Some(
                    CallEffect::Computes(Stage::Forward)
                        | CallEffect::Parameters
                        | CallEffect::Mode(_)
                        | CallEffect::ModeBy
                )
            )
        };
        self.bare.iter().any(|name| is(name, 0)) || self.given.iter().any(|name| is(name, 1))
    }

    /// Whether a method of the variable zeroes gradients: `model.zero_grad()`,
    /// `optimizer.zero_grad(&mut model)`.
    pub fn is_zeroed(&self) -> bool {
        self.bare.iter().chain(&self.given).any(|name| zeroes_gradients(name))
    }

    /// Whether the variable is used like a model that stores gradients and updates itself.
    pub fn updates_itself(&self) -> bool {
        let model = self.given.contains("forward") || self.given.contains("backward");
        let steps = self.updates || model && self.bare.contains("step");
        steps && (self.is_zeroed() || self.given.contains("backward"))
    }

    /// Whether the variable is used like a model that is applied to an input.
    pub fn has_forward(&self) -> bool {
        self.given.contains("forward")
    }

    /// Whether the variable is used like a model whose gradients are zeroed and whose `backward`
    /// takes a gradient as an argument.
    pub fn gets_gradients(&self) -> bool {
        self.is_zeroed() && self.given.contains("backward")
    }

    /// Whether the variable is a model on which the code only computes and zeroes gradients.
    ///
    /// A method with any other name may return or update the parameters.
    pub fn only_keeps_gradients(&self) -> bool {
        let known = |name: &String| {
            zeroes_gradients(name)
                || matches!(name.as_str(), "forward" | "backward" | "train" | "eval" | "loss")
        };
        let all = self.bare.iter().chain(&self.given).all(known);
        all && self.is_zeroed() && self.given.contains("forward")
    }

    /// Whether the variable is used like an object that computes losses.
    pub fn as_criterion(&self) -> bool {
        ["forward", "compute", "calculate", "call", "apply", "loss", "evaluate"]
            .iter()
            .any(|name| self.given.contains(*name))
    }

    /// Whether the variable is used like a collection: the code indexes it, or puts values into it.
    pub fn as_collection(&self) -> bool {
        self.indexed || self.given.iter().any(|name| collects(name))
    }

    /// Whether the variable is used like an optimizer: it is stepped, and zeroed or clipped.
    pub fn as_optimizer(&self) -> bool {
        let clipped = self.given.iter().any(|name| name.starts_with("clip_grad"));
        let model = self.given.contains("forward") || self.given.contains("backward");
        self.is_stepped() && (self.bare.contains("zero_grad") || clipped) && !model
    }
}

/// The role of a variable whose type or bound has this name. The name is the last segment of a
/// path.
///
/// `None` if the type is uninformative, such as a type parameter or an alias.
pub fn role_of_type(vocabulary: Vocabularies, name: &str) -> Option<Role> {
    // Libraries name their variants after the kind: `MomentumSgd`, `FusedAdam`.
    let kinds = ["Optimizer", "Sgd", "SGD", "Adam", "AdamW"];
    if vocabulary.is_optimizer(name) || kinds.iter().any(|kind| name.ends_with(kind)) {
        return Some(Role::Optimizer);
    }
    if vocabulary.is_accumulator(name) {
        return Some(Role::Accumulator);
    }
    if ["Schedule", "Scheduler", "Lr", "LR"].iter().any(|end| name.ends_with(end)) {
        return Some(Role::Schedule);
    }
    let lower = name.to_ascii_lowercase();
    if lower.contains("scaler") {
        return Some(Role::Scaler);
    }
    let other = ["env", "simulator", "sampler", "loader", "dataset", "tensor", "rng"];
    let number = ["bool", "usize", "f32", "f64", "u64", "i64", "u32", "i32", "String", "str"];
    (other.iter().any(|word| lower.contains(word)) || number.contains(&name)).then_some(Role::Other)
}

/// Whether a name suggests a learning rate.
pub fn is_rate(name: &str) -> bool {
    matches!(name, "lr" | "rate" | "learning_rate" | "step_size" | "alpha" | "eta")
}

/// The role of a variable by its name alone.
pub fn role_of_name(name: &str) -> Option<Role> {
    let lower = name.to_ascii_lowercase();
    let words = || lower.split('_').filter(|word| !word.is_empty());
    if words().any(|word| word.starts_with("sched") || word == "lr" || word == "schedule") {
        return Some(Role::Schedule);
    }
    if words().any(|word| word == "scaler") {
        return Some(Role::Scaler);
    }
    if words().any(|word| matches!(word, "env" | "state" | "steps" | "config" | "params" | "name")) {
        return Some(Role::Other);
    }
    let optimizer = |word: &str| {
        let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
        matches!(word, "opt" | "optim" | "optimizer" | "optimiser" | "sgd" | "adam" | "adamw" | "rmsprop")
    };
    words().any(optimizer).then_some(Role::Optimizer)
}

/// Whether the names of an optimizer and of a model have a word in common: `optimizer_g` and `net_g`.
///
/// Words such as `optimizer` and `model` do not count.
pub fn share_a_word(optimizer: &str, model: &str) -> bool {
    let general = |word: &str| {
        matches!(word, "" | "net" | "network" | "model" | "self" | "main") || role_of_name(word).is_some()
    };
    let words = |name: &str| -> BTreeSet<String> {
        let lower = name.to_ascii_lowercase();
        lower.split('_').filter(|word| !general(word)).map(ToOwned::to_owned).collect()
    };
    !words(optimizer).is_disjoint(&words(model))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::Vocabularies;

    #[test]
    fn lookalikes_are_not_optimizers() {
        for name in ["env", "scheduler", "lr_scheduler", "scaler", "opt_state", "optimizer_steps"] {
            assert_ne!(role_of_name(name), Some(Role::Optimizer), "{name}");
        }
        for name in ["optimizer", "opt", "opt_g", "generator_optimizer", "optimizer2", "sgd"] {
            assert_eq!(role_of_name(name), Some(Role::Optimizer), "{name}");
        }
    }

    #[test]
    fn types_speak_first() {
        assert_eq!(role_of_type(Vocabularies::ALL, "AdamW"), Some(Role::Optimizer));
        assert_eq!(role_of_type(Vocabularies::ALL, "Optimizer"), Some(Role::Optimizer));
        assert_eq!(role_of_type(Vocabularies::ALL, "MomentumSgd"), Some(Role::Optimizer));
        assert_eq!(role_of_type(Vocabularies::ALL, "CosineLr"), Some(Role::Schedule));
        assert_eq!(role_of_type(Vocabularies::ALL, "CartPoleEnv"), Some(Role::Other));
        assert_eq!(role_of_type(Vocabularies::ALL, "Mlp"), None);
    }
}
