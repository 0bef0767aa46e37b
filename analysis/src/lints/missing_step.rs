use std::collections::BTreeSet;

use super::idle::{may_be_frozen, report_idle, report_unused};
use super::unread_losses::unread_losses;
use super::untrained::{report_named_loss, report_untrained};
use super::unrelated_optimizer::unrelated;
use super::{Cause, Context};
use crate::cfg::{Certain, Computation, Fate, Gives, Outcome, Recorded, Store};
use crate::fix::{Applicability, Edit, Fix};
use crate::flow::{Visit, Observed, unused};
use crate::stage::{Effect, Stage};
use crate::vocabulary::{Keeping, trains_by_name};
use crate::vocabulary::rust::is_field_of_self;

lint! {
    /// ## What it finds
    ///
    /// Gradients that a loop computes and no `step` uses, although the function has an optimizer for the parameters.
    /// Either there is no `step`, or one of several `backward` calls computes gradients that are zeroed before any `step`.
    /// Also an optimizer that the function builds and never uses, although a loop computes losses of the optimizer's model.
    ///
    /// In a library whose `backward` returns the gradients as a value (`candle`, `burn`, `dfdx`),
    /// also gradients that are dropped.
    /// Gradients are dropped if the code passes them neither to a step nor to another call.
    /// In such a library, a loss that nothing reads is a warning.
    /// In every library, such a loss is a warning if a loop computes it.
    /// In every library, a function that computes a loss of a model, runs no `backward`, and has an optimizer that never steps is a warning.
    /// In a method that trains by its name, as `update_critic` does, a loss of a model in a field of `&mut self` is a warning if the file imports a known library and the method has neither a `backward` nor an optimizer.
    /// An optimizer that the function owns and never steps is a warning too, if a loop computes a loss or runs the model of the optimizer, or if the function computes gradients and never mentions the optimizer.
    ///
    /// If the data flow finds nothing, the uses of variables decide, in a file that imports a known library.
    /// These are warnings:
    ///
    /// - a loss that is only shown or converted to a number, beside an optimizer that never steps, or in a method that trains by its name,
    /// - a loss of a branch that nothing trains with, beside a branch with a fused step,
    /// - an optimizer that is built or passed in and never mentioned, or only zeroed,
    /// - an optimizer in a private field that no function of the file steps; and gradients that are a value and that nothing reads.
    ///
    /// In any library, a step that runs only if gradients are clipped is a warning, and so are parameters that an optimizer zeroes and never steps, beside others that it zeroes and steps.
    ///
    /// ## Why it matters
    ///
    /// The loop computes gradients and discards them, so the model never changes.
    ///
    /// ## Example
    ///
    /// ```text
    /// let mut optimizer = Sgd::new(model.parameters(), 0.1);  // gradients:
    /// for batch in train {
    ///     optimizer.zero_grad();                              // {empty}   later iterations {discarded}
    ///     let output = model.forward(&batch.input);
    ///     let loss = cross_entropy(&output, &batch.target);
    ///     loss.backward();                                    // {filled}  <- used by nothing
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Call `optimizer.step()` after `loss.backward()`.
    ///
    /// ## Limits
    ///
    /// Silent if:
    ///
    /// - the optimizer is returned, stored or passed to another function, or another optimizer uses the gradients in a file that freezes parameters,
    /// - the function gets the optimizer from its caller, and has no attribute `#[training_loop]`, unless every iteration zeroes the gradients (a warning),
    /// - the function reads gradients or updates parameters itself.
    ///
    /// The last two cases do not apply to gradients that are a separate value, because such a value is dropped at the end of the function.
    /// Such gradients are not reported if the function reads single gradients and writes parameters itself, or if another function gets the gradients by value.
    ///
    /// An optimizer in a field of `self` is reported as a warning in three cases:
    ///
    /// - every iteration zeroes the gradients, and no method of the annotated `impl` calls `step`,
    /// - every call zeroes the gradients, the function trains by its name, as `learn` or `train_step` do, and no function of the file steps,
    /// - every call zeroes the gradients, the field is private, and no function of the file steps.
    ///
    /// If the data flow cannot follow the gradients, a `backward` is a warning in a function that calls nothing that could be a step, and that has one of these:
    ///
    /// - an optimizer that it builds and only zeroes,
    /// - an optimizer from its caller that it zeroes in each iteration or never mentions,
    /// - an optimizer in a field of `self` that no function of the file steps, if the function is named after training,
    /// - a learning rate that it never reads,
    /// - gradients, in a variable or zeroed in each iteration of a loop, that nothing reads.
    ///
    /// A method of `&mut self` that trains by its name, and only measures a loss, is reported by mistake.
    missing_step, Error, "gradients are computed and no `step` uses them"
}

