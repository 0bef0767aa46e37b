//! Constructors of tensors.

use super::Tensor;
use crate::labels::check_classes;
use crate::scalar::decimal;
use crate::value::Value;
use crate::{Labels, Scalar};

impl Tensor {
    /// A tensor of zeros.
    #[track_caller]
    pub fn zeros(shape: &[usize]) -> Self {
        Self::full(shape, 0.0)
    }

    /// A tensor of ones.
    #[track_caller]
    pub fn ones(shape: &[usize]) -> Self {
        Self::full(shape, 1.0)
    }

    /// A tensor with all elements equal to `value`.
    #[track_caller]
    pub fn full(shape: &[usize], value: Scalar) -> Self {
        Self::constant(Value::filled(shape, value))
    }

    /// Values from `start` in steps of `step`, up to but excluding `end`.
    ///
    /// A negative step counts down. If the first step leads away from `end`, or if `start` and
    /// `end` are equal, the tensor is empty.
    ///
    /// # Shapes
    /// → `[n]` with `n = ⌈(end - start) / step⌉`
    ///
    /// # Formula
    /// `y[i] = start + i · step`. Each element is computed independently in double precision, so
    /// that no error accumulates. The arguments are read as decimals: 0.1 is exactly one tenth.
    ///
    /// # Panics
    /// If the step is 0, or if an argument is NaN or infinite.
    ///
    /// # Source
    /// PyTorch's `arange`, with two differences. PyTorch rejects a step that leads away from `end`,
    /// and may include `end` where the quotient is rounded up: `arange(1, 1.3, 0.1)` has four
    /// values in PyTorch and three here.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// assert_eq!(Tensor::arange(0.0, 0.3, 0.1).as_slice(), [0.0, 0.1, 0.2]);
    /// assert_eq!(Tensor::arange(3.0, 0.0, -1.0).as_slice(), [3.0, 2.0, 1.0]);
    /// ```
    #[track_caller]
    pub fn arange(start: Scalar, end: Scalar, step: Scalar) -> Self {
        assert!(start.is_finite() && end.is_finite(), "arange: the ends {start} and {end} must be finite");
        assert!(step.is_finite() && step != 0.0, "arange: the step {step} must be finite and not 0");
        let [start, end, step] = [start, end, step].map(decimal);
        let steps = (end - start) / step;
        // Whether the quotient is an integer up to the rounding of its three operations.
        let is_whole = (steps - steps.round()).abs() <= 4.0 * f64::EPSILON * steps.abs();
        let count = if is_whole { steps.round() } else { steps.ceil() };
        Self::by_place(count.max(0.0) as usize, |i| start + i as f64 * step)
    }

    /// `count` evenly spaced values from `start` to `end`, both included; a single value is `start`.
    ///
    /// # Shapes
    /// → `[count]`
    ///
    /// # Formula
    /// `y[i] = start + i · (end - start) / (count - 1)` in the first half. The second half is
    /// computed backward from `end`, as in PyTorch, so that both ends are exact.
    ///
    /// # Panics
    /// If an end is NaN or infinite.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// assert_eq!(Tensor::linspace(-1.0, 1.0, 5).as_slice(), [-1.0, -0.5, 0.0, 0.5, 1.0]);
    /// ```
    #[track_caller]
    pub fn linspace(start: Scalar, end: Scalar, count: usize) -> Self {
        assert!(start.is_finite() && end.is_finite(), "linspace: the ends {start} and {end} must be finite");
        let [start, end] = [start, end].map(decimal);
        let last = count.saturating_sub(1);
        // The ends are divided before the subtraction, because the difference of large ends may
        // overflow.
        let step = end / last.max(1) as f64 - start / last.max(1) as f64;
        Self::by_place(count, |i| {
            if i < count / 2 || last == 0 { start + i as f64 * step } else { end - (last - i) as f64 * step }
        })
    }

    /// The vector of the values `value(0)`, `value(1)`, ..., `value(count - 1)`.
    #[track_caller]
    fn by_place(count: usize, value: impl Fn(usize) -> f64) -> Self {
        Self::constant(Value::build([count], |numbers| {
            numbers.iter_mut().enumerate().for_each(|(i, number)| *number = value(i) as Scalar);
        }))
    }

    /// The identity matrix.
    ///
    /// # Shapes
    /// → `[n, n]`
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// assert_eq!(Tensor::eye(2).as_slice(), [1.0, 0.0, 0.0, 1.0]);
    /// ```
    #[track_caller]
    pub fn eye(n: usize) -> Self {
        let mut matrix = Value::filled([n, n], 0.0);
        matrix.make_mut().iter_mut().step_by(n.saturating_add(1)).for_each(|one| *one = 1.0);
        Self::constant(matrix)
    }

