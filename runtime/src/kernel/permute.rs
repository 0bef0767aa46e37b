//! Permutation of axes.
//!
//! Formula: `y[i₀, i₁, ..] = x[Σ iₐ strideₐ]`, where `strideₐ` is the stride in `x` of the axis `a`
//! of `y`.
//! Layout: the result is dense; adjacent axes that stay adjacent are merged first.
//! Blocking: if the last axis stays last, whole runs are copied. If another axis is contiguous,
//! that axis and the last one are traversed in tiles of 16 × 16, so that each cache line is used
//! completely while it is in cache. Threads share the longest dense pieces of the result.
//! Bound: memory, although the copy in tiles does not quite reach the full bandwidth.

use super::pool;
use crate::Scalar;

/// The number of elements along each side of a tile: a cache line.
const TILE: usize = 16;

/// The number of elements of one part of a shared copy.
const PART: usize = 1 << 14;

/// Swaps two axes: `[outer, a, b]` → `[outer, b, a]`.
pub(crate) fn swap((outer, a, b): (usize, usize, usize), from: &[Scalar], to: &mut [Scalar]) {
    permute(&[outer, b, a], &[a * b, 1, b], from, to);
}

/// Copies the elements of `from` to `to` in a new order of axes. `dims` are the lengths of the axes of `to`,
/// and `strides` their strides in `from`.
pub(crate) fn permute(dims: &[usize], strides: &[usize], from: &[Scalar], to: &mut [Scalar]) {
    if to.is_empty() {
        return;
    }
    let (dims, strides) = joined(dims, strides);
    let Some((&length, rest)) = dims.split_first() else { return to.copy_from_slice(&from[..1]) };
    let inner = to.len() / length;
    let block = if to.len() < 2 * PART { length } else { PART.div_ceil(inner).min(length.div_ceil(2)) };
    pool::chunks([to], block * inner, |number, [to]| {
        let dims = [&[to.len() / inner], rest].concat();
        gather(&dims, &strides, &from[number * block * strides[0]..], to);
    });
}

