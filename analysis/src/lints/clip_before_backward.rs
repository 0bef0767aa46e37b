use super::Context;
use super::context::Fault;
use crate::cfg::{Certain, SiteId};
use crate::flow::GradientStates;
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A clip that runs before `backward`, on empty gradients.
    ///
    /// ## Why it matters
    ///
    /// The step uses unclipped gradients.
    /// nano-world-model (PR 22) fixed this fault.
    ///
    /// ## Example
    ///
    /// ```text
    /// for batch in train {                                    // gradients:
    ///     optimizer.zero_grad();                              // {empty}
    ///     let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
    ///     optimizer.clip_grad_norm(1.0);                      // {empty}   <- clips nothing
    ///     loss.backward();                                    // {filled}
    ///     optimizer.step();                                   // {used}
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Clip between `backward` and `step`.
    ///
    /// ## Limits
    ///
    /// Silent for gradients that come from the caller of a function without the attribute `#[training_loop]`.
    /// Silent if a condition may skip the `backward` before the clip.
    /// Not reported if a step on the same empty gradients is already reported.
    clip_before_backward, Error, "a clip before `backward`: it clips nothing"
}

fn check(cx: &mut Context<'_>) {
    for fault in cx.faults(Effect::Clip) {
        let clip = fault.visit.site;
        if fault.state == GradientStates::USED || cx.is_explained(&fault) || follows_backward(cx, &fault) {
            continue;
        }
        let zeroed = fault.gradients.provenance(fault.state).zeroed;
        let zero_note = zeroed.map(|zero| (zero, format!("{} emptied the gradients", cx.call_at(zero))));
        let help = match (cx.of_spec(), cx.acting(fault.optimizer, Effect::Fill).last()) {
            (true, _) => format!("put {} between `backward` and `step`", cx.call(clip)),
            (false, Some(&backward)) => {
                let (clip, backward) = (cx.in_common_function(clip, backward), cx.in_common_function(backward, clip));
                format!("move `{};` to after line {}, before the step", cx.site(clip).text, cx.line(backward))
            }
            (false, None) => "clip between `backward` and `step`".to_owned(),
        };
        let message = format!("{} clips nothing: it runs before `backward`", cx.call(clip));
        let mut report = cx.report_fault(&fault, clip, message);
        if let Some((zero, note)) = zero_note {
            report = report.note_at(zero, note);
        }
        report.note("the step uses unclipped gradients").help(help);
    }
}

/// Whether the loop around a clip contains a `backward`, and each one is under a condition and runs
/// before the clip.
///
/// If the condition skips the `backward`, there are no gradients that the step could use unclipped.
fn follows_backward(cx: &Context<'_>, fault: &Fault) -> bool {
    let clip = fault.visit.site;
    let fills = cx.acting(fault.optimizer, Effect::Fill);
    let near = fills.into_iter().filter(|&fill| cx.site(fill).loops.last() == cx.site(clip).loops.last());
    let mut near = near.peekable();
    let left_out = |fill: SiteId| cx.site(fill).conditional && cx.order(fill) < cx.order(clip);
    fault.certain != Certain::Every && near.peek().is_some() && near.all(left_out)
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{found, in_loop};

    #[test]
    fn before_and_between() {
        let body = "optimizer.zero_grad(); let loss = f(&model.forward(x));\n optimizer.clip_grad_norm(1.0);\n loss.backward(); optimizer.step();";
        assert_eq!(in_loop(body), [("clip_before_backward", 6)]);
        let free = body.replace("optimizer.clip_grad_norm(1.0)", "clip_grad_norm(&model.parameters(), 1.0)");
        assert_eq!(in_loop(&free), [("clip_before_backward", 6)]);
        let right = "optimizer.zero_grad(); let loss = f(&model.forward(x)); loss.backward(); optimizer.clip_grad_norm(1.0); optimizer.step();";
        assert!(in_loop(right).is_empty());
    }

    #[test]
    fn a_helper_that_clips_and_steps_is_right() {
        assert!(found("fn update(optimizer: &mut AdamW) { optimizer.clip_grad_norm(1.0); optimizer.step(); }", false).is_empty());
    }
}
