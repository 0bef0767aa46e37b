use std::collections::{BTreeMap, BTreeSet};

use super::study::Study;
use super::{Cause, Context};
use crate::cfg::{Certain, LoopId, OptimizerId, SiteId};
use crate::vocabulary::{speaks_of_evaluation, speaks_of_training};
use crate::flow::{GradientStates, Visit, Observed};
use crate::stage::{Effect, Stage};

lint! {
    /// ## What it finds
    ///
    /// A loop over validation data that runs `backward` and the `step` of an optimizer, if the optimizer also steps on other data.
    ///
    /// ## Why it matters
    ///
    /// The model is trained on its validation data, so the measures no longer show how it performs on new data.
    ///
    /// ## Example
    ///
    /// ```text
    /// for batch in train { /* forward, backward, step */ }
    /// for batch in valid {
    ///     let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
    ///     loss.backward();
    ///     optimizer.step();                                   // <- trains on the validation data
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Compute the loss under `let _evaluation = evaluation(&model);`, with no `backward` and no `step`.
    ///
    /// ## Limits
    ///
    /// Validation data is recognised only by its name, so a finding also requires training on other
    /// data.
    /// If the optimizer steps in no other loop, as in architecture search and meta-learning, the loop is
    /// not reported.
    /// In the `eval_order` of a spec, the stages `backward` and `step` are rejected at every level.
    step_in_evaluation, Error, "`backward` or `step` on validation data"
}

/// The loops of a function and the steps in them.
struct Loops<'a> {
    /// For each loop, the enclosing loops, including the loop itself.
    around: BTreeMap<LoopId, &'a [LoopId]>,
    /// The first step of each optimizer in each loop.
    steps: BTreeMap<LoopId, BTreeMap<OptimizerId, SiteId>>,
    /// For each `backward`, the steps that use its gradients and the `backward` calls that add to them.
    taken: BTreeMap<SiteId, BTreeSet<SiteId>>,
}

impl<'a> Loops<'a> {
    fn of(cx: &Context<'a>) -> Self {
        let mut loops = Self { around: BTreeMap::new(), steps: BTreeMap::new(), taken: BTreeMap::new() };
        for site in &cx.cfg.sites {
            for (index, &inner) in site.loops.iter().enumerate() {
                loops.around.entry(inner).or_insert(&site.loops[..=index]);
            }
        }
        for visit in &cx.solution.visits {
            let Observed::Effect(id, effect, gradients) = visit.what else { continue };
            let steps = effect == Effect::Take;
            for &round in cx.site(visit.site).loops.iter().filter(|_| steps) {
                loops.steps.entry(round).or_default().entry(id).or_insert(visit.site);
            }
            if steps || effect == Effect::Fill {
                let filled = gradients.provenance(GradientStates::FILLED).filled.filter(|_| gradients.all.meets(GradientStates::FILLED));
                for filled in filled.into_iter().filter(|filled| *filled != visit.site) {
                    loops.taken.entry(filled).or_default().insert(visit.site);
                }
            }
        }
        loops
    }

    fn within(&self, inner: LoopId, outer: LoopId) -> bool {
        self.around.get(&inner).is_some_and(|around| around.contains(&outer))
    }
}

fn check(cx: &mut Context<'_>) {
    if cx.of_spec() {
        of_spec(cx);
        return;
    }
    let (study, loops) = (cx.study(), Loops::of(cx));
    let data = cx.backwards().filter_map(|(site, run)| Some((site, study.input_loop(run)?)));
    let (judged, trained): (Vec<_>, Vec<_>) = data.partition(|(_, round)| speaks_of_evaluation(study.names_over(*round)));
    let trained: BTreeSet<LoopId> = trained.into_iter().map(|(_, round)| round).collect();
    let mut told = BTreeSet::new();
    for (backward, round) in judged {
        if !told.insert(round) {
            continue;
        }
        // If one loop contains the other, the validation data is a part of the training.
        let mut apart = trained.iter().filter(|&&other| !loops.within(other, round) && !loops.within(round, other));
        let nothing = BTreeMap::new();
        let steps = loops.steps.get(&round).unwrap_or(&nothing);
        let step = |other: &LoopId| {
            let theirs = loops.steps.get(other)?;
            steps.iter().find(|(id, _)| theirs.contains_key(id)).map(|(_, step)| *step)
        };
        let Some(other) = apart.clone().find(|other| step(other).is_some()).or_else(|| apart.next()) else { continue };
        if let Some(step) = step(other) {
            trains(cx, &study, backward, step, round, *other);
        } else if steps.is_empty() {
            let taken = loops.taken.get(&backward).into_iter().flatten().copied();
            let outside = taken.into_iter().find(|&taker| !cx.site(taker).loops.contains(&round));
            if let Some(taker) = outside {
                leaks(cx, &study, backward, taker, round);
            }
        }
    }
}

