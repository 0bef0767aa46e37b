lint! {
    /// ## What it finds
    ///
    /// An unused parameter of a spec's function whose name suggests a clause, such as `val`, `num_epochs`, `lr` or a misspelt clause name.
    ///
    /// ## Why it matters
    ///
    /// If a spec lacks a clause, the parameter with exactly the name of the clause takes its place.
    /// With a parameter `val` instead of `valid`, the generated loop does not validate.
    ///
    /// ## Example
    ///
    /// ```text
    /// #[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 10)]
    /// fn fit(model: &mut Mlp, train: &DataLoader, val: &DataLoader) -> Result<History>;   // <- `val` is not used
    /// ```
    ///
    /// ## Instead
    ///
    /// Rename the parameter to the name of the clause, `valid`, or write the clause `valid = val`.
    /// Start the name with `_` if the parameter is unused on purpose.
    ///
    /// ## Limits
    ///
    /// Checked only in specs.
    /// Checked only for names that other frameworks use, or that are similar to the name of a clause.
    /// rustc warns about other unused parameters.
    unused_parameter, Warning, "an unused parameter that was probably meant for a clause", elsewhere
}
