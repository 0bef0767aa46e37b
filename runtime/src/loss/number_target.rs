//! The targets of losses that compare numbers, such as `mse_loss`, or probabilities, such as `bce_loss`.

use crate::Tensor;

/// A numeric target: a tensor of the output's shape.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a target of numbers",
    label = "not a target of numbers",
    note = "this loss compares with a tensor: in a loop the data is a `DataLoader<Tensor>`",
    note = "for classes use `cross_entropy`, or their numbers: `Tensor::one_hot(&labels, classes)`"
)]
pub trait NumberTarget {
    #[doc(hidden)]
    fn numbers(&self) -> &Tensor;
}

impl NumberTarget for Tensor {
    fn numbers(&self) -> &Tensor {
        self
    }
}
