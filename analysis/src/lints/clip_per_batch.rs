use super::{Cause, Context};
use crate::cfg::Certain;
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// Gradients that are accumulated over several batches and clipped after each batch.
    ///
    /// ## Why it matters
    ///
    /// Each clip applies to a partial sum of the gradients.
    /// The gradients of the first batches of a window are scaled down several times, so these batches get less weight.
    /// The norm of the final sum may still exceed the limit.
    /// transformers (issues 986 and 1563) and tt-metal (issue 17568) had this fault.
    ///
    /// ## Example
    ///
    /// ```text
    /// for (i, batch) in train.iter().enumerate() {
    ///     let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / 4.0;
    ///     loss.backward();
    ///     optimizer.clip_grad_norm(1.0);                      // <- four times for each update
    ///     if (i + 1) % 4 == 0 {
    ///         optimizer.step();
    ///         optimizer.zero_grad();
    ///     }
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Clip the accumulated gradients just before the step: `if (i + 1) % 4 == 0 { optimizer.clip_grad_norm(1.0); optimizer.step(); .. }`.
    ///
    /// ## Limits
    ///
    /// Silent if the clip has a condition of its own.
    clip_per_batch, Warning, "a clip after each batch of an accumulation window"
}

fn check(cx: &mut Context<'_>) {
    let mut windows = cx.accumulating_windows();
    windows.extend(cx.windows_before_step());
    for window in windows {
        let first = window.backwards.iter().copied().min().unwrap_or(0);
        for clip in cx.in_every_iteration(&window, Effect::Clip) {
            if clip < first {
                continue;
            }
            let message = format!("{} clips a partial sum of the gradients that the step uses", cx.call(clip));
            let note = cx.step_note(&window);
            let help = if cx.of_spec() {
                "remove it, and name `clip_grad_norm(1.0)` between `backward` and `step` in `train_order`: there it clips the sum".to_owned()
            } else {
                format!("move `{};` to before `{};` on line {}", cx.site(clip).text, cx.site(window.step).text, cx.line(window.step))
            };
            cx.report(clip, Cause::Alone(clip, LINT.name), usize::MAX, Certain::Every, message)
                .note_at(window.step, note)
                .note("the first batches of a window are clipped several times and get less weight, and the norm of the sum may still exceed the limit")
                .help(help);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::in_loop;

    fn found(body: &str) -> bool {
        let body = format!("let loss = f(&model.forward(x)) / k;\n loss.backward(); {body}");
        in_loop(&body).iter().any(|(lint, _)| *lint == "clip_per_batch")
    }

    #[test]
    fn the_sum_is_clipped_once() {
        assert!(found("optimizer.clip_grad_norm(1.0); if (i + 1) % k == 0 { optimizer.step(); optimizer.zero_grad(); }"));
        assert!(found("clip_grad_norm(model.parameters(), 1.0); if (i + 1) % k == 0 { optimizer.step(); optimizer.zero_grad(); }"));
        assert!(!found("if (i + 1) % k == 0 { optimizer.clip_grad_norm(1.0); optimizer.step(); optimizer.zero_grad(); }"));
        assert!(!found("if (i + 1) % k == 0 { optimizer.clip_grad_norm(1.0); } if (i + 1) % k == 0 { optimizer.step(); optimizer.zero_grad(); }"));
        assert!(!found("optimizer.clip_grad_norm(1.0); optimizer.step(); optimizer.zero_grad();"));
        assert!(!found("let norm = optimizer.clip_grad_norm(1.0); if norm < 9.0 { optimizer.step(); } optimizer.zero_grad();"));
    }
}
