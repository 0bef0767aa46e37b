use super::{Context, shared_rows};
use crate::vocabulary::{names_training, names_validation, tells_training_measure};
use crate::cfg::{Computation, Deps, Versioned, HeadKind, LoopId, Opaque, Recorded, SiteId, UseKind};
use crate::flow::{Observed, StateSet};
use crate::stage::Stage;

lint! {
    /// ## What it finds
    ///
    /// A spec whose `valid` is the same expression as its `train`.
    /// In a hand-written function, an evaluation that is named as validation but runs on the
    /// training data, if the function has no other evaluation.
    /// Also rows for training and rows for validation that overlap: `data.narrow(0, 0, n)` and `data.narrow(0, n - k, k)`.
    ///
    /// ## Why it matters
    ///
    /// Validation measures how the model performs on new data.
    /// An overfitted model looks perfect on its training data.
    ///
    /// ## Example
    ///
    /// ```text
    /// #[training_loop(
    ///     train = digits,
    ///     valid = digits,             // the same data
    ///     ..
    /// )]
    /// ```
    ///
    /// ## Instead
    ///
    /// Split the data: `let (train, valid) = data.split(0.8, seed)?;`.
    /// To train without validation, remove `valid`.
    /// To measure on the training data, use `train_metrics`.
    ///
    /// ## Limits
    ///
    /// Silent if the same data has two names.
    /// The finding is an error in a spec and a warning in a hand-written function.
    /// A hand-written function is checked only if a variable name or printed text mentions validation.
    /// A pass over the training data whose output nothing reads, as for the statistics of batch norm, is no evaluation.
    ///
    /// Rows overlap if numbers, or sums and differences of the same sizes, show it; the split is told by the names of the variables or fields, or by the loops.
    /// Silent about rows that a condition chooses, about rows of data that may have changed in between, and about a test.
    /// Silent also if the data or a variable are named as a series (`prices`, `lookback`) and only the first rows for validation are in both: they may be the context of the next ones.
    ///
    /// Measures on the training data are correct if they are named as training measures, if a printed text tells that they are of the training set, or if the function also validates on other data.
    /// If validation on the training data is intended, `allow(validates_on_training_data)` turns the lint off.
    validates_on_training_data, Warning, "`valid` is the data that the model is trained on"
}

/// Checks hand-written functions. The module `cross` checks specs.
fn check(cx: &mut Context<'_>) {
    if !cx.of_spec() {
        shared_rows::check(cx, &evaluates);
    }
    if cx.of_spec() || heads(cx).nth(1).is_none() || !speaks_of_validation(cx) {
        return;
    }
    let (trains, others): (Vec<LoopId>, Vec<LoopId>) = heads(cx).map(|(id, _)| id).partition(|&id| cx.trains_in(id));
    let evaluations: Vec<LoopId> = others.into_iter().filter(|&id| evaluates(cx, id)).collect();
    let training = |id: LoopId| trains.iter().find(|&&train| source(cx, train) == source(cx, id)).copied();
    // If the function also evaluates on other data, the evaluation on training data is intended.
    if evaluations.is_empty() || evaluations.iter().any(|&id| training(id).is_none()) || hands_on(cx) {
        return;
    }
    if cx.cfg.function.says.iter().any(|text| tells_training_measure(text)) {
        return;
    }
    let faults: Vec<(LoopId, LoopId)> = evaluations
        .into_iter()
        .filter(|&id| !counts_training(cx, id))
        .filter_map(|id| Some((id, training(id)?)))
        .collect();
    for (evaluation, train) in faults {
        let (Some(site), Some(first)) = (cx.cfg.loops[evaluation].iterates, cx.cfg.loops[train].iterates) else { continue };
        let data = &cx.cfg.loops[evaluation].data;
        let message = format!("`{data}` is the data that the model is trained on, and no other is evaluated");
        let note = format!("line {} trains on it", cx.cfg.loops[train].line);
        cx.report_alone(site, message)
            .note_at(first, note)
            .note("an overfitted model looks perfect here")
            .help("evaluate on separate data: `let (train, valid) = data.split(0.8, seed)?;`");
    }
}

