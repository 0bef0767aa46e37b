//! Layer normalisation of rows of `n` elements: `x̂ = (x - x̄) / √(σ² + eps)`, `y = x̂ w + b`, and its derivative.
//!
//! The forward pass reads a row three times: to compute its mean, to compute its variance, and to
//! write the output. The variance is computed from differences, so that large means lose no digits.
//! Only mean and scale are saved. The backward pass recomputes `x̂` from them. With `h = g w`,
//! `dx = scale · (h - h̄ - x̂ · mean(h x̂))`. A row stays in L1 between its passes, so the bound is
//! memory: the forward pass moves two values per element, the backward pass three.
//!
//! Parts are runs of rows, and the number of parts depends on the shape alone. `dw = Σ g x̂` and
//! `db = Σ g` are sums over all rows. Each part computes its own sums, which are added in the order
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

fn rows_of_a_part(rows: usize, n: usize) -> usize {
    (PART / n).max(rows.div_ceil(PARTS)).max(1)
}

/// Writes `y`, and for each row its mean and its scale `1 / √(σ² + eps)`.
///
/// # Shapes
/// `x, y: [rows, n]`, `w, b: [n]`, `stats: [rows, 2]`
pub(crate) fn forward(
    x: &[Scalar],
    w: &[Scalar],
    b: &[Scalar],
    eps: Scalar,
    y: &mut [Scalar],
    stats: &mut [Scalar],
) {
    let n = w.len();
    assert!(b.len() == n && x.len() == y.len());
    if x.is_empty() {
        return;
    }
    let rows = x.len() / n;
    assert!(x.len() == rows * n && stats.len() == rows * 2);
    let rows = rows_of_a_part(rows, n);
    let stats = Pieces::new(stats);
    pool::chunks([y], rows * n, |part, [y]| {
        let x = &x[part * rows * n..][..y.len()];
        // SAFETY: the statistics are borrowed until all parts are done, and the parts have disjoint rows.
        let stats = unsafe { stats.piece(part * rows * 2, y.len() / n * 2) };
        normalise(x, w, b, eps, y, stats);
    });
}

multiversioned!(
    fn normalise(
        x: &[Scalar],
        w: &[Scalar],
        b: &[Scalar],
        eps: Scalar,
        y: &mut [Scalar],
        stats: &mut [Scalar],
    ) {
        let n = w.len();
        for ((x, y), stats) in x.chunks_exact(n).zip(y.chunks_exact_mut(n)).zip(stats.chunks_exact_mut(2)) {
            let mean = mean_of(x, |x| x);
            let scale = 1.0 / (mean_of(x, |x| (x - mean) * (x - mean)) + eps).sqrt();
            for (((y, x), w), b) in y.iter_mut().zip(x).zip(w).zip(b) {
                *y = (*x - mean) * scale * w + b;
            }
            stats.copy_from_slice(&[mean, scale]);
        }
    }
);

/// The length of the runs whose elements are added in single precision. The sums of the runs are
/// added in double precision.
const RUN: usize = 1024;

#[inline(always)]
fn mean_of(row: &[Scalar], f: impl Fn(Scalar) -> Scalar) -> Scalar {
    let mut sum = 0.0;
    for run in row.chunks(RUN) {
        let mut lanes = [0.0; LANES];
        let (chunks, rest) = run.as_chunks::<LANES>();
        for chunk in chunks {
            for (lane, x) in lanes.iter_mut().zip(chunk) {
                *lane += f(*x);
            }
        }
        for (lane, x) in lanes.iter_mut().zip(rest) {
            *lane += f(*x);
        }
        sum += f64::from(total(lanes));
    }
    (sum / row.len() as f64) as Scalar
}

/// Writes the requested gradients. The gradients of `w` and `b` are requested together.
///
/// # Shapes
/// The shapes of [`forward`]. `dx` has the shape of `x`, `dw` and `db` have the shape of `w`.
pub(crate) fn backward(
    x: &[Scalar],
    g: &[Scalar],
    w: &[Scalar],
    stats: &[Scalar],
    dx: Option<&mut [Scalar]>,
    mut sums: Option<(&mut [Scalar], &mut [Scalar])>,
) {
    let n = w.len();
    if let Some((dw, db)) = &mut sums {
        assert!(dw.len() == n && db.len() == n);
        dw.fill(0.0);
        db.fill(0.0);
    }
    if x.is_empty() {
        return;
    }
    let rows = x.len() / n;
    assert!(x.len() == rows * n && stats.len() == rows * 2 && g.len() == x.len());
    assert!(dx.as_ref().is_none_or(|dx| dx.len() == x.len()));
    let of_a_part = rows_of_a_part(rows, n);
    let parts = rows.div_ceil(of_a_part);
    let mut partial = Buffer::stale(if sums.is_some() { parts * 2 * n } else { 0 });
    let to_sums = sums.is_some().then(|| Pieces::new(partial.as_mut_slice()));
    let to_input = dx.map(Pieces::new);
    pool::run(parts, |part| {
        let start = part * of_a_part;
        let count = of_a_part.min(rows - start);
        let (x, g) = (&x[start * n..][..count * n], &g[start * n..][..count * n]);
        let stats = &stats[start * 2..][..count * 2];
        if let Some(to_sums) = to_sums {
            // SAFETY: the partial sums are borrowed until all parts are done, and each part has its own.
            let (dw, db) = unsafe { to_sums.piece(part * 2 * n, 2 * n) }.split_at_mut(n);
            add_rows(x, g, stats, dw, db);
        }
        if let Some(to_input) = to_input {
            // SAFETY: the gradient is borrowed until all parts are done, and the parts have disjoint rows.
            let dx = unsafe { to_input.piece(start * n, count * n) };
            differentiate(x, g, w, stats, dx);
        }
    });
    if let Some((dw, db)) = sums {
        for sums in partial.as_slice().chunks_exact(2 * n) {
            super::zip_in_place(dw, &sums[..n], |a, b| a + b);
            super::zip_in_place(db, &sums[n..], |a, b| a + b);
        }
    }
}

