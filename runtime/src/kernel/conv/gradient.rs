//! The first pass over a convolution's output gradient: it applies the ReLU's mask and computes the sums for
//! the bias. The bound is memory: the gradient is read and written once.

use super::Sizes;
use crate::Scalar;
use crate::kernel::pool::{self, Pieces};
use crate::kernel::simd::multiversioned;

/// Zeroes the gradient where the ReLU's output `y` is not positive, and writes the sum of each masked plane to `sums`,
/// `[batch, groups · outputs]`.
pub(crate) fn mask_and_sum(sizes: &Sizes, g: &mut [Scalar], y: &[Scalar], sums: &mut [Scalar]) {
    let (planes, positions) = (sizes.groups * sizes.outputs, sizes.positions());
    assert!(g.len() == sizes.y_len() && y.len() == g.len());
    assert!(sums.len() == sizes.batch * planes);
    if g.is_empty() {
        return sums.fill(0.0);
    }
    let (gradients, sums) = (Pieces::new(g), Pieces::new(sums));
    pool::run(sizes.batch, |image| {
        let start = image * planes * positions;
        // SAFETY: both slices are borrowed until `run` returns, and each part has its own image.
        let (g, sums) =
            unsafe { (gradients.piece(start, planes * positions), sums.piece(image * planes, planes)) };
        for (number, (g, sum)) in g.chunks_exact_mut(positions).zip(sums).enumerate() {
            *sum = masked(g, &y[start + number * positions..][..positions]);
        }
    });
}

multiversioned!(
    /// Applies the ReLU's mask to one plane and returns the sum of the plane.
    fn masked(g: &mut [Scalar], y: &[Scalar]) -> Scalar {
        const LANES: usize = 16;
        let mut lanes = [0.0; LANES];
        let ((gs, g_rest), (ys, y_rest)) = (g.as_chunks_mut::<LANES>(), y.as_chunks::<LANES>());
        for (g, y) in gs.iter_mut().zip(ys) {
            // The loop works on arrays, so that the compiler emits a select. A branch would be
            // unpredictable.
            let (from, y) = (*g, *y);
            let mut kept = [0.0; LANES];
            for i in 0..LANES {
                kept[i] = if y[i] <= 0.0 { 0.0 } else { from[i] };
                lanes[i] += kept[i];
            }
            *g = kept;
        }
        for ((g, y), lane) in g_rest.iter_mut().zip(y_rest).zip(&mut lanes) {
            *g = if *y <= 0.0 { 0.0 } else { *g };
            *lane += *g;
        }
        lanes.iter().sum()
    }
);

/// Writes the sum of each plane of a gradient to `sums`, `[batch, groups · outputs]`.
pub(crate) fn sum_planes(sizes: &Sizes, g: &[Scalar], sums: &mut [Scalar]) {
    let (planes, positions) = (sizes.groups * sizes.outputs, sizes.positions());
    assert!(g.len() == sizes.y_len() && sums.len() == sizes.batch * planes);
    if sums.is_empty() || positions == 0 {
        return sums.fill(0.0);
    }
    pool::chunks([sums], planes, |image, [sums]| {
        let g = &g[image * planes * positions..][..planes * positions];
        for (g, sum) in g.chunks_exact(positions).zip(sums) {
            *sum = crate::kernel::sum(g);
        }
    });
}
