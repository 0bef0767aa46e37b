//! Packing copies a submatrix, so that its elements are in the order in which a tile reads them.

use super::Strided;
use super::sweep::{height, strips};
use crate::Scalar;
use crate::kernel::vector::{SQUARE, Vector};

/// The prefetch distance of a transposition, in elements. The hardware prefetcher does not follow
/// eight rows at once.
const AHEAD: usize = 64;

/// Packs the first `depth` rows of some columns of the right-hand side into a panel `[depth, width]`, padded
/// with zeros.
///
/// # Safety
/// The caller enables the instructions of `V`.
#[inline(always)]
pub(super) unsafe fn pack_panel<V: Vector>(
    b: Strided<'_>,
    depth: usize,
    columns: usize,
    width: usize,
    panel: &mut [Scalar],
) {
    assert!(columns <= width && panel.len() >= depth * width);
    if b.column == 1 {
        for (l, to) in panel.chunks_exact_mut(width).take(depth).enumerate() {
            let from = &b.data[l * b.row..][..columns];
            if columns == 2 * V::WIDTH {
                // SAFETY: both sides have the same number of elements; the caller enables the instructions.
                unsafe {
                    V::load(from.as_ptr()).store(to.as_mut_ptr());
                    V::load(from[V::WIDTH..].as_ptr()).store(to[V::WIDTH..].as_mut_ptr());
                }
            } else {
                for (i, to) in to.iter_mut().enumerate() {
                    *to = from.get(i).copied().unwrap_or(0.0);
                }
            }
        }
        return;
    }
    if columns < width {
        panel[..depth * width].fill(0.0);
    }
    for j in (0..columns).step_by(SQUARE) {
        let wide = SQUARE.min(columns - j);
        for l in (0..depth).step_by(SQUARE) {
            let long = SQUARE.min(depth - l);
            let from = b.from(l, j);
            if b.row == 1 && wide == SQUARE && long == SQUARE {
                assert!(from.data.len() >= (SQUARE - 1) * from.column + SQUARE);
                let to = panel[l * width + j..][..(SQUARE - 1) * width + SQUARE].as_mut_ptr();
                for i in 0..SQUARE {
                    V::prefetch(from.data.as_ptr().wrapping_add(i * from.column + AHEAD));
                }
                // SAFETY: both squares are in bounds by the two slices above; the caller enables the instructions.
                unsafe { V::transpose(from.data.as_ptr(), from.column, to, width) };
            } else {
                for i in 0..wide {
                    for h in 0..long {
                        panel[(l + h) * width + j + i] = from.data[h * from.row + i * from.column];
                    }
                }
            }
        }
    }
}

/// Packs the submatrix `[rows, depth]` of the left-hand side into strips, each of shape
/// `[depth, height of the strip]`.
///
/// # Safety
/// The caller enables the instructions of `V`.
#[inline(always)]
pub(super) unsafe fn pack_strips<V: Vector>(a: Strided<'_>, depth: usize, rows: usize, to: &mut [Scalar]) {
    if a.row == 1 {
        // SAFETY: the caller enables the instructions of `V`.
        return unsafe { pack_turned::<V>(a, depth, rows, to) };
    }
    for (i, count) in strips(rows, height::<V>()) {
        let strip = &mut to[i * depth..][..count * depth];
        for top in (0..count).step_by(SQUARE) {
            // SAFETY: the caller enables the instructions of `V`.
            unsafe { pack_rows::<V>(a.from(i + top, 0), depth, (top, count), strip) };
        }
    }
}

