use super::{Cause, Context};
use crate::cfg::Certain;
use crate::flow::{Moved, Order};
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// An all-reduce of gradients before the `backward` that computes them.
    /// The step then uses gradients that no other process has seen.
    ///
    /// ## Why it matters
    ///
    /// The all-reduce exchanges empty gradients, or the gradients of the previous batch.
    /// `backward` then adds the gradients of this process.
    /// Each process trains only on its own batches, and the copies of the model drift apart without an error.
    /// Frameworks had the fault for a part of the gradients: NVIDIA/Megatron-LM#1012 (one layer), deepspeedai/DeepSpeed#7985 (the last micro-batch).
    ///
    /// ## Example
    ///
    /// ```text
    /// for batch in train {                                // gradients:
    ///     optimizer.zero_grad();                          // {empty}
    ///     average_gradients(&mut model, world);           // {empty}   <-
    ///     let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
    ///     loss.backward();                                // {filled}, on this process alone
    ///     optimizer.step();
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// All-reduce the gradients between `backward` and `step`.
    ///
    /// ## Limits
    ///
    /// Found only if the reduced value is known to be a gradient: by the call that reads it, or by its name.
    /// An unresolved function counts as a reduction of gradients if its name says so.
    /// An example is `average_gradients`.
    /// The finding is then a warning.
    /// If an opaque call between the all-reduce and the step may change the gradients, the order is
    /// unknown.
    /// The fault is then not reported.
    all_reduce_before_backward, Error, "an all-reduce of gradients before `backward`"
}

fn check(cx: &mut Context<'_>) {
    for optimizer in 0..cx.cfg.optimizers.len() {
        let order = Order::of(cx.cfg, optimizer);
        for reduced in order.sites(|moved| matches!(moved, Moved::Reduced(_))) {
            let before = order.before(reduced, false);
            let emptied = |moved| matches!(moved, Moved::By(Effect::Zero | Effect::Take));
            let after = order.after(reduced, false);
            let fills = |moved| moved == Moved::By(Effect::Fill);
            let Some(backward) = after.first(fills).filter(|_| after.all(fills) && before.all(emptied)) else { continue };
            // The step before is that of the previous iteration, or the reduction comes after the step.
            if let Some(step) = before.first(|moved| moved == Moved::By(Effect::Take)) && !cx.crosses_iteration(step, reduced) {
                continue;
            }
            let then = order.after(backward, false);
            let taken = |moved| matches!(moved, Moved::By(Effect::Take | Effect::Fill));
            let Some(step) = then.first(|moved| moved == Moved::By(Effect::Take)).filter(|_| then.all(taken)) else { continue };
            let sure = !order.sites(|moved| moved == Moved::Reduced(true)).is_empty();
            let message = format!("{} reduces gradients that `backward` has not computed yet", cx.call(reduced));
            let note = format!("{} computes the gradients, on this process alone", cx.call_at(backward));
            let next = format!("{} uses them; nothing reduces them in between", cx.call_at(step));
            let help = format!("all-reduce the gradients after line {}", cx.line(backward));
            let cause = Cause::Alone(reduced, LINT.name);
            let report = cx.report(reduced, cause, 0, Certain::Every, message).note_at(backward, note).note_at(step, next).help(help);
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
        in_loop(body).iter().any(|(lint, _)| *lint == "all_reduce_before_backward")
    }

    const REDUCE: &str = "for p in model.parameters() { world.all_reduce(&mut p.grad()); }";

    #[test]
    fn before_and_after_backward() {
        let pass = "f(&model.forward(x)).backward();";
        for wrong in [
            format!("optimizer.zero_grad(); {REDUCE} {pass} optimizer.step();"),
            format!("{REDUCE} {pass} optimizer.step(); optimizer.zero_grad();"),
        ] {
            assert!(found(&wrong), "{wrong}");
        }
        for right in [
            format!("optimizer.zero_grad(); {pass} {REDUCE} optimizer.step();"),
            format!("optimizer.zero_grad(); {pass} {REDUCE} {pass} {REDUCE} optimizer.step();"),
            format!("{pass} {REDUCE} optimizer.step(); optimizer.zero_grad();"),
        ] {
            assert!(!found(&right), "{right}");
        }
    }
}
