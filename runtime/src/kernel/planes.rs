//! Sums over planes and elementwise passes with factors per plane, for batch, group and instance
//! normalisation.
//!
//! A tensor `[n, channels, ..]` consists of planes: runs of `length` contiguous elements. The
//! planes are numbered in row-major order, and plane `p` belongs to group `p % period`. Each group has its
//! own sum and its own factors. With `period = channels` the groups are the channels of a batch. With
//! `period` equal to the number of planes, each plane is a separate group.
//!
//! Planes of one element, as in `[n, channels]`, are processed in rows of `period` elements, so
//! that the loops still run over contiguous memory. Both kinds of passes are memory-bound: a sum reads its
//! operands once, and a transform also writes its output. The parts depend on the sizes alone, and their sums
//! are added in order, so that a result is bitwise equal for any number of threads.

use super::lanes::{LANES, total};
use super::pool;
use super::simd::multiversioned;
use crate::Scalar;

/// The minimum number of elements of a part.
const PART: usize = 1 << 14;
/// The maximum number of parts of a sum over rows of planes of one element.
const PARTS: usize = 64;
/// The length of the runs whose elements are added in single precision. The sums of the runs are
/// added in double precision.
const RUN: usize = 1024;

/// The length of a plane, and the number of groups.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Planes {
    pub(crate) length: usize,
    pub(crate) period: usize,
}

impl Planes {
    /// The number of elements per part of a tensor with `len` elements. A part consists of whole planes, or
    /// of whole rows if a plane has one element.
    fn part(self, len: usize) -> usize {
        let unit = if self.length == 1 { self.period } else { self.length };
        unit * (PART / unit).max((len / unit).div_ceil(PARTS)).max(1)
    }

    /// The sum of `f(x, g, mean)` over the elements of each group, in double precision. `means` has
    /// one element per group.
    pub(crate) fn sums(
        self,
        x: &[Scalar],
        g: &[Scalar],
        means: &[Scalar],
        f: impl Fn(Scalar, Scalar, Scalar) -> Scalar + Copy + Sync,
    ) -> Vec<f64> {
        let Self { length, period } = self;
        assert!(x.len() == g.len() && means.len() == period);
        let mut sums = vec![0.0; period];
        if x.is_empty() {
            return sums;
        }
        assert!(x.len().is_multiple_of(length * period));
        let size = self.part(x.len());
        let width = if length == 1 { period } else { size / length };
        let mut partial = vec![0.0; x.len().div_ceil(size) * width];
        pool::chunks([partial.as_mut_slice()], width, |part, [to]| {
            let start = part * size;
            let end = x.len().min(start + size);
            let (x, g) = (&x[start..end], &g[start..end]);
            if length == 1 {
                add_rows(f, x, g, means, to);
            } else {
                let planes = x.chunks_exact(length).zip(g.chunks_exact(length));
                for ((number, to), (x, g)) in to.iter_mut().enumerate().zip(planes) {
                    *to = sum(f, x, g, means[(part * width + number) % period]);
                }
            }
        });
        for (number, partial) in partial.iter().enumerate() {
            sums[number % period] += partial;
        }
        sums
    }

    /// Writes `f(x, g, factors)` for each element. `factors` has one element per group.
    pub(crate) fn transform(
        self,
        x: &[Scalar],
        g: &[Scalar],
        factors: &[[Scalar; 4]],
        y: &mut [Scalar],
        f: impl Fn(Scalar, Scalar, [Scalar; 4]) -> Scalar + Copy + Sync,
    ) {
        let Self { length, period } = self;
        assert!(x.len() == g.len() && x.len() == y.len() && factors.len() == period);
        if x.is_empty() {
            return;
        }
        assert!(x.len().is_multiple_of(length * period));
        let size = self.part(x.len());
        pool::chunks([y], size, |part, [y]| {
            let start = part * size;
            let (x, g) = (&x[start..][..y.len()], &g[start..][..y.len()]);
            if length == 1 {
                transform_rows(f, factors, x, g, y);
            } else {
                let planes = x.chunks_exact(length).zip(g.chunks_exact(length));
                for ((number, y), (x, g)) in y.chunks_exact_mut(length).enumerate().zip(planes) {
                    transform_plane(f, factors[(start / length + number) % period], x, g, y);
                }
            }
        });
    }
}

multiversioned!(
    /// The sum of `f` over a plane.
    fn sum<F: Copy + Fn(Scalar, Scalar, Scalar) -> Scalar>(
        f: F,
        x: &[Scalar],
        g: &[Scalar],
        mean: Scalar,
    ) -> f64 {
        let mut sum = 0.0;
        for (x, g) in x.chunks(RUN).zip(g.chunks(RUN)) {
            let mut lanes = [0.0; LANES];
            let ((xs, x_rest), (gs, g_rest)) = (x.as_chunks::<LANES>(), g.as_chunks::<LANES>());
            for (x, g) in xs.iter().zip(gs) {
                for (lane, (x, g)) in lanes.iter_mut().zip(x.iter().zip(g)) {
                    *lane += f(*x, *g, mean);
                }
            }
            for (lane, (x, g)) in lanes.iter_mut().zip(x_rest.iter().zip(g_rest)) {
                *lane += f(*x, *g, mean);
            }
            sum += f64::from(total(lanes));
        }
        sum
    }
);

