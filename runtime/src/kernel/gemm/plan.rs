//! The plan of a matmul: the operand to pack, the blocks that fit the caches, and the parts for threads.
//!
//! All decisions depend only on sizes, strides and the instruction set.

use std::cell::RefCell;

use super::part::{Job, Task, grown, padded, run, width};
use super::{Sizes, Strided, Target};
use crate::Scalar;
use crate::kernel::lines::Lines;
use crate::kernel::pool::{self, Pieces};
use crate::kernel::simd::Level;

/// The longest run along `k`. A panel of that length slightly exceeds L1, but L2 delivers it as fast as the
/// tiles consume it. Shorter runs would load and store the tiles of the output more often.
pub(super) const DEPTH: usize = 512;
/// The number of elements of the left-hand side that stay in or near L2.
const BLOCK: usize = 128 << 10;
/// The maximum number of elements of an operand that are packed at once. All threads share them.
const SHARED: usize = 2 << 20;
/// The minimum number of multiplications in a part that is worth sharing. These multiplications
/// take a few microseconds.
pub(super) const PART: usize = 1 << 18;
/// The number of parts of a large matmul: enough to keep any likely number of threads evenly busy.
pub(super) const PARTS: usize = 16;

thread_local! {
    static PACKED: RefCell<Lines> = RefCell::new(Lines::zeroed(0));
}

/// Computes `c = a · b`, or `c += a · b` if `add` is set. No size is 0.
///
/// # Safety
/// The elements of `c` are valid, and nothing else reads or writes them.
pub(super) unsafe fn matmul(
    level: Level,
    (m, k, n): Sizes,
    a: Strided<'_>,
    b: Strided<'_>,
    c: Target,
    add: bool,
) {
    // Computes the matmul or its transpose, `cᵀ = bᵀ · aᵀ`, whichever is cheaper.
    let turned = (b.transpose(), a.transpose(), c.transpose());
    if cost((n, k, m), turned.0, turned.1, turned.2) < cost((m, k, n), a, b, c) {
        // SAFETY: the caller guarantees exclusive access to `c`.
        unsafe { blocks(level, (n, k, m), turned.0, turned.1, turned.2, add) }
    } else {
        // SAFETY: the caller guarantees exclusive access to `c`.
        unsafe { blocks(level, (m, k, n), a, b, c, add) }
    }
}

/// The estimated time of a matmul, in units of the time of one multiplication.
fn cost((m, k, n): Sizes, a: Strided<'_>, b: Strided<'_>, c: Target) -> usize {
    let tiles = m * n.next_multiple_of(8) * k;
    let right = n * k * if b.column == 1 { 1 } else { 4 };
    let left = m * k * if scattered(a, n) { 4 } else { 0 };
    let output = m * n * k.div_ceil(DEPTH) * if c.column == 1 { 1 } else { 6 };
    tiles + right + left + output
}

/// Whether the left-hand side must be packed. This is the case if its rows are not contiguous, or
/// if they evict each other from L1 and are read often.
pub(super) fn scattered(a: Strided<'_>, columns: usize) -> bool {
    a.column != 1 || (columns > 64 && (a.row * size_of::<Scalar>()).is_multiple_of(4096))
}

/// Splits the matmul into blocks whose packed operand has at most [`SHARED`] elements, and computes each
/// block.
///
/// # Safety
/// The conditions of [`matmul`] hold.
unsafe fn blocks(level: Level, (m, k, n): Sizes, a: Strided<'_>, b: Strided<'_>, c: Target, add: bool) {
    let long = (SHARED / 256).max(DEPTH);
    for l in (0..k).step_by(long) {
        let k = long.min(k - l);
        let wide = (SHARED / k).next_multiple_of(width(level));
        for j in (0..n).step_by(wide) {
            let n = wide.min(n - j);
            // SAFETY: a submatrix of `c`, to which the caller guarantees exclusive access.
            unsafe { block(level, (m, k, n), a.from(0, l), b.from(l, j), c.from(0, j), add || l > 0) };
        }
    }
}

/// # Safety
/// The conditions of [`matmul`] hold.
unsafe fn block(level: Level, (m, k, n): Sizes, a: Strided<'_>, b: Strided<'_>, c: Target, add: bool) {
    let wide = width(level);
    let high = 12;
    // Equal runs along `k` that do not exceed `DEPTH`.
    let depth = k.div_ceil(k.div_ceil(DEPTH)).next_multiple_of(8);
    let parts = (m * k * n / PART).clamp(1, PARTS);
    let panels = n.div_ceil(wide);
    let by_columns = m * depth <= BLOCK && (panels >= 4 || m <= 4 * high);
    let scattered = scattered(a, n);
    let job = Job { sizes: (m, k, n), depth, a, b, c, add, scattered, left: None, right: None };
    PACKED.with_borrow_mut(|scratch| {
        if by_columns {
            let columns = panels.div_ceil(parts) * wide;
            let mut job = job;
            if scattered && columns < n {
                let to = grown(scratch, m * k);
                let pieces = Pieces::new(to);
                shared(m * k, k.div_ceil(depth), |part| {
                    // SAFETY: the tasks pack disjoint runs along `k`.
                    unsafe { run(level, &job, &Task::Left(part * depth, pieces)) };
                });
                job.left = Some(to);
            }
            pool::run(n.div_ceil(columns), |part| {
                let columns = part * columns..n.min((part + 1) * columns);
                // SAFETY: the tasks write disjoint columns of `c`, to which the caller guarantees exclusive access.
                unsafe { run(level, &job, &Task::Part(0..m, columns)) };
            });
        } else {
            let length = padded(level, n) * k;
            let to = grown(scratch, length);
            let pieces = Pieces::new(to);
            let run_of = (n * 8).div_ceil(wide * PARTS).div_ceil(8) * wide;
            shared(length, n.div_ceil(run_of), |part| {
                let columns = part * run_of..n.min((part + 1) * run_of);
                // SAFETY: the tasks pack disjoint columns.
                unsafe { run(level, &job, &Task::Right(columns, pieces)) };
            });
            let job = Job { right: Some(to), ..job };
            let rows = m.div_ceil(parts).min(BLOCK / depth).next_multiple_of(high);
            pool::run(m.div_ceil(rows), |part| {
                let rows = part * rows..m.min((part + 1) * rows);
                // SAFETY: the tasks write disjoint rows of `c`, to which the caller guarantees exclusive access.
                unsafe { run(level, &job, &Task::Part(rows, 0..n)) };
            });
        }
    });
}

/// Calls `work` for each of `parts` parts, which together pack `count` elements. Threads share the parts if
/// that pays off.
fn shared(count: usize, parts: usize, work: impl Fn(usize) + Sync) {
    if count < 64 << 10 { (0..parts).for_each(work) } else { pool::run(parts, work) }
}
