//! The stages of a training loop: their names, their effects on gradients, and the order lists that may name them.
//!
//! What a hand-written loop calls them is in `vocabulary`, the order of a generated loop in `plan`.
//!
//! ```
//! use training_loop_analysis::stage::Stage;
//!
//! assert_eq!(Stage::find("zero_grad"), Some(Stage::ZeroGrad));
//! assert_eq!(Stage::nearest("zero_grads"), Some(Stage::ZeroGrad));
//! ```

use crate::suggest::nearest;

/// One stage of a training loop, in the order in which a loop runs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Layers in training mode.
    TrainMode,
    /// Layers in evaluation mode.
    EvalMode,
    /// Nothing is recorded for `backward`.
    NoGrad,
    /// The model's output for a batch.
    Forward,
    /// The number to make small.
    Loss,
    /// Gradients set back to nothing.
    ZeroGrad,
    /// Gradients added up.
    Backward,
    /// Gradients shortened to a greatest norm.
    ClipGradNorm,
    /// Gradients cut to a greatest absolute value.
    ClipGradValue,
    /// Parameters moved along their gradients.
    Step,
    /// The learning rate of the next update.
    Schedule,
    /// Counts for accuracy and the like.
    Metrics,
}

/// What a stage does to the gradients of an optimizer; `flow` has the automaton.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Leaves the gradients alone.
    Nothing,
    /// Sets them back to nothing.
    Zero,
    /// Adds to them.
    Fill,
    /// Shortens them.
    Clip,
    /// Uses them for an update, and leaves them where they are.
    Take,
    /// Takes a scaler's factor out of them.
    Unscale,
}

/// In which of a spec's two order lists a stage may stand.
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
    /// What it does to gradients.
    pub effect: Effect,
    /// In which order lists it may stand.
    pub listed: Listed,
}

const fn row(stage: Stage, name: &'static str, effect: Effect, listed: Listed) -> Row {
    Row { stage, name, effect, listed }
}

/// All stages, in the order in which a loop runs them.
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
    /// The stage's row of the table, which has one for each stage in the order of the enum.
    pub fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// The name that order lists and drawings use.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// What the stage does to gradients.
    pub fn effect(self) -> Effect {
        self.row().effect
    }

    /// The stage of this name.
    pub fn find(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.name == name).map(|row| row.stage)
    }

    /// The stage whose name is most like `name`, if any is like it at all.
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
