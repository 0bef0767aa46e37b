use super::window::Window;
use super::{Cause, Context};
use crate::cfg::{Certain, ConditionKind, Counter, GuardId, LoopId, OptimizerId, SiteId};
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// Gradient accumulation whose condition is the wrong way round: `step` runs in every iteration except the one that completes a window.
    ///
    /// ## Why it matters
    ///
    /// With windows of eight batches, seven of eight updates use a single batch, and one uses two.
    /// With a loss divided by the number of batches, every update is also too small.
    /// The training loss still falls, so the fault is not visible.
    /// The loop in PyTorch-YOLOv3 (eriklindernoren/PyTorch-YOLOv3#431) had this fault.
    ///
    /// ## Example
    ///
    /// ```text
    /// for (i, batch) in train.iter().enumerate() {
    ///     let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / 8.0;
    ///     loss.backward();
    ///     if (i + 1) % 8 != 0 {                               // <- true in seven of eight iterations
    ///         optimizer.step();
    ///         optimizer.zero_grad();
    ///     }
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Negate the condition: `if (i + 1) % 8 == 0`, or `if (i + 1) % 8 != 0 { continue; }` before the step.
    ///
    /// ## Limits
    ///
    /// The condition must compare the remainder of a count of the loop's iterations.
    /// Silent if:
    ///
    /// - the window has two batches, because both conditions then hold equally often,
    /// - `zero_grad` runs in every iteration, so that the loop does not accumulate,
    /// - `backward` is under the same condition, as in a warm-up or in alternating training,
    /// - another optimizer steps, or the gradients are zeroed, under the opposite condition,
    /// - the step has a further condition that does not depend on a value of the iteration.
    accumulation_inverted, Warning, "the step runs in every iteration but the last of a window"
}

fn check(cx: &mut Context<'_>) {
    for (window, (_, holds)) in inverted(cx) {
        let Some((site, counter)) = window.counter else { continue };
        let (condition, step) = (&cx.site(site).text, cx.call(window.step));
        let message = if holds {
            format!("`{condition}` holds in every iteration but the last of a window")
        } else {
            format!("`{condition}` skips the last iteration of each window, and no other")
        };
        let note = format!("{} runs after single batches, and not once for `{}` batches", cx.call_at(window.step), counter.every.text);
        let help = format!("negate the condition, so that {step} runs when a window is complete");
        cx.report(site, Cause::Alone(site, LINT.name), 0, Certain::Every, message)
            .note_at(window.step, note)
            .note("the gradients of a window are used batch by batch, and a loss divided by the window's size makes each update too small")
            .help(help);
    }
}

/// The windows whose step runs in all iterations except the one that completes a window. Each entry
/// has the condition of the step, and the value of the condition at the step.
fn inverted<'a>(cx: &Context<'a>) -> Vec<(Window<'a>, (GuardId, bool))> {
    cx.windows(|cx, optimizer, steps, fills| {
        let (step, guard, counter) =
            steps.iter().find_map(|&step| incomplete(cx, step).map(|(guard, counter)| (step, guard, counter)))?;
        let batch_loop = counter.rounds_of;
        let inside = |site: &SiteId| cx.site(*site).loops.contains(&batch_loop);
        let under = |site: SiteId, holds: bool| {
            cx.site(site).guards.iter().any(|known| cx.cfg.same_guard(*known, (guard.0, holds)))
        };
        let here = |site: SiteId| cx.site(site).loops.last() == Some(&batch_loop);
        let backwards: Vec<SiteId> = fills.iter().copied().filter(inside).collect();
        let every_round = |site: &SiteId| here(*site) && !under(*site, guard.1) && !under(*site, !guard.1);
        let window = Window { optimizer, step, batch_loop, backwards, counter: Some((cx.cfg.guards[guard.0].site, counter)) };
        let zeroes = cx.acting(optimizer, Effect::Zero);
        let mut zeroes = zeroes.iter().filter(|zero| inside(zero));
        (steps.iter().filter(|step| inside(step)).all(|step| here(*step) && under(*step, guard.1))
            && !window.backwards.is_empty()
            && window.backwards.iter().all(every_round)
            && is_alone(cx, &window, guard)
            && cx.in_every_iteration(&window, Effect::Zero).is_empty()
            && zeroes.clone().count() > 0
            && !zeroes.any(|zero| under(*zero, !guard.1))
            && !steps_otherwise(cx, optimizer, batch_loop, (guard.0, !guard.1)))
        .then_some((window, guard))
    })
}

