//! The split of a Winograd convolution into tiles, bands and groups, and the layout of the transformed points.

use super::Sizes;
use super::layout::Band;
use super::square::lanes;
use super::tile::width;
use crate::kernel::lines::LINE;
use crate::kernel::simd::{Level, level};

/// The approximate number of tiles in a group. A group is transformed as a whole.
const TILES: usize = 36;
/// The number of points that a tile is transformed to.
pub(super) const POINTS: usize = 36;
/// The maximum number of partial sums of the weight's gradient. Each run of images has its own
/// partial sum.
const SUMS: usize = 8;
/// The maximum total length of the partial sums.
const SUMS_LEN: usize = 1 << 23;

/// The tiles, bands and groups of a Winograd convolution, and the layout of the transformed points.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub(super) sizes: Sizes,
    pub(super) level: Level,
    pub(super) lanes: usize,
    /// The number of tiles of an image, vertically and horizontally.
    pub(super) tiles: [usize; 2],
    /// The number of tile rows in a band (`rows`), and the number of bands in an image (`bands`).
    pub(super) rows: usize,
    pub(super) bands: usize,
    /// The number of images in a group. The number is 1 if an image has several bands.
    pub(super) images: usize,
    /// The numbers of channels and of outputs, rounded up to whole panels.
    pub(super) channels: usize,
    pub(super) outputs: usize,
    /// The strides between two points, in the buffer for channels (`channel_points`) and in the
    /// buffer for outputs (`output_points`). A stride is an odd number of cache lines, so that
    /// points do not evict each other from the cache.
    pub(super) channel_points: usize,
    pub(super) output_points: usize,
}

/// The tiles that one image contributes to a group: the tile rows `row..row + rows` of the image.
/// The first of these tiles has the index `tile` in the group.
#[derive(Clone, Copy)]
pub(super) struct Piece {
    pub(super) image: usize,
    pub(super) row: usize,
    pub(super) rows: usize,
    pub(super) tile: usize,
}

impl Plan {
    pub(super) fn of(sizes: &Sizes) -> Self {
        let level = level();
        let tiles = sizes.output.map(|length| length.div_ceil(4));
        let rows = (TILES / tiles[1]).clamp(1, tiles[0]);
        let bands = tiles[0].div_ceil(rows);
        let rows = tiles[0].div_ceil(bands);
        let images = if bands > 1 { 1 } else { (TILES / (tiles[0] * tiles[1])).clamp(1, sizes.batch) };
        let [channels, outputs] =
            [sizes.channels, sizes.outputs].map(|count| count.next_multiple_of(width(level)));
        let most = images * rows * tiles[1];
        let apart = |count: usize| ((most * count).div_ceil(LINE) | 1) * LINE;
        Self {
            sizes: *sizes,
            level,
            lanes: lanes(level),
            tiles,
            rows,
            bands,
            images,
            channels,
            outputs,
            channel_points: apart(channels),
            output_points: apart(outputs),
        }
    }

    /// The tiles of band `band` in `images` consecutive images, one piece per image. `image` is the
    /// first image.
    pub(super) fn pieces(
        &self,
        image: usize,
        images: usize,
        band: usize,
    ) -> impl Iterator<Item = Piece> + Clone + use<> {
        let (row, across) = (band * self.rows, self.tiles[1]);
        let rows = self.rows.min(self.tiles[0] - row);
        (0..images).map(move |number| Piece {
            image: image + number,
            row,
            rows,
            tile: number * rows * across,
        })
    }

    pub(super) fn tiles_of(&self, mut pieces: impl Iterator<Item = Piece>) -> usize {
        pieces.next().map_or(0, |first| (1 + pieces.count()) * first.rows * self.tiles[1])
    }

    /// The number of columns of a band in pixels, including the kernel's overhang.
    pub(super) fn columns(&self) -> usize {
        4 * self.tiles[1] + 2
    }

    pub(super) fn stage_len(&self) -> usize {
        (4 * self.rows + 2) * self.columns() * self.lanes
    }

    pub(super) fn input_band(&self, piece: Piece, channel: usize) -> Band {
        Band {
            image: self.sizes.input,
            channels: self.lanes.min(self.sizes.channels - channel),
            row: 4 * piece.row,
            padding: self.sizes.padding,
            rows: 4 * piece.rows + 2,
            columns: self.columns(),
        }
    }

    pub(super) fn output_band(&self, piece: Piece, output: usize) -> Band {
        Band {
            image: self.sizes.output,
            channels: self.lanes.min(self.sizes.outputs - output),
            row: 4 * piece.row,
            padding: [0, 0],
            rows: 4 * piece.rows,
            columns: 4 * self.tiles[1],
        }
    }

    /// The length of the transformed weight for the forward pass.
    pub(super) fn weights_len(&self) -> usize {
        POINTS * self.sizes.channels * self.outputs
    }

    /// The length of the transformed and transposed weight, for the gradient of the input.
    pub(super) fn turned_len(&self) -> usize {
        POINTS * self.sizes.outputs * self.channels
    }

    pub(super) fn sum_len(&self) -> usize {
        POINTS * self.sizes.channels * self.outputs
    }

    /// The number of partial sums of the weight's gradient.
    pub(super) fn sums(&self) -> usize {
        let groups = self.sizes.batch.div_ceil(self.images);
        (SUMS_LEN / self.sum_len()).clamp(1, SUMS).min(groups)
    }
}
