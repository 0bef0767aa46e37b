use crate::cfg::{LossCall};
use super::Context;
use crate::vocabulary::{LossInput, Op};

lint! {
    /// ## What it finds
    ///
    /// Probabilities handed to a loss that takes something else: the output of `softmax` to a cross entropy of logits, the output of `sigmoid` to a binary cross entropy with logits, or plain probabilities to `nll_loss`, which takes their logarithms.
    ///
    /// ## Why it matters
    ///
    /// The loss applies its own softmax to numbers between 0 and 1, which is then almost uniform: with ten classes even a perfect answer keeps a loss of 1.46, and gradients are small where the model is most wrong.
    /// Training goes on, slower and to a worse model.
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
    /// Hand the logits to the loss, and take `softmax` only where probabilities are shown or counted.
    /// With `nll_loss` take `log_softmax`.
    ///
    /// ## Limits
    ///
    /// Only losses that are known to take logits or logarithms are looked at, not a function of your own.
    /// A softmax inside a `forward` that is not seen is not found.
    /// `log_softmax` before a cross entropy is harmless, and silent.
    double_softmax, Error, "softmax output into a loss that takes logits"
}

fn check(cx: &mut Context<'_>) {
    for (_, call) in cx.cfg.facts.all::<LossCall>() {
        let Some((op, made)) = call.output.origin.last else { continue };
        let (made_of, takes, effect, instead) = match (call.loss.takes, op) {
            (LossInput::Logits, Op::Softmax) => (
                "probabilities",
                "logits",
                "softmax runs twice: the loss stays high for right answers, and its gradients are small",
                "hand the logits to the loss, without `softmax`",
            ),
            (LossInput::EntryLogits, Op::Sigmoid | Op::Softmax) => (
                "probabilities",
                "logits",
                "the loss applies its own sigmoid: what it compares lies between 0.5 and 0.73, whatever the model says",
                if op == Op::Sigmoid {
                    "hand the logits to the loss, without `sigmoid`"
                } else {
                    "hand the logits to the loss, without `softmax`"
                },
            ),
            (LossInput::LogProbabilities, Op::Softmax) => (
                "probabilities",
                "logarithms of probabilities",
                "the loss is no likelihood: its gradient vanishes where the model is most wrong",
                "call `log_softmax` instead of `softmax`",
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
