//! Sums: of elements, of products, and over rows.
//!
//! Formula: `Σ xᵢ`, `Σ aᵢ bᵢ`, `Σᵢ xᵢⱼ`.
//! Layout: dense slices and contiguous rows.
//! Blocking: each block of [`BLOCK`] elements is added in sixteen lanes. The sums of the blocks are
//! added in double precision. The parts of a long slice have partial sums, which are added in
//! order. Sums over rows are split into stripes of columns if rows are long, else into blocks of
//! rows. The split, and thereby every bit of the result, depends on lengths alone.
//! Bound: memory.

use super::elementwise::PART;
use super::pool;
use super::simd::multiversioned;
use crate::Scalar;
use crate::storage::Buffer;

/// The number of elements that are added in single precision, in sixteen parallel sums.
pub(super) const BLOCK: usize = 512;

/// The maximum number of parts of one sum.
const PARTS: usize = 64;

/// Splits `0..len` into ranges, calls `part` for each range, and returns the sum of the results.
pub(super) fn in_parts(len: usize, part: impl Fn(std::ops::Range<usize>) -> f64 + Sync) -> Scalar {
    if len < 2 * PART {
        return part(0..len) as Scalar;
    }
    let size = PART.max(len.div_ceil(PARTS).next_multiple_of(BLOCK));
    let mut sums = [0.0; PARTS];
    let sums = &mut sums[..len.div_ceil(size)];
    pool::chunks([&mut *sums], 1, |number, [sum]| {
        sum[0] = part(number * size..len.min((number + 1) * size));
    });
    sums.iter().sum::<f64>() as Scalar
}

/// The sum of all elements.
pub(crate) fn sum(values: &[Scalar]) -> Scalar {
    multiversioned!(
        fn body(values: &[Scalar]) -> f64 {
            let mut total = 0.0;
            for block in values.chunks(BLOCK) {
                let mut lanes = [0.0 as Scalar; 16];
                let (chunks, rest) = block.as_chunks::<16>();
                for chunk in chunks {
                    for (lane, value) in lanes.iter_mut().zip(chunk) {
                        *lane += *value;
                    }
                }
                for (lane, value) in lanes.iter_mut().zip(rest) {
                    *lane += *value;
                }
                total += lanes.iter().map(|lane| f64::from(*lane)).sum::<f64>();
            }
            total
        }
    );
    in_parts(values.len(), |range| {
        let values = &values[range];
        body(values)
    })
}