    /// One-hot rows: 1 at the label and 0 elsewhere.
    ///
    /// # Shapes
    /// `labels: [..]` → `[.., classes]`
    ///
    /// # Panics
    /// If a label is not below `classes`.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let rows = Tensor::one_hot(&Labels::from([2, 0]), 3);
    /// assert_eq!(rows.as_slice(), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    /// ```
    #[track_caller]
    pub fn one_hot(labels: &Labels, classes: usize) -> Self {
        let shape = [labels.shape(), &[classes]].concat();
        check_classes("one_hot", labels, &shape, classes, None);
        let mut rows = Value::filled(&*shape, 0.0);
        if classes > 0 {
            for (row, label) in rows.make_mut().chunks_exact_mut(classes).zip(labels.iter()) {
                row[label as usize] = 1.0;
            }
        }
        Self::constant(rows)
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use crate::{Labels, Scalar, Tensor};

    #[test]
    fn ranges_end_before_their_end() {
        for (start, end, step, expected) in [
            (0.0, 5.0, 1.0, &[0.0, 1.0, 2.0, 3.0, 4.0][..]),
            (0.0, 4.5, 1.5, &[0.0, 1.5, 3.0]),
            (1.0, 1.3, 0.1, &[1.0, 1.1, 1.2]),
            (0.0, 0.31, 0.1, &[0.0, 0.1, 0.2, 0.3]),
            (2.0, -1.0, -1.0, &[2.0, 1.0, 0.0]),
            (2.0, 2.0, 1.0, &[]),
            (2.0, 0.0, 1.0, &[]),
            (0.0, 2.0, -1.0, &[]),
            (0.0, 1e-30, 1.0, &[0.0]),
        ] {
            let range = Tensor::arange(start, end, step);
            let is_near = |(a, b): (&Scalar, &Scalar)| (a - b).abs() <= Scalar::EPSILON;
            assert_eq!(range.len(), expected.len(), "{start} {end} {step}");
            assert!(range.as_slice().iter().zip(expected).all(is_near), "{range} is not {expected:?}");
        }
        let long = Tensor::arange(0.0, 1000.0, 0.1);
        assert_eq!(long.len(), 10_000);
        assert!((long.as_slice()[9999] - 999.9).abs() <= 1000.0 * Scalar::EPSILON);
    }

    #[test]
    fn steps_that_lead_nowhere_are_refused() {
        let message = |start: Scalar, end, step| {
            let payload = catch_unwind(|| Tensor::arange(start, end, step)).unwrap_err();
            payload.downcast_ref::<String>().cloned().unwrap()
        };
        assert_eq!(message(0.0, 1.0, 0.0), "arange: the step 0 must be finite and not 0");
        assert_eq!(message(0.0, 1.0, Scalar::NAN), "arange: the step NaN must be finite and not 0");
        assert_eq!(message(0.0, Scalar::INFINITY, 1.0), "arange: the ends 0 and inf must be finite");
        assert!(message(0.0, 1e30, 1e-30).contains("more elements than can be counted"));
        assert!(catch_unwind(|| Tensor::linspace(Scalar::NAN, 1.0, 2)).is_err());
    }

    #[test]
    fn even_spreads_keep_both_ends() {
        assert_eq!(Tensor::linspace(3.0, 7.0, 0).shape(), [0]);
        assert_eq!(Tensor::linspace(3.0, 7.0, 1).as_slice(), [3.0]);
        assert_eq!(Tensor::linspace(0.1, 0.7, 2).as_slice(), [0.1, 0.7]);
        for count in 2..100 {
            let spread = Tensor::linspace(-0.3, 0.7, count);
            assert_eq!((spread.as_slice()[0], spread.as_slice()[count - 1]), (-0.3, 0.7));
            assert!(spread.as_slice().is_sorted());
        }
        let wide = Tensor::linspace(Scalar::MIN, Scalar::MAX, 3);
        assert_eq!(wide.as_slice(), [Scalar::MIN, 0.0, Scalar::MAX]);
    }

    #[test]
    fn matrices_of_ones_and_zeros() {
        assert_eq!(Tensor::eye(0).shape(), [0, 0]);
        assert_eq!(Tensor::eye(3).sum().item(), 3.0);
        let tokens = Labels::from([[0, 2], [1, 1]]);
        let rows = Tensor::one_hot(&tokens, 3);
        assert_eq!(rows.shape(), [2, 2, 3]);
        assert_eq!(rows.argmax(-1), tokens);
        assert_eq!(Tensor::one_hot(&Labels::from(2), 4).as_slice(), [0.0, 0.0, 1.0, 0.0]);
        assert_eq!(Tensor::one_hot(&Labels::from([0_u32; 0]), 0).shape(), [0, 0]);
        assert_eq!(Tensor::full(&[2, 1], 7.5).as_slice(), [7.5, 7.5]);
    }

    #[test]
    #[should_panic(
        expected = "one_hot: the label of row 1 of this batch is 3, and the output [2, 3] has 3 classes"
    )]
    fn a_label_beyond_the_classes_is_named() {
        let _ = Tensor::one_hot(&Labels::from([0, 3]), 3);
    }
}
