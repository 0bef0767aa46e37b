//! Multiplies a block of the left-hand side, strip by strip, by one panel of the right-hand side.

use super::tile::{Feed, tile};
use super::{Strided, Target};
use crate::Scalar;
use crate::kernel::lines::LINE;
use crate::kernel::vector::{SQUARE, Vector};

/// The maximum number of rows of a tile, on any level.
const MOST_ROWS: usize = 12;
/// The maximum number of columns of a tile, on any level.
const MOST_COLUMNS: usize = 2 * LINE;

/// A buffer for the values of one tile. The buffer is needed if the rows of the target are narrower
/// than the tile or not contiguous.
pub(super) type Buffer = [Scalar; BUFFER];
/// The number of elements of the largest tile, with its rows rounded up to whole squares.
pub(super) const BUFFER: usize = MOST_ROWS.next_multiple_of(SQUARE) * MOST_COLUMNS;

/// The maximum number of rows of a tile. Each row takes two registers, and the tile has as many rows as fit
/// in the register file.
pub(super) const fn height<V: Vector>() -> usize {
    match V::WIDTH * size_of::<Scalar>() {
        64 => 12,
        32 => 6,
        _ => 4,
    }
}

/// Splits `rows` into strips and returns the first row and the height of each strip.
///
/// If the last strip would have too few rows to keep the FMA units busy, the last two strips share
/// their rows evenly.
pub(super) fn strips(rows: usize, height: usize) -> impl Iterator<Item = (usize, usize)> {
    let low = rows % height;
    let even = if low > 0 && low * 5 < height * 3 && rows > height { rows - low - height } else { rows };
    let half = (rows - even).div_ceil(2);
    let mut next = 0;
    std::iter::from_fn(move || {
        let first = next;
        let count = if first < even { height.min(rows - first) } else { half.min(rows - first) };
        next += count;
        (count > 0).then_some((first, count))
    })
}

/// The left-hand side of a block, either in place or in packed strips.
#[derive(Clone, Copy)]
pub(super) enum Left<'a> {
    InPlace(Strided<'a>),
    /// The packed strips one after another, each of shape `[depth, height of the strip]`.
    Strips(&'a [Scalar]),
}

/// A panel `[depth, width]` of the right-hand side. Only the first `columns` columns are used.
#[derive(Clone, Copy)]
pub(super) struct Panel<'a> {
    pub(super) right: Right<'a>,
    /// The number of elements in a row of the panel: one register or two.
    pub(super) width: usize,
    pub(super) columns: usize,
}

/// The elements of a panel.
#[derive(Clone, Copy)]
pub(super) enum Right<'a> {
    Packed(&'a [Scalar]),
    /// Unpacked rows with the stride `stride`. The first tile packs the rows into `panel` while it
    /// reads them. The first strip must have the full height. The panel must be two registers wide,
    /// and all of its columns must be used.
    Loose {
        from: &'a [Scalar],
        stride: usize,
        panel: Target,
    },
}

/// Calls `tile` with `$rows` as a compile-time constant.
macro_rules! by_rows {
    ($vector:ty, $rows:expr, $across:literal, $copy:literal, $arguments:tt, $($count:literal)*) => {
        match $rows {
            // In a const block, so that tiles beyond the register file are not compiled.
            $($count if const { $count <= height::<$vector>() } => {
                tile::<$vector, $count, $across, $copy> $arguments;
            })*
            rows => unreachable!("a tile of {rows} rows"),
        }
    };
}

