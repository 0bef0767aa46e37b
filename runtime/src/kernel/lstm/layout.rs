//! The split of a batch into blocks of rows, and the order in which the rows of all steps are stored.

use crate::Scalar;
use crate::kernel::gemm::Panels;
use crate::kernel::pool;

/// The sizes of the input and the state of a recurrence, and the direction of a pass.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) batch: usize,
    pub(crate) time: usize,
    pub(crate) hidden: usize,
    /// Whether the pass goes from the end of the sequence to its start.
    pub(crate) reverse: bool,
}

/// A range of rows of the batch. One thread computes all steps of these rows.
#[derive(Clone, Copy)]
pub(in crate::kernel) struct Block {
    pub(in crate::kernel) first: usize,
    pub(in crate::kernel) rows: usize,
}

impl Sizes {
    /// The number of rows of every block but the last.
    ///
    /// A block has a quarter of the batch, but at least 6 and at most 16 rows. With fewer rows,
    /// reading the weight would take longer than the matmul. The speed with 6 rows is within a
    /// tenth of the speed with 16. Blocks are as even as possible.
    fn rows(self) -> usize {
        let rows = self.batch.div_ceil(4).clamp(6, 16);
        self.batch.div_ceil(self.batch.div_ceil(rows).max(1)).max(1)
    }

    pub(in crate::kernel) fn blocks(self) -> usize {
        self.batch.div_ceil(self.rows())
    }

    pub(in crate::kernel) fn block(self, number: usize) -> Block {
        let first = number * self.rows();
        Block { first, rows: self.rows().min(self.batch - first) }
    }

    /// The lengths of the packed recurrent weight of an LSTM in the forward pass and in the backward pass.
    pub(crate) fn workspace(self) -> [usize; 2] {
        [Panels::packed_len(self.hidden, 4 * self.hidden), Panels::packed_len(4 * self.hidden, self.hidden)]
    }

    /// Copies rows from `[batch, time, width]` into sorted order: by block, then by step, then by row of the
    /// block.
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

    /// Calls `copy` for each row, with the row's index in sorted order and its index in
    /// `[batch, time, width]`. Both indices are counted from the start of the row's block. In both
    /// orders the rows of a block are contiguous.
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
                copy(to, from, step * rows + row, row * self.time + self.position(step));
            }
        });
    }

    /// The position in the sequence that step `step` of the pass reads.
    pub(in crate::kernel) fn position(self, step: usize) -> usize {
        if self.reverse { self.time - 1 - step } else { step }
    }
}

#[cfg(test)]
mod tests {
    use super::Sizes;
    use crate::Scalar;

    #[test]
    fn blocks_cover_the_batch_evenly() {
        for batch in 0..200 {
            let sizes = Sizes { batch, time: 3, hidden: 5, reverse: false };
            let mut next = 0;
            for number in 0..sizes.blocks() {
                let block = sizes.block(number);
                assert!(block.first == next && (1..=16).contains(&block.rows), "{batch}: {number}");
                next += block.rows;
            }
            assert_eq!(next, batch);
        }
    }

    #[test]
    fn sorting_keeps_steps_together_and_is_undone() {
        for (batch, time, width, reverse) in
            [(1, 1, 1, false), (19, 3, 2, false), (33, 4, 3, true), (5, 0, 2, false)]
        {
            let sizes = Sizes { batch, time, hidden: 1, reverse };
            let given: Vec<Scalar> = (0..batch * time * width).map(|i| i as Scalar).collect();
            let (mut sorted, mut back) = (vec![Scalar::NAN; given.len()], vec![Scalar::NAN; given.len()]);
            sizes.sort(width, &given, &mut sorted);
            sizes.unsort(width, &sorted, &mut back);
            assert_eq!(back, given);
            if time > 0 {
                let rows = sizes.block(0).rows;
                let position = if reverse { time - 1 } else { 0 };
                for row in 0..rows {
                    assert_eq!(sorted[row * width], given[(row * time + position) * width]);
                }
            }
        }
    }
}
