use super::context::Fault;
use super::{Cause, Context};
use crate::cfg::{Action, Certain, HeadKind, Mark, OptimizerId, SiteId};
use crate::fix::{Applicability, Edit, Fix};
use crate::flow::{GradientStates, Visit, Observed};
use crate::stage::Effect;
use crate::vocabulary::rust::is_field_of_self;

lint! {
    /// ## What it finds
    ///
    /// A `backward` that adds to gradients which a `step` already used, because no `zero_grad` runs between the iterations.
    /// A later `step` then uses these gradients again.
    /// If the only `zero_grad` is outside the batch loop, the finding mentions it.
    /// An annotated function that runs `backward` and `step` on its caller's optimizer and never calls `zero_grad` is a warning.
    /// The next call of this function adds to the gradients of the previous call.
    /// So is a method that trains by its name (`learn`, `train_step`), if its optimizer is a field of `self` and no function of the file zeroes gradients.
    ///
    /// In `dfdx`, a method that keeps its gradients in a field for the next call is a warning if no function of the file zeroes gradients.
    ///
    /// ## Why it matters
    ///
    /// Gradients accumulate, so every step from the second batch on also includes all earlier batches.
    /// Training looks unstable, or merely worse.
    /// This is the most reported fault of training loops.
    /// silero-vad (PR 699) and torchforge (PR 71) fixed this fault.
    /// In mlverse/torch#485 the closure of LBFGS lacked the call.
    ///
    /// ## Example
    ///
    /// ```text
    /// for batch in train {                                    // gradients:
    ///     let output = model.forward(&batch.input);           // {empty}   later iterations {used}
    ///     let loss = cross_entropy(&output, &batch.target);
    ///     loss.backward();                                    // {filled}  later iterations {stale}  <-
    ///     optimizer.step();                                   // {used}
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Call `optimizer.zero_grad()` between the `step` of one iteration and the `backward` of the next iteration.
    /// To accumulate several batches on purpose, put `step` and `zero_grad` under the same condition.
    ///
    /// ## Limits
    ///
    /// Silent if the optimizer or its model is passed by `&mut` to an opaque call.
    /// An optimizer that evaluates the closure of `step(|| ..)` several times in one step, as LBFGS does, is recognised by its type.
    /// With several optimizers, silent if the checker does not know which parameters the loss depends on.
    /// A call that gets the model and returns the loss is assumed not to zero the gradients; the finding is then a warning that names the call.
    /// With gradient accumulation, a loop without `zero_grad` is a warning if its `step` is under a condition with `%`, because the condition may be true only once.
    /// Any other condition that skips `zero_grad` is taken as intended.
    /// In a function without a loop, one call counts as one iteration if the function has the attribute, or if the optimizer is in a private field and no function of the file zeroes gradients (a warning).
    /// Silent if code between the `step` and the `backward` may zero the gradients by hand.
    /// Examples are an assignment to a gradient (`p.grad = None`) or to a field of a parameter, and a method `zero` or `reset` of the model, its parameters or a tape.
    /// In an unknown library, the model may update itself (`model.update(rate)`), or an optimizer may get the model in each step (`optimizer.step(&mut model)`).
    /// The `backward` of such a library may overwrite the gradients.
    /// The finding is then an error only if some function of the file zeroes the gradients of a model with this name.
    /// Otherwise the finding is a warning for the `backward` of a loss, and the lint is silent for the `backward` of a layer.
    /// If the data flow cannot follow the gradients, an optimizer or a model whose only `zero_grad` is before the loop that updates it is a warning.
    /// A loop that never zeroes is then a warning if another function of the file zeroes in a loop with the same `backward`, step and types.
    /// In `tch`, a function without any `zero_grad` is then a warning if one block runs `backward` and steps an optimizer of the library, and the block is in a loop or the optimizer is the caller's; silent if a call gets the optimizer, or a statement calls an unseen function with a model.
    /// In an unknown library, so is a loop that updates the parameters itself from stored gradients (`p.data -= rate * p.grad`) and zeroes nothing; the warning assumes that `backward` adds to them.
    missing_zero_grad, Error, "`backward` adds to gradients that a `step` already used"
}

