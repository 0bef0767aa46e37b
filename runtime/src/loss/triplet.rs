//! Loss of distances in triplets.

use super::same_shape;
use crate::gradcheck::Case;
use crate::{Scalar, Tensor};

/// [`TripletMargin`] with `margin = 1`, `p = 2` and `eps = 1e-6`.
///
/// # Shapes
/// `anchor: [.., n]`, `positive: [.., n]`, `negative: [.., n]`, of equal shape → `[]`
///
/// # Panics
/// If the shapes differ or have no axis.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let (anchor, same, other) = (Tensor::from([0.0, 0.0]), Tensor::from([0.0, 1.0]), Tensor::from([0.0, 4.0]));
/// assert_eq!(triplet_margin_loss(&anchor, &same, &other).item(), 0.0);
/// assert!((triplet_margin_loss(&anchor, &other, &same).item() - 4.0).abs() < 1e-4);
/// ```
#[track_caller]
pub fn triplet_margin_loss(anchor: &Tensor, positive: &Tensor, negative: &Tensor) -> Tensor {
    TripletMargin::new(1.0).loss(anchor, positive, negative)
}

/// A loss for embeddings: the positive example shall be nearer to the anchor than the negative one, by a margin.
///
/// # Formula
/// With the distance `d(x, y) = ‖x - y + ε‖ₚ`, the mean of `max(0, margin + d(a, p) - d(a, n))`. With [`swap`](Self::swap),
/// `d(p, n)` takes the place of `d(a, n)` where it is less.
///
/// # Source
/// PyTorch's `TripletMarginLoss`.
#[derive(Clone, Copy, Debug)]
pub struct TripletMargin {
    margin: Scalar,
    p: Scalar,
    eps: Scalar,
    swap: bool,
}

impl TripletMargin {
    /// The loss with this margin.
    pub fn new(margin: Scalar) -> Self {
        Self { margin, p: 2.0, eps: 1e-6, swap: false }
    }

    /// The kind of the distance, above 0: 2 is the length of the difference, 1 the sum of its absolute values.
    ///
    /// # Panics
    /// If `p` is not above 0.
    #[track_caller]
    pub fn p(self, p: Scalar) -> Self {
        assert!(p > 0.0, "p: {p} is not above 0");
        Self { p, ..self }
    }

    /// The number that is added to each difference.
    pub fn eps(self, eps: Scalar) -> Self {
        Self { eps, ..self }
    }

    /// The negative example is compared with the nearer one of anchor and positive example.
    pub fn swap(self) -> Self {
        Self { swap: true, ..self }
    }

    /// The mean of the losses of all triplets.
    ///
    /// # Panics
    /// If the shapes differ or have no axis.
    #[track_caller]
    pub fn loss(&self, anchor: &Tensor, positive: &Tensor, negative: &Tensor) -> Tensor {
        self.unreduced(anchor, positive, negative).mean()
    }

    /// The loss of each triplet, `reduction="none"` in `PyTorch`.
    ///
    /// # Shapes
    /// `anchor: [.., n]`, `positive: [.., n]`, `negative: [.., n]`, of equal shape → `[..]`
    ///
    /// # Panics
    /// If the shapes differ or have no axis.
    #[track_caller]
    pub fn unreduced(&self, anchor: &Tensor, positive: &Tensor, negative: &Tensor) -> Tensor {
        same_shape("triplet_margin_loss", anchor.shape(), positive.shape());
        same_shape("triplet_margin_loss", anchor.shape(), negative.shape());
        assert!(
            anchor.rank() > 0,
            "triplet_margin_loss: the embeddings must be [.., n], and their shape is []"
        );
        let distance = |x: &Tensor, y: &Tensor| (x - y + self.eps).norm_axis(self.p, -1);
        let near = distance(anchor, positive);
        let far = distance(anchor, negative);
        let far = if self.swap { far.minimum(distance(positive, negative)) } else { far };
        (near - far + self.margin).relu()
    }
}

const SHAPES: &[&[&[usize]]] = &[&[&[3, 4], &[3, 4], &[3, 4]], &[&[5], &[5], &[5]]];

pub(crate) const CASES: &[Case] = &[
    Case::new(SHAPES, |x| triplet_margin_loss(&x[0], &x[1], &x[2])),
    Case::new(SHAPES, |x| TripletMargin::new(2.5).p(3.0).swap().unreduced(&x[0], &x[1], &x[2])),
];
