//! Reductions of a row, such as its sum, in sixteen lanes that the compiler can keep in registers. The lanes
//! are explicit because the compiler is not allowed to reorder additions.

use crate::Scalar;

/// The number of lanes, which is the number of elements of a row that a loop processes at once.
pub(super) const LANES: usize = 16;

/// The maximum of `start` and the elements of a row, whose length is a multiple of `LANES`. NaN is
/// ignored.
#[inline(always)]
pub(super) fn largest(row: &[Scalar], start: Scalar) -> Scalar {
    let mut lanes = [start; LANES];
    for chunk in row.as_chunks::<LANES>().0 {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = if *x > *lane { *x } else { *lane };
        }
    }
    let mut half = LANES / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] = if lanes[i + half] > lanes[i] { lanes[i + half] } else { lanes[i] };
        }
        half /= 2;
    }
    lanes[0]
}

/// The sum of the lanes. Each step adds the second half of the remaining lanes to the first half.
#[inline(always)]
pub(super) fn total(mut lanes: [Scalar; LANES]) -> Scalar {
    let mut half = LANES / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] += lanes[i + half];
        }
        half /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::{LANES, largest, total};
    use crate::Scalar;

    #[test]
    fn lanes_are_reduced() {
        let lanes: [Scalar; LANES] = std::array::from_fn(|i| i as Scalar);
        assert_eq!(total(lanes), 120.0);
        assert_eq!((largest(&lanes, 3.0), largest(&lanes, 30.0), largest(&[], -1.0)), (15.0, 30.0, -1.0));
        let mut some = [1.0; 2 * LANES];
        (some[5], some[21]) = (Scalar::NAN, 4.0);
        assert_eq!(largest(&some, Scalar::NEG_INFINITY), 4.0);
    }
}
