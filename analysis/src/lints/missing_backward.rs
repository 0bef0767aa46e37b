use super::Context;
use super::unrelated_optimizer::unrelated;
use crate::cfg::Computation;
use crate::flow::GradientStates;
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A `step` on empty gradients, in a loop without any `backward`.
    ///
    /// Also, as a warning, a step of an optimizer in a field of `self`, if the function only shows its loss and no call may run `backward`.
    ///
    /// ## Why it matters
    ///
    /// Nothing is trained: at most, momentum and weight decay change the parameters.
    /// The loss is still computed and printed, so the fault is easy to miss.
    ///
    /// ## Example
    ///
    /// ```text
    /// for batch in train {                                    // gradients:
    ///     optimizer.zero_grad();                              // {empty}
    ///     let output = model.forward(&batch.input);
    ///     let loss = cross_entropy(&output, &batch.target);
    ///     optimizer.step();                                   // {empty}   <- uses nothing
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Call `loss.backward()` before `optimizer.step()`.
    ///
    /// ## Limits
    ///
    /// Silent if the loop passes the model, the optimizer or the loss to an opaque call, because the call may run `backward`.
    /// If the data flow cannot follow the gradients, two cases are warnings.
    /// In the first, nothing reads the gradient or the loss that a statement before the step computes.
    /// In the second, the function computes a loss and updates parameters, by a step or by hand (`p.data -= rate * p.grad`), and no call before the update is named after `backward`, gradients or training.
    /// A function that trains by its name and computes a gradient that nothing reads is also a warning.
    missing_backward, Error, "`step` in a loop without `backward`: nothing is trained"
}

fn check(cx: &mut Context<'_>) {
    // A test of an optimizer may step without gradients, to see that nothing changes.
    if cx.cfg.function.is_test && cx.cfg.facts.all::<Computation>().next().is_none() {
        return;
    }
    for fault in cx.faults(Effect::Take) {
        let step = fault.visit.site;
        let zeroed = fault.gradients.provenance(fault.state).zeroed;
        let hidden = cx.opaque_near(step, fault.optimizer, zeroed);
        // `unrelated_optimizer` reports an optimizer of a model that the loss does not depend on.
        let unrelated = unrelated(cx, fault.optimizer).is_some();
        if fault.state != GradientStates::EMPTY || cx.backward_near(step) || hidden || unrelated {
            continue;
        }
        let zero_note = zeroed.map(|zero| (zero, format!("{} emptied the gradients", cx.call_at(zero))));
        let help = if cx.of_spec() {
            "put `backward` before `step`".to_owned()
        } else {
            format!("call `loss.backward();` before line {}", cx.line(step))
        };
        let message = format!("{} has no gradients to use: no `backward` runs", cx.call(step));
        let mut report = cx.report_fault(&fault, step, message);
        if let Some((zero, note)) = zero_note {
            report = report.note_at(zero, note);
        }
        report.note("the parameters do not change, so nothing is trained").help(help);
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::in_loop;

    #[test]
    fn with_and_without_backward() {
        let body = "optimizer.zero_grad();\n let loss = mse_loss(&model.forward(x), y);\n optimizer.step();";
        assert_eq!(in_loop(body), [("missing_backward", 7)]);
        let helper = "optimizer.zero_grad();\n run_backward(&model, x);\n optimizer.step();";
        assert!(in_loop(helper).is_empty());
        assert!(in_loop(&helper.replace("run_backward(&model, x)", "let loss = one_batch(&model, x)")).is_empty());
        assert!(in_loop(&helper.replace("run_backward(&model, x)", "let l = model.one_batch(x)")).is_empty());
    }
}
