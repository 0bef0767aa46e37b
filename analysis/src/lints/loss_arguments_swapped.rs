use super::Context;
use crate::cfg::{LossCall, Source};
use crate::vocabulary::Op;

lint! {
    /// ## What it finds
    ///
    /// A call of an asymmetric loss with the target as the first argument and the model's output as the second argument.
    ///
    /// ## Why it matters
    ///
    /// The loss uses the labels as scores and the output as labels.
    /// If the types allow the call, training runs, but the gradient does not move the output towards the labels.
    ///
    /// ## Example
    ///
    /// ```text
    /// for batch in train {
    ///     let output = model.forward(&batch.input);
    ///     let loss = cross_entropy(&batch.target, &output);   // the output comes first
    /// ```
    ///
    /// ## Instead
    ///
    /// Write the output first: `cross_entropy(&output, &batch.target)`.
    ///
    /// ## Limits
    ///
    /// Found only if the first argument comes from the loop's data alone and the second argument comes from a forward pass.
    /// Symmetric losses (`mse_loss`, `l1_loss`, `huber_loss`) are correct in either order.
    /// Libraries disagree about `kl_div`, so it is checked only if the second argument is a `log_softmax`.
    loss_arguments_swapped, Error, "the target is the loss's first argument"
}

fn check(cx: &mut Context<'_>) {
    for (_, call) in cx.cfg.facts.all::<LossCall>() {
        if !is_swapped(call) {
            continue;
        }
        let (first, second) = (&call.output.text, &call.target.text);
        let message = format!("{} gets the target first", cx.call(call.site));
        let note = format!("`{first}` comes from the loop's data, and `{second}` from the model");
        let name = call.loss.name;
        let help = if call.by_name {
            format!("write the output first: `{name}(&{second}, &{first})`")
        } else {
            format!("write the output first, then `{first}`")
        };
        let effect = "the loss takes the target for the output, so its gradient does not lead to the target";
        cx.report_alone(call.site, message).note(note).note(effect).help(help);
    }
}

fn is_swapped(call: &LossCall) -> bool {
    let (first, second) = (&call.output.origin, &call.target.origin);
    let surely = call.loss.one_order || matches!(second.last, Some((Op::LogSoftmax, _)));
    let from_model = second.source == Source::Computed && !second.forwards.is_empty() && second.cut.is_none();
    !call.loss.symmetric && surely && first.is_data() && from_model
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::with_loss;

    #[test]
    fn the_data_come_second() {
        assert_eq!(with_loss("cross_entropy(y, &output)"), [("loss_arguments_swapped", 6)]);
        assert_eq!(with_loss("bce_loss(&y.clone(), &output.sigmoid())"), [("loss_arguments_swapped", 6)]);
        assert_eq!(with_loss("kl_div(y, &output.log_softmax(1))"), [("loss_arguments_swapped", 6)]);
        for right in [
            "cross_entropy(&output, y)",
            "mse_loss(y, &output)",
            "kl_div(y, &output)",
            "my_loss(y, &output)",
            "cross_entropy(&encode(y, k), &output)",
            "cross_entropy(&embed.forward(y), &output)",
        ] {
            let found = with_loss(right);
            assert!(right.contains("encode") || found.is_empty(), "{right}: {found:?}");
        }
    }
}
