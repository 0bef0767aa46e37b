//! Conversion between a band of an image, `[channel][row][column]`, and registers of channels,
//! `[row][column][channel]`.
//!
//! A band has up to `V::WIDTH` channels, some rows, and enough columns for whole tiles. Positions outside the
//! image are 0. For images of ordinary width a band stays in L1. Rows are transposed in squares. The last
//! square of a row overlaps the previous square, so that no incomplete square remains.

use super::square::Square;
use crate::Scalar;
use crate::kernel::pool::Pieces;

/// The size of a band and its position in the image.
#[derive(Clone, Copy)]
pub(super) struct Band {
    /// The height and the width of the image.
    pub(super) image: [usize; 2],
    /// The number of image channels in the band, at most `V::WIDTH`.
    pub(super) channels: usize,
    /// The first row of the band, counted in the padded image. The band starts at column 0.
    pub(super) row: usize,
    pub(super) padding: [usize; 2],
    /// The number of rows and the number of columns of the band.
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl Band {
    /// The row of the image at row `row` of the band, or `None` if the row is in the padding.
    fn row_of(&self, row: usize) -> Option<usize> {
        (self.row + row).checked_sub(self.padding[0]).filter(|row| *row < self.image[0])
    }

    /// The number of columns of the band that are within the image.
    fn width(&self) -> usize {
        self.image[1].min(self.columns.saturating_sub(self.padding[1]))
    }

    fn check<V: Square>(&self, image: usize, band: usize) {
        assert!((1..=V::WIDTH).contains(&self.channels));
        assert!(image >= self.channels * self.image[0] * self.image[1]);
        assert!(band >= self.rows * self.columns * V::WIDTH);
    }
}

/// Reads a band of an image and writes it to `band`, `[row][column][channel]`. `image` starts at
/// the plane of the band's first channel.
///
/// # Safety
/// The caller enables the instructions of `V`.
#[inline(always)]
pub(super) unsafe fn load<V: Square>(at: Band, image: &[Scalar], band: &mut [Scalar]) {
    at.check::<V>(image.len(), band.len());
    let (plane, width, left) = (at.image[0] * at.image[1], at.width(), at.padding[1]);
    for (number, to) in band.chunks_exact_mut(at.columns * V::WIDTH).take(at.rows).enumerate() {
        let Some(row) = at.row_of(number) else {
            to.fill(0.0);
            continue;
        };
        to[..left.min(at.columns) * V::WIDTH].fill(0.0);
        to[(left + width).min(at.columns) * V::WIDTH..].fill(0.0);
        if at.channels == V::WIDTH && width >= V::WIDTH {
            for x in (0..width).step_by(V::WIDTH).map(|x| x.min(width - V::WIDTH)) {
                let from = image[row * at.image[1] + x..].as_ptr();
                let to = to[(left + x) * V::WIDTH..].as_mut_ptr();
                // SAFETY: the `WIDTH` columns from `x` on are within the image row of each channel and within the
                // band's row, by the assertions above.
                unsafe { V::turn(from, plane, to, V::WIDTH) };
            }
        } else {
            for x in 0..width {
                let pixel = &mut to[(left + x) * V::WIDTH..][..V::WIDTH];
                for (channel, to) in pixel[..at.channels].iter_mut().enumerate() {
                    *to = image[channel * plane + row * at.image[1] + x];
                }
                pixel[at.channels..].fill(0.0);
            }
        }
    }
}

/// Writes `band`, `[row][column][channel]`, to the rows of the image. `start` is the offset of the
/// plane of the band's first channel in `planes`.
///
/// # Safety
/// The caller enables the instructions of `V`. The planes are still borrowed, and no other thread accesses these rows.
#[inline(always)]
pub(super) unsafe fn store<V: Square>(at: Band, band: &[Scalar], planes: Pieces<Scalar>, start: usize) {
    let len = at.channels * at.image[0] * at.image[1];
    let image = planes.pointer(start, len);
    at.check::<V>(len, band.len());
    let (plane, width, left) = (at.image[0] * at.image[1], at.width(), at.padding[1]);
    for (number, from) in band.chunks_exact(at.columns * V::WIDTH).take(at.rows).enumerate() {
        let Some(row) = at.row_of(number) else { continue };
        if at.channels == V::WIDTH && width >= V::WIDTH {
            for x in (0..width).step_by(V::WIDTH).map(|x| x.min(width - V::WIDTH)) {
                let from = from[(left + x) * V::WIDTH..].as_ptr();
                // SAFETY: the `WIDTH` columns from `x` on are within the band's row and within the image row of each
                // channel, by the assertions above.
                unsafe { V::turn(from, V::WIDTH, image.add(row * at.image[1] + x), plane) };
            }
        } else {
            for x in 0..width {
                let pixel = &from[(left + x) * V::WIDTH..][..at.channels];
                for (channel, from) in pixel.iter().enumerate() {
                    // SAFETY: channel, row and column are within the image, by the assertions above.
                    unsafe { *image.add(channel * plane + row * at.image[1] + x) = *from };
                }
            }
        }
    }
}
