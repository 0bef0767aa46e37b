//! Loss of the cosine between two vectors.

use super::{NumberTarget, check_signs};
use crate::gradcheck::Case;
use crate::{Scalar, Tensor};

/// [`CosineEmbedding`] with `margin = 0`.
///
/// # Shapes
/// `first: [.., n]`, `second: [.., n]`, of equal shape, `target: [..]` of 1 and -1 → `[]`
///
/// # Panics
/// If the shapes do not fit, or if a target is neither 1 nor -1.
#[track_caller]
pub fn cosine_embedding_loss(first: &Tensor, second: &Tensor, target: &impl NumberTarget) -> Tensor {
    CosineEmbedding::new(0.0).loss(first, second, target)
}

/// A loss for pairs of vectors that shall have the same direction for some pairs, and a cosine of at most a margin for
/// others.
///
/// # Formula
/// With the cosine `c = a · b / √((a · a + ε) (b · b + ε))` and `ε = 10⁻¹²`, the mean of `1 - c` where `t = 1`, and of
/// `max(0, c - margin)` where `t = -1`.
///
/// # Source
/// PyTorch's `CosineEmbeddingLoss`.
#[derive(Clone, Copy, Debug)]
pub struct CosineEmbedding {
    margin: Scalar,
}

impl CosineEmbedding {
    /// The loss with this margin, in [-1, 1].
    pub fn new(margin: Scalar) -> Self {
        Self { margin }
    }

    /// The mean of the losses of all pairs.
    ///
    /// # Panics
    /// If the shapes do not fit, or if a target is neither 1 nor -1.
    #[track_caller]
    pub fn loss(&self, first: &Tensor, second: &Tensor, target: &impl NumberTarget) -> Tensor {
        self.unreduced(first, second, target).mean()
    }

    /// The loss of each pair, `reduction="none"` in `PyTorch`.
    ///
    /// # Shapes
    /// `first: [.., n]`, `second: [.., n]`, of equal shape, `target: [..]` of 1 and -1 → `[..]`
    ///
    /// # Panics
    /// As [`loss`](Self::loss).
    #[track_caller]
    pub fn unreduced(&self, first: &Tensor, second: &Tensor, target: &impl NumberTarget) -> Tensor {
        let target = target.numbers();
        let rows = first.shape().split_last().map(|(_, rows)| rows);
        assert!(
            first.shape() == second.shape() && rows == Some(target.shape()),
            "cosine_embedding_loss: the vectors have the shapes {:?} and {:?} and the target {:?}; the vectors must be \
             equal, and the target be like them without the last axis",
            first.shape(),
            second.shape(),
            target.shape()
        );
        check_signs("cosine_embedding_loss", target);
        let squares = |x: &Tensor| (x * x).sum_axis(-1) + 1e-12;
        let cosine = (first * second).sum_axis(-1) / (squares(first) * squares(second)).sqrt();
        target.gt(0.0).choose(&(1.0 - &cosine), &(&cosine - self.margin).relu())
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4], &[3, 4]], &[&[5], &[5]], &[&[2, 3, 2], &[2, 3, 2]]], |x| {
        cosine_embedding_loss(&x[0], &x[1], &super::some_signs(&x[0].shape()[..x[0].rank() - 1]))
    }),
    Case::new(&[&[&[4, 3], &[4, 3]]], |x| {
        CosineEmbedding::new(-0.9).unreduced(&x[0], &x[1], &super::some_signs(&[4]))
    }),
];

#[cfg(test)]
mod tests {
    use super::cosine_embedding_loss;
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "the vectors have the shapes [2, 3] and [2, 3] and the target [2, 3]")]
    fn one_target_for_each_pair() {
        let x = Tensor::ones(&[2, 3]);
        let _ = cosine_embedding_loss(&x, &x, &x);
    }
}