fn check(cx: &mut Context<'_>) {
    for id in 0..cx.cfg.optimizers.len() {
        let optimizer = &cx.cfg.optimizers[id];
        let of_caller = optimizer.from_caller && !cx.options.annotated;
        let every_call = is_zeroed_every_call(cx, id);
        let zeroed = every_call || is_zeroed_every_iteration(cx, id);
        // Whether another optimizer of the same parameters uses the gradients.
        let shared = (0..cx.cfg.optimizers.len()).any(|other| {
            let (mine, theirs) = (&optimizer.owned, &cx.cfg.optimizers[other].owned);
            let overlap = mine.as_ref().zip(theirs.as_ref()).and_then(|(mine, theirs)| mine.overlaps(theirs, &cx.cfg.paths));
            other != id && overlap == Some(true) && !cx.acting(other, Effect::Take).is_empty()
        });
        if shared || of_caller && !zeroed || cx.cfg.function.reads_gradients || cx.may_step_elsewhere(id) || !cx.acting(id, Effect::Take).is_empty() {
            continue;
        }
        // `unrelated_optimizer` reports a step on the wrong optimizer.
        if (0..cx.cfg.optimizers.len()).any(|other| unrelated(cx, other).is_some()) {
            continue;
        }
        let fills = |what: &Observed| matches!(what, Observed::Effect(of, Effect::Fill, _) if *of == id);
        // One call of a method is one iteration, if the optimizer is in a field that the caller cannot reach.
        let of_self = every_call || cx.options.unstepped && is_field_of_self(&optimizer.name);
        let in_a_loop = |visit: &&Visit| of_self || !cx.site(visit.site).loops.is_empty();
        let found = cx.solution.visits.iter().filter(|visit| fills(&visit.what) && !may_be_frozen(cx, id, visit.site)).find(in_a_loop);
        let Some(visit) = found.copied() else { continue };
        let step = format!("`{}.step()`", optimizer.name);
        let (message, help) = if cx.of_spec() {
            (format!("{} computes gradients that no `step` uses", cx.call(visit.site)), "put `step` after `backward`".to_owned())
        } else {
            (
                format!("{} computes gradients that no {step} ever uses", cx.call(visit.site)),
                format!("call `{}.step();` after line {}", optimizer.name, cx.line(visit.site)),
            )
        };
        let value = cx.cfg.returns_gradients(visit.site);
        let help = if value { pass_on(cx, id) } else { help };
        let alone = !cx.of_spec() && !value && cx.acting(id, Effect::Fill).len() == 1 && !cx.site(visit.site).conditional;
        let place = cx.site(visit.site).place;
        let fix = alone.then(|| Edit::After(place, format!("{}.step();", optimizer.name)));
        let fix = fix.map(|edit| Fix::new(Applicability::Safe, edit));
        // The last rank: other findings on this `backward` take precedence.
        let report = cx.report(visit.site, Cause::Gradients(visit.site, id), usize::MAX, Certain::Every, message);
        let report = report
            .note("the parameters never change, so nothing is trained")
            .help(help)
            .fix(fix);
        if of_caller {
            report.only_warns();
        }
    }
    wasted(cx);
    dropped(cx);
    dropped_sums(cx);
    if !unread_losses(cx, LINT.name) {
        let mut told = never_used(cx);
        told.extend(report_unused(cx));
        report_idle(cx, &told);
    }
}

/// The help for gradients that are a separate value.
fn pass_on(cx: &Context<'_>, id: usize) -> String {
    format!("pass the gradients to a step of `{}`", cx.name(id))
}

