use super::{Cause, Context};
use crate::cfg::Certain;
use crate::flow::{Moved, Order};
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A clip of gradients before the all-reduce that precedes the step.
    ///
    /// ## Why it matters
    ///
    /// Each process clips by the norm of its own gradients.
    /// The processes therefore scale their gradients differently.
    /// The norm of the mean is then not the limit.
    /// The result depends on the number of processes; horovod/horovod#1346 describes both orders.
    /// In model-parallel training, some processes hold other parameters.
    /// Their copies of the shared layers then drift apart.
    /// deepspeedai/DeepSpeed#1801 is an example, which was found in the training of BLOOM.
    ///
    /// ## Example
    ///
    /// ```text
    /// loss.backward();
    /// optimizer.clip_grad_norm(1.0);                      // <- the gradients of this process
    /// average_gradients(&mut model, world);
    /// optimizer.step();
    /// ```
    ///
    /// ## Instead
    ///
    /// All-reduce the gradients, then clip their mean.
    ///
    /// ## Limits
    ///
    /// Found only if the reduced value is known to be a gradient: by the call that reads it, or by its name.
    /// An unresolved function counts as a reduction of gradients if its name says so.
    /// An example is `average_gradients`.
    /// The finding is then a warning.
    /// A second clip after the all-reduce is taken as intended.
    clip_before_all_reduce, Error, "a clip of gradients before they are all-reduced"
}

fn check(cx: &mut Context<'_>) {
    for optimizer in 0..cx.cfg.optimizers.len() {
        let order = Order::of(cx.cfg, optimizer);
        for clip in order.sites(|moved| moved == Moved::By(Effect::Clip)) {
            let after = order.after(clip, false);
            let reduces = |moved| matches!(moved, Moved::Reduced(_));
            let used = |moved| reduces(moved) || moved == Moved::By(Effect::Take);
            let Some(reduced) = after.first(reduces).filter(|_| after.all(used)) else { continue };
            let then = order.after(reduced, true);
            let again = |moved| moved == Moved::By(Effect::Clip);
            if cx.site(clip).fused || then.first(again).is_some_and(|other| other != clip) {
                continue;
            }
            let certain = if after.all(reduces) { Certain::Every } else { Certain::Some };
            let sure = after.first(|moved| moved == Moved::Reduced(true)).is_some();
            let message = format!("{} clips the gradients of this process alone", cx.call(clip));
            let note = format!("{} reduces them over all processes only afterwards", cx.call_at(reduced));
            let help = format!("clip after line {}", cx.line(reduced));
            let report = cx
                .report(clip, Cause::Alone(clip, LINT.name), 0, certain, message)
                .note_at(reduced, note)
                .note("each process scales its share differently, and the update depends on the number of processes")
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

    fn found(between: &str) -> bool {
        let body = format!("optimizer.zero_grad(); f(&model.forward(x)).backward(); {between} optimizer.step();");
        in_loop(&body).iter().any(|(lint, _)| *lint == "clip_before_all_reduce")
    }

    #[test]
    fn before_and_after_the_reduction() {
        let (clip, reduce) = ("optimizer.clip_grad_norm(1.0);", "for p in model.parameters() { world.all_reduce(&mut p.grad()); }");
        assert!(found(&format!("{clip} {reduce}")));
        assert!(!found(&format!("{reduce} {clip}")));
        assert!(!found(&format!("{clip} {reduce} optimizer.clip_grad_norm(2.0);")));
        assert!(!found(&format!("{clip} let total = world.all_reduce(n);")));
    }
}
