//! Blocks of scores: packed copies of a head's rows, and masks that hide a part of a block.

use crate::Scalar;
use crate::kernel::lanes::LANES;
use crate::kernel::simd::Level;
use crate::kernel::small::{Reach, TALLEST, across, transpose};

/// `length` rounded up to a multiple of a tile's width and of `LANES`.
pub(super) fn padded(level: Level, length: usize) -> usize {
    length.next_multiple_of(across(level).max(LANES))
}

/// Copies `rows` rows of length `width` to `to`, and pads each row with zeros to the length `wide`.
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

/// Writes `scale` times the transpose of the matrix `[rows, width]` to `to`, and pads each row with
/// zeros to the length `wide`.
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

/// The size of a block of scores, and the part of the block that a causal mask leaves visible.
#[derive(Clone, Copy)]
pub(super) struct Window {
    pub(super) rows: usize,
    /// The number of keys in the block.
    pub(super) columns: usize,
    /// The stride between the rows of the block.
    wide: usize,
    /// Query `i` of the block attends to the keys up to `i + offset`, or to all keys if `offset` is
    /// `None`.
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

    /// The part of a matmul that must be computed. The part is `cut(offset)`, or everything if the
    /// causal mask hides no key of the block.
    pub(super) fn reach(&self, cut: impl FnOnce(isize) -> Reach) -> Reach {
        self.offset.map_or(Reach::All, cut)
    }

    /// The number of keys of the block that the query in row `row` attends to.
    #[inline(always)]
    pub(super) fn visible(&self, row: usize) -> usize {
        match self.offset {
            Some(offset) => (row + 1).saturating_add_signed(offset).min(self.columns),
            None => self.columns,
        }
    }

    /// The number of elements of row `row` that later matmuls read. A tile reads the same keys for
    /// all of its rows, so the number exceeds the number of visible keys by up to a tile's height.
    #[inline(always)]
    fn used(&self, row: usize) -> usize {
        (self.visible(row) + TALLEST).min(self.columns).next_multiple_of(LANES)
    }

    /// Returns the part of score row `row` that is read by later matmuls. Sets the scores of
    /// hidden keys in this part to minus infinity.
    #[inline(always)]
    pub(super) fn row<'a>(&self, row: usize, scores: &'a mut [Scalar]) -> &'a mut [Scalar] {
        let scores = &mut scores[row * self.wide..][..self.used(row)];
        scores[self.visible(row)..].fill(Scalar::NEG_INFINITY);
        scores
    }

    /// Does the same as [`row`](Self::row) for a block that does not contain scores, such as a
    /// block of gradients. Sets the elements of hidden keys to 0 instead of minus infinity.
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
