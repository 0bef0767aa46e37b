//! Reports losses that nothing trains with, and optimizers that never step, by the uses of variables.
//!
//! Such a finding is a warning, and it is reported only if the data flow found nothing in the function.

use super::{Cause, Context, find};
use crate::cfg::{Certain, IdleFault, IdleKind};

/// Reports the first loss or optimizer that nothing trains with.
pub(super) fn report_idle_names(cx: &mut Context<'_>) {
    if cx.of_spec() || cx.tells_of_gradients() {
        return;
    }
    let cfg = cx.cfg;
    // A function that reads gradients may update the parameters itself.
    let by_hand = cfg.function.reads_gradients;
    let reported = |fault: &&IdleFault| match fault.kind {
        IdleKind::EmptyBranch => false,
        IdleKind::OnlyZeroed
        | IdleKind::ZeroedParameters
        | IdleKind::NeverZeroed
        | IdleKind::FusedTwice
        | IdleKind::BuiltInside
        | IdleKind::ClippedAlone
        | IdleKind::Optimizer
        | IdleKind::Loss => true,
        _ => !by_hand,
    };
    let mut faults = cfg.function.idle.iter().filter(reported);
    if let Some(fault) = faults.next() {
        report(cx, fault);
    }
}

fn report(cx: &mut Context<'_>, fault: &IdleFault) {
    let lint = match fault.kind {
        IdleKind::BuiltInside => "optimizer_rebuilt",
        IdleKind::NoBackward => "missing_backward",
        IdleKind::NeverZeroed => "missing_zero_grad",
        IdleKind::FusedTwice => "backward_repeated",
        _ => "missing_step",
    };
    cx.lint = find(lint);
    let about = &fault.about;
    let name = cx.cfg.function.name.clone();
    let (message, note, help) = match fault.kind {
        IdleKind::Loss => (
            format!("no `backward` runs from the loss `{about}`, and `{}` never steps", fault.optimizer),
            "the loss is only looked at, so the parameters never change".to_owned(),
            format!("run `backward` from `{about}` and step `{}`", fault.optimizer),
        ),
        IdleKind::LossOfMethod => (
            format!("no `backward` runs from the loss `{about}`, although `{name}` trains by its name"),
            format!("`{name}` only looks at the loss, so the parameters never change"),
            format!("run `backward` from `{about}` and a step of the optimizer"),
        ),
        IdleKind::NoBackward => (
            format!("no `backward` runs from the loss `{about}`, although `{name}` steps"),
            "the loss is only looked at, so the step has no gradients of it".to_owned(),
            format!("run `backward` from `{about}` before the step"),
        ),
        IdleKind::LossOfBranch => (
            format!("no `backward` runs from the loss `{about}` of this branch"),
            "another branch steps the optimizer, so only that one trains".to_owned(),
            format!("run `backward` from `{about}` and step the optimizer"),
        ),
        IdleKind::Optimizer => (
            format!("`{about}` is never used, so it never steps"),
            format!("`{name}` trains nothing with it"),
            format!("step `{about}` with the gradients of the loss, or remove it"),
        ),
        IdleKind::OnlyZeroed => (
            format!("`{about}` is zeroed and never steps"),
            "no step uses the gradients, so the parameters never change".to_owned(),
            format!("call `{about}.step()` after the `backward`"),
        ),
        IdleKind::ZeroedParameters => (
            format!("`{}` zeroes the gradients of `{about}` and never steps them", fault.optimizer),
            "it steps the other parameters that it zeroes".to_owned(),
            format!("step `{about}` too"),
        ),
        IdleKind::NeverZeroed => (
            format!("this `backward` adds to the gradients of earlier calls in `{about}`"),
            "nothing in this file zeroes them".to_owned(),
            format!("zero the gradients after the step, before `{about}` keeps them"),
        ),
        IdleKind::FusedTwice => (
            "this step runs through a graph that the same step above it has used".to_owned(),
            "the second update follows the same gradients again, or fails".to_owned(),
            "remove it, or compute the loss again".to_owned(),
        ),
        IdleKind::BuiltInside => (
            format!("`{about}` is built inside the loop that steps it"),
            "its state starts anew in each iteration".to_owned(),
            format!("build `{about}` before the loop"),
        ),
        IdleKind::Field => (
            format!("no function of this file steps `{about}`"),
            format!("the field is private, and `{name}` trains by its name"),
            format!("step `{about}` with the gradients of the loss"),
        ),
        IdleKind::ClippedAlone => (
            "this step runs only if gradients are clipped".to_owned(),
            "without a limit, nothing is trained".to_owned(),
            "step the optimizer in the other branch too".to_owned(),
        ),
        IdleKind::EmptyBranch => return,
    };
    let cause = Cause::Alone(fault.site, lint);
    cx.report(fault.site, cause, usize::MAX, Certain::Every, message).note(note).help(help).only_warns();
}
