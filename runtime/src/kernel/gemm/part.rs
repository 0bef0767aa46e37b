//! One thread's part of a product, or of the packing that comes before it.

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

/// What a part packs for itself, and a tile that it does not write in place.
struct Scratch {
    left: Lines,
    panel: Lines,
    tile: Buffer,
}

/// At least `length` numbers of scratch memory.
pub(super) fn room(lines: &mut Lines, length: usize) -> &mut [Scalar] {
    let count = length.div_ceil(LINE);
    if lines.count() < count {
        *lines = Lines::zeroed(count);
    }
    lines.as_mut_slice(length)
}

/// A product, and what of it is packed already.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) sizes: Sizes,
    /// The run along `k` that is done at once.
    pub(super) depth: usize,
    pub(super) a: Strided<'a>,
    pub(super) b: Strided<'a>,
    pub(super) c: Target,
    pub(super) add: bool,
    /// Whether the left side must not be read in place.
    pub(super) scattered: bool,
    pub(super) left: Option<&'a [Scalar]>,
    pub(super) right: Option<&'a [Scalar]>,
}

/// What a thread is to do.
pub(super) enum Task {
    /// Pack a run of the right side's columns for all of `k`, which begin at a multiple of the panel's width.
    Right(Range<usize>, Pieces<Scalar>),
    /// Pack all of the left side for one run along `k`, by its first step.
    Left(usize, Pieces<Scalar>),
    /// Compute the output's rows and columns, which begin at multiples of the tile's sizes.
    Part(Range<usize>, Range<usize>),
}

/// Numbers in a row of a panel.
pub(super) use crate::kernel::vector::two_registers as width;

/// `count` columns, filled up to whole registers.
pub(super) fn padded(level: Level, count: usize) -> usize {
    count.next_multiple_of(width(level) / 2)
}

/// Does one task.
///
/// # Safety
/// The output of the job is there, nobody else reads or writes it meanwhile but by tasks for other rows or columns;
/// the same holds for what a packing task writes.
pub(super) unsafe fn run(level: Level, job: &Job<'_>, task: &Task) {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn avx2(job: &Job<'_>, task: &Task, scratch: &mut Scratch) {
        // SAFETY: the caller's promise; the instructions are those of this function.
        unsafe { body::<Wide256>(job, task, scratch) }
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
    unsafe fn avx512(job: &Job<'_>, task: &Task, scratch: &mut Scratch) {
        // SAFETY: as above.
        unsafe { body::<Wide512>(job, task, scratch) }
    }
    SCRATCH.with_borrow_mut(|scratch| {
        // SAFETY: the caller's promise; a level above `Plain` is only given where the processor has its instructions.
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
/// As for [`run`], and the function that this is inlined into has the instructions of `V`.
#[inline(always)]
unsafe fn body<V: Vector>(job: &Job<'_>, task: &Task, scratch: &mut Scratch) {
    /// Rows of the right side that are packed at a time.
    const ROWS: usize = 32;
    let (m, k, n) = job.sizes;
    // SAFETY: the caller promises the instructions, the output, and that nobody else writes what this task packs.
    unsafe {
        match task {
            Task::Right(columns, to) => {
                for l in (0..k).step_by(job.depth) {
                    let depth = job.depth.min(k - l);
                    let start = n.next_multiple_of(V::WIDTH) * l;
                    // Along what is stored: a few rows for all panels and then the next, or a panel after the other.
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

/// The panels of a run of columns, each by its first column, its width and the columns that count.
///
/// A last panel that would be half empty is half as wide.
#[inline(always)]
fn panels<V: Vector>(columns: Range<usize>) -> impl Iterator<Item = (usize, usize, usize)> {
    let end = columns.end;
    columns.step_by(2 * V::WIDTH).map(move |j| {
        let count = (end - j).min(2 * V::WIDTH);
        (j, if count <= V::WIDTH { V::WIDTH } else { 2 * V::WIDTH }, count)
    })
}

/// # Safety
/// As for [`body`].
#[inline(always)]
unsafe fn part<V: Vector>(job: &Job<'_>, rows: Range<usize>, columns: Range<usize>, scratch: &mut Scratch) {
    let (m, k, n) = job.sizes;
    let panel = room(&mut scratch.panel, 2 * V::WIDTH * job.depth);
    // Only the highest tile can pack what it reads.
    let by_the_way = strips(rows.len(), height::<V>()).next() == Some((0, height::<V>()));
    for l in (0..k).step_by(job.depth) {
        let depth = job.depth.min(k - l);
        let a = job.a.from(rows.start, l);
        let left = match job.left {
            Some(strips) => Left::Strips(&strips[m * l + rows.start * depth..]),
            None if job.scattered => {
                let strips = room(&mut scratch.left, rows.len() * depth);
                // SAFETY: the caller promises the instructions.
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
                    // SAFETY: the caller promises the instructions.
                    unsafe { pack_panel::<V>(job.b.from(l, j), depth, count, width, panel) };
                    Right::Packed(&*panel)
                }
            };
            let panel = Panel { right, width, columns: count };
            // SAFETY: the caller promises the instructions and this part of the output; the panel is this thread's.
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
