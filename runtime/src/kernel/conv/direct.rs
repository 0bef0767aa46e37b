//! Convolution with few channels in a group, such as a depthwise one, without unfolding.
//!
//! `general` copies the input once per tap, which costs more than the arithmetic if few outputs use each copy. Here the
//! padded input is copied once (`phases`), and all taps read this copy (`indirect`). A copy of a group and its output stay
//! in L2. The bound is one load per multiplication for a depthwise kernel, and arithmetic from four outputs on.

use super::indirect::{Tap, add_dots, lanes, product, tile_width};
use super::phases::Layout;
use super::{Finish, Sizes, carve, with_scratch};
use crate::Scalar;
use crate::kernel::pool::{self, Pieces};
use crate::kernel::simd::{Level, level, multiversioned};

/// The largest number of channels of a group, and of a convolution with one group.
const CHANNELS: [usize; 2] = [16, 4];
/// The number of elements of a band of rows in the scratch memory.
const BAND: usize = 1 << 15;
/// The maximum number of partial sums of the weight's gradient.
const SUMS: usize = 8;

/// Whether a convolution has so few channels per group that unfolding costs more than it saves.
pub(super) fn pays(sizes: &Sizes) -> bool {
    let most = if sizes.groups > 1 { CHANNELS[0] } else { CHANNELS[1] };
    sizes.channels <= most && (sizes.groups > 1 || sizes.field() > 1)
}

/// The taps of a product over all channels and taps of the forward pass.
fn forward_taps(sizes: &Sizes, layout: &Layout) -> Vec<Tap> {
    let field = sizes.field();
    let all = (0..sizes.channels).flat_map(|channel| (0..field).map(move |tap| (channel, tap)));
    all.map(|(channel, tap)| Tap {
        a: channel * field + tap,
        b: channel * layout.channel_len() + layout.offset(tap),
    })
    .collect()
}

/// Copies the planes of the channels of a group, and fills the rest of `to` with zeros.
fn copy_channels(sizes: &Sizes, layout: &Layout, x: &[Scalar], rows: (usize, usize), to: &mut [Scalar]) {
    let (copies, rest) = to.split_at_mut(sizes.channels * layout.channel_len());
    for (plane, to) in x.chunks_exact(sizes.pixels()).zip(copies.chunks_exact_mut(layout.channel_len())) {
        layout.copy(plane, rows, to);
    }
    rest.fill(0.0);
}

pub(super) fn forward(sizes: &Sizes, x: &[Scalar], w: &[Scalar], finish: Finish<'_>, y: &mut [Scalar]) {
    let level = level();
    let layout = Layout::of(sizes, sizes.outputs, BAND);
    let taps = forward_taps(sizes, &layout);
    let columns = (layout.band * layout.pitch).next_multiple_of(tile_width(level));
    // The columns of the last tile reach beyond the copies.
    let copies = sizes.channels * layout.channel_len() + columns;
    let outputs = Pieces::new(y);
    pool::run(sizes.batch * sizes.groups, |image| {
        let group = image % sizes.groups;
        let x = &x[image * sizes.channels * sizes.pixels()..][..sizes.channels * sizes.pixels()];
        let len = sizes.outputs * sizes.channels * sizes.field();
        let w = &w[group * len..][..len];
        with_scratch(copies.next_multiple_of(64) + sizes.outputs * columns, |scratch| {
            let (copy, sums) = carve(scratch, copies);
            for (first, count) in layout.bands() {
                copy_channels(sizes, &layout, x, (first, count), copy);
                let shape = [sizes.outputs, columns];
                product(level, shape, &taps, (w, len / sizes.outputs), copy, (sums, columns));
                for (output, sums) in sums.chunks_exact(columns).take(sizes.outputs).enumerate() {
                    let width = sizes.output[1];
                    let start = (image * sizes.outputs + output) * sizes.positions() + first * width;
                    // SAFETY: the output is borrowed until `run` returns, and each part has its own image and group.
                    let to = unsafe { outputs.piece(start, count * width) };
                    let bias = finish.bias_of(group * sizes.outputs + output);
                    store((sums, layout.pitch), bias, finish.relu, (to, width));
                }
            }
        });
    });
}

multiversioned!(
    /// Adds `bias` to rows of sums, applies the ReLU if `relu` is set, and writes the first `width` numbers of each row.
    fn store(from: (&[Scalar], usize), bias: Scalar, relu: bool, to: (&mut [Scalar], usize)) {
        let finish = Finish { bias: None, relu };
        for (sums, to) in from.0.chunks(from.1).zip(to.0.chunks_exact_mut(to.1)) {
            for (to, sum) in to.iter_mut().zip(sums) {
                *to = finish.apply(*sum + bias);
            }
        }
    }
);

