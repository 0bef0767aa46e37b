//! Products of small matrices that lie in the caches already, for kernels that make many of them.
//!
//! `c = a · b` or `c += a · b`, by tiles of the output that stay in registers: as many rows as there are registers
//! for, two registers across. The left side is read number by number, so it may lie in any order, transposed too;
//! rows of the right side and of the output are contiguous and filled up to whole tiles ([`across`]), so that nothing
//! is packed here and no tile has an edge on its right. A product may be cut along the diagonal ([`Reach`]).
//! The bound is two multiply-adds of a whole register in each cycle.

use super::simd::Level;
use super::vector::{Plain, SQUARE, Vector};
#[cfg(target_arch = "x86_64")]
use super::vector::{Wide256, Wide512};
use crate::Scalar;

/// Which part of a product is computed, for matrices with a triangle of zeros.
///
/// Row `i` of the tile whose rows are `first..=last` sees the entries before `last + 1 + offset`, or those from
/// `first - offset` on; what lies beyond must be zeros where it is summed over, and is not written where it is output.
#[derive(Clone, Copy)]
pub(super) enum Reach {
    All,
    /// Output columns end behind the diagonal.
    Columns(isize),
    /// The sum ends behind the diagonal.
    Before(isize),
    /// The sum begins at the diagonal.
    From(isize),
}

/// One product; see [`product`].
pub(super) struct Product<'a> {
    /// Rows of the output, columns of the output, length of the sums.
    pub(super) sizes: (usize, usize, usize),
    pub(super) a: &'a [Scalar],
    /// Between neighbours in a column, and in a row, of the left side.
    pub(super) a_strides: (usize, usize),
    pub(super) b: &'a [Scalar],
    /// Between rows of the right side, and of the output.
    pub(super) b_row: usize,
    pub(super) c_row: usize,
    pub(super) add: bool,
    pub(super) reach: Reach,
}

/// Columns of a tile: rows of the right side and of the output have whole multiples of it.
pub(super) use super::vector::two_registers as across;

/// The most rows of a tile, on any level.
pub(super) const TALLEST: usize = 12;

/// Computes the product into `c`.
pub(super) fn product(level: Level, at: &Product<'_>, c: &mut [Scalar]) {
    let (m, n, k) = at.sizes;
    if m == 0 || n == 0 {
        return;
    }
    let wide = n.next_multiple_of(across(level));
    if k > 0 {
        assert!(at.a.len() > (m - 1) * at.a_strides.0 + (k - 1) * at.a_strides.1);
        assert!(at.b.len() >= (k - 1) * at.b_row + wide);
    }
    assert!(c.len() >= (m - 1) * at.c_row + wide);
    // SAFETY: the lines above are what `run` demands; a level above `Plain` is only given where the processor has
    // its instructions.
    unsafe {
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => avx512(at, c),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => avx2(at, c),
            _ => run::<Plain, 4>(at, c),
        }
    }
}

/// # Safety
/// As [`run`]; the processor has AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(at: &Product<'_>, c: &mut [Scalar]) {
    // SAFETY: the caller's promise is the same.
    unsafe { run::<Wide256, 6>(at, c) }
}

/// # Safety
/// As [`run`]; the processor has AVX-512.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
unsafe fn avx512(at: &Product<'_>, c: &mut [Scalar]) {
    // SAFETY: the caller's promise is the same.
    unsafe { run::<Wide512, 12>(at, c) }
}

/// # Safety
/// The function that this is inlined into has the instructions of `V`. With `n` rounded up to whole tiles, `at.a`
/// holds the place of `[m - 1, k - 1]`, `at.b` `n` numbers from row `k - 1` on, and `c` `n` numbers from row
/// `m - 1` on, by their strides; `m` and `n` are not 0.
#[inline(always)]
unsafe fn run<V: Vector, const ROWS: usize>(at: &Product<'_>, c: &mut [Scalar]) {
    let (m, n, k) = at.sizes;
    let mut i = 0;
    while i < m {
        let rows = ROWS.min(m - i);
        let behind = |offset: isize, most: usize| (i + rows).saturating_add_signed(offset).min(most);
        let (columns, from, to) = match at.reach {
            Reach::All => (n, 0, k),
            Reach::Columns(offset) => (behind(offset, n), 0, k),
            Reach::Before(offset) => (n, 0, behind(offset, k)),
            Reach::From(offset) => (n, i.saturating_add_signed(-offset).min(k), k),
        };
        let mut j = 0;
        while j < columns {
            // SAFETY: `i + rows` is at most `m`, `j` with a tile's width at most `n` rounded up, `to` at most `k`;
            // an empty sum reads nothing, and its pointers are made by wrapping arithmetic.
            unsafe {
                let a = at.a.as_ptr().wrapping_add(i * at.a_strides.0 + from * at.a_strides.1);
                let b = at.b.as_ptr().wrapping_add(from * at.b_row + j);
                let c = c.as_mut_ptr().add(i * at.c_row + j);
                by_rows::<V>(rows, to - from, (a, at.a_strides), (b, at.b_row), (c, at.c_row), at.add);
            }
            j += 2 * V::WIDTH;
        }
        i += rows;
    }
}

