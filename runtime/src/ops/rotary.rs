//! Rotary positions.

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::shape::{product, sum};
use crate::value::Value;
use crate::{Scalar, Tensor};

/// Rotary position embedding: rotates pairs of features of queries and keys by angles that grow with
/// the position, so that the score of a query and a key depends on their distance.
///
/// # Formula
/// At position `p`, pair `i` of a head of `width` features is rotated by `p · base^(-2 i / width)`:
/// `(a, b) → (a cos - b sin, a sin + b cos)`. Pair `i` is features `2 i` and `2 i + 1`; with
/// [`halves`](Self::halves) it is features `i` and `i + width / 2`. The gradient is rotated back.
/// `base` is 10000.
///
/// # Source
/// Su et al. 2021, with the pairs of the paper; `halves` is the layout of the Llama models of Hugging
/// Face.
///
/// # Example
/// ```
/// use training_loop::{Rotary, Tensor};
///
/// let q = Tensor::from([[1.0, 0.0], [1.0, 0.0]]);
/// let rotated = Rotary::new(2).apply(&q, 0);
/// assert_eq!(rotated.as_slice()[..2], [1.0, 0.0]);
/// assert!((rotated.as_slice()[2] - 1.0_f32.cos()).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rotary {
    width: usize,
    base: f64,
    halves: bool,
}

impl Rotary {
    /// Rotations for heads of `width` features.
    ///
    /// # Panics
    /// If `width` is odd or 0.
    #[track_caller]
    pub fn new(width: usize) -> Self {
        assert!(
            width > 0 && width.is_multiple_of(2),
            "Rotary: a head of {width} features has no pairs; use an even number"
        );
        Self { width, base: 10_000.0, halves: false }
    }

    /// Sets the base of the angles.
    ///
    /// # Panics
    /// If `base` is not finite or not above 0.
    #[track_caller]
    pub fn base(self, base: f64) -> Self {
        assert!(
            base > 0.0 && base.is_finite(),
            "`base` of `Rotary` is {base}, but must be above 0 and finite"
        );
        Self { base, ..self }
    }

    /// Rotates feature `i` with feature `i + width / 2`, instead of neighbours.
    pub fn halves(self) -> Self {
        Self { halves: true, ..self }
    }

    /// The width of a head.
    pub(crate) fn width(self) -> usize {
        self.width
    }

    /// Rotates the features of each position. `start` is the first position; it is above 0 if the sequence
    /// continues another one.
    ///
    /// # Shapes
    /// `x: [.., time, features]` → the shape of `x`, where `features` is a multiple of the width of a
    /// head: each row contains one or more heads.
    ///
    /// # Panics
    /// If `x` has fewer than two axes, or if its last axis is not a multiple of the width.
    #[track_caller]
    pub fn apply(self, x: &Tensor, start: usize) -> Tensor {
        let &[.., time, features] = x.shape() else {
            panic!("rotary: the input must be [.., time, features], and its shape is {:?}", x.shape());
        };
        assert!(
            features.is_multiple_of(self.width),
            "rotary: the last axis of the input {:?} must be a multiple of the width {} of a head",
            x.shape(),
            self.width
        );
        sum("rotary: the positions", &[start, time]);
        let input = x.value().clone();
        let table = if input.as_slice().is_empty() { Vec::new() } else { self.table(start, time) };
        let output = Value::build(input.shape().clone(), |y| {
            self.rotate(&table, time * features, features, input.as_slice(), y, 1.0);
        });
        record(output, [x], move |gradient| {
            let g = gradient.as_slice();
            [Value::build(gradient.shape().clone(), |dx| {
                self.rotate(&table, time * features, features, g, dx, -1.0);
            })]
        })
    }

    /// The cosine and the sine of each angle, `[time, width / 2]`.
    #[track_caller]
    fn table(self, start: usize, time: usize) -> Vec<[Scalar; 2]> {
        let pairs = self.width / 2;
        let mut table = Vec::new();
        let count = product("rotary: the angles", &[time, pairs]);
        assert!(table.try_reserve_exact(count).is_ok(), "out of memory: the positions of rotary need {count} angles");
        for position in start..start + time {
            for pair in 0..pairs {
                let angle = position as f64 * self.base.powf(-2.0 * pair as f64 / self.width as f64);
                table.push([angle.cos() as Scalar, angle.sin() as Scalar]);
            }
        }
        table
    }

    /// Rotates by the angles of the table, or by their negatives for `sign = -1`. `sequence` is the number of
    /// elements per sequence, and `features` the number per position.
    fn rotate(
        self,
        table: &[[Scalar; 2]],
        sequence: usize,
        features: usize,
        x: &[Scalar],
        y: &mut [Scalar],
        sign: Scalar,
    ) {
        if x.is_empty() {
            return;
        }
        let (width, pairs) = (self.width, self.width / 2);
        for (x, y) in x.chunks_exact(sequence).zip(y.chunks_exact_mut(sequence)) {
            let rows = x.chunks_exact(features).zip(y.chunks_exact_mut(features));
            for ((x, y), table) in rows.zip(table.chunks_exact(pairs)) {
                for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
                    for (pair, [cos, sin]) in table.iter().enumerate() {
                        let [first, second] =
                            if self.halves { [pair, pair + pairs] } else { [2 * pair, 2 * pair + 1] };
                        let (a, b, sin) = (x[first], x[second], sin * sign);
                        y[first] = a * cos - b * sin;
                        y[second] = a * sin + b * cos;
                    }
                }
            }
        }
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[2, 3, 8]], &[&[5, 4]], &[&[0, 2, 4]], &[&[2, 0, 4]]], |x| Rotary::new(4).apply(&x[0], 3)),
    Case::new(&[&[&[2, 3, 12]]], |x| Rotary::new(6).halves().base(50.0).apply(&x[0], 0)),
];

#[cfg(test)]
mod tests {
    use super::Rotary;
    use crate::Tensor;

    #[test]
    fn a_sequence_may_continue_another() {
        let x = Tensor::randn(&[5, 8]);
        let (all, rest) = (Rotary::new(4).apply(&x, 0), Rotary::new(4).apply(&x.slice(0, 2..), 2));
        assert_eq!(rest.as_slice(), &all.as_slice()[16..]);
    }

    #[test]
    #[should_panic(expected = "Rotary: a head of 3 features has no pairs")]
    fn an_odd_width_is_refused() {
        let _ = Rotary::new(3);
    }

    #[test]
    #[should_panic(expected = "the last axis of the input [2, 6] must be a multiple of the width 4 of a head")]
    fn another_width_is_named() {
        let _ = Rotary::new(4).apply(&Tensor::zeros(&[2, 6]), 0);
    }
}
