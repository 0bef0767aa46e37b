//! GEMM whose right-hand rows are at any offsets of one array, so that a convolution reads its padded input in place.
//!
//! `c[i][j] = Σ a[i][l] · b[offset(l) + j]`: the rows `l` are the taps of all channels, and overlap in `b`. A tile of four
//! registers and up to six rows stays in registers over the whole depth.

use crate::Scalar;
use crate::kernel::simd::Level;
use crate::kernel::vector::{Plain, Vector, two_registers};
#[cfg(target_arch = "x86_64")]
use crate::kernel::vector::{Wide256, Wide512};

/// The number of registers in a row of a tile.
const REGISTERS: usize = 4;

/// The number of columns of a tile. The number of columns of a product is a multiple of it.
pub(super) fn tile_width(level: Level) -> usize {
    two_registers(level) / 2 * REGISTERS
}

/// The places of one row `l` of the product: `a[i][l]` is at `a + i · row`, and `b[l][j]` at `b + j`.
#[derive(Clone, Copy)]
pub(super) struct Tap {
    pub(super) a: usize,
    pub(super) b: usize,
}

/// Computes `c[i · c_row + j] = Σ a[taps[l].a + i · row] · b[taps[l].b + j]` for `i < rows` and `j < columns`.
pub(super) fn product(
    level: Level,
    [rows, columns]: [usize; 2],
    taps: &[Tap],
    (a, row): (&[Scalar], usize),
    b: &[Scalar],
    (c, c_row): (&mut [Scalar], usize),
) {
    assert!(columns.is_multiple_of(tile_width(level)), "{columns} columns in tiles of {}", tile_width(level));
    if rows == 0 || columns == 0 {
        return;
    }
    assert!(taps.iter().all(|tap| tap.a + (rows - 1) * row < a.len() && tap.b + columns <= b.len()));
    assert!(c.len() >= (rows - 1) * c_row + columns);
    // SAFETY: the assertions above are the requirements of the functions, and a level above `Plain` implies that the
    // processor has its instructions.
    unsafe {
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => product_avx512([rows, columns], taps, (a, row), b, (c, c_row)),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => product_avx2([rows, columns], taps, (a, row), b, (c, c_row)),
            _ => product_plain([rows, columns], taps, (a, row), b, (c, c_row)),
        }
    }
}

