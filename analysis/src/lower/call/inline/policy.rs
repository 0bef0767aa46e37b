//! Policies for the inlining of calls. The policy depends on the effect that the vocabulary lists
//! for the callee.

use crate::stage::Stage;
use crate::vocabulary::CallEffect;

/// The condition for inlining a call of a resolved function.
pub(super) enum Policy {
    Always,
    /// The call is always inlined.
    ///
    /// If the arithmetic in the function is not understood, the call has the result of this stage.
    AsStage(Stage),
    Never,
    /// The call is inlined only if the function trains. Otherwise the effect from the vocabulary is
    /// performed.
    IfItTrains,
    /// The call is inlined only if a field of the receiver's type is an optimizer.
    IfItHoldsOptimizer,
}

/// The policy for a method with this effect in the vocabulary.
pub(super) fn of_method(effect: Option<CallEffect>) -> Policy {
    match effect {
        // The `forward`, `train` or `zero_grad` of a model's own are what the vocabulary says.
        Some(CallEffect::Computes(Stage::Forward)) => Policy::Never,
        None | Some(CallEffect::Backward { .. }) => Policy::Always,
        Some(CallEffect::Computes(stage)) => Policy::AsStage(stage),
        Some(CallEffect::Gradients(_)) => Policy::IfItHoldsOptimizer,
        Some(
            CallEffect::Differentiates
            | CallEffect::Runs
            | CallEffect::Evaluates
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
            | CallEffect::Rank
            | CallEffect::Splits
            | CallEffect::KeepsGraph
            | CallEffect::Detaches
            | CallEffect::Parameters
            | CallEffect::Passes
            | CallEffect::Takes
            | CallEffect::Copies
            | CallEffect::Mode(_)
            | CallEffect::ModeBy
            | CallEffect::NoGrad
            | CallEffect::WithGrad
            | CallEffect::SwitchesRecording
            | CallEffect::Harmless,
        ) => Policy::IfItTrains,
    }
}

/// The policy for a function with this effect in the vocabulary.
pub(super) fn of_function(effect: Option<CallEffect>) -> Policy {
    match effect {
        Some(
            CallEffect::Gradients(_)
            | CallEffect::Runs
            | CallEffect::NoGrad
            | CallEffect::WithGrad
            | CallEffect::SwitchesRecording,
        ) => Policy::Never,
        Some(CallEffect::Computes(stage)) => Policy::AsStage(stage),
        None
        | Some(
            CallEffect::Backward { .. }
            | CallEffect::Differentiates
            | CallEffect::Evaluates
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
            | CallEffect::Rank
            | CallEffect::Splits
            | CallEffect::KeepsGraph
            | CallEffect::Detaches
            | CallEffect::Parameters
            | CallEffect::Passes
            | CallEffect::Takes
            | CallEffect::Copies
            | CallEffect::Mode(_)
            | CallEffect::ModeBy
            | CallEffect::Harmless,
        ) => Policy::Always,
    }
}
