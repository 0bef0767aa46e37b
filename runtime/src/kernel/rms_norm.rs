//! Root-mean-square normalisation of rows of `n` elements: `x̂ = x / √(mean x² + eps)`, `y = x̂ w`, and its
//! derivative.
//!
//! Only the scale `r = 1 / √(..)` of each row is saved. With `h = g w`, `dx = r · (h - x̂ · mean(h x̂))`. As
//! in `layer_norm`, the passes are memory-bound, and a part is a run of rows. The number of parts depends on
//! the shape alone. Each part computes a partial sum `dw = Σ g x̂`. The partial sums are added in the order
//! of the parts.

use super::lanes::{LANES, total};
use super::pool::{self, Pieces};
use super::simd::multiversioned;
use crate::Scalar;
use crate::storage::Buffer;

/// The number of elements in a part. Parts are longer if there would otherwise be more than
/// [`PARTS`] parts.
const PART: usize = 1 << 13;
/// The maximum number of parts, and thereby of partial sums over rows.
const PARTS: usize = 64;
/// The length of the runs whose elements are added in single precision. The sums of the runs are
/// added in double precision.
const RUN: usize = 1024;

fn rows_of_a_part(rows: usize, n: usize) -> usize {
    (PART / n).max(rows.div_ceil(PARTS)).max(1)
}

/// Writes `y`, and the scale of each row.
///
/// # Shapes
/// `x, y: [rows, n]`, `w: [n]`, `scales: [rows]`
pub(crate) fn forward(x: &[Scalar], w: &[Scalar], eps: f64, y: &mut [Scalar], scales: &mut [Scalar]) {
    let n = w.len();
    assert!(x.len() == y.len());
    if x.is_empty() {
        return;
    }
    let rows = x.len() / n;
    assert!(x.len() == rows * n && scales.len() == rows);
    let rows = rows_of_a_part(rows, n);
    let scales = Pieces::new(scales);
    pool::chunks([y], rows * n, |part, [y]| {
        let x = &x[part * rows * n..][..y.len()];
        // SAFETY: the scales are borrowed until all parts are done, and the parts have disjoint rows.
        let scales = unsafe { scales.piece(part * rows, y.len() / n) };
        normalise(x, w, eps, y, scales);
    });
}

multiversioned!(
    fn normalise(x: &[Scalar], w: &[Scalar], eps: f64, y: &mut [Scalar], scales: &mut [Scalar]) {
        let n = w.len();
        for ((x, y), scale) in x.chunks_exact(n).zip(y.chunks_exact_mut(n)).zip(scales) {
            *scale = (1.0 / (mean_of(x, x, |a, b| a * b) + eps).sqrt()) as Scalar;
            for ((y, x), w) in y.iter_mut().zip(x).zip(w) {
                *y = *x * *scale * w;
            }
        }
    }
);

/// The mean of `f` over two rows.
#[inline(always)]
fn mean_of(a: &[Scalar], b: &[Scalar], f: impl Fn(Scalar, Scalar) -> Scalar) -> f64 {
    let mut sum = 0.0;
    for (a, b) in a.chunks(RUN).zip(b.chunks(RUN)) {
        let mut lanes = [0.0; LANES];
        let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
        for (a, b) in a.iter().zip(b) {
            for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
                *lane += f(*a, *b);
            }
        }
        for (lane, (a, b)) in lanes.iter_mut().zip(a_rest.iter().zip(b_rest)) {
            *lane += f(*a, *b);
        }
        sum += f64::from(total(lanes));
    }
    sum / a.len() as f64
}