/// Declares [`product`] for one register type. A strip has `$most` rows, the last one maybe fewer.
macro_rules! products {
    ($(#[$attribute:meta])* $name:ident, $vector:ty, $most:literal, $($rows:literal)*) => {
        /// # Safety
        /// The requirements of [`tile`] hold for all rows and columns, and the processor has the instructions.
        $(#[$attribute])*
        unsafe fn $name(
            [rows, columns]: [usize; 2],
            taps: &[Tap],
            (a, row): (&[Scalar], usize),
            b: &[Scalar],
            (c, c_row): (&mut [Scalar], usize),
        ) {
            for j in (0..columns).step_by(REGISTERS * <$vector>::WIDTH) {
                for i in (0..rows).step_by($most) {
                    let (a, b) = (a.as_ptr().wrapping_add(i * row), b.as_ptr().wrapping_add(j));
                    let c = c.as_mut_ptr().wrapping_add(i * c_row + j);
                    match rows - i {
                        // SAFETY: the caller guarantees the requirements for all rows and columns.
                        $($rows => unsafe { tile::<$vector, $rows>(taps, (a, row), b, (c, c_row)) },)*
                        // SAFETY: as in the other arms; at least `$most` rows are left.
                        _ => unsafe { tile::<$vector, $most>(taps, (a, row), b, (c, c_row)) },
                    }
                }
            }
        }
    };
}

products!(product_plain, Plain, 2, 1);
#[cfg(target_arch = "x86_64")]
products!(
    #[target_feature(enable = "avx2,fma")]
    product_avx2,
    Wide256,
    2,
    1
);
#[cfg(target_arch = "x86_64")]
products!(
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
    product_avx512, Wide512, 6, 1 2 3 4 5
);

/// Computes a tile of `ROWS` rows.
///
/// # Safety
/// The caller enables the instructions of `V`. For each tap and each row, `a` is valid at the tap's place, `b` for a tile's
/// width from the tap's place on, and `c` for a tile's width.
#[inline(always)]
unsafe fn tile<V: Vector, const ROWS: usize>(
    taps: &[Tap],
    (a, row): (*const Scalar, usize),
    b: *const Scalar,
    (c, c_row): (*mut Scalar, usize),
) {
    // SAFETY: the caller guarantees every element that is read or written.
    unsafe {
        let mut sums = [[V::splat(0.0); REGISTERS]; ROWS];
        for tap in taps {
            let b = b.add(tap.b);
            let b: [V; REGISTERS] = [0, 1, 2, 3].map(|register| V::load(b.add(register * V::WIDTH)));
            let a = a.add(tap.a);
            let mut i = 0;
            while i < ROWS {
                let x = V::splat(*a.add(i * row));
                let mut register = 0;
                while register < REGISTERS {
                    sums[i][register] = sums[i][register].add_product(x, b[register]);
                    register += 1;
                }
                i += 1;
            }
        }
        let mut i = 0;
        while i < ROWS {
            let mut register = 0;
            while register < REGISTERS {
                sums[i][register].store(c.add(i * c_row + register * V::WIDTH));
                register += 1;
            }
            i += 1;
        }
    }
}

/// The number of elements in a register of a level: each sum of [`add_dots`] has so many.
pub(super) fn lanes(level: Level) -> usize {
    two_registers(level) / 2
}

/// Adds `g[i · g_row + j] · x[offsets[l] + j]` for all `j < columns` to the sums of `[i][l]` for `i < rows`. A sum is spread
/// over [`lanes`] numbers, which [`lanes`] columns add to in turn; `columns` is a multiple of it.
pub(super) fn add_dots(
    level: Level,
    [rows, columns]: [usize; 2],
    offsets: &[usize],
    (g, g_row): (&[Scalar], usize),
    x: &[Scalar],
    sums: &mut [Scalar],
) {
    assert!(columns.is_multiple_of(lanes(level)));
    if rows == 0 || columns == 0 {
        return;
    }
    assert!(
        g.len() >= (rows - 1) * g_row + columns && offsets.iter().all(|offset| offset + columns <= x.len())
    );
    assert!(sums.len() >= rows * offsets.len() * lanes(level));
    // SAFETY: the assertions above are the requirements of the functions, and a level above `Plain` implies that the
    // processor has its instructions.
    unsafe {
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => dots_avx512([rows, columns], offsets, (g, g_row), x, sums),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => dots_avx2([rows, columns], offsets, (g, g_row), x, sums),
            _ => dots_plain([rows, columns], offsets, (g, g_row), x, sums),
        }
    }
}

/// The number of offsets whose sums are computed at once.
const OFFSETS: usize = 4;

/// Declares [`add_dots`] for one register type. A strip has `$most` rows, the last one maybe fewer.
macro_rules! dots {
    ($(#[$attribute:meta])* $name:ident, $vector:ty, $most:literal, $($rows:literal)*) => {
        /// # Safety
        /// The requirements of [`dots`] hold for all rows and offsets, and the processor has the instructions.
        $(#[$attribute])*
        unsafe fn $name(
            [rows, columns]: [usize; 2],
            offsets: &[usize],
            (g, g_row): (&[Scalar], usize),
            x: &[Scalar],
            sums: &mut [Scalar],
        ) {
            let sum_row = offsets.len() * <$vector>::WIDTH;
            for i in (0..rows).step_by($most) {
                let g = (g.as_ptr().wrapping_add(i * g_row), g_row);
                for (number, offsets) in offsets.chunks(OFFSETS).enumerate() {
                    let sums = sums.as_mut_ptr().wrapping_add(i * sum_row + number * OFFSETS * <$vector>::WIDTH);
                    let x = x.as_ptr();
                    match rows - i {
                        // SAFETY: the caller guarantees the requirements for all rows and offsets.
                        $($rows => unsafe { dots::<$vector, $rows>(columns, offsets, g, x, (sums, sum_row)) },)*
                        // SAFETY: as in the other arms; at least `$most` rows are left.
                        _ => unsafe { dots::<$vector, $most>(columns, offsets, g, x, (sums, sum_row)) },
                    }
                }
            }
        }
    };
}

dots!(dots_plain, Plain, 2, 1);
#[cfg(target_arch = "x86_64")]
dots!(
    #[target_feature(enable = "avx2,fma")]
    dots_avx2,
    Wide256,
    2,
    1
);
#[cfg(target_arch = "x86_64")]
dots!(
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
    dots_avx512, Wide512, 4, 1 2 3
);

/// Adds the products of `ROWS` rows with up to [`OFFSETS`] offsets to their sums.
///
/// # Safety
/// The caller enables the instructions of `V`. `g` is valid for `columns` elements of each row, `x` for as many from each
/// offset on, and the sums for a register for each row and offset.
#[inline(always)]
unsafe fn dots<V: Vector, const ROWS: usize>(
    columns: usize,
    offsets: &[usize],
    g: (*const Scalar, usize),
    x: *const Scalar,
    sums: (*mut Scalar, usize),
) {
    // SAFETY: the caller guarantees the requirements, and each arm has as many offsets as there are.
    unsafe {
        match *offsets {
            [a] => dots_at::<V, ROWS, 1>(columns, [a], g, x, sums),
            [a, b] => dots_at::<V, ROWS, 2>(columns, [a, b], g, x, sums),
            [a, b, c] => dots_at::<V, ROWS, 3>(columns, [a, b, c], g, x, sums),
            [a, b, c, d] => dots_at::<V, ROWS, 4>(columns, [a, b, c, d], g, x, sums),
            _ => unreachable!("at most four offsets"),
        }
    }
}

/// # Safety
/// The requirements of [`dots`].
#[inline(always)]
unsafe fn dots_at<V: Vector, const ROWS: usize, const COUNT: usize>(
    columns: usize,
    offsets: [usize; COUNT],
    (g, g_row): (*const Scalar, usize),
    x: *const Scalar,
    (sums, sum_row): (*mut Scalar, usize),
) {
    // SAFETY: the caller guarantees every element that is read or written.
    unsafe {
        let mut totals = [[V::splat(0.0); COUNT]; ROWS];
        for j in (0..columns).step_by(V::WIDTH) {
            let x: [V; COUNT] = offsets.map(|offset| V::load(x.add(offset + j)));
            let mut i = 0;
            while i < ROWS {
                let g = V::load(g.add(i * g_row + j));
                let mut l = 0;
                while l < COUNT {
                    totals[i][l] = totals[i][l].add_product(g, x[l]);
                    l += 1;
                }
                i += 1;
            }
        }
        for (i, totals) in totals.iter().enumerate() {
            for (l, total) in totals.iter().enumerate() {
                let sum = sums.add(i * sum_row + l * V::WIDTH);
                V::load(sum).add(*total).store(sum);
            }
        }
    }
}