/// One phase of the input's gradient: the pixels whose padded place has these remainders by the stride, per axis.
struct Phase {
    remainders: [usize; 2],
    /// The taps that read this phase, for all outputs.
    taps: Vec<Tap>,
}

/// The layout of the output's gradient for the gradient of the input: rows with a margin of zeros, so that each tap reads
/// consecutive elements, or zeros, for consecutive pixels of a phase.
struct Margins {
    /// The number of rows of a phase, and the number in a band.
    rows: usize,
    band: usize,
    /// The number of columns of a phase, and the number of elements between two rows.
    columns: usize,
    pitch: usize,
    /// The number of rows, and of columns, that a window reaches beyond its first pixel of a phase.
    reach: [usize; 2],
}

impl Margins {
    fn of(sizes: &Sizes) -> Self {
        let reach = [0, 1].map(|axis| (sizes.kernel[axis] - 1) * sizes.dilation[axis] / sizes.stride[axis]);
        let [rows, columns] =
            [0, 1].map(|axis| (sizes.input[axis] + sizes.padding[axis]).div_ceil(sizes.stride[axis]));
        let pitch = columns.max(sizes.output[1] + reach[1]);
        let band = (BAND / (pitch * (sizes.outputs + sizes.channels))).clamp(1, rows);
        Self { rows, band, columns, pitch, reach }
    }

    /// The number of elements of the copy of one output's gradient.
    fn output_len(&self) -> usize {
        (self.band + self.reach[0]) * self.pitch
    }

    /// The phases, with their taps.
    fn phases(&self, sizes: &Sizes) -> Vec<Phase> {
        let depth = sizes.channels * sizes.field();
        let of = |remainders: [usize; 2]| {
            let mut taps = Vec::new();
            for (output, tap) in
                (0..sizes.outputs).flat_map(|output| (0..sizes.field()).map(move |tap| (output, tap)))
            {
                let place =
                    [tap / sizes.kernel[1] * sizes.dilation[0], tap % sizes.kernel[1] * sizes.dilation[1]];
                if [0, 1].map(|axis| place[axis] % sizes.stride[axis]) == remainders {
                    let [row, column] = [0, 1].map(|axis| place[axis] / sizes.stride[axis]);
                    let start = self.reach[1] + output * self.output_len();
                    taps.push(Tap {
                        a: output * depth + tap,
                        b: start + (self.reach[0] - row) * self.pitch - column,
                    });
                }
            }
            Phase { remainders, taps }
        };
        let [rows, columns] = sizes.stride;
        (0..rows).flat_map(|row| (0..columns).map(move |column| [row, column])).map(of).collect()
    }

    /// Copies the rows of an output's gradient that the band from the row `first` on reads.
    fn copy(&self, sizes: &Sizes, g: &[Scalar], first: usize, to: &mut [Scalar]) {
        let width = sizes.output[1];
        for (row, to) in to.chunks_exact_mut(self.pitch).enumerate() {
            let from = (first + row).wrapping_sub(self.reach[0]);
            if from < sizes.output[0] {
                let (inside, margin) = to.split_at_mut(width);
                inside.copy_from_slice(&g[from * width..][..width]);
                margin.fill(0.0);
            } else {
                to.fill(0.0);
            }
        }
    }

    /// Writes the sums of a phase, a band from the row `first` on, to the pixels of a plane.
    fn scatter(&self, sizes: &Sizes, phase: [usize; 2], first: usize, sums: &[Scalar], to: &mut [Scalar]) {
        let ([height, width], [down, step], [top, left]) = (sizes.input, sizes.stride, sizes.padding);
        let low = left.saturating_sub(phase[1]).div_ceil(step);
        for (row, sums) in sums.chunks_exact(self.pitch).take(self.band).enumerate() {
            let y = ((first + row) * down + phase[0]).wrapping_sub(top);
            if y >= height || low >= self.columns {
                continue;
            }
            let to = &mut to[y * width..][..width];
            let start = low * step + phase[1] - left;
            if step == 1 {
                to.copy_from_slice(&sums[low..][..width]);
            } else if start < width {
                to[start..].iter_mut().step_by(step).zip(&sums[low..]).for_each(|(to, sum)| *to = *sum);
            }
        }
    }
}

