//! Convolution with 3 × 3 kernels and stride 1 by Winograd's scheme F(4×4, 3×3).
//!
//! Input tiles are transformed to 36 points each (`transforms`). For each point the sum over
//! channels is a GEMM, `[tiles, channels] · [channels, outputs]`: 16 outputs take 36
//! multiplications instead of 144. The derivatives use the same points, so the output's gradient is
//! transformed only once for the gradients of the input and of the weight.
//!
//! A group has about [`TILES`] tiles. They are the tiles of one image, of a band of rows of a large
//! image, or of several small images. The points of a group stay in L2. With 32 channels and 64
//! outputs the points take 0.5 MB. Only images and the transformed weight are read from memory. The
//! bound is arithmetic. The GEMMs need a quarter of the multiplications of the direct algorithm. At
//! 32 channels, the transforms need about half as many operations as the GEMMs.

use super::plan::{POINTS, Plan};
use super::points::{gradient_points, input_gradient, input_points, outputs, weight_gradient, windows};
use super::tile::{Matrix, Panels, matmul, width};
use super::{Finish, Sizes, carve, with_scratch};
use crate::Scalar;
use crate::kernel::lines::LINE;
use crate::kernel::pool::{self, Pieces};
use crate::kernel::simd::Level;

/// The minimum number of channels and of outputs for which the transforms pay off.
const CHANNELS: usize = 12;
/// Whether Winograd's scheme applies and does less work than the direct algorithm.
pub(super) fn pays(sizes: &Sizes) -> bool {
    let plain = (sizes.kernel, sizes.stride, sizes.dilation) == ([3, 3], [1, 1], [1, 1]);
    let covered = sizes.output.map(|length| length.next_multiple_of(4));
    plain
        && sizes.groups == 1
        && sizes.channels.min(sizes.outputs) >= CHANNELS
        && covered[0] * covered[1] <= 2 * sizes.positions()
}

/// Whether Winograd's scheme pays off for the backward pass. The backward pass must also have more
/// than one partial sum of the weight's gradient, because each sum is computed by one thread.
pub(super) fn pays_backward(sizes: &Sizes) -> bool {
    pays(sizes) && Plan::of(sizes).sums() > 1
}

/// The length of the workspace that [`forward`] needs.
pub(super) fn forward_workspace(sizes: &Sizes) -> usize {
    Plan::of(sizes).weights_len()
}

pub(super) fn forward(
    sizes: &Sizes,
    x: &[Scalar],
    w: &[Scalar],
    finish: Finish<'_>,
    y: &mut [Scalar],
    workspace: &mut [Scalar],
) {
    let plan = Plan::of(sizes);
    let weights = &mut workspace[..plan.weights_len()];
    let taps = sizes.field();
    windows(plan.level, [sizes.channels, sizes.outputs], (taps, sizes.channels * taps), w, weights);
    let weights = &*weights;
    let groups = sizes.batch.div_ceil(plan.images) * plan.bands;
    let output = Pieces::new(y);
    pool::run(groups, |group| {
        let image = group / plan.bands * plan.images;
        let pieces = plan.pieces(image, plan.images.min(sizes.batch - image), group % plan.bands);
        let len = plan.stage_len() + POINTS * (plan.channel_points + plan.output_points) + LINE;
        with_scratch(len, |scratch| {
            let (stage, scratch) = carve(scratch, plan.stage_len());
            let (points, sums) = carve(scratch, POINTS * plan.channel_points);
            for piece in pieces.clone() {
                input_points(&plan, piece, x, stage, points);
            }
            let shape = [plan.tiles_of(pieces.clone()), sizes.channels, plan.outputs];
            for point in 0..POINTS {
                let a =
                    Matrix { data: &points[point * plan.channel_points..], row: plan.channels, column: 1 };
                let b = point_panels(weights, point, sizes.channels, plan.level);
                let c = &mut sums[point * plan.output_points..];
                matmul(plan.level, shape, a, b, (c, plan.outputs), false);
            }
            for piece in pieces {
                outputs(&plan, piece, sums, finish, stage, output);
            }
        });
    });
}

/// The length of the workspace that [`backward`] needs for the requested gradients.
pub(super) fn backward_workspace(sizes: &Sizes, dx: bool, dw: bool) -> usize {
    let plan = Plan::of(sizes);
    usize::from(dx) * plan.turned_len() + usize::from(dw) * plan.sums() * plan.sum_len()
}

