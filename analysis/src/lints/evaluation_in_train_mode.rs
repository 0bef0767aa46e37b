use std::collections::BTreeSet;

use super::study::{Evaluates, Forward, Study};
use super::{Cause, Context};
use crate::cfg::{Action, Certain, Mark, PathId, SiteId};
use crate::flow::StateSet;
use crate::stage::Stage;
use crate::vocabulary::{CallEffect, Vocabularies};

lint! {
    /// ## What it finds
    ///
    /// An evaluation pass while the trained model is in training mode.
    /// A forward pass counts as evaluation if graph recording is off, or if a loop over validation
    /// data contains the forward pass and no `backward`.
    ///
    /// The lint also finds a forward pass on evaluation data if the argument for the mode is
    /// `true` (`forward_t(&x, true)`).
    /// In `burn`, it finds an evaluation that runs the trained model, or of a clone of it, instead of the copy
    /// `model.valid()`.
    ///
    /// ## Why it matters
    ///
    /// Dropout is active, and batch norm uses and stores the statistics of the validation batches.
    /// The measures are worse than the measures of the model in evaluation mode, and they vary from run to run.
    /// Batch norm also leaks the validation data into the model.
    ///
    /// ## Example
    ///
    /// ```text
    /// for epoch in 0..epochs {                                // mode:
    ///     model.train();                                      // {train}
    ///     for batch in train { /* forward, backward, step */ }
    ///     for batch in valid {
    ///         let output = no_grad(|| model.forward(&batch.input));   // {train}  <- dropout is active
    ///         correct += accuracy(&output, &batch.target);
    ///     }
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Evaluate under the guard `let _evaluation = evaluation(&model);`, or call `model.eval()` before the loop and `model.train()` after the loop.
    ///
    /// ## Limits
    ///
    /// An argument for the mode is checked only if it is a literal.
    /// A missing `valid()` is found only if the same function trains and evaluates; outside of a loop over other data, only if some function of the file calls `valid()`.
    /// A forward pass without an argument for the mode is checked only if the function sets the
    /// mode of the model somewhere.
    /// Silent if the model's type is in the same file and has only layers that do not depend on the mode.
    /// Outside of a loop over validation data, a forward pass counts as evaluation only if recording is off, if `train()` set the mode, and if a call such as `save_image` or `println!` gets the output.
    /// The finding is then a warning.
    /// A forward pass without recording may have another purpose: to choose actions, compute targets or collect statistics.
    /// The lint is therefore silent if the loop has a `backward`, or if it iterates over the training data again.
    /// It is also silent if the loop computes no loss and the name of its data does not suggest evaluation.
    /// Silent if `train()` is called between the training loop and the forward pass, because this call is taken as intended.
    evaluation_in_train_mode, Error, "the model is evaluated in training mode"
}

fn check(cx: &mut Context<'_>) {
    let study = cx.study();
    let known: BTreeSet<PathId> = cx
        .cfg
        .events()
        .filter(|(_, event)| matches!(cx.site(event.site).stage, Some(Stage::TrainMode | Stage::EvalMode | Stage::Step)))
        .filter_map(|(_, event)| match event.action {
            Action::Mode(path, _) => Some(path),
            _ => None,
        })
        .collect();
    // If the function sets the mode of a model somewhere, the model depends on the mode.
    let knows_a_mode = |model: PathId| known.iter().any(|&path| cx.cfg.paths.overlap(path, model));
    let mut found = Vec::new();
    for forward in study.forwards() {
        if forward.visit.maybe_not_first || is_same_in_every_mode(cx, &forward) {
            continue;
        }
        let Some(kind) = study.evaluates(&forward) else { continue };
        let by_type = cx.is_of_training_type(&forward);
        let mode = forward.mode.and_then(|mode| mode.certainty(StateSet::TRAIN));
        let mode = if by_type { Some(Certain::Every) } else { mode };
        match (forward.run.told, mode) {
            (Some(true), _) => found.push((forward, kind, None)),
            (None, Some(certain)) => {
                let set = forward.run.model.is_some_and(knows_a_mode) && !is_meant(cx, &forward, &study.training);
                let shown = matches!(kind, Evaluates::Shown(_));
                let switched = certain == Certain::Every && switched_on(cx, &forward).is_some();
                if by_type || set && (!shown || switched) {
                    found.push((forward, kind, Some(certain)));
                }
            }
            (Some(false), _) | (None, None) => {}
        }
    }
    for (forward, kind, certain) in found {
        match certain {
            Some(certain) => report_finding(cx, &study, &forward, kind, certain),
            None => report_argument(cx, &study, &forward, kind),
        }
    }
}

