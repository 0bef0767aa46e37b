//! Max pooling over adjacent 2 × 2 squares, the most common windows.

use crate::Scalar;
use crate::kernel::simd::multiversioned;

/// The number of squares that are processed at once. For arrays of this length, the compiler emits
/// select instructions. Branches that find the largest of four elements would be unpredictable.
const SQUARES: usize = 8;

multiversioned!(
    /// For each square, writes the maximum to `y` and the index of the maximum's tap to `taps`. A
    /// row of the plane has `width` elements and `across` squares.
    pub(super) fn max_of_squares(
        x: &[Scalar],
        width: usize,
        y: &mut [Scalar],
        across: usize,
        taps: &mut [u8],
    ) {
        #[inline(always)]
        fn some<const N: usize>(
            upper: &[[Scalar; 2]; N],
            lower: &[[Scalar; 2]; N],
        ) -> ([Scalar; N], [u8; N]) {
            let (mut most, mut winner) = ([0.0; N], [0_u32; N]);
            for i in 0..N {
                let (mut best, mut tap) = (upper[i][0], 0);
                for (value, number) in [(upper[i][1], 1), (lower[i][0], 2), (lower[i][1], 3)] {
                    let greater = value > best || value.is_nan();
                    best = if greater { value } else { best };
                    tap = if greater { number } else { tap };
                }
                most[i] = best;
                winner[i] = tap;
            }
            (most, winner.map(|tap| tap as u8))
        }

        let pairs = x.chunks_exact(2 * width);
        for ((rows, y), taps) in pairs.zip(y.chunks_exact_mut(across)).zip(taps.chunks_exact_mut(across)) {
            let (upper, lower) = rows.split_at(width);
            let (upper, lower) = (&upper.as_chunks().0[..across], &lower.as_chunks().0[..across]);
            let (uppers, upper) = upper.as_chunks::<SQUARES>();
            let (lowers, lower) = lower.as_chunks::<SQUARES>();
            let (ys, y) = y.as_chunks_mut::<SQUARES>();
            let (many, taps) = taps.as_chunks_mut::<SQUARES>();
            for (((upper, lower), y), taps) in uppers.iter().zip(lowers).zip(ys).zip(many) {
                (*y, *taps) = some(upper, lower);
            }
            for (((upper, lower), y), tap) in upper.iter().zip(lower).zip(y).zip(taps) {
                ([*y], [*tap]) = some(&[*upper], &[*lower]);
            }
        }
    }
);

multiversioned!(
    /// Writes the gradient of each square to its maximum element, and 0 to the other three
    /// elements.
    pub(super) fn spread_to_squares(
        g: &[Scalar],
        taps: &[u8],
        across: usize,
        dx: &mut [Scalar],
        width: usize,
    ) {
        #[inline(always)]
        fn some<const N: usize>(g: &[Scalar; N], taps: &[u8; N]) -> [[[Scalar; 2]; N]; 2] {
            let (g, taps) = (*g, taps.map(u32::from));
            let mut rows = [[[0.0; 2]; N]; 2];
            for i in 0..N {
                for tap in 0..4 {
                    rows[tap / 2][i][tap % 2] = if taps[i] == tap as u32 { g[i] } else { 0.0 };
                }
            }
            rows
        }

        let mut pairs = dx.chunks_exact_mut(2 * width);
        for ((rows, g), taps) in (&mut pairs).zip(g.chunks_exact(across)).zip(taps.chunks_exact(across)) {
            let (upper, lower) = rows.split_at_mut(width);
            upper[2 * across..].fill(0.0);
            lower[2 * across..].fill(0.0);
            let (upper, lower) =
                (&mut upper.as_chunks_mut().0[..across], &mut lower.as_chunks_mut().0[..across]);
            let (uppers, upper) = upper.as_chunks_mut::<SQUARES>();
            let (lowers, lower) = lower.as_chunks_mut::<SQUARES>();
            let (gs, g) = g.as_chunks::<SQUARES>();
            let (many, taps) = taps.as_chunks::<SQUARES>();
            for (((upper, lower), g), taps) in uppers.iter_mut().zip(lowers).zip(gs).zip(many) {
                [*upper, *lower] = some(g, taps);
            }
            for (((upper, lower), g), tap) in upper.iter_mut().zip(lower).zip(g).zip(taps) {
                [[*upper], [*lower]] = some(&[*g], &[*tap]);
            }
        }
        pairs.into_remainder().fill(0.0);
    }
);
