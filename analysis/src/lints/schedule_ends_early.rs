lint! {
    /// ## What it finds
    ///
    /// A cosine schedule that counts updates, and whose length is the number of epochs.
    ///
    /// ## Why it matters
    ///
    /// A schedule moves with each update unless it is told otherwise.
    /// A schedule of length 30 reaches its minimum after 30 batches, perhaps in the second of 30 epochs; the rest of the run trains at the minimal learning rate, by default 0.
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
    schedule_ends_early, Warning, "a cosine schedule whose length is the number of epochs, but which counts updates", elsewhere
}
