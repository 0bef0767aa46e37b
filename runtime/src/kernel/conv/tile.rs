//! GEMM of two small matrices in cache: `c = a · b`, or `c += a · b`.
//!
//! Both operands have strides, because a convolution sums over taps, channels or positions. A tile
//! of 6 rows and two registers (12 rows for AVX-512) stays in registers over the whole depth. Each
//! iteration loads two registers of `b` and broadcasts one element of `a` per row, so the bound is
//! arithmetic.

use super::super::simd::Level;
use super::super::vector::{Plain, Vector};
#[cfg(target_arch = "x86_64")]
use super::super::vector::{Wide256, Wide512};
use crate::Scalar;

/// A strided matrix: element `[i, j]` is at `i · row + j · column`.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    pub(super) data: &'a [Scalar],
    pub(super) row: usize,
    pub(super) column: usize,
}

/// The number of columns of a tile. Right-hand sides and outputs are padded to a multiple of this width.
pub(super) use super::super::vector::two_registers as width;

/// The right-hand side `[depth, columns]` in panels of [`width`] columns. `panel` is the stride between
/// panels, and `row` the stride between the rows of a panel.
#[derive(Clone, Copy)]
pub(super) struct Panels<'a> {
    pub(super) data: &'a [Scalar],
    pub(super) row: usize,
    pub(super) panel: usize,
}

/// Computes `c[i · c_row + j] = Σ a[i, l] b[l, j]` for `i < rows`, `j < columns`, `l < depth`. If
/// `add` is set, adds the sums to the old values of `c` instead.
pub(super) fn matmul(
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
    // SAFETY: the assertions above are the requirements of `run`, and a level above `Plain` implies that the processor
    // has its instructions.
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

/// Computes all tiles, panel by panel and strip by strip. A strip has `$most` rows. The last strip
/// may have fewer rows.
macro_rules! strips {
    ($vector:ty, $at:expr, $c:expr, $most:literal, $($rows:literal)*) => {{
        let (at, c): (Job<'_>, &mut [Scalar]) = ($at, $c);
        for panel in 0..at.panels {
            let b = at.b.data.as_ptr().wrapping_add(panel * at.b.panel);
            for i in (0..at.rows).step_by($most) {
                let a = at.a.data.as_ptr().wrapping_add(i * at.a.row);
                let c = c.as_mut_ptr().wrapping_add(i * at.c_row + panel * 2 * <$vector>::WIDTH);
                match at.rows - i {
                    // SAFETY: the caller guarantees the requirements of `run` for all rows and panels, hence for this
                    // strip and panel.
                    $($rows => unsafe { run::<$vector, $rows>(&at, a, b, c) },)*
                    // SAFETY: as in the other arms; at least `$most` rows are left.
                    _ => unsafe { run::<$vector, $most>(&at, a, b, c) },
                }
            }
        }
    }};
}

/// # Safety
/// The requirements of [`run`] hold for all rows and panels.
unsafe fn least(at: Job<'_>, c: &mut [Scalar]) {
    strips!(Plain, at, c, 4, 1 2 3);
}

/// # Safety
/// The requirements of [`run`] hold for all rows and panels; the processor has AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(at: Job<'_>, c: &mut [Scalar]) {
    strips!(Wide256, at, c, 6, 1 2 3 4 5);
}

/// # Safety
/// The requirements of [`run`] hold for all rows and panels; the processor has AVX-512.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
unsafe fn avx512(at: Job<'_>, c: &mut [Scalar]) {
    strips!(Wide512, at, c, 12, 1 2 3 4 5 6 7 8 9 10 11);
}

/// Computes a tile of `ROWS` rows, with two registers per row.
///
/// # Safety
/// The caller enables the instructions of `V`. With the strides of `at`, `a` is valid up to the
/// element `[ROWS - 1, depth - 1]`. The `depth` rows from `b` on and the `ROWS` rows from `c` on
/// are valid for `2 · V::WIDTH` elements each.
#[inline(always)]
unsafe fn run<V: Vector, const ROWS: usize>(
    at: &Job<'_>,
    mut a: *const Scalar,
    mut b: *const Scalar,
    c: *mut Scalar,
) {
    // SAFETY: the caller guarantees every element that is read or written. The pointers pass the end only after the
    // last iteration, by wrapping arithmetic, and are not dereferenced there.
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
