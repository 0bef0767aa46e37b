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
        // Row by row of what is stored, into all strips at once: it is read as it lies in memory.
        for l in 0..depth {
            let from = &a.data[l * a.column..][..rows];
            for (i, count) in strips(rows, height::<V>()) {
                let to = &mut to[i * depth + l * count..][..count];
                let from = &from[i..i + count];
                if let (Ok(to), Ok(from)) =
                    (<&mut [Scalar; 6]>::try_from(&mut *to), <&[Scalar; 6]>::try_from(from))
                {
                    // The usual height by name, so that the copy is a few moves and no call.
                    *to = *from;
                } else {
                    to.copy_from_slice(from);
                }
            }
        }
        return;
    }
    for (i, count) in strips(rows, height::<V>()) {
        let strip = &mut to[i * depth..][..count * depth];
        for top in (0..count).step_by(SQUARE) {
            // SAFETY: the caller promises the instructions.
            unsafe { pack_rows::<V>(a.from(i + top, 0), depth, (top, count), strip) };
        }
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
        if a.column == 1 && long == SQUARE && from.len() >= (SQUARE - 1) * a.row + SQUARE {
            let mut square = [[0.0; SQUARE]; SQUARE];
            // SAFETY: eight rows are there by the line above, though the last may belong to the strip below.
            unsafe { V::transpose(from.as_ptr(), a.row, square.as_mut_ptr().cast(), SQUARE) };
            for (h, square) in square.iter().enumerate() {
                let to = &mut strip[(l + h) * count + top..];
                if rows == 6 {
                    to[..6].copy_from_slice(&square[..6]);
                } else {
                    to[..rows].copy_from_slice(&square[..rows]);
                }
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
