use super::Context;
use crate::cfg::{Computation, Cut, Root};
use crate::vocabulary::GradientStop;

lint! {
    /// ## What it finds
    ///
    /// A `backward` on a loss, if the loss or one of its terms is the result of an operation without a gradient.
    /// Such operations are a conversion to a plain number (`item()`, `f64::from`), the index of the largest entry (`argmax`), a comparison, and `detach()` on the whole loss.
    ///
    /// ## Why it matters
    ///
    /// `backward` treats a number as a constant, so the number changes the reported loss but no gradient.
    /// This loss does not train the part of the model that computed the number.
    ///
    /// ## Example
    ///
    /// ```text
    /// let policy = policy_loss(&output);
    /// let value = mse_loss(&critic.forward(&state), &returns);
    /// let loss = &policy + value.item();     // a constant: the critic is not trained
    /// loss.backward();
    /// ```
    ///
    /// ## Instead
    ///
    /// Add the tensors, and call `item()` only on values to print.
    ///
    /// ## Limits
    ///
    /// A factor or a divisor (a weight, a norm), a subtracted baseline, a detached term and a target are not reported.
    /// A term is reported only if a model that the function trains computes it in the iteration of
    /// the `backward`.
    loss_without_gradient, Error, "a term of the loss that went through a number or a comparison"
}

fn check(cx: &mut Context<'_>) {
    // A test without an optimizer may demand that a loss has no gradient.
    if cx.cfg.function.is_test && cx.cfg.optimizers.is_empty() {
        return;
    }
    for (_, root) in cx.cfg.facts.all::<Root>() {
        if let Some(cut) = &root.origin.cut {
            whole(cx, root, cut);
        } else if let Some(cut) = &root.origin.term {
            term(cx, root, cut);
        }
    }
}

fn whole(cx: &mut Context<'_>, root: &Root, cut: &Cut) {
    // If an optimizer updates the input itself, the loss trains the input.
    let given = cx.cfg.facts.at::<Computation>(root.site).map(|run| &run.given);
    let owned = cx.cfg.optimizers.iter().filter_map(|optimizer| optimizer.owned.as_ref());
    if owned.into_iter().any(|owned| given.is_some_and(|given| owned.overlaps(given, &cx.cfg.paths) != Some(false))) {
        return;
    }
    if cut.beside_parameter && !cx.is_trained(&cut.models) {
        return;
    }
    let made = match cut.how {
        GradientStop::Number => "makes a plain number, which has no gradient",
        GradientStop::Choice => "makes a choice, which has no gradient",
        GradientStop::Detach => "cuts the graph, so nothing is left to train",
    };
    let message = format!("{} {made}", cx.call(cut.site));
    let note = format!("{} has no other term, so no parameter gets a gradient", cx.call_at(root.site));
    let help = match cut.how {
        GradientStop::Choice => "compute the loss from the output itself; `argmax` and comparisons are for metrics",
        GradientStop::Number => "compute the loss from tensors, and take the number only to print it",
        GradientStop::Detach => "remove `detach()`, or put it on the target",
    };
    let report = cx
        .report_alone(cut.site, message)
        .note_at(root.site, note)
        .note("the loss falls only by chance: it trains nothing")
        .help(help);
    if cut.beside_parameter {
        report.note("the loss's other input, a parameter of the function, is taken for data without a graph").only_warns();
    }
}

fn term(cx: &mut Context<'_>, root: &Root, cut: &Cut) {
    if !cx.is_trained(&cut.models) || !cx.in_one_iteration(cut.site, root.site) {
        return;
    }
    let made = match cut.how {
        GradientStop::Choice => "makes a choice, which has no gradient: to `backward` this term of the loss is a constant",
        _ => "makes a plain number: to `backward` this term of the loss is a constant",
    };
    let message = format!("{} {made}", cx.call(cut.site));
    let note = format!("{} computes no gradient for it", cx.call_at(root.site));
    cx.report_alone(cut.site, message)
        .note_at(root.site, note)
        .note("the term changes the reported loss and trains no parameter")
        .help(match cut.how {
            GradientStop::Choice => "compute the term from the output itself; `argmax` and comparisons are for metrics",
            GradientStop::Number | GradientStop::Detach => "add the tensor itself, and take the number only to print it",
        });
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::with_loss;

    #[test]
    fn numbers_choices_and_detached_losses() {
        for wrong in [
            "Tensor::from(mse_loss(&output, y).item())",
            "cross_entropy(&output.argmax(1), y)",
            "mse_loss(&output.detach(), y)",
            "mse_loss(&output, y).detach()",
            "mse_loss(&output, y) + cross_entropy(&output, z).item()",
            "mse_loss(&output, y) + 0.5 * f64::from(&cross_entropy(&output, z))",
            "mse_loss(&output, y) + l1_loss(&output.argmax(1), z)",
        ] {
            assert_eq!(with_loss(wrong), [("loss_without_gradient", 6)], "{wrong}");
        }
    }

    #[test]
    fn weights_baselines_targets_and_estimators_are_right() {
        for right in [
            "mse_loss(&output, y) * cross_entropy(&output, z).item()",
            "mse_loss(&output, y) / mse_loss(&output, y).item()",
            "(&output * (z - output.item())).mean()",
            "mse_loss(&output, &model.forward(z).detach())",
            "mse_loss(&(&output + (output.round() - &output).detach()), y)",
            "mse_loss(&output, y) + mse_loss(&output, z).detach()",
            "mse_loss(&output, y) + teacher_number(z)",
            "head.forward(&output.detach()).mean()",
            "((z + 0.9 * model.forward(z).item()) - output).square().mean()",
        ] {
            assert!(with_loss(right).is_empty(), "{right}: {:?}", with_loss(right));
        }
    }
}
