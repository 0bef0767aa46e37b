lint! {
    /// ## What it finds
    ///
    /// An order with `loss` before `forward`.
    ///
    /// ## Why it matters
    ///
    /// The loss compares the model's output with the target, and there is no output yet.
    ///
    /// ## Example
    ///
    /// ```text
    /// train_order = [zero_grad, loss, forward, backward, step],   // output: {} at `loss`
    /// ```
    ///
    /// ## Instead
    ///
    /// Put `forward` before `loss`.
    ///
    /// ## Limits
    ///
    /// Checked only in the orders of a spec.
    /// No level turns this lint off, because no loop can be generated from such an order.
    /// In a hand-written loop rustc reports that the output does not exist.
    loss_before_forward, Error, "`loss` before `forward` in an order: there is no output yet", elsewhere
}
