//! Losses with named parts.

use std::ops::{Deref, Mul};

use crate::{Scalar, Tensor};

/// A loss of a batch, which a run adds to the loss of its epoch: a [`Tensor`], or [`LossParts`].
#[diagnostic::on_unimplemented(
    message = "the loss of a batch is a `Tensor`, and this is a `{Self}`",
    label = "not a `Tensor`",
    note = "return the loss as it is computed, as `mse_loss(output, &batch.target)`: the loop calls `item` itself"
)]
pub trait BatchLoss {
    /// The loss, which is trained on.
    fn total(&self) -> &Tensor;

    /// The named parts of the loss, which are only measured.
    fn parts(&self) -> &[(&'static str, Tensor)] {
        &[]
    }
}

impl BatchLoss for Tensor {
    fn total(&self) -> &Tensor {
        self
    }
}

/// A loss with named parts, from a `training_step` that returns `(loss, [("kl", kl)])`. It can be used like the
/// loss.
#[derive(Clone, Debug)]
pub struct LossParts {
    total: Tensor,
    parts: Vec<(&'static str, Tensor)>,
}

impl LossParts {
    /// A loss with parts.
    pub fn new<const N: usize>(total: Tensor, parts: [(&'static str, Tensor); N]) -> Self {
        Self { total, parts: parts.into() }
    }
}

impl BatchLoss for LossParts {
    fn total(&self) -> &Tensor {
        &self.total
    }

    fn parts(&self) -> &[(&'static str, Tensor)] {
        &self.parts
    }
}

impl Deref for LossParts {
    type Target = Tensor;

    fn deref(&self) -> &Tensor {
        &self.total
    }
}

impl Mul<Scalar> for &LossParts {
    type Output = Tensor;

    fn mul(self, factor: Scalar) -> Tensor {
        &self.total * factor
    }
}
