//! Dropout.

use std::fmt;

use super::line::line;
use super::{Field, Mode, Module, Visitor, trace};
use crate::{Scalar, Tensor};

/// In training, zeroes random elements and scales the others up. In evaluation, does nothing.
///
/// # Shapes
/// `x: [..]` → `[..]`
///
/// # Formula
/// Each element is 0 with probability `p`, else `x / (1 - p)`. The choice depends only on
/// [`seed`](crate::seed), the number of optimizer updates so far, and the number of draws since the
/// last update.
///
/// # Source
/// Srivastava et al. 2014; PyTorch's `nn.Dropout`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let layer = Dropout::new(0.5);
/// let dropped = layer.forward(&Tensor::ones(&[100]));
/// assert!(dropped.view().iter().all(|&x| x == 0.0 || x == 2.0));
/// layer.eval();
/// assert_eq!(layer.forward(&Tensor::ones(&[100])).sum().item(), 100.0);
/// ```
pub struct Dropout {
    p: Scalar,
    mode: Mode,
}

impl Dropout {
    /// A layer that zeroes each element with probability `p`, in [0, 1].
    ///
    /// # Panics
    /// If `p` is out of range.
    #[track_caller]
    pub fn new(p: Scalar) -> Self {
        assert!((0.0..=1.0).contains(&p), "`p` of `Dropout` is {p}, but must be in [0, 1]");
        Self { p, mode: Mode::default() }
    }

    /// The probability of dropping an element.
    pub(super) fn p(&self) -> Scalar {
        self.p
    }

    /// Applies the layer.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let y = if self.mode.is_training() && self.p > 0.0 { x.dropout(self.p) } else { x.clone() };
        trace::output(self, y)
    }
}

impl Module for Dropout {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.mode.visit_field("mode", visitor);
    }
}

impl fmt::Debug for Dropout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, "Dropout", [Some(self.p.to_string())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{evaluation, seed};

    #[test]
    fn draws_follow_the_seed_and_evaluation_does_not_disturb_them() {
        let (layer, x) = (Dropout::new(0.5), Tensor::ones(&[64]));
        seed(3);
        let first = layer.forward(&x).to_array();
        let second = layer.forward(&x).to_array();
        assert_ne!(first, second);
        seed(3);
        assert_eq!(layer.forward(&x).to_array(), first);
        {
            let _evaluation = evaluation(&layer);
            assert_eq!(layer.forward(&x).to_array(), x.to_array());
            let _ = x.dropout(0.5);
        }
        assert_eq!(layer.forward(&x).to_array(), second);
    }

    #[test]
    fn the_ends_of_the_range_keep_all_and_nothing() {
        let x = Tensor::ones(&[64]);
        assert_eq!(Dropout::new(0.0).forward(&x).sum().item(), 64.0);
        assert_eq!(Dropout::new(1.0).forward(&x).sum().item(), 0.0);
    }

    #[test]
    #[should_panic(expected = "`p` of `Dropout` is 1.5, but must be in [0, 1]")]
    fn another_probability_is_refused() {
        let _ = Dropout::new(1.5);
    }
}
