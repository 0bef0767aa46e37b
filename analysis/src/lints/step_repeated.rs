use super::Context;
use crate::cfg::{Certain, SiteId, Use, UseKind};
use crate::fix::{Applicability, Edit, Fix};
use crate::flow::GradientStates;
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// Two steps on the same gradients, without a `backward` between the steps.
    ///
    /// ## Why it matters
    ///
    /// The second update repeats the first, so the effective learning rate is doubled, and momentum counts the batch twice.
    ///
    /// ## Example
    ///
    /// ```text
    /// for batch in train {                                    // gradients:
    ///     optimizer.zero_grad();                              // {empty}
    ///     let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
    ///     loss.backward();                                    // {filled}
    ///     optimizer.step();                                   // {used}
    ///     optimizer.step();                                   // {used}    <- the same gradients again
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Step once for each `backward`, or once for each accumulation window.
    ///
    /// ## Limits
    ///
    /// Silent if a call between the two steps may have computed new gradients.
    /// Silent in a test without a `backward` of its own, which sets the gradients by hand or in a helper.
    /// Silent if the condition of the second step reads a count that is always assigned together with the first step.
    /// Silent for an optimizer that gets gradients as arguments (`optimizer.update(&mut weight, &grad)`).
    /// Silent also if the file defines the `step` of the optimizer, and this `step` only assigns numbers to fields, as a step counter does.
    /// Silent for `step()` of an optimizer whose other method gets the model: `optimizer.step(); optimizer.update(&mut layer, 1.0);`.
    /// If the data flow cannot follow the gradients, a step that the next statement repeats is a warning, if the function calls a `backward` before it.
    step_repeated, Error, "two steps on the same gradients"
}

fn check(cx: &mut Context<'_>) {
    // A test of an optimizer sets the gradients by hand or in a helper, and steps with them as often as it likes.
    let mut own = cx.cfg.sites_with(Effect::Fill).filter(|(_, site)| site.call.is_none());
    if cx.cfg.function.is_test && own.next().is_none() {
        return;
    }
    for fault in cx.faults(Effect::Take) {
        let Some(used) = fault.gradients.provenance(GradientStates::USED).used else { continue };
        let step = fault.visit.site;
        // `step_in_block` reports a block of a spec that steps the spec's optimizer.
        let told = cx.counts(fault.optimizer) && (cx.site(used).own || cx.site(step).own);
        if fault.state != GradientStates::USED || told || fault.certain == Certain::Some && is_reset(cx, used, step) {
            continue;
        }
        let note = format!("{}{} used them; no `backward` runs in between", cx.when(used, step), cx.call_at(used));
        let help = if cx.of_spec() {
            "name `step` once in `train_order`, and in no block or hook".to_owned()
        } else if used == step {
            format!("call `loss.backward();` before line {}", cx.line(step))
        } else {
            format!("remove line {}, or run `backward` before it", cx.line(step))
        };
        // The fix is uncertain, because a `backward` between the steps may be missing.
        let again = !cx.of_spec() && used != step;
        let fix = again.then(|| Fix::new(Applicability::Maybe, Edit::Remove(cx.site(step).place)));
        let message = format!("{} uses the same gradients a second time", cx.call(step));
        cx.report_fault(&fault, step, message)
            .note_at(used, note)
            .note("the batch counts twice, as if the learning rate were doubled")
            .help(help)
            .fix(fix);
    }
}

/// Whether a condition of the second step reads a variable that is set together with the first step.
///
/// In `if seen >= 128 { step; seen = 0; }`, followed by `if seen > 0 { step }`, the second condition is
/// false after the first step.
fn is_reset(cx: &Context<'_>, first: SiteId, second: SiteId) -> bool {
    let (one, other) = (cx.site(first), cx.site(second));
    let extra = |guard: &&(usize, bool)| !one.guards.iter().any(|known| cx.cfg.same_guard(*known, **guard));
    let conditions: Vec<_> = other.guards.iter().filter(extra).map(|(guard, _)| cx.cfg.guards[*guard].place).collect();
    cx.cfg.facts.variables().any(|(_, known)| {
        let set = known.uses.iter().any(|one_use| {
            let at = cx.site(one_use.site);
            one_use.kind == UseKind::Set && at.loops == one.loops && at.call == one.call && cx.cfg.runs_with(at, one)
        });
        let read = |one_use: &Use| conditions.iter().any(|condition| condition.holds(&cx.site(one_use.site).place));
        set && known.uses.iter().any(read)
    })
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::in_loop;

    const UPDATE: &str = "optimizer.zero_grad(); let loss = f(&model.forward(x)); loss.backward();";

    #[test]
    fn twice_and_once() {
        assert_eq!(in_loop(&format!("{UPDATE}\n optimizer.step();\n optimizer.step();")), [("step_repeated", 7)]);
        assert!(in_loop(&format!("{UPDATE} if wide {{ optimizer.step(); }} else {{ optimizer.step(); }}")).is_empty());
    }
}