/// # Safety
/// As [`tile`], for `rows` of at least 1.
#[inline(always)]
unsafe fn by_rows<V: Vector>(
    rows: usize,
    depth: usize,
    a: (*const Scalar, (usize, usize)),
    b: (*const Scalar, usize),
    c: (*mut Scalar, usize),
    add: bool,
) {
    macro_rules! by_rows {
        ($($rows:literal)*) => {
            match rows {
                // SAFETY: the caller's promise is the same.
                $($rows => unsafe { tile::<V, $rows>(depth, a, b, c, add) },)*
                rows => unreachable!("a tile of {rows} rows"),
            }
        };
    }
    // Only as many rows as a level has become code.
    if V::WIDTH * size_of::<Scalar>() == 64 {
        by_rows!(1 2 3 4 5 6 7 8 9 10 11 12);
    } else if V::WIDTH * size_of::<Scalar>() == 32 {
        by_rows!(1 2 3 4 5 6);
    } else {
        by_rows!(1 2 3 4);
    }
}

/// One tile of `ROWS` rows and two registers across.
///
/// # Safety
/// The function that this is inlined into has the instructions of `V`. From `a` on `[ROWS, depth]` can be read by its
/// strides, from `b` on `depth` rows of two registers, and from `c` on `ROWS` of them be read and written.
#[inline(always)]
unsafe fn tile<V: Vector, const ROWS: usize>(
    depth: usize,
    (mut a, (a_row, a_column)): (*const Scalar, (usize, usize)),
    (mut b, b_row): (*const Scalar, usize),
    (c, c_row): (*mut Scalar, usize),
    add: bool,
) {
    // SAFETY: see above. The pointers move past the end only after the last round, by wrapping arithmetic, and are
    // not read there.
    unsafe {
        let mut sums = [[V::splat(0.0); 2]; ROWS];
        for _ in 0..depth {
            let (b0, b1) = (V::load(b), V::load(b.add(V::WIDTH)));
            let mut i = 0;
            while i < ROWS {
                let x = V::splat(*a.add(i * a_row));
                sums[i][0] = sums[i][0].add_product(x, b0);
                sums[i][1] = sums[i][1].add_product(x, b1);
                i += 1;
            }
            a = a.wrapping_add(a_column);
            b = b.wrapping_add(b_row);
        }
        let mut i = 0;
        while i < ROWS {
            let to = c.add(i * c_row);
            let next = to.add(V::WIDTH);
            if add {
                V::load(to).add(sums[i][0]).store(to);
                V::load(next).add(sums[i][1]).store(next);
            } else {
                sums[i][0].store(to);
                sums[i][1].store(next);
            }
            i += 1;
        }
    }
}

/// Writes the transpose of `[rows, columns]` to rows that are `wide` apart.
pub(super) fn transpose(
    level: Level,
    (from, stride): (&[Scalar], usize),
    (rows, columns): (usize, usize),
    to: &mut [Scalar],
    wide: usize,
) {
    if rows == 0 || columns == 0 {
        return;
    }
    assert!(columns <= stride || rows == 1);
    assert!(
        rows <= wide
            && from.len() >= (rows - 1) * stride + columns
            && to.len() >= (columns - 1) * wide + rows
    );
    // SAFETY: the lines above are what `turn` demands; a level above `Plain` is only given where the processor has
    // its instructions.
    unsafe {
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 | Level::Avx2 => turn_avx2((from, stride), (rows, columns), to, wide),
            _ => turn::<Plain>((from, stride), (rows, columns), to, wide),
        }
    }
}

/// # Safety
/// As [`turn`]; the processor has AVX2.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn turn_avx2(from: (&[Scalar], usize), sizes: (usize, usize), to: &mut [Scalar], wide: usize) {
    // SAFETY: the caller's promise is the same.
    unsafe { turn::<Wide256>(from, sizes, to, wide) }
}

