use std::collections::BTreeSet;

use super::{Cause, Context};
use crate::cfg::{Action, Computation, Differs, Divide, HeadKind, SiteId};
use crate::flow::{Missed, missed};

lint! {
    /// ## What it finds
    ///
    /// A collective operation, such as a barrier, a broadcast or an all-reduce, that some process does not reach.
    /// The operation is under a condition on the rank, without the same operation on the other branch.
    /// Or a `continue`, `break`, `return` or `?` skips the operation under a condition that
    /// one process alone may meet.
    /// Examples are a loss that is not finite, and a batch that is empty or cannot be read.
    ///
    /// ## Why it matters
    ///
    /// The other processes wait in the operation for ever, or match it with a later one and exchange the wrong values.
    /// The job hangs without a message until somebody ends it.
    /// The usual form is an evaluation that runs on rank 0 alone and contains a barrier:
    /// tier4/Diffusion-Planner#256.
    /// In NVIDIA-NeMo/Automodel#2468 a `continue` on one process skipped the all-reduce; in Nek5000/parRSB#44 it was a `break`.
    ///
    /// ## Example
    ///
    /// ```text
    /// if world.rank() == 0 {
    ///     evaluate(&model, valid);
    ///     world.barrier();                    // <- the other processes never come
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Call the operation on every process, outside of the condition.
    /// For a condition on a number, reduce the number first, so that all processes decide alike.
    ///
    /// ## Limits
    ///
    /// A condition on a number of one process, such as its loss, is reported as a warning.
    /// The warning assumes that the number differs between processes.
    /// Silent about panics, point-to-point messages, and communicators of some of the processes.
    /// Silent about the number of batches, although it may also differ between processes.
    /// Silent if opaque code on a branch gets the communicator, because the code may run the operation.
    /// A `?` counts only after a call that rejects data, such as `decode(&batch)?`, or on the
    /// data itself: `batch?`.
    /// It is not reported if the file calls `abort` or `exit`.
    collective_on_some_ranks, Error, "a collective operation that some process does not reach"
}

fn check(cx: &mut Context<'_>) {
    if !cx.cfg.events().any(|(_, event)| matches!(event.action, Action::Collective(_))) {
        return;
    }
    let mut seen = BTreeSet::new();
    for divide in &cx.cfg.facts.processes.divides {
        if divide.differs == Differs::Item && !is_of_batch(cx, divide.site) {
            continue;
        }
        if let Some(missed) = missed(cx.cfg, divide)
            && seen.insert(divide.site)
        {
            report_finding(cx, divide, missed);
        }
    }
}

/// Whether the innermost loop around a condition is a loop over batches: it contains a forward or a backward.
fn is_of_batch(cx: &Context<'_>, site: SiteId) -> bool {
    let Some(around) = cx.site(site).loops.last() else { return false };
    let runs = || cx.cfg.facts.all::<Computation>();
    cx.cfg.loops[*around].head.kind != HeadKind::Numbers && runs().any(|(run, _)| cx.site(run).loops.last() == Some(around))
}

fn report_finding(cx: &mut Context<'_>, divide: &Divide, missed: Missed) {
    let (operation, condition) = (missed.collective, divide.site);
    let by_rank = matches!(divide.differs, Differs::Rank | Differs::Named);
    if by_rank {
        let message = format!("only some processes run {}", cx.call(operation));
        let note = format!("`{}` differs between processes, and the other branch does not run the operation", cx.site(condition).text);
        let report = cx
            .report(operation, Cause::Alone(operation, LINT.name), 0, missed.certain, message)
            .note_at(condition, note)
            .note("the processes that run it wait for the others for ever")
            .help("call it on every process, outside of the condition");
        if !missed.known {
            report.only_warns();
        }
        return;
    }
    let message = format!("`{}` may differ between processes, and decides whether a process runs {}", cx.site(condition).text, cx.call(operation));
    let note = format!("the other processes wait in {} for ever", cx.call(operation));
    let help = if divide.differs == Differs::Measured { "reduce the number over all processes before the condition" } else { "decide on all processes alike, for example with an all-reduce of a flag" };
    cx.report(condition, Cause::Alone(condition, LINT.name), 0, missed.certain, message)
        .only_warns()
        .note_at(operation, note)
        .note("the value was computed from the batches of this process and was not reduced")
        .help(help);
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    fn hangs(body: &str) -> bool {
        let source = format!(
            "fn fit(world: &World, model: &mut Mlp, train: &DataLoader, valid: &DataLoader, epochs: usize) {{
                let mut optimizer = Sgd::new(model.parameters(), 0.1);
                let rank = world.rank();
                {body}
            }}"
        );
        found(&source, true).iter().any(|(lint, _)| *lint == "collective_on_some_ranks")
    }

    #[test]
    fn under_a_condition_on_the_rank() {
        for wrong in [
            "if rank == 0 { world.barrier(); }",
            "if world.rank() != 0 { return; } world.barrier();",
            "match rank { 0 => world.barrier(), _ => {} }",
            "let main = rank == 0; if main { world.all_reduce(&mut total); }",
            "for epoch in 0..epochs { if rank == 0 { continue; } world.barrier(); }",
        ] {
            assert!(hangs(wrong), "{wrong}");
        }
        for right in [
            "if rank == 0 { println!(\"{}\", rank); } world.barrier();",
            "if rank == 0 { world.barrier(); save(model); } else { world.barrier(); }",
            "if epochs == 0 { return; } world.barrier();",
            "for epoch in 0..epochs { if epoch % 2 == 0 { world.barrier(); } }",
            "if rank == 0 { model.save(); return; } model.load();",
        ] {
            assert!(!hangs(right), "{right}");
        }
    }

    #[test]
    fn under_a_condition_on_a_number() {
        let epoch = |body: &str| format!("for batch in train {{ optimizer.zero_grad(); let loss = f(&model.forward(batch)); loss.backward(); {body} optimizer.step(); }}");
        for wrong in [
            "if loss.item().is_nan() { continue; } world.all_reduce(&mut x);",
            "world.all_reduce(&mut x); if loss.item() > 9.0 { break; }",
        ] {
            assert!(hangs(&epoch(wrong)), "{wrong}");
        }
        for right in [
            "let total = world.all_reduce(loss.item()); if total.is_nan() { continue; } world.all_reduce(&mut x);",
            "world.all_reduce(&mut x); if loss.item().is_nan() { continue; }",
            "if loss.item().is_nan() { println!(\"nan\"); } world.all_reduce(&mut x);",
        ] {
            assert!(!hangs(&epoch(right)), "{right}");
        }
    }
}
