use super::{Cause, Context};
use crate::cfg::{Action, Certain, ConditionKind, OptimizerId, Reads, SiteId};
use crate::flow::{GradientStates, Observed, first_effects};
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A `continue` or `break` between `backward` and `step`, if no `zero_grad` runs before the
    /// next `backward`.
    /// The condition of the jump tests a computed value, for instance whether the loss is finite.
    ///
    /// ## Why it matters
    ///
    /// The jump skips the batch, but the gradients of the batch remain.
    /// The next `backward` adds to these gradients, and the next step uses the sum.
    /// If a gradient is not finite, the sum is not finite either.
    /// espnet (issue 3246) called this a fatal bug.
    ///
    /// ## Example
    ///
    /// ```text
    /// for batch in train {                                    // gradients:
    ///     let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
    ///     loss.backward();                                    // {filled}
    ///     if !loss.item().is_finite() {
    ///         continue;                                       // <- {filled} goes into the next iteration
    ///     }
    ///     optimizer.step();
    ///     optimizer.zero_grad();                              // {empty}
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Test the condition before `backward`, or call `optimizer.zero_grad()` before the `continue` or at the start of the loop body.
    ///
    /// ## Limits
    ///
    /// Found only if the condition depends on values computed in the iteration.
    /// With any other condition, the loop may accumulate several batches on purpose.
    pending_gradients_skipped, Warning, "a jump between `backward` and `step` leaves gradients to the next iteration"
}

fn check(cx: &mut Context<'_>) {
    for (site, &what) in cx.cfg.facts.all::<Reads>() {
        if what == Reads::Leave && is_measured(cx, site) {
            for visit in &cx.solution.visits {
                if let Observed::Look(optimizer, gradients) = visit.what
                    && visit.site == site
                    && gradients.all.within(GradientStates::FILLED | GradientStates::STALE)
                    && let Some(backward) = gradients.all.states().find_map(|state| gradients.provenance(state).filled)
                    && let Some(next) = leaks(cx, optimizer, site)
                {
                    report_finding(cx, optimizer, site, backward, next);
                    break;
                }
            }
        }
    }
    for optimizer in 0..cx.cfg.optimizers.len() {
        conditional_step(cx, optimizer);
    }
}

/// Whether the condition of a jump depends on a measured value, and not on an iteration count.
fn is_measured(cx: &Context<'_>, site: SiteId) -> bool {
    let kinds = || cx.site(site).guards.iter().map(|(guard, _)| &cx.cfg.guards[*guard].kind);
    kinds().any(|kind| matches!(kind, ConditionKind::Measured)) && !kinds().any(|kind| matches!(kind, ConditionKind::Counter(_)))
}

/// The next `backward` that adds to the gradients pending at a jump, if no other effect on the
/// gradients comes first.
fn leaks(cx: &Context<'_>, optimizer: OptimizerId, jump: SiteId) -> Option<SiteId> {
    let jumps = cx.cfg.events().filter(|(_, event)| event.site == jump && matches!(event.action, Action::Look(_)));
    let (block, _) = jumps.last()?;
    let next = first_effects(cx.cfg, optimizer, block)?;
    let &(_, backward) = next.first()?;
    let steps = cx.acting(optimizer, Effect::Take);
    let stepped = steps.iter().any(|step| cx.common_loop(*step, backward).is_some());
    (stepped && next.iter().all(|(effect, _)| *effect == Effect::Fill)).then_some(backward)
}

fn report_finding(cx: &mut Context<'_>, optimizer: OptimizerId, site: SiteId, backward: SiteId, next: SiteId) {
    let message = format!("{} leaves the gradients of this iteration to the next", cx.call(site));
    let note = format!("{} computed them, and nothing zeroes them before {}", cx.call_at(backward), cx.call_at(next));
    let name = cx.name(optimizer).to_owned();
    let help = format!("call `{name}.zero_grad();` before line {}, or test the condition before `backward`", cx.line(site));
    cx.report(site, Cause::Alone(site, LINT.name), usize::MAX, Certain::Every, message)
        .note_at(backward, note)
        .note("the next step also includes the gradients of the skipped batch")
        .help(help);
}

