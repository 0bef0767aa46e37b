//! The stages of a training loop: their names, their effects on gradients, and the order lists that may name them.
//!
//! The names of stages in hand-written loops are in `vocabulary`, and the order of a
//! generated loop is in `plan`.
//!
//! ```
//! use training_loop_analysis::stage::Stage;
//!
//! assert_eq!(Stage::find("zero_grad"), Some(Stage::ZeroGrad));
//! assert_eq!(Stage::nearest("zero_grads"), Some(Stage::ZeroGrad));
//! ```

use crate::suggest::nearest;

/// A stage of a training loop. The variants are in the order in which a loop runs the stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Switches the layers to training mode.
    TrainMode,
    /// Switches the layers to evaluation mode.
    EvalMode,
    /// Turns off recording for `backward`.
    NoGrad,
    /// Computes the model's output for a batch.
    Forward,
    /// Computes the loss.
    Loss,
    /// Clears the gradients.
    ZeroGrad,
    /// Accumulates gradients by back-propagation.
    Backward,
    /// Reduces the gradients over all processes.
    AllReduce,
    /// Scales the gradients down to a maximum norm.
    ClipGradNorm,
    /// Clamps each gradient to a maximum absolute value.
    ClipGradValue,
    /// Updates the parameters from their gradients.
    Step,
    /// Sets the learning rate of the next update.
    Schedule,
    /// Updates the metrics.
    Metrics,
}

/// The effect of a stage on the gradients of an optimizer. The module `flow` defines how an effect
/// changes the states of gradients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Leaves the gradients unchanged.
    Nothing,
    /// Clears the gradients.
    Zero,
    /// Adds to the gradients.
    Fill,
    /// Clips the gradients.
    Clip,
    /// Uses the gradients for an update, without clearing them.
    Take,
    /// Divides the gradients by the factor of a gradient scaler.
    Unscale,
}

/// The order lists of a spec that may name a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Only `train_order` may name the stage.
    Train,
    /// Both `train_order` and `eval_order` may name the stage.
    Both,
    /// No order list may name the stage, because the generator places it.
    Neither,
}

/// A row of the table of stages.
#[derive(Debug)]
pub struct Row {
    /// The stage that the row describes.
    pub stage: Stage,
    /// The name of the stage in `train_order`, in `eval_order` and in drawings.
    pub name: &'static str,
    /// The effect of the stage on gradients.
    pub effect: Effect,
    /// The order lists that may name the stage.
    pub listed: Listed,
}

const fn row(stage: Stage, name: &'static str, effect: Effect, listed: Listed) -> Row {
    Row { stage, name, effect, listed }
}

/// The table of all stages, in the order in which a loop runs them.
pub const TABLE: &[Row] = &[
    row(Stage::TrainMode, "train_mode", Effect::Nothing, Listed::Neither),
    row(Stage::EvalMode, "eval_mode", Effect::Nothing, Listed::Neither),
    row(Stage::NoGrad, "no_grad", Effect::Nothing, Listed::Neither),
    row(Stage::Forward, "forward", Effect::Nothing, Listed::Both),
    row(Stage::Loss, "loss", Effect::Nothing, Listed::Both),
    row(Stage::ZeroGrad, "zero_grad", Effect::Zero, Listed::Train),
    row(Stage::Backward, "backward", Effect::Fill, Listed::Train),
    row(Stage::AllReduce, "all_reduce", Effect::Nothing, Listed::Neither),
    row(Stage::ClipGradNorm, "clip_grad_norm", Effect::Clip, Listed::Train),
    row(Stage::ClipGradValue, "clip_grad_value", Effect::Clip, Listed::Train),
    row(Stage::Step, "step", Effect::Take, Listed::Train),
    row(Stage::Schedule, "schedule", Effect::Nothing, Listed::Train),
    row(Stage::Metrics, "metrics", Effect::Nothing, Listed::Both),
];

impl Stage {
    /// The stage's row of the table. Rows and variants have the same order.
    pub fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// The name that order lists and drawings use.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The effect of the stage on gradients.
    pub fn effect(self) -> Effect {
        self.row().effect
    }

    /// The stage of this name.
    pub fn find(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.name == name).map(|row| row.stage)
    }

    /// The stage with the most similar name, if a name is similar enough.
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
