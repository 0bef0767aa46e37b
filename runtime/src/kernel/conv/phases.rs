//! Padded copies of planes in which each tap of a kernel reads consecutive elements for consecutive positions.
//!
//! With a stride `s`, the rows and the columns of the padded input are split into `s` phases: phase `p` has the rows
//! `p, p + s, ..`. The tap `r` of a window reads the phase `r · dilation % s`, `r · dilation / s` rows later, for each output
//! row. The rows of a copy have so many elements that a window never reaches beyond the next row. Therefore one run over
//! all rows computes all outputs, with a few columns between the rows that are computed and not used.

use super::Sizes;
use crate::Scalar;

/// A band of output rows, and the layout of the input that its windows read.
#[derive(Clone)]
pub(super) struct Layout {
    sizes: Sizes,
    /// The number of output rows in a band. The last band may have fewer.
    pub(super) band: usize,
    /// The phases that the taps read, per axis.
    phases: [Vec<usize>; 2],
    /// The number of elements of a phase that a window needs beyond its first one, per axis.
    reach: [usize; 2],
    /// The number of elements between two rows.
    pub(super) pitch: usize,
}

impl Layout {
    /// The layout of bands of about `most` elements, summed over `planes` output planes and the input's planes.
    pub(super) fn of(sizes: &Sizes, planes: usize, most: usize) -> Self {
        let phases = [0, 1].map(|axis| {
            let each = (0..sizes.kernel[axis]).map(|tap| tap * sizes.dilation[axis] % sizes.stride[axis]);
            let mut phases: Vec<usize> = each.collect();
            phases.sort_unstable();
            phases.dedup();
            phases
        });
        let reach = [0, 1].map(|axis| (sizes.kernel[axis] - 1) * sizes.dilation[axis] / sizes.stride[axis]);
        let pitch = sizes.output[1] + reach[1];
        let per_row = pitch * (planes + sizes.channels * phases[0].len() * phases[1].len());
        let band = (most / per_row).clamp(1, sizes.output[0]);
        Self { sizes: *sizes, band, phases, reach, pitch }
    }

    /// The number of rows of a phase.
    fn rows(&self) -> usize {
        self.band + self.reach[0]
    }

    /// The number of elements of the copy of one channel.
    pub(super) fn channel_len(&self) -> usize {
        self.phases[0].len() * self.phases[1].len() * self.rows() * self.pitch
    }

    /// The first row and the number of rows of each band.
    pub(super) fn bands(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let rows = self.sizes.output[0];
        (0..rows).step_by(self.band).map(move |first| (first, self.band.min(rows - first)))
    }

    /// The place that a tap reads for the first position, in the copy of a channel.
    pub(super) fn offset(&self, tap: usize) -> usize {
        let taps = [tap / self.sizes.kernel[1], tap % self.sizes.kernel[1]];
        let [row, column] = [0, 1].map(|axis| {
            let from = taps[axis] * self.sizes.dilation[axis];
            let phase = from % self.sizes.stride[axis];
            (self.phases[axis].partition_point(|other| *other < phase), from / self.sizes.stride[axis])
        });
        let phase = row.0 * self.phases[1].len() + column.0;
        (phase * self.rows() + row.1) * self.pitch + column.1
    }

    /// Copies what the windows of `count` output rows from `first` on read of a plane.
    pub(super) fn copy(&self, plane: &[Scalar], (first, count): (usize, usize), to: &mut [Scalar]) {
        let [_, width] = self.sizes.input;
        let ([_, step], [top, left]) = (self.sizes.stride, self.sizes.padding);
        let mut rows = to.chunks_exact_mut(self.pitch);
        for row_phase in &self.phases[0] {
            // The positions of each column phase, in the order of the copy: all rows of a phase, then the next phase.
            for column_phase in &self.phases[1] {
                let low = left.saturating_sub(*column_phase).div_ceil(step).min(self.pitch);
                let high = (width + left).saturating_sub(*column_phase).div_ceil(step).clamp(low, self.pitch);
                for (row, to) in rows.by_ref().take(self.rows()).enumerate() {
                    let y = ((first + row) * self.sizes.stride[0] + row_phase).wrapping_sub(top);
                    if y >= self.sizes.input[0] || row >= count + self.reach[0] || low == high {
                        to.fill(0.0);
                        continue;
                    }
                    to[..low].fill(0.0);
                    to[high..].fill(0.0);
                    let from = &plane[y * width + low * step + column_phase - left..(y + 1) * width];
                    gather(&mut to[low..high], from, step);
                }
            }
        }
    }

    /// Copies `count` rows of an output plane's gradient, from `first` on, with zeros between the rows and after them.
    pub(super) fn copy_gradient(&self, plane: &[Scalar], (first, count): (usize, usize), to: &mut [Scalar]) {
        let width = self.sizes.output[1];
        for (row, to) in to.chunks_mut(self.pitch).enumerate() {
            if row < count {
                let (inside, gap) = to.split_at_mut(width);
                inside.copy_from_slice(&plane[(first + row) * width..][..width]);
                gap.fill(0.0);
            } else {
                to.fill(0.0);
            }
        }
    }
}

/// Copies every `step`-th element.
fn gather(to: &mut [Scalar], from: &[Scalar], step: usize) {
    match step {
        1 => to.copy_from_slice(&from[..to.len()]),
        2 => {
            // Pairs instead of a step, so that the compiler uses shuffles. The last pair may be half of one.
            let (pairs, rest) = from.as_chunks::<2>();
            for (to, pair) in to.iter_mut().zip(pairs) {
                *to = pair[0];
            }
            if let (Some(to), [last]) = (to.get_mut(pairs.len()), rest) {
                *to = *last;
            }
        }
        _ => to.iter_mut().zip(from.iter().step_by(step)).for_each(|(to, from)| *to = *from),
    }
}
