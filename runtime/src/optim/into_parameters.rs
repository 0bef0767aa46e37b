//! The types of parameter lists that an optimizer's constructor accepts.

use crate::Parameter;

/// A list of parameters: a vector, a slice or an array.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of parameters",
    label = "not a list of parameters",
    note = "for a model, `model.parameters()`",
    note = "for several parts, `[encoder.parameters(), decoder.parameters()].concat()`"
)]
pub trait IntoParameters {
    /// The parameters, in order.
    fn into_parameters(self) -> Vec<Parameter>;
}

#[diagnostic::do_not_recommend]
impl<T: Into<Vec<Parameter>>> IntoParameters for T {
    fn into_parameters(self) -> Vec<Parameter> {
        self.into()
    }
}
