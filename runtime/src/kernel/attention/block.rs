//! Blocks of scores: packed copies of a head's rows, and the part of a block that a mask leaves visible.

use crate::Scalar;
use crate::kernel::lanes::LANES;
use crate::kernel::simd::Level;
use crate::kernel::small::{Reach, TALLEST, across, transpose};

/// `length` rounded up to whole tiles and whole lanes.
pub(super) fn padded(level: Level, length: usize) -> usize {
    length.next_multiple_of(across(level).max(LANES))
}

/// Copies rows to `to` with stride `wide`, padded with zeros.
pub(super) fn pack_rows(
    (from, stride): (&[Scalar], usize),
    (rows, width): (usize, usize),
    to: &mut [Scalar],
    wide: usize,
) {
    if wide == 0 {
        return;
    }
    for (i, to) in to.chunks_exact_mut(wide).take(rows).enumerate() {
        to[..width].copy_from_slice(&from[i * stride..][..width]);
        to[width..].fill(0.0);
    }
}

/// Writes the transpose of some rows, times `scale`, to rows of stride `wide`, padded with zeros.
pub(super) fn pack_transposed(
    level: Level,
    from: (&[Scalar], usize),
    (rows, width): (usize, usize),
    scale: Scalar,
    to: &mut [Scalar],
    wide: usize,
) {
    let to = &mut to[..width * wide];
    for row in to.chunks_exact_mut(wide) {
        row[rows..].fill(0.0);
    }
    transpose(level, from, (rows, width), to, wide);
    if scale != 1.0 {
        crate::kernel::map_in_place(to, move |x| x * scale);
    }
}

/// A block of scores and its visible part.
#[derive(Clone, Copy)]
pub(super) struct Window {
    pub(super) rows: usize,
    /// The number of keys in the block.
    pub(super) columns: usize,
    /// The stride between the rows of the block.
    wide: usize,
    /// Query `i` of the block sees the keys up to `i + offset`, or all keys if `offset` is `None`.
    offset: Option<isize>,
}

impl Window {
    pub(super) fn new(
        causal: bool,
        (query, rows): (usize, usize),
        (key, columns): (usize, usize),
        wide: usize,
    ) -> Self {
        let offset = query.cast_signed() - key.cast_signed();
        let hides = causal && offset + 1 < columns.cast_signed();
        Self { rows, columns, wide, offset: hides.then_some(offset) }
    }

    /// The part of a matmul over the block that the causal mask leaves: `cut(offset)`, or everything without
    /// a mask.
    pub(super) fn reach(&self, cut: impl FnOnce(isize) -> Reach) -> Reach {
        self.offset.map_or(Reach::All, cut)
    }

    /// The number of keys of the block that a query sees.
    #[inline(always)]
    pub(super) fn visible(&self, row: usize) -> usize {
        match self.offset {
            Some(offset) => (row + 1).saturating_add_signed(offset).min(self.columns),
            None => self.columns,
        }
    }

    /// The length of a row that later matmuls read: the visible keys, extended by the height of the matmuls'
    /// tiles.
    #[inline(always)]
    fn used(&self, row: usize) -> usize {
        (self.visible(row) + TALLEST).min(self.columns).next_multiple_of(LANES)
    }

    /// One row of scores in whole lanes, with minus infinity for hidden keys.
    #[inline(always)]
    pub(super) fn row<'a>(&self, row: usize, scores: &'a mut [Scalar]) -> &'a mut [Scalar] {
        let scores = &mut scores[row * self.wide..][..self.used(row)];
        scores[self.visible(row)..].fill(Scalar::NEG_INFINITY);
        scores
    }

    /// The part of another block's row that later matmuls read, with 0 for hidden keys.
    #[inline(always)]
    pub(super) fn zeroed_row<'a>(&self, row: usize, block: &'a mut [Scalar]) -> &'a mut [Scalar] {
        let numbers = &mut block[row * self.wide..][..self.used(row)];
        numbers[self.visible(row)..].fill(0.0);
        numbers
    }
}

/// The part of an additive mask that applies to one block of scores. Empty `data` means that there is no
/// mask.
#[derive(Clone, Copy)]
pub(super) struct BlockMask<'a> {
    pub(super) data: &'a [Scalar],
    pub(super) row: usize,
    pub(super) column: usize,
}

impl BlockMask<'_> {
    #[inline(always)]
    pub(super) fn add_to(&self, row: usize, visible: usize, scores: &mut [Scalar]) {
        if self.data.is_empty() || visible == 0 {
            return;
        }
        let mask = &self.data[row * self.row..];
        if self.column == 0 {
            scores[..visible].iter_mut().for_each(|score| *score += mask[0]);
        } else {
            scores[..visible].iter_mut().zip(mask).for_each(|(score, mask)| *score += *mask);
        }
    }
}
