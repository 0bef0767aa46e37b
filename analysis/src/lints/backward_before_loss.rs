lint! {
    /// ## What it finds
    ///
    /// A `train_order` in which `backward` stands before `loss`.
    ///
    /// ## Why it matters
    ///
    /// `backward` computes the gradients of the loss, and there is no loss yet.
    ///
    /// ## Example
    ///
    /// ```text
    /// train_order = [zero_grad, forward, backward, loss, step],   // loss: {} at `backward`
    /// ```
    ///
    /// ## Instead
    ///
    /// Put `loss` before `backward`.
    ///
    /// ## Limits
    ///
    /// Only in the order of a spec, and no level turns it off: no loop can be written in such an order.
    /// In a hand-written loop rustc says that the loss does not exist.
    backward_before_loss, Error, "`backward` before `loss` in an order: there is no loss yet", elsewhere
}
