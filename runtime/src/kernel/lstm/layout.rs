//! How a batch is cut into blocks, and in which order their rows lie.

use crate::Scalar;
use crate::kernel::pool;

/// The sizes of a pass, and its direction.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) batch: usize,
    pub(crate) time: usize,
    pub(crate) hidden: usize,
    /// Whether the last moment is the first step.
    pub(crate) reverse: bool,
}

/// Rows of the batch that go through the sequence together.
#[derive(Clone, Copy)]
pub(super) struct Block {
    pub(super) first: usize,
    pub(super) rows: usize,
}

impl Sizes {
    /// Rows of all blocks but the last: so many that a step's product is worth reading the weight for, and no more,
    /// so that there are several blocks.
    fn rows(self) -> usize {
        self.batch.div_ceil(2).clamp(4, 16)
    }

    pub(super) fn blocks(self) -> usize {
        self.batch.div_ceil(self.rows())
    }

    pub(super) fn block(self, number: usize) -> Block {
        let first = number * self.rows();
        Block { first, rows: self.rows().min(self.batch - first) }
    }

    /// Copies rows from `[batch, time, width]` into sorted order: by block, by step, by row of the block.
    pub(crate) fn sort(self, width: usize, from: &[Scalar], to: &mut [Scalar]) {
        self.reorder(width, from, to, |to, from, sorted, given| {
            to[sorted * width..][..width].copy_from_slice(&from[given * width..][..width]);
        });
    }

    /// Copies sorted rows back to `[batch, time, width]`.
    pub(crate) fn unsort(self, width: usize, from: &[Scalar], to: &mut [Scalar]) {
        self.reorder(width, from, to, |to, from, sorted, given| {
            to[given * width..][..width].copy_from_slice(&from[sorted * width..][..width]);
        });
    }

    /// Calls `copy` for each row of each block with its numbers in sorted and in given order; both orders keep a
    /// block's rows together.
    fn reorder(
        self,
        width: usize,
        from: &[Scalar],
        to: &mut [Scalar],
        copy: impl Fn(&mut [Scalar], &[Scalar], usize, usize) + Sync,
    ) {
        assert!(from.len() == self.batch * self.time * width && to.len() == from.len());
        if from.is_empty() {
            return;
        }
        let size = self.rows() * self.time * width;
        pool::chunks([to], size, |number, [to]| {
            let from = &from[number * size..][..to.len()];
            let rows = self.block(number).rows;
            for (step, row) in (0..self.time).flat_map(|step| (0..rows).map(move |row| (step, row))) {
                copy(to, from, step * rows + row, row * self.time + self.moment(step));
            }
        });
    }

    /// The place in the sequence of what a step reads.
    pub(super) fn moment(self, step: usize) -> usize {
        if self.reverse { self.time - 1 - step } else { step }
    }
}
