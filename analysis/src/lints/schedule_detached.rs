use super::{Cause, Context};
use crate::cfg::{Action, Advance, Certain, Mark, OptimizerId, ScheduleOf, SiteId};
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A schedule that does not change the learning rate in training.
    /// The schedule sets the rate of a copy of the optimizer, is built and never advanced, or is advanced once before the training loop and never in the loop.
    ///
    /// ## Why it matters
    ///
    /// The learning rate of the training optimizer stays constant, without warm-up or decay.
    ///
    /// ## Example
    ///
    /// ```text
    /// let mut optimizer = Sgd::new(model.parameters(), 0.1);
    /// let mut scheduler = CosineLr::new(1000);
    /// for batch in train {
    ///     /* forward, backward, step */
    ///     scheduler.step(&mut optimizer.clone());     // <- the rate is set on a copy
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Call `scheduler.step(&mut optimizer)` after each update, or after each epoch if the schedule counts epochs.
    ///
    /// ## Limits
    ///
    /// Silent if:
    ///
    /// - the schedule is passed to another function, stored, returned or used in any other way,
    /// - the name of its variable starts with an underscore,
    /// - the schedule is a list of numbers, or a function of the step number (`scheduler.get_lr(step)`),
    /// - a condition decides whether the schedule advances before the loop,
    /// - the optimizer is shared (`Rc`, `Arc`), so that a clone is the same optimizer.
    ///
    /// A schedule without an optimizer, whose rate the function never reads, is a warning.
    schedule_detached, Error, "a schedule that never sets the optimizer's learning rate"
}

fn check(cx: &mut Context<'_>) {
    let moved = cx.cfg.facts.all::<Advance>().filter_map(|(site, how)| Some((site, how.copy_of?)));
    let built = cx.cfg.facts.all::<ScheduleOf>().filter(|(_, of)| of.copy);
    let copies: Vec<(SiteId, OptimizerId)> =
        moved.chain(built.map(|(site, of)| (site, of.optimizer))).collect();
    for (site, id) in copies {
        copied(cx, site, id);
    }
    let trains = (0..cx.cfg.optimizers.len()).find_map(|id| Some((id, *cx.acting(id, Effect::Take).last()?)));
    advanced_once(cx);
    let Some((id, step)) = trains else { return };
    for (path, schedule) in cx.cfg.facts.schedules() {
        let name = cx.cfg.paths.name(path).to_owned();
        if schedule.named > schedule.looked_at || name.starts_with('_') {
            continue;
        }
        let optimizer = cx.name(id).to_owned();
        let line = cx.line(step);
        let message = format!("`{name}` is built and never advanced");
        cx.report(schedule.built, Cause::Alone(schedule.built, LINT.name), schedule.built, Certain::Every, message)
            .note("the learning rate never changes")
            .help(format!("call `{name}.step(&mut {optimizer});` after line {line}"))
            .only_warns();
    }
}

/// Reports a schedule that is advanced only before the loop that steps its optimizer.
///
/// The call before the loop may set the first rate on purpose, but the calls in the loop are
/// missing.
fn advanced_once(cx: &mut Context<'_>) {
    for (path, schedule) in cx.cfg.facts.schedules() {
        let name = cx.cfg.paths.name(path);
        let mut moves = cx.cfg.facts.all::<Advance>().filter(|(_, how)| how.schedule == Some(path));
        let (Some((site, how)), None) = (moves.next(), moves.next()) else { continue };
        let here = cx.site(site);
        let alone = schedule.named == 1 && how.copy_of.is_none() && !name.starts_with('_');
        let plain = here.loops.is_empty() && !here.conditional && here.call.is_none();
        if !alone || !plain || cx.of_spec() {
            continue;
        }
        let moved = cx.cfg.events().find_map(|(_, event)| match event.action {
            Action::Schedule(of) if event.site == site => Some(of),
            _ => None,
        });
        let Some(moved) = moved else { continue };
        let ids = (0..cx.cfg.optimizers.len()).filter(|id| moved.is_none_or(|moved| moved == *id));
        let steps: Vec<_> = ids.flat_map(|id| cx.acting(id, Effect::Take)).collect();
        // A step before this call or outside of loops is not part of a training loop after the
        // call.
        let later = |step: &SiteId| !cx.site(*step).loops.is_empty() && cx.order(*step) > cx.order(site);
        let (true, Some(&step)) = (steps.iter().all(later), steps.first()) else { continue };
        let message = format!("{} advances `{name}` once, before the first update, and never again", cx.call(site));
        let note = format!("{} runs in a loop that does not advance `{name}`", cx.call_at(step));
        let line = cx.line(step);
        let help = format!("call it after line {line}, or after the batch loop if it counts epochs");
        cx.report(site, Cause::Alone(site, LINT.name), site, Certain::Every, message)
            .note_at(step, note)
            .note("the learning rate stays constant after that: no warm-up, no decay")
            .help(help)
            .only_warns();
    }
}