/// Whether the output of a forward pass certainly does not depend on the mode of the model.
fn is_same_in_every_mode(cx: &Context<'_>, forward: &Forward<'_>) -> bool {
    cx.cfg.facts.is(forward.visit.site, Mark::SameInEveryMode)
}

/// The call of `train()` that put the model of a forward pass into training mode.
fn switched_on(cx: &Context<'_>, forward: &Forward<'_>) -> Option<SiteId> {
    let by = forward.mode.and_then(|mode| mode.by(StateSet::TRAIN))?;
    (cx.site(by).stage == Some(Stage::TrainMode)).then_some(by)
}

/// Reports an evaluation whose argument for the mode is the literal `true`.
fn report_argument(cx: &mut Context<'_>, study: &Study<'_>, forward: &Forward<'_>, kind: Evaluates) {
    let site = forward.visit.site;
    let sure = cx.cfg.facts.is(site, Mark::ModeArgument);
    let named = match kind {
        Evaluates::Named(round) => forward.is_recorded() || round.is_some(),
        Evaluates::Quietly(_) | Evaluates::Shown(_) => false,
    };
    if !forward.is_unrecorded() && !named {
        return;
    }
    let message = format!("{} evaluates in training mode, {}", cx.call(site), purpose(cx, study, kind));
    let cause = Cause::Alone(kind.data_loop().and_then(|round| study.first_in(round)).unwrap_or(site), LINT.name);
    let report = cx.report(site, cause, forward.visit.rank, Certain::Every, message).note(HARM);
    let report = report.help("pass `false` for the mode");
    if !sure {
        report.note("the argument `true` is taken for the mode of the layers").only_warns();
    } else if !forward.is_unrecorded() {
        report.only_warns();
    }
}

/// The purpose of an evaluation, as the end of a message.
fn purpose(cx: &Context<'_>, study: &Study<'_>, kind: Evaluates) -> String {
    match kind {
        Evaluates::Named(Some(round)) | Evaluates::Quietly(round) => format!("in the loop over `{}`", study.over(round)),
        Evaluates::Named(None) => "on data outside the training set".to_owned(),
        Evaluates::Shown(Some(by)) => format!("for {}", cx.call(by)),
        Evaluates::Shown(None) => "for printed text".to_owned(),
    }
}

/// The consequence of an evaluation in training mode, for messages.
const HARM: &str = "dropout is active and batch-norm statistics follow this data: the measures are not those of the model";

/// Whether `train()` is called between the training loop and this forward pass.
fn is_meant(cx: &Context<'_>, forward: &Forward<'_>, training: &BTreeSet<SiteId>) -> bool {
    let Some(switched) = forward.mode.and_then(|mode| mode.by(StateSet::TRAIN)) else { return false };
    let called = cx.site(switched).stage == Some(Stage::TrainMode);
    called && training.iter().any(|&site| cx.order(site) < cx.order(switched)) && cx.order(switched) < cx.order(forward.visit.site)
}

fn report_finding(cx: &mut Context<'_>, study: &Study<'_>, forward: &Forward<'_>, kind: Evaluates, certain: Certain) {
    let (site, off) = (forward.visit.site, forward.is_unrecorded());
    let by = forward.mode.and_then(|mode| mode.by(StateSet::TRAIN));
    let by_type = cx.is_of_training_type(forward);
    let named = match kind {
        // Without a loop over other data, the file must speak of the two kinds of models.
        Evaluates::Named(round) => by_type && cx.options.takes_inner || round.is_some(),
        Evaluates::Quietly(_) | Evaluates::Shown(_) => false,
    };
    if !off && (!forward.is_recorded() || !named) {
        return;
    }
    let model = forward.run.model.map_or("model", |model| cx.cfg.paths.name(model));
    let line = match kind.data_loop() {
        Some(round) => cx.cfg.loops[round].line,
        None => cx.line(site),
    };
    let what = purpose(cx, study, kind);
    let note = match by {
        _ if by_type => cx.updated_model(forward).and_then(|model| cx.cfg.updated_at(model)).map(|by| {
            (by, format!("{} trains it, so it is a model with gradients", cx.call_at(by)))
        }),
        Some(by) if cx.site(by).stage == Some(Stage::TrainMode) => {
            Some((by, format!("{} set it; no `{model}.eval()` runs in between", cx.call_at(by))))
        }
        Some(by) => Some((by, format!("{} built it in training mode; no `{model}.eval()` runs in between", cx.call_at(by)))),
        None => None,
    };
    let help = match dropped_guard(cx, site) {
        _ if by_type => format!("evaluate `{model}.valid()`"),
        Some(guard) => format!(
            "the guard of {} is dropped at once: write `let _evaluation = {};`",
            cx.call_at(guard),
            cx.site(guard).text
        ),
        None => format!("write `let _evaluation = evaluation(&{model});` before line {line}, in a block of its own"),
    };
    let message = format!("{} evaluates `{model}` in training mode, {what}", cx.call(site));
    let cause = Cause::Alone(kind.data_loop().and_then(|round| study.first_in(round)).unwrap_or(site), LINT.name);
    let mut report = cx.report(site, cause, forward.visit.rank, certain, message);
    if let Some((by, note)) = note {
        report = report.note_at(by, note);
    }
    let report = report
        .note(HARM)
        .help(help);
    let report = match kind {
        Evaluates::Named(_) | Evaluates::Quietly(_) => report,
        Evaluates::Shown(_) => {
            report.note(format!("`{model}` is taken to have layers that depend on the mode, such as dropout"))
        }
    };
    if !off || !matches!(kind, Evaluates::Named(_)) {
        report.only_warns();
    }
}

