//! The innermost loop: one tile of the output in registers.
//!
//! For each step along `k`, a tile of `ROWS` rows and two registers per row needs two loads of the
//! right-hand side and `ROWS` broadcasts of the left. With six rows of AVX2, a step has twelve
//! multiply-adds for eight loads, so both FMA units stay busy. The sums take twelve of the sixteen
//! registers.

use crate::Scalar;
use crate::kernel::vector::Vector;

/// The operands of a tile: `ROWS` rows of the left-hand side, and `depth` rows of the right-hand
/// side. `row` and `column` are the strides of the left-hand side, whose rows have length `depth`.
#[derive(Clone, Copy)]
pub(super) struct Feed {
    pub(super) depth: usize,
    pub(super) left: *const Scalar,
    pub(super) row: usize,
    pub(super) column: usize,
    pub(super) right: *const Scalar,
    /// The stride between rows of the right-hand side.
    pub(super) stride: usize,
    /// The memory of the next panel. Each step along `k` prefetches a line of it, `apart` elements after the last one.
    pub(super) ahead: *const Scalar,
    pub(super) apart: usize,
}

/// Computes a tile of `ROWS` rows. Writes the tile to `to`, or adds the tile to the elements of
/// `to`. The rows of `to` are `to_stride` apart.
///
/// With `COPY`, the tile also copies the rows of the right-hand side to `panel`, contiguously. The
/// first tile of a panel thereby packs the panel for all later tiles.
///
/// # Safety
/// The caller enables the instructions of `V`. Everything that `feed` describes is valid, with
/// `ACROSS · V::WIDTH` elements in a row of the right-hand side. Each output row is valid for the
/// same number of elements, and nothing else reads or writes these elements. With `COPY`, nothing
/// else reads or writes `panel`.
#[inline(always)]
pub(super) unsafe fn tile<V: Vector, const ROWS: usize, const ACROSS: usize, const COPY: bool>(
    feed: Feed,
    panel: *mut Scalar,
    to: *mut Scalar,
    to_stride: usize,
    add: bool,
) {
    // Uses two sets of sums if one set would wait for its own results.
    let twice = ROWS * ACROSS <= 6 && !COPY;
    let (mut right, mut panel, mut ahead) = (feed.right, panel, feed.ahead);
    let mut left = bases::<ROWS>(feed.left, feed.row);
    let mut next = if twice { bases::<ROWS>(feed.left.wrapping_add(feed.column), feed.row) } else { left };
    // SAFETY: every element read or written is within what the caller guarantees. Pointers pass the end only after the
    // last iteration, by wrapping arithmetic, and are not used there.
    unsafe {
        let mut sums = [[V::splat(0.0); ACROSS]; ROWS];
        let mut others = [[V::splat(0.0); ACROSS]; ROWS];
        for i in 0..ROWS {
            for j in 0..ACROSS {
                V::prefetch(to.wrapping_add(i * to_stride + j * V::WIDTH));
            }
        }
        let mut rest = feed.depth;
        if twice {
            while rest >= 2 {
                step::<V, ROWS, ACROSS, COPY>(&mut sums, &mut left, feed, right, panel);
                step::<V, ROWS, ACROSS, COPY>(&mut others, &mut next, feed, right.add(feed.stride), panel);
                for i in 0..GROUPS {
                    left[i] = left[i].wrapping_add(2 * feed.column);
                    next[i] = next[i].wrapping_add(2 * feed.column);
                }
                right = right.wrapping_add(2 * feed.stride);
                rest -= 2;
            }
        }
        while rest > 0 {
            V::prefetch_for_later(ahead);
            ahead = ahead.wrapping_add(feed.apart);
            step::<V, ROWS, ACROSS, COPY>(&mut sums, &mut left, feed, right, panel);
            for left in &mut left {
                *left = left.wrapping_add(feed.column);
            }
            right = right.wrapping_add(feed.stride);
            panel = panel.wrapping_add(ACROSS * V::WIDTH);
            rest -= 1;
        }
        for (i, (sums, others)) in sums.iter().zip(others).enumerate() {
            for (j, (sum, other)) in sums.iter().zip(others).enumerate() {
                let to = to.add(i * to_stride + j * V::WIDTH);
                let sum = if twice { sum.add(other) } else { *sum };
                if add { V::load(to).add(sum).store(to) } else { sum.store(to) }
            }
        }
    }
}

/// The number of rows of the left-hand side that are addressed from one pointer (`GROUP`), and the maximum
/// number of such groups of rows in a tile (`GROUPS`).
const GROUP: usize = 3;
const GROUPS: usize = 4;

/// The addresses of the first rows of the groups. Each group has `GROUP` rows of the left-hand side.
///
/// The compiler must not see how these addresses are related. Otherwise it would compute the
/// address of each row from the address of the previous row, and that dependency chain would take
/// as long as the multiplications.
#[inline(always)]
fn bases<const ROWS: usize>(left: *const Scalar, row: usize) -> [*const Scalar; GROUPS] {
    let mut bases = [left; GROUPS];
    // Hides one address at a time. The compiler would spill addresses that are hidden together to
    // memory.
    for (i, base) in bases.iter_mut().enumerate() {
        if i > 0 && i * GROUP < ROWS {
            *base = std::hint::black_box(left.wrapping_add(i * GROUP * row));
        }
    }
    bases
}

/// Computes one step along `k`. This is a function instead of a closure, so that the compiler inlines it
/// where the instructions are enabled.
///
/// # Safety
/// The conditions of [`tile`] hold.
#[inline(always)]
unsafe fn step<V: Vector, const ROWS: usize, const ACROSS: usize, const COPY: bool>(
    sums: &mut [[V; ACROSS]; ROWS],
    left: &mut [*const Scalar; GROUPS],
    feed: Feed,
    right: *const Scalar,
    panel: *mut Scalar,
) {
    // SAFETY: the caller guarantees the elements and the instructions, as for `tile`.
    unsafe {
        let mut b = [V::splat(0.0); ACROSS];
        for (j, b) in b.iter_mut().enumerate() {
            *b = V::load(right.add(j * V::WIDTH));
            if COPY {
                b.store(panel.add(j * V::WIDTH));
            }
        }
        for (i, sums) in sums.iter_mut().enumerate() {
            let x = V::splat(*left[i / GROUP].add(i % GROUP * feed.row));
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum = sum.add_product(x, b);
            }
        }
    }
}