/// Squares of eight by eight in registers, and what is left one by one.
///
/// # Safety
/// The function that this is inlined into has the instructions of `V`; `from` holds the place of
/// `[rows - 1, columns - 1]` and `to` that of `[columns - 1, rows - 1]` by their strides.
#[inline(always)]
unsafe fn turn<V: Vector>(
    (from, stride): (&[Scalar], usize),
    (rows, columns): (usize, usize),
    to: &mut [Scalar],
    wide: usize,
) {
    let (high, long) = (rows / SQUARE * SQUARE, columns / SQUARE * SQUARE);
    for j in (0..long).step_by(SQUARE) {
        for i in (0..high).step_by(SQUARE) {
            // SAFETY: both squares end before the last places that the caller promises.
            unsafe {
                V::transpose(
                    from.as_ptr().add(i * stride + j),
                    stride,
                    to.as_mut_ptr().add(j * wide + i),
                    wide,
                );
            };
        }
    }
    for i in 0..rows {
        for j in if i < high { long } else { 0 }..columns {
            to[j * wide + i] = from[i * stride + j];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Product, Reach, across, product, transpose};
    use crate::Scalar;
    use crate::kernel::simd::{forced::on_each_level, level};

    fn numbers(count: usize, seed: usize) -> Vec<Scalar> {
        (0..count).map(|i| ((i * 7919 + seed * 104_729) % 1999) as Scalar / 1000.0 - 1.0).collect()
    }

    fn check((m, n, k): (usize, usize, usize), transposed: bool, add: bool) {
        let wide = n.next_multiple_of(across(level()));
        let (a, b) = (numbers(m * k, 1), numbers(k * wide, 2));
        let mut c = vec![if add { 1.0 } else { Scalar::NAN }; m * wide];
        let a_strides = if transposed { (1, m) } else { (k, 1) };
        let at = Product {
            sizes: (m, n, k),
            a: &a,
            a_strides,
            b: &b,
            b_row: wide,
            c_row: wide,
            add,
            reach: Reach::All,
        };
        product(level(), &at, &mut c);
        for (i, j) in (0..m).flat_map(|i| (0..n).map(move |j| (i, j))) {
            let terms =
                (0..k).map(|l| f64::from(a[i * a_strides.0 + l * a_strides.1]) * f64::from(b[l * wide + j]));
            let wanted = terms.sum::<f64>() + if add { 1.0 } else { 0.0 };
            let ours = f64::from(c[i * wide + j]);
            assert!(
                (ours - wanted).abs() < 1e-5 * (1.0 + k as f64),
                "{m} {n} {k} [{i}, {j}]: {ours} is not {wanted}"
            );
        }
    }

    #[test]
    fn every_size_agrees_with_plain_sums() {
        on_each_level(|| {
            for m in [1, 2, 3, 5, 6, 7, 11, 12, 13, 64] {
                for (n, k) in [(1, 1), (7, 5), (16, 32), (33, 9), (64, 0), (40, 3)] {
                    for (transposed, add) in [(false, false), (true, true), (true, false), (false, true)] {
                        check((m, n, k), transposed, add);
                    }
                }
            }
        });
    }

    #[test]
    fn rows_become_columns() {
        on_each_level(|| {
            for (rows, columns) in [(0_usize, 3_usize), (3, 0), (1, 1), (8, 8), (9, 23), (64, 33), (7, 16)] {
                let (stride, wide) = (columns + 3, rows + 5);
                let from = numbers((rows * stride).saturating_sub(3), 5);
                let mut to = vec![0.5; columns * wide];
                transpose(level(), (&from, stride), (rows, columns), &mut to, wide);
                for (j, to) in to.chunks_exact(wide).enumerate() {
                    assert!(
                        (0..rows).all(|i| to[i] == from[i * stride + j])
                            && to[rows..].iter().all(|x| *x == 0.5)
                    );
                }
            }
        });
    }

    #[test]
    fn a_triangle_of_zeros_may_be_left_out() {
        on_each_level(|| {
            let (m, k) = (23, 31);
            let n = across(level());
            for offset in [-30_isize, -4, 0, 3, 40] {
                // Row `i` holds numbers before `i + 1 + offset` and zeros behind.
                let mut lower = numbers(m * k, 3);
                for (i, row) in lower.chunks_exact_mut(k).enumerate() {
                    row[(i + 1).saturating_add_signed(offset).min(k)..].fill(0.0);
                }
                let b = numbers(m.max(k) * n, 4);
                let run = |sizes, a_strides, reach| {
                    let mut c = vec![0.5; m.max(k) * n];
                    let at =
                        Product { sizes, a: &lower, a_strides, b: &b, b_row: n, c_row: n, add: true, reach };
                    product(level(), &at, &mut c);
                    c
                };
                assert_eq!(run((m, n, k), (k, 1), Reach::Before(offset)), run((m, n, k), (k, 1), Reach::All));
                // Transposed, its row `i` has zeros before `i - offset`.
                assert_eq!(run((k, n, m), (1, k), Reach::From(offset)), run((k, n, m), (1, k), Reach::All));
            }
        });
    }
}