/// The version of [`pack_strips`] for a left-hand side with contiguous columns.
///
/// # Safety
/// The caller enables the instructions of `V`.
#[inline(always)]
unsafe fn pack_turned<V: Vector>(a: Strided<'_>, depth: usize, rows: usize, to: &mut [Scalar]) {
    let high = height::<V>();
    let moved = high.next_multiple_of(V::WIDTH);
    assert!(depth > 0 && a.data.len() >= (depth - 1) * a.column + rows && to.len() >= rows * depth);
    // Whole registers are copied, so a copy may exceed the strip's height. The copy of the next row
    // overwrites the excess elements. The last rows are copied exactly.
    let loose =
        |count: usize| if a.column < rows { 0 } else { (depth + 1).saturating_sub(moved.div_ceil(count)) };
    let full = strips(rows, high).take_while(|strip| strip.1 == high).count();
    let (from, start) = (a.data.as_ptr(), to.as_mut_ptr());
    // Row `l` of all strips is copied before row `l + 1`, so that the stored matrix is read
    // sequentially.
    for l in 0..loose(high) {
        let mut to = start.wrapping_add(l * high);
        for i in 0..full {
            // SAFETY: for the first `loose` rows, both the strip and the stored matrix have room for `moved` elements.
            // The caller enables the instructions.
            unsafe { move_numbers::<V>(from.add(l * a.column + i * high), to, moved) };
            to = to.wrapping_add(high * depth);
        }
    }
    for (strip, (i, count)) in strips(rows, high).enumerate() {
        let done = loose(count);
        let first = if strip < full { done } else { 0 };
        for l in first..done {
            // SAFETY: for the first `loose` rows, both the strip and the stored matrix have room for `moved` elements.
            // The caller enables the instructions.
            unsafe { move_numbers::<V>(from.add(l * a.column + i), start.add(i * depth + l * count), moved) };
        }
        for l in done..depth {
            to[i * depth + l * count..][..count].copy_from_slice(&a.data[l * a.column + i..][..count]);
        }
    }
}

/// Copies `count` elements, where `count` is a multiple of a register's width.
///
/// # Safety
/// `from` and `to` are valid for `count` elements; the caller enables the instructions of `V`.
#[inline(always)]
unsafe fn move_numbers<V: Vector>(from: *const Scalar, to: *mut Scalar, count: usize) {
    for i in (0..count).step_by(V::WIDTH) {
        // SAFETY: `i` stays below `count`, and the caller enables the instructions.
        unsafe { V::load(from.add(i)).store(to.add(i)) };
    }
}

/// Packs up to eight rows of a strip of `count` rows. The first packed row is `top`.
///
/// # Safety
/// The caller enables the instructions of `V`.
#[inline(always)]
unsafe fn pack_rows<V: Vector>(
    a: Strided<'_>,
    depth: usize,
    (top, count): (usize, usize),
    strip: &mut [Scalar],
) {
    let rows = SQUARE.min(count - top);
    for l in (0..depth).step_by(SQUARE) {
        let long = SQUARE.min(depth - l);
        let from = &a.data[l * a.column..];
        let whole = a.column == 1 && long == SQUARE && from.len() >= (SQUARE - 1) * a.row + SQUARE;
        // A write may exceed the height of a low strip. The writes of the next rows overwrite the
        // excess elements, except at the end.
        if whole && top == 0 && (l + SQUARE - 1) * count + SQUARE <= strip.len() {
            // SAFETY: `whole` means that eight rows are valid, the last ones possibly of the next strip. The eight
            // target rows are within the strip by the condition above, and each is written after its predecessor. The
            // caller enables the instructions.
            unsafe { V::transpose(from.as_ptr(), a.row, strip[l * count..].as_mut_ptr(), count) };
        } else if whole {
            let mut square = [[0.0; SQUARE]; SQUARE];
            // SAFETY: `whole` means that eight rows are valid, and `square` is a whole square. The caller enables the
            // instructions.
            unsafe { V::transpose(from.as_ptr(), a.row, square.as_mut_ptr().cast(), SQUARE) };
            for (h, square) in square.iter().enumerate() {
                strip[(l + h) * count + top..][..rows].copy_from_slice(&square[..rows]);
            }
        } else {
            for h in 0..long {
                for i in 0..rows {
                    strip[(l + h) * count + top + i] = from[h * a.column + i * a.row];
                }
            }
        }
    }
}
