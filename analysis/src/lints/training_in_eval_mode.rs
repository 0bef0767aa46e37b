use super::runs::{Forward, Study};
use super::{Cause, Context};
use crate::cfg::Certain;
use crate::flow::StateSet;

lint! {
    /// ## What it finds
    ///
    /// A forward whose loss trains the model, in evaluation mode: `eval()` ran, mostly at the end of the previous epoch, and `train()` did not come back.
    ///
    /// ## Why it matters
    ///
    /// Dropout drops nothing and batch normalisation uses old statistics instead of gathering new ones, so the model is trained as another one than was meant, and in silence: the loss even looks better.
    ///
    /// ## Example
    ///
    /// ```text
    /// model.train();                                          // mode:
    /// for epoch in 0..epochs {
    ///     for batch in train {
    ///         let output = model.forward(&batch.input);       // {train}  later rounds {eval}  <- from the second epoch on
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
    /// Call `model.train()` at the head of each epoch, or evaluate under `let _evaluation = evaluation(&model);`, which gives the mode back at the end of its scope.
    ///
    /// ## Limits
    ///
    /// Silent for a model that no optimizer of the function moves as a whole (a frozen part, a teacher), for a model whose parts are in different modes, and where the model was handed to a function that may set its mode.
    training_in_eval_mode, Error, "the model is trained in evaluation mode"
}

fn check(cx: &mut Context<'_>) {
    let study = Study::of(cx);
    for forward in study.forwards() {
        let trains = study.training.contains(&forward.visit.site);
        if forward.visit.maybe_not_first || !forward.is_recorded() || !trains {
            continue;
        }
        match forward.run.told {
            Some(true) => {}
            Some(false) => told_so(cx, &forward),
            None => {
                let certain = forward.mode.and_then(|mode| mode.certainty(StateSet::EVAL));
                // Where a condition decides whether it trains, it may decide the mode as well.
                let always = study.always_training.contains(&forward.visit.site);
                if let Some(certain) = certain.filter(|certain| always || *certain == Certain::Every) {
                    tell(cx, &forward, certain);
                }
            }
        }
    }
}

fn tell(cx: &mut Context<'_>, forward: &Forward<'_>, certain: Certain) {
    let site = forward.visit.site;
    let Some(switched) = forward.mode.and_then(|mode| mode.by(StateSet::EVAL)) else { return };
    let model = forward.run.model.map_or("model", |model| cx.cfg.paths.name(model));
    let when = cx.when(switched, site);
    let note = format!("{when}{} switched the mode; no `{model}.train()` runs in between", cx.call_at(switched));
    let help = if cx.of_spec() {
        format!("remove {} from the block: the loop switches the mode itself", cx.call(switched))
    } else {
        format!("call `{model}.train();` before line {}", cx.line_before(site, switched))
    };
    let message = format!("{} trains `{model}` in evaluation mode", cx.call(site));
    // One switch too few is one fault, however many forwards follow it.
    let paths = cx.when_not_always(&forward.visit, StateSet::EVAL.bits());
    cx.report(site, Cause::Alone(switched, LINT.name), forward.visit.rank, certain, message)
        .when(paths)
        .note_at(switched, note)
        .note("dropout drops nothing and batch statistics are not gathered: another model is trained than was meant")
        .help(help);
}

fn told_so(cx: &mut Context<'_>, forward: &Forward<'_>) {
    let site = forward.visit.site;
    let message = format!("{} trains the model and is told not to", cx.call(site));
    cx.report(site, Cause::Alone(site, LINT.name), forward.visit.rank, Certain::Every, message)
        .note("with `false` dropout drops nothing and batch statistics are not gathered")
        .help("pass `true` where the loss is run backward")
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
        assert!(all.contains("in the previous round of the loop, `model.eval()` on line 11 switched the mode"), "{all}");
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
