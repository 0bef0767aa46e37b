//! Overlap of predicted and labelled regions.

use super::PerClass;
use super::confusion::ratio;

/// Intersection over union, the Jaccard index: TP / (TP + FP + FN), per class, as for segmentation.
///
/// # Shapes
/// `output: [.., classes]` and labels `[..]`; for images `[batch, height, width, classes]` and `[batch, height, width]`.
///
/// # Formula
/// `right / (samples + said - right)` per class, with the counts of `recall` and `precision`. The
/// [`Average`](super::Average) combines the classes.
///
/// # Source
/// scikit-learn's `jaccard_score`.
pub fn iou() -> PerClass {
    PerClass::new("iou", |[right, samples, said]| ratio(right, samples + said - right))
}

/// The Dice coefficient: 2 TP / (2 TP + FP + FN), per class. It is the [`f1`](super::f1) of segmentation.
///
/// # Shapes
/// As [`iou`].
pub fn dice() -> PerClass {
    PerClass::new("dice", |[right, samples, said]| ratio(2 * right, samples + said))
}
