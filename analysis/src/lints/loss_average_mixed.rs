use super::Context;
use crate::cfg::MeanLoss;

lint! {
    /// ## What it finds
    ///
    /// An average loss whose sum and divisor have different units: the means of batches divided by the number of samples, or means weighted by the size of their batch divided by the number of batches.
    ///
    /// ## Why it matters
    ///
    /// The reported loss is too small or too large by the factor of the batch size.
    /// It changes with the batch size, and cannot be compared with another run, with a validation loss or with a published number.
    /// PathomicFusion (mahmoodlab/PathomicFusion#3) and chemprop (chemprop/chemprop#74) had this fault.
    ///
    /// ## Example
    ///
    /// ```text
    /// let mut total = 0.0;
    /// for batch in train {
    ///     let loss = mse_loss(&model.forward(&batch.input), &batch.target);   // a mean over the batch
    ///     ..
    ///     total += loss.item();
    /// }
    /// let average = total / train.dataset().len() as f64;     // <- divided by the number of samples
    /// ```
    ///
    /// ## Instead
    ///
    /// Divide the sum of means by the number of batches, or weight each mean by the size of its batch: `total += loss.item() * batch.len() as f64`.
    ///
    /// ## Limits
    ///
    /// The loss must be one that the checker knows as a mean over the batch, and no loss in the function may have the reduction `Sum`.
    /// A weight counts as the size of a batch if it is the length of the loop's item, or if its name says so.
    /// A divisor is a number of samples if:
    ///
    /// - it is the length of the data set behind the loop's batches (`loader.dataset()`, or a data
    ///   set that the loader is built from),
    /// - it is a count to which the size of each batch is added,
    /// - its name says so, as `n_samples` does, and the loop runs over batches.
    ///
    /// A divisor is a number of batches if it is the length of what the loop iterates over, if it is a count that grows by one, or if its name says so.
    /// Nothing is reported for any other divisor, or for a loop over single samples.
    loss_average_mixed, Warning, "a sum of losses divided by a number in another unit"
}

fn check(cx: &mut Context<'_>) {
    for (site, mean) in cx.cfg.facts.all::<MeanLoss>() {
        let MeanLoss { added, sum, divisor, weighted, .. } = mean;
        let name = cx.cfg.paths.name(*sum);
        let (message, term, harm, help) = if *weighted {
            (
                format!("`{name}` is a sum over samples, and `{divisor}` a number of batches"),
                "multiplies the mean of a batch by the number of its samples",
                "the average is too large by the factor of the batch size",
                "divide by the number of samples, or add the means without a weight".to_owned(),
            )
        } else {
            (
                format!("`{name}` is a sum of the means of batches, and `{divisor}` a number of samples"),
                "is the mean of a batch",
                "the average is too small by the factor of the batch size",
                "divide by the number of batches, or multiply each mean by the size of its batch".to_owned(),
            )
        };
        let note = format!("{} on line {} {term}", cx.call(*added), cx.line(*added));
        let added = *added;
        cx.report_alone(site, message).note_at(added, note).note(harm).help(help);
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    fn with(term: &str, mean: &str) -> bool {
        let source = format!(
            "fn fit(model: &mut M, loader: &L, batch_size: usize) -> f64 {{
                let mut optimizer = Sgd::new(model.parameters(), 0.1);
                let (mut total, mut seen, mut steps) = (0.0, 0, 0);
                for batch in loader {{
                    let loss = mse_loss(&model.forward(&batch.x), &batch.y);
                    optimizer.zero_grad(); loss.backward(); optimizer.step();
                    seen += batch.x.len();
                    steps += 1;
                    {term}
                }}
                {mean}
            }}"
        );
        found(&source, true).iter().any(|(lint, _)| *lint == "loss_average_mixed")
    }

    #[test]
    fn means_divided_by_samples() {
        for mean in [
            "total / loader.dataset().len() as f64",
            "total / loader.dataset.len() as f64",
            "total / seen as f64",
            "let n_samples = loader.num_samples(); total / n_samples as f64",
            "total /= seen as f64; total",
        ] {
            assert!(with("total += loss.item();", mean), "{mean}");
            assert!(with("let value = f64::from(&loss); total += value;", mean), "{mean}");
            assert!(!with("total += loss.item() * batch.x.len() as f64;", mean), "{mean}");
            assert!(!with("total += loss.item() / 4.0;", mean), "{mean}");
        }
    }

    #[test]
    fn samples_divided_by_batches() {
        for mean in ["total / loader.len() as f64", "total / steps as f64", "total / steps.max(1) as f64"] {
            for term in ["total += loss.item() * batch.x.len() as f64;", "total += loss.item() * batch_size as f64;"] {
                assert!(with(term, mean), "{term} {mean}");
            }
            assert!(!with("total += loss.item();", mean), "{mean}");
        }
    }

    #[test]
    fn what_is_not_known_is_silent() {
        assert!(!with("total += loss.item();", "total / 60000.0"));
        assert!(!with("total += loss.item() * 4.0;", "total / seen as f64"));
        assert!(!with("total += my_loss(&batch).item();", "total / seen as f64"));
    }
}
