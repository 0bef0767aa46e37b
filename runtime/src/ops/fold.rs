//! Sums along an axis in double precision. `norm`, `logsumexp` and others share them.

use crate::value::Value;
use crate::{Scalar, kernel};

/// The number of sums that are accumulated side by side.
const LANES: usize = 8;

/// Computes `finish(Σ term(x))` for each line along `axis`, which keeps length 1.
#[track_caller]
pub(super) fn sums(
    x: &Value,
    axis: usize,
    term: impl Fn(f64) -> f64 + Copy + Sync,
    finish: impl Fn(f64) -> f64 + Copy + Sync,
) -> Value {
    let (_, length, inner) = x.shape().around(axis);
    let from = x.as_slice();
    Value::build(x.shape().with(axis, 1), |to| {
        if inner == 1 {
            kernel::share_rows(to, 1, length, |first, to| {
                for (row, to) in to.iter_mut().enumerate() {
                    *to = finish(row_sum(&from[(first + row) * length..][..length], term)) as Scalar;
                }
            });
        } else {
            kernel::share_rows(to, inner, length * inner, |first, to| {
                let mut sums = vec![0.0; inner];
                for (block, to) in to.chunks_exact_mut(inner).enumerate() {
                    sums.fill(0.0);
                    for row in from[(first + block) * length * inner..][..length * inner].chunks_exact(inner)
                    {
                        sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += term(f64::from(*x)));
                    }
                    to.iter_mut().zip(&sums).for_each(|(to, sum)| *to = finish(*sum) as Scalar);
                }
            });
        }
    })
}

fn row_sum(row: &[Scalar], term: impl Fn(f64) -> f64 + Copy) -> f64 {
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, x)| *lane += term(f64::from(*x)));
    }
    lanes.iter_mut().zip(rest).for_each(|(lane, x)| *lane += term(f64::from(*x)));
    lanes.iter().sum()
}
