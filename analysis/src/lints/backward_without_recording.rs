use std::collections::BTreeMap;

use super::{Cause, Context};
use crate::cfg::{Certain, Computation};
use crate::flow::Observed;
use crate::stage::{Effect, Stage};

lint! {
    /// ## What it finds
    ///
    /// A `backward` on a loss whose forward passes all ran with graph recording off.
    /// Recording is off in a `no_grad` closure, under a guard, or after a call that switches recording off.
    ///
    /// ## Why it matters
    ///
    /// The loss has no graph, so `backward` panics, or the gradients stay empty and nothing is trained.
    ///
    /// ## Example
    ///
    /// ```text
    /// for batch in train {                                              // recording:
    ///     optimizer.zero_grad();
    ///     let output = no_grad(|| model.forward(&batch.input));         // {off}
    ///     let loss = cross_entropy(&output, &batch.target);
    ///     loss.backward();                                              // <- no graph leads to the model
    ///     optimizer.step();
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Run the forward pass outside of `no_grad`.
    /// If a guard or a call switched recording off, drop the guard or switch recording on before the forward pass.
    ///
    /// ## Limits
    ///
    /// Silent if a part of the loss is or may be recorded, such as another forward pass, a tensor of unknown origin or a parameter used directly.
    backward_without_recording, Error, "`backward` on a loss that was computed under `no_grad`"
}

fn check(cx: &mut Context<'_>) {
    let study = cx.study();
    let mut ranks = BTreeMap::new();
    for visit in &cx.solution.visits {
        if matches!(visit.what, Observed::Effect(_, Effect::Fill, _) | Observed::Backward(..)) {
            ranks.entry(visit.site).or_insert(visit.rank);
        }
    }
    for (site, run) in cx.backwards() {
        let behind = &run.past.computed;
        if behind.is_unknown() || run.past.open {
            continue;
        }
        let mut forwards = behind.known().iter().copied().filter(|site| {
            cx.cfg.facts.at::<Computation>(*site).is_some_and(|run| run.stage == Stage::Forward)
        });
        let Some(first) = forwards.clone().next() else { continue };
        if !forwards.all(|forward| study.is_off(forward)) {
            continue;
        }
        let Some(&rank) = ranks.get(&site) else { continue };
        let line = cx.line(first);
        let note = format!("{} ran with recording off", cx.call_at(first));
        let message = format!("{} finds no graph: the forward pass of its loss was not recorded", cx.call(site));
        cx.report(site, Cause::Alone(site, LINT.name), rank, Certain::Every, message)
            .note_at(first, note)
            .note("no gradient reaches the model, so it is not trained")
            .help(format!("run line {line} with recording on, outside of `no_grad`"));
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::in_loop;

    #[test]
    fn closure_guard_and_switch() {
        for off in [
            "let output = no_grad(|| model.forward(x));\n let loss = mse_loss(&output, y);",
            "let loss = no_grad(|| {\n mse_loss(&model.forward(x), y) });",
            "let _off = no_grad_guard();\n let loss = mse_loss(&model.forward(x), y);",
            "set_grad_enabled(false);\n let loss = mse_loss(&model.forward(x), y);",
        ] {
            let body = format!("optimizer.zero_grad(); {off} loss.backward(); optimizer.step();");
            assert_eq!(in_loop(&body), [("backward_without_recording", 6)], "{off}");
        }
    }

    #[test]
    fn a_part_that_was_recorded_is_enough() {
        for on in [
            "let loss = mse_loss(&model.forward(x), &no_grad(|| teacher.forward(x)));",
            "let head = Parameter::new(Tensor::ones(&[2])); let loss = mse_loss(&(no_grad(|| body.forward(x)).matmul(&head)), y);",
            "set_grad_enabled(false); let seen = mse_loss(&model.forward(x), y); set_grad_enabled(true); let loss = mse_loss(&model.forward(x), y);",
            "let loss = no_grad(|| enable_grad(|| mse_loss(&model.forward(x), y)));",
            "{ let _off = no_grad_guard(); see(model.forward(x)); } let loss = mse_loss(&model.forward(x), y);",
        ] {
            let body = format!("optimizer.zero_grad(); {on} loss.backward(); optimizer.step();");
            assert!(in_loop(&body).is_empty(), "{on}: {:?}", in_loop(&body));
        }
    }
}
