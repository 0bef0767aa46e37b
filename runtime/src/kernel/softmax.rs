//! Softmax of rows, its logarithm, and cross-entropy.
//!
//! Formula: `y = e^(x - max x) / z` with `z = Σ e^(x - max x)`, which neither overflows nor loses small probabilities.
//! Layout: dense contiguous rows. If the axis is not the last one, the data is transposed before
//! and after.
//! Blocking: a row is processed in sixteen lanes. Its end is padded with minus infinity, so that
//! short rows (ten classes) run as fast as long ones. Threads share blocks of rows.
//! Bound: one `exp` per element. A row is read from memory once.

use super::elementwise::{PART, share_rows};
use super::math::{exp, ln};
use super::permute::swap;
use super::pool::{self, Pieces};
use super::simd::multiversioned;
use crate::Scalar;
use crate::storage::Buffer;

const LANES: usize = 16;

/// The cost of one element, relative to the cost of an element in a cheap loop. Most of the time is
/// spent in `exp`.
const COST: usize = 8;

/// The last elements of a row, fewer than `LANES`, padded with minus infinity.
#[inline(always)]
fn padded(rest: &[Scalar]) -> [Scalar; LANES] {
    let mut lanes = [Scalar::NEG_INFINITY; LANES];
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane = *value;
    }
    lanes
}

/// The sum of the lanes. Each step adds the second half of the remaining lanes to the first half.
#[inline(always)]
fn total(mut lanes: [Scalar; LANES]) -> Scalar {
    for width in [8, 4, 2, 1] {
        for i in 0..width {
            lanes[i] += lanes[i + width];
        }
    }
    lanes[0]
}

/// Computes `max x` and `Σ e^(x - max x)`. With `WRITE`, the terms of the sum are written to `y`.
#[inline(always)]
fn exponentials<const WRITE: bool>(x: &[Scalar], y: &mut [Scalar]) -> (Scalar, Scalar) {
    let larger = |a: Scalar, b: Scalar| if b > a { b } else { a };
    let (chunks, rest) = x.as_chunks::<LANES>();
    let rest_lanes = padded(rest);
    let mut top = rest_lanes;
    for chunk in chunks {
        for (top, x) in top.iter_mut().zip(chunk) {
            *top = larger(*top, *x);
        }
    }
    let max = top.into_iter().fold(Scalar::NEG_INFINITY, larger);
    let mut sums = rest_lanes.map(|x| exp(x - max));
    if WRITE {
        let (y_chunks, y_rest) = y.as_chunks_mut::<LANES>();
        y_rest.copy_from_slice(&sums[..rest.len()]);
        for (chunk, y) in chunks.iter().zip(y_chunks) {
            for ((sum, x), y) in sums.iter_mut().zip(chunk).zip(y) {
                *y = exp(*x - max);
                *sum += *y;
            }
        }
    } else {
        for chunk in chunks {
            for (sum, x) in sums.iter_mut().zip(chunk) {
                *sum += exp(*x - max);
            }
        }
    }
    (max, total(sums))
}

/// Computes the dot product `Σ a b` in lanes.
#[inline(always)]
fn product(a: &[Scalar], b: &[Scalar]) -> Scalar {
    let ((xs, x_rest), (ys, y_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (x, y) in xs.iter().zip(ys) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += x * y;
        }
    }
    for ((sum, x), y) in sums.iter_mut().zip(x_rest).zip(y_rest) {
        *sum += x * y;
    }
    total(sums)
}

multiversioned!(
    /// Writes `e^(x - max x) / z` of one row to `output`, and returns `(max x, ln z)`.
    ///
    /// The logarithm of the sum of `eˣ` is `max x + ln z`. The two terms are returned separately,
    /// because their sum would lose the digits of `ln z` if `max x` is large.
    pub(crate) fn softmax_row(x: &[Scalar], output: &mut [Scalar]) -> (Scalar, Scalar) {
        assert_eq!(x.len(), output.len());

        let (max, total) = exponentials::<true>(x, output);
        scale(output, 1.0 / total);
        (max, ln(total))
    }
);

#[inline(always)]
fn scale(row: &mut [Scalar], factor: Scalar) {
    for y in row {
        *y *= factor;
    }
}

/// A shape as three numbers: the product of the sizes before an axis, the size of the axis, and the
/// product of the sizes after the axis.
type Around = (usize, usize, usize);

/// Softmax along the middle axis of `[outer, length, inner]`.
pub(crate) fn softmax(shape: Around, x: &[Scalar], y: &mut [Scalar]) {
    #[inline(always)]
    fn row([x]: [&[Scalar]; 1], y: &mut [Scalar]) {
        let (_, total) = exponentials::<true>(x, y);
        scale(y, 1.0 / total);
    }
    lanes(shape, [x], y, row);
}