/// The loops that iterate over an expression, each loop with the site of the expression.
fn heads<'a>(cx: &Context<'a>) -> impl Iterator<Item = (LoopId, SiteId)> + use<'a> {
    cx.cfg.loops.iter().enumerate().filter_map(|(id, known)| Some((id, known.iterates?)))
}

/// The data that a loop iterates over, without iterator adapters.
fn source(cx: &Context<'_>, of: LoopId) -> Option<Versioned> {
    cx.cfg.loops[of].head.source.map(|source| source.data)
}

/// Whether all forward passes of a loop run under `no_grad` or in evaluation mode.
fn evaluates(cx: &Context<'_>, of: LoopId) -> bool {
    let range = cx.cfg.loops[of].head.kind == HeadKind::Numbers;
    let forwards: Vec<(SiteId, bool)> = cx
        .cfg
        .facts
        .all::<Computation>()
        .filter(|(site, run)| run.stage == Stage::Forward && cx.site(*site).loops.last() == Some(&of))
        .map(|(site, run)| (site, run.recorded == Recorded::No))
        .collect();
    let in_evaluation = |site: SiteId| {
        let mut visits = cx.solution.visits.iter().filter(|visit| visit.site == site).peekable();
        visits.peek().is_some()
            && visits.all(|visit| {
                matches!(visit.what, Observed::Computation(Some(mode), _) if mode.all.within(StateSet::EVAL))
                    || matches!(visit.what, Observed::Computation(_, recording) if recording.all.within(StateSet::OFF))
            })
    };
    // A pass whose output nothing reads only refits the statistics of batch norm.
    let read = |site: SiteId| !cx.cfg.is_output_unread(site);
    !range && forwards.iter().any(|(site, _)| read(*site)) && forwards.iter().all(|(site, unrecorded)| *unrecorded || in_evaluation(*site))
}

/// Whether a variable name or a printed text mentions validation.
fn speaks_of_validation(cx: &Context<'_>) -> bool {
    let mut names = cx.cfg.paths.variables();
    let mut says = cx.cfg.function.says.iter();
    names.any(|(_, name)| names_validation(name)) || says.any(|text| names_validation(text))
}

/// Whether an opaque call may evaluate the model on other data.
fn hands_on(cx: &Context<'_>) -> bool {
    let models = |given: &Deps| given.overlaps(&cx.cfg.function.models, &cx.cfg.paths) != Some(false);
    cx.cfg.facts.all::<Opaque>().any(|(_, opaque)| models(&opaque.0))
}

/// Whether a loop accumulates into a variable that is named as a training measure.
fn counts_training(cx: &Context<'_>, of: LoopId) -> bool {
    cx.cfg.facts.variables().any(|(path, known)| {
        names_training(cx.cfg.paths.name(path))
            && known.uses.iter().any(|one| {
                matches!(one.kind, UseKind::Add { .. } | UseKind::Set) && cx.site(one.site).loops.contains(&of)
            })
    })
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    fn with(data: &str, counted: &str) -> Vec<(&'static str, usize)> {
        found(
            &format!(
                "fn fit(model: &mut M, train: &L, valid: &L) {{
                    let mut optimizer = Sgd::new(model.parameters(), 0.1);
                    for epoch in 0..10 {{
                        model.train();
                        for batch in train {{
                            let loss = mse_loss(&model.forward(&batch.x), &batch.y);
                            optimizer.zero_grad(); loss.backward(); optimizer.step();
                        }}
                        let mut {counted} = 0.0;
                        let _guard = evaluation(model);
                        for batch in {data} {{
                            {counted} += mse_loss(&model.forward(&batch.x), &batch.y).item();
                        }}
                        println!(\"{{}}\", {counted});
                    }}
                }}"
            ),
            true,
        )
    }

    #[test]
    fn the_training_loader_again() {
        assert_eq!(with("train", "valid_loss"), [("validates_on_training_data", 11)]);
        assert_eq!(with("train.iter()", "total"), [("validates_on_training_data", 11)]);
        assert!(with("valid", "valid_loss").is_empty());
        assert!(with("train", "train_loss").is_empty(), "a measure on the training data");
    }
}
