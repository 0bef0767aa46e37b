lint! {
    /// ## What it finds
    ///
    /// An unused parameter of a spec's function whose name suggests a clause: `val`, `num_epochs`, `lr`, or a misspelt clause name.
    ///
    /// ## Why it matters
    ///
    /// An absent clause uses the parameter with exactly its own name.
    /// A loop with a parameter `val` does not validate.
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
    /// Give the parameter the clause's name, `valid`, or write the clause: `valid = val`.
    /// Start the name with `_` if the parameter is unused on purpose.
    ///
    /// ## Limits
    ///
    /// Checked only in specs, and only for names that other frameworks use or that are similar to a clause's; rustc warns of the others.
    unused_parameter, Warning, "an unused parameter that was probably meant for a clause", elsewhere
}
