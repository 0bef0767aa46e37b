//! The return types of hooks.

use std::ops::ControlFlow;

use crate::Result;

/// A return type of hooks: `()`, a [`ControlFlow`], or a [`Result`] of one of these types.
#[diagnostic::on_unimplemented(
    message = "a hook cannot return `{Self}`",
    label = "this hook's value",
    note = "a hook returns `()`, `ControlFlow<()>`, `Result<()>` or `Result<ControlFlow<()>>`",
    note = "`ControlFlow::Break(())` ends the run; a block that ends with `;` has the value `()` and never ends it"
)]
pub trait Flow {
    /// Whether the loop continues, or the error that ends the loop.
    fn flow(self) -> Result<ControlFlow<()>>;
}

impl Flow for () {
    fn flow(self) -> Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }
}

impl Flow for ControlFlow<()> {
    fn flow(self) -> Result<ControlFlow<()>> {
        Ok(self)
    }
}

impl<T: Flow> Flow for Result<T> {
    fn flow(self) -> Result<ControlFlow<()>> {
        self.and_then(Flow::flow)
    }
}
