//! The check that labels are classes of the model's output.

use super::Labels;

/// Panics unless every label is below `classes` or equal to `ignore`.
#[track_caller]
pub(crate) fn check_classes(
    what: &str,
    labels: &Labels,
    output: &[usize],
    classes: usize,
    ignore: Option<u32>,
) {
    for (place, label) in labels.iter().enumerate() {
        assert!(
            (label as usize) < classes || ignore == Some(label),
            "{what}: the label {} is {label}, and the output {output:?} has {classes} classes, which \
             count from 0; correct the labels, or give the last layer at least {} outputs \
             (`Labels::with_classes` finds the place in the whole data set)",
            position(labels.shape(), place),
            u64::from(label) + 1
        );
    }
}

/// Returns the text that describes a label's position in a message. `shape` is the shape of all
/// labels, and `place` is the label's index in row-major order.
fn position(shape: &[usize], mut place: usize) -> String {
    if let [_] = shape {
        return format!("of row {place} of this batch");
    }
    let mut index = vec![0; shape.len()];
    for (index, length) in index.iter_mut().zip(shape).rev() {
        *index = place % length;
        place /= length;
    }
    format!("at {index:?}")
}