/// Reports gradients that are a separate value, if no step takes the value.
fn dropped(cx: &mut Context<'_>) {
    let ids = (0..cx.cfg.optimizers.len()).filter(|id| !cx.cfg.optimizers[*id].lost);
    let ids: Vec<usize> = ids.collect();
    let (idle, busy): (Vec<usize>, Vec<usize>) = ids.into_iter().partition(|id| cx.acting(*id, Effect::Take).is_empty());
    let by_hand = cx.cfg.function.reads_gradients || cx.cfg.function.sets_parameters;
    let at_hand = idle.first().or(busy.first()).copied();
    let cfg = cx.cfg;
    let values: Vec<&Store> = cfg.stores.iter().filter(|store| store.keeping == Keeping::Fresh).collect();
    // Opaque code may step with the gradients that the function reads.
    let elsewhere = !values.is_empty() && at_hand.is_some_and(|id| cx.may_step_elsewhere(id));
    for store in values {
        let may_be_used = store.escapes || store.into.is_some() || !store.takers.is_empty();
        let read = store.read && (by_hand || idle.is_empty() || elsewhere) || elsewhere && !store.named;
        let is_backward = cx.site(store.site).stage == Some(Stage::Backward);
        let is_part = store.named && !is_backward;
        let may_be_used = may_be_used || store.hidden;
        if may_be_used || read || !(is_backward || is_part) {
            continue;
        }
        // A function without an optimizer may run `backward` only to measure its time.
        if at_hand.is_none() && (!store.named || cfg.function.is_test) {
            continue;
        }
        let visits = &cx.solution.visits;
        let reached = visits.iter().any(|visit| visit.site == store.site) || cfg.optimizers.is_empty();
        if !reached {
            continue;
        }
        let message = format!("{} computes gradients that no step takes", cx.call(store.site));
        let help = at_hand.map_or_else(|| "pass the gradients to a step of an optimizer".to_owned(), |id| pass_on(cx, id));
        let cause = at_hand.map_or(Cause::Alone(store.site, LINT.name), |id| Cause::Gradients(store.site, id));
        let report = cx.report(store.site, cause, usize::MAX, Certain::Every, message);
        let report = report.note("the gradients are a value, which is dropped").help(help);
        if at_hand.is_none() {
            report.only_warns();
        }
    }
}

/// Reports an accumulator whose sum no step takes.
fn dropped_sums(cx: &mut Context<'_>) {
    let cfg = cx.cfg;
    for (site, outcome) in cfg.facts.all::<Outcome>() {
        let lost = matches!(outcome.fate, Fate::Dropped | Fate::Unread(_));
        if outcome.gives != Gives::Gradients || !lost {
            continue;
        }
        let message = format!("no step takes the gradients of {}", cx.call(site));
        let cause = Cause::Alone(site, LINT.name);
        cx.report(site, cause, usize::MAX, Certain::Every, message)
            .note("the accumulator is empty afterwards, so the gradients are lost")
            .help("pass the gradients to a step of the optimizer");
    }
}

