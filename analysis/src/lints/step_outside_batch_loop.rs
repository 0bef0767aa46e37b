use super::unscaled_accumulation::size_of;
use super::window::Window;
use super::{Cause, Context};
use crate::cfg::{Certain, SiteId};
use crate::flow::GradientStates;
use crate::stage::Effect;
use crate::vocabulary::{names_epoch, names_micro_batch};

lint! {
    /// ## What it finds
    ///
    /// A `step` after a loop that zeroes and recomputes the gradients in every iteration.
    /// Also a `step` after a loop that zeroes the gradients after each accumulation window and has no `step` of its own.
    ///
    /// ## Why it matters
    ///
    /// The step uses only the gradients of the last iteration, so all other batches of the epoch are wasted.
    /// A misplaced brace is enough to cause this fault.
    /// d2l-en (issue 1347) and CGLB (issue 11) had this fault.
    ///
    /// ## Example
    ///
    /// ```text
    /// for epoch in 0..epochs {                                // gradients:
    ///     for batch in train {
    ///         optimizer.zero_grad();                          // {discarded} from the second batch on
    ///         let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
    ///         loss.backward();                                // {filled}  of this batch alone
    ///     }
    ///     optimizer.step();                                   // {used}  <- once for all batches
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Step in the loop, after `backward`.
    /// For one update with the gradients of all batches, zero the gradients before the loop and divide the loss by the number of batches.
    ///
    /// ## Limits
    ///
    /// Silent if `zero_grad` and `step` are both outside the loop, because one update with the gradients of all iterations is taken as intended.
    /// A loop over the micro-batches of one update is reported by `zero_grad_every_batch` instead.
    /// A loop counts as such a loop if it iterates over an item of the loop around it, or if a name
    /// in its head mentions micro-batches.
    /// Silent if another `backward` runs between the loop and the step, because the step may be meant for that `backward`.
    /// Silent if the function reads gradients itself, because it may accumulate them by hand.
    /// If the data flow cannot follow the gradients, calls that are named after `zero_grad`, `backward` and `step` have to show the fault.
    step_outside_batch_loop, Warning, "one step after a loop that zeroes in every iteration"
}

fn check(cx: &mut Context<'_>) {
    // In a spec, `accumulate` sets the size of a window, and `zero_grad_every_batch` reports the
    // fault.
    if cx.cfg.function.reads_gradients || cx.of_spec() {
        return;
    }
    let faults = cx.faults(Effect::Take);
    for (window, zero) in cx.discarding_windows() {
        // `gradients_discarded` reports a step on no gradients at all.
        if faults.iter().any(|fault| {
            fault.optimizer == window.optimizer
                && fault.state == GradientStates::DISCARDED
                && fault.certain == Certain::Every
        }) {
            continue;
        }
        if !discards_micro_batches(cx, &window, zero) {
            report_finding(cx, &window, zero);
        }
    }
}

/// Whether the loop before the step certainly iterates over the micro-batches of one update. In
/// such a loop the `zero_grad` is the fault, and `zero_grad_every_batch` reports it.
///
/// This is certain if the loop iterates over an item of the loop around the step, or if a name in
/// its head mentions micro-batches.
pub(super) fn discards_micro_batches(cx: &Context<'_>, window: &Window<'_>, zero: SiteId) -> bool {
    let head = &cx.cfg.loops[window.batch_loop].head;
    let around = cx.site(window.step).loops.last().and_then(|around| cx.cfg.loops[*around].head.item.as_ref());
    let of_item = around.filter(|item| !names_epoch(&item.name)).is_some_and(|item| head.source.is_some_and(|source| source.collection == item.value));
    let named = head.names.iter().any(|name| names_micro_batch(name));
    !cx.is_periodic(zero) && cx.runs_every_iteration(window, zero) && (of_item || named && !cx.site(window.step).loops.is_empty())
}

