//! Copies of matrix parts in the order in which a tile reads them.

use super::Strided;
use super::sweep::{height, strips};
use crate::Scalar;
use crate::kernel::vector::{SQUARE, Vector};

/// How far ahead of a transposition its rows are asked for: the processor does not see eight of them coming.
const AHEAD: usize = 64;

/// Packs `[depth, columns]` of the right side into a panel `[depth, width]`, filled up with zeros.
///
/// # Safety
/// The function that this is inlined into has the instructions of `V`.
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
                // SAFETY: as many numbers are on both sides; the caller promises the instructions.
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
                // SAFETY: both squares lie inside by the two lines above; the caller promises the instructions.
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

/// Packs `[rows, depth]` of the left side into strips, each `[depth, its height]`.
///
/// # Safety
/// The function that this is inlined into has the instructions of `V`.
#[inline(always)]
pub(super) unsafe fn pack_strips<V: Vector>(a: Strided<'_>, depth: usize, rows: usize, to: &mut [Scalar]) {
    if a.row == 1 {
        // SAFETY: the caller promises the instructions.
        return unsafe { pack_turned::<V>(a, depth, rows, to) };
    }
    for (i, count) in strips(rows, height::<V>()) {
        let strip = &mut to[i * depth..][..count * depth];
        for top in (0..count).step_by(SQUARE) {
            // SAFETY: the caller promises the instructions.
            unsafe { pack_rows::<V>(a.from(i + top, 0), depth, (top, count), strip) };
        }
    }
}

/// [`pack_strips`] of a side whose columns lie in memory as rows.
///
/// # Safety
/// As for [`pack_strips`].
#[inline(always)]
unsafe fn pack_turned<V: Vector>(a: Strided<'_>, depth: usize, rows: usize, to: &mut [Scalar]) {
    let high = height::<V>();
    let moved = high.next_multiple_of(V::WIDTH);
    assert!(depth > 0 && a.data.len() >= (depth - 1) * a.column + rows && to.len() >= rows * depth);
    // What is moved beyond a strip's height is overwritten by the strip's next row, but for the last ones.
    let loose =
        |count: usize| if a.column < rows { 0 } else { (depth + 1).saturating_sub(moved.div_ceil(count)) };
    let full = strips(rows, high).take_while(|strip| strip.1 == high).count();
    let (from, start) = (a.data.as_ptr(), to.as_mut_ptr());
    // All strips at once, so that what is stored is read as it lies in memory.
    for l in 0..loose(high) {
        let mut to = start.wrapping_add(l * high);
        for i in 0..full {
            // SAFETY: `loose` leaves as many rows of the strip, and of what is stored, as what is moved may enter.
            unsafe { move_numbers::<V>(from.add(l * a.column + i * high), to, moved) };
            to = to.wrapping_add(high * depth);
        }
    }
    for (strip, (i, count)) in strips(rows, high).enumerate() {
        let done = loose(count);
        let first = if strip < full { done } else { 0 };
        for l in first..done {
            // SAFETY: as above.
            unsafe { move_numbers::<V>(from.add(l * a.column + i), start.add(i * depth + l * count), moved) };
        }
        for l in done..depth {
            to[i * depth + l * count..][..count].copy_from_slice(&a.data[l * a.column + i..][..count]);
        }
    }
}

/// Moves `count` numbers, a multiple of a register's.
///
/// # Safety
/// They are there on both sides; the function that this is inlined into has the instructions of `V`.
#[inline(always)]
unsafe fn move_numbers<V: Vector>(from: *const Scalar, to: *mut Scalar, count: usize) {
    for i in (0..count).step_by(V::WIDTH) {
        // SAFETY: the caller's promise.
        unsafe { V::load(from.add(i)).store(to.add(i)) };
    }
}

/// Packs up to eight rows of a strip of `count` rows, from row `top` of it on.
///
/// # Safety
/// As for [`pack_strips`].
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
        // What is written beyond a low strip's height is overwritten by its next rows, but at the end.
        if whole && top == 0 && (l + SQUARE - 1) * count + SQUARE <= strip.len() {
            // SAFETY: eight rows are there by `whole`, though the last may belong to the strip below, and the places
            // by the line above, each row of which is written after the one before it; the instructions are the
            // caller's promise.
            unsafe { V::transpose(from.as_ptr(), a.row, strip[l * count..].as_mut_ptr(), count) };
        } else if whole {
            let mut square = [[0.0; SQUARE]; SQUARE];
            // SAFETY: as above.
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