/// Reports a function that computes a loss and runs no `backward`, although its name or its
/// optimizer shows that it trains.
///
/// Returns the optimizers that are reported.
fn never_used(cx: &mut Context<'_>) -> Vec<usize> {
    let mut told = Vec::new();
    let function = &cx.cfg.function;
    let backward = cx.cfg.sites_with(Effect::Fill).next().is_some();
    let other = function.reads_gradients || function.sets_parameters || function.gives_graph || function.is_test;
    let unknown = !backward && !function.is_test && cx.cfg.optimizers.is_empty() && !cx.of_spec();
    if backward || other || cx.of_spec() {
        if unknown {
            report_named_loss(cx, LINT.name);
        }
        return told;
    }
    let owned = |run: &Computation| {
        let mut owned = cx.cfg.optimizers.iter().filter_map(|optimizer| optimizer.owned.as_ref());
        owned.any(|owned| owned.overlaps(&run.models, &cx.cfg.paths) == Some(true))
    };
    let mut losses = cx.cfg.facts.all::<Computation>().filter(|(site, run)| {
        let computed = !run.models.is_empty() && run.recorded == Recorded::Yes;
        let in_a_loop = !cx.cfg.sites[*site].loops.is_empty();
        let trained = run.stage == Stage::Loss || function.returns_gradients && run.stage == Stage::Forward && in_a_loop && owned(run);
        computed && trained && !function.handed.computed.may_hold(*site)
    });
    let Some((loss, run)) = losses.next() else {
        if unknown {
            report_named_loss(cx, LINT.name);
        }
        return told;
    };
    if run.told == Some(false) {
        return told;
    }
    let never = "the parameters never change, so nothing is trained";
    for id in 0..cx.cfg.optimizers.len() {
        let optimizer = &cx.cfg.optimizers[id];
        let mine = !optimizer.built.is_empty() || optimizer.given || optimizer.exclusive;
        if !mine || cx.may_step_elsewhere(id) || !cx.acting(id, Effect::Take).is_empty() {
            continue;
        }
        told.push(id);
        let name = optimizer.name.clone();
        let message = format!("no `backward` runs from {}, and `{name}` never steps", cx.call(loss));
        let help = format!("run `backward` and a step of `{name}` after line {}", cx.line(loss));
        let cause = Cause::Gradients(loss, id);
        cx.report(loss, cause, usize::MAX, Certain::Every, message).note(never).help(help).only_warns();
    }
    if cx.cfg.optimizers.is_empty() && function.has_optimizer && trains_by_name(&function.name) {
        let message = format!("no `backward` runs from {}, and the optimizer of `self` never steps", cx.call(loss));
        let help = format!("run `backward` and a step of the optimizer after line {}", cx.line(loss));
        let cause = Cause::Alone(loss, LINT.name);
        cx.report(loss, cause, usize::MAX, Certain::Every, message).note(never).help(help).only_warns();
    } else if cx.cfg.optimizers.is_empty() {
        report_untrained(cx, LINT.name, loss, run);
    }
    told
}

/// Whether a function zeroes an optimizer's gradients in every iteration that computes gradients.
///
/// A `step` in other code would use only the gradients of the last iteration. An optimizer in a
/// field of `self` may be stepped by another method, unless no method steps. A method that trains
/// by its name is itself one iteration of a loop in other code.
fn is_zeroed_every_iteration(cx: &Context<'_>, id: usize) -> bool {
    let round = |site: &usize| cx.site(*site).loops.last().copied();
    let trains = trains_by_name(&cx.cfg.function.name);
    let zeroes = cx.acting(id, Effect::Zero);
    let fills = cx.acting(id, Effect::Fill);
    let zeroed = |fill: &usize| {
        let whole = round(fill).is_some() || trains && is_field_of_self(cx.name(id));
        whole && zeroes.iter().any(|zero| round(zero) == round(fill) && cx.cfg.runs_with(cx.site(*zero), cx.site(*fill)))
    };
    let hidden = is_field_of_self(cx.name(id)) && !cx.options.unstepped;
    !hidden && !fills.is_empty() && fills.iter().all(zeroed) && cx.acting(id, Effect::Nothing).is_empty()
}

/// Whether no code steps an optimizer in a private field, and every call of the function zeroes its gradients.
fn is_zeroed_every_call(cx: &Context<'_>, id: usize) -> bool {
    let plain = |site: &usize| !cx.site(*site).conditional && cx.site(*site).loops.is_empty();
    let (zeroes, fills) = (cx.acting(id, Effect::Zero), cx.acting(id, Effect::Fill));
    let all = zeroes.iter().any(plain) && !fills.is_empty() && fills.iter().all(plain);
    cx.cfg.optimizers[id].kept && cx.options.steps_nowhere && all
}

