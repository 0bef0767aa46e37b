//! Whether numbers are finite, or must become finite ones.
//!
//! Formula: `Σ 0 · xᵢ`, and `|Σ aᵢ bᵢ| ≤ ‖a‖ · ‖b‖`.
//! Layout: dense slices.
//! Blocking: as many lanes as hide the latency of an addition, from the end of a slice to its start, since the end was
//! written last and is in the caches, and whoever reads on from the start then finds that there.
//! Bound: memory.

use super::reduce::{BLOCK, in_parts};
use super::simd::{dispatch, level};
use crate::Scalar;

/// Sums side by side.
const LANES: usize = 64;

/// The sum of what `term` makes of each number, in no particular order.
fn sum_of<F: Fn(Scalar) -> Scalar + Copy + Sync>(values: &[Scalar], term: F) -> Scalar {
    #[inline(always)]
    fn body<F: Fn(Scalar) -> Scalar + Copy>(values: &[Scalar], term: F) -> f64 {
        let mut lanes = [0.0 as Scalar; LANES];
        let (chunks, rest) = values.as_chunks::<LANES>();
        for chunk in chunks {
            for (lane, value) in lanes.iter_mut().zip(chunk) {
                *lane += term(*value);
            }
        }
        for (lane, value) in lanes.iter_mut().zip(rest) {
            *lane += term(*value);
        }
        f64::from(lanes.iter().sum::<Scalar>())
    }
    let len = values.len();
    in_parts(len, |range| {
        let values = &values[len - range.end..len - range.start];
        let block = |values: &[Scalar]| {
            dispatch!(
                level(),
                [F: Fn(Scalar) -> Scalar + Copy] body(values: &[Scalar], term: F) -> f64
            )
        };
        values.rchunks(8 * BLOCK).map(block).sum()
    })
}

/// Whether no number is NaN or infinite: each times 0 is 0 then, and NaN otherwise.
pub(crate) fn all_finite(values: &[Scalar]) -> bool {
    if values.len() < LANES {
        return values.iter().all(|value| value.is_finite());
    }
    sum_of(values, |value| value * 0.0) == 0.0
}

/// Whether every entry of a matrix product of `a` and `b` is certainly finite.
///
/// No entry is larger than the product of the two Frobenius norms. `false` only means that this bound does not tell.
pub(crate) fn products_are_finite(a: &[Scalar], b: &[Scalar]) -> bool {
    let norm = |values: &[Scalar]| f64::from(sum_of(values, |value| value * value)).sqrt();
    // Far enough below the largest number for the rounding of the norms and of the sums themselves.
    norm(a) * norm(b) < f64::from(Scalar::MAX) / 16.0
}

#[cfg(test)]
mod tests {
    use super::{all_finite, products_are_finite};
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
    fn a_product_is_called_finite_only_where_it_must_be() {
        let (large, small) = ([Scalar::MAX.sqrt() / 4.0; 4], [1e-3; 100]);
        assert!(products_are_finite(&small, &[]) && products_are_finite(&large, &small));
        assert!(!products_are_finite(&large, &large), "a quarter of the largest number is too close");
        assert!(!products_are_finite(&[Scalar::MAX], &small), "its square is not finite");
        for bad in [Scalar::NAN, Scalar::INFINITY] {
            assert!(!products_are_finite(&small, &[0.0, bad]) && !products_are_finite(&[0.0, bad], &[0.0]));
        }
    }
}
