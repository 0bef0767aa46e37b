use super::{Cause, Context};
use crate::cfg::{Certain, Counter};

lint! {
    /// ## What it finds
    ///
    /// Gradient accumulation in which the condition of `step` is true too early.
    /// Examples are `i % 4 == 0` with `i` counted from 0, and `(i + 1) % 4 == 0` with `i` counted from 1.
    ///
    /// ## Why it matters
    ///
    /// The first update uses a single batch, or one batch too few, and every later window is shifted.
    /// If the loss is divided by four, a first update with a single batch is four times too small.
    /// If the condition of `zero_grad` counts correctly, the updates no longer match the windows.
    /// LLMs-from-scratch (issue 299) had this fault.
    ///
    /// ## Example
    ///
    /// ```text
    /// for (i, batch) in train.iter().enumerate() {            // i = 0, 1, 2, ..
    ///     let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / 4.0;
    ///     loss.backward();
    ///     if i % 4 == 0 {                                     // <- true after the very first batch
    ///         optimizer.step();
    ///         optimizer.zero_grad();
    ///     }
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Count the finished batches: `if (i + 1) % 4 == 0`.
    ///
    /// ## Limits
    ///
    /// Found only if the function shows where the count starts.
    /// Silent if another optimizer steps in the other iterations, with the same `backward`.
    /// Silent if the step has a second condition, or if the step is before `backward` in the loop body.
    accumulation_off_by_one, Warning, "the first update follows too few batches"
}

fn check(cx: &mut Context<'_>) {
    for window in cx.accumulating_windows() {
        let Some((guard, counter)) = window.counter else { continue };
        let Some(shift) = counter.shift else { continue };
        let last = window.backwards.iter().copied().max().unwrap_or(0);
        // A second condition may prevent the early step.
        let alone = cx.site(window.step).guards.len() <= 1 + window.backwards.iter().map(|b| cx.site(*b).guards.len()).min().unwrap_or(0);
        if shift == 0 || !alone || window.step < last {
            continue;
        }
        let (batches, right) = words(counter, shift);
        let message = format!("`{}` holds after {batches}", cx.site(guard).text);
        let note = format!("{} then uses {batches} and not `{}`, and all later windows are shifted", cx.call_at(window.step), counter.every.text);
        cx.report(guard, Cause::Alone(guard, LINT.name), 0, Certain::Every, message)
            .note_at(window.step, note)
            .note("the first update is too small if the loss is divided, and follows the noise of one batch if not")
            .help(right);
    }
}

/// Returns two texts for the report: the number of batches before the first step, and the help.
fn words(counter: &Counter, shift: i64) -> (String, String) {
    let every = &counter.every.text;
    let equals = if counter.fires { "==" } else { "!=" };
    let count = &counter.count;
    let right = if shift == 1 {
        format!("count the finished batches: `({count} + 1) % {every} {equals} 0`")
    } else {
        format!("write a condition that holds after every `{every}` batches, counted from the first")
    };
    let batches = match shift {
        1 => "the first batch alone".to_owned(),
        -1 => format!("one batch fewer than `{every}`"),
        less if less < 0 => format!("{} batches fewer than `{every}`", -less),
        more => format!("{more} batches"),
    };
    (batches, right)
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::in_loop;

    fn found(condition: &str) -> bool {
        let body = format!(
            "let loss = f(&model.forward(x)) / k;\n loss.backward(); if {condition} {{ optimizer.step(); optimizer.zero_grad(); }}"
        );
        in_loop(&body).iter().any(|(lint, _)| *lint == "accumulation_off_by_one")
    }

    #[test]
    fn counted_from_nought() {
        for wrong in ["i % k == 0", "i % 4 == 0", "i.is_multiple_of(4)", "(i + 2) % 4 == 0", "(i + 2) % k == 0", "i % 4 == 1"] {
            assert!(found(wrong), "{wrong}");
        }
        for right in ["(i + 1) % k == 0", "i % 4 == 3", "i % k == k - 1", "i % k == 0 && i > 0", "i % k == offset", "(i + 5) % 4 == 0"] {
            assert!(!found(right), "{right}");
        }
    }

    #[test]
    fn a_step_before_the_backward_belongs_to_the_window_before() {
        let body = "if i % k == 0 { optimizer.step(); optimizer.zero_grad(); } let loss = f(&model.forward(x)) / k; loss.backward();";
        assert!(in_loop(body).iter().all(|(lint, _)| *lint != "accumulation_off_by_one"));
    }
}