fn check(cx: &mut Context<'_>) {
    for fault in cx.faults(Effect::Take) {
        let provenance = fault.gradients.provenance(GradientStates::STALE);
        let (Some(backward), Some(used)) = (provenance.filled, provenance.used) else { continue };
        // A layer's `backward` may overwrite the gradients.
        let adds = cx.cfg.optimizers[fault.optimizer].adds_up || !cx.cfg.facts.is(backward, Mark::OfLayer);
        if fault.state == GradientStates::STALE && adds {
            report_finding(cx, &fault, backward, used);
            if fault.certain == Certain::Some && used == fault.visit.site && never_zeroes(cx, &fault) {
                report_windows(cx, &fault, backward);
            }
        }
    }
    if !cx.options.called && !cx.of_spec() {
        for id in 0..cx.cfg.optimizers.len() {
            let optimizer = &cx.cfg.optimizers[id];
            let kept = optimizer.kept && optimizer.adds_up && cx.options.zeroes_nowhere;
            let told = cx.options.annotated || kept || cx.options.unzeroed;
            if let Some((filled, step)) = leaves_used_gradients(cx, id).filter(|_| told) {
                report_calls(cx, id, &filled, step);
            }
        }
    }
}

/// Whether a step under a condition on an iteration counter may run twice without a `zero_grad` in
/// between.
///
/// This is the case if the loop has no `zero_grad`, or if every `zero_grad` has an additional
/// opaque condition.
fn never_zeroes(cx: &Context<'_>, fault: &Fault) -> bool {
    let step = fault.visit.site;
    let windows = cx.counted_windows();
    let Some(window) = windows.iter().find(|window| window.optimizer == fault.optimizer && window.step == step) else {
        return false;
    };
    let mut zeros = cx.acting(fault.optimizer, Effect::Zero);
    zeros.retain(|&zero| cx.site(zero).loops.contains(&window.batch_loop));
    cx.is_periodic(step) && !cx.cfg.function.reads_gradients && !cx.is_passed_on(fault.optimizer) && zeros.iter().all(|zero| cx.has_extra_opaque_guard(*zero, step))
}

fn report_windows(cx: &mut Context<'_>, fault: &Fault, backward: SiteId) {
    let step = fault.visit.site;
    let message = format!("{} adds to gradients that a step already used", cx.call(backward));
    let zero = cx.acting(fault.optimizer, Effect::Zero).into_iter().find(|zero| cx.site(*zero).loops == cx.site(step).loops);
    let note = format!("{} used them, and may run again before they are zeroed", cx.call_at(step));
    let help = match zero {
        Some(zero) => format!("call `{};` wherever the step is", cx.site(zero).text),
        None => format!("call `{}.zero_grad();` after line {}, under the same condition", cx.name(fault.optimizer), cx.line(step)),
    };
    // `Certain::Every`, because `settle` drops possible findings under accumulation. A warning,
    // because the condition may be true only once.
    let cause = Cause::Gradients(step, fault.optimizer);
    cx.report(backward, cause, fault.visit.rank, Certain::Every, message)
        .note_at(step, note)
        .note("from the second window on the update also includes the gradients of earlier windows")
        .help(help)
        .only_warns();
}

