//! The effects of calls that count as stages in a survey.

use crate::vocabulary::CallEffect;

/// Whether a call with this effect computes an output, a loss or gradients.
pub(super) fn is_computation(effect: Option<CallEffect>) -> bool {
    matches!(effect, Some(CallEffect::Computes(_) | CallEffect::Applies | CallEffect::Backward { .. }))
}

/// Whether a call with this effect may be a stage of a training loop, or change a state that stages
/// depend on.
pub(super) fn is_stage(effect: Option<CallEffect>) -> bool {
    effect.is_some_and(|effect| match effect {
        CallEffect::Detaches
        | CallEffect::Harmless
        | CallEffect::KeepsGraph
        | CallEffect::Parameters
        | CallEffect::Rank
        | CallEffect::Passes
        | CallEffect::Takes => false,
        CallEffect::Gradients(_)
        | CallEffect::Backward { .. }
        | CallEffect::Differentiates
        | CallEffect::Runs
        | CallEffect::Evaluates
        | CallEffect::Computes(_)
        | CallEffect::Applies
        | CallEffect::Settings
        | CallEffect::Builds
        | CallEffect::Adopts
        | CallEffect::Updates { .. }
        | CallEffect::UpdatesOther
        | CallEffect::Constructs
        | CallEffect::Steps { .. }
        | CallEffect::Accumulates
        | CallEffect::Collects
        | CallEffect::Allocates
        | CallEffect::Traces
        | CallEffect::Freezes
        | CallEffect::Scales
        | CallEffect::SetsEpoch
        | CallEffect::Reduces
        | CallEffect::Collective { .. }
        | CallEffect::Splits
        | CallEffect::Copies
        | CallEffect::Mode(_)
        | CallEffect::ModeBy
        | CallEffect::NoGrad
        | CallEffect::WithGrad
        | CallEffect::SwitchesRecording => true,
    })
}
