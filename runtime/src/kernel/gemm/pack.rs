//! Copies of matrix parts in the order in which a tile reads them.

use super::Strided;
use crate::Scalar;
use crate::kernel::simd::{Level, dispatch};

/// Packs `[depth, columns]` of the right side into panels of `width` columns, each `[depth, width]`; the last
/// is filled up with zeros.
pub(super) fn pack_columns(
    level: Level,
    b: Strided<'_>,
    depth: usize,
    columns: usize,
    width: usize,
    panels: &mut [Scalar],
) {
    for (panel, j) in panels.chunks_exact_mut(depth * width).zip((0..columns).step_by(width)) {
        let count = width.min(columns - j);
        let from = &b.data[j * b.column..];
        if b.column == 1 {
            for (l, to) in panel.chunks_exact_mut(width).enumerate() {
                to[..count].copy_from_slice(&from[l * b.row..][..count]);
                to[count..].fill(0.0);
            }
        } else {
            panel_of_rows(level, from, b.column, count, depth, width, panel);
        }
    }
}

/// A panel whose columns are contiguous in memory, `stride` apart: a transposition, eight by eight.
fn panel_of_rows(
    level: Level,
    from: &[Scalar],
    stride: usize,
    count: usize,
    depth: usize,
    width: usize,
    panel: &mut [Scalar],
) {
    #[inline(always)]
    fn body(from: &[Scalar], stride: usize, count: usize, depth: usize, width: usize, panel: &mut [Scalar]) {
        const SIDE: usize = 8;
        if count < width {
            panel.fill(0.0);
        }
        for j in (0..count).step_by(SIDE) {
            let wide = SIDE.min(count - j);
            for l in (0..depth).step_by(SIDE) {
                let long = SIDE.min(depth - l);
                if wide == SIDE && long == SIDE {
                    let mut square = [[0.0; SIDE]; SIDE];
                    for (i, row) in square.iter_mut().enumerate() {
                        row.copy_from_slice(&from[(j + i) * stride + l..][..SIDE]);
                    }
                    for i in 0..SIDE {
                        let to = &mut panel[(l + i) * width + j..][..SIDE];
                        for (to, row) in to.iter_mut().zip(&square) {
                            *to = row[i];
                        }
                    }
                } else {
                    for (i, column) in (j..j + wide).enumerate() {
                        for row in l..l + long {
                            panel[row * width + j + i] = from[column * stride + row];
                        }
                    }
                }
            }
        }
    }
    dispatch!(level, [] body(
        from: &[Scalar], stride: usize, count: usize, depth: usize, width: usize, panel: &mut [Scalar],
    ));
}

/// Packs `[rows, depth]` of the left side into strips of `height` rows, each `[depth, height]`; the last strip is
/// as high as it has rows.
pub(super) fn pack_rows(a: Strided<'_>, depth: usize, rows: usize, height: usize, strips: &mut [Scalar]) {
    for i in (0..rows).step_by(height) {
        let count = height.min(rows - i);
        let strip = &mut strips[i * depth..][..count * depth];
        if a.column == 1 {
            for row in 0..count {
                let from = &a.data[(i + row) * a.row..][..depth];
                for (to, from) in strip[row..].iter_mut().step_by(count).zip(from) {
                    *to = *from;
                }
            }
            continue;
        }
        for (l, to) in strip.chunks_exact_mut(count).enumerate() {
            let from = &a.data[l * a.column + i * a.row..];
            if count == 6 {
                // The usual height by name, so that the copy is a few moves and no call.
                to.copy_from_slice(&from[..6]);
            } else {
                to.copy_from_slice(&from[..count]);
            }
        }
    }
}
