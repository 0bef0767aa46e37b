//! The product of two small matrices that lie in the caches: `c = a · b`, or `c += a · b`.
//!
//! Both sides come with strides, for convolutions read them as sums over taps, over channels or over positions.
//! A tile of 6 rows and two registers (12 rows for AVX-512) stays in registers over the whole depth; each round
//! loads two registers of `b` and broadcasts one number of `a` for every row, so that two loads feed each pair of
//! multiply-adds: the bound is the arithmetic.

use super::super::simd::Level;
use super::super::vector::{Plain, Vector};
#[cfg(target_arch = "x86_64")]
use super::super::vector::{Wide256, Wide512};
use crate::Scalar;

/// A matrix in a slice: the entry `[i, j]` is at `i · row + j · column`.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    pub(super) data: &'a [Scalar],
    pub(super) row: usize,
    pub(super) column: usize,
}

/// The columns that one tile covers; right sides and outputs are padded to a multiple of it.
pub(super) use super::super::vector::two_registers as width;

/// The right side `[depth, columns]`: `columns` is a multiple of [`width`], panels of that width are `panel` apart,
/// and rows `row` apart.
#[derive(Clone, Copy)]
pub(super) struct Panels<'a> {
    pub(super) data: &'a [Scalar],
    pub(super) row: usize,
    pub(super) panel: usize,
}

/// `c[i · c_row + j] = Σ a[i, l] b[l, j]` for `i < rows`, `j < columns`, `l < depth`; added to what is there if `add`.
pub(super) fn product(
    level: Level,
    [rows, depth, columns]: [usize; 3],
    a: Matrix<'_>,
    b: Panels<'_>,
    (c, c_row): (&mut [Scalar], usize),
    add: bool,
) {
    let width = width(level);
    assert!(columns.is_multiple_of(width), "{columns} columns in panels of {width}");
    if rows == 0 || columns == 0 {
        return;
    }
    assert!(c.len() >= (rows - 1) * c_row + columns);
    if depth > 0 {
        assert!(a.data.len() > (rows - 1) * a.row + (depth - 1) * a.column);
        assert!(b.data.len() >= (columns / width - 1) * b.panel + (depth - 1) * b.row + width);
    }
    let at = Job { rows, depth, panels: columns / width, a, b, c_row, add };
    // SAFETY: the lines above are what `run` demands, and a level above `Plain` is only given where the processor has
    // its instructions.
    unsafe {
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => avx512(at, c),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => avx2(at, c),
            _ => least(at, c),
        }
    }
}

#[derive(Clone, Copy)]
struct Job<'a> {
    rows: usize,
    depth: usize,
    panels: usize,
    a: Matrix<'a>,
    b: Panels<'a>,
    c_row: usize,
    add: bool,
}

/// Walks over panels and strips; `$most` rows make a full strip.
macro_rules! strips {
    ($vector:ty, $at:expr, $c:expr, $most:literal, $($rows:literal)*) => {{
        let (at, c): (Job<'_>, &mut [Scalar]) = ($at, $c);
        for panel in 0..at.panels {
            let b = at.b.data.as_ptr().wrapping_add(panel * at.b.panel);
            for i in (0..at.rows).step_by($most) {
                let a = at.a.data.as_ptr().wrapping_add(i * at.a.row);
                let c = c.as_mut_ptr().wrapping_add(i * at.c_row + panel * 2 * <$vector>::WIDTH);
                match at.rows - i {
                    // SAFETY: the caller's promise, for the rows from `i` on and this panel.
                    $($rows => unsafe { run::<$vector, $rows>(&at, a, b, c) },)*
                    // SAFETY: as above; there are at least as many rows.
                    _ => unsafe { run::<$vector, $most>(&at, a, b, c) },
                }
            }
        }
    }};
}

/// # Safety
/// As [`run`] for all rows and panels.
unsafe fn least(at: Job<'_>, c: &mut [Scalar]) {
    strips!(Plain, at, c, 4, 1 2 3);
}

/// # Safety
/// As [`run`] for all rows and panels; the processor has AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(at: Job<'_>, c: &mut [Scalar]) {
    strips!(Wide256, at, c, 6, 1 2 3 4 5);
}

/// # Safety
/// As [`run`] for all rows and panels; the processor has AVX-512.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
unsafe fn avx512(at: Job<'_>, c: &mut [Scalar]) {
    strips!(Wide512, at, c, 12, 1 2 3 4 5 6 7 8 9 10 11);
}

/// One tile of `ROWS` rows and two registers.
///
/// # Safety
/// The function that this is inlined into has the instructions of `V`. By the strides of `at`, `a` reaches to
/// `[ROWS - 1, depth - 1]`, and each of `depth` rows from `b` on and of `ROWS` rows from `c` on has `2 · V::WIDTH`
/// numbers.
#[inline(always)]
unsafe fn run<V: Vector, const ROWS: usize>(
    at: &Job<'_>,
    mut a: *const Scalar,
    mut b: *const Scalar,
    c: *mut Scalar,
) {
    // SAFETY: the caller promises all that is read and written. The pointers move past the end only after the last
    // round, by wrapping arithmetic, and are not read there.
    unsafe {
        let mut sums = [[V::splat(0.0); 2]; ROWS];
        for _ in 0..at.depth {
            let (b0, b1) = (V::load(b), V::load(b.add(V::WIDTH)));
            let mut i = 0;
            while i < ROWS {
                let x = V::splat(*a.add(i * at.a.row));
                sums[i][0] = sums[i][0].add_product(x, b0);
                sums[i][1] = sums[i][1].add_product(x, b1);
                i += 1;
            }
            a = a.wrapping_add(at.a.column);
            b = b.wrapping_add(at.b.row);
        }
        let mut i = 0;
        while i < ROWS {
            let to = c.add(i * at.c_row);
            let next = to.add(V::WIDTH);
            if at.add {
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
