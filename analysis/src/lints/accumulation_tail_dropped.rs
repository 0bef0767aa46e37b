use super::window::Window;
use super::{Cause, Context};
use crate::cfg::{Action, Certain, HeadKind};
use crate::stage::Effect;
use crate::vocabulary::{is_whole};

lint! {
    /// ## What it finds
    ///
    /// Gradient accumulation without an update for the last, incomplete window of the loop.
    ///
    /// ## Why it matters
    ///
    /// If the number of batches is not a multiple of the window size, no step runs after the last batches.
    /// The gradients of these batches are lost, or they are added to the first update of the next
    /// epoch.
    /// This update is then too large.
    /// burn (issue 5695), torchtune (issue 2745) and LLMs-from-scratch (issue 299) had this fault.
    ///
    /// ## Example
    ///
    /// ```text
    /// for epoch in 0..epochs {
    ///     for (i, batch) in train.iter().enumerate() {
    ///         let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / 4.0;
    ///         loss.backward();
    ///         if (i + 1) % 4 == 0 {
    ///             optimizer.step();                           // <- not after the last 1, 2 or 3 batches
    ///             optimizer.zero_grad();
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Step after the last batch too, with `if (i + 1) % 4 == 0 || i + 1 == train.len()`, or step once more after the loop.
    /// To drop the last batches on purpose, call `zero_grad` at the start of the epoch.
    ///
    /// ## Limits
    ///
    /// Silent if:
    ///
    /// - the loop iterates over a range of numbers or never ends,
    /// - the counter continues across epochs,
    /// - the function shows that the loader yields only whole windows (`chunks_exact`, `drop_last`),
    /// - the optimizer is passed to another function.
    ///
    /// Without an epoch loop, the batch loop counts as an epoch only if the optimizer comes from the caller.
    /// Otherwise the batch loop is the whole training, and a few batches at its end do not matter.
    accumulation_tail_dropped, Warning, "the last batches of an epoch make no update"
}

fn check(cx: &mut Context<'_>) {
    for window in cx.accumulating_windows() {
        let Some((_, counter)) = window.counter else { continue };
        let head = &cx.cfg.loops[window.batch_loop];
        let whole = head.head.names.iter().any(|name| is_whole(name));
        let endless = head.head.kind == HeadKind::Endless;
        if counter.or_else || !counter.starts_over || !counter.over_items || whole || endless || is_finished(cx, &window) {
            continue;
        }
        let nested = cx.site(window.step).loops.len() > 1;
        let message = format!("{} does not run after the last batches of the loop", cx.call(window.step));
        let note = format!("it {}, and nothing after the loop on line {} uses what is left", cx.step_frequency(&window), head.line);
        let harm = if nested {
            "the gradients that are left go into the first update of the next epoch"
        } else {
            "the gradients that are left are lost, or go into the first update of the next call"
        };
        let name = cx.site(window.step).receiver.as_ref().map_or_else(|| cx.name(window.optimizer).to_owned(), ToString::to_string);
        let help = format!("step after the last batch too, or call `{name}.step();` and `{name}.zero_grad();` once more after the loop if batches are left");
        cx.report(window.step, Cause::Alone(window.step, LINT.name), 0, Certain::Every, message)
            .note(note)
            .note(harm)
            .help(help);
    }
}

/// Whether a `step` or a `zero_grad` of the window's optimizer runs outside the window's loop.
/// Opaque code outside the loop counts too, because it may run them.
fn is_finished(cx: &Context<'_>, window: &Window<'_>) -> bool {
    let known = &cx.cfg.optimizers[window.optimizer];
    let outer = cx.site(window.step).loops.len() - 1;
    let outside = |site: &usize| !cx.site(*site).loops.contains(&window.batch_loop);
    // A `zero_grad` before the epoch loop does not separate epochs.
    let between = |site: &usize| outside(site) && (outer == 0 || !cx.site(*site).loops.is_empty() || *site > window.step);
    let handed = cx.cfg.events().any(|(_, event)| match &event.action {
        Action::Touch(deps) => {
            outside(&event.site)
                && (deps.paths().contains(&known.path) || matches!(deps, crate::cfg::Deps::Anything))
        }
        Action::Forget(id) => *id == window.optimizer,
        _ => false,
    });
    // At the end of the whole training a few batches do not matter.
    let whole_training = outer == 0 && !known.from_caller;
    whole_training
        || known.escapes
        || handed
        || cx.acting(window.optimizer, Effect::Take).iter().any(outside)
        || cx.acting(window.optimizer, Effect::Zero).iter().any(between)
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    fn epochs(head: &str, condition: &str, after: &str) -> bool {
        let source = format!(
            "fn fit(model: &mut M, train: &L, k: usize) {{
                let mut optimizer = Sgd::new(model.parameters(), 0.1);
                for epoch in 0..9 {{
                    {head} {{
                        let loss = f(&model.forward(x)) / k;
                        loss.backward();
                        if {condition} {{ optimizer.step(); optimizer.zero_grad(); }}
                    }}
                    {after}
                }}
            }}"
        );
        found(&source, true).iter().any(|(lint, _)| *lint == "accumulation_tail_dropped")
    }

    const COUNTED: &str = "for (i, x) in train.iter().enumerate()";
    const FULL: &str = "(i + 1) % k == 0";

    #[test]
    fn the_last_batches_need_a_step() {
        assert!(epochs(COUNTED, FULL, ""));
        assert!(epochs("let mut n = 0; for x in train", "{ n += 1; n % k == 0 }", "") || epochs(COUNTED, FULL, "log();"));
        assert!(!epochs(COUNTED, "(i + 1) % k == 0 || i + 1 == train.len()", ""));
        assert!(!epochs(COUNTED, FULL, "optimizer.step(); optimizer.zero_grad();"));
        assert!(!epochs(COUNTED, FULL, "if train.len() % k != 0 { optimizer.step(); optimizer.zero_grad(); }"));
        assert!(!epochs(COUNTED, FULL, "optimizer.zero_grad();"));
        assert!(!epochs(COUNTED, FULL, "flush(&mut optimizer);"));
    }

    #[test]
    fn loops_without_a_last_window_have_no_tail() {
        assert!(!epochs("for i in 0..train.len()", FULL, ""));
        assert!(!epochs("for (i, x) in train.iter().cycle().enumerate()", FULL, ""));
        assert!(!epochs("for (i, x) in train.chunks_exact(8).enumerate()", FULL, ""));
        assert!(!epochs("for (i, x) in train.iter().take(8 * k).enumerate()", FULL, ""));
    }
}