/// Checks the blocks in the `eval_order` of a spec. The parser rejects the stages `backward` and
/// `step` there.
fn of_spec(cx: &mut Context<'_>) {
    let learns = |visit: &Visit| matches!(visit.what, Observed::Effect(_, Effect::Fill | Effect::Take, _) | Observed::Backward(..));
    let inside = |site: SiteId| cx.options.evaluates.iter().any(|block| block.holds(&cx.site(site).place));
    let sites = cx.solution.visits.iter().filter(|visit| learns(visit)).map(|visit| visit.site);
    let sites = sites.chain(cx.backwards().map(|(site, _)| site));
    let sites: BTreeSet<SiteId> = sites.filter(|site| inside(*site)).collect();
    for site in sites {
        let message = format!("{} trains the model in evaluation", cx.call(site));
        let help = format!("remove {} from `eval_order`", cx.call(site));
        cx.report(site, Cause::Alone(site, LINT.name), 0, Certain::Every, message)
            .note("measures on training data do not show how the model performs on new data")
            .help(help);
    }
}

fn trains(cx: &mut Context<'_>, study: &Study<'_>, backward: SiteId, step: SiteId, round: LoopId, other: LoopId) {
    let (over, line) = (study.over(round), cx.cfg.loops[round].line);
    let (trains_on, there) = (study.over(other), cx.cfg.loops[other].line);
    let note = format!("{} computes the gradients from the items of the loop on line {line}", cx.call_at(backward));
    let message = format!("{} trains the model on `{over}`", cx.call(step));
    let report = cx
        .report(step, Cause::Alone(step, LINT.name), step, Certain::Every, message)
        .note_at(backward, note)
        .note(format!("the loop over `{trains_on}` on line {there} trains it already"))
        .note("measures on training data do not show how the model performs on new data")
        .help(format!("remove `backward` and `step` from the loop on line {line}, and evaluate under a guard of `evaluation`"));
    if !speaks_of_training(study.names_over(other)) {
        report.only_warns();
    }
}

fn leaks(cx: &mut Context<'_>, study: &Study<'_>, backward: SiteId, taker: SiteId, round: LoopId) {
    let (over, line) = (study.over(round), cx.cfg.loops[round].line);
    let does = if cx.site(taker).stage == Some(Stage::Step) { "uses them" } else { "adds to them, for the next step" };
    let note = format!("{} {does}; no `zero_grad` runs in between", cx.call_at(taker));
    let message = format!("{} adds gradients of `{over}` to the next update", cx.call(backward));
    cx.report(backward, Cause::Alone(backward, LINT.name), backward, Certain::Every, message)
        .note_at(taker, note)
        .note("the model is trained on its validation data")
        .help(format!("remove `backward` from the loop on line {line}, and evaluate under a guard of `evaluation`"));
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    const LOOP: &str = "fn fit(model: &mut Net, train: &L, valid: &L) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..10 {
            for batch in train {
                optimizer.zero_grad();
                let loss = mse_loss(&model.forward(&batch.x), &batch.y);
                loss.backward();
                optimizer.step();
            }
            for batch in valid {
                optimizer.zero_grad();
                let loss = mse_loss(&model.forward(&batch.x), &batch.y);
                loss.backward();
                optimizer.step();
            }
        }
    }";

    #[test]
    fn training_on_both() {
        assert_eq!(found(LOOP, true), [("step_in_evaluation", 14)]);
    }

    #[test]
    fn a_backward_alone_reaches_the_next_update() {
        let (before, after) = LOOP.split_once("for batch in valid").expect("the loop is there");
        let alone = |text: &str| text.replace("optimizer.zero_grad();\n", "").replace("optimizer.step();", "");
        let leaking = before.replace("optimizer.zero_grad();", "").replace("optimizer.step();", "optimizer.step(); optimizer.zero_grad();");
        let leaking = format!("{leaking}for batch in valid{}", alone(after));
        assert_eq!(found(&leaking, true), [("step_in_evaluation", 12)]);
        // Gradients that are zeroed before any use are wasted work, but no fault.
        assert_eq!(found(&format!("{before}for batch in valid{}", alone(after)), true), []);
    }

    #[test]
    fn a_function_that_trains_on_nothing_else_is_right() {
        let alone = "fn fit(model: &mut Net, test_loader: &L) {
            let mut optimizer = Sgd::new(model.parameters(), 0.1);
            for batch in test_loader {
                optimizer.zero_grad();
                mse_loss(&model.forward(&batch.x), &batch.y).backward();
                optimizer.step();
            }
        }";
        assert!(found(alone, true).is_empty());
    }

    #[test]
    fn architecture_search_is_right() {
        let search = LOOP
            .replace("for epoch", "let mut search = Adam::new(model.choices.parameters(), 0.1); for epoch")
            .replacen("model.parameters()", "model.weights.parameters()", 1);
        let (before, after) = search.split_once("for batch in valid").expect("the loop is there");
        let search = format!("{before}for batch in valid{}", after.replace("optimizer.", "search."));
        assert!(!found(&search, true).iter().any(|(lint, _)| *lint == "step_in_evaluation"));
    }
}
