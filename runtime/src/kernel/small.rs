//! Matmuls of small matrices in cache, for kernels that compute many of them.
//!
//! `c = a · b` or `c += a · b`, in tiles of the output that stay in registers: two registers per
//! row, and as many rows as the register file holds. The left-hand side is read element by element,
//! so it may have any strides and may be a transpose. Rows of the right-hand side and of the output
//! are contiguous and padded to whole tiles ([`across`]), so nothing is packed here and every tile
//! has its full width. A matmul may be cut along the diagonal ([`Reach`]). The bound is two
//! multiply-adds of a whole register per cycle.

use super::simd::Level;
use super::vector::{Plain, SQUARE, Vector};
#[cfg(target_arch = "x86_64")]
use super::vector::{Wide256, Wide512};
use crate::Scalar;

/// The part of a matmul that is computed. An operand or the output may have a triangle of zeros,
/// which is skipped.
///
/// A variant limits the output columns of a tile (`Columns`) or the indices of its sums (`Before`,
/// `From`). For a tile with the rows `first..=last`, `Columns` and `Before` keep the indices before
/// `last + 1 + offset`, and `From` keeps the indices from `first - offset` on. `offset` is the
/// field of the variant. Skipped columns are not written. The skipped elements of a sum must be
/// zero.
#[derive(Clone, Copy)]
pub(super) enum Reach {
    All,
    /// A tile skips the output columns that are right of the diagonal in all of its rows.
    Columns(isize),
    /// The sums of a tile skip the indices that are after the diagonal in all of its rows.
    Before(isize),
    /// The sums of a tile skip the indices that are before the diagonal in all of its rows.
    From(isize),
}

/// The arguments of [`matmul`].
pub(super) struct Matmul<'a> {
    /// The number of rows of the output, the number of its columns, and the length of the sums.
    pub(super) sizes: (usize, usize, usize),
    pub(super) a: &'a [Scalar],
    /// The row stride and the column stride of the left-hand side.
    pub(super) a_strides: (usize, usize),
    pub(super) b: &'a [Scalar],
    /// The row strides of the right-hand side (`b_row`) and of the output (`c_row`).
    pub(super) b_row: usize,
    pub(super) c_row: usize,
    pub(super) add: bool,
    pub(super) reach: Reach,
}

/// The number of columns of a tile. Rows of the right-hand side and of the output are padded to a multiple of
/// this width.
pub(super) use super::vector::two_registers as across;

/// The maximum number of rows of a tile, on any level.
pub(super) const TALLEST: usize = 12;

/// Computes the matmul that `at` describes, and writes or adds the result to `c`.
pub(super) fn matmul(level: Level, at: &Matmul<'_>, c: &mut [Scalar]) {
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
    // SAFETY: the assertions above are the requirements of `run`, and a level above `Plain` implies that the processor
    // has its instructions.
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
/// The conditions of [`run`] hold; the processor has AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(at: &Matmul<'_>, c: &mut [Scalar]) {
    // SAFETY: this function enables AVX2 and FMA; the caller guarantees the slices' lengths.
    unsafe { run::<Wide256, 6>(at, c) }
}

/// # Safety
/// The conditions of [`run`] hold; the processor has AVX-512.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
unsafe fn avx512(at: &Matmul<'_>, c: &mut [Scalar]) {
    // SAFETY: this function enables AVX-512; the caller guarantees the slices' lengths.
    unsafe { run::<Wide512, 12>(at, c) }
}

