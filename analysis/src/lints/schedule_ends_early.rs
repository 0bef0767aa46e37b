lint! {
    /// ## What it finds
    ///
    /// A cosine or one-cycle schedule that counts updates, with the number of epochs as its length.
    ///
    /// ## Why it matters
    ///
    /// By default a schedule advances with each update.
    /// A schedule of length 30 reaches its minimum after 30 batches, typically in the first of 30 epochs; the rest of the run trains at the minimal learning rate, by default 0.
    /// `T_max=epochs` is common in PyTorch, where the loop advances the schedule once per epoch.
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
    /// `CosineLr::new(30).per_epoch()`, or the number of updates: `CosineLr::new(30 * train.batches())`; the same with `OneCycleLr::new(0.1, 30)`.
    ///
    /// ## Limits
    ///
    /// Checked only in specs, and only if both places have the same number or the same expression.
    schedule_ends_early, Warning, "a schedule whose length is the number of epochs, but which counts updates", elsewhere
}
