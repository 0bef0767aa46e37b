//! Sampling from a categorical distribution.

use super::tensors::index_list;
use super::{Purpose, Stream, draw, ln};
use crate::shape::Shape;
use crate::{Labels, Scalar, Tensor};

impl Tensor {
    /// Draws classes with probabilities proportional to their weights. This thread's
    /// [`seed`](crate::seed) determines the draws.
    ///
    /// Without replacement the classes of a row are distinct. Each class is drawn from the classes
    /// that remain. A class of weight 0 is never drawn.
    ///
    /// # Shapes
    /// `weights: [classes]` → labels `[count]`; `[rows, classes]` → `[rows, count]`
    ///
    /// # Panics
    /// If a weight is negative, NaN or infinite, or if all weights of a row are 0. Without
    /// replacement, also if fewer than `count` weights of a row are above 0.
    ///
    /// # Source
    /// PyTorch's `multinomial`. Draws without replacement use the keys `ln(u) / weight` of
    /// Efraimidis and Spirakis.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// // Draw the next token of two texts according to the scores of a language model.
    /// let scores = Tensor::from([[0.0, 9.0, 0.0], [0.0, 0.0, Scalar::NEG_INFINITY]]);
    /// let tokens = Tensor::multinomial(&scores.softmax(-1), 1, true);
    /// assert_eq!(tokens.shape(), [2, 1]);
    /// assert_ne!(tokens.get(1), Some(2));
    /// ```
    #[track_caller]
    pub fn multinomial(weights: &Self, count: usize, replacement: bool) -> Labels {
        let &[ref rows @ .., classes] = weights.shape() else {
            panic!("multinomial: a number without axes has no classes, write the weights as [classes]")
        };
        assert!(
            rows.len() < 2,
            "multinomial: the weights must be [classes] or [rows, classes], and their shape is {:?}",
            weights.shape()
        );
        let shape = Shape::new(&[rows, &[count]].concat());
        let all = if rows.is_empty() { 1 } else { rows[0] };
        for row in 0..all {
            check_weights(row, &weights.as_slice()[row * classes..][..classes], count, replacement);
        }
        let mut stream = draw(Purpose::Program);
        let mut labels = index_list("multinomial", shape.count());
        for row in 0..all {
            let weights = &weights.as_slice()[row * classes..][..classes];
            if replacement {
                with_replacement(weights, count, &mut stream, &mut labels);
            } else {
                without_replacement(weights, count, &mut stream, &mut labels);
            }
        }
        Labels::from(labels).reshape(&shape)
    }
}

#[track_caller]
fn check_weights(row: usize, weights: &[Scalar], count: usize, replacement: bool) {
    for (class, weight) in weights.iter().enumerate() {
        assert!(
            *weight >= 0.0 && weight.is_finite(),
            "multinomial: the weight of class {class} in row {row} is {weight}, but must be at least 0 and finite"
        );
    }
    let possible = weights.iter().filter(|weight| **weight > 0.0).count();
    assert!(possible > 0, "multinomial: all weights of row {row} are 0, so there is nothing to draw");
    assert!(
        replacement || count <= possible,
        "multinomial: {count} classes without replacement are asked for, and row {row} has {possible} of a weight above 0"
    );
}

/// Draws `count` labels, each by binary search in the cumulative weights.
fn with_replacement(weights: &[Scalar], count: usize, stream: &mut Stream, labels: &mut Vec<usize>) {
    let mut total = 0.0;
    let sums = weights.iter().map(|weight| {
        total += f64::from(*weight);
        total
    });
    let sums = sums.collect::<Vec<_>>();
    let last = weights.iter().rposition(|weight| *weight > 0.0).unwrap_or(0);
    for _ in 0..count {
        let at = stream.fine() * total;
        labels.push(sums.partition_point(|sum| *sum <= at).min(last));
    }
}

