//! The stages of a training loop: their names, their effects on gradients, and the order lists that may name them.
//!
//! The names of the calls in hand-written loops are in `vocabulary`, the order of a generated loop in `plan`.
//!
//! ```
//! use training_loop_analysis::stage::Stage;
//!
//! assert_eq!(Stage::find("zero_grad"), Some(Stage::ZeroGrad));
//! assert_eq!(Stage::nearest("zero_grads"), Some(Stage::ZeroGrad));
//! ```

use crate::suggest::nearest;

/// A stage of a training loop; the variants are in execution order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Set the layers to training mode.
    TrainMode,
    /// Set the layers to evaluation mode.
    EvalMode,
    /// Record no graph.
    NoGrad,
    /// Compute the model's output for a batch.
    Forward,
    /// Compute the loss, which training minimizes.
    Loss,
    /// Reset the gradients.
    ZeroGrad,
    /// Accumulate the gradients of the loss.
    Backward,
    /// Scale the gradients down to a maximal norm.
    ClipGradNorm,
    /// Clamp the gradients to a maximal absolute value.
    ClipGradValue,
    /// Update the parameters with their gradients.
    Step,
    /// Set the learning rate of the next update.
    Schedule,
    /// Accumulate metrics such as accuracy.
    Metrics,
}

/// The effect of a stage on the gradients of an optimizer; the automaton is in `flow`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// None.
    Nothing,
    /// Resets them.
    Zero,
    /// Adds to them.
    Fill,
    /// Clips them.
    Clip,
    /// Uses them for an update, without resetting them.
    Take,
    /// Divides them by a scaler's factor.
    Unscale,
}

/// The order lists of a spec that may name a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Only in `train_order`.
    Train,
    /// In `train_order` and in `eval_order`.
    Both,
    /// In neither: the generator places it.
    Neither,
}

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    /// The stage.
    pub stage: Stage,
    /// Its name in `train_order` and `eval_order`, and in drawings.
    pub name: &'static str,
    /// Its effect on gradients.
    pub effect: Effect,
    /// The order lists that may name it.
    pub listed: Listed,
}

const fn row(stage: Stage, name: &'static str, effect: Effect, listed: Listed) -> Row {
    Row { stage, name, effect, listed }
}

/// All stages, in execution order.
pub const TABLE: &[Row] = &[
    row(Stage::TrainMode, "train_mode", Effect::Nothing, Listed::Neither),
    row(Stage::EvalMode, "eval_mode", Effect::Nothing, Listed::Neither),
    row(Stage::NoGrad, "no_grad", Effect::Nothing, Listed::Neither),
    row(Stage::Forward, "forward", Effect::Nothing, Listed::Both),
    row(Stage::Loss, "loss", Effect::Nothing, Listed::Both),
    row(Stage::ZeroGrad, "zero_grad", Effect::Zero, Listed::Train),
    row(Stage::Backward, "backward", Effect::Fill, Listed::Train),
    row(Stage::ClipGradNorm, "clip_grad_norm", Effect::Clip, Listed::Train),
    row(Stage::ClipGradValue, "clip_grad_value", Effect::Clip, Listed::Train),
    row(Stage::Step, "step", Effect::Take, Listed::Train),
    row(Stage::Schedule, "schedule", Effect::Nothing, Listed::Train),
    row(Stage::Metrics, "metrics", Effect::Nothing, Listed::Both),
];

impl Stage {
    /// The stage's row; the table has one for each variant, in the same order.
    pub fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// Its name in order lists and drawings.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Its effect on gradients.
    pub fn effect(self) -> Effect {
        self.row().effect
    }

    /// The stage with this name.
    pub fn find(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.name == name).map(|row| row.stage)
    }

    /// The stage with the name most similar to `name`, if one is similar enough.
    pub fn nearest(name: &str) -> Option<Self> {
        nearest(name, TABLE.iter().map(|row| row.name)).and_then(Self::find)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_has_each_stage_at_its_own_index() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.stage as usize, index);
            assert_eq!(row.stage.row().name, row.name);
        }
    }

    #[test]
    fn names_are_found_and_guessed() {
        assert_eq!(Stage::find("clip_grad_norm"), Some(Stage::ClipGradNorm));
        assert_eq!(Stage::find("zero"), None);
        assert_eq!(Stage::nearest("zero_gard"), Some(Stage::ZeroGrad));
        assert_eq!(Stage::nearest("fowrard"), Some(Stage::Forward));
        assert_eq!(Stage::nearest("clip_gradient_norm"), Some(Stage::ClipGradNorm));
        assert_eq!(Stage::nearest("checkpoint"), None);
        assert_eq!(Stage::nearest("zero_"), Some(Stage::ZeroGrad));
        assert_eq!(Stage::nearest("clip_gr"), None);
    }
}
