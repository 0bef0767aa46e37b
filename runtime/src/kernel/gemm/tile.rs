//! The innermost loop: one tile of the output, held in registers.
//!
//! A tile of `ROWS` rows and two registers across takes, for each step along `k`, two loads of the right side and
//! `ROWS` broadcasts of the left: with six rows of AVX2 twelve multiply-adds for eight loads, so that both units
//! for multiply-adds are busy all the time and the sums fill twelve of the sixteen registers.

use crate::Scalar;
use crate::kernel::vector::Vector;

/// What one tile reads: `[ROWS, depth]` of the left side by its strides, and the rows of the right side.
#[derive(Clone, Copy)]
pub(super) struct Feed {
    pub(super) depth: usize,
    pub(super) left: *const Scalar,
    pub(super) row: usize,
    pub(super) column: usize,
    pub(super) right: *const Scalar,
    /// From one row of the right side to the next.
    pub(super) stride: usize,
}

/// Computes a tile and writes it to `ROWS` rows of `to`, `to_stride` apart, or adds it to them.
///
/// With `COPY` the rows of the right side go to `panel` on the way, one after the other: the first tile of a panel
/// packs it for the others.
///
/// # Safety
/// The function that this is inlined into has the instructions of `V`. All that `feed` describes is there, with
/// `ACROSS · V::WIDTH` numbers in a row of the right side; so is as much of the output, which nobody else reads or
/// writes, and of `panel` where `COPY` is set.
#[inline(always)]
pub(super) unsafe fn tile<V: Vector, const ROWS: usize, const ACROSS: usize, const COPY: bool>(
    feed: Feed,
    panel: *mut Scalar,
    to: *mut Scalar,
    to_stride: usize,
    add: bool,
) {
    // Two sets of sums where one would leave the units waiting for its own results.
    let twice = ROWS * ACROSS <= 6 && !COPY;
    let (mut right, mut panel) = (feed.right, panel);
    let mut left = bases::<ROWS>(feed.left, feed.row);
    let mut next = if twice { bases::<ROWS>(feed.left.wrapping_add(feed.column), feed.row) } else { left };
    // SAFETY: every place read or written lies inside of what the caller promises. Pointers move past the end only
    // after the last round, by wrapping arithmetic, and are not used there.
    unsafe {
        let mut sums = [[V::splat(0.0); ACROSS]; ROWS];
        let mut others = [[V::splat(0.0); ACROSS]; ROWS];
        for i in 0..ROWS {
            V::prefetch(to.wrapping_add(i * to_stride));
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

/// Rows of the left side that are addressed from one pointer, and such groups in the highest tile.
const GROUP: usize = 3;
const GROUPS: usize = 4;

/// Where each group of rows begins.
///
/// The compiler must not see how these belong together: it would reach each row from the one before it, and that
/// chain of additions takes as long as the multiplications.
#[inline(always)]
fn bases<const ROWS: usize>(left: *const Scalar, row: usize) -> [*const Scalar; GROUPS] {
    let mut bases = [left; GROUPS];
    // One at a time: hidden together they would be gathered in memory and waited for.
    for (i, base) in bases.iter_mut().enumerate() {
        if i > 0 && i * GROUP < ROWS {
            *base = std::hint::black_box(left.wrapping_add(i * GROUP * row));
        }
    }
    bases
}

/// One step along `k`; a function and no closure, so that it is inlined where the instructions are enabled.
///
/// # Safety
/// As for [`tile`].
#[inline(always)]
unsafe fn step<V: Vector, const ROWS: usize, const ACROSS: usize, const COPY: bool>(
    sums: &mut [[V; ACROSS]; ROWS],
    left: &mut [*const Scalar; GROUPS],
    feed: Feed,
    right: *const Scalar,
    panel: *mut Scalar,
) {
    // SAFETY: the caller's promise.
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