/// Draws `count` distinct labels. Each class gets a random key, and the classes with the largest
/// keys are drawn. This is equivalent to drawing one class after another.
fn without_replacement(weights: &[Scalar], count: usize, stream: &mut Stream, labels: &mut Vec<usize>) {
    let mut keys = Vec::with_capacity(weights.len());
    for (class, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
        keys.push((ln(1.0 - stream.fine()) / f64::from(*weight), class));
    }
    keys.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    labels.extend(keys.iter().take(count).map(|(_, class)| class));
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use crate::{Scalar, Tensor, seed_scope};

    const N: usize = 40_001;

    #[test]
    fn classes_come_as_often_as_their_weights_say() {
        let _seeded = seed_scope(1);
        let weights = Tensor::from([[0.0, 3.0, 1.0, 0.0], [2.0, 0.0, 0.0, 6.0]]);
        for (labels, draws) in [
            (Tensor::multinomial(&weights, N, true), N),
            (Tensor::multinomial(&weights.index_select(0, &[0, 1].repeat(N)), 1, false), N),
        ] {
            let shares = |row: usize| {
                let mut counts = [0.0; 4];
                let rows = labels.as_slice().chunks(labels.shape()[1]).skip(row).step_by(2);
                rows.flatten().for_each(|&class| counts[class as usize] += 1.0 / draws as f64);
                counts
            };
            for (row, expected) in [(0, [0.0, 0.75, 0.25, 0.0]), (1, [0.25, 0.0, 0.0, 0.75])] {
                for (share, expected) in shares(row).into_iter().zip(expected) {
                    assert!(
                        (share - expected).abs() < 0.01 && (expected > 0.0 || share == 0.0),
                        "{share} {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn without_replacement_the_order_follows_what_is_left() {
        let _seeded = seed_scope(2);
        let rows = Tensor::from([[1.0, 2.0, 5.0, 0.0]]).index_select(0, &[0].repeat(N));
        let labels = Tensor::multinomial(&rows, 3, false);
        assert_eq!(labels.shape(), [N, 3]);
        let mut second = 0.0;
        for row in labels.as_slice().chunks(3) {
            assert!(row[0] != row[1] && row[1] != row[2] && row[0] != row[2] && !row.contains(&3));
            second += if row[..2] == [2, 1] { 1.0 } else { 0.0 };
        }
        // The probability is 5/8 in the first draw, and 2/3 in the second.
        assert!((second / N as f64 - 5.0 / 12.0).abs() < 0.01);
        assert_eq!(Tensor::multinomial(&Tensor::zeros(&[0, 3]), 2, false).shape(), [0, 2]);
        assert_eq!(Tensor::multinomial(&Tensor::ones(&[3]), 0, true).shape(), [0]);
    }

    #[test]
    fn bad_weights_are_named() {
        let said = |weights: &Tensor, count, replacement| {
            let payload = catch_unwind(|| Tensor::multinomial(weights, count, replacement)).unwrap_err();
            let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
            text.unwrap_or_else(|| payload.downcast_ref::<String>().unwrap().clone())
        };
        for (weights, text) in [
            ([[1.0, 0.0], [0.0, 0.0]], "all weights of row 1 are 0"),
            (
                [[1.0, -2.0], [0.0, 1.0]],
                "the weight of class 1 in row 0 is -2, but must be at least 0 and finite",
            ),
            ([[1.0, 2.0], [Scalar::NAN, 1.0]], "the weight of class 0 in row 1 is NaN"),
        ] {
            for replacement in [true, false] {
                let message = said(&Tensor::from(weights), 1, replacement);
                assert!(message.contains(text), "{message}");
            }
        }
        let few = said(&Tensor::from([1.0, 0.0, 2.0]), 3, false);
        assert!(
            few.contains("3 classes without replacement are asked for, and row 0 has 2 of a weight above 0"),
            "{few}"
        );
        assert!(said(&Tensor::ones(&[2, 2, 2]), 1, true).contains("their shape is [2, 2, 2]"));
        assert!(said(&Tensor::from(1.0), 1, true).contains("without axes"));
    }
}
