//! Padding.

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::shape::{Shape, sum};
use crate::value::Value;
use crate::{Scalar, Tensor};

/// The elements that [`pad`](crate::pad) adds.
///
/// # Example
/// ```
/// use training_loop::{Padding, Tensor, pad};
///
/// let x = Tensor::from([1.0, 2.0, 3.0]);
/// assert_eq!(pad(&x, &[2, 1], Padding::Constant(0.0)).as_slice(), [0.0, 0.0, 1.0, 2.0, 3.0, 0.0]);
/// assert_eq!(pad(&x, &[2, 1], Padding::Reflect).as_slice(), [3.0, 2.0, 1.0, 2.0, 3.0, 2.0]);
/// assert_eq!(pad(&x, &[2, 1], Padding::Replicate).as_slice(), [1.0, 1.0, 1.0, 2.0, 3.0, 3.0]);
/// assert_eq!(pad(&x, &[2, 1], Padding::Circular).as_slice(), [2.0, 3.0, 1.0, 2.0, 3.0, 1.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Padding {
    /// A constant.
    Constant(Scalar),
    /// The elements next to the edge, mirrored at the edge. The edge itself is not repeated.
    Reflect,
    /// The element at the edge.
    Replicate,
    /// The elements at the opposite edge (wrap-around).
    Circular,
}

/// Adds elements at the start and at the end of the last axes.
///
/// # Shapes
/// `x: [.., h, w]` → `[.., top + h + bottom, left + w + right]` for `widths = [left, right, top, bottom]`.
/// The widths are pairs for the last axis, the axis before it, and so on, as in PyTorch.
///
/// # Formula
/// `y` equals `x` inside; outside, [`Padding`] defines `y`. `dx` is the sum of `g` over all copies of an
/// element.
///
/// # Panics
/// If the number of widths is odd, if there are more pairs than axes, or if an axis is too short. Reflection
/// adds fewer elements than the axis has. Circular padding adds at most as many. Replication needs one
/// element.
///
/// # Source
/// PyTorch's `F.pad`, without negative widths: use [`slice`](Tensor::slice) to remove elements. Unlike in
/// PyTorch, every mode supports any number of axes.
///
/// # Example
/// ```
/// use training_loop::{Padding, Tensor, pad};
///
/// let x = Tensor::ones(&[2, 3, 4, 5]);
/// assert_eq!(pad(&x, &[1, 2, 0, 1], Padding::Reflect).shape(), [2, 3, 5, 8]);
/// ```
#[track_caller]
pub fn pad(x: &Tensor, widths: &[usize], mode: Padding) -> Tensor {
    let (pairs, rest) = widths.as_chunks::<2>();
    assert!(
        rest.is_empty() && pairs.len() <= x.rank(),
        "pad: the widths {widths:?} must be pairs, [start, end] of the last axis, then of the axis before it, and the \
         input {:?} has {} axes",
        x.shape(),
        x.rank()
    );
    let mut pads = vec![[0, 0]; x.rank()];
    for (pad, pair) in pads.iter_mut().rev().zip(pairs) {
        *pad = *pair;
    }
    let from = x.value().shape().clone();
    let mut dims = from.to_vec();
    for ((axis, length), &[start, end]) in dims.iter_mut().enumerate().zip(&pads) {
        check(x.shape(), axis, [start, end], mode);
        *length = sum("pad: the places of the padded axis", &[*length, start, end]);
    }
    let shape = Shape::new(&dims);
    let plan = Plan { from: from.to_vec(), to: dims, pads, mode };
    let output = Value::build(shape, |y| plan.forward(x.as_slice(), y));
    record(output, [x], move |gradient| {
        let mut dx = Value::filled(from.clone(), 0.0);
        plan.backward(gradient.as_slice(), dx.make_mut());
        [dx]
    })
}

/// Checks that an axis is long enough for the mode.
#[track_caller]
fn check(shape: &[usize], axis: usize, [start, end]: [usize; 2], mode: Padding) {
    let (length, most) = (shape[axis], start.max(end));
    let (fits, rule) = match mode {
        Padding::Constant(_) => (true, ""),
        Padding::Reflect => (most == 0 || most < length, "a reflection must be shorter than the axis"),
        Padding::Replicate => (most == 0 || length > 0, "an empty axis has no edge to repeat"),
        Padding::Circular => (most <= length, "circular padding must not be longer than the axis"),
    };
    assert!(fits, "pad: the widths {start} and {end} do not fit axis {axis} of the input {shape:?}: {rule}");
}

/// The lengths of the axes before and after the padding, and the padding of each axis.
struct Plan {
    from: Vec<usize>,
    to: Vec<usize>,
    pads: Vec<[usize; 2]>,
    mode: Padding,
}

