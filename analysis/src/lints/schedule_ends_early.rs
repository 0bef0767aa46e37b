lint! {
    /// ## What it finds
    ///
    /// A schedule with a length (`CosineLr`, `OneCycleLr`, `LinearLr`, `PolynomialLr`) that counts updates, although its length is the number of epochs.
    ///
    /// ## Why it matters
    ///
    /// By default a schedule advances with each update.
    /// A schedule of length 30 reaches its minimum after 30 batches, typically in the first of 30 epochs.
    /// The rest of the run trains at the minimal learning rate, which is 0 by default.
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
    /// Write `CosineLr::new(30).per_epoch()`, or use the number of updates as the length: `CosineLr::new(30 * train.batches())`.
    /// The same applies to `OneCycleLr::new(0.1, 30)`, `LinearLr::new(1.0, 0.0, 30)` and `PolynomialLr::new(30, 1.0)`.
    ///
    /// ## Limits
    ///
    /// Checked only in specs, and only if the length of the schedule and `epochs` are the same number or the same expression.
    schedule_ends_early, Warning, "a schedule whose length is the number of epochs, but which counts updates", elsewhere
}
