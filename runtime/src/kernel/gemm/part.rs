//! One thread's part of a matmul, or of the packing before it.

use std::cell::RefCell;
use std::ops::Range;

use super::pack::{pack_panel, pack_strips};
use super::sweep::{BUFFER, Buffer, Left, Panel, Right, height, strips, sweep};
use super::{Sizes, Strided, Target};
use crate::Scalar;
use crate::kernel::lines::{LINE, Lines};
use crate::kernel::pool::Pieces;
use crate::kernel::simd::Level;
use crate::kernel::vector::{Plain, Vector};
#[cfg(target_arch = "x86_64")]
use crate::kernel::vector::{Wide256, Wide512};

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch {
        left: Lines::zeroed(0),
        panel: Lines::zeroed(0),
        tile: [0.0; BUFFER],
    });
}

/// One thread's buffers: for packed operands, and for a tile that cannot be written in place.
struct Scratch {
    left: Lines,
    panel: Lines,
    tile: Buffer,
}

/// The first `length` elements of `lines`. If `lines` is shorter, it is first replaced by a longer
/// allocation.
pub(super) fn grown(lines: &mut Lines, length: usize) -> &mut [Scalar] {
    let count = length.div_ceil(LINE);
    if lines.count() < count {
        *lines = Lines::zeroed(count);
    }
    lines.as_mut_slice(length)
}

/// A matmul and its operands. `left` and `right` are packed copies of `a` and `b`. Each is `None`
/// if there is no packed copy.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) sizes: Sizes,
    /// The length of the runs that `k` is split into.
    pub(super) depth: usize,
    pub(super) a: Strided<'a>,
    pub(super) b: Strided<'a>,
    pub(super) c: Target,
    pub(super) add: bool,
    /// Whether the left-hand side must be packed.
    pub(super) scattered: bool,
    pub(super) left: Option<&'a [Scalar]>,
    pub(super) right: Option<&'a [Scalar]>,
}

/// One thread's task: to pack a part of an operand, or to compute a part of the output.
pub(super) enum Task {
    /// Packs these columns of the right-hand side, along the whole axis `k`. The first column is a
    /// multiple of the panel's width.
    Right(Range<usize>, Pieces<Scalar>),
    /// Packs all rows of the left-hand side, for the run along `k` that starts at this index.
    Left(usize, Pieces<Scalar>),
    /// Computes these rows and columns of the output. The first row is a multiple of the tile's
    /// height, and the first column is a multiple of the tile's width.
    Part(Range<usize>, Range<usize>),
}

/// The width of a panel: two registers of a level.
pub(super) use crate::kernel::vector::two_registers as width;

/// `count` columns, rounded up to whole registers.
pub(super) fn padded(level: Level, count: usize) -> usize {
    count.next_multiple_of(width(level) / 2)
}

/// Runs one task.
///
/// # Safety
/// The output of the job and the buffer of a packing task are valid. While this task runs, nothing
/// else accesses the elements that this task writes in the output or in the buffer.
pub(super) unsafe fn run(level: Level, job: &Job<'_>, task: &Task) {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn avx2(job: &Job<'_>, task: &Task, scratch: &mut Scratch) {
        // SAFETY: the caller guarantees access to what the task writes, and this function enables the instructions.
        unsafe { body::<Wide256>(job, task, scratch) }
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
    unsafe fn avx512(job: &Job<'_>, task: &Task, scratch: &mut Scratch) {
        // SAFETY: the caller guarantees access to what the task writes, and this function enables the instructions.
        unsafe { body::<Wide512>(job, task, scratch) }
    }
    SCRATCH.with_borrow_mut(|scratch| {
        // SAFETY: the caller guarantees access to what the task writes; a level above `Plain` implies that the
        // processor has its instructions.
        unsafe {
            match level {
                #[cfg(target_arch = "x86_64")]
                Level::Avx512 => avx512(job, task, scratch),
                #[cfg(target_arch = "x86_64")]
                Level::Avx2 => avx2(job, task, scratch),
                _ => body::<Plain>(job, task, scratch),
            }
        }
    });
}

