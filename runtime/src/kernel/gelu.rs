//! The Gaussian error linear unit: `y = x Φ(x)`, and its derivative `Φ(x) + x φ(x)`.
//!
//! `Φ` and `φ` share one exponential, so the derivative is almost free when it is computed together
//! with the output. The derivative is saved instead of the input, and the backward pass is one
//! multiplication. The bound is arithmetic: `Φ` takes about thirty operations per element.

use super::math::normal;
use super::pool::{self, Pieces};
use super::simd::multiversioned;
use crate::Scalar;

/// The number of elements in one part.
const PART: usize = 1 << 13;

/// Writes the outputs to `y`, and the derivatives to `slopes` if requested.
pub(crate) fn forward(x: &[Scalar], y: &mut [Scalar], slopes: Option<&mut [Scalar]>) {
    multiversioned!(
        fn output(x: &[Scalar], y: &mut [Scalar]) {
            for (y, x) in y.iter_mut().zip(x) {
                *y = x * normal(*x).0;
            }
        }
    );
    multiversioned!(
        fn both(x: &[Scalar], y: &mut [Scalar], slopes: &mut [Scalar]) {
            for ((y, slope), x) in y.iter_mut().zip(slopes).zip(x) {
                let (below, density) = normal(*x);
                *y = x * below;
                *slope = below + x * density;
            }
        }
    );
    assert!(x.len() == y.len() && slopes.as_ref().is_none_or(|slopes| slopes.len() == x.len()));
    let slopes = slopes.map(Pieces::new);
    pool::chunks([y], PART, |part, [y]| {
        let x = &x[part * PART..][..y.len()];
        match slopes {
            Some(slopes) => {
                // SAFETY: the derivatives are borrowed until all parts are done, and each part has its own range.
                let slopes = unsafe { slopes.piece(part * PART, y.len()) };
                both(x, y, slopes);
            }
            None => output(x, y),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::forward;
    use crate::Scalar;
    use crate::kernel::simd::forced::on_each_level;

    #[test]
    fn every_level_and_number_of_threads_gives_the_same_bits() {
        for count in [0, 1, 7, 20_000] {
            let x: Vec<Scalar> = (0..count).map(|i| (i % 1201) as Scalar / 100.0 - 6.0).collect();
            let run = || {
                let (mut y, mut slopes, mut alone) = (vec![0.0; count], vec![0.0; count], vec![0.0; count]);
                forward(&x, &mut y, Some(&mut slopes));
                forward(&x, &mut alone, None);
                assert_eq!(y, alone);
                (y, slopes)
            };
            let shared = run();
            assert!(on_each_level(run).into_iter().all(|each| each == shared));
        }
    }
}