/// The guard that makes a step run in all iterations except the last of a window, and its counter.
fn incomplete<'a>(cx: &Context<'a>, step: SiteId) -> Option<((GuardId, bool), &'a Counter)> {
    let cfg = cx.cfg;
    let site = &cfg.sites[step];
    let around = site.loops.last()?;
    let counted = |&(guard, holds): &(GuardId, bool)| {
        let counter = cfg.guards[guard].counter()?;
        let several = counter.every.number.is_none_or(|every| every > 2);
        let periodic = counter.divides && !counter.every.whole_loop && counter.rounds_of == *around;
        (counter.fires != holds && periodic && several).then_some(((guard, holds), counter))
    };
    site.guards.iter().find_map(counted)
}

/// Whether the counter is the only condition that the step has and `backward` lacks. Conditions on
/// measured values, and on the presence of a value, do not count.
fn is_alone(cx: &Context<'_>, window: &Window<'_>, counted: (GuardId, bool)) -> bool {
    let of_backward = |guard: &(GuardId, bool)| {
        window.backwards.iter().any(|site| cx.site(*site).guards.iter().any(|known| cx.cfg.same_guard(*known, *guard)))
    };
    let passes = |guard: &(GuardId, bool)| {
        let kind = &cx.cfg.guards[guard.0].kind;
        matches!(kind, ConditionKind::Measured | ConditionKind::Absent)
    };
    cx.site(window.step).guards.iter().all(|guard| *guard == counted || of_backward(guard) || passes(guard))
}

/// Whether another optimizer steps under this guard in the loop.
fn steps_otherwise(cx: &Context<'_>, optimizer: OptimizerId, batch_loop: LoopId, guard: (GuardId, bool)) -> bool {
    let mut others = (0..cx.cfg.optimizers.len()).filter(|id| *id != optimizer);
    others.any(|id| {
        cx.acting(id, Effect::Take).iter().any(|step| {
            let site = cx.site(*step);
            site.loops.contains(&batch_loop) && site.guards.iter().any(|known| cx.cfg.same_guard(*known, guard))
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::in_loop;

    const PASS: &str = "let loss = f(&model.forward(x)) / k; loss.backward();";

    fn found(body: &str) -> bool {
        in_loop(&body.replace("PASS", PASS)).iter().any(|(lint, _)| *lint == "accumulation_inverted")
    }

    #[test]
    fn the_wrong_way_round() {
        for wrong in [
            "PASS if (i + 1) % k != 0 { optimizer.step(); optimizer.zero_grad(); }",
            "PASS if !((i + 1) % k == 0) { optimizer.step(); optimizer.zero_grad(); }",
            "PASS if (i + 1) % k == 0 { continue; } optimizer.step(); optimizer.zero_grad();",
            "PASS if (i + 1) % 4 == 0 {} else { optimizer.step(); optimizer.zero_grad(); }",
            "PASS if i % 8 != 0 { optimizer.step(); optimizer.zero_grad(); }",
            "PASS if !(i + 1).is_multiple_of(k) { optimizer.step(); optimizer.zero_grad(); }",
            "PASS let full = (i + 1) % k == 0; if !full { optimizer.step(); optimizer.zero_grad(); }",
            "PASS if (i + 1) % k == 0 || i + 1 == train.len() { continue; } optimizer.step(); optimizer.zero_grad();",
        ] {
            assert!(found(wrong), "{wrong}");
        }
    }

    #[test]
    fn windows_and_lookalikes_are_right() {
        for right in [
            "PASS if (i + 1) % k == 0 { optimizer.step(); optimizer.zero_grad(); }",
            "PASS if (i + 1) % k != 0 { continue; } optimizer.step(); optimizer.zero_grad();",
            "PASS if i % 2 != 0 { optimizer.step(); optimizer.zero_grad(); }",
            "PASS if i % 4 == 3 { optimizer.step(); optimizer.zero_grad(); }",
            "optimizer.zero_grad(); PASS optimizer.step(); if i % k != 0 { continue; } log(loss.item());",
            "if i % k == 0 { continue; } PASS optimizer.step(); optimizer.zero_grad();",
            "optimizer.zero_grad(); PASS if i % k != 0 { optimizer.step(); }",
            "PASS if i < 100 { continue; } optimizer.step(); optimizer.zero_grad();",
            "PASS if i % k != 0 { optimizer.step(); optimizer.zero_grad(); } else { other.step(); other.zero_grad(); }",
            "PASS if i % k != 0 && frozen { optimizer.step(); optimizer.zero_grad(); }",
        ] {
            assert!(!found(right), "{right}");
        }
    }
}