pub(super) fn input_gradient(sizes: &Sizes, g: &[Scalar], w: &[Scalar], dx: &mut [Scalar]) {
    let level = level();
    let margins = Margins::of(sizes);
    let phases = margins.phases(sizes);
    let columns = (margins.band * margins.pitch).next_multiple_of(tile_width(level));
    let copies = margins.reach[1] + sizes.outputs * margins.output_len() + columns;
    let inputs = Pieces::new(dx);
    pool::run(sizes.batch * sizes.groups, |image| {
        let len = sizes.channels * sizes.pixels();
        // SAFETY: the gradient is borrowed until `run` returns, and each part has its own image and group.
        let x = unsafe { inputs.piece(image * len, len) };
        let g = &g[image * sizes.outputs * sizes.positions()..][..sizes.outputs * sizes.positions()];
        let len = sizes.outputs * sizes.channels * sizes.field();
        let w = &w[image % sizes.groups * len..][..len];
        with_scratch(copies.next_multiple_of(64) + sizes.channels * columns, |scratch| {
            let (copy, sums) = carve(scratch, copies);
            copy.fill(0.0);
            for first in (0..margins.rows).step_by(margins.band) {
                let planes = copy[margins.reach[1]..].chunks_exact_mut(margins.output_len());
                for (plane, to) in g.chunks_exact(sizes.positions()).zip(planes) {
                    margins.copy(sizes, plane, first, to);
                }
                for phase in &phases {
                    let shape = [sizes.channels, columns];
                    product(level, shape, &phase.taps, (w, sizes.field()), copy, (sums, columns));
                    for (sums, to) in sums.chunks_exact(columns).zip(x.chunks_exact_mut(sizes.pixels())) {
                        margins.scatter(sizes, phase.remainders, first, sums, to);
                    }
                }
            }
        });
    });
}

/// The number of partial sums of the weight's gradient, each over a run of images.
fn sums(sizes: &Sizes) -> usize {
    SUMS.min(sizes.batch)
}

/// The length of the workspace that [`weight_gradient`] needs.
pub(super) fn partials(sizes: &Sizes) -> usize {
    sums(sizes) * sizes.w_len()
}

pub(super) fn weight_gradient(
    sizes: &Sizes,
    x: &[Scalar],
    g: &[Scalar],
    dw: &mut [Scalar],
    partials: &mut [Scalar],
) {
    let level = level();
    let count = sums(sizes);
    let layout = Layout::of(sizes, sizes.outputs, BAND);
    let offsets: Vec<usize> = forward_taps(sizes, &layout).iter().map(|tap| tap.b).collect();
    let columns = (layout.band * layout.pitch).next_multiple_of(lanes(level));
    let copies = sizes.channels * layout.channel_len() + columns;
    let len = sizes.outputs * offsets.len();
    let pieces = Pieces::new(partials);
    pool::run(count * sizes.groups, |part| {
        let (number, group) = (part / sizes.groups, part % sizes.groups);
        let spread = len * lanes(level);
        let scratch_len = (copies + sizes.outputs * columns + spread).next_multiple_of(64) + 3 * 64;
        with_scratch(scratch_len, |scratch| {
            let (copy, scratch) = carve(scratch, copies);
            let (gradient, scratch) = carve(scratch, sizes.outputs * columns);
            let (sums, _) = carve(scratch, spread);
            sums.fill(0.0);
            for image in number * sizes.batch / count..(number + 1) * sizes.batch / count {
                let image = image * sizes.groups + group;
                let x = &x[image * sizes.channels * sizes.pixels()..][..sizes.channels * sizes.pixels()];
                let g = &g[image * sizes.outputs * sizes.positions()..][..sizes.outputs * sizes.positions()];
                for rows in layout.bands() {
                    copy_channels(sizes, &layout, x, rows, copy);
                    for (plane, to) in
                        g.chunks_exact(sizes.positions()).zip(gradient.chunks_exact_mut(columns))
                    {
                        layout.copy_gradient(plane, rows, to);
                    }
                    let shape = [sizes.outputs, columns];
                    add_dots(level, shape, &offsets, (gradient, columns), copy, sums);
                }
            }
            // SAFETY: the sums are borrowed until `run` returns, and each part has its own number and group.
            let to = unsafe { pieces.piece((number * sizes.groups + group) * len, len) };
            gather_lanes(level, sums, to);
        });
    });
    let (first, rest) = partials.split_at_mut(dw.len());
    for sums in rest.chunks_exact(dw.len()).take(count - 1) {
        crate::kernel::zip_in_place(first, sums, |a, b| a + b);
    }
    dw.copy_from_slice(first);
}

/// Adds the lanes of each sum.
fn gather_lanes(level: Level, sums: &[Scalar], to: &mut [Scalar]) {
    for (to, lanes) in to.iter_mut().zip(sums.chunks_exact(lanes(level))) {
        *to = lanes.iter().sum();
    }
}