/// Writes the requested gradients.
///
/// # Shapes
/// The shapes of [`forward`]. `dx` has the shape of `x`, and `dw` has the shape of `w`.
pub(crate) fn backward(
    [x, g, w, scales]: [&[Scalar]; 4],
    dx: Option<&mut [Scalar]>,
    mut dw: Option<&mut [Scalar]>,
) {
    let n = w.len();
    if let Some(dw) = &mut dw {
        assert!(dw.len() == n);
        dw.fill(0.0);
    }
    if x.is_empty() {
        return;
    }
    let rows = x.len() / n;
    assert!(x.len() == rows * n && scales.len() == rows && g.len() == x.len());
    assert!(dx.as_ref().is_none_or(|dx| dx.len() == x.len()));
    let of_a_part = rows_of_a_part(rows, n);
    let parts = rows.div_ceil(of_a_part);
    let mut partial = Buffer::stale(if dw.is_some() { parts * n } else { 0 });
    let to_sums = dw.is_some().then(|| Pieces::new(partial.as_mut_slice()));
    let to_input = dx.map(Pieces::new);
    pool::run(parts, |part| {
        let start = part * of_a_part;
        let count = of_a_part.min(rows - start);
        let (x, g) = (&x[start * n..][..count * n], &g[start * n..][..count * n]);
        let scales = &scales[start..][..count];
        if let Some(to_sums) = to_sums {
            // SAFETY: the partial sums are borrowed until all parts are done, and each part has its own.
            add_rows(x, g, scales, unsafe { to_sums.piece(part * n, n) });
        }
        if let Some(to_input) = to_input {
            // SAFETY: the gradient is borrowed until all parts are done, and the parts have disjoint rows.
            differentiate(x, g, w, scales, unsafe { to_input.piece(start * n, count * n) });
        }
    });
    if let Some(dw) = dw {
        for sums in partial.as_slice().chunks_exact(n) {
            super::zip_in_place(dw, sums, |a, b| a + b);
        }
    }
}

multiversioned!(
    /// Computes `dw = Σ g x̂` over some rows.
    fn add_rows(x: &[Scalar], g: &[Scalar], scales: &[Scalar], dw: &mut [Scalar]) {
        let n = dw.len();
        dw.fill(0.0);
        for ((x, g), scale) in x.chunks_exact(n).zip(g.chunks_exact(n)).zip(scales) {
            for ((dw, x), g) in dw.iter_mut().zip(x).zip(g) {
                *dw += g * x * scale;
            }
        }
    }
);

multiversioned!(
    fn differentiate(x: &[Scalar], g: &[Scalar], w: &[Scalar], scales: &[Scalar], dx: &mut [Scalar]) {
        let n = w.len();
        let rows = x.chunks_exact(n).zip(g.chunks_exact(n)).zip(scales);
        for (((x, g), scale), dx) in rows.zip(dx.chunks_exact_mut(n)) {
            for ((dx, g), w) in dx.iter_mut().zip(g).zip(w) {
                *dx = g * w;
            }
            let along = mean_of(dx, x, |h, x| h * x) as Scalar * scale * scale;
            for (dx, x) in dx.iter_mut().zip(x) {
                *dx = scale * (*dx - x * along);
            }
        }
    }
);

#[cfg(test)]
mod tests {
    use super::{backward, forward};
    use crate::Scalar;
    use crate::kernel::pool::tests::with_threads;
    use crate::kernel::simd::forced::on_each_level;

    fn numbers(count: usize, seed: usize) -> Vec<Scalar> {
        (0..count).map(|i| ((i * 7919 + seed * 104_729) % 1999) as Scalar / 1000.0 - 1.0).collect()
    }

    /// The output of a normalisation, and the gradients of input and weight.
    fn run(rows: usize, n: usize) -> [Vec<Scalar>; 3] {
        let (x, g) = (numbers(rows * n + 1, 1), numbers(rows * n + 1, 2));
        let (x, g, w) = (&x[1..], &g[1..], &numbers(n, 3));
        let mut scales = vec![Scalar::NAN; rows];
        let [mut y, mut dx] = [(); 2].map(|()| vec![Scalar::NAN; rows * n]);
        let mut dw = vec![Scalar::NAN; n];
        forward(x, w, 1e-5, &mut y, &mut scales);
        backward([x, g, w, &scales], Some(&mut dx), Some(&mut dw));
        [y, dx, dw]
    }

    #[test]
    fn every_level_and_number_of_threads_gives_the_same_bits() {
        for (rows, n) in [(0, 3), (3, 0), (1, 1), (7, 5), (300, 33), (5, 2500), (3, 9000)] {
            let alone = with_threads(1, || run(rows, n));
            for threads in [2, 3] {
                assert!(with_threads(threads, || run(rows, n)) == alone, "{rows} {n}, {threads} threads");
            }
            assert!(on_each_level(|| run(rows, n)).iter().all(|other| *other == alone), "{rows} {n}");
        }
    }
}
