//! Policies that tell which calls are inlined, by the effects that the vocabulary gives to their callees.

use crate::stage::Stage;
use crate::vocabulary::CallEffect;

/// Condition on which a call is inlined, provided that its function is resolved.
pub(super) enum Policy {
    Always,
    /// The call is always inlined.
    ///
    /// If the arithmetic in the function is not understood, the call has the result of this stage.
    AsStage(Stage),
    Never,
    /// The call is inlined only if the function trains; otherwise the effect in the vocabulary suffices.
    IfItTrains,
    /// The call is inlined only if a field of the receiver's type is an optimizer.
    IfItHoldsOptimizer,
}

/// The policy for a method to which the vocabulary gives this effect.
pub(super) fn of_method(effect: Option<CallEffect>) -> Policy {
    match effect {
        // The `forward`, `train` or `zero_grad` of a model's own are what the vocabulary says.
        Some(CallEffect::Computes(Stage::Forward)) => Policy::Never,
        None | Some(CallEffect::Backward { .. }) => Policy::Always,
        Some(CallEffect::Computes(stage)) => Policy::AsStage(stage),
        Some(CallEffect::Gradients(_)) => Policy::IfItHoldsOptimizer,
        Some(
            CallEffect::Applies
            | CallEffect::Settings
            | CallEffect::Builds
            | CallEffect::Adopts
            | CallEffect::Updates { .. }
            | CallEffect::Steps { .. }
            | CallEffect::Accumulates
            | CallEffect::Collects
            | CallEffect::Allocates
            | CallEffect::Traces
            | CallEffect::Freezes
            | CallEffect::Scales
            | CallEffect::SetsEpoch
            | CallEffect::Reduces
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

/// The policy for a function to which the vocabulary gives this effect.
pub(super) fn of_function(effect: Option<CallEffect>) -> Policy {
    match effect {
        Some(
            CallEffect::Gradients(_)
            | CallEffect::NoGrad
            | CallEffect::WithGrad
            | CallEffect::SwitchesRecording,
        ) => Policy::Never,
        Some(CallEffect::Computes(stage)) => Policy::AsStage(stage),
        None
        | Some(
            CallEffect::Backward { .. }
            | CallEffect::Applies
            | CallEffect::Settings
            | CallEffect::Builds
            | CallEffect::Adopts
            | CallEffect::Updates { .. }
            | CallEffect::Steps { .. }
            | CallEffect::Accumulates
            | CallEffect::Collects
            | CallEffect::Allocates
            | CallEffect::Traces
            | CallEffect::Freezes
            | CallEffect::Scales
            | CallEffect::SetsEpoch
            | CallEffect::Reduces
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
