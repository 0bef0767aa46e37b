//! Broadcasting in the forward pass, and the reduction over broadcast axes in the backward pass.

use crate::kernel;
use crate::shape::Shape;
use crate::value::Value;
use crate::{Scalar, Tensor};

/// The shape that two shapes broadcast to. Axes are aligned at the last axis, and an axis of length
/// 1 is stretched.
#[track_caller]
pub(crate) fn shape(op: &str, a: &Shape, b: &Shape) -> Shape {
    if a == b {
        return a.clone();
    }
    let rank = a.len().max(b.len());
    let mut dims = vec![0; rank];
    for (axis, dim) in dims.iter_mut().enumerate() {
        *dim = match (length(a, axis, rank), length(b, axis, rank)) {
            (x, y) if x == y => x,
            (1, y) => y,
            (x, 1) => x,
            _ => panic!(
                "{op}: the shapes {a:?} and {b:?} do not broadcast; counted from the last axis, lengths must \
                 be equal or 1"
            ),
        };
    }
    Shape::new(&dims)
}

fn length(shape: &Shape, axis: usize, rank: usize) -> usize {
    let missing = rank - shape.len();
    if axis < missing { 1 } else { shape[axis - missing] }
}

/// Applies `f` to two values that are broadcast against each other.
#[track_caller]
pub(crate) fn zip(
    op: &str,
    a: &Value,
    b: &Value,
    f: impl Fn(Scalar, Scalar) -> Scalar + Copy + Sync,
) -> Value {
    if a.shape() == b.shape() {
        return Value::build(a.shape().clone(), |out| kernel::zip(a.as_slice(), b.as_slice(), out, f));
    }
    let shape = shape(op, a.shape(), b.shape());
    let (x, y) = (a.as_slice(), b.as_slice());
    Value::build(shape.clone(), |out| {
        if let ([y], true) = (y, x.len() == out.len()) {
            let y = *y;
            return kernel::map(x, out, move |x| f(x, y));
        }
        let walk = Walk::new(&shape, [a.shape(), b.shape()]);
        walk.share(out, |out, [i, j]| match walk.inner {
            [1, 1] => kernel::zip(&x[i..][..out.len()], &y[j..][..out.len()], out, f),
            [1, _] => {
                let y = y[j];
                kernel::map(&x[i..][..out.len()], out, move |x| f(x, y));
            }
            [_, 1] => {
                let x = x[i];
                kernel::map(&y[j..][..out.len()], out, move |y| f(x, y));
            }
            _ => out.fill(f(x[i], y[j])),
        });
    })
}

/// Sums `gradient` over the axes along which a value of shape `target` was stretched.
#[track_caller]
pub(crate) fn reduce(gradient: Value, target: &Shape) -> Value {
    if gradient.shape() == target {
        return gradient;
    }
    let mut sums = Value::filled(target.clone(), 0.0);
    let out = sums.make_mut();
    let from = gradient.as_slice();
    if from.is_empty() {
        return sums;
    }
    if out.len() == 1 {
        out[0] = kernel::sum(from);
        return sums;
    }
    if !out.is_empty() && gradient.shape().ends_with(trimmed(target)) {
        kernel::add_rows(from, out);
        return sums;
    }
    let walk = Walk::new(gradient.shape(), [target]);
    let length = walk.dims.last().copied().unwrap_or(1);
    walk.rows(0, from.len().checked_div(length).unwrap_or(0), |row, [i]| {
        let from = &from[row * length..][..length];
        if walk.inner == [1] {
            kernel::zip_in_place(&mut out[i..i + length], from, |sum, g| sum + g);
        } else {
            out[i] += kernel::sum(from);
        }
    });
    sums
}

/// Broadcasts a value to a shape.
#[track_caller]
pub(crate) fn expand(value: &Value, shape: &Shape) -> Value {
    if value.shape() == shape {
        return value.clone();
    }
    let from = value.as_slice();
    Value::build(shape.clone(), |out| {
        let walk = Walk::new(shape, [value.shape()]);
        walk.share(out, |out, [i]| {
            if walk.inner == [1] {
                kernel::copy(&from[i..][..out.len()], out);
            } else {
                kernel::fill(out, from[i]);
            }
        });
    })
}

/// Pairs of shapes for the gradient checks of broadcasting operations.
pub(crate) const SHAPES: &[&[&[usize]]] = &[
    &[&[3, 4], &[3, 4]],
    &[&[3, 4], &[4]],
    &[&[3, 1], &[1, 4]],
    &[&[2], &[3, 1, 2]],
    &[&[2, 3, 2], &[3, 1]],
    &[&[], &[2, 2]],
    &[&[1], &[]],
    &[&[0, 3], &[3]],
    &[&[1, 3, 1], &[0, 1, 2]],
];

/// Returns for each input whether the input needs a gradient.
pub(crate) fn needs<const N: usize>(inputs: [&Tensor; N]) -> [bool; N] {
    inputs.map(Tensor::requires_grad)
}

/// The shape without leading axes of length 1.
fn trimmed(shape: &Shape) -> &[usize] {
    let ones = shape.iter().take_while(|&&length| length == 1).count();
    &shape[ones..]
}

/// An iteration over the rows of a shape that `N` values broadcast to. The iteration visits each
/// row with one offset per value. An offset is the index of the row's first element in the value.
struct Walk<const N: usize> {
    /// The lengths of the axes. Adjacent axes are merged if one stride covers both axes in every
    /// value.
    dims: Vec<usize>,
    strides: [Vec<usize>; N],
    /// The stride of each value along a row: 1, or 0 where the value is broadcast.
    inner: [usize; N],
}

