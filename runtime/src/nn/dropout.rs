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

    /// The probability in training, and 0 in evaluation.
    pub(super) fn active(&self) -> Scalar {
        if self.mode.is_training() { self.p } else { 0.0 }
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

/// In training, zeroes whole random channels and scales the others up. In evaluation, does nothing.
///
/// Neighbouring elements of a channel are similar, so that [`Dropout`] on single elements would
/// remove little information.
///
/// # Shapes
/// `x: [n, channels, ..]` with at least one axis after the channels → the shape of `x`
///
/// # Formula
/// Each channel of each sample is 0 with probability `p`, else `x / (1 - p)`. The choice depends on
/// the same numbers as that of [`Dropout`].
///
/// # Source
/// Tompson et al. 2015; PyTorch's `nn.Dropout1d`, `nn.Dropout2d` and `nn.Dropout3d` for batches.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let dropped = Dropout2d::new(0.5).forward(&Tensor::ones(&[3, 4, 5, 5])).flatten(2);
/// let of_channels = dropped.mean_axis(2);
/// assert!(of_channels.as_slice().iter().all(|&mean| mean == 0.0 || mean == 2.0));
/// ```
#[doc(alias("Dropout1d", "Dropout3d"))]
pub struct Dropout2d {
    p: Scalar,
    mode: Mode,
}

impl Dropout2d {
    /// A layer that zeroes each channel with probability `p`, in [0, 1].
    ///
    /// # Panics
    /// If `p` is out of range.
    #[track_caller]
    pub fn new(p: Scalar) -> Self {
        assert!((0.0..=1.0).contains(&p), "`p` of `Dropout2d` is {p}, but must be in [0, 1]");
        Self { p, mode: Mode::default() }
    }

    /// Applies the layer.
    ///
    /// # Panics
    /// If `x` has fewer than three axes.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        assert!(
            x.rank() > 2,
            "Dropout2d: the input {:?} must be [n, channels, ..], with at least one axis after the channels; for single \
             elements use `Dropout`",
            x.shape()
        );
        if !self.mode.is_training() || self.p == 0.0 {
            return trace::output(self, x.clone());
        }
        let mut shape = vec![1; x.rank()];
        shape[..2].copy_from_slice(&x.shape()[..2]);
        trace::output(self, x * Tensor::ones(&shape).dropout(self.p))
    }
}

impl Module for Dropout2d {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.mode.visit_field("mode", visitor);
    }
}

impl fmt::Debug for Dropout2d {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, "Dropout2d", [Some(self.p.to_string())])
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

    #[test]
    fn channels_are_dropped_in_training_only() {
        seed(3);
        let (layer, x) = (Dropout2d::new(0.3), Tensor::ones(&[50, 40, 2, 3]));
        let y = layer.forward(&x);
        let channels = y.as_slice().chunks_exact(6);
        assert!(channels.clone().all(|channel| channel.iter().all(|y| *y == channel[0])));
        let dropped = channels.filter(|channel| channel[0] == 0.0).count();
        assert!((500..700).contains(&dropped), "{dropped}");
        layer.eval();
        assert_eq!(layer.forward(&x).to_array(), x.to_array());
    }

    #[test]
    #[should_panic(expected = "Dropout2d: the input [2, 3] must be [n, channels, ..]")]
    fn rows_have_no_channels() {
        let _ = Dropout2d::new(0.5).forward(&Tensor::ones(&[2, 3]));
    }
}
