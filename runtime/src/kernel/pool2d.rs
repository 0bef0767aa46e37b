//! Pooling over windows of planes `[height, width]`: maximum or mean.
//!
//! Planes are grouped into parts of about [`PART`] elements for the threads. The gradient of a
//! plane is zeroed and filled while it is in L1, so that memory is written once. The bound is
//! memory: the input is read once, and only the index of each window's maximum is saved, in one
//! byte if the index fits.

mod squares;

use squares::{max_of_squares, spread_to_squares};

use super::pool::{self, Pieces};
use crate::Scalar;

/// The approximate number of elements of the planes in one part.
const PART: usize = 1 << 15;

/// Windows of a fixed size that move by a fixed stride.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Windows {
    pub(crate) input: [usize; 2],
    pub(crate) output: [usize; 2],
    pub(crate) kernel: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) padding: [usize; 2],
    pub(crate) dilation: [usize; 2],
}

impl Windows {
    fn pixels(&self) -> usize {
        self.input[0] * self.input[1]
    }

    fn positions(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// The number of bytes of a saved tap index.
    pub(crate) fn tap_bytes(&self) -> usize {
        if self.kernel[0] * self.kernel[1] <= 256 { 1 } else { 4 }
    }

    /// Whether the windows are adjacent 2 × 2 squares, for which there is a separate loop.
    fn are_squares_of_two(&self) -> bool {
        (self.kernel, self.stride, self.padding, self.dilation) == ([2, 2], [2, 2], [0, 0], [1, 1])
    }

    /// Returns which element of the plane tap `tap` of the window at `[oy, ox]` reads. The result
    /// is an index into the plane, or `None` if the tap is in the padding.
    #[inline(always)]
    fn place(&self, [oy, ox]: [usize; 2], tap: usize) -> Option<usize> {
        let (r, s) = (tap / self.kernel[1], tap % self.kernel[1]);
        let y = (oy * self.stride[0] + r * self.dilation[0]).wrapping_sub(self.padding[0]);
        let x = (ox * self.stride[1] + s * self.dilation[1]).wrapping_sub(self.padding[1]);
        (y < self.input[0] && x < self.input[1]).then(|| y * self.input[1] + x)
    }
}

/// Splits `planes` planes of `size` elements into parts, and calls `work(first plane, number of planes)` for
/// each part.
fn share(planes: usize, size: usize, work: impl Fn(usize, usize) + Sync) {
    let at_once = (PART / size.max(1)).clamp(1, planes.max(1));
    pool::run(planes.div_ceil(at_once), |part| {
        let first = part * at_once;
        work(first, at_once.min(planes - first));
    });
}

/// Writes the maximum of each window to `y`, and the index of the maximum's tap to `taps`. Of equal
/// elements, the first is the maximum. NaN is greater than everything.
pub(crate) fn max(windows: &Windows, x: &[Scalar], y: &mut [Scalar], taps: &mut [u8]) {
    let (pixels, positions, bytes) = (windows.pixels(), windows.positions(), windows.tap_bytes());
    let planes = y.len() / positions;
    assert!(x.len() == planes * pixels && taps.len() == y.len() * bytes);
    let (outputs, taps) = (Pieces::new(y), Pieces::new(taps));
    share(planes, pixels, |first, count| {
        for plane in first..first + count {
            let x = &x[plane * pixels..][..pixels];
            // SAFETY: both slices are borrowed until `share` returns, and each plane is in one part.
            let (y, taps) = unsafe {
                let start = plane * positions;
                (outputs.piece(start, positions), taps.piece(start * bytes, positions * bytes))
            };
            if windows.are_squares_of_two() {
                max_of_squares(x, windows.input[1], y, windows.output[1], taps);
            } else {
                max_of_plane(windows, x, y, taps);
            }
        }
    });
}

fn max_of_plane(windows: &Windows, x: &[Scalar], y: &mut [Scalar], taps: &mut [u8]) {
    let bytes = windows.tap_bytes();
    for (position, (y, tap)) in y.iter_mut().zip(taps.chunks_exact_mut(bytes)).enumerate() {
        let at = [position / windows.output[1], position % windows.output[1]];
        // With dilation, all taps of a window may be outside a small plane. The window then has no
        // maximum.
        let (mut value, mut winner) = (Scalar::NEG_INFINITY, None);
        for tap in 0..windows.kernel[0] * windows.kernel[1] {
            if let Some(place) = windows.place(at, tap) {
                let other = x[place];
                if winner.is_none() || other > value || other.is_nan() {
                    (value, winner) = (other, Some(tap));
                }
            }
        }
        *y = value;
        tap.copy_from_slice(&(winner.unwrap_or(0) as u32).to_le_bytes()[..bytes]);
    }
}

/// Adds each window's gradient to the element that is the window's maximum.
pub(crate) fn max_gradient(windows: &Windows, g: &[Scalar], taps: &[u8], dx: &mut [Scalar]) {
    let (pixels, positions, bytes) = (windows.pixels(), windows.positions(), windows.tap_bytes());
    let planes = g.len() / positions;
    assert!(dx.len() == planes * pixels && taps.len() == g.len() * bytes);
    let inputs = Pieces::new(dx);
    share(planes, pixels, |first, count| {
        for plane in first..first + count {
            // SAFETY: the gradient is borrowed until `share` returns, and each plane is in one part.
            let dx = unsafe { inputs.piece(plane * pixels, pixels) };
            let g = &g[plane * positions..][..positions];
            let taps = &taps[plane * positions * bytes..][..positions * bytes];
            if windows.are_squares_of_two() {
                spread_to_squares(g, taps, windows.output[1], dx, windows.input[1]);
                continue;
            }
            dx.fill(0.0);
            for (position, (g, tap)) in g.iter().zip(taps.chunks_exact(bytes)).enumerate() {
                let tap = tap.iter().rev().fold(0, |tap, byte| tap << 8 | usize::from(*byte));
                let at = [position / windows.output[1], position % windows.output[1]];
                if let Some(place) = windows.place(at, tap) {
                    dx[place] += *g;
                }
            }
        }
    });
}

/// For each window, the range `start..end` that it covers along one axis, without the padding.
pub(crate) type Spans = Vec<(usize, usize)>;

/// The windows of mean pooling: one window for each pair of a row range and a column range. `share`
/// maps the number of elements of a window to a factor, such as `1 / count`. The window's sum is
/// multiplied by this factor.
pub(crate) struct Means<F> {
    pub(crate) input: [usize; 2],
    pub(crate) rows: Spans,
    pub(crate) columns: Spans,
    pub(crate) share: F,
}

impl<F: Fn(usize) -> Scalar + Sync> Means<F> {
    fn pixels(&self) -> usize {
        self.input[0] * self.input[1]
    }

