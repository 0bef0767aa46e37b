//! Ranking loss.

use super::{NumberTarget, check_signs, same_shape};
use crate::gradcheck::Case;
use crate::{Scalar, Tensor};

/// [`MarginRanking`] with `margin = 0`.
///
/// # Shapes
/// `first: [..]`, `second: [..]`, `target: [..]` of 1 and -1, of equal shape → `[]`
///
/// # Panics
/// If the shapes differ, or if a target is neither 1 nor -1.
#[track_caller]
pub fn margin_ranking_loss(first: &Tensor, second: &Tensor, target: &impl NumberTarget) -> Tensor {
    MarginRanking::new(0.0).loss(first, second, target)
}

/// A loss for scores of pairs: the first shall exceed the second by a margin where the target is 1, and the second the
/// first where it is -1.
///
/// # Formula
/// The mean of `max(0, margin - t (a - b))`.
///
/// # Source
/// PyTorch's `MarginRankingLoss`.
#[derive(Clone, Copy, Debug)]
pub struct MarginRanking {
    margin: Scalar,
}

impl MarginRanking {
    /// The loss with this margin.
    pub fn new(margin: Scalar) -> Self {
        Self { margin }
    }

    /// The mean of the losses of all pairs.
    ///
    /// # Panics
    /// If the shapes differ, or if a target is neither 1 nor -1.
    #[track_caller]
    pub fn loss(&self, first: &Tensor, second: &Tensor, target: &impl NumberTarget) -> Tensor {
        self.unreduced(first, second, target).mean()
    }

    /// The loss of each pair, `reduction="none"` in `PyTorch`.
    ///
    /// # Shapes
    /// `first: [..]`, `second: [..]`, `target: [..]` of 1 and -1, of equal shape → `[..]`
    ///
    /// # Panics
    /// As [`loss`](Self::loss).
    #[track_caller]
    pub fn unreduced(&self, first: &Tensor, second: &Tensor, target: &impl NumberTarget) -> Tensor {
        let target = target.numbers();
        same_shape("margin_ranking_loss", first.shape(), target.shape());
        same_shape("margin_ranking_loss", second.shape(), target.shape());
        check_signs("margin_ranking_loss", target);
        (self.margin - (first - second) * target).relu()
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4], &[3, 4]], &[&[], &[]]], |x| {
        margin_ranking_loss(&x[0], &x[1], &super::some_signs(x[0].shape()))
    }),
    Case::new(&[&[&[7], &[7]]], |x| {
        MarginRanking::new(0.4).unreduced(&x[0], &x[1], &super::some_signs(&[7]))
    }),
];
