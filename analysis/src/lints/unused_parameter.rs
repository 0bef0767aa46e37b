lint! {
    /// ## What it finds
    ///
    /// A parameter of a spec's function that nothing in the loop uses, though its name says what it is for: `val`, `num_epochs`, `lr`, or a clause's name with a letter wrong.
    ///
    /// ## Why it matters
    ///
    /// An absent clause takes the parameter of its own name and no other.
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
    /// A name that begins with `_` says that it is unused on purpose.
    ///
    /// ## Limits
    ///
    /// Only in specs, and only for names that are known from elsewhere or near to a clause's; rustc warns of the others.
    unused_parameter, Warning, "a parameter that was meant for a clause, and that the loop does not use", elsewhere
}
