//! Which calls are inlined, by the effect that the vocabulary has for their names.

use crate::stage::Stage;
use crate::vocabulary::CallEffect;

/// When a call is inlined, provided that its function is resolved.
pub(super) enum Policy {
    Always,
    /// Always; if its arithmetic is not understood, its result is that of this stage.
    AsStage(Stage),
    Never,
    /// If the function trains; else the vocabulary knows enough.
    IfItTrains,
    /// If the receiver's type holds an optimizer.
    IfItHoldsOptimizer,
}

/// When a method with this effect is inlined.
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

/// When a function with this effect is inlined.
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
