//! Products over packed panels, in blocks that stay in the caches.
//!
//! The right side is packed into panels as wide as a tile; the left side is mostly read where it
//! is, since a tile takes single numbers from it. Of a product with a transposed right side,
//! `x · wᵀ`, the transpose `w · xᵀ` is computed where that packs the smaller matrix, and stored transposed.

use std::cell::RefCell;

use super::pack::{pack_columns, pack_rows};
use super::tile::{Tile, Widths, tile};
use super::{Sizes, Strided, Target};
use crate::Scalar;
use crate::kernel::lines::{LINE, Lines};
use crate::kernel::simd::Level;

/// The longest run along `k`: a panel of that length and a strip of the left side fit the first cache.
const DEPTH: usize = 400;
/// Rows of the left side that stay in the second cache.
const ROWS: usize = 120;
/// Columns of the right side that are packed at once.
const COLUMNS: usize = 2048;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch { left: Lines::zeroed(0), right: Lines::zeroed(0) });
}

/// Packed parts of both sides, kept by the thread.
struct Scratch {
    left: Lines,
    right: Lines,
}

/// `c = a · b`, or `c += a · b`; no size is 0.
///
/// # Safety
/// The numbers of `c` are there, and nobody else reads or writes them.
pub(super) unsafe fn product(
    level: Level,
    (m, k, n): Sizes,
    a: Strided<'_>,
    b: Strided<'_>,
    c: Target,
    add: bool,
) {
    // SAFETY: the same promise.
    unsafe {
        if b.column != 1 && m < n {
            blocks(level, (n, k, m), b.transpose(), a.transpose(), c.transpose(), add);
        } else {
            blocks(level, (m, k, n), a, b, c, add);
        }
    }
}

/// # Safety
/// As for [`product`].
unsafe fn blocks(level: Level, (m, k, n): Sizes, a: Strided<'_>, b: Strided<'_>, c: Target, add: bool) {
    let widths = Widths::of(level);
    // Equal runs along `k`, none longer than `DEPTH`.
    let depth = k.div_ceil(k.div_ceil(DEPTH));
    SCRATCH.with_borrow_mut(|scratch| {
        for j in (0..n).step_by(COLUMNS) {
            let columns = COLUMNS.min(n - j);
            for l in (0..k).step_by(depth) {
                let depth = depth.min(k - l);
                let length = columns.next_multiple_of(widths.columns) * depth;
                let panels = room(&mut scratch.right, length);
                pack_columns(level, b.from(l, j), depth, columns, widths.columns, panels);
                for i in (0..m).step_by(ROWS) {
                    let rows = ROWS.min(m - i);
                    let part = a.from(i, l);
                    let packed = scattered(a, columns).then(|| {
                        let strips = room(&mut scratch.left, rows * depth);
                        pack_rows(part, depth, rows, widths.rows, strips);
                        &*strips
                    });
                    let block = Block { level, widths, rows, columns, depth, left: part, packed, panels };
                    // SAFETY: a block inside of `c`, of which the caller promises all.
                    unsafe { block.run(c.from(i, j), add || l > 0) };
                }
            }
        }
    });
}

/// Whether the left side is better read from a packed copy: where neighbours in a row are not neighbours in
/// memory, or where its rows lie so that they drive each other out of the first cache, and the copy is used often.
fn scattered(a: Strided<'_>, columns: usize) -> bool {
    a.column != 1 || (columns > 64 && (a.row * size_of::<Scalar>()).is_multiple_of(4096))
}

/// At least `length` numbers of scratch memory.
fn room(lines: &mut Lines, length: usize) -> &mut [Scalar] {
    let count = length.div_ceil(LINE);
    if lines.count() < count {
        *lines = Lines::zeroed(count);
    }
    lines.as_mut_slice(length)
}

/// A part of the left side against packed panels of the right side.
struct Block<'a> {
    level: Level,
    widths: Widths,
    rows: usize,
    columns: usize,
    depth: usize,
    left: Strided<'a>,
    /// The same part of the left side in strips of a tile's height, where it is [`scattered`].
    packed: Option<&'a [Scalar]>,
    panels: &'a [Scalar],
}

impl Block<'_> {
    /// # Safety
    /// The numbers of `c` are there, and nobody else reads or writes them.
    unsafe fn run(&self, c: Target, add: bool) {
        let panels = self.panels.chunks_exact(self.depth * self.widths.columns);
        for (panel, j) in panels.zip((0..self.columns).step_by(self.widths.columns)) {
            for i in (0..self.rows).step_by(self.widths.rows) {
                let rows = self.widths.rows.min(self.rows - i);
                let (a, a_strides) = match self.packed {
                    Some(strips) => (&strips[i * self.depth..][..rows * self.depth], (1, rows)),
                    None => (&self.left.data[i * self.left.row..], (self.left.row, self.left.column)),
                };
                let columns = self.widths.columns.min(self.columns - j);
                let at = Tile { rows, columns, depth: self.depth, a, a_strides, panel, add };
                // SAFETY: a tile inside of `c`, of which the caller promises all.
                unsafe { tile(self.level, at, c.from(i, j)) };
            }
        }
    }
}