fn copied(cx: &mut Context<'_>, site: SiteId, id: OptimizerId) {
    let optimizer = &cx.cfg.optimizers[id];
    let built_here = !optimizer.built.is_empty();
    let shared = optimizer.built.iter().any(|(built, _)| cx.cfg.facts.is(*built, Mark::SharedOptimizer));
    let steps = cx.acting(id, Effect::Take);
    let (Some(step), true, false) = (steps.first(), built_here, shared) else { return };
    let name = cx.name(id);
    let note = format!("{} uses the learning rate of `{name}`, which does not change", cx.call_at(*step));
    let message = format!("{} sets the learning rate of a copy of `{name}`", cx.call(site));
    cx.report(site, Cause::Alone(site, LINT.name), site, Certain::Every, message)
        .note_at(*step, note)
        .help(format!("pass `&mut {name}` itself to the schedule"));
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{found, messages};

    const LOOP: &str = "fn fit(model: &mut Net, train: &L) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = StepLr::new(10, 0.1).per_epoch();
        for batch in train {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.x), &batch.y).backward();
            optimizer.step();
            scheduler.step(&mut optimizer);
        }
    }";

    #[test]
    fn a_copy_learns_nothing() {
        let copy = LOOP.replace("scheduler.step(&mut optimizer)", "scheduler.step(&mut optimizer.clone())");
        assert_eq!(found(&copy, true), [("schedule_detached", 8)]);
        assert!(messages(&copy, true).contains("sets the learning rate of a copy of `optimizer`"));
        let shared = copy.replace("Sgd::new(model.parameters(), 0.1)", "Rc::new(RefCell::new(Sgd::new(model.parameters(), 0.1)))");
        assert_eq!(found(&shared, true), []);
    }

    #[test]
    fn never_moved() {
        let still = LOOP.replace("            scheduler.step(&mut optimizer);\n", "");
        assert_eq!(found(&still, true), [("schedule_detached", 3)]);
        let rates = LOOP.replace("scheduler.step(&mut optimizer)", "optimizer.set_learning_rate(scheduler.rate(0.1, done))");
        assert_eq!(found(&rates, true), []);
        let handed_on = LOOP.replace("scheduler.step(&mut optimizer)", "finish_batch(&mut scheduler)");
        assert_eq!(found(&handed_on, true), []);
        let once = "scheduler.step(&mut optimizer);\n        for batch in train";
        let before = still.replace("for batch in train", once);
        assert_eq!(found(&before, true), [("schedule_detached", 4)]);
        assert!(messages(&before, true).contains("once, before the first update, and never again"));
        let resumed = before.replace("scheduler.step", "if resumes { scheduler.step").replace("optimizer);\n", "optimizer); }\n");
        assert_eq!(found(&resumed, true), []);
        let rates = before.replace("optimizer.zero_grad();", "optimizer.set_learning_rate(scheduler.lr()); optimizer.zero_grad();");
        assert_eq!(found(&rates, true), []);
        let handed_on = before.replace("optimizer.step();", "optimizer.step(); finish_batch(&mut scheduler);");
        assert_eq!(found(&handed_on, true), []);
        let again = LOOP.replace("for batch in train", once);
        assert_eq!(found(&again, true), []);
        let started = LOOP.replace("scheduler.step(&mut optimizer)", "scheduler.start(&mut optimizer)");
        assert_eq!(found(&started, true), [("schedule_detached", 3)]);
    }
}
