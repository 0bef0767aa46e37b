use crate::cfg::{LossCall};
use super::Context;
use crate::vocabulary::{LossInput, Op};

lint! {
    /// ## What it finds
    ///
    /// Probabilities passed to a loss that expects logits or log-probabilities.
    /// Examples are the output of `softmax` passed to a cross entropy of logits, the output of `sigmoid` passed to a binary cross entropy with logits, and probabilities passed to `nll_loss`.
    ///
    /// ## Why it matters
    ///
    /// The loss applies its own softmax to numbers between 0 and 1, so the result is almost uniform.
    /// With ten classes even a perfect prediction has a loss of 1.46.
    /// The gradients are small where the model is most wrong, so training is slower and ends with a worse model.
    /// Transformer-GCN-QA (bowang-lab/Transformer-GCN-QA#32) had this fault, with the softmax in the model's `forward`.
    ///
    /// ## Example
    ///
    /// ```text
    /// let output = model.forward(&batch.input).softmax(1);   // probabilities
    /// let loss = cross_entropy(&output, &batch.target);      // takes logits: softmax twice
    /// ```
    ///
    /// ## Instead
    ///
    /// Pass the logits to the loss, and apply `softmax` only where probabilities are shown or counted.
    /// With `nll_loss` use `log_softmax`.
    ///
    /// ## Limits
    ///
    /// Checked only for known losses that take logits or log-probabilities, not for loss functions of your own.
    /// A softmax at the end of a model's own `forward` is found if the `forward` is in the same file.
    /// `log_softmax` before a cross entropy is harmless and is not reported.
    double_softmax, Error, "softmax output into a loss that takes logits"
}

fn check(cx: &mut Context<'_>) {
    for (_, call) in cx.cfg.facts.all::<LossCall>() {
        let Some((op, made)) = call.output.origin.last else { continue };
        let (made_of, takes, effect, instead) = match (call.loss.takes, op) {
            (LossInput::Logits, Op::Softmax) => (
                "probabilities",
                "logits",
                "softmax is applied twice: the loss stays high for correct predictions, and its gradients are small",
                "pass the logits to the loss, without `softmax`",
            ),
            (LossInput::EntryLogits, Op::Sigmoid | Op::Softmax) => (
                "probabilities",
                "logits",
                "the loss applies its own sigmoid: its probabilities are between 0.5 and 0.73 for every output",
                if op == Op::Sigmoid {
                    "pass the logits to the loss, without `sigmoid`"
                } else {
                    "pass the logits to the loss, without `softmax`"
                },
            ),
            (LossInput::LogProbabilities, Op::Softmax) => (
                "probabilities",
                "logarithms of probabilities",
                "the loss is not a likelihood: its gradient vanishes where the model is most wrong",
                "call `log_softmax` instead of `softmax`",
            ),
            (LossInput::EntryLogits, Op::LogSigmoid | Op::LogSoftmax) => (
                "logarithms of probabilities",
                "logits",
                "the loss applies its own sigmoid: its probabilities are below 0.5 for every output",
                "pass the logits to the loss",
            ),
            _ => continue,
        };
        let message = format!("{} takes {takes}, and gets {made_of}", cx.call(call.site));
        let note = format!("{} made them", cx.call_at(made));
        cx.report_alone(call.site, message).note_at(made, note).note(effect).help(instead);
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::in_loop;

    fn with(output: &str, loss: &str) -> Vec<(&'static str, usize)> {
        in_loop(&format!(
            "let output = {output};\nlet loss = {loss};\n optimizer.zero_grad(); loss.backward(); optimizer.step();"
        ))
    }

    #[test]
    fn what_a_loss_takes_decides() {
        let cases = [
            ("softmax(1)", "cross_entropy(&output, y)", true),
            ("softmax(1).reshape(&[4, 10])", "cross_entropy(&output, y)", true),
            ("softmax(1)", "nll_loss(&output, y)", true),
            ("sigmoid()", "bce_with_logits_loss(&output, y)", true),
            ("sigmoid()", "bce_loss(&output, y)", false),
            ("log_softmax(1)", "nll_loss(&output, y)", false),
            ("softmax(1).ln()", "nll_loss(&output, y)", false),
            ("log_softmax(1)", "cross_entropy(&output, y)", false),
            ("softmax(1)", "mse_loss(&output, y)", false),
            ("softmax(1)", "my_loss(&output, y)", false),
            ("relu()", "cross_entropy(&output, y)", false),
        ];
        for (op, loss, wrong) in cases {
            let expected: &[(&str, usize)] = if wrong { &[("double_softmax", 6)] } else { &[] };
            assert_eq!(with(&format!("model.forward(x).{op}"), loss), expected, "{op} {loss}");
        }
    }

    #[test]
    fn one_of_two_ways_is_not_enough() {
        let output = "if k > 0 { model.forward(x).softmax(1) } else { model.forward(x) }";
        assert!(with(output, "cross_entropy(&output, y)").is_empty());
    }
}