/// The effect of `evaluation(&model)`.
const EVALUATION: Option<CallEffect> = Some(CallEffect::Mode(Stage::EvalMode));

/// The call of `evaluation(..)` whose guard is dropped before this forward pass, as in
/// `let _ = evaluation(&model);`.
fn dropped_guard(cx: &Context<'_>, forward: SiteId) -> Option<SiteId> {
    let sites = || (0..cx.cfg.sites.len()).filter(|&site| cx.order(site) < cx.order(forward));
    let is_guard = |&site: &SiteId| {
        let site = cx.site(site);
        site.stage == Some(Stage::EvalMode) && site.callee.iter().any(|name| Vocabularies::ALL.function(name) == EVALUATION)
    };
    let guard = sites().filter(is_guard).max_by_key(|&site| cx.order(site))?;
    let between = |site: SiteId| cx.order(guard) < cx.order(site);
    (!sites().any(|site| between(site) && cx.site(site).stage == Some(Stage::Forward))).then_some(guard)
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{found, messages};

    const LOOP: &str = "fn fit(model: &mut Net, train: &L, valid: &L) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..10 {
            model.train();
            for batch in train {
                optimizer.zero_grad();
                let loss = mse_loss(&model.forward(&batch.x), &batch.y);
                loss.backward();
                optimizer.step();
            }
            model.eval();
            for batch in valid {
                let loss = no_grad(|| mse_loss(&model.forward(&batch.x), &batch.y));
                total += loss.item();
            }
        }
    }";

    #[test]
    fn under_no_grad_it_is_an_error() {
        assert!(found(LOOP, true).is_empty());
        let broken = LOOP.replace("model.eval();", "");
        assert_eq!(found(&broken, true), [("evaluation_in_train_mode", 13)]);
        let all = messages(&broken, true);
        assert!(all.contains("`model.train()` on line 4 set it"), "{all}");
    }

    #[test]
    fn guards_are_evaluation() {
        let guarded = LOOP.replace("model.eval();", "let _evaluation = evaluation(model);").replace("no_grad(|| mse_loss(&model.forward(&batch.x), &batch.y))", "mse_loss(&model.forward(&batch.x), &batch.y)");
        assert!(found(&guarded, true).is_empty());
        let gone = guarded.replace("let _evaluation = evaluation(model);", "");
        assert_eq!(found(&gone, true), [("evaluation_in_train_mode", 13)]);
        let help = "the guard of `evaluation(model)` on line 11 is dropped at once: write `let _evaluation = evaluation(model);`";
        for lost in ["let _ = evaluation(model);", "evaluation(model);", "{ let _guard = evaluation(model); }"] {
            let said = messages(&guarded.replace("let _evaluation = evaluation(model);", lost), true);
            assert!(said.contains(help), "{lost}: {said}");
        }
        assert!(!messages(&gone, true).contains("is dropped at once"));
    }

    #[test]
    fn who_never_speaks_of_a_mode_has_none() {
        let plain = LOOP.replace("model.eval();", "").replace("model.train();", "");
        assert!(found(&plain, true).is_empty());
    }

    #[test]
    fn rollouts_targets_and_statistics_are_no_evaluation() {
        let rollout = LOOP.replace("model.eval();", "").replace("for batch in valid {", "while !env.done() {").replace(
            "let loss = no_grad(|| mse_loss(&model.forward(&batch.x), &batch.y));\n                total += loss.item();",
            "let action = no_grad(|| model.forward(&state)).argmax(); state = env.act(action);",
        );
        assert!(found(&rollout, true).is_empty(), "{:?}", found(&rollout, true));
        let statistics = LOOP.replace("model.eval();", "").replace("in valid {", "in train {");
        assert!(!found(&statistics, true).iter().any(|(lint, _)| *lint == "evaluation_in_train_mode"));
        let dropout = LOOP.replace("model.eval();", "model.train();");
        assert!(found(&dropout, true).is_empty());
    }
}
