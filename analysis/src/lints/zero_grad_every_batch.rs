use super::step_outside_batch_loop::discards_micro_batches;
use super::{Cause, Context};
use crate::cfg::{Certain, OptimizerId, SiteId};
use crate::flow::GradientStates;
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// Gradient accumulation with one `step` per window, but with a `zero_grad` in every batch.
    ///
    /// ## Why it matters
    ///
    /// Each `zero_grad` discards the gradients of the earlier batches.
    /// The update uses only the last batch of the window, and the other batches are wasted.
    /// If the loss is divided by the number of batches, the update is also too small by this factor.
    /// RAE (issue 67) had this fault.
    /// In pytorch/torchtitan#3575 the method for one micro-batch called `zero_grad`.
    ///
    /// ## Example
    ///
    /// ```text
    /// for (i, batch) in train.iter().enumerate() {            // gradients:
    ///     optimizer.zero_grad();                              // {discarded} except in the window's first batch  <-
    ///     let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / 4.0;
    ///     loss.backward();                                    // {filled}  of this batch alone
    ///     if (i + 1) % 4 == 0 {
    ///         optimizer.step();                               // {used}
    ///     }
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Call `zero_grad` together with the step: `if (i + 1) % 4 == 0 { optimizer.step(); optimizer.zero_grad(); }`.
    ///
    /// ## Limits
    ///
    /// Found if the step is under a condition on the iteration count of its loop.
    /// The finding is a warning if the condition is an opaque call without arguments from the iteration, as in `if it_is_time() { optimizer.step(); }`.
    /// Such a condition may also guard a whole window.
    /// Any other condition is taken as intended.
    /// Silent if another optimizer uses the same `backward` in the iterations without the step, because the optimizers then take turns.
    /// A step after the batch loop is reported by `step_outside_batch_loop`, unless the loop certainly iterates over the micro-batches of one update.
    zero_grad_every_batch, Error, "`zero_grad` in each batch of an accumulation window"
}

fn check(cx: &mut Context<'_>) {
    let discarded: Vec<_> = cx
        .faults(Effect::Take)
        .into_iter()
        .filter(|fault| fault.state == GradientStates::DISCARDED && fault.certain == Certain::Every)
        .map(|fault| fault.optimizer)
        .collect();
    for window in cx.counted_windows() {
        // `gradients_discarded` reports a `zero_grad` between `backward` and `step`, which leaves
        // no gradients at all.
        if discarded.contains(&window.optimizer) {
            continue;
        }
        let zeros = cx.in_every_iteration(&window, Effect::Zero);
        let Some(&zero) = zeros.first() else { continue };
        let message = format!("{} discards the gradients of every batch but the last of a window", cx.call(zero));
        let note = cx.step_note(&window);
        let harm = match window.counter {
            Some((_, counter)) if !counter.of_samples => {
                format!("the update uses one batch in {}, and the others are wasted", window.size())
            }
            _ => "the update uses the last batch of each window, and the others are wasted".to_owned(),
        };
        let (zeroes, steps, line) = (&cx.site(zero).text, &cx.site(window.step).text, cx.line(window.step));
        let help = if cx.is_clause(zero) {
            format!("remove `zero_grad` from `train_order`, and call `{zeroes};` after `{steps};` on line {line}")
        } else {
            format!("move `{zeroes};` to after `{steps};` on line {line}, under the same condition")
        };
        let cause = Cause::Gradients(window.step, window.optimizer);
        cx.report(zero, cause, 0, Certain::Every, message).note_at(window.step, note).note(harm).help(help);
    }
    if cx.of_spec() {
        of_spec(cx, &discarded);
    } else if !cx.cfg.function.reads_gradients {
        of_micro_batches(cx, &discarded);
    }
    for window in cx.opaque_windows() {
        // Without a `backward` between the `zero_grad` and the step, `gradients_discarded` reports
        // the fault.
        let between = |zero: &SiteId| {
            *zero > window.step || window.backwards.iter().any(|backward| zero < backward && *backward < window.step)
        };
        let zeros = cx.unconditional_zeroes(&window);
        let Some(&zero) = zeros.first().filter(|_| zeros.iter().all(between)) else { continue };
        let message = format!("{} discards gradients that no step used", cx.call(zero));
        let note = format!("{} does not run in every iteration", cx.call_at(window.step));
        let help = format!("call it only together with the step, or move `{};` out of its condition", cx.site(window.step).text);
        let cause = Cause::Gradients(window.step, window.optimizer);
        // A `zero_grad` under a condition looks like accumulation, for which `settle` drops
        // possible findings.
        let certain = if cx.runs_every_iteration(&window, zero) { Certain::Some } else { Certain::Every };
        cx.report(zero, cause, 0, certain, message)
            .note_at(window.step, note)
            .note("the batches of the other iterations are wasted")
            .help(help)
            .only_warns();
    }
}