fn report_finding(cx: &mut Context<'_>, window: &Window<'_>, zero: SiteId) {
    let head = &cx.cfg.loops[window.batch_loop];
    let (step, line) = (window.step, head.line);
    let message = format!("{} runs once for all iterations of the loop on line {line}", cx.call(step));
    let backward = window.backwards.iter().copied().max().unwrap_or(zero);
    let (called, text) = (cx.call_at(zero), &cx.site(step).text);
    let (note, harm, help) = if cx.is_periodic(zero) {
        (
            format!("{called} discards the gradients of each window, which no step used"),
            format!("only the last iterations of `{}` on line {line} change the parameters", head.text),
            format!("call `{text};` before line {}, under the same condition", cx.line(zero)),
        )
    } else {
        let after = match cx.site(backward).loops.get(cx.site(zero).loops.len()) {
            Some(deeper) => format!("the loop on line {}", cx.cfg.loops[*deeper].line),
            None => format!("line {}", cx.line(backward)),
        };
        (
            format!("in each of them {called} discards the gradients of the previous one"),
            format!("only the last iteration of `{}` on line {line} changes the parameters", head.text),
            if size_of(cx, window).is_some() {
                // In a loop over micro-batches, the step is in the right place and `zero_grad` is
                // not.
                format!("move `{};` to before the loop on line {line}", cx.site(zero).text)
            } else {
                format!("move `{text};` into the loop, to after {after}")
            },
        )
    };
    let cause = Cause::Alone(step, LINT.name);
    cx.report(step, cause, usize::MAX, Certain::Every, message).note_at(zero, note).note(harm).help(help);
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{found, messages};

    fn with(before: &str, inside: &str, after: &str) -> bool {
        let source = format!(
            "fn fit(model: &mut M, train: &L) {{
                let mut optimizer = Sgd::new(model.parameters(), 0.1);
                for epoch in 0..9 {{
                    {before}
                    for x in train {{
                        {inside}
                    }}
                    {after}
                }}
            }}"
        );
        found(&source, true).iter().any(|(lint, _)| *lint == "step_outside_batch_loop")
    }

    #[test]
    fn the_last_batch_alone_makes_the_update() {
        let pass = "let loss = f(&model.forward(x)); loss.backward();";
        let zeroing = format!("optimizer.zero_grad(); {pass}");
        assert!(with("", &zeroing, "optimizer.step();"));
        assert!(with("", &zeroing, "optimizer.clip_grad_norm(1.0); optimizer.step();"));
        assert!(!with("optimizer.zero_grad();", pass, "optimizer.step();"));
        assert!(!with("", pass, "optimizer.step(); optimizer.zero_grad();"));
        assert!(!with("", &format!("{zeroing} optimizer.step();"), ""));
    }

    #[test]
    fn the_batches_of_one_update_need_another_place_for_zero_grad() {
        let said = |head: &str| {
            messages(
                &format!(
                    "fn fit(model: &mut M, mut get: impl FnMut() -> B) {{
                        let mut optimizer = Sgd::new(model.parameters(), 0.1);
                        for epoch in 0..9 {{
                            {head} {{
                                optimizer.zero_grad();
                                let loss = f(&model.forward(&get())) / 4.0;
                                loss.backward();
                            }}
                            optimizer.step();
                        }}
                    }}"
                ),
                true,
            )
        };
        let micro = said("for _micro_step in 0..4");
        assert!(micro.contains("help: move `optimizer.zero_grad();` to before the loop on line 4"), "{micro}");
        let batches = said("for x in train");
        assert!(batches.contains("help: move `optimizer.step();` into the loop"), "{batches}");
    }

    #[test]
    fn full_windows_are_dropped() {
        let inside = |condition: &str, does: &str| {
            format!("i += 1; let loss = f(&model.forward(x)) / 4.0; loss.backward(); if {condition} {{ {does} }}")
        };
        let last = "if pending > 0 { optimizer.step(); optimizer.zero_grad(); }";
        assert!(with("let mut i = 0;", &inside("i % 4 == 0", "optimizer.zero_grad();"), last));
        assert!(!with("let mut i = 0;", &inside("i % 4 == 0", "optimizer.step(); optimizer.zero_grad();"), last));
        assert!(!with("let mut i = 0;", &inside("i % 4 == 0", "apply(&mut optimizer); optimizer.zero_grad();"), last));
        assert!(!with("let mut i = 0;", &inside("i == 1", "optimizer.zero_grad();"), last));
        assert!(!with("let mut i = 0;", &inside("x.is_first", "optimizer.zero_grad();"), last));
    }

    #[test]
    fn a_window_in_each_round_is_lost_as_well() {
        let pass = "let loss = f(&model.forward(y)); loss.backward();";
        let parts = format!("optimizer.zero_grad(); for y in x.parts() {{ {pass} }}");
        assert!(with("", &parts, "optimizer.step();"));
        assert!(!with("", &format!("{parts} optimizer.step();"), ""));
        // An adversarial attack first, and then the training pass.
        let attack = "optimizer.zero_grad(); let loss = f(&model.forward(x)); loss.backward();";
        let counts = "let loss = f(&model.forward(z)); loss.backward(); optimizer.step();";
        assert!(!with("", attack, counts));
    }
}
