use crate::lints::Context;

lint! {
    /// ## What it finds
    ///
    /// A spec whose `valid` is the same expression as its `train`.
    ///
    /// ## Why it matters
    ///
    /// Validation tells how the model does on data that it has not seen.
    /// A model that learnt its training data by heart looks perfect on them.
    ///
    /// ## Example
    ///
    /// ```text
    /// #[training_loop(
    ///     train = digits,
    ///     valid = digits,             // the same data
    ///     ..
    /// )]
    /// ```
    ///
    /// ## Instead
    ///
    /// Keep some data apart: `let (train, valid) = data.split(0.8, seed)?;`.
    /// Leave `valid` out to train without validation; `train_metrics` measures on the training data.
    ///
    /// ## Limits
    ///
    /// Two names for the same data look different, so this is silent then.
    /// Where it is meant, `allow(validates_on_training_data)` turns it off.
    validates_on_training_data, Error, "`valid` is the data that the model is trained on"
}

/// The rules of specs find it; a written function cannot have it.
fn check(_: &mut Context<'_>) {}
