//! The bias and the ReLU of a fully connected layer, without its matmul.
//!
//! Formula: `y = max(y + b, 0)`; in the backward pass, `g = 0` where `y ≤ 0`, and `db` contains the
//! column sums of `g`. Both passes also return the largest absolute value that they write.
//! Layout: dense rows of outputs.
//! Blocking: both passes split the outputs into blocks of whole rows. The backward pass adds the
//! column sums of the blocks in order.
//! Bound: memory. The bias and the ReLU share one pass over the outputs.

use super::elementwise::{PART, share_rows};
use super::largest::{Largest, Shared};
use super::pool::{self, Pieces};
use super::simd::multiversioned;
use crate::Scalar;
use crate::storage::Buffer;

/// Computes `y[i, j] = max(y[i, j] + bias[j], 0)`; NaN propagates. Returns the largest `|y|`.
pub(crate) fn add_and_rectify(bias: &[Scalar], y: &mut [Scalar]) -> Scalar {
    multiversioned!(
        fn body(bias: &[Scalar], y: &mut [Scalar]) -> Largest {
            let mut largest = Largest::default();
            for row in y.chunks_exact_mut(bias.len()) {
                for (y, b) in row.iter_mut().zip(bias) {
                    let sum = *y + *b;
                    *y = if sum <= 0.0 { 0.0 } else { sum };
                    largest.add(*y);
                }
            }
            largest
        }
    );
    let all = Shared::default();
    share_rows(y, bias.len(), bias.len(), |_, y| {
        all.add(body(bias, y));
    });
    all.value()
}

/// Sets `g[i, j] = 0` where `y[i, j] ≤ 0`, then computes `sums[j] = Σ g[i, j]`. Returns the largest
/// `|g|`.
pub(crate) fn rectify_and_sum(y: &[Scalar], g: &mut [Scalar], sums: &mut [Scalar]) -> Scalar {
    multiversioned!(
        fn body(y: &[Scalar], g: &mut [Scalar], sums: &mut [Scalar]) -> Largest {
            let width = sums.len();
            let mut largest = Largest::default();
            sums.fill(0.0);
            for (g, y) in g.chunks_exact_mut(width).zip(y.chunks_exact(width)) {
                for ((g, y), sum) in g.iter_mut().zip(y).zip(&mut *sums) {
                    *g = if *y <= 0.0 { 0.0 } else { *g };
                    *sum += *g;
                    largest.add(*g);
                }
            }
            largest
        }
    );
    /// The maximum number of blocks that the rows are split into.
    const BLOCKS: usize = 16;
    assert_eq!(y.len(), g.len());
    let width = sums.len();
    if width == 0 {
        return 0.0;
    }
    if y.len() < 2 * PART {
        return body(y, g, sums).value();
    }
    let block = (y.len() / width).div_ceil(BLOCKS).max(PART.div_ceil(width)) * width;
    let blocks = y.len().div_ceil(block);
    let mut partial = Buffer::stale(blocks * width);
    let partial = partial.as_mut_slice();
    let (all_sums, all_g) = (Pieces::new(partial), Pieces::new(g));
    let all = Shared::default();
    pool::run(blocks, |number| {
        let start = number * block;
        let count = block.min(y.len() - start);
        let y = &y[start..][..count];
        // SAFETY: both slices are borrowed until `run` returns, and blocks with different numbers do not overlap.
        let (sums, g) = unsafe { (all_sums.piece(number * width, width), all_g.piece(start, count)) };
        all.add(body(y, g, sums));
    });
    sums.fill(0.0);
    super::add_rows(partial, sums);
    all.value()
}

#[cfg(test)]
mod tests {
    use super::{add_and_rectify, rectify_and_sum};
    use crate::Scalar;
    use crate::kernel::simd::forced::on_each_level;

    #[test]
    fn both_ways_agree_with_plain_loops() {
        for (rows, width) in [(0, 3), (1, 1), (5, 7), (64, 256), (300, 130), (4000, 10), (40_000, 1), (3, 0)]
        {
            let numbers = |seed: usize| -> Vec<Scalar> {
                (0..rows * width).map(|i| ((i * 31 + seed * 17) % 29) as Scalar / 8.0 - 1.75).collect()
            };
            let bias: Vec<Scalar> = (0..width).map(|j| (j % 5) as Scalar / 2.0 - 1.0).collect();
            let work = || {
                let (mut y, mut g, mut sums) = (numbers(1), numbers(2), vec![Scalar::NAN; width]);
                let found = [add_and_rectify(&bias, &mut y), rectify_and_sum(&y, &mut g, &mut sums)];
                assert_eq!(found, [&y, &g].map(|x| x.iter().fold(0.0, |most: Scalar, x| most.max(x.abs()))));
                (y, g, sums)
            };
            let result = work();
            let (x, g) = (numbers(1), numbers(2));
            let mut exact = vec![0.0; width];
            for i in 0..rows * width {
                let y = (x[i] + bias[i % width]).max(0.0);
                let g = if y > 0.0 { g[i] } else { 0.0 };
                exact[i % width] += f64::from(g);
                assert_eq!((result.0[i], result.1[i]), (y, g), "{rows} × {width}");
            }
            let near = |(ours, exact): (&Scalar, &f64)| {
                (f64::from(*ours) - exact).abs() < 1e-3 * (1.0 + exact.abs())
            };
            assert!(result.2.iter().zip(&exact).all(near), "{rows} × {width}");
            assert!(on_each_level(work).iter().all(|other| *other == result));
        }
    }
}
