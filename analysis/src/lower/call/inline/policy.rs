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
    let Some(effect) = effect else { return Policy::Always };
    if let CallEffect::Computes(stage) = effect {
        // The `forward` of a model of the checked code is what the vocabulary says.
        return if stage == Stage::Forward { Policy::Never } else { Policy::AsStage(stage) };
    }
    if matches!(effect, CallEffect::Backward { .. }) {
        Policy::Always
    } else if matches!(effect, CallEffect::Gradients(_)) {
        Policy::IfItHoldsOptimizer
    } else {
        Policy::IfItTrains
    }
}

/// The policy for a function with this effect in the vocabulary.
pub(super) fn of_function(effect: Option<CallEffect>) -> Policy {
    let Some(effect) = effect else { return Policy::Always };
    if let CallEffect::Computes(stage) = effect {
        return Policy::AsStage(stage);
    }
    let never = matches!(
        effect,
        CallEffect::Gradients(_)
            | CallEffect::Runs
            | CallEffect::NoGrad
            | CallEffect::WithGrad
            | CallEffect::SwitchesRecording
    );
    if never { Policy::Never } else { Policy::Always }
}