    fn positions(&self) -> usize {
        self.rows.len() * self.columns.len()
    }

    /// Calls `each(position, rows, columns, share)` for each window, where `share` is the factor of the
    /// window's sum.
    #[inline(always)]
    fn each(&self, mut each: impl FnMut(usize, (usize, usize), (usize, usize), Scalar)) {
        let mut position = 0;
        for &rows in &self.rows {
            for &columns in &self.columns {
                let count = (rows.1 - rows.0) * (columns.1 - columns.0);
                each(position, rows, columns, (self.share)(count));
                position += 1;
            }
        }
    }

    /// Computes `y = share · Σ window`.
    pub(crate) fn forward(&self, x: &[Scalar], y: &mut [Scalar]) {
        let (pixels, positions) = (self.pixels(), self.positions());
        assert!(x.len() / pixels.max(1) == y.len() / positions.max(1));
        let outputs = Pieces::new(y);
        share(x.len() / pixels.max(1), pixels, |first, count| {
            for plane in first..first + count {
                let x = &x[plane * pixels..][..pixels];
                // SAFETY: the output is borrowed until `share` returns, and each plane is in one part.
                let y = unsafe { outputs.piece(plane * positions, positions) };
                self.each(|position, rows, columns, share| {
                    let row = |row| x[row * self.input[1]..][columns.0..columns.1].iter().sum::<Scalar>();
                    y[position] = share * (rows.0..rows.1).map(row).sum::<Scalar>();
                });
            }
        });
    }

