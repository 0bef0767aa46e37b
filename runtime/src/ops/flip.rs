//! Reversal and rotation along axes.

use super::axis;
use crate::Tensor;
use crate::autograd::record;
use crate::gradcheck::Case;
use crate::value::Value;

impl Tensor {
    /// The elements in reversed order along one axis; a negative axis counts from the last.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `dx` is `g`, reversed along the same axis.
    ///
    /// # Panics
    /// If there is no such axis.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// assert_eq!(Tensor::from([[1.0, 2.0], [3.0, 4.0]]).flip(0).as_slice(), [3.0, 4.0, 1.0, 2.0]);
    /// ```
    #[track_caller]
    pub fn flip(&self, axis: isize) -> Self {
        let axis = self::axis("flip", self.shape(), axis);
        let last = self.shape()[axis].saturating_sub(1);
        record(moved(self.value(), axis, |i| last - i), [self], move |gradient| {
            [moved(&gradient, axis, |i| last - i)]
        })
    }

    /// The elements moved by `shift` along one axis; those beyond the end come in again at the start. A negative
    /// shift moves to the start, and a negative axis counts from the last.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y[i + shift mod n] = x[i]`; `dx` is `g`, moved by `-shift`.
    ///
    /// # Panics
    /// If there is no such axis.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// assert_eq!(Tensor::from([1.0, 2.0, 3.0]).roll(1, 0).as_slice(), [3.0, 1.0, 2.0]);
    /// ```
    #[track_caller]
    pub fn roll(&self, shift: isize, axis: isize) -> Self {
        let axis = self::axis("roll", self.shape(), axis);
        let length = self.shape()[axis];
        let there = shift.rem_euclid(length.max(1).cast_signed()).cast_unsigned();
        let back = length - there;
        let turned = move |by: usize| move |i: usize| (i + by) % length;
        record(moved(self.value(), axis, turned(back)), [self], move |gradient| {
            [moved(&gradient, axis, turned(there))]
        })
    }
}

/// Copies the index `source(i)` along an axis to the index `i`.
#[track_caller]
fn moved(x: &Value, axis: usize, source: impl Fn(usize) -> usize) -> Value {
    let (_, length, inner) = x.shape().around(axis);
    Value::build(x.shape().clone(), |to| {
        let block = (length * inner).max(1);
        for (to, from) in to.chunks_exact_mut(block).zip(x.as_slice().chunks_exact(block)) {
            for (i, to) in to.chunks_exact_mut(inner).enumerate() {
                to.copy_from_slice(&from[source(i) * inner..][..inner]);
            }
        }
    })
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[2, 3, 2]], &[&[2, 1]], &[&[0, 2]], &[&[2, 0]]], |x| x[0].flip(1)),
    Case::new(&[&[&[3, 4]], &[&[5]]], |x| x[0].flip(0)),
    Case::new(&[&[&[3, 4]], &[&[2, 3, 2]], &[&[2, 1]], &[&[0, 2]], &[&[2, 0]]], |x| x[0].roll(2, 1)),
    Case::new(&[&[&[3, 4]], &[&[5]]], |x| x[0].roll(-7, 0)),
];
