use super::{Cause, Context};
use crate::cfg::{Action, Advance, Certain, OptimizerId, SiteId};
use crate::flow::{Visit, Observed, StateSet};
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A call in the training loop that advances a schedule before the first update of the schedule's optimizer.
    ///
    /// ## Why it matters
    ///
    /// The first learning rate of the schedule is never used, and every later rate is set one update or one epoch too early.
    /// A warm-up starts too high.
    ///
    /// ## Example
    ///
    /// ```text
    /// for batch in train {                        // updates made:
    ///     let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
    ///     optimizer.zero_grad();
    ///     loss.backward();
    ///     scheduler.step(&mut optimizer);         // {none}  <- the first rate is skipped
    ///     optimizer.step();                       // {some}
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Advance the schedule after `optimizer.step()`, or after the batch loop if the schedule counts epochs.
    ///
    /// ## Limits
    ///
    /// Silent if:
    ///
    /// - the call is outside of loops or in a loop without a step (a schedule that is advanced to resume a run),
    /// - the rate is computed and set by hand before the step,
    /// - the step is conditional,
    /// - other code may have stepped the optimizer.
    ///
    /// If only the name of a value shows that it is a schedule, the finding is a warning, because the call may set the rate of the next update.
    schedule_before_step, Error, "the schedule advances before the first update"
}

fn check(cx: &mut Context<'_>) {
    // The `schedule` stage of a spec is checked unless the schedule counts epochs.
    let stage = |site: SiteId| cx.is_clause(site) && !cx.options.per_epoch;
    let here = |visit: &&Visit| !visit.maybe_not_first && !cx.is_clause(visit.site) || visit.first && stage(visit.site);
    let visits: Vec<_> = cx.solution.visits.iter().filter(here).copied().collect();
    let mut moved: std::collections::BTreeMap<SiteId, Option<OptimizerId>> = std::collections::BTreeMap::new();
    for (_, event) in cx.cfg.events() {
        if let Action::Schedule(of) = event.action {
            moved.insert(event.site, of);
        }
    }
    for visit in visits {
        let Observed::Schedule(stepped) = visit.what else { continue };
        let (Some(how), Some(of)) = (cx.cfg.facts.at::<Advance>(visit.site), moved.get(&visit.site)) else { continue };
        if stepped.certainty(StateSet::BEFORE) != Some(Certain::Every) || how.copy_of.is_some() {
            continue;
        }
        // A schedule that this function does not build may count epochs.
        let sure = how.typed && !(cx.is_clause(visit.site) && cx.cfg.facts.schedules().next().is_none());
        let Some(step) = step_in_its_loop(cx, visit.site, *of) else { continue };
        let (text, line) = (cx.call(visit.site), cx.line(step));
        let outer = &cx.site(visit.site).loops;
        let head = cx.site(step).loops.iter().find(|inner| !outer.contains(inner)).map(|inner| cx.cfg.loops[*inner].line);
        let help = match (cx.of_spec(), head) {
            (true, _) => cx.schedule_in_order(visit.site),
            (false, None) => format!("call {text} after line {line}"),
            (false, Some(head)) => format!("call {text} after the loop on line {head}"),
        };
        let note = format!("{} makes the first update only after it", cx.call_at(step));
        let message = format!("{text} advances the learning rate before the first update");
        let report = cx
            .report(visit.site, Cause::Alone(visit.site, LINT.name), visit.rank, Certain::Every, message)
            .note_at(step, note)
            .note("the first learning rate of the schedule is never used, and every later one is too early")
            .help(help);
        if !sure {
            report.only_warns();
        }
    }
}

/// A step of the schedule's optimizer in the innermost loop around the call that advances the schedule.
fn step_in_its_loop(cx: &Context<'_>, schedule: SiteId, of: Option<OptimizerId>) -> Option<SiteId> {
    let round = cx.site(schedule).loops.last()?;
    let ids = (0..cx.cfg.optimizers.len()).filter(|id| of.is_none_or(|of| of == *id));
    let steps: Vec<SiteId> = ids.flat_map(|id| cx.acting(id, Effect::Take)).collect();
    steps.into_iter().find(|&step| cx.site(step).loops.contains(round))
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{found, messages};

    const LOOP: &str = "fn fit(model: &mut Net, train: &L) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = StepLr::new(10, 0.1);
        for epoch in 0..10 {
            for batch in train {
                optimizer.zero_grad();
                mse_loss(&model.forward(&batch.x), &batch.y).backward();
                optimizer.step();
                scheduler.step(&mut optimizer);
            }
        }
    }";

    #[test]
    fn before_and_after_the_step() {
        assert_eq!(found(LOOP, true), []);
        let before = LOOP.replace("optimizer.step();\n                scheduler.step(&mut optimizer);", "scheduler.step(&mut optimizer);\n                optimizer.step();");
        assert_eq!(found(&before, true), [("schedule_before_step", 8)]);
        let all = messages(&before, true);
        assert!(all.contains("call `scheduler.step(&mut optimizer)` after line 9"), "{all}");
    }

    #[test]
    fn once_an_epoch_before_the_batches() {
        let line = "                scheduler.step(&mut optimizer);\n";
        let head = LOOP.replace(line, "").replace("for batch in train", "scheduler.step(&mut optimizer);\n for batch in train");
        assert_eq!(found(&head, true), [("schedule_before_step", 5)]);
        let later = head.replace("scheduler.step", "if epoch > 0 { scheduler.step").replace("optimizer);\n for", "optimizer); }\n for");
        assert_eq!(found(&later, true), []);
    }

    #[test]
    fn resuming_and_rates_by_hand_are_right() {
        let resumed = LOOP.replace("for epoch", "for _ in 0..start { scheduler.step(&mut optimizer); } for epoch");
        assert_eq!(found(&resumed, true), []);
        let by_hand = LOOP
            .replace("                scheduler.step(&mut optimizer);\n", "")
            .replace("optimizer.zero_grad();", "let rate = scheduler.step(); optimizer.set_learning_rate(rate); optimizer.zero_grad();");
        assert_eq!(found(&by_hand, true), []);
    }
}
