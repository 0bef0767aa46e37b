use super::Context;
use crate::cfg::{Certain, Root};

lint! {
    /// ## What it finds
    ///
    /// A loss with one value per entry (`Reduction::None`) that reaches `backward` without a sum or a mean.
    ///
    /// ## Why it matters
    ///
    /// `backward` starts from a scalar.
    /// Some libraries panic here; others silently sum the entries, which multiplies every update by the batch size.
    ///
    /// ## Example
    ///
    /// ```text
    /// let loss = output.mse_loss(&target, Reduction::None);   // one value per entry
    /// loss.backward();                                        // not a scalar
    /// ```
    ///
    /// ## Instead
    ///
    /// Weight the entries, then call `mean()`.
    ///
    /// ## Limits
    ///
    /// Found only if `Reduction::None` is written where the loss is computed or built.
    loss_without_reduction, Warning, "a loss without reduction reaches `backward`"
}

fn check(cx: &mut Context<'_>) {
    for (_, root) in cx.cfg.facts.all::<Root>() {
        let Some(made) = root.origin.unreduced else { continue };
        let message = format!("{} starts from a loss with one value per entry", cx.call(root.site));
        let note = format!("{} does not sum or average", cx.call_at(made));
        let effect = if root.adds_up {
            "the entries are summed, so the update grows with the batch size"
        } else {
            "`backward` on a tensor that is not a scalar panics"
        };
        cx.report(root.site, super::Cause::Alone(root.site, LINT.name), 0, Certain::Every, message)
            .note_at(made, note)
            .note(effect)
            .help("call `.mean()` on the loss before `backward`");
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::in_loop;

    fn with(loss: &str) -> Vec<(&'static str, usize)> {
        in_loop(&format!(
            "let output = model.forward(x);\nlet loss = {loss};\n optimizer.zero_grad();\nloss.backward(); optimizer.step();"
        ))
    }

    #[test]
    fn a_sum_or_a_mean_makes_it_right() {
        let each = "output.mse_loss(y, Reduction::None)";
        assert_eq!(with(each), [("loss_without_reduction", 8)]);
        assert_eq!(with(&format!("({each} * z).abs()")), [("loss_without_reduction", 8)]);
        for right in ["mean()", "sum()", "sum_axis(0).mean()", "masked_mean(z)"] {
            assert!(with(&format!("({each} * z).{right}")).is_empty(), "{right}");
        }
        assert!(with("output.mse_loss(y, Reduction::Mean)").is_empty());
    }
}