/// Computes `dx = y (g - Σ g y)` along the middle axis.
pub(crate) fn softmax_gradient(shape: Around, y: &[Scalar], g: &[Scalar], dx: &mut [Scalar]) {
    #[inline(always)]
    fn row([y, g]: [&[Scalar]; 2], dx: &mut [Scalar]) {
        let inner = product(y, g);
        for ((dx, y), g) in dx.iter_mut().zip(y).zip(g) {
            *dx = y * (g - inner);
        }
    }
    lanes(shape, [y, g], dx, row);
}

/// Log-softmax along the middle axis of `[outer, length, inner]`.
pub(crate) fn log_softmax(shape: Around, x: &[Scalar], y: &mut [Scalar]) {
    #[inline(always)]
    fn row([x]: [&[Scalar]; 1], y: &mut [Scalar]) {
        let (max, total) = exponentials::<false>(x, &mut []);
        let log = ln(total);
        for (y, x) in y.iter_mut().zip(x) {
            *y = (x - max) - log;
        }
    }
    lanes(shape, [x], y, row);
}

/// Computes `dx = g - eʸ Σ g` along the middle axis.
pub(crate) fn log_softmax_gradient(shape: Around, y: &[Scalar], g: &[Scalar], dx: &mut [Scalar]) {
    #[inline(always)]
    fn row([y, g]: [&[Scalar]; 2], dx: &mut [Scalar]) {
        let sum = g.iter().sum::<Scalar>();
        for ((dx, y), g) in dx.iter_mut().zip(y).zip(g) {
            *dx = g - exp(*y) * sum;
        }
    }
    lanes(shape, [y, g], dx, row);
}

/// For each line along the middle axis of `[outer, length, inner]`, calls `row` with the line of
/// each input and the line of the output.
fn lanes<const N: usize, F: Fn([&[Scalar]; N], &mut [Scalar]) + Copy + Sync>(
    (outer, length, inner): Around,
    inputs: [&[Scalar]; N],
    output: &mut [Scalar],
    row: F,
) {
    multiversioned!(
        fn body<F: Copy + Fn([&[Scalar]; N], &mut [Scalar]), const N: usize>(
            first: usize,
            length: usize,
            inputs: [&[Scalar]; N],
            output: &mut [Scalar],
            row: F,
        ) {
            for (number, to) in output.chunks_exact_mut(length).enumerate() {
                row(inputs.map(|input| &input[(first + number) * length..][..length]), to);
            }
        }
    );
    if output.is_empty() {
        return;
    }
    if inner > 1 {
        let turned = inputs.map(|input| {
            let mut turned = Buffer::stale(input.len());
            swap((outer, length, inner), input, turned.as_mut_slice());
            turned
        });
        let mut result = Buffer::stale(output.len());
        let around = (outer * inner, length, 1);
        lanes(around, std::array::from_fn(|n| turned[n].as_slice()), result.as_mut_slice(), row);
        return swap((outer, inner, length), result.as_slice(), output);
    }
    share_rows(output, length, COST * length, |first, output| {
        body(first, length, inputs, output, row);
    });
}

/// A batch of logits, and the labels of its rows.
#[derive(Clone, Copy)]
pub(crate) struct Classified<'a> {
    /// The scores, `[labels, classes]`.
    pub(crate) logits: &'a [Scalar],
    /// The labels of the rows, each below `classes` or equal to `ignore`.
    pub(crate) labels: &'a [u32],
    pub(crate) classes: usize,
    pub(crate) ignore: Option<u32>,
}

/// Returns the sum of `ln Σ eˣ - x[label]` over the rows that are not ignored. Unless `slopes` is
/// empty, writes `(softmax(x) - onehot(label)) · factor` to `slopes`. `slopes` is empty or as long
/// as the logits.
pub(crate) fn cross_entropy(batch: Classified<'_>, factor: Scalar, slopes: &mut [Scalar]) -> Scalar {
    let Classified { logits, labels, classes, ignore } = batch;
    let rows = labels.len();
    assert!(logits.len() == rows * classes && (slopes.is_empty() || slopes.len() == logits.len()));
    let mut costs = Buffer::stale(rows);
    let block = if rows * classes * COST < 2 * PART { rows } else { PART.div_ceil(classes * COST) };
    let width = if slopes.is_empty() { 0 } else { classes };
    let (all_costs, all_slopes) = (Pieces::new(costs.as_mut_slice()), Pieces::new(slopes));
    pool::run(rows.div_ceil(block.max(1)), |number| {
        let start = number * block;
        let count = block.min(rows - start);
        // SAFETY: both slices are borrowed until `run` returns, and blocks with different numbers do not overlap.
        let (costs, slopes) =
            unsafe { (all_costs.piece(start, count), all_slopes.piece(start * width, count * width)) };
        let logits = &logits[start * classes..][..count * classes];
        let block = Classified { logits, labels: &labels[start..][..count], classes, ignore };
        cross_entropy_block(block, factor, costs, slopes);
    });
    super::sum(costs.as_slice())
}

