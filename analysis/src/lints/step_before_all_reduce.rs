use super::{Cause, Context};
use crate::cfg::Certain;
use crate::flow::{Moved, Order};
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A `step` that uses gradients which are all-reduced only after the step.
    ///
    /// ## Why it matters
    ///
    /// The step uses the gradients of this process alone.
    /// The mean of the gradients over all processes is zeroed before anything uses it.
    /// The copies of the model drift apart, and every process reports a plausible loss.
    /// In deepmodeling/deepmd-kit#1104, where no reduction reached the step, more processes did not make the loss fall faster.
    ///
    /// ## Example
    ///
    /// ```text
    /// loss.backward();
    /// optimizer.step();                                   // <- the gradients of this process
    /// average_gradients(&mut model, world);
    /// optimizer.zero_grad();
    /// ```
    ///
    /// ## Instead
    ///
    /// All-reduce the gradients between `backward` and `step`.
    ///
    /// ## Limits
    ///
    /// Found only if the reduced value is known to be a gradient: by the call that reads it, or by its name.
    /// An average of the parameters after the step is right, and not reported.
    /// An opaque function counts as a reduction of gradients if its name says so, as `average_gradients` does; the finding is then a warning.
    step_before_all_reduce, Error, "a step on gradients that are all-reduced afterwards"
}

fn check(cx: &mut Context<'_>) {
    for optimizer in 0..cx.cfg.optimizers.len() {
        let order = Order::of(cx.cfg, optimizer);
        for reduced in order.sites(|moved| matches!(moved, Moved::Reduced(_))) {
            let before = order.before(reduced, false);
            let takes = |moved| moved == Moved::By(Effect::Take);
            let Some(step) = before.first(takes).filter(|_| before.all(takes)) else { continue };
            let own = order.before(step, false);
            // An all-reduce before the step is the one that counts.
            if !own.all(|moved| moved == Moved::By(Effect::Fill)) || cx.crosses_iteration(step, reduced) {
                continue;
            }
            let sure = !order.sites(|moved| moved == Moved::Reduced(true)).is_empty();
            let message = format!("{} uses the gradients of this process alone", cx.call(step));
            let note = format!("{} reduces them over all processes only afterwards", cx.call_at(reduced));
            let help = format!("all-reduce the gradients before line {}", cx.line(step));
            let report = cx
                .report(step, Cause::Alone(step, LINT.name), 0, Certain::Every, message)
                .note_at(reduced, note)
                .note("the models of the processes drift apart")
                .help(help);
            if !sure {
                report.only_warns();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::in_loop;

    fn found(body: &str) -> bool {
        in_loop(body).iter().any(|(lint, _)| *lint == "step_before_all_reduce")
    }

    #[test]
    fn before_and_after_the_reduction() {
        let reduce = "for p in model.parameters() { world.all_reduce(&mut p.grad()); }";
        let pass = "f(&model.forward(x)).backward();";
        assert!(found(&format!("optimizer.zero_grad(); {pass} optimizer.step(); {reduce}")));
        assert!(found(&format!("{pass} optimizer.step(); {reduce} optimizer.zero_grad();")));
        assert!(!found(&format!("optimizer.zero_grad(); {pass} {reduce} optimizer.step();")));
        assert!(!found(&format!("optimizer.zero_grad(); {pass} {reduce} optimizer.step(); {reduce}")));
        let parameters = "for p in model.parameters() { world.all_reduce(&mut p.data()); }";
        assert!(!found(&format!("optimizer.zero_grad(); {pass} optimizer.step(); {parameters}")));
    }
}
