//! Hinge losses.

use super::{NumberTarget, check_labels, check_signs, same_shape};
use crate::gradcheck::Case;
use crate::{Labels, Scalar, Tensor};

/// [`HingeEmbedding`] with `margin = 1`.
///
/// # Shapes
/// `output: [..]`, `target: [..]` of 1 and -1, of equal shape → `[]`
///
/// # Panics
/// If the shapes differ, or if a target is neither 1 nor -1.
#[track_caller]
pub fn hinge_embedding_loss(output: &Tensor, target: &impl NumberTarget) -> Tensor {
    HingeEmbedding::new(1.0).loss(output, target)
}

/// A loss for distances that shall be small for some pairs, and at least a margin for others.
///
/// The hinge loss of a classifier, `max(0, 1 - t o)`, is `(1.0 - output * target).relu().mean()`, or
/// [`multi_margin_loss`] for several classes.
///
/// # Formula
/// The mean of `o` where `t = 1`, and of `max(0, margin - o)` where `t = -1`.
///
/// # Source
/// PyTorch's `HingeEmbeddingLoss`.
#[derive(Clone, Copy, Debug)]
pub struct HingeEmbedding {
    margin: Scalar,
}

impl HingeEmbedding {
    /// The loss with this margin.
    pub fn new(margin: Scalar) -> Self {
        Self { margin }
    }

    /// The mean of the losses of all elements.
    ///
    /// # Panics
    /// If the shapes differ, or if a target is neither 1 nor -1.
    #[track_caller]
    pub fn loss(&self, output: &Tensor, target: &impl NumberTarget) -> Tensor {
        self.unreduced(output, target).mean()
    }

    /// The loss of each element, `reduction="none"` in `PyTorch`.
    ///
    /// # Shapes
    /// `output: [..]`, `target: [..]` of 1 and -1, of equal shape → `[..]`
    ///
    /// # Panics
    /// As [`loss`](Self::loss).
    #[track_caller]
    pub fn unreduced(&self, output: &Tensor, target: &impl NumberTarget) -> Tensor {
        let target = target.numbers();
        same_shape("hinge_embedding_loss", output.shape(), target.shape());
        check_signs("hinge_embedding_loss", target);
        target.gt(0.0).choose(output, &(self.margin - output).relu())
    }
}

/// [`MultiMargin`] with `margin = 1`.
///
/// # Shapes
/// `output: [.., classes]`, labels `[..]` → `[]`
///
/// # Panics
/// If the shapes do not fit, or if a label is not below the number of classes.
#[track_caller]
pub fn multi_margin_loss(output: &Tensor, labels: &Labels) -> Tensor {
    MultiMargin::new(1.0).loss(output, labels)
}

/// The hinge loss of a classifier of several classes: the score of the label shall exceed each other score by a margin.
///
/// # Formula
/// With `C` classes, the mean of `Σ_c max(0, margin - x[t] + x[c])ᵖ / C` over all `c ≠ t`, where `p` is 1, or 2 for
/// [`squared`](Self::squared).
///
/// # Source
/// PyTorch's `MultiMarginLoss`.
#[derive(Clone, Copy, Debug)]
pub struct MultiMargin {
    margin: Scalar,
    squared: bool,
}

impl MultiMargin {
    /// The loss with this margin.
    pub fn new(margin: Scalar) -> Self {
        Self { margin, squared: false }
    }

    /// Squares each term; `p=2` in `PyTorch`.
    pub fn squared(self) -> Self {
        Self { squared: true, ..self }
    }

    /// The mean of the losses of all samples.
    ///
    /// # Panics
    /// If the shapes do not fit, or if a label is not below the number of classes.
    #[track_caller]
    pub fn loss(&self, output: &Tensor, labels: &Labels) -> Tensor {
        self.unreduced(output, labels).mean()
    }

    /// The loss of each sample, `reduction="none"` in `PyTorch`.
    ///
    /// # Shapes
    /// `output: [.., classes]`, labels `[..]` → `[..]`
    ///
    /// # Panics
    /// As [`loss`](Self::loss).
    #[track_caller]
    pub fn unreduced(&self, output: &Tensor, labels: &Labels) -> Tensor {
        let classes = check_labels("multi_margin_loss", labels, output.shape(), None);
        let own = output.gather(labels).unsqueeze(-1);
        let short = (output - own + self.margin).relu();
        let short = if self.squared { &short * &short } else { short };
        short.masked_fill(&Tensor::one_hot(labels, classes), 0.0).sum_axis(-1) / classes as Scalar
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[]]], |x| hinge_embedding_loss(&x[0], &super::some_signs(x[0].shape()))),
    Case::new(&[&[&[7]]], |x| HingeEmbedding::new(0.3).unreduced(&x[0], &super::some_signs(&[7]))),
    Case::new(&[&[&[4, 3]], &[&[3]], &[&[2, 2, 3]]], |x| {
        multi_margin_loss(&x[0], &super::some_labels(&x[0]))
    }),
    Case::new(&[&[&[4, 3]]], |x| {
        MultiMargin::new(0.7).squared().unreduced(&x[0], &super::some_labels(&x[0]))
    }),
];

#[cfg(test)]
mod tests {
    use super::hinge_embedding_loss;
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "hinge_embedding_loss: target number 1 is 0, and the targets are 1 and -1")]
    fn zeros_are_no_signs() {
        let _ = hinge_embedding_loss(&Tensor::zeros(&[2]), &Tensor::from([1.0, 0.0]));
    }
}