impl Plan {
    /// Maps an output index along `axis` to its input index; `None` for the constant.
    fn source(&self, axis: usize, index: usize) -> Option<usize> {
        let (length, start) = (self.from[axis], self.pads[axis][0]);
        if index >= start && index - start < length {
            return Some(index - start);
        }
        match self.mode {
            Padding::Constant(_) => None,
            Padding::Reflect if index < start => Some(start - index),
            Padding::Reflect => Some(2 * (length - 1) - (index - start)),
            Padding::Replicate => Some(if index < start { 0 } else { length - 1 }),
            Padding::Circular if index < start => Some(index + length - start),
            Padding::Circular => Some(index - start - length),
        }
    }

    /// Calls `row` for each row of the output, a line along the last axis. The arguments are the number of
    /// the row and the start of its source row in the input, or `None` for the constant.
    fn rows(&self, mut row: impl FnMut(usize, Option<usize>)) {
        let Some((last, lead)) = self.to.split_last() else { return };
        let count: usize = lead.iter().product();
        if *last == 0 {
            return;
        }
        for number in 0..count {
            let (mut rest, mut start, mut stride) = (number, Some(0), self.from[lead.len()]);
            for axis in (0..lead.len()).rev() {
                let source = self.source(axis, rest % lead[axis]);
                start = start.zip(source).map(|(start, source)| start + source * stride);
                rest /= lead[axis];
                stride *= self.from[axis];
            }
            row(number, start);
        }
    }

    fn forward(&self, x: &[Scalar], y: &mut [Scalar]) {
        let Some((&width, &length)) = self.to.last().zip(self.from.last()) else {
            y.copy_from_slice(x);
            return;
        };
        let (axis, left) = (self.to.len() - 1, self.pads[self.to.len() - 1][0]);
        let constant = if let Padding::Constant(value) = self.mode { value } else { 0.0 };
        self.rows(|number, start| {
            let y = &mut y[number * width..][..width];
            let Some(start) = start else { return y.fill(constant) };
            let x = &x[start..][..length];
            y[left..][..length].copy_from_slice(x);
            for index in (0..left).chain(left + length..width) {
                y[index] = self.source(axis, index).map_or(constant, |source| x[source]);
            }
        });
    }

    fn backward(&self, g: &[Scalar], dx: &mut [Scalar]) {
        let Some((&width, &length)) = self.to.last().zip(self.from.last()) else {
            dx.copy_from_slice(g);
            return;
        };
        let (axis, left) = (self.to.len() - 1, self.pads[self.to.len() - 1][0]);
        self.rows(|number, start| {
            let Some(start) = start else { return };
            let (g, dx) = (&g[number * width..][..width], &mut dx[start..][..length]);
            dx.iter_mut().zip(&g[left..]).for_each(|(dx, g)| *dx += g);
            for index in (0..left).chain(left + length..width) {
                if let Some(source) = self.source(axis, index) {
                    dx[source] += g[index];
                }
            }
        });
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[2, 3, 4]], &[&[1, 1]], &[&[0, 2]], &[&[2, 0]]], |x| {
        pad(&x[0], &[1, 2, 0, 3], Padding::Constant(0.5))
    }),
    Case::new(&[&[&[2, 3, 4]], &[&[2, 3]], &[&[0, 2, 3]]], |x| pad(&x[0], &[2, 1, 1, 0], Padding::Reflect)),
    Case::new(&[&[&[2, 3, 4]], &[&[1, 1]]], |x| pad(&x[0], &[3, 1, 0, 2], Padding::Replicate)),
    Case::new(&[&[&[2, 3, 4]], &[&[2, 2]]], |x| pad(&x[0], &[1, 2, 2, 1], Padding::Circular)),
    Case::new(&[&[&[2, 3]], &[&[]]], |x| pad(&x[0], &[], Padding::Reflect)),
];

#[cfg(test)]
mod tests {
    use super::{Padding, pad};
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "pad: the widths 3 and 0 do not fit axis 1 of the input [2, 3]: a reflection must be shorter than the axis")]
    fn a_long_reflection_is_refused() {
        let _ = pad(&Tensor::zeros(&[2, 3]), &[3, 0], Padding::Reflect);
    }

    #[test]
    #[should_panic(expected = "pad: the widths [1, 2, 3] must be pairs")]
    fn half_a_pair_is_refused() {
        let _ = pad(&Tensor::zeros(&[2, 3]), &[1, 2, 3], Padding::Circular);
    }

    #[test]
    #[should_panic(expected = "an empty axis has no edge to repeat")]
    fn an_empty_axis_has_no_edge() {
        let _ = pad(&Tensor::zeros(&[2, 0]), &[1, 0], Padding::Replicate);
    }
}
