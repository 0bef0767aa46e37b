use super::Context;
use super::unrelated_optimizer::unrelated;
use crate::fix::{Applicability, Edit, Fix};
use crate::flow::GradientStates;
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A `step` before its `backward`: the first step, or every step, has no gradients to use.
    ///
    /// ## Why it matters
    ///
    /// The first update changes nothing, or applies momentum and weight decay alone.
    /// If `zero_grad` runs between `backward` and the next `step`, no update ever uses a gradient.
    /// Otherwise every update is one batch late.
    /// The model still improves a little if the updates are late, so the fault goes unnoticed.
    ///
    /// ## Example
    ///
    /// ```text
    /// for batch in train {                                    // gradients:
    ///     optimizer.zero_grad();                              // {empty}
    ///     let output = model.forward(&batch.input);
    ///     let loss = cross_entropy(&output, &batch.target);
    ///     optimizer.step();                                   // {empty}   <- uses nothing
    ///     loss.backward();                                    // {filled}
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Call `loss.backward()` first, then `optimizer.step()`.
    ///
    /// ## Limits
    ///
    /// Silent if the gradients come from the caller of a function without the attribute `#[training_loop]`, because this function may be a helper that only steps.
    /// Silent if the optimizer or its model is passed by `&mut` to an opaque call.
    /// A step that a condition may skip in the first iteration is checked only from the second iteration on.
    /// If the data flow cannot follow the gradients, a step in front of the first `backward` of its block is a warning.
    step_before_backward, Error, "`step` before `backward`: there are no gradients to use"
}

fn check(cx: &mut Context<'_>) {
    for fault in cx.faults(Effect::Take) {
        let step = fault.visit.site;
        // `unrelated_optimizer` reports an optimizer of a model that the loss does not depend on.
        let unrelated = unrelated(cx, fault.optimizer).is_some();
        if fault.state != GradientStates::EMPTY || !cx.backward_near(step) || unrelated {
            continue;
        }
        let zeroed = fault.gradients.provenance(fault.state).zeroed;
        let (spec, call) = (cx.of_spec(), cx.call(step));
        let after = cx.acting(fault.optimizer, Effect::Fill).into_iter().find(|&backward| {
            cx.site(backward).loops.last() == cx.site(step).loops.last()
        });
        let zero_note = zeroed.map(|zero| (zero, format!("{} emptied the gradients", cx.call_at(zero))));
        let late = after.map(|backward| (backward, cx.call_at(backward)));
        // `backward` comes before the step, but a condition may skip it.
        let left_out = after.is_some_and(|backward| !spec && cx.order(backward) < cx.order(step) && cx.site(backward).conditional);
        let help = match (&late, spec) {
            (_, true) => "put `step` after `backward`".to_owned(),
            (Some((backward, _)), false) if left_out => {
                format!("put `{};` under the condition on line {} as well", cx.site(step).text, cx.line(*backward))
            }
            (Some((backward, _)), false) => {
                let (step, backward) = (cx.in_common_function(step, *backward), cx.in_common_function(*backward, step));
                format!("move `{};` below line {}", cx.site(step).text, cx.line(backward))
            }
            (None, false) => format!("call `loss.backward();` before line {}", cx.line(step)),
        };
        let fix = after.filter(|&backward| !spec && !left_out && cx.same_function(step, backward)).map(|backward| {
            let (from, to) = (cx.site(step), cx.site(backward));
            let plain = from.loops == to.loops && !from.conditional && !to.conditional;
            let sure = if plain { Applicability::Safe } else { Applicability::Maybe };
            Fix::new(sure, Edit::MoveAfter(from.place, to.place))
        });
        let mut report = cx.report_fault(&fault, step, format!("{call} runs before any `backward`: there are no gradients to use"));
        if let Some((zero, note)) = zero_note {
            report = report.note_at(zero, note);
        }
        if let Some((backward, at)) = late {
            let note = if left_out { "alone computes them, under a condition" } else { "computes them only afterwards" };
            report = report.note_at(backward, format!("{at} {note}"));
        }
        let harm = if left_out {
            "a step with empty gradients still applies momentum and weight decay"
        } else {
            "the first update uses no batch, and each later one at best the previous batch"
        };
        report.note(harm).help(help).fix(fix);
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{found, in_loop};

    #[test]
    fn in_the_first_round_or_in_all() {
        let fault = [("step_before_backward", 7)];
        assert_eq!(in_loop("optimizer.zero_grad(); \n let loss = f(&model.forward(x)); \n optimizer.step(); \n loss.backward();"), fault);
        let rotated = "optimizer.step(); optimizer.zero_grad();\n let loss = f(&model.forward(x));\n loss.backward();";
        assert_eq!(in_loop(rotated), [("step_before_backward", 5)]);
    }

    #[test]
    fn not_in_a_helper_nor_under_a_condition() {
        assert!(found("fn update(optimizer: &mut Sgd) { optimizer.step(); }", false).is_empty());
        let later = "if i > 0 { optimizer.step(); optimizer.zero_grad(); }\n let loss = f(&model.forward(x));\n loss.backward();";
        assert!(in_loop(later).is_empty());
    }
}
