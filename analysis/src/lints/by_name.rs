//! Reports faults in the order of stages that only the names of the calls show.
//!
//! The data flow follows gradients through known libraries and through common shapes of calls.
//! Elsewhere the order of calls named `backward` and `step` may be a fault wherever the library keeps its gradients.
//! Such a finding is a warning, and it is reported only if the data flow found nothing in the function.

use super::{Cause, Context, find};
use crate::cfg::{Certain, NamedFault, NamedFaultKind};

/// Reports the faults that the names of a function's calls show, unless a finding on gradients is reported already.
pub(super) fn report_named(cx: &mut Context<'_>) {
    if cx.of_spec() || cx.tells_of_gradients() {
        return;
    }
    let cfg = cx.cfg;
    for fault in &cfg.function.named_faults {
        report_one(cx, fault);
    }
}

fn report_one(cx: &mut Context<'_>, fault: &NamedFault) {
    let (lint, note, help) = texts(cx, fault);
    cx.lint = find(lint);
    let call = cx.call(fault.site);
    let message = match fault.kind {
        NamedFaultKind::StepRepeated => format!("{call} uses the same gradients a second time"),
        NamedFaultKind::BackwardRepeated => format!("{call} runs a second time from the same values"),
        NamedFaultKind::StepEarly => {
            format!("{call} runs before any `backward`: there are no gradients to use")
        }
        NamedFaultKind::GradientUnread => {
            format!("{call} has no gradients to use: nothing reads `{}`", fault.about)
        }
        NamedFaultKind::NoBackward => format!("{call} has no gradients to use: no `backward` runs"),
        NamedFaultKind::NoStep | NamedFaultKind::NoStepZeroed | NamedFaultKind::GradientsUnread => {
            format!("{call} computes gradients that no step ever uses")
        }
        NamedFaultKind::GradientLost => format!("{call} computes a gradient that nothing reads"),
        NamedFaultKind::OptimizerUnused => format!("`{}` is built and never used", fault.about),
        NamedFaultKind::ScheduleUnread => format!("{call} moves a rate that nothing reads"),
        NamedFaultKind::StepOutside => format!("{call} uses the gradients of the last iteration alone"),
        NamedFaultKind::ZeroOutside | NamedFaultKind::ZeroMissing => {
            format!("{call} adds to gradients that a step of an earlier iteration used")
        }
        NamedFaultKind::ZeroNever => format!("{call} adds to gradients that an earlier step used"),
        NamedFaultKind::BuiltInside => {
            format!("{call} starts anew in each iteration of the loop that steps it")
        }
    };
    let cause = Cause::Alone(fault.site, lint);
    let report = cx.report(fault.site, cause, usize::MAX, Certain::Every, message);
    let report = match fault.other {
        Some(other) => report.note_at(other, note),
        None => report.note(note),
    };
    report.help(help).only_warns();
}

/// The lint of a fault, a note on its cause, and the help.
fn texts(cx: &Context<'_>, fault: &NamedFault) -> (&'static str, String, String) {
    let line = cx.line(fault.site);
    let other = fault.other.map(|other| (cx.call_at(other), cx.line(other)));
    let (other, at) = other.unwrap_or_default();
    match fault.kind {
        NamedFaultKind::StepRepeated => (
            "step_repeated",
            format!("{other} used them; no `backward` runs in between"),
            format!("remove line {line}, or run `backward` before it"),
        ),
        NamedFaultKind::BackwardRepeated => (
            "backward_repeated",
            format!("{other} is the same call; the gradients count twice, or the graph is already freed"),
            format!("remove line {line}"),
        ),
        NamedFaultKind::StepEarly => (
            "step_before_backward",
            format!("the gradients are computed by {other}"),
            format!("move line {line} below line {at}"),
        ),
        NamedFaultKind::GradientUnread => (
            "missing_backward",
            format!("`{}` is computed, and no `backward` gets it", fault.about),
            format!("pass `{}` to the `backward` of the model before line {line}", fault.about),
        ),
        NamedFaultKind::NoBackward => (
            "missing_backward",
            format!("assumes that the code which computes `{}` computes no gradients", fault.about),
            format!("call `{}.backward();` before line {line}", fault.about),
        ),
        NamedFaultKind::NoStep => (
            "missing_step",
            format!("`{}` is there for a step, and the function makes none", fault.about),
            format!("update the parameters after line {line}"),
        ),
        NamedFaultKind::NoStepZeroed => (
            "missing_step",
            format!("{other} drops them"),
            format!("update the parameters after line {line}"),
        ),
        NamedFaultKind::GradientLost => (
            "missing_backward",
            format!("`{}` is computed, and no `backward` gets it", fault.about),
            format!("pass `{}` to the `backward` of the model", fault.about),
        ),
        NamedFaultKind::OptimizerUnused => (
            "missing_step",
            "no step uses it, so it trains nothing".to_owned(),
            format!("call a step of `{}` after the `backward`", fault.about),
        ),
        NamedFaultKind::ScheduleUnread => (
            "schedule_detached",
            format!("the function only moves `{}`, and passes its rate to nothing", fault.about),
            format!("pass the rate of `{}` to the update", fault.about),
        ),
        NamedFaultKind::ZeroMissing => (
            "missing_zero_grad",
            format!("`{}` zeroes the gradients in a loop of the same kind", fault.about),
            format!("zero the gradients before line {line}"),
        ),
        NamedFaultKind::ZeroNever => (
            "missing_zero_grad",
            match fault.other {
                Some(_) => format!("{other} used them; assumes that `backward` adds to stored gradients"),
                None => format!("assumes that no code elsewhere zeroes the gradients of `{}`", fault.about),
            },
            format!("zero the gradients before line {line}"),
        ),
        NamedFaultKind::GradientsUnread => (
            "missing_step",
            format!("nothing reads `{}`", fault.about),
            format!("pass `{}` to a step after line {line}", fault.about),
        ),
        NamedFaultKind::StepOutside => (
            "step_outside_batch_loop",
            format!("the gradients of {other} are zeroed in each iteration"),
            format!("move line {line} below line {at}, into the loop"),
        ),
        NamedFaultKind::ZeroOutside => (
            "missing_zero_grad",
            format!("{other} runs only before the loop"),
            format!("move line {at} into the loop"),
        ),
        NamedFaultKind::BuiltInside => (
            "optimizer_rebuilt",
            format!("{other} never uses the state of an earlier iteration"),
            format!("move line {line} in front of the loop"),
        ),
    }
}