/// Multiplies `rows` rows of the left-hand side by a panel, and writes or adds the product to `c`.
///
/// # Safety
/// The caller enables the instructions of `V`. The rows and columns of `c` are valid, and nothing
/// else reads or writes them. Nothing else reads or writes the `panel` of a [`Right::Loose`].
#[inline(always)]
pub(super) unsafe fn sweep<V: Vector>(
    left: Left<'_>,
    (rows, depth): (usize, usize),
    panel: Panel<'_>,
    buffer: &mut Buffer,
    c: Target,
    add: bool,
) {
    let Panel { right, width, columns } = panel;
    assert!(depth > 0 && (1..=width).contains(&columns));
    assert!(width == V::WIDTH || width == 2 * V::WIDTH);
    // Where the lines of the next panel are, for each of the first strips, and the distance between them.
    let (packed, next, across, apart) = match right {
        Right::Packed(packed) => {
            assert!(packed.len() >= depth * width);
            let start = packed.as_ptr();
            (start, start.wrapping_add(depth * width), depth * LINE, LINE)
        }
        Right::Loose { from, stride, panel } => {
            assert!(width == 2 * V::WIDTH && columns == width && from.len() >= stride * (depth - 1) + width);
            (panel.start.cast_const(), from.as_ptr().wrapping_add(width), LINE, stride)
        }
    };
    match left {
        Left::InPlace(a) => assert!(a.data.len() > (rows - 1) * a.row + (depth - 1) * a.column),
        Left::Strips(strips) => assert!(strips.len() >= rows * depth),
    }
    let direct = c.column == 1 && columns == width;
    for (at, (i, count)) in strips(rows, height::<V>()).enumerate() {
        let (start, row, column) = match left {
            Left::InPlace(a) => (a.data.as_ptr().wrapping_add(i * a.row), a.row, a.column),
            Left::Strips(strips) => (strips.as_ptr().wrapping_add(i * depth), 1, count),
        };
        let (to, stride) =
            if direct { (c.from(i, 0).start, c.row) } else { (buffer.as_mut_ptr(), MOST_COLUMNS) };
        let (ahead, apart) = if (1..=width.div_ceil(LINE)).contains(&at) {
            (next.wrapping_add((at - 1) * across), apart)
        } else {
            (packed, 0)
        };
        let feed = Feed { depth, left: start, row, column, right: packed, stride: width, ahead, apart };
        let add_now = add && direct;
        // SAFETY: the assertions at the top are the tile's requirements for both operands. The output is valid by the
        // caller's guarantee, or it is the buffer, which holds the highest and widest tile.
        unsafe {
            if let (Right::Loose { from, stride: apart, panel }, 0) = (right, i) {
                let feed = Feed { right: from.as_ptr(), stride: apart, ..feed };
                let panel = panel.start;
                by_rows!(V, count, 2, true, (feed, panel, to, stride, add_now), 4 6 12);
            } else if width == V::WIDTH {
                let panel = std::ptr::null_mut();
                by_rows!(V, count, 1, false, (feed, panel, to, stride, add_now), 1 2 3 4 5 6 7 8 9 10 11 12);
            } else {
                let panel = std::ptr::null_mut();
                by_rows!(V, count, 2, false, (feed, panel, to, stride, add_now), 1 2 3 4 5 6 7 8 9 10 11 12);
            }
            if !direct {
                spill::<V>(buffer, count, columns, c.from(i, 0), add);
            }
        }
    }
}

/// Writes or adds a tile from the buffer to rows of `c` that are not contiguous or are narrower
/// than the tile.
///
/// # Safety
/// The conditions of [`sweep`] hold.
#[inline(always)]
unsafe fn spill<V: Vector>(buffer: &[Scalar], rows: usize, columns: usize, c: Target, add: bool) {
    const TALL: usize = MOST_ROWS.next_multiple_of(SQUARE);
    let mut turned = [0.0; TALL * SQUARE];
    if c.row == 1 && c.column != 1 {
        for j in (0..columns).step_by(SQUARE) {
            for i in (0..rows).step_by(SQUARE) {
                // SAFETY: the buffer's rows are a multiple of the square, or followed by enough elements to complete
                // it.
                unsafe {
                    V::transpose(
                        buffer.as_ptr().add(i * MOST_COLUMNS + j),
                        MOST_COLUMNS,
                        turned.as_mut_ptr().add(i),
                        TALL,
                    );
                }
            }
            for (j, sums) in (j..columns).zip(turned.chunks_exact(TALL)) {
                // SAFETY: a column of `c` with row stride 1 is contiguous, and the caller guarantees exclusive access
                // to it.
                let to = unsafe { std::slice::from_raw_parts_mut(c.from(0, j).start, rows) };
                if rows == 6 {
                    write(to.first_chunk_mut::<6>().expect("six rows"), &sums[..6], add);
                } else {
                    write(to, &sums[..rows], add);
                }
            }
        }
        return;
    }
    for i in 0..rows {
        for (j, sum) in buffer[i * MOST_COLUMNS..][..columns].iter().enumerate() {
            // SAFETY: the caller guarantees exclusive access to the rows and columns of `c`.
            unsafe {
                let to = c.from(i, j).start;
                *to = if add { *to + sum } else { *sum };
            }
        }
    }
}

#[inline(always)]
fn write(to: &mut [Scalar], sums: &[Scalar], add: bool) {
    for (to, sum) in to.iter_mut().zip(sums) {
        *to = if add { *to + sum } else { *sum };
    }
}

#[cfg(test)]
mod tests {
    use super::strips;

    #[test]
    fn strips_cover_all_rows() {
        for height in [4, 6, 12] {
            for rows in 0..100 {
                let mut next = 0;
                assert_eq!(strips(rows, height).count(), rows.div_ceil(height));
                for (first, count) in strips(rows, height) {
                    assert!(first == next && (1..=height).contains(&count));
                    assert!(rows < height || count * 2 >= height, "{rows} in {height}: {count}");
                    next += count;
                }
                assert_eq!(next, rows);
            }
        }
    }
}
