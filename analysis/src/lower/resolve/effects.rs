//! The effects of calls that count as stages in a survey.

use crate::vocabulary::{CallEffect, Part};

/// Whether a call with this effect computes an output, a loss or gradients.
pub(super) fn is_computation(effect: Option<CallEffect>) -> bool {
    matches!(effect, Some(CallEffect::Computes(_) | CallEffect::Applies | CallEffect::Backward { .. }))
}

/// Whether a call with this effect may be a stage of a training loop, or change a state that stages
/// depend on.
pub(super) fn is_stage(effect: Option<CallEffect>) -> bool {
    effect.is_some_and(|effect| effect.part() != Part::Value)
}

/// Whether a call with this effect is a part of training, beside a forward.
///
/// Modes, recording and collections of parameters alone are none: their lints compare them with the training.
pub(super) fn is_training(effect: Option<CallEffect>) -> bool {
    effect.is_some_and(|effect| effect.part() == Part::Training)
}