/// # Safety
/// The conditions of [`run`] hold, and the caller enables the instructions of `V`.
#[inline(always)]
unsafe fn body<V: Vector>(job: &Job<'_>, task: &Task, scratch: &mut Scratch) {
    /// The number of rows of the right-hand side that are packed at a time.
    const ROWS: usize = 32;
    let (m, k, n) = job.sizes;
    // SAFETY: the caller enables the instructions and guarantees exclusive access to the task's output or packing
    // buffer.
    unsafe {
        match task {
            Task::Right(columns, to) => {
                for l in (0..k).step_by(job.depth) {
                    let depth = job.depth.min(k - l);
                    let start = n.next_multiple_of(V::WIDTH) * l;
                    // Packs in storage order: a few rows of all panels at a time, or one panel
                    // after another.
                    let rows = if job.b.column == 1 { ROWS } else { depth };
                    for top in (0..depth).step_by(rows) {
                        let rows = rows.min(depth - top);
                        for (j, width, count) in panels::<V>(columns.clone()) {
                            let to = to.piece(start + j * depth + top * width, width * rows);
                            pack_panel::<V>(job.b.from(l + top, j), rows, count, width, to);
                        }
                    }
                }
            }
            Task::Left(l, to) => {
                let depth = job.depth.min(k - l);
                pack_strips::<V>(job.a.from(0, *l), depth, m, to.piece(m * l, m * depth));
            }
            Task::Part(rows, columns) => part::<V>(job, rows.clone(), columns.clone(), scratch),
        }
    }
}

/// The panels of a range of columns. Each item is the first column of a panel, its width, and the number of
/// its columns that are used.
///
/// The last panel has half the width if at most half of a full panel would be used.
#[inline(always)]
fn panels<V: Vector>(columns: Range<usize>) -> impl Iterator<Item = (usize, usize, usize)> {
    let end = columns.end;
    columns.step_by(2 * V::WIDTH).map(move |j| {
        let count = (end - j).min(2 * V::WIDTH);
        (j, if count <= V::WIDTH { V::WIDTH } else { 2 * V::WIDTH }, count)
    })
}

/// # Safety
/// The conditions of [`body`] hold.
#[inline(always)]
unsafe fn part<V: Vector>(job: &Job<'_>, rows: Range<usize>, columns: Range<usize>, scratch: &mut Scratch) {
    let (m, k, n) = job.sizes;
    let panel = grown(&mut scratch.panel, 2 * V::WIDTH * job.depth);
    // Only a tile of full height can pack the panel that it reads.
    let by_the_way = strips(rows.len(), height::<V>()).next() == Some((0, height::<V>()));
    for l in (0..k).step_by(job.depth) {
        let depth = job.depth.min(k - l);
        let a = job.a.from(rows.start, l);
        let left = match job.left {
            Some(strips) => Left::Strips(&strips[m * l + rows.start * depth..]),
            None if job.scattered => {
                let strips = grown(&mut scratch.left, rows.len() * depth);
                // SAFETY: the caller enables the instructions of `V`.
                unsafe { pack_strips::<V>(a, depth, rows.len(), strips) };
                Left::Strips(strips)
            }
            None => Left::InPlace(a),
        };
        for (j, width, count) in panels::<V>(columns.clone()) {
            let right = match job.right {
                Some(packed) => Right::Packed(&packed[n.next_multiple_of(V::WIDTH) * l + j * depth..]),
                None if by_the_way && job.b.column == 1 && count == 2 * V::WIDTH => Right::Loose {
                    from: job.b.from(l, j).data,
                    stride: job.b.row,
                    panel: Target { start: panel.as_mut_ptr(), row: width, column: 1 },
                },
                None => {
                    // SAFETY: the caller enables the instructions of `V`.
                    unsafe { pack_panel::<V>(job.b.from(l, j), depth, count, width, panel) };
                    Right::Packed(&*panel)
                }
            };
            let panel = Panel { right, width, columns: count };
            // SAFETY: the caller enables the instructions and guarantees this part of the output; the panel belongs to
            // this thread.
            unsafe {
                sweep::<V>(
                    left,
                    (rows.len(), depth),
                    panel,
                    &mut scratch.tile,
                    job.c.from(rows.start, j),
                    job.add || l > 0,
                );
            };
        }
    }
}