/// Computes `Σ a[i] b[i]`, with the blocks and the precision of [`sum`].
pub(crate) fn dot(a: &[Scalar], b: &[Scalar]) -> Scalar {
    multiversioned!(
        fn body(a: &[Scalar], b: &[Scalar]) -> f64 {
            let mut total = 0.0;
            for (a, b) in a.chunks(BLOCK).zip(b.chunks(BLOCK)) {
                let mut lanes = [0.0 as Scalar; 16];
                let ((xs, x_rest), (ys, y_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
                for (x, y) in xs.iter().zip(ys) {
                    for ((lane, x), y) in lanes.iter_mut().zip(x).zip(y) {
                        *lane += x * y;
                    }
                }
                for ((lane, x), y) in lanes.iter_mut().zip(x_rest).zip(y_rest) {
                    *lane += *x * *y;
                }
                total += lanes.iter().map(|lane| f64::from(*lane)).sum::<f64>();
            }
            total
        }
    );
    assert_eq!(a.len(), b.len());
    in_parts(a.len(), |range| {
        let (a, b) = (&a[range.clone()], &b[range]);
        body(a, b)
    })
}

/// Adds all rows to `sums`, which is as long as a row: `sums[j] += Σ rows[i][j]`.
pub(crate) fn add_rows(rows: &[Scalar], sums: &mut [Scalar]) {
    /// The number of columns of a stripe. A stripe consists of a few cache lines of each row.
    const STRIPE: usize = 128;
    /// The maximum number of blocks that the rows are split into.
    const BLOCKS: usize = 16;
    let width = sums.len();
    if width == 0 || rows.is_empty() {
    } else if width == 1 {
        sums[0] += sum(rows);
    } else if rows.len() < 2 * PART {
        add_stripe(rows, width, 0, sums);
    } else if width >= 4 * STRIPE {
        pool::chunks([sums], STRIPE, |number, [sums]| add_stripe(rows, width, number * STRIPE, sums));
    } else {
        let count = rows.len() / width;
        let block = count.div_ceil(BLOCKS).max(PART.div_ceil(width)) * width;
        let mut partial = Buffer::stale(rows.len().div_ceil(block) * width);
        let partial = partial.as_mut_slice();
        pool::chunks([&mut *partial], width, |number, [sums]| {
            let start = number * block;
            sums.fill(0.0);
            add_stripe(&rows[start..rows.len().min(start + block)], width, 0, sums);
        });
        add_stripe(partial, width, 0, sums);
    }
}

multiversioned!(
    /// Adds one stripe of all rows to `sums`: `sums[j] += Σ rows[i][first + j]`. The stripe starts
    /// at column `first`, and rows have `width` elements. Four rows are added at a time.
    fn add_stripe(rows: &[Scalar], width: usize, first: usize, sums: &mut [Scalar]) {
        let count = sums.len();
        let mut fours = rows.chunks_exact(4 * width);
        for four in &mut fours {
            let [a, b, c, d]: [&[Scalar]; 4] = std::array::from_fn(|i| &four[i * width + first..][..count]);
            for ((((sum, a), b), c), d) in sums.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                *sum += (a + b) + (c + d);
            }
        }
        for row in fours.remainder().chunks_exact(width) {
            for (sum, value) in sums.iter_mut().zip(&row[first..][..count]) {
                *sum += *value;
            }
        }
    }
);

#[cfg(test)]
mod tests {
    use super::{add_rows, dot, sum};
    use crate::Scalar;
    use crate::kernel::simd::forced::on_each_level;

    /// `length + 1` pseudo-random values. The values after the first are not aligned for wide
    /// loads.
    fn numbers(length: usize, seed: usize) -> Vec<Scalar> {
        (0..=length).map(|i| ((i * 7919 + seed * 104_729) % 1999) as Scalar / 1000.0 - 1.0).collect()
    }

    fn near(ours: Scalar, theirs: f64) -> bool {
        (f64::from(ours) - theirs).abs() < 1e-4
    }

    #[test]
    fn sums_and_products_are_right() {
        for length in [0, 1, 2, 7, 15, 16, 17, 511, 513, 1500, 40_001, 1_500_013] {
            let (a, b) = (numbers(length, 3), numbers(length, 4));
            let (a, b) = (&a[1..], &b[1..]);
            let exact = [
                a.iter().map(|x| f64::from(*x)).sum::<f64>(),
                a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum(),
            ];
            let size = (length as f64).sqrt().max(1.0);
            let ours = || [sum(a), dot(a, b)];
            let shared = ours();
            for (ours, exact) in shared.iter().zip(exact) {
                assert!((f64::from(*ours) - exact).abs() < 1e-5 * size, "{ours} is not {exact}");
            }
            assert!(on_each_level(ours).iter().all(|result| *result == shared));
        }
    }

    #[test]
    fn rows_are_added() {
        let shapes = [
            (0, 4),
            (3, 4),
            (4, 1),
            (7, 3),
            (40_000, 1),
            (9, 30),
            (5000, 10),
            (5001, 17),
            (100, 700),
            (33, 2048),
            (0, 0),
        ];
        for (count, width) in shapes {
            let rows = numbers(count * width, 5);
            let rows = &rows[1..];
            let work = || {
                let mut sums = vec![1.0; width];
                add_rows(rows, &mut sums);
                sums
            };
            let sums = work();
            for (j, sum) in sums.iter().enumerate() {
                let exact: f64 = (0..count).map(|i| f64::from(rows[i * width + j])).sum();
                assert!(
                    near(*sum / 100.0, (exact + 1.0) / 100.0),
                    "{count} × {width}: {sum} is not {exact} + 1"
                );
            }
            assert!(on_each_level(work).iter().all(|result| *result == sums));
        }
    }
}