multiversioned!(
    /// Computes `dw = Σ g x̂` and `db = Σ g` over some rows.
    fn add_rows(x: &[Scalar], g: &[Scalar], stats: &[Scalar], dw: &mut [Scalar], db: &mut [Scalar]) {
        let n = dw.len();
        dw.fill(0.0);
        db.fill(0.0);
        for ((x, g), stats) in x.chunks_exact(n).zip(g.chunks_exact(n)).zip(stats.chunks_exact(2)) {
            let (mean, scale) = (stats[0], stats[1]);
            for (((dw, db), x), g) in dw.iter_mut().zip(&mut *db).zip(x).zip(g) {
                *dw += g * ((x - mean) * scale);
                *db += g;
            }
        }
    }
);

multiversioned!(
    fn differentiate(x: &[Scalar], g: &[Scalar], w: &[Scalar], stats: &[Scalar], dx: &mut [Scalar]) {
        let n = w.len();
        let rows = x.chunks_exact(n).zip(g.chunks_exact(n)).zip(stats.chunks_exact(2));
        for (((x, g), stats), dx) in rows.zip(dx.chunks_exact_mut(n)) {
            let (mean, scale) = (stats[0], stats[1]);
            let (plain, along) = means(x, g, w, mean, scale);
            for (((dx, x), g), w) in dx.iter_mut().zip(x).zip(g).zip(w) {
                *dx = scale * (g * w - plain - (x - mean) * scale * along);
            }
        }
    }
);

/// The means of `h = g w` and of `h x̂` over a row.
#[inline(always)]
fn means(x: &[Scalar], g: &[Scalar], w: &[Scalar], mean: Scalar, scale: Scalar) -> (Scalar, Scalar) {
    let (mut plain, mut along) = (0.0, 0.0);
    for ((x, g), w) in x.chunks(RUN).zip(g.chunks(RUN)).zip(w.chunks(RUN)) {
        let mut lanes = [[0.0; LANES]; 2];
        let ((xs, x_rest), (gs, g_rest), (ws, w_rest)) =
            (x.as_chunks::<LANES>(), g.as_chunks::<LANES>(), w.as_chunks::<LANES>());
        for ((x, g), w) in xs.iter().zip(gs).zip(ws) {
            for i in 0..LANES {
                let h = g[i] * w[i];
                lanes[0][i] += h;
                lanes[1][i] += h * ((x[i] - mean) * scale);
            }
        }
        for (i, ((x, g), w)) in x_rest.iter().zip(g_rest).zip(w_rest).enumerate() {
            lanes[0][i] += g * w;
            lanes[1][i] += g * w * ((x - mean) * scale);
        }
        plain += f64::from(total(lanes[0]));
        along += f64::from(total(lanes[1]));
    }
    let n = x.len() as f64;
    ((plain / n) as Scalar, (along / n) as Scalar)
}

#[cfg(test)]
mod tests {
    use super::{backward, forward};
    use crate::Scalar;
    use crate::kernel::simd::forced::on_each_level;

    fn numbers(count: usize, seed: usize) -> Vec<Scalar> {
        (0..count).map(|i| ((i * 7919 + seed * 104_729) % 1999) as Scalar / 1000.0 - 1.0).collect()
    }

    /// The output of a layer normalisation, and the gradients of input, weight and bias.
    fn run(rows: usize, n: usize) -> [Vec<Scalar>; 4] {
        let (x, g) = (numbers(rows * n + 1, 1), numbers(rows * n + 1, 2));
        let (x, g) = (&x[1..], &g[1..]);
        let (w, b) = (numbers(n, 3), numbers(n, 4));
        let mut stats = vec![Scalar::NAN; 2 * rows];
        let [mut y, mut dx] = [(); 2].map(|()| vec![Scalar::NAN; rows * n]);
        let [mut dw, mut db] = [(); 2].map(|()| vec![Scalar::NAN; n]);
        forward(x, &w, &b, 1e-5, &mut y, &mut stats);
        backward(x, g, &w, &stats, Some(&mut dx), Some((&mut dw, &mut db)));
        [y, dx, dw, db]
    }

    #[test]
    fn every_level_and_number_of_threads_gives_the_same_bits() {
        for (rows, n) in [(0, 3), (3, 0), (1, 1), (7, 5), (300, 33), (5, 2500), (3, 9000)] {
            let shared = run(rows, n);
            for alone in on_each_level(|| run(rows, n)) {
                assert!(alone == shared, "{rows} {n}");
            }
        }
    }

    #[test]
    fn a_large_mean_costs_no_digits() {
        let (n, mut y, mut stats) = (64, vec![0.0; 64], vec![0.0; 2]);
        let x: Vec<Scalar> = (0..n).map(|i| 1000.0 + (i % 2) as Scalar).collect();
        forward(&x, &vec![1.0; n], &vec![0.0; n], 0.0, &mut y, &mut stats);
        assert!(y.iter().enumerate().all(|(i, y)| *y == if i % 2 == 0 { -1.0 } else { 1.0 }), "{y:?}");
    }
}