impl<const N: usize> Walk<N> {
    fn new(shape: &Shape, parts: [&Shape; N]) -> Self {
        let rank = shape.len();
        let full = parts.map(|part| {
            let own = part.strides();
            let missing = rank - part.len();
            (0..rank)
                .map(|axis| if length(part, axis, rank) == 1 { 0 } else { own[axis - missing] })
                .collect::<Vec<_>>()
        });
        let mut dims: Vec<usize> = Vec::with_capacity(rank);
        let mut strides: [Vec<usize>; N] = std::array::from_fn(|_| Vec::with_capacity(rank));
        for axis in (0..rank).filter(|&axis| shape[axis] != 1) {
            let joins = |n: usize| {
                let before = strides[n].last().copied();
                before == Some(full[n][axis] * shape[axis])
            };
            if !dims.is_empty() && (0..N).all(joins) {
                *dims.last_mut().expect("not empty") *= shape[axis];
                for n in 0..N {
                    *strides[n].last_mut().expect("not empty") = full[n][axis];
                }
            } else {
                dims.push(shape[axis]);
                for n in 0..N {
                    strides[n].push(full[n][axis]);
                }
            }
        }
        let inner = std::array::from_fn(|n| strides[n].last().copied().unwrap_or(0));
        Self { dims, strides, inner }
    }

    /// Calls `visit(row, offsets)` for each row of `out`, on several threads if there are many
    /// rows. `out` has the shape of the iteration.
    fn share(&self, out: &mut [Scalar], visit: impl Fn(&mut [Scalar], [usize; N]) + Sync) {
        let Some(&length) = self.dims.last() else { return visit(out, [0; N]) };
        // The cost of a row is its length plus the overhead of the iteration.
        kernel::share_rows(out, length, length + 16, |first, out| {
            let mut rows = out.chunks_exact_mut(length);
            self.rows(first, rows.len(), |_, places| visit(rows.next().expect("as many rows"), places));
        });
    }

    /// Calls `visit(row, offsets)` for `count` rows in row-major order. `row` is the index of a
    /// row, starting at `first`.
    fn rows(&self, first: usize, count: usize, mut visit: impl FnMut(usize, [usize; N])) {
        let Some((_, outer)) = self.dims.split_last() else { return visit(0, [0; N]) };
        let mut index = vec![0; outer.len()];
        let mut rest = first;
        for axis in (0..outer.len()).rev() {
            index[axis] = rest % outer[axis];
            rest /= outer[axis];
        }
        let mut places: [usize; N] =
            std::array::from_fn(|n| index.iter().zip(&self.strides[n]).map(|(i, stride)| i * stride).sum());
        for row in first..first + count {
            visit(row, places);
            for axis in (0..outer.len()).rev() {
                index[axis] += 1;
                for (place, strides) in places.iter_mut().zip(&self.strides) {
                    *place += strides[axis];
                }
                if index[axis] < outer[axis] {
                    break;
                }
                index[axis] = 0;
                for (place, strides) in places.iter_mut().zip(&self.strides) {
                    *place -= strides[axis] * outer[axis];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{expand, reduce, shape, zip};
    use crate::Scalar;
    use crate::shape::Shape;
    use crate::value::Value;

    fn counted(dims: &[usize]) -> Value {
        Value::build(dims, |out| out.iter_mut().enumerate().for_each(|(i, v)| *v = i as Scalar + 1.0))
    }

    fn as_array(value: &Value) -> crate::Array {
        crate::Array::from_shape_vec(value.shape().to_vec(), value.as_slice().to_vec()).unwrap()
    }

    const PAIRS: &[[&[usize]; 2]] = &[
        [&[2, 3], &[3]],
        [&[3], &[2, 3]],
        [&[2, 1, 4], &[3, 1]],
        [&[4, 1], &[1, 5]],
        [&[2, 3, 4], &[2, 1, 4]],
        [&[2, 3, 4], &[1, 3, 1]],
        [&[], &[2, 2]],
        [&[1], &[]],
        [&[0, 3], &[3]],
        [&[2, 1], &[1, 0]],
        [&[1, 2, 1, 3, 1], &[2, 1, 3, 2]],
    ];

    #[test]
    fn zip_agrees_with_ndarray() {
        for [a, b] in PAIRS {
            let (a, b) = (counted(a), counted(b));
            let ours = zip("sub", &a, &b, |x, y| x - 2.0 * y);
            let to = ours.shape().to_vec();
            let (x, y) = (as_array(&a), as_array(&b));
            let theirs = &x.broadcast(to.clone()).unwrap() - &(&y.broadcast(to).unwrap() * 2.0);
            assert_eq!(as_array(&ours), theirs);
        }
    }

    #[test]
    fn reduce_counts_how_often_each_element_was_used() {
        for [a, b] in PAIRS {
            let to = shape("add", &Shape::new(a), &Shape::new(b));
            for part in [a, b] {
                let part = Shape::new(part);
                let sums = reduce(Value::filled(to.clone(), 1.0), &part);
                let uses = if part.count() == 0 { 0 } else { to.count() / part.count() };
                assert_eq!(sums.shape(), &part);
                assert!(sums.as_slice().iter().all(|&sum| sum == uses as Scalar), "{to:?} -> {part:?}");
                assert_eq!(
                    reduce(expand(&counted(&part), &to), &part).as_slice().first().copied(),
                    (part.count() > 0).then_some(uses as Scalar)
                );
            }
        }
    }

    #[test]
    #[should_panic(expected = "mul: the shapes [2, 3] and [2] do not broadcast")]
    fn shapes_that_do_not_meet_are_named() {
        shape("mul", &Shape::new(&[2, 3]), &Shape::new(&[2]));
    }
}
