use std::collections::BTreeSet;

use super::study::Evaluates;
use super::{Cause, Context};
use crate::cfg::Certain;
use crate::flow::StateSet;

lint! {
    /// ## What it finds
    ///
    /// A loop over validation data whose forward pass records a graph that no `backward` uses.
    ///
    /// ## Why it matters
    ///
    /// The graph keeps every intermediate result of the batch alive.
    /// Evaluation needs about twice the memory and more time, and may run out of memory on batches that fit in training.
    ///
    /// ## Example
    ///
    /// ```text
    /// model.eval();                                           // recording:
    /// for batch in valid {
    ///     let output = model.forward(&batch.input);           // {on}  <- an unused graph
    ///     total += cross_entropy(&output, &batch.target).item();
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Evaluate under the guard `let _evaluation = evaluation(&model);`, which also sets the mode, or under `no_grad(|| ..)`.
    ///
    /// ## Limits
    ///
    /// Checked only in functions that also train the model.
    /// If a function does not train the model, its caller may have switched recording off.
    /// Silent in a library that cannot switch recording off (`candle`, `dfdx`), and in an unknown library if no function of the file switches recording off.
    /// Silent if gradients are read, if the output is detached, or if an opaque call may run `backward`.
    recording_in_evaluation, Warning, "an evaluation that records a graph"
}

fn check(cx: &mut Context<'_>) {
    let function = &cx.cfg.function;
    let can_switch = !function.always_records && (cx.options.annotated || function.knows_recording);
    if function.reads_gradients || !can_switch {
        return;
    }
    let study = cx.study();
    let mut told = BTreeSet::new();
    for forward in study.forwards() {
        let site = forward.visit.site;
        if !forward.is_recorded() || forward.visit.maybe_not_first || cx.cfg.function.detached.may_hold(site) {
            continue;
        }
        let in_eval_mode = forward.mode.and_then(|mode| mode.certainty(StateSet::EVAL)) == Some(Certain::Every);
        let round = match study.evaluates(&forward) {
            Some(Evaluates::Named(Some(round))) => round,
            Some(Evaluates::Quietly(round)) if in_eval_mode => round,
            _ => continue,
        };
        // `evaluation_in_train_mode` reports a model whose type says that it trains.
        if cx.is_of_training_type(&forward) || !told.insert(round) {
            continue;
        }
        let over = study.over(round);
        let model = forward.run.model.map_or("model", |model| cx.cfg.paths.name(model)).to_owned();
        let line = cx.cfg.loops[round].line;
        let message = format!("{} records a graph that no `backward` runs through", cx.call(site));
        cx.report(site, Cause::Alone(site, LINT.name), forward.visit.rank, Certain::Every, message)
            .note(format!("the loop over `{over}` on line {line} only evaluates"))
            .note("the graph keeps every intermediate result alive: evaluation needs as much memory as training")
            .help(format!("write `let _evaluation = evaluation(&{model});` before line {line}, or run it under `no_grad(|| ..)`"));
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

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
                let loss = mse_loss(&model.forward(&batch.x), &batch.y);
                total += loss.item();
            }
        }
    }";

    #[test]
    fn with_and_without_a_graph() {
        assert_eq!(found(LOOP, true), [("recording_in_evaluation", 13)]);
        for right in ["let _off = no_grad_guard(); for batch in valid {", "let _e = evaluation(model); for batch in valid {"] {
            assert!(found(&LOOP.replace("for batch in valid {", right), true).is_empty(), "{right}");
        }
    }

    #[test]
    fn saliency_and_adversarial_examples_are_right() {
        let saliency = LOOP.replace("total += loss.item();", "loss.backward(); show(batch.x.grad());");
        assert_eq!(found(&saliency, true), []);
        assert!(found(&LOOP.replace("total += loss.item();", "let map = gradients_of(&loss, &batch.x);"), true).is_empty());
    }

    #[test]
    fn a_switch_counts_as_far_as_it_reaches() {
        let off = LOOP.replace("model.eval();", "model.eval(); set_grad_enabled(false);").replace("model.train();", "model.train(); set_grad_enabled(true);");
        assert!(found(&off, true).is_empty());
    }
}