/// The lengths and strides of the axes longer than 1. Neighbouring axes are merged if one stride covers both.
fn joined(dims: &[usize], strides: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let mut kept: (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    for (&length, &stride) in dims.iter().zip(strides).filter(|(length, _)| **length != 1) {
        match (kept.0.last_mut(), kept.1.last_mut()) {
            (Some(before), Some(last)) if *last == length * stride => {
                *before *= length;
                *last = stride;
            }
            _ => {
                kept.0.push(length);
                kept.1.push(stride);
            }
        }
    }
    kept
}

/// Copies a non-empty block of any rank. `dims` are its dimensions, and `strides` its strides in `from`.
fn gather(dims: &[usize], strides: &[usize], from: &[Scalar], to: &mut [Scalar]) {
    match (dims, strides) {
        ([_], [1]) => to.copy_from_slice(&from[..to.len()]),
        ([_], &[stride]) => to.iter_mut().zip(from.iter().step_by(stride)).for_each(|(to, from)| *to = *from),
        (&[rows, ref dims @ ..], [1, strides @ ..]) => {
            let apart = to.len() / rows;
            tiles((rows, apart), dims, strides, from, to);
        }
        ([length, dims @ ..], [stride, strides @ ..]) => {
            for (i, to) in to.chunks_exact_mut(to.len() / length).enumerate() {
                gather(dims, strides, &from[i * stride..], to);
            }
        }
        _ => {}
    }
}

/// Copies a block whose first axis, of length `rows`, is contiguous in `from`. In `to`, neighbours
/// along this axis are `apart` elements apart.
fn tiles(
    (rows, apart): (usize, usize),
    dims: &[usize],
    strides: &[usize],
    from: &[Scalar],
    to: &mut [Scalar],
) {
    if let ([columns], [stride]) = (dims, strides) {
        return transpose((rows, apart), (*columns, *stride), from, to);
    }
    let inner: usize = dims[1..].iter().product();
    for i in 0..dims[0] {
        tiles((rows, apart), &dims[1..], &strides[1..], &from[i * strides[0]..], &mut to[i * inner..]);
    }
}

/// Computes `to[i · apart + j] = from[j · stride + i]` in tiles.
fn transpose(
    (rows, apart): (usize, usize),
    (columns, stride): (usize, usize),
    from: &[Scalar],
    to: &mut [Scalar],
) {
    for left in (0..columns).step_by(TILE) {
        let width = TILE.min(columns - left);
        for top in (0..rows).step_by(TILE) {
            for i in top..rows.min(top + TILE) {
                for (j, to) in to[i * apart + left..][..width].iter_mut().enumerate() {
                    *to = from[(left + j) * stride + i];
                }
            }
        }
    }
}

/// Copies `rows` runs of `width` elements, with stride `from_stride` in `from` and `to_stride` in `to`.
pub(crate) fn copy_runs(
    width: usize,
    (from, from_start, from_stride): (&[Scalar], usize, usize),
    (to, to_start, to_stride): (&mut [Scalar], usize, usize),
) {
    if width == 0 || to.is_empty() {
        return;
    }
    super::share_rows(to, to_stride, width, |first, to| {
        for (row, to) in to.chunks_exact_mut(to_stride).enumerate() {
            to[to_start..][..width]
                .copy_from_slice(&from[(first + row) * from_stride + from_start..][..width]);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::{copy_runs, permute, swap};
    use crate::Scalar;

    fn numbers(count: usize) -> Vec<Scalar> {
        (0..count).map(|i| i as Scalar).collect()
    }

    /// Compares every order of the axes of several shapes with plain indexing by strides.
    #[test]
    fn every_order_is_right() {
        let orders: Vec<[usize; 4]> = (0..256)
            .map(|i| [i / 64, i / 16 % 4, i / 4 % 4, i % 4])
            .filter(|order| (0..4).all(|axis| order.contains(&axis)))
            .collect();
        assert_eq!(orders.len(), 24);
        for shape in
            [[2, 3, 4, 5], [1, 17, 1, 33], [3, 1, 20, 1], [0, 2, 3, 1], [1, 1, 1, 1], [4, 37, 16, 41]]
        {
            let from = numbers(shape.iter().product());
            let own = [shape[1] * shape[2] * shape[3], shape[2] * shape[3], shape[3], 1];
            for order in &orders {
                let (dims, strides) = (order.map(|axis| shape[axis]), order.map(|axis| own[axis]));
                let mut to = vec![-1.0; from.len()];
                permute(&dims, &strides, &from, &mut to);
                for (place, to) in to.iter().enumerate() {
                    let mut rest = place;
                    let index = [3, 2, 1, 0].map(|axis| {
                        let i = rest % dims[axis];
                        rest /= dims[axis];
                        i * strides[axis]
                    });
                    assert_eq!(*to, from[index.iter().sum::<usize>()], "{shape:?} {order:?}");
                }
            }
        }
    }

    #[test]
    fn swapping_twice_changes_nothing() {
        let from = numbers(5 * 100 * 131);
        let (mut there, mut back) = (vec![0.0; from.len()], vec![0.0; from.len()]);
        swap((5, 100, 131), &from, &mut there);
        assert_eq!((there[1], there[100]), (131.0, 1.0));
        swap((5, 131, 100), &there, &mut back);
        assert_eq!(back, from);
        permute(&[], &[], &[7.0], &mut there[..1]);
        assert_eq!(there[0], 7.0);
    }

    #[test]
    fn runs_keep_what_lies_between_them() {
        let from = numbers(12);
        let mut to = vec![-1.0; 9];
        copy_runs(2, (&from, 1, 4), (&mut to, 1, 3));
        assert_eq!(to, [-1.0, 1.0, 2.0, -1.0, 5.0, 6.0, -1.0, 9.0, 10.0]);
        copy_runs(0, (&[], 0, 0), (&mut to, 0, 3));
    }
}
