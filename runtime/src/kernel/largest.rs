//! The largest absolute value of a slice. The result is finite only if all elements are finite.
//!
//! Formula: `max |xᵢ|`. Without the sign bit, floats are ordered like their bits, with infinity
//! above all finite values and NaN above infinity. The kernel therefore computes the maximum of the
//! bits.
//! Layout: dense slices.
//! Blocking: the parts of a long slice are read from its end to its start. The end was written last
//! and is still in cache. Afterwards the start is in cache, and the next kernel begins there.
//! Bound: memory.

use std::sync::atomic::{AtomicU64, Ordering};

use super::elementwise::part;
use super::pool;
use super::simd::multiversioned;
use crate::Scalar;

#[cfg(not(feature = "f64"))]
type Bits = u32;
#[cfg(feature = "f64")]
type Bits = u64;

/// The bits of the largest absolute value so far.
#[derive(Clone, Copy, Default)]
pub(super) struct Largest(Bits);

impl Largest {
    #[inline(always)]
    pub(super) fn add(&mut self, value: Scalar) {
        self.0 = self.0.max(value.to_bits() << 1);
    }

    /// The largest absolute value, which is NaN or infinite if an element is NaN or infinite.
    pub(super) fn value(self) -> Scalar {
        Scalar::from_bits(self.0 >> 1)
    }
}

/// The largest absolute value so far, shared by several threads.
#[derive(Default)]
pub(super) struct Shared(AtomicU64);

impl Shared {
    #[allow(clippy::useless_conversion)] // In single precision it converts.
    pub(super) fn add(&self, part: Largest) {
        self.0.fetch_max(part.0.into(), Ordering::Relaxed);
    }

    #[allow(clippy::cast_possible_truncation)] // They were as many bits before.
    pub(super) fn value(self) -> Scalar {
        Largest(self.0.into_inner() as Bits).value()
    }
}

/// The largest absolute value. The value is 0 for an empty slice, and NaN or infinite if an element
/// is NaN or infinite.
pub(crate) fn largest(values: &[Scalar]) -> Scalar {
    multiversioned!(
        fn body(values: &[Scalar]) -> Largest {
            let mut largest = Largest::default();
            for value in values {
                largest.add(*value);
            }
            largest
        }
    );
    let all = Shared::default();
    let size = part(values.len());
    let parts = values.len().div_ceil(size);
    pool::run(parts, |number| {
        let start = (parts - 1 - number) * size;
        let values = &values[start..values.len().min(start + size)];
        all.add(body(values));
    });
    all.value()
}

/// Copies `input` to `output` and returns the largest absolute value of its elements.
pub(crate) fn copy_and_compare(input: &[Scalar], output: &mut [Scalar]) -> Scalar {
    multiversioned!(
        fn body(input: &[Scalar], output: &mut [Scalar]) -> Largest {
            let mut largest = Largest::default();
            for (to, from) in output.iter_mut().zip(input) {
                *to = *from;
                largest.add(*from);
            }
            largest
        }
    );
    assert_eq!(input.len(), output.len());
    let all = Shared::default();
    let size = part(output.len());
    pool::chunks([output], size, |number, [output]| {
        let input = &input[number * size..][..output.len()];
        all.add(body(input, output));
    });
    all.value()
}

#[cfg(test)]
mod tests {
    use super::{copy_and_compare, largest};
    use crate::Scalar;
    use crate::kernel::elementwise::PART;
    use crate::kernel::simd::forced::on_each_level;

    const LENGTHS: [usize; 9] = [0, 1, 63, 64, 700, 5_000, 2 * PART - 1, 2 * PART, 3 * PART + 17];

    /// The largest absolute value of `values` on each level. Checks that `largest` and
    /// `copy_and_compare` compute the same value.
    fn sizes(values: &[Scalar]) -> Vec<Scalar> {
        on_each_level(|| {
            let mut copy = vec![0.5; values.len()];
            let size = copy_and_compare(values, &mut copy);
            assert!(copy.iter().zip(values).all(|(a, b)| a.to_bits() == b.to_bits()));
            assert_eq!(size.to_bits(), largest(values).to_bits());
            size
        })
    }

    #[test]
    fn the_largest_is_found_anywhere() {
        for len in LENGTHS {
            let mut values = vec![-0.25; len];
            for place in [0, len / 3, len / 2, len.saturating_sub(1)].into_iter().filter(|place| *place < len)
            {
                for large in [1.5, -1e30, Scalar::MAX, Scalar::MIN] {
                    values[place] = large;
                    assert!(sizes(&values).into_iter().all(|size| size == large.abs()), "{len}, {place}");
                }
                for bad in [Scalar::NAN, -Scalar::NAN, Scalar::INFINITY, Scalar::NEG_INFINITY] {
                    values[place] = bad;
                    assert!(sizes(&values).into_iter().all(|size| !size.is_finite()), "{len}, {place}");
                }
                values[place] = -0.25;
            }
            let size = if len == 0 { 0.0 } else { 0.25 };
            assert_eq!(sizes(&values), vec![size; sizes(&values).len()]);
        }
    }
}