/// The `backward` and the `step` of a function that returns without zeroing the used gradients. The
/// next call of the function starts with these gradients.
fn leaves_used_gradients(cx: &Context<'_>, id: OptimizerId) -> Option<(Visit, SiteId)> {
    let zeroes = |action: &Action| {
        matches!(action, Action::Effect(_, Effect::Zero) | Action::Through(_, Effect::Zero))
    };
    let zeroed = cx.cfg.events().any(|(_, event)| zeroes(&event.action));
    let optimizer = &cx.cfg.optimizers[id];
    let kept = cx.options.annotated || is_field_of_self(&optimizer.name);
    let others = zeroed || cx.cfg.function.reads_gradients || cx.is_passed_on(id);
    if !optimizer.from_caller || optimizer.given || !kept || others {
        return None;
    }
    // In a loop the iteration separates updates, and a condition may accumulate several batches.
    let meets = |visit: &&Visit, done: Effect, state: GradientStates| match visit.what {
        Observed::Effect(of, effect, gradients) => {
            of == id && effect == done && gradients.all == state && cx.site(visit.site).loops.is_empty()
        }
        _ => false,
    };
    let find = |done, state| cx.solution.visits.iter().find(|visit| meets(visit, done, state)).copied();
    let before = if cx.options.annotated { GradientStates::EMPTY } else { GradientStates::ENTRY };
    let (filled, step) = (find(Effect::Fill, before)?, find(Effect::Take, GradientStates::FILLED)?);
    let (one, other) = (cx.site(filled.site), cx.site(step.site));
    if !cx.cfg.runs_with(one, other) || !cx.cfg.runs_with(other, one) {
        return None;
    }
    // Gradients that are a separate value do not outlive the function.
    (!cx.cfg.returns_gradients(filled.site)).then_some((filled, step.site))
}

fn report_calls(cx: &mut Context<'_>, id: OptimizerId, filled: &Visit, step: SiteId) {
    let backward = filled.site;
    let message = format!("{} adds to gradients that {} of the previous call already used", cx.call(backward), cx.call(step));
    let note = format!("{} does not zero them, and the next call adds to them", cx.call_at(step));
    // No caller reaches the optimizer of a function without the attribute.
    let kept = !cx.options.annotated;
    let help = format!("call `{}.zero_grad();` before line {}", cx.name(id), cx.line(backward));
    let help = if kept { help } else { format!("{help}, or before each call") };
    let certain = if kept { Certain::Every } else { Certain::Some };
    let report = cx.report(backward, Cause::Gradients(backward, id), filled.rank, certain, message)
        .when((!kept).then(|| "unless the caller zeroes them".to_owned()))
        .note_at(step, note)
        .note("every step from the second call on also includes the gradients of all earlier batches")
        .help(help);
    if kept {
        report.only_warns();
    }
}

fn report_finding(cx: &mut Context<'_>, fault: &Fault, backward: SiteId, used: SiteId) {
    // The optimizer's name at the step, which may differ in an inlined function.
    let before = cx.in_common_function(backward, used);
    let name = cx.site(used).receiver.as_ref().filter(|_| cx.same_function(used, before));
    let name = name.map_or_else(|| cx.name(fault.optimizer).to_owned(), ToString::to_string);
    let mut zeroed = cx.acting(fault.optimizer, Effect::Zero);
    zeroed.retain(|&zero| !cx.site(zero).fused);
    let zero = match (cx.of_spec(), zeroed.first()) {
        (true, _) => "`zero_grad`".to_owned(),
        (false, Some(&zero)) if cx.same_function(zero, before) => cx.call(zero),
        (false, _) => format!("`{name}.zero_grad()`"),
    };
    let outside = zeroed.iter().copied().find(|&zero| {
        cx.site(zero).loops.len() < cx.site(backward).loops.len() && cx.common_loop(zero, backward) == cx.site(zero).loops.last().copied()
    });
    let looped = cx.site(backward).loops.last().is_some();
    let evaluated = in_closure(cx, used);
    let when = if evaluated { "in the previous evaluation of the closure, " } else { cx.when(used, backward) };
    let used_note = format!("{when}{} used them; no {zero} runs in between", cx.call_at(used));
    let movable = outside.filter(|&zero| cx.same_function(zero, before));
    let help = match (cx.of_spec(), movable) {
        (true, _) => "put `zero_grad` before `backward` in `train_order`".to_owned(),
        (false, Some(zero)) => format!(
            "move `{};` from line {} to before line {}",
            cx.site(zero).text,
            cx.line(zero),
            cx.line(before)
        ),
        (false, None) if cx.cfg.optimizers[fault.optimizer].several => {
            format!("call `zero_grad()` on each of `{}` before line {}", cx.name(fault.optimizer), cx.line(before))
        }
        (false, None) if cx.cfg.returns_gradients(backward) => format!("zero the gradients before line {}", cx.line(before)),
        (false, None) => format!("call `{};` before line {}", zero.trim_matches('`'), cx.line(before)),
    };
    let code = format!("{};", zero.trim_matches('`'));
    let fixable = (outside.is_none() || movable.is_some()) && (movable.is_some() || !cx.cfg.returns_gradients(backward));
    let fix = fix(cx, [before, used], movable, code).filter(|_| fixable);
    let outer = outside.map(|zero| {
        let place = if evaluated { "runs once for all evaluations of the closure" } else { "is outside the batch loop and runs too rarely" };
        let text = format!("{} {place}", cx.call_at(zero));
        (zero, text)
    });
    let message = format!("{} adds to gradients that {} already used", cx.call(backward), cx.call(used));
    let harm = if evaluated {
        "from the second evaluation on the gradients also include those of all earlier evaluations"
    } else if looped {
        "every step from the second batch on also includes the gradients of all earlier batches"
    } else {
        "the next step also includes the gradients of the previous one"
    };
    let sure = cx.cfg.optimizers[fault.optimizer].adds_up;
    let assumed = fault.gradients.provenance(GradientStates::STALE).assumed;
    let assumption = assumed.map(|call| format!("unless {} zeroes them", cx.call_at(call)));
    let mut report = cx.report_fault(fault, backward, message).note_at(used, used_note);
    if let Some((zero, text)) = outer {
        report = report.note_at(zero, text);
    }
    let mut report = report.note(harm).help(help).fix(fix);
    if assumption.is_some() {
        report = report.when(assumption).only_warns();
    }
    if !sure {
        report.note("this assumes that `backward` adds to the gradients, and that the step does not zero them").only_warns();
    }
}

