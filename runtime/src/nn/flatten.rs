//! Flattening.

use super::{Module, Visitor, trace};
use crate::Tensor;

/// Merges all axes but the first, so that each sample becomes a row.
///
/// # Shapes
/// `x: [n, a, b, ..]` → `[n, a·b·..]`
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// assert_eq!(Flatten.forward(&Tensor::zeros(&[5, 28, 28])).shape(), [5, 784]);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Flatten;

impl Flatten {
    /// Applies the layer.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        trace::output(self, x.flatten(1))
    }
}

impl Module for Flatten {
    fn visit(&self, _: &mut dyn Visitor) {}
}
