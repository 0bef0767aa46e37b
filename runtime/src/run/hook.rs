//! The return types of hooks.

use std::ops::ControlFlow;

use super::{Run, Stage, StopReason};
use crate::{Result, profile};

/// A return type of hooks: `()`, a [`ControlFlow`], or a [`Result`] of one of these types.
#[diagnostic::on_unimplemented(
    message = "a hook cannot return `{Self}`",
    label = "this hook's value",
    note = "a hook returns `()`, `ControlFlow<()>`, `Result<()>` or `Result<ControlFlow<()>>`",
    note = "`ControlFlow::Break(())` ends the run; a block that ends with `;` has the value `()` and never ends it"
)]
pub trait Flow {
    /// Whether the loop continues. An error ends the loop.
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

impl Run {
    /// Handles the return value of a hook: nothing, a request to stop the run, or an error.
    pub fn hook(&mut self, value: impl Flow) -> Result<()> {
        profile::begin(Stage::Rest);
        if value.flow()?.is_break() && self.stop.is_none() {
            self.stop = Some(StopReason::Hook);
        }
        Ok(())
    }
}