/// Whether a step is in a closure that an optimizer evaluates several times.
fn in_closure(cx: &Context<'_>, step: SiteId) -> bool {
    let around = cx.site(step).loops.last();
    around.is_some_and(|around| cx.cfg.loops[*around].head.kind == HeadKind::Evaluations)
}

/// The fix: a `zero_grad` before the `backward`, or after the `step` if the `step` does not run in every
/// iteration.
fn fix(cx: &Context<'_>, [backward, used]: [SiteId; 2], movable: Option<SiteId>, code: String) -> Option<Fix> {
    let place = |site: SiteId| cx.site(site).place;
    if cx.of_spec() || code.contains("..") {
        return None;
    }
    if let Some(zero) = movable {
        return Some(Fix::new(Applicability::Maybe, Edit::MoveBefore(place(zero), place(backward))));
    }
    let together = cx.same_function(backward, used) && cx.site(backward).loops == cx.site(used).loops;
    let conditional = cx.site(used).conditional || cx.site(backward).conditional;
    if together && !conditional {
        Some(Fix::new(Applicability::Safe, Edit::Before(place(backward), code)))
    } else {
        let here = cx.same_function(backward, used);
        let message = format!("call `{code}` after line {}", cx.line(used));
        here.then(|| Fix { message, ..Fix::new(Applicability::Maybe, Edit::After(place(used), code)) })
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{found, in_loop, messages};

    const FORWARD: &str = "let loss = f(&model.forward(x));\n";

    #[test]
    fn from_the_second_batch_on() {
        assert_eq!(in_loop(&format!("{FORWARD} loss.backward();\n optimizer.step();")), [("missing_zero_grad", 6)]);
    }

    #[test]
    fn wherever_zero_grad_separates_the_rounds_it_is_right() {
        for body in [
            format!("optimizer.zero_grad(); {FORWARD} loss.backward(); optimizer.step();"),
            format!("{FORWARD} optimizer.zero_grad(); loss.backward(); optimizer.step();"),
            format!("{FORWARD} loss.backward(); optimizer.step(); optimizer.zero_grad();"),
            format!("{FORWARD} loss.backward(); if (i + 1) % k == 0 {{ optimizer.step(); optimizer.zero_grad(); }}"),
            format!("{FORWARD} loss.backward(); if (i + 1) % k == 0 {{ optimizer.step(); }} log(i); if (i + 1) % k == 0 {{ optimizer.zero_grad(); }}"),
        ] {
            assert!(in_loop(&body).is_empty(), "{body}");
        }
    }

    #[test]
    fn outside_the_batch_loop_it_says_so() {
        let source = "fn fit(model: &mut Mlp, train: &DataLoader) {
            let mut optimizer = Sgd::new(model.parameters(), 0.1);
            for epoch in 0..10 {
                optimizer.zero_grad();
                for batch in train {
                    let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                    loss.backward();
                    optimizer.step();
                }
            }
        }";
        assert_eq!(found(source, true), [("missing_zero_grad", 7)]);
        let all = messages(source, true);
        assert!(all.contains("`optimizer.zero_grad()` on line 4 is outside the batch loop"), "{all}");
        assert!(all.contains("move `optimizer.zero_grad();` from line 4 to before line 7"), "{all}");
        assert!(all.contains("in the previous iteration, `optimizer.step()` on line 8 used them"), "{all}");
    }

    #[test]
    fn one_call_is_one_round() {
        let source = "fn step(model: &Mlp, opt: &mut Sgd, batch: &Batch) {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            opt.step();
        }";
        let all = messages(source, true);
        assert!(all.contains("of the previous call already used, unless the caller zeroes them"), "{all}");
        assert_eq!(found(source, true), [("missing_zero_grad", 3)]);
        assert!(found(source, false).is_empty());
        for right in [
            source.replace("opt.step();", "opt.step(); opt.zero_grad();"),
            source.replace("loss.backward", "model.zero_grad(); loss.backward"),
            source.replace("opt.step();", "if batch.last { opt.step(); }"),
            source.replace("opt.step();", "finish(opt);"),
            source.replace("&mut Sgd", "&Lr"),
        ] {
            assert!(found(&right, true).is_empty(), "{right}");
        }
    }

    #[test]
    fn the_windows_of_a_loop_are_zeroed_one_by_one() {
        let with = |condition: &str, inside: &str| {
            let source = format!(
                "fn fit(model: &mut M, train: &L, k: usize) {{
                    let mut optimizer = Sgd::new(model.parameters(), 0.1);
                    for epoch in 0..9 {{
                        optimizer.zero_grad();
                        for (i, x) in train.iter().enumerate() {{
                            let loss = f(&model.forward(x)) / k;
                            loss.backward();
                            if {condition} {{ optimizer.step(); {inside} }}
                        }}
                        if pending > 0 {{ optimizer.step(); optimizer.zero_grad(); }}
                    }}
                }}"
            );
            found(&source, true).iter().any(|(lint, _)| *lint == "missing_zero_grad")
        };
        assert!(with("(i + 1) % k == 0", ""));
        assert!(with("(i + 1).is_multiple_of(4)", ""));
        assert!(with("(i + 1) % k == 0", "if it_is_time() { optimizer.zero_grad(); }"));
        assert!(!with("(i + 1) % k == 0", "optimizer.zero_grad();"));
        assert!(!with("(i + 1) % k == 0", "if let Some(x) = y { optimizer.zero_grad(); } else { optimizer.zero_grad(); }"));
        assert!(!with("(i + 1) % train.len() == 0", ""));
        assert!(!with("i + 1 == train.len()", ""));
    }

    #[test]
    fn on_one_branch_only() {
        let body = format!("{FORWARD} if half {{ loss.backward();\n optimizer.step(); }} else {{ optimizer.zero_grad(); loss.backward();\n optimizer.step(); }}");
        assert_eq!(in_loop(&body), [("missing_zero_grad", 6)]);
    }

    #[test]
    fn zero_grad_under_a_condition_is_a_maybe() {
        let source = "fn fit(model: &mut M, train: &L) {
            let mut optimizer = Sgd::new(model.parameters(), 0.1);
            for x in train {
                if x.fresh { optimizer.zero_grad(); }
                f(&model.forward(x)).backward();
                optimizer.step();
            }
        }";
        let all = messages(source, true);
        assert!(all.contains("already used, when `x.fresh` does not hold"), "{all}");
    }
}