/// Reports a `backward` whose gradients no `step` uses, if the same loop steps the optimizer.
fn wasted(cx: &mut Context<'_>) {
    if cx.cfg.function.reads_gradients {
        return;
    }
    // The finding on a faulty step already covers the gradients of its optimizer.
    let faulty: Vec<_> = cx.faults(Effect::Take).iter().map(|fault| fault.optimizer).collect();
    let fills = |visit: &&Visit| matches!(visit.what, Observed::Effect(_, Effect::Fill, _));
    let reached: BTreeSet<_> = cx.solution.visits.iter().filter(fills).map(|visit| visit.site).collect();
    for (site, optimizers) in unused(cx.cfg, cx.options.annotated) {
        let is_told = |id: &usize| {
            cx.is_passed_on(*id) || faulty.contains(id) || cx.acting(*id, Effect::Take).is_empty()
        };
        let Some(&id) = optimizers.first().filter(|_| reached.contains(&site)) else { continue };
        if optimizers.iter().any(is_told) || cx.site(site).loops.is_empty() {
            continue;
        }
        // Without a step in the same loop, the `backward` may have another purpose.
        let steps = cx.acting(id, Effect::Take);
        let near = steps.iter().find(|step| cx.site(**step).loops.last() == cx.site(site).loops.last());
        let Some(&step) = near else { continue };
        let help = if cx.of_spec() {
            "put `step` after `backward`".to_owned()
        } else {
            // If the parameters of some optimizer get no gradient, this loss was probably meant for them.
            let lost = (0..cx.cfg.optimizers.len()).any(|other| unrelated(cx, other).is_some());
            match cx.detached(site).filter(|_| lost) {
                Some(cut) => format!("pass `{cut}` itself: `detach` cuts off the model that computed it"),
                None => format!("run it before {}", cx.call_at(step)),
            }
        };
        let zero = cx.acting(id, Effect::Zero).first().copied();
        let zero = zero.map(|zero| (zero, format!("{} zeroes them before any step", cx.call_at(zero))));
        let message = format!("{} computes gradients that no step of `{}` uses", cx.call(site), cx.name(id));
        let mut report = cx.report(site, Cause::Gradients(site, id), usize::MAX, Certain::Every, message);
        if let Some((zero, note)) = zero {
            report = report.note_at(zero, note);
        }
        report.note("this loss does not train the model").help(help);
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{found, in_loop};

    #[test]
    fn with_and_without_step() {
        let body = "optimizer.zero_grad();\n let loss = f(&model.forward(x));\n loss.backward();";
        assert_eq!(in_loop(body), [("missing_step", 7)]);
        assert!(in_loop(&format!("{body} finish(&mut optimizer);")).is_empty());
        assert!(in_loop(&format!("{body} let seen = model.weight.grad();")).is_empty());
    }

    #[test]
    fn one_of_two_backwards_comes_too_late() {
        let body = "optimizer.zero_grad();
            let real = f(&model.forward(x));
            let fake = f(&model.forward(z));
            real.backward();
            optimizer.step();
            fake.backward();";
        assert_eq!(in_loop(body), [("missing_step", 10)]);
        let right = body.replace("            optimizer.step();\n", "") + " optimizer.step();";
        assert!(in_loop(&right).is_empty());
        let read = body.to_owned() + " let seen = x.grad();";
        assert!(in_loop(&read).is_empty());
    }

    #[test]
    fn helpers_that_only_run_backward_are_right() {
        let source = "fn gather(model: &M, optimizer: &mut Sgd, data: &D) {
            optimizer.zero_grad();
            for x in data { f(&model.forward(x)).backward(); }
        }";
        assert!(found(source, false).is_empty());
        assert_eq!(found(source, true), [("missing_step", 3)]);
    }

    #[test]
    fn a_field_that_no_seen_method_steps() {
        let of = |more: &str, rest: &str| {
            let text = format!(
                "#[training_loop] impl Trainer {{
                    fn fit(&mut self, train: &DataLoader) {{
                        for batch in train {{
                            {more}
                            mse_loss(&self.model.forward(&batch.input), &batch.target).backward();
                        }}
                    }}
                    {rest}
                }}"
            );
            let file = syn::parse_str(&format!("struct Trainer {{ model: Net, optimizer: Adam }} {text}")).unwrap();
            crate::check_file(&file).iter().filter_map(|finding| finding.lint).collect::<Vec<_>>()
        };
        let zero = "self.optimizer.zero_grad();";
        assert_eq!(of(zero, ""), ["missing_step"]);
        assert!(of("", "").is_empty());
        assert!(of(zero, "fn apply(&mut self) { self.optimizer.step(); }").is_empty());
        assert!(of(&format!("{zero} self.callbacks.run(&mut self.optimizer);"), "").is_empty());
    }
}