multiversioned!(
    fn cross_entropy_block(
        batch: Classified<'_>,
        factor: Scalar,
        costs: &mut [Scalar],
        slopes: &mut [Scalar],
    ) {
        let Classified { logits, labels, classes, ignore } = batch;
        for (row, (label, cost)) in labels.iter().zip(costs).enumerate() {
            let start = row * classes;
            let y = if slopes.is_empty() { &mut [][..] } else { &mut slopes[start..][..classes] };
            if ignore == Some(*label) {
                *cost = 0.0;
                y.fill(0.0);
                continue;
            }
            let (x, label) = (&logits[start..][..classes], *label as usize);
            let (max, total) =
                if y.is_empty() { exponentials::<false>(x, y) } else { exponentials::<true>(x, y) };
            *cost = ln(total) - (x[label] - max);
            if !y.is_empty() {
                scale(y, factor / total);
                y[label] -= factor;
            }
        }
    }
);

#[cfg(test)]
mod tests {
    use super::{Classified, cross_entropy, log_softmax, softmax, softmax_row};
    use crate::Scalar;
    use crate::kernel::simd::forced::on_each_level;

    #[test]
    fn large_numbers_and_small_shares() {
        let mut y = [0.0; 3];
        let (max, log) = softmax_row(&[1000.0, 1000.0, -1000.0], &mut y);
        assert!(max == 1000.0 && (log - (2.0 as Scalar).ln()).abs() < 1e-7);
        assert_eq!(y, [0.5, 0.5, 0.0]);
    }

    fn numbers(count: usize) -> Vec<Scalar> {
        (0..count).map(|i| ((i * 7919) % 1999) as Scalar / 200.0 - 5.0).collect()
    }

    /// Compares rows of all lengths with `f64` sums on every level. Threads share the rows of some
    /// cases.
    #[test]
    fn rows_agree_with_plain_sums() {
        for (rows, classes) in [(1, 1), (3, 2), (64, 10), (5, 16), (7, 17), (1000, 65), (2, 5000), (0, 4)] {
            let x = numbers(rows * classes);
            let labels: Vec<u32> = (0..rows).map(|row| (row * 5 % classes) as u32).collect();
            let batch = Classified { logits: &x, labels: &labels, classes, ignore: Some(1) };
            let work = || {
                let (mut shares, mut logs) = (vec![0.0; x.len()], vec![0.0; x.len()]);
                softmax((rows, classes, 1), &x, &mut shares);
                log_softmax((rows, classes, 1), &x, &mut logs);
                let mut slopes = vec![Scalar::NAN; x.len()];
                let cost = cross_entropy(batch, 0.5, &mut slopes);
                assert_eq!(cost, cross_entropy(batch, 0.5, &mut []));
                (shares, logs, slopes, cost)
            };
            let result = work();
            let mut cost = 0.0;
            for (row, &label) in labels.iter().enumerate() {
                let x = &x[row * classes..][..classes];
                let sum: f64 = x.iter().map(|x| f64::from(*x).exp()).sum();
                let left_out = label == 1;
                cost += if left_out { 0.0 } else { sum.ln() - f64::from(x[label as usize]) };
                for (c, x) in x.iter().enumerate() {
                    let log = f64::from(*x) - sum.ln();
                    let hot = if c == label as usize { 1.0 } else { 0.0 };
                    let slope = if left_out { 0.0 } else { 0.5 * (log.exp() - hot) };
                    let at = row * classes + c;
                    let near = |ours: Scalar, theirs: f64| (f64::from(ours) - theirs).abs() < 2e-6;
                    assert!(near(result.0[at], log.exp()) && near(result.2[at], slope), "{rows} × {classes}");
                    assert!(near(result.1[at] / 8.0, log / 8.0));
                }
            }
            assert!((f64::from(result.3) - cost).abs() <= 1e-5 * (1.0 + cost.abs()));
            assert!(on_each_level(work).iter().all(|other| *other == result));
        }
    }
}
