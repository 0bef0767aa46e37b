use super::Context;

lint! {
    /// ## What it finds
    ///
    /// A spec whose cosine schedule is as long as the run has epochs, and counts updates.
    ///
    /// ## Why it matters
    ///
    /// A schedule moves with each update unless it is told otherwise.
    /// One of 30 is at its least rate after 30 batches, which may be 2 epochs, and the other 28 learn nothing.
    /// `T_max=epochs` is what one writes in PyTorch, where the loop moves the schedule once an epoch.
    ///
    /// ## Example
    ///
    /// ```text
    /// #[training_loop(
    ///     loss = cross_entropy,
    ///     optimizer = Sgd::new(model.parameters(), 0.1),
    ///     scheduler = CosineLr::new(30),                      // <- 30 updates
    ///     epochs = 30,
    /// )]
    /// fn fit(model: &mut Mlp, train: &DataLoader) -> Result<History>;
    /// ```
    ///
    /// ## Instead
    ///
    /// `CosineLr::new(30).per_epoch()`, or the number of updates: `CosineLr::new(30 * train.batches())`.
    ///
    /// ## Limits
    ///
    /// Only in specs, and only where both places say the same: the same number, or the same expression.
    schedule_ends_early, Warning, "a schedule as long as the run has epochs, which counts updates"
}

/// The rules of specs find it; a written loop has no clause that says how many epochs there are.
fn check(_: &mut Context<'_>) {}
