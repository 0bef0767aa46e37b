use super::window::Window;
use super::{Cause, Context};
use crate::cfg::{Action, Advance, Certain, OptimizerId, SiteId};
use crate::stage::{Effect, Stage};

lint! {
    /// ## What it finds
    ///
    /// A schedule that advances more often than the optimizer steps: in each batch of an accumulation window, or twice for one update.
    /// Also a schedule that counts epochs, such as `CosineLr::new(90).per_epoch()`, but advances in each batch.
    ///
    /// ## Why it matters
    ///
    /// The length of a schedule is a number of updates.
    /// A schedule that advances more often ends too early, and most of the training runs at its last learning rate.
    /// burn (issue 5695) and cosmos-rl (issue 207) had this fault.
    ///
    /// ## Example
    ///
    /// ```text
    /// for (i, batch) in train.iter().enumerate() {
    ///     let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / 4.0;
    ///     loss.backward();
    ///     if (i + 1) % 4 == 0 {
    ///         optimizer.step();
    ///         optimizer.zero_grad();
    ///     }
    ///     scheduler.step(&mut optimizer);                     // <- four times for each update
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Advance the schedule together with the update: `if (i + 1) % 4 == 0 { optimizer.step(); scheduler.step(&mut optimizer); optimizer.zero_grad(); }`.
    ///
    /// ## Limits
    ///
    /// Silent if the call that advances the schedule has a condition of its own, or if another optimizer of the loop steps in each batch.
    /// Two consecutive calls may be intended, so they are a warning.
    /// Two calls are not reported if the schedule's optimizer is unknown, if other code is between the calls, if one of the calls is conditional, or if the optimizer steps at several places of the loop.
    schedule_per_batch, Error, "the schedule advances more often than the optimizer steps"
}

fn check(cx: &mut Context<'_>) {
    let mut windows = cx.counted_windows();
    windows.extend(cx.windows_before_step());
    for site in 0..cx.cfg.sites.len() {
        if cx.site(site).stage != Some(Stage::Schedule) {
            continue;
        }
        let Some(window) = window_of(cx, site, &windows) else { continue };
        let message = format!("{} advances the schedule with each batch, but the optimizer steps less often", cx.call(site));
        let note = cx.step_note(window);
        let help = if cx.of_spec() {
            cx.schedule_in_order(site)
        } else {
            format!("move `{};` to after line {}, next to `{};`", cx.site(site).text, cx.line(window.step), cx.site(window.step).text)
        };
        cx.report(site, Cause::Alone(site, LINT.name), 0, Certain::Every, message)
            .note_at(window.step, note)
            .note("the schedule counts updates: it ends too early, and the rest of the training runs at its last learning rate")
            .help(help);
    }
    of_epochs(cx);
    twice(cx);
}

/// Reports calls in a batch loop that advance a schedule whose unit is an epoch.
fn of_epochs(cx: &mut Context<'_>) {
    if cx.of_spec() {
        return;
    }
    for (site, (built, step)) in cx.cfg.moved_per_batch() {
        let Some(&round) = cx.site(site).loops.last() else { continue };
        let head = &cx.cfg.loops[round];
        let message = format!("{} advances the schedule with each batch, but the schedule counts epochs", cx.call(site));
        let note = format!("{} runs with each batch as well", cx.call_at(step));
        let counts = format!("{} builds a schedule that counts epochs", cx.call_at(built));
        let help = format!("move `{};` to after the loop on line {}, or remove `per_epoch()`", cx.site(site).text, head.line);
        cx.report(site, Cause::Alone(site, LINT.name), 0, Certain::Every, message)
            .note_at(built, counts)
            .note_at(step, note)
            .note("the schedule ends in the first epochs, and the rest of the training runs at its last learning rate")
            .help(help);
    }
}

/// Reports two consecutive calls that advance one schedule, in a loop with one step.
fn twice(cx: &mut Context<'_>) {
    for (site, (first, of)) in cx.cfg.moved_twice() {
        if cx.is_clause(first) || cx.is_clause(site) {
            continue;
        }
        // A schedule of an unknown optimizer may count anything.
        let Some(of) = of.or_else(|| ruled(cx, site)) else { continue };
        let Some(step) = only_step(cx, site, of) else { continue };
        let message = format!("{} advances the schedule a second time for one update", cx.call(site));
        let line = cx.line(first);
        let before = format!("{} already advanced it, without a step in between", cx.call_at(first));
        let only = format!("{} is the only step in this loop", cx.call_at(step));
        cx.report(site, Cause::Alone(site, LINT.name), 0, Certain::Every, message)
            .note_at(first, before)
            .note_at(step, only)
            .note("the schedule ends after half the time, and the rest of the training runs at its last learning rate")
            .help(format!("remove one of the two calls, here or on line {line}"))
            .only_warns();
    }
}

