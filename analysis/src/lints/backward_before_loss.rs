lint! {
    /// ## What it finds
    ///
    /// A `train_order` with `backward` before `loss`.
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
    /// Checked only in the order of a spec.
    /// No level turns this lint off, because no loop can be generated from such an order.
    /// In a hand-written loop rustc reports that the loss does not exist.
    backward_before_loss, Error, "`backward` before `loss` in an order: there is no loss yet", elsewhere
}
