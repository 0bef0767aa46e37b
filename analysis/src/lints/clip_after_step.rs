use super::Context;
use crate::fix::{Applicability, Edit, Fix};
use crate::flow::GradientStates;
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A gradient clip that runs after the `step` that uses the gradients.
    ///
    /// ## Why it matters
    ///
    /// The step already used the unclipped gradients, so the clip has no effect.
    /// Published trainers had this fault, among them awslabs/graphstorm (issue 1366) and Lightning (issue 10248).
    ///
    /// ## Example
    ///
    /// ```text
    /// for batch in train {                                    // gradients:
    ///     optimizer.zero_grad();                              // {empty}
    ///     let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
    ///     loss.backward();                                    // {filled}
    ///     optimizer.step();                                   // {used}
    ///     optimizer.clip_grad_norm(1.0);                      // {used}    <- too late
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Clip between `backward` and `step`.
    ///
    /// ## Limits
    ///
    /// A clip that is called after the step only to read the norm is also reported.
    /// In this case, clip before the step, and read the norm from that clip.
    clip_after_step, Error, "a clip after `step`: it has no effect"
}

fn check(cx: &mut Context<'_>) {
    for fault in cx.faults(Effect::Clip) {
        let clip = fault.visit.site;
        if fault.state != GradientStates::USED || cx.is_explained(&fault) {
            continue;
        }
        let provenance = fault.gradients.provenance(GradientStates::USED);
        let Some(used) = provenance.used else { continue };
        // Code may fill gradients that outlive the iteration by hand.
        let apart = |backward| cx.cfg.returns_gradients(backward) && cx.site(backward).loops != cx.site(used).loops;
        if provenance.filled.is_some_and(apart) {
            continue;
        }
        let note = format!("{}{} used the gradients unclipped", cx.when(used, clip), cx.call_at(used));
        let help = if cx.of_spec() {
            format!("put {} between `backward` and `step`", cx.call(clip))
        } else {
            let (clip, used) = (cx.in_common_function(clip, used), cx.in_common_function(used, clip));
            format!("move `{};` to before line {}", cx.site(clip).text, cx.line(used))
        };
        let fix = (!cx.of_spec() && clip != used && cx.same_function(clip, used)).then(|| {
            let (from, to) = (cx.site(clip), cx.site(used));
            let plain = from.loops == to.loops && !from.conditional && !to.conditional;
            let sure = if plain { Applicability::Safe } else { Applicability::Maybe };
            Fix::new(sure, Edit::MoveBefore(from.place, to.place))
        });
        let message = format!("{} comes too late: {} already used the gradients", cx.call(clip), cx.call(used));
        cx.report_fault(&fault, clip, message)
            .note_at(used, note)
            .note("the step uses unclipped gradients")
            .help(help)
            .fix(fix);
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::in_loop;

    #[test]
    fn after_and_between() {
        let body = "optimizer.zero_grad(); let loss = f(&model.forward(x)); loss.backward();\n optimizer.step();\n optimizer.clip_grad_norm(1.0);";
        assert_eq!(in_loop(body), [("clip_after_step", 7)]);
        let right = "optimizer.zero_grad(); let loss = f(&model.forward(x)); loss.backward(); optimizer.clip_grad_value(0.5); optimizer.step();";
        assert!(in_loop(right).is_empty());
    }
}
