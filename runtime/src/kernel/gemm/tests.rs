//! Tests every layout of the operands on every level against sums in `f64`.

use super::plan::DEPTH;
use super::{Sizes, Strided, Target, matmul_at};
use crate::Scalar;
use crate::kernel::pool::tests::with_threads;
use crate::kernel::simd::{forced::on_each_level, level};

/// `count + 1` pseudo-random values. The values after the first are not aligned for wide loads.
fn numbers(count: usize, seed: usize) -> Vec<Scalar> {
    (0..=count).map(|i| ((i * 7919 + seed * 104_729) % 1999) as Scalar / 1000.0 - 1.0).collect()
}

/// The elements of a matrix of `rows` rows and `columns` columns, with `gap` unused elements
/// between rows.
fn stored(rows: usize, columns: usize, gap: usize, seed: usize) -> Vec<Scalar> {
    let count = if rows == 0 || columns == 0 { 0 } else { (rows - 1) * (columns + gap) + columns };
    numbers(count, seed)
}

/// A stored matrix with row stride `stride`.
fn plain_rows(data: &[Scalar], stride: usize) -> Strided<'_> {
    Strided { data, row: stride, column: 1 }
}

/// The transpose of a stored matrix with row stride `stride`.
fn transposed_rows(data: &[Scalar], stride: usize) -> Strided<'_> {
    Strided { data, row: 1, column: stride }
}

/// Computes a matmul into rows of stride `stride`.
fn matmul_to((m, k, n): Sizes, a: Strided<'_>, b: Strided<'_>, c: &mut [Scalar], stride: usize, add: bool) {
    if m > 0 && n > 0 {
        assert!(c.len() >= (m - 1) * stride + n && stride >= n);
        let c = Target { start: c.as_mut_ptr(), row: stride, column: 1 };
        // SAFETY: the rows are within an exclusively borrowed slice, by the assertion above.
        unsafe { matmul_at(level(), (m, k, n), a, b, c, add) };
    }
}

/// The exact result. Each element is a pair of the exact value and the sum of the magnitudes of the
/// added terms.
fn reference((m, k, n): Sizes, a: Strided<'_>, b: Strided<'_>) -> Vec<(f64, f64)> {
    let entry = |i, j| {
        let products = (0..k).map(|l| {
            f64::from(a.data[i * a.row + l * a.column]) * f64::from(b.data[l * b.row + j * b.column])
        });
        products.fold((0.0, 0.0), |(sum, size), x| (sum + x, size + x.abs()))
    };
    (0..m).flat_map(|i| (0..n).map(move |j| entry(i, j))).collect()
}

/// The value that fills the output before a matmul that does not add to the output.
const MARK: Scalar = 12345.0;

/// Compares the matmul with the exact result for all four layouts of the operands, on all levels, with and
/// without adding to the output. `gaps` are the numbers of unused elements between the rows of `a`, `b` and
/// `c`.
fn check(sizes: Sizes, gaps: [usize; 3]) {
    let (m, k, n) = sizes;
    let (ax, at) = (stored(m, k, gaps[0], 1), stored(k, m, gaps[0], 1));
    let (bx, bt) = (stored(k, n, gaps[1], 2), stored(n, k, gaps[1], 2));
    for a in [plain_rows(&ax[1..], k + gaps[0]), transposed_rows(&at[1..], m + gaps[0])] {
        for b in [plain_rows(&bx[1..], n + gaps[1]), transposed_rows(&bt[1..], k + gaps[1])] {
            let wanted = reference(sizes, a, b);
            for add in [false, true] {
                on_each_level(|| check_one(sizes, a, b, gaps[2], add, &wanted));
            }
        }
    }
}

fn check_one((m, k, n): Sizes, a: Strided<'_>, b: Strided<'_>, gap: usize, add: bool, wanted: &[(f64, f64)]) {
    let stride = n + gap;
    let start = if add { 1.0 } else { MARK };
    let mut c = vec![start; stored(m, n, gap, 0).len()];
    matmul_to((m, k, n), a, b, &mut c[1..], stride, add);
    assert!(c[0] == start, "what lies before the output was written");
    for (at, ours) in c[1..].iter().enumerate() {
        let (i, j) = (at / stride.max(1), at % stride.max(1));
        let (theirs, size) = if j >= n { (0.0, 0.0) } else { wanted[i * n + j] };
        let theirs = theirs + if add || j >= n { f64::from(start) } else { 0.0 };
        let error = (f64::from(*ours) - theirs).abs();
        // The rounding errors of one run along `k` grow like a random walk.
        let walk = 1.0 + (k.min(DEPTH) as f64).sqrt() / 2.0;
        assert!(
            error <= f64::from(f32::EPSILON) * walk * (size + 1.0),
            "[{m}, {k}, {n}] gap {gap} {add}: {ours} at {i}, {j} is not {theirs}"
        );
    }
}

#[test]
fn every_layout_and_level_agrees_with_plain_sums() {
    for m in [1, 2, 5, 6, 7, 13, 24] {
        for n in [1, 3, 8, 15, 16, 17, 33, 64] {
            for k in [1, 2, 9, 40] {
                check((m, k, n), [0, 0, 0]);
                check((m, k, n), [3, 1, 5]);
            }
        }
    }
}

#[test]
fn blocks_end_anywhere() {
    for sizes in
        [(121, 513, 19), (3, 1027, 37), (250, 17, 2051), (127, 512, 16), (9, 1537, 130), (270, 1024, 100)]
    {
        check(sizes, [0, 0, 0]);
        check(sizes, [7, 2, 1]);
    }
}

#[test]
fn empty_sides_leave_zeros_or_what_was_there() {
    for sizes in [(0, 3, 2), (2, 0, 3), (3, 2, 0), (0, 0, 0), (1, 0, 1), (3, 0, 700)] {
        check(sizes, [0, 0, 0]);
        check(sizes, [1, 2, 3]);
    }
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    // The cases, in order: split by columns; split by columns with a left-hand side packed for all
    // threads; split by rows; long; flat; with odd ends.
    for (m, k, n) in
        [(64, 784, 256), (256, 1024, 300), (700, 130, 65), (33, 5000, 40), (6, 200, 3000), (131, 77, 513)]
    {
        let (ax, at) = (stored(m, k, 0, 1), stored(k, m, 0, 1));
        let (bx, bt) = (stored(k, n, 3, 2), stored(n, k, 3, 2));
        for a in [plain_rows(&ax[1..], k), transposed_rows(&at[1..], m)] {
            for b in [plain_rows(&bx[1..], n + 3), transposed_rows(&bt[1..], k + 3)] {
                let run = |threads| {
                    with_threads(threads, || {
                        let mut c = vec![0.5; m * n];
                        matmul_to((m, k, n), a, b, &mut c, n, true);
                        c
                    })
                };
                let alone = run(1);
                assert!([2, 3].into_iter().all(|threads| run(threads) == alone), "[{m}, {k}, {n}]");
            }
        }
    }
}