/// # Safety
/// The caller enables the instructions of `V`. `m` and `n` are not 0. Let `w` be `n` rounded up to
/// whole tiles. With the strides in `at`, `at.a` contains the element `[m - 1, k - 1]`, row `k - 1`
/// of `at.b` has `w` elements, and row `m - 1` of `c` has `w` elements.
#[inline(always)]
unsafe fn run<V: Vector, const ROWS: usize>(at: &Matmul<'_>, c: &mut [Scalar]) {
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
            // SAFETY: `i + rows` is at most `m`, `j` plus a tile's width is at most `n` rounded up, and `to` is at most
            // `k`. An empty sum reads nothing, and its pointers are computed by wrapping arithmetic.
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
/// The conditions of [`tile`] hold for `rows` rows, and `rows` is at least 1.
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
                // SAFETY: the caller guarantees the requirements of `tile` for `rows` rows.
                $($rows => unsafe { tile::<V, $rows>(depth, a, b, c, add) },)*
                rows => unreachable!("a tile of {rows} rows"),
            }
        };
    }
    // Only the heights of the level are compiled.
    if V::WIDTH * size_of::<Scalar>() == 64 {
        by_rows!(1 2 3 4 5 6 7 8 9 10 11 12);
    } else if V::WIDTH * size_of::<Scalar>() == 32 {
        by_rows!(1 2 3 4 5 6);
    } else {
        by_rows!(1 2 3 4);
    }
}

/// Computes one tile of `ROWS` rows and two registers per row.
///
/// # Safety
/// The caller enables the instructions of `V`. With the given strides, `a` is valid for reads of
/// `[ROWS, depth]`, `b` for reads of `depth` rows of two registers, and `c` for reads and writes of
/// `ROWS` rows of two registers.
#[inline(always)]
unsafe fn tile<V: Vector, const ROWS: usize>(
    depth: usize,
    (mut a, (a_row, a_column)): (*const Scalar, (usize, usize)),
    (mut b, b_row): (*const Scalar, usize),
    (c, c_row): (*mut Scalar, usize),
    add: bool,
) {
    // SAFETY: the caller guarantees every element that is read or written. The pointers pass the end only after the
    // last iteration, by wrapping arithmetic, and are not dereferenced there.
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

/// Writes the transpose of the matrix `[rows, columns]` to `to`. The rows of `to` have stride
/// `wide`.
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
    // SAFETY: the assertions above are the requirements of `turn`, and a level above `Plain` implies that the processor
    // has its instructions.
    unsafe {
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 | Level::Avx2 => turn_avx2((from, stride), (rows, columns), to, wide),
            _ => turn::<Plain>((from, stride), (rows, columns), to, wide),
        }
    }
}

/// # Safety
/// The conditions of [`turn`] hold; the processor has AVX2.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn turn_avx2(from: (&[Scalar], usize), sizes: (usize, usize), to: &mut [Scalar], wide: usize) {
    // SAFETY: this function enables AVX2; the caller guarantees the slices' lengths.
    unsafe { turn::<Wide256>(from, sizes, to, wide) }
}

/// Transposes squares of eight by eight in registers, and the rest element by element.
///
/// # Safety
/// The caller enables the instructions of `V`. With the given strides, `from` contains the element
/// `[rows - 1, columns - 1]`, and `to` contains the element `[columns - 1, rows - 1]`.
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
            // SAFETY: both squares end before the last elements that the caller guarantees.
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
    use super::{Matmul, Reach, across, matmul, transpose};
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
        let at = Matmul {
            sizes: (m, n, k),
            a: &a,
            a_strides,
            b: &b,
            b_row: wide,
            c_row: wide,
            add,
            reach: Reach::All,
        };
        matmul(level(), &at, &mut c);
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
                // Row `i` has values before `i + 1 + offset` and zeros after.
                let mut lower = numbers(m * k, 3);
                for (i, row) in lower.chunks_exact_mut(k).enumerate() {
                    row[(i + 1).saturating_add_signed(offset).min(k)..].fill(0.0);
                }
                let b = numbers(m.max(k) * n, 4);
                let run = |sizes, a_strides, reach| {
                    let mut c = vec![0.5; m.max(k) * n];
                    let at =
                        Matmul { sizes, a: &lower, a_strides, b: &b, b_row: n, c_row: n, add: true, reach };
                    matmul(level(), &at, &mut c);
                    c
                };
                assert_eq!(run((m, n, k), (k, 1), Reach::Before(offset)), run((m, n, k), (k, 1), Reach::All));
                // Row `i` of the transpose has zeros before `i - offset`.
                assert_eq!(run((k, n, m), (1, k), Reach::From(offset)), run((k, n, m), (1, k), Reach::All));
            }
        });
    }
}