    /// Adds `share · g` to each element of each window.
    pub(crate) fn gradient(&self, g: &[Scalar], dx: &mut [Scalar]) {
        let (pixels, positions) = (self.pixels(), self.positions());
        assert!(dx.len() / pixels.max(1) == g.len() / positions.max(1));
        let planes = g.len() / positions.max(1);
        let inputs = Pieces::new(dx);
        share(planes, pixels, |first, count| {
            for plane in first..first + count {
                let g = &g[plane * positions..][..positions];
                // SAFETY: the gradient is borrowed until `share` returns, and each plane is in one part.
                let dx = unsafe { inputs.piece(plane * pixels, pixels) };
                dx.fill(0.0);
                self.each(|position, rows, columns, share| {
                    let add = share * g[position];
                    for row in rows.0..rows.1 {
                        let row = &mut dx[row * self.input[1]..][columns.0..columns.1];
                        for x in row {
                            *x += add;
                        }
                    }
                });
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{Means, Windows, max, max_gradient};
    use crate::Scalar;
    use crate::kernel::simd::forced::on_each_level;

    /// `count + 1` distinct values. The slice without the first value is unaligned, and ends at the
    /// end of its allocation.
    fn numbers(count: usize) -> Vec<Scalar> {
        (0..=count).map(|i| ((i * 7919) % 9973) as Scalar).collect()
    }

    /// The indices of a window's elements within the plane, computed by nested loops.
    fn places(w: &Windows, position: usize) -> Vec<usize> {
        let inside = |axis: usize, at: usize, tap: usize| {
            (at * w.stride[axis] + tap * w.dilation[axis])
                .checked_sub(w.padding[axis])
                .filter(|&place| place < w.input[axis])
        };
        let (row, column) = (position / w.output[1], position % w.output[1]);
        let rows = (0..w.kernel[0]).filter_map(|r| inside(0, row, r));
        rows.flat_map(|y| {
            let columns = (0..w.kernel[1]).filter_map(move |s| inside(1, column, s));
            columns.map(move |x| y * w.input[1] + x).collect::<Vec<_>>()
        })
        .collect()
    }

    fn windows(input: [usize; 2], kernel: [usize; 2], stride: [usize; 2], padding: [usize; 2]) -> Windows {
        let output = [0, 1].map(|i| (input[i] + 2 * padding[i] - kernel[i]) / stride[i] + 1);
        Windows { input, output, kernel, stride, padding, dilation: [1, 1] }
    }

    fn all() -> Vec<Windows> {
        let mut all = vec![
            windows([1, 1], [1, 1], [1, 1], [0, 0]),
            windows([7, 6], [3, 2], [1, 2], [1, 1]),
            windows([5, 9], [3, 3], [2, 2], [1, 1]),
            windows([18, 19], [17, 18], [1, 1], [0, 0]),
        ];
        all.extend(
            [[2, 2], [4, 6], [5, 7], [3, 2], [17, 34]].map(|input| windows(input, [2, 2], [2, 2], [0, 0])),
        );
        all
    }

    #[test]
    fn the_greatest_of_each_window_and_its_gradient() {
        for (w, planes) in all().iter().flat_map(|w| [0, 1, 3].map(|planes| (w, planes))) {
            let (pixels, positions) = (w.pixels(), w.positions());
            let (x, g) = (numbers(planes * pixels), numbers(planes * positions));
            let (x, g) = (&x[1..], &g[1..]);
            let mut dx = vec![0.0; x.len()];
            let y: Vec<Scalar> = (0..planes * positions)
                .map(|at| {
                    let places =
                        places(w, at % positions).into_iter().map(|place| at / positions * pixels + place);
                    let winner = places.max_by(|a, b| x[*a].total_cmp(&x[*b])).unwrap();
                    dx[winner] += g[at];
                    x[winner]
                })
                .collect();
            for ours in on_each_level(|| {
                let mut ours = [vec![Scalar::NAN; 1 + y.len()], vec![Scalar::NAN; 1 + x.len()]];
                let mut taps = vec![0; 1 + y.len() * w.tap_bytes()];
                max(w, x, &mut ours[0][1..], &mut taps[1..]);
                max_gradient(w, g, &taps[1..], &mut ours[1][1..]);
                ours
            }) {
                assert!(ours[0][1..] == y[..] && ours[1][1..] == dx[..], "{w:?} of {planes} planes");
            }
        }
    }

    #[test]
    fn the_mean_of_each_window_and_its_gradient() {
        for (w, planes) in all().iter().flat_map(|w| [0, 1, 3].map(|planes| (w, planes))) {
            let spans = |axis: usize| {
                let inside = |place: usize| place.saturating_sub(w.padding[axis]).min(w.input[axis]);
                let starts = (0..w.output[axis]).map(|at| at * w.stride[axis]);
                starts.map(|start| (inside(start), inside(start + w.kernel[axis]))).collect()
            };
            let means = Means {
                input: w.input,
                rows: spans(0),
                columns: spans(1),
                share: |count| 1.0 / count as Scalar,
            };
            let (pixels, positions) = (w.pixels(), w.positions());
            let (x, g) = (numbers(planes * pixels), numbers(planes * positions));
            let (mut y, mut dx) =
                (vec![Scalar::NAN; 1 + planes * positions], vec![Scalar::NAN; 1 + planes * pixels]);
            means.forward(&x[1..], &mut y[1..]);
            means.gradient(&g[1..], &mut dx[1..]);
            let mut wanted = vec![0.0; planes * pixels];
            for at in 0..planes * positions {
                let places: Vec<_> = places(w, at % positions)
                    .into_iter()
                    .map(|place| at / positions * pixels + place)
                    .collect();
                let mean =
                    places.iter().map(|place| f64::from(x[1 + place])).sum::<f64>() / places.len() as f64;
                assert!(
                    (f64::from(y[1 + at]) - mean).abs() <= 1e-5 * mean.abs(),
                    "{w:?}: {} is not {mean}",
                    y[1 + at]
                );
                for place in &places {
                    wanted[*place] += f64::from(g[1 + at]) / places.len() as f64;
                }
            }
            let near =
                |(ours, wanted): (&Scalar, &f64)| (f64::from(*ours) - wanted).abs() <= 1e-5 * wanted.abs();
            assert!(dx[1..].iter().zip(&wanted).all(near), "{w:?} of {planes} planes");
        }
    }
}