/// The optimizer that was passed to the constructor of a schedule. The call at `site` advances this
/// schedule.
fn ruled(cx: &Context<'_>, site: SiteId) -> Option<OptimizerId> {
    let place = cx.cfg.facts.at::<Advance>(site)?.schedule?;
    let schedule = cx.cfg.facts.variable(place)?.schedule.as_ref()?;
    cx.cfg.facts.optimizer_of_schedule(schedule.built)
}

/// The single step of the optimizer `of` in the innermost loop around the call `schedule`. `None`
/// if the loop has no step or several steps.
fn only_step(cx: &Context<'_>, schedule: SiteId, of: OptimizerId) -> Option<SiteId> {
    let round = cx.site(schedule).loops.last()?;
    let steps = cx.acting(of, Effect::Take);
    let mut steps = steps.into_iter().filter(|step| cx.site(*step).loops.contains(round));
    steps.next().filter(|_| steps.next().is_none())
}

/// The accumulation window around the call at `site`, which advances a schedule. The call runs in
/// every iteration of the window's batch loop.
///
/// The window belongs to the schedule's optimizer. If this optimizer is unknown, the window may
/// belong to any optimizer. In this case the result is `None` if the batch loop also steps an
/// optimizer that accumulates no gradients in the loop, or if nothing is known about some optimizer
/// of the function.
fn window_of<'w, 'a>(cx: &Context<'_>, site: SiteId, windows: &'w [Window<'a>]) -> Option<&'w Window<'a>> {
    let moved = cx.cfg.events().find_map(|(_, event)| match event.action {
        Action::Schedule(of) if event.site == site => Some(of),
        _ => None,
    })?;
    let window = windows.iter().find(|window| {
        moved.is_none_or(|moved| moved == window.optimizer) && cx.runs_every_iteration(window, site)
    })?;
    let gathers = |id: usize| windows.iter().any(|other| other.optimizer == id && other.batch_loop == window.batch_loop);
    let steps_here = |id: usize| {
        let steps = cx.acting(id, Effect::Take);
        steps.iter().any(|step| cx.site(*step).loops.contains(&window.batch_loop))
    };
    let lost = |id: usize| cx.cfg.optimizers[id].lost;
    let others = (0..cx.cfg.optimizers.len()).any(|id| lost(id) || steps_here(id) && !gathers(id));
    (moved.is_some() || !others).then_some(window)
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    fn in_loop(body: &str) -> bool {
        let source = format!(
            "fn fit(model: &mut M, train: &L, k: usize) {{
                let mut optimizer = Sgd::new(model.parameters(), 0.1);
                let mut scheduler = CosineLr::new(100);
                for (i, x) in train.iter().enumerate() {{
                    let loss = f(&model.forward(x)) / k;
                    loss.backward();
                    {body}
                }}
            }}"
        );
        found(&source, true).iter().any(|(lint, _)| *lint == "schedule_per_batch")
    }

    #[test]
    fn beside_the_step_it_is_right() {
        let step = "if (i + 1) % k == 0 { optimizer.step(); optimizer.zero_grad(); }";
        assert!(in_loop(&format!("{step} scheduler.step(&mut optimizer);")));
        assert!(in_loop(&format!("scheduler.step(&mut optimizer); {step}")));
        assert!(!in_loop(&step.replace("optimizer.zero", "scheduler.step(&mut optimizer); optimizer.zero")));
        assert!(!in_loop(&format!("{step} if (i + 1) % k == 0 {{ scheduler.step(&mut optimizer); }}")));
        assert!(!in_loop(&format!("{step} if !scheduler.is_per_epoch() {{ scheduler.step(&mut optimizer); }}")));
        assert!(!in_loop("if (i + 1) % k != 0 { continue; } optimizer.step(); optimizer.zero_grad(); scheduler.step(&mut optimizer);"));
        assert!(!in_loop("optimizer.step(); optimizer.zero_grad(); scheduler.step(&mut optimizer);"));
    }

    #[test]
    fn twice_in_a_row() {
        let (step, moves) = ("optimizer.step(); optimizer.zero_grad();", "scheduler.step(&mut optimizer);");
        assert!(in_loop(&format!("{step} {moves} {moves}")));
        assert!(!in_loop(&format!("{step} {moves}")));
        assert!(!in_loop(&format!("{step} {moves} if i < 10 {{ {moves} }}")));
        assert!(!in_loop(&format!("{step} {moves} g(&model.forward(x)).backward(); {step} {moves}")));
        assert!(!in_loop(&format!("{step} g(&model.forward(x)).backward(); {step} {moves} {moves}")));
        assert!(!in_loop(&format!("{step} {moves} pause(&mut scheduler); {moves}")));
        assert!(!in_loop(&format!("{step} scheduler.step(1); scheduler.step(2);")));
    }
}
