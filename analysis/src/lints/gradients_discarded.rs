use super::Context;
use crate::cfg::{Certain, ConditionKind};
use crate::flow::GradientStates;
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A `zero_grad` between `backward` and `step`: the step runs on gradients that were just discarded.
    ///
    /// ## Why it matters
    ///
    /// No step ever uses a gradient, so nothing is trained.
    /// Only momentum and weight decay still change the parameters.
    /// cloneofsimo/lora (issue 263) had this fault.
    ///
    /// ## Example
    ///
    /// ```text
    /// for batch in train {                                    // gradients:
    ///     let output = model.forward(&batch.input);
    ///     let loss = cross_entropy(&output, &batch.target);
    ///     loss.backward();                                    // {filled}
    ///     optimizer.zero_grad();                              // {discarded}  <-
    ///     optimizer.step();                                   // {used}
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Call `zero_grad` before `backward`, or after `step`.
    ///
    /// ## Limits
    ///
    /// Silent if no `step` follows, because discarding gradients on purpose is correct, as in `if !loss.item().is_finite() { optimizer.zero_grad(); continue; }`.
    gradients_discarded, Error, "`zero_grad` between `backward` and `step`"
}

fn check(cx: &mut Context<'_>) {
    for fault in cx.faults(Effect::Take) {
        let provenance = fault.gradients.provenance(GradientStates::DISCARDED);
        let (Some(zero), Some(backward)) = (provenance.zeroed, provenance.filled) else { continue };
        // A hook cannot skip the step of a batch, so it zeroes the gradients instead.
        let drops = || cx.site(zero).guards.iter().any(|(guard, _)| matches!(cx.cfg.guards[*guard].kind, ConditionKind::Measured));
        let meant = cx.of_spec() && fault.certain == Certain::Some && drops();
        if fault.state != GradientStates::DISCARDED || meant {
            continue;
        }
        let step = fault.visit.site;
        let filled = format!("{}{} computed them", cx.when(backward, zero), cx.call_at(backward));
        let taken = format!("{} then has no gradients to use", cx.call_at(step));
        let help = if cx.of_spec() {
            "put `zero_grad` before `backward`, or after `step`".to_owned()
        } else {
            let text = &cx.site(cx.in_common_function(zero, step)).text;
            let (before, after) = (cx.line(cx.in_common_function(backward, zero)), cx.line(cx.in_common_function(step, zero)));
            format!("move `{text};` to before line {before}, or to after line {after}")
        };
        let message = format!("{} discards the gradients that {} was to use", cx.call(zero), cx.call(step));
        cx.report_fault(&fault, zero, message)
            .note_at(backward, filled)
            .note_at(step, taken)
            .note("no step uses the gradients of the batch, so nothing is trained")
            .help(help);
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::in_loop;

    #[test]
    fn between_and_elsewhere() {
        let body = "let loss = f(&model.forward(x));\n loss.backward();\n optimizer.zero_grad();\n optimizer.step();";
        assert_eq!(in_loop(body), [("gradients_discarded", 7)]);
        let dropped = "let loss = f(&model.forward(x));\n loss.backward();\n if bad(&loss) { optimizer.zero_grad(); continue; }\n optimizer.step(); optimizer.zero_grad();";
        assert!(in_loop(dropped).is_empty());
    }
}
