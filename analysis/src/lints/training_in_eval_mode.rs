use super::study::Forward;
use super::{Cause, Context};
use crate::cfg::Certain;
use crate::flow::StateSet;

lint! {
    /// ## What it finds
    ///
    /// A forward pass of a model in evaluation mode, if a `backward` and a `step` train the model on this pass.
    /// Typically `eval()` runs at the end of an epoch, and `train()` does not run before the next epoch.
    ///
    /// ## Why it matters
    ///
    /// Dropout is off, and batch norm uses its old statistics instead of updating them, so a different model is trained.
    /// The fault is silent: the loss even looks better.
    ///
    /// ## Example
    ///
    /// ```text
    /// model.train();                                          // mode:
    /// for epoch in 0..epochs {
    ///     for batch in train {
    ///         let output = model.forward(&batch.input);       // {train}  later iterations {eval}  <- from the second epoch on
    ///         let loss = cross_entropy(&output, &batch.target);
    ///         optimizer.zero_grad();
    ///         loss.backward();
    ///         optimizer.step();
    ///     }
    ///     model.eval();                                       // {eval}
    ///     validate(&model, valid);
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Call `model.train()` at the start of each epoch, or evaluate under the guard `let _evaluation = evaluation(&model);`, which restores the mode at the end of its scope.
    ///
    /// ## Limits
    ///
    /// Silent if:
    ///
    /// - no optimizer of the function updates the whole model (a frozen part, a teacher, a fixed network after the trained model),
    /// - parts of the model are in different modes,
    /// - the model is passed to a function that may set its mode.
    training_in_eval_mode, Error, "the model is trained in evaluation mode"
}

fn check(cx: &mut Context<'_>) {
    let study = cx.study();
    for forward in study.forwards() {
        let trains = study.training.contains(&forward.visit.site);
        if forward.visit.maybe_not_first || !forward.is_recorded() || !trains {
            continue;
        }
        match forward.run.told {
            Some(true) => {}
            Some(false) => report_mode_argument(cx, &forward),
            None => {
                let certain = forward.mode.and_then(|mode| mode.certainty(StateSet::EVAL));
                // A condition that decides whether to train may also set the mode.
                let always = study.always_training.contains(&forward.visit.site);
                if let Some(certain) = certain.filter(|certain| always || *certain == Certain::Every) {
                    report_finding(cx, &forward, certain);
                }
            }
        }
    }
}

fn report_finding(cx: &mut Context<'_>, forward: &Forward<'_>, certain: Certain) {
    let site = forward.visit.site;
    let Some(switched) = forward.mode.and_then(|mode| mode.by(StateSet::EVAL)) else { return };
    let model = forward.run.model.map_or("model", |model| cx.cfg.paths.name(model));
    let when = cx.when(switched, site);
    let note = format!("{when}{} set the mode; no `{model}.train()` runs in between", cx.call_at(switched));
    let help = if cx.of_spec() {
        format!("remove {} from the block: the loop sets the mode itself", cx.call(switched))
    } else {
        format!("call `{model}.train();` before line {}", cx.line_before(site, switched))
    };
    let message = format!("{} trains `{model}` in evaluation mode", cx.call(site));
    // A missing `train()` is reported once, for any number of forward passes after it.
    let paths = cx.when_not_always(&forward.visit, StateSet::EVAL.bits());
    cx.report(site, Cause::Alone(switched, LINT.name), forward.visit.rank, certain, message)
        .when(paths)
        .note_at(switched, note)
        .note("dropout is off and batch-norm statistics are frozen during training")
        .help(help);
}

fn report_mode_argument(cx: &mut Context<'_>, forward: &Forward<'_>) {
    let site = forward.visit.site;
    let message = format!("{} trains the model with its mode argument set to evaluation", cx.call(site));
    cx.report(site, Cause::Alone(site, LINT.name), forward.visit.rank, Certain::Every, message)
        .note("with `false` dropout is off and batch-norm statistics are frozen")
        .help("pass `true` for a loss with a `backward`")
        .only_warns();
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
            let total = no_grad(|| evaluate_all(valid));
        }
    }";

    #[test]
    fn train_comes_back_or_it_does_not() {
        assert!(found(LOOP, true).is_empty());
        let broken = LOOP.replace("model.train();", "");
        assert_eq!(found(&broken, true), [("training_in_eval_mode", 7)]);
        let all = messages(&broken, true);
        assert!(all.contains("in the previous iteration, `model.eval()` on line 11 set the mode"), "{all}");
        assert!(all.contains("call `model.train();` before line 5"), "{all}");
    }

    #[test]
    fn every_few_epochs_is_a_maybe() {
        let some = LOOP.replace("model.train();", "").replace("model.eval();", "if epoch % 5 == 0 { model.eval(); }");
        let all = messages(&some, true);
        assert!(all.starts_with("training_in_eval_mode") && all.contains("on some path"), "{all}");
    }

    #[test]
    fn a_guard_gives_the_mode_back() {
        let guarded = LOOP.replace("model.train();", "").replace("model.eval();", "let _evaluation = evaluation(model);");
        assert!(found(&guarded, true).is_empty());
        let early = LOOP
            .replace("model.train();", "")
            .replace("model.eval();", "for batch in valid { let _evaluation = evaluation(model); if batch.last { break; } }");
        assert!(found(&early, true).is_empty());
    }

    #[test]
    fn frozen_parts_and_other_models_are_right() {
        let frozen = LOOP.replace("for batch in train {", "for batch in train { model.encoder.eval();");
        assert!(found(&frozen, true).is_empty());
        let teacher = LOOP.replace("let loss = mse_loss(&model.forward(&batch.x), &batch.y);", "let loss = mse_loss(&model.forward(&batch.x), &teacher.forward(&batch.x));")
            .replace("valid: &L)", "valid: &L, teacher: &mut Net)")
            .replace("for epoch", "teacher.eval(); for epoch");
        assert!(found(&teacher, true).is_empty());
        assert!(found(&LOOP.replace("model.train();", "prepare_training(model);"), true).is_empty());
    }
}
