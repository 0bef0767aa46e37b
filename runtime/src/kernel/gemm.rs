//! The one door for matrix products.
//!
//! Large products run over packed panels (`block`), so that the innermost loop (`tile`) reads memory in a row;
//! thin ones are sums of rows or dot products, and tiny ones three plain loops, without the price of packing.
//! The order of additions depends on sizes and the instruction set alone.

mod block;
mod pack;
mod tile;

use super::simd::{Level, dispatch, level};
use crate::Scalar;

/// One side of a product: a dense row-major matrix, read as it is or transposed.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    data: &'a [Scalar],
    transposed: bool,
}

/// A matrix as it is stored.
pub(crate) fn plain(data: &[Scalar]) -> Side<'_> {
    Side { data, transposed: false }
}

/// The transpose of a stored matrix.
pub(crate) fn flipped(data: &[Scalar]) -> Side<'_> {
    Side { data, transposed: true }
}

/// `m`, `k` and `n` of a product `[m, k] · [k, n]`.
pub(crate) type Sizes = (usize, usize, usize);

/// `c = a · b`, or `c += a · b` where `add` is set.
///
/// # Shapes
/// `a: [m, k]`, `b: [k, n]`, `c: [m, n]`, after transposing the flipped sides.
pub(crate) fn product(sizes: Sizes, a: Side<'_>, b: Side<'_>, c: &mut [Scalar], add: bool) {
    product_at(level(), sizes, a, b, c, add);
}

/// [`product`] on a given instruction set.
fn product_at(level: Level, (m, k, n): Sizes, a: Side<'_>, b: Side<'_>, c: &mut [Scalar], add: bool) {
    /// Multiplications up to which three plain loops are quickest.
    const TINY: usize = 512;
    assert!(a.data.len() == m * k && b.data.len() == k * n && c.len() == m * n);
    if !add && (k == 0 || m == 1 || n == 1 || m * k * n <= TINY) {
        c.fill(0.0);
    }
    if c.is_empty() || k == 0 {
    } else if m * k * n <= TINY {
        tiny((m, k, n), a, b, c);
    } else if m == 1 {
        by_vector(level, b.data, !b.transposed, a.data, c);
    } else if n == 1 {
        by_vector(level, a.data, a.transposed, b.data, c);
    } else {
        block::product(level, (m, k, n), a, b, c, add);
    }
}

/// `c += matrix · vector` for a matrix `[c, vector]`, stored as it is or by columns.
fn by_vector(level: Level, matrix: &[Scalar], by_columns: bool, vector: &[Scalar], c: &mut [Scalar]) {
    if by_columns {
        #[inline(always)]
        fn body(matrix: &[Scalar], vector: &[Scalar], c: &mut [Scalar]) {
            for (column, x) in matrix.chunks_exact(c.len()).zip(vector) {
                for (c, m) in c.iter_mut().zip(column) {
                    *c += x * m;
                }
            }
        }
        dispatch!(level, [] body(matrix: &[Scalar], vector: &[Scalar], c: &mut [Scalar]));
    } else {
        for (c, row) in c.iter_mut().zip(matrix.chunks_exact(vector.len())) {
            *c += super::dot(row, vector);
        }
    }
}

/// `c += a · b` by three plain loops.
fn tiny((m, k, n): Sizes, a: Side<'_>, b: Side<'_>, c: &mut [Scalar]) {
    for i in 0..m {
        for j in 0..n {
            let mut total = 0.0;
            for l in 0..k {
                let x = a.data[if a.transposed { l * m + i } else { i * k + l }];
                let y = b.data[if b.transposed { j * k + l } else { l * n + j }];
                total += x * y;
            }
            c[i * n + j] += total;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Level, Side, flipped, plain, product_at};
    use crate::Scalar;
    use crate::kernel::simd::best;

    fn numbers(count: usize, seed: usize) -> Vec<Scalar> {
        (0..count).map(|i| ((i * 7919 + seed * 104_729) % 1999) as Scalar / 1000.0 - 1.0).collect()
    }

    fn reference((m, k, n): (usize, usize, usize), a: Side<'_>, b: Side<'_>) -> Vec<f64> {
        let at = |side: Side<'_>, i: usize, j: usize, (rows, columns): (usize, usize)| {
            f64::from(side.data[if side.transposed { j * rows + i } else { i * columns + j }])
        };
        let entry = |i, j| (0..k).map(|l| at(a, i, l, (m, k)) * at(b, l, j, (k, n))).sum();
        (0..m).flat_map(|i| (0..n).map(move |j| entry(i, j))).collect()
    }

    fn levels() -> impl Iterator<Item = Level> {
        [Level::Plain, Level::Avx2, Level::Avx512].into_iter().filter(|&level| level <= best())
    }

    fn check(sizes: (usize, usize, usize)) {
        let (m, k, n) = sizes;
        let (x, y) = (numbers(m * k, 1), numbers(k * n, 2));
        for (a, b) in [
            (plain(&x), plain(&y)),
            (plain(&x), flipped(&y)),
            (flipped(&x), plain(&y)),
            (flipped(&x), flipped(&y)),
        ] {
            let wanted = reference(sizes, a, b);
            for (level, add) in levels().flat_map(|level| [(level, false), (level, true)]) {
                let mut c = vec![if add { 1.0 } else { Scalar::NAN }; m * n];
                product_at(level, sizes, a, b, &mut c, add);
                for (ours, theirs) in c.iter().zip(&wanted) {
                    let error = (f64::from(*ours) - theirs - if add { 1.0 } else { 0.0 }).abs();
                    assert!(
                        error < 1e-5 * (1.0 + k as f64).sqrt(),
                        "{sizes:?} {level:?} {add}: {ours} is not {theirs}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_layout_and_level_agrees_with_plain_sums() {
        for m in [1, 2, 5, 6, 7, 13, 24] {
            for n in [1, 3, 8, 15, 16, 17, 33, 64] {
                for k in [1, 2, 9, 40] {
                    check((m, k, n));
                }
            }
        }
    }

    #[test]
    fn blocks_end_anywhere() {
        for sizes in
            [(121, 401, 19), (3, 803, 37), (250, 17, 2051), (127, 400, 16), (9, 1201, 130), (130, 1024, 100)]
        {
            check(sizes);
        }
    }

    #[test]
    fn empty_sides_leave_zeros_or_what_was_there() {
        for sizes in [(0, 3, 2), (2, 0, 3), (3, 2, 0), (0, 0, 0), (1, 0, 1)] {
            check(sizes);
        }
    }

    #[test]
    fn unaligned_views_are_fine() {
        let (x, y) = (numbers(31 * 45 + 1, 1), numbers(45 * 29 + 3, 2));
        let (a, b) = (plain(&x[1..]), plain(&y[3..]));
        let wanted = reference((31, 45, 29), a, b);
        for level in levels() {
            let mut c = vec![0.0; 31 * 29 + 1];
            product_at(level, (31, 45, 29), a, b, &mut c[1..], false);
            assert!(c[1..].iter().zip(&wanted).all(|(c, w)| (f64::from(*c) - w).abs() < 1e-4));
        }
    }
}