/// Computes the requested gradients of input and weight.
///
/// A part is a run of images. Each part has its own partial sum. The products of the part's groups
/// are added to this sum in order.
pub(super) fn backward(
    sizes: &Sizes,
    [x, g, w]: [&[Scalar]; 3],
    dx: Option<&mut [Scalar]>,
    dw: Option<&mut [Scalar]>,
    workspace: &mut [Scalar],
) {
    let plan = Plan::of(sizes);
    let taps = sizes.field();
    let (turned, sums) = workspace.split_at_mut(if dx.is_some() { plan.turned_len() } else { 0 });
    if dx.is_some() {
        windows(plan.level, [sizes.outputs, sizes.channels], (sizes.channels * taps, taps), w, turned);
    }
    let (turned, parts) = (&*turned, plan.sums());
    let (all_sums, inputs) = (Pieces::new(sums), dx.map(Pieces::new));
    let groups = sizes.batch.div_ceil(plan.images);
    let carry_len = sizes.channels.next_multiple_of(plan.lanes) * 2 * plan.columns();
    pool::run(parts, |part| {
        let sum = dw.is_some().then(|| {
            // SAFETY: the sums are borrowed until `run` returns, and each part has its own.
            unsafe { all_sums.piece(part * plan.sum_len(), plan.sum_len()) }
        });
        let mut sum = Sum { numbers: sum, begun: false };
        let len =
            plan.stage_len() + carry_len + POINTS * (plan.channel_points + plan.output_points) + 2 * LINE;
        with_scratch(len, |scratch| {
            let (stage, scratch) = carve(scratch, plan.stage_len());
            let (carry, scratch) = carve(scratch, carry_len);
            let (points, of_gradient) = carve(scratch, POINTS * plan.channel_points);
            let [from, to] =
                [part, part + 1].map(|part| (part * groups / parts * plan.images).min(sizes.batch));
            for image in (from..to).step_by(plan.images) {
                for band in 0..plan.bands {
                    let pieces = plan.pieces(image, plan.images.min(to - image), band);
                    let tiles = plan.tiles_of(pieces.clone());
                    pieces.clone().for_each(|piece| gradient_points(&plan, piece, g, stage, of_gradient));
                    if sum.numbers.is_some() {
                        pieces.clone().for_each(|piece| input_points(&plan, piece, x, stage, points));
                        sum.add(&plan, tiles, points, of_gradient);
                    }
                    if let Some(inputs) = inputs {
                        back_to_input(&plan, tiles, of_gradient, turned, points);
                        pieces.for_each(|piece| input_gradient(&plan, piece, points, stage, carry, inputs));
                    }
                }
            }
        });
    });
    if let Some(dw) = dw {
        weight_gradient(&plan, sums, dw);
    }
}

/// The partial sum of the weight's gradient over one run of images, as `[point][channel][output]`.
struct Sum<'a> {
    numbers: Option<&'a mut [Scalar]>,
    /// Whether the buffer contains sums. Until the first group is added, the contents of the buffer
    /// are arbitrary.
    begun: bool,
}

impl Sum<'_> {
    /// Adds the contribution of one group to the sum. For each point, the contribution is a matmul
    /// of the input's values and the gradient's values, summed over the group's tiles.
    fn add(&mut self, plan: &Plan, tiles: usize, points: &[Scalar], of_gradient: &[Scalar]) {
        let Some(numbers) = &mut self.numbers else { return };
        for (point, c) in numbers.chunks_exact_mut(plan.sum_len() / POINTS).enumerate() {
            let a = Matrix { data: &points[point * plan.channel_points..], row: 1, column: plan.channels };
            let g = &of_gradient[point * plan.output_points..];
            let b = Panels { data: g, row: plan.outputs, panel: width(plan.level) };
            let shape = [plan.sizes.channels, tiles, plan.outputs];
            matmul(plan.level, shape, a, b, (c, plan.outputs), self.begun);
        }
        self.begun = true;
    }
}

/// Computes the points of the input's gradient from the points of the output's gradient.
fn back_to_input(
    plan: &Plan,
    tiles: usize,
    of_gradient: &[Scalar],
    turned: &[Scalar],
    points: &mut [Scalar],
) {
    for point in 0..POINTS {
        let a = Matrix { data: &of_gradient[point * plan.output_points..], row: plan.outputs, column: 1 };
        let b = point_panels(turned, point, plan.sizes.outputs, plan.level);
        let c = &mut points[point * plan.channel_points..];
        let shape = [tiles, plan.sizes.outputs, plan.channels];
        matmul(plan.level, shape, a, b, (c, plan.channels), false);
    }
}

/// The panels of point `point` in the transformed weight `[panel][point][depth][width]`.
fn point_panels(weights: &[Scalar], point: usize, depth: usize, level: Level) -> Panels<'_> {
    let width = width(level);
    Panels { data: &weights[point * depth * width..], row: width, panel: POINTS * depth * width }
}
