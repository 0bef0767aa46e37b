//! Whether numbers are finite, and how large they are together: products of matrices are no larger than both norms.
//!
//! Formula: `Σ 0 · xᵢ`, and `‖x‖ = √(Σ xᵢ²)`.
//! Layout: dense slices.
//! Blocking: as many lanes as hide the latency of an addition, from the end of a slice to its start, since the end was
//! written last and is in the caches, and whoever reads on from the start then finds that there.
//! Bound: memory.

use super::reduce::{BLOCK, in_parts};
use super::simd::{dispatch, level};
use crate::Scalar;

/// Sums side by side.
const LANES: usize = 64;

/// Sums of one term a number, in no particular order.
pub(super) struct Lanes([Scalar; LANES]);

impl Lanes {
    pub(super) const ZERO: Self = Self([0.0; LANES]);

    #[inline(always)]
    pub(super) fn add(&mut self, values: &[Scalar], term: impl Fn(Scalar) -> Scalar) {
        let (chunks, rest) = values.as_chunks::<LANES>();
        for chunk in chunks {
            for (lane, value) in self.0.iter_mut().zip(chunk) {
                *lane += term(*value);
            }
        }
        for (lane, value) in self.0.iter_mut().zip(rest) {
            *lane += term(*value);
        }
    }

    #[inline(always)]
    pub(super) fn sum(&self) -> f64 {
        f64::from(self.0.iter().sum::<Scalar>())
    }
}

/// The sum of what `term` makes of each number.
fn sum_of<F: Fn(Scalar) -> Scalar + Copy + Sync>(values: &[Scalar], term: F) -> f64 {
    #[inline(always)]
    fn body<F: Fn(Scalar) -> Scalar + Copy>(values: &[Scalar], term: F) -> f64 {
        let mut lanes = Lanes::ZERO;
        lanes.add(values, term);
        lanes.sum()
    }
    let len = values.len();
    f64::from(in_parts(len, |range| {
        let values = &values[len - range.end..len - range.start];
        let block = |values: &[Scalar]| {
            dispatch!(
                level(),
                [F: Fn(Scalar) -> Scalar + Copy] body(values: &[Scalar], term: F) -> f64
            )
        };
        values.rchunks(8 * BLOCK).map(block).sum()
    }))
}

/// Whether no number is NaN or infinite: each times 0 is 0 then, and NaN otherwise.
pub(crate) fn all_finite(values: &[Scalar]) -> bool {
    if values.len() < LANES {
        return values.iter().all(|value| value.is_finite());
    }
    sum_of(values, |value| value * 0.0) == 0.0
}

/// The Frobenius norm, up to rounding; not finite where a square or their sum is not.
pub(crate) fn norm(values: &[Scalar]) -> f64 {
    sum_of(values, |value| value * value).sqrt()
}

#[cfg(test)]
mod tests {
    use super::{all_finite, norm};
    use crate::Scalar;
    use crate::kernel::elementwise::PART;
    use crate::kernel::simd::forced::on_each_level;

    #[test]
    fn one_number_that_is_not_finite_is_found_anywhere() {
        for len in [0, 1, 63, 64, 65, 700, 5_000, 3 * PART + 17] {
            let mut values = vec![Scalar::MAX; len];
            assert!(on_each_level(|| all_finite(&values)).into_iter().all(|finite| finite), "{len}");
            for place in [0, len / 3, len / 2, len.saturating_sub(1)].into_iter().filter(|place| *place < len)
            {
                for bad in [Scalar::NAN, Scalar::INFINITY, Scalar::NEG_INFINITY] {
                    values[place] = bad;
                    assert!(
                        on_each_level(|| all_finite(&values)).into_iter().all(|finite| !finite),
                        "{len}, {place}"
                    );
                    values[place] = Scalar::MIN;
                }
            }
        }
    }

    #[test]
    fn the_norm_tells_numbers_whose_squares_are_not_finite() {
        for len in [0, 1, 64, 700, 3 * PART + 17] {
            let values: Vec<Scalar> = (0..len).map(|i| (i % 7) as Scalar - 3.0).collect();
            let exact = values.iter().map(|x| f64::from(x * x)).sum::<f64>().sqrt();
            let near = |norm: f64| (norm - exact).abs() <= 1e-5 * exact;
            assert!(on_each_level(|| norm(&values)).into_iter().all(near), "{len}");
        }
        for bad in [Scalar::NAN, Scalar::INFINITY, Scalar::MAX] {
            assert!(!norm(&[0.0, bad]).is_finite());
        }
    }
}
