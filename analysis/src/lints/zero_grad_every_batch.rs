use super::{Cause, Context};
use crate::cfg::{Certain, OptimizerId, SiteId};
use crate::flow::GradientStates;
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// Gradients that are gathered over several batches, with a `step` every so many of them, and a `zero_grad` in each.
    ///
    /// ## Why it matters
    ///
    /// Each `zero_grad` drops what the batches before it brought: the update follows only the last batch of the window, and the others are computed for nothing.
    /// Where the loss is divided by the number of batches, the update is also that much too small.
    /// RAE (issue 67) trained so.
    ///
    /// ## Example
    ///
    /// ```text
    /// for (i, batch) in train.iter().enumerate() {            // gradients:
    ///     optimizer.zero_grad();                              // {discarded} but in the window's first batch  <-
    ///     let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / 4.0;
    ///     loss.backward();                                    // {filled}  by this batch alone
    ///     if (i + 1) % 4 == 0 {
    ///         optimizer.step();                               // {used}
    ///     }
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Zero where the step is: `if (i + 1) % 4 == 0 { optimizer.step(); optimizer.zero_grad(); }`.
    ///
    /// ## Limits
    ///
    /// Found where the step stands under a condition that counts the rounds of its loop; where a call decides that looks at nothing of the round, be it whether a whole window is used, it is a warning, and anything else is taken as meant.
    /// Where the step stands after the loop over the batches, it is `step_outside_batch_loop`.
    zero_grad_every_batch, Error, "`zero_grad` in each batch though several make one update"
}

fn check(cx: &mut Context<'_>) {
    let discarded: Vec<_> = cx
        .faults(Effect::Take)
        .into_iter()
        .filter(|fault| fault.state == GradientStates::DISCARDED && fault.certain == Certain::Every)
        .map(|fault| fault.optimizer)
        .collect();
    for window in cx.counted() {
        // A `zero_grad` between backward and step leaves nothing at all: `gradients_discarded`.
        if discarded.contains(&window.optimizer) {
            continue;
        }
        let zeros = cx.each_round(&window, Effect::Zero);
        let Some(&zero) = zeros.first() else { continue };
        let message = format!("{} drops the gradients of every batch but the last of a window", cx.call(zero));
        let note = cx.its_step(&window);
        let harm = format!("the update follows one batch in {}, and the others are computed for nothing", window.size());
        let (zeroes, steps, line) = (&cx.site(zero).text, &cx.site(window.step).text, cx.line(window.step));
        let help = if cx.is_clause(zero) {
            format!("take `zero_grad` out of `train_order`, and call `{zeroes};` after `{steps};` on line {line}")
        } else {
            format!("move `{zeroes};` to after `{steps};` on line {line}, under the same condition")
        };
        let cause = Cause::Gradients(window.step, window.optimizer);
        cx.report(zero, cause, 0, Certain::Every, message).note_at(window.step, note).note(harm).help(help);
    }
    if cx.of_spec() {
        of_spec(cx, &discarded);
    }
    for window in cx.asked() {
        // Nor is anything left where no backward stands between it and the step: `gradients_discarded`.
        let between = |zero: &SiteId| {
            *zero > window.step || window.backwards.iter().any(|backward| zero < backward && *backward < window.step)
        };
        let zeros = cx.dropping(&window);
        let Some(&zero) = zeros.first().filter(|_| zeros.iter().all(between)) else { continue };
        let message = format!("{} drops gradients that no step used", cx.call(zero));
        let note = format!("{} does not run in every round", cx.call_at(window.step));
        let help = format!("zero only where the step is, or take `{};` out of its condition", cx.site(window.step).text);
        let cause = Cause::Gradients(window.step, window.optimizer);
        // Under the step's own condition it is no gathering of batches, which would keep a maybe silent.
        let certain = if cx.runs_each_round(&window, zero) { Certain::Some } else { Certain::Every };
        cx.report(zero, cause, 0, certain, message)
            .note_at(window.step, note)
            .note("the batches of the other rounds are computed for nothing")
            .help(help)
            .only_warns();
    }
}

/// The windows of a spec, which `accumulate` makes.
fn of_spec(cx: &mut Context<'_>, discarded: &[OptimizerId]) {
    for window in cx.looped() {
        let zeros = cx.each_round(&window, Effect::Zero);
        let Some(&zero) = zeros.first().filter(|_| !discarded.contains(&window.optimizer)) else { continue };
        let message = format!("{} drops the gradients of every batch but the last of a window", cx.call(zero));
        let note = cx.its_step(&window);
        let cause = Cause::Gradients(window.step, window.optimizer);
        cx.report(zero, cause, 0, Certain::Every, message)
            .note_at(window.step, note)
            .note("the update follows one batch of each window, and the others are computed for nothing")
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
