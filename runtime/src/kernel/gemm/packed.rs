//! A right-hand side that is packed once and then used by several matmuls.
//!
//! The steps of a recurrence multiply a few rows by the same weight. Packing the weight in every
//! step would take a considerable part of the time.

use super::part::{Job, Task, padded, run, width};
use super::plan::{DEPTH, PART, PARTS, scattered};
use super::{Side, Strided, Target};
use crate::Scalar;
use crate::kernel::pool::{self, Pieces};
use crate::kernel::simd::{Level, level};

/// A packed right-hand side `[k, n]`.
#[derive(Clone, Copy)]
pub(crate) struct Panels<'a> {
    level: Level,
    k: usize,
    n: usize,
    numbers: &'a [Scalar],
}

impl<'a> Panels<'a> {
    /// The length of the buffer that `pack` needs for a right-hand side `[k, n]`.
    pub(crate) fn packed_len(k: usize, n: usize) -> usize {
        padded(level(), n) * k
    }

    /// Packs the right-hand side `b` into `buffer`, whose length is [`packed_len`](Self::packed_len).
    pub(crate) fn pack(k: usize, n: usize, b: Side<'_>, buffer: &'a mut [Scalar]) -> Self {
        let level = level();
        assert_eq!(buffer.len(), padded(level, n) * k);
        if !buffer.is_empty() {
            let job = Job {
                sizes: (0, k, n),
                depth: run_along(k),
                a: Strided { data: &[], row: 0, column: 0 },
                b: b.strided(k, n),
                c: Target { start: std::ptr::null_mut(), row: 0, column: 0 },
                add: false,
                scattered: false,
                left: None,
                right: None,
            };
            let columns = 4 * width(level);
            let pieces = Pieces::new(buffer);
            pool::run(n.div_ceil(columns), |part| {
                let columns = part * columns..n.min((part + 1) * columns);
                // SAFETY: the tasks pack disjoint columns into a borrowed slice; no output is written.
                unsafe { run(level, &job, &Task::Right(columns, pieces)) };
            });
        }
        Self { level, k, n, numbers: buffer }
    }

    /// Computes `c = a · b`, or `c += a · b` if `add` is set, for `a: [m, k]`.
    pub(crate) fn matmul(self, m: usize, a: Side<'_>, c: &mut [Scalar], add: bool) {
        let Self { level, k, n, numbers } = self;
        assert_eq!(c.len(), m * n);
        if self.numbers.is_empty() || m == 0 {
            if !add {
                c.fill(0.0);
            }
            return;
        }
        let a = a.strided(m, k);
        let job = Job {
            sizes: (m, k, n),
            depth: run_along(k),
            a,
            b: Strided { data: &[], row: 0, column: 0 },
            c: Target { start: c.as_mut_ptr(), row: n, column: 1 },
            add,
            scattered: scattered(a, n),
            left: None,
            right: Some(numbers),
        };
        let parts = (m * k * n / PART).clamp(1, PARTS);
        let columns = n.div_ceil(width(level)).div_ceil(parts) * width(level);
        pool::run(n.div_ceil(columns), |part| {
            let columns = part * columns..n.min((part + 1) * columns);
            // SAFETY: the tasks write disjoint columns of an exclusively borrowed output.
            unsafe { run(level, &job, &Task::Part(0..m, columns)) };
        });
    }
}

/// The length of the runs that the axis `k` is split into. The runs are about equal, and the length
/// is a multiple of 8 and at most [`DEPTH`]. If `k` is 0, the length is 0.
fn run_along(k: usize) -> usize {
    k.div_ceil(k.div_ceil(DEPTH).max(1)).next_multiple_of(8)
}

#[cfg(test)]
mod tests {
    use super::super::{matmul, plain, transposed};
    use super::Panels;
    use crate::Scalar;
    use crate::kernel::simd::forced::on_each_level;

    #[test]
    fn packed_once_it_multiplies_as_any_other() {
        let numbers = |count: usize, seed: usize| -> Vec<Scalar> {
            (0..count).map(|i| ((i * 7919 + seed * 104_729) % 1999) as Scalar / 1000.0 - 1.0).collect()
        };
        for (k, n) in [(1, 1), (3, 20), (40, 17), (128, 512), (801, 33), (0, 4), (4, 0)] {
            let b = numbers(k * n, 1);
            for m in [0, 1, 4, 7, 16, 33] {
                let a = numbers(m * k, 2);
                on_each_level(|| {
                    for (side, add) in [(plain(&b), false), (transposed(&b), true)] {
                        let mut buffer = vec![Scalar::NAN; Panels::packed_len(k, n)];
                        let panels = Panels::pack(k, n, side, &mut buffer);
                        let mut ours = numbers(m * n, 3);
                        let mut theirs = ours.clone();
                        panels.matmul(m, plain(&a), &mut ours, add);
                        matmul((m, k, n), plain(&a), side, &mut theirs, add);
                        assert!(
                            ours.iter().zip(&theirs).all(|(a, b)| (a - b).abs() < 1e-6 * (100.0 + b.abs())),
                            "{m} {k} {n}"
                        );
                    }
                });
            }
        }
    }
}