/// Checks inner loops over the micro-batches of one update, if a step follows the loop.
fn of_micro_batches(cx: &mut Context<'_>, discarded: &[OptimizerId]) {
    for (window, zero) in cx.discarding_windows() {
        if discarded.contains(&window.optimizer) || !discards_micro_batches(cx, &window, zero) {
            continue;
        }
        let message = format!("{} discards the gradients of every batch but the last of a window", cx.call(zero));
        let note = cx.step_note(&window);
        let help = if cx.site(zero).call.is_some() {
            format!("call it together with `{};` on line {}", cx.site(window.step).text, cx.line(window.step))
        } else {
            let line = cx.cfg.loops[window.batch_loop].line;
            format!("move `{};` to before the loop on line {line}", cx.site(zero).text)
        };
        cx.report(zero, Cause::Alone(zero, LINT.name), 0, Certain::Every, message)
            .note_at(window.step, note)
            .note("the update uses the last batch of each window, and the others are wasted")
            .help(help);
    }
}

/// Checks the accumulation windows that `accumulate` sets in a spec.
fn of_spec(cx: &mut Context<'_>, discarded: &[OptimizerId]) {
    for window in cx.windows_before_step() {
        let zeros = cx.in_every_iteration(&window, Effect::Zero);
        let Some(&zero) = zeros.first().filter(|_| !discarded.contains(&window.optimizer)) else { continue };
        let message = format!("{} discards the gradients of every batch but the last of a window", cx.call(zero));
        let note = cx.step_note(&window);
        let cause = Cause::Gradients(window.step, window.optimizer);
        cx.report(zero, cause, 0, Certain::Every, message)
            .note_at(window.step, note)
            .note("the update uses one batch of each window, and the others are wasted")
            .help("remove it, and name `zero_grad` in `train_order`: there it runs once for each window");
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::in_loop;

    const PASS: &str = "let loss = f(&model.forward(x)) / k;\n";

    fn found(body: &str) -> bool {
        in_loop(body).iter().any(|(lint, _)| *lint == "zero_grad_every_batch")
    }

    #[test]
    fn in_each_batch_it_drops_the_others() {
        for condition in ["(i + 1) % k == 0", "(i + 1).is_multiple_of(4)", "(i + 1) % 4 == 0 || i + 1 == n", "full"] {
            let full = "let full = i % k == k - 1;";
            assert!(found(&format!("optimizer.zero_grad(); {full} {PASS} loss.backward(); if {condition} {{ optimizer.step(); }}")));
            assert!(found(&format!("{full} {PASS} loss.backward(); if {condition} {{ optimizer.step(); }} optimizer.zero_grad();")));
        }
        assert!(found(&format!("optimizer.zero_grad(); {PASS} loss.backward(); if (i + 1) % k != 0 {{ continue; }} optimizer.step();")));
    }

    #[test]
    fn a_call_that_looks_at_nothing_makes_it_a_warning() {
        assert!(found(&format!("optimizer.zero_grad(); {PASS} loss.backward(); if it_is_time() {{ optimizer.step(); }}")));
        assert!(found(&format!("optimizer.zero_grad(); {PASS} loss.backward(); if self.timer.is_due() {{ optimizer.step(); }}")));
        let parts = "for y in x.parts() { let loss = f(&model.forward(y)) / k; loss.backward(); }";
        assert!(found(&format!("optimizer.zero_grad(); {parts} if it_is_time() {{ optimizer.step(); }}")));
        assert!(!found(&format!("optimizer.zero_grad(); if it_is_time() {{ {parts} optimizer.step(); }}")));
        assert!(!found(&format!("{parts} if it_is_time() {{ optimizer.step(); optimizer.zero_grad(); }}")));
        assert!(found(&format!(
            "{PASS} loss.backward(); if (i + 1) % k == 0 {{ if it_is_time() {{ optimizer.step(); }} optimizer.zero_grad(); }}"
        )));
    }

    #[test]
    fn at_the_window_s_ends_it_is_right() {
        for body in [
            "if i % k == 0 { optimizer.zero_grad(); } P loss.backward(); if (i + 1) % k == 0 { optimizer.step(); }",
            "P loss.backward(); if (i + 1) % k == 0 { optimizer.step(); optimizer.zero_grad(); }",
            "P loss.backward(); if (i + 1) % k != 0 { continue; } optimizer.step(); optimizer.zero_grad();",
            "optimizer.zero_grad(); P loss.backward(); if (i + 1) % 1 == 0 { optimizer.step(); }",
            "optimizer.zero_grad(); P loss.backward(); if loss.item().is_finite() { optimizer.step(); }",
            "optimizer.zero_grad(); P loss.backward(); if flag { optimizer.step(); }",
            "optimizer.zero_grad(); P loss.backward(); if i > warmup { optimizer.step(); }",
            "optimizer.zero_grad(); P loss.backward(); if gradients.are_finite() { optimizer.step(); }",
            "optimizer.zero_grad(); P loss.backward(); if sound(&model) { optimizer.step(); }",
            "if (i + 1) % k == 0 { optimizer.zero_grad(); P loss.backward(); optimizer.step(); }",
            "optimizer.zero_grad(); if (i + 1) % k == 0 { P loss.backward(); optimizer.step(); }",
        ] {
            assert!(!found(&body.replace('P', PASS)), "{body}");
        }
    }
}