/// Reports a condition such as `loss.is_finite()` around both `step` and `zero_grad`. The gradients
/// of a batch without a step are not zeroed.
fn conditional_step(cx: &mut Context<'_>, optimizer: OptimizerId) {
    let steps = cx.acting(optimizer, Effect::Take);
    let Some(&step) = steps.first() else { return };
    let Some(&around) = cx.site(step).loops.last() else { return };
    let kind = |guard: usize| &cx.cfg.guards[guard].kind;
    let guards = &cx.site(step).guards;
    let Some(&guard) = guards.iter().find(|(guard, _)| matches!(kind(*guard), ConditionKind::Measured)) else { return };
    if guards.iter().any(|(guard, _)| matches!(kind(*guard), ConditionKind::Counter(_))) || cx.is_passed_on(optimizer) {
        return;
    }
    let here = |site: &SiteId| cx.site(*site).loops.contains(&around);
    let guarded = |site: &SiteId| {
        cx.site(*site).loops.last() == Some(&around)
            && !cx.site(*site).fused
            && cx.site(*site).guards.iter().any(|known| cx.cfg.same_guard(*known, guard))
    };
    let zeros = cx.acting(optimizer, Effect::Zero);
    let fills = cx.acting(optimizer, Effect::Fill);
    let free = |site: &SiteId| cx.site(*site).loops.last() == Some(&around) && !guarded(site);
    let Some(&backward) = fills.iter().find(|fill| free(fill) && **fill < step) else { return };
    let asked = cx.cfg.guards[guard.0].site;
    // `check` already reports a `continue` under the opposite condition.
    let jumps = cx.cfg.facts.all::<Reads>().any(|(jump, what)| {
        *what == Reads::Leave && cx.site(jump).guards.iter().any(|known| cx.cfg.same_guard(*known, (guard.0, !guard.1)))
    });
    let closed = steps.iter().all(guarded) && zeros.iter().filter(|zero| here(zero)).all(guarded);
    if jumps || !closed || !zeros.iter().any(here) {
        return;
    }
    let outcome = if guard.1 { "does not hold" } else { "holds" };
    let message = format!("`{}` skips the step, and the gradients stay for the next iteration", cx.site(asked).text);
    let note = format!("{} computed them, and nothing zeroes them if the condition {outcome}", cx.call_at(backward));
    let name = cx.name(optimizer).to_owned();
    cx.report(asked, Cause::Alone(asked, LINT.name), usize::MAX, Certain::Every, message)
        .note_at(backward, note)
        .note("the next step also includes the gradients of the skipped batch")
        .help(format!("call `{name}.zero_grad();` in every iteration, after the `if`"));
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::in_loop;

    fn found(body: &str) -> bool {
        let body = body.replace("PASS", "let loss = f(&model.forward(x)); loss.backward();");
        in_loop(&body).iter().any(|(lint, _)| *lint == "pending_gradients_skipped")
    }

    #[test]
    fn gradients_of_a_bad_batch_go_on() {
        assert!(found("PASS if !loss.item().is_finite() { continue; } optimizer.step(); optimizer.zero_grad();"));
        assert!(found("PASS let norm = optimizer.clip_grad_norm(1.0); if norm > 9.0 { continue; } optimizer.step(); optimizer.zero_grad();"));
        assert!(found("PASS if loss.item().is_finite() { optimizer.step(); optimizer.zero_grad(); }"));
    }

    #[test]
    fn dropped_or_not_yet_computed_they_do_no_harm() {
        for right in [
            "PASS if !loss.item().is_finite() { optimizer.zero_grad(); continue; } optimizer.step(); optimizer.zero_grad();",
            "optimizer.zero_grad(); PASS if !loss.item().is_finite() { continue; } optimizer.step();",
            "let loss = f(&model.forward(x)); if !loss.item().is_finite() { continue; } loss.backward(); optimizer.step(); optimizer.zero_grad();",
            "PASS if (i + 1) % k != 0 { continue; } optimizer.step(); optimizer.zero_grad();",
            "PASS if !window.is_full() { continue; } optimizer.step(); optimizer.zero_grad();",
            "PASS if !loss.item().is_finite() { break; } optimizer.step(); optimizer.zero_grad();",
            "PASS if loss.item().is_finite() { optimizer.step(); } optimizer.zero_grad();",
            "PASS if loss.item().is_finite() { optimizer.step(); optimizer.zero_grad(); } else { optimizer.zero_grad(); }",
        ] {
            assert!(!found(right), "{right}");
        }
    }
}
