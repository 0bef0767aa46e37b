use super::Context;
use crate::cfg::{Certain, Root};

lint! {
    /// ## What it finds
    ///
    /// A loss that was asked for one number an entry (`Reduction::None`) and reaches `backward` without a sum or a mean.
    ///
    /// ## Why it matters
    ///
    /// `backward` starts from one number.
    /// Some libraries stop the program here, others add the entries up in silence, which makes every update larger by the size of the batch.
    ///
    /// ## Example
    ///
    /// ```text
    /// let loss = output.mse_loss(&target, Reduction::None);   // one number an entry
    /// loss.backward();                                        // of which one?
    /// ```
    ///
    /// ## Instead
    ///
    /// Weigh the entries, then call `mean()`.
    ///
    /// ## Limits
    ///
    /// Found only if the reduction is written where the loss is computed or built.
    loss_without_reduction, Warning, "a loss without reduction reaches `backward`"
}

fn check(cx: &mut Context<'_>) {
    for (_, root) in cx.cfg.facts.all::<Root>() {
        let Some(made) = root.origin.unreduced else { continue };
        let message = format!("{} starts from a loss of one number an entry", cx.call(root.site));
        let note = format!("{} does not sum or average", cx.call_at(made));
        let effect = if root.adds_up {
            "the entries are added up, so the update grows with the size of the batch"
        } else {
            "`backward` of more than one number stops the program"
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