multiversioned!(
    /// Adds `f` of each row to the sums of the columns.
    fn add_rows<F: Copy + Fn(Scalar, Scalar, Scalar) -> Scalar>(
        f: F,
        x: &[Scalar],
        g: &[Scalar],
        means: &[Scalar],
        sums: &mut [f64],
    ) {
        let width = sums.len();
        for (x, g) in x.chunks_exact(width).zip(g.chunks_exact(width)) {
            for (((sum, x), g), mean) in sums.iter_mut().zip(x).zip(g).zip(means) {
                *sum += f64::from(f(*x, *g, *mean));
            }
        }
    }
);

multiversioned!(
    fn transform_plane<F: Copy + Fn(Scalar, Scalar, [Scalar; 4]) -> Scalar>(
        f: F,
        factors: [Scalar; 4],
        x: &[Scalar],
        g: &[Scalar],
        y: &mut [Scalar],
    ) {
        for ((y, x), g) in y.iter_mut().zip(x).zip(g) {
            *y = f(*x, *g, factors);
        }
    }
);

multiversioned!(
    fn transform_rows<F: Copy + Fn(Scalar, Scalar, [Scalar; 4]) -> Scalar>(
        f: F,
        factors: &[[Scalar; 4]],
        x: &[Scalar],
        g: &[Scalar],
        y: &mut [Scalar],
    ) {
        let width = factors.len();
        let rows = x.chunks_exact(width).zip(g.chunks_exact(width));
        for ((x, g), y) in rows.zip(y.chunks_exact_mut(width)) {
            for (((y, x), g), factors) in y.iter_mut().zip(x).zip(g).zip(factors) {
                *y = f(*x, *g, *factors);
            }
        }
    }
);

#[cfg(test)]
mod tests {
    use super::Planes;
    use crate::Scalar;
    use crate::kernel::pool::tests::with_threads;
    use crate::kernel::simd::forced::on_each_level;

    fn numbers(count: usize, seed: usize) -> Vec<Scalar> {
        (0..count).map(|i| ((i * 7919 + seed * 104_729) % 1999) as Scalar / 1000.0 - 1.0).collect()
    }

    /// The sums and the output of a pass over `rows` times `period` planes.
    fn run(rows: usize, planes: Planes) -> (Vec<f64>, Vec<Scalar>) {
        let Planes { length, period } = planes;
        // The slices do not start at a cache line.
        let (x, g) = (numbers(rows * period * length + 1, 1), numbers(rows * period * length + 1, 2));
        let (x, g) = (&x[1..], &g[1..]);
        let means = numbers(period, 3);
        let factors: Vec<[Scalar; 4]> = means.iter().map(|mean| [*mean, 2.0, 0.5, 1.0]).collect();
        let mut y = vec![Scalar::NAN; x.len()];
        planes.transform(x, g, &factors, &mut y, |x, g, [m, a, b, c]| (x - m) * a + g * b + c);
        (planes.sums(x, g, &means, |x, g, mean| (x - mean) * g), y)
    }

    const SIZES: [(usize, usize, usize); 9] = [
        (0, 3, 4),
        (3, 0, 4),
        (3, 4, 0),
        (1, 1, 1),
        (5, 7, 1),
        (300, 130, 1),
        (3, 5, 17),
        (2, 3, 9000),
        (40, 33, 20),
    ];

    #[test]
    fn passes_are_the_plain_loops() {
        for (rows, period, length) in SIZES {
            let (x, g) = (numbers(rows * period * length + 1, 1), numbers(rows * period * length + 1, 2));
            let means = numbers(period, 3);
            let mut sums = vec![0.0; period];
            let (ours, y) = run(rows, Planes { length, period });
            for (index, (x, g)) in x[1..].iter().zip(&g[1..]).enumerate() {
                let group = index / length % period;
                sums[group] += f64::from((x - means[group]) * g);
                assert!((y[index] - ((x - means[group]) * 2.0 + g * 0.5 + 1.0)).abs() < 1e-6);
            }
            let near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-4 * (1.0 + b.abs());
            assert!(ours.len() == period && ours.iter().zip(&sums).all(near), "{rows} {period} {length}");
        }
    }

    #[test]
    fn every_level_and_number_of_threads_gives_the_same_bits() {
        for (rows, period, length) in SIZES {
            let planes = Planes { length, period };
            let alone = with_threads(1, || run(rows, planes));
            for threads in [2, 3] {
                assert!(with_threads(threads, || run(rows, planes)) == alone, "{threads} threads");
            }
            assert!(on_each_level(|| run(rows, planes)).iter().all(|other| *other == alone));
        }
    }
}
