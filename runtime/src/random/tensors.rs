//! Random tensors for the user's program.

use super::{Purpose, Stream, draw, shuffled, unit};
use crate::shape::IntoShape;
use crate::value::Value;
use crate::{Scalar, Tensor};

/// Each of these functions makes the next draw of this thread, as defined by [`seed`](crate::seed).
/// The values are the same on every machine and for every number of threads. Builds with `f32` and
/// `f64` draw the same values up to rounding.
impl Tensor {
    /// Uniform random values in [0, 1), seeded by this thread's [`seed`](crate::seed).
    ///
    /// All values are multiples of 2⁻²⁴.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// seed(7);
    /// let x = Tensor::rand(&[2, 3]);
    /// assert!(x.as_slice().iter().all(|x| (0.0..1.0).contains(x)));
    /// seed(7);
    /// assert_eq!(x.as_slice(), Tensor::rand(&[2, 3]).as_slice());
    /// ```
    #[track_caller]
    pub fn rand(shape: &[usize]) -> Self {
        drawn(shape, |stream, numbers| stream.fill_uniform(numbers, 0.0, 1.0))
    }

    /// Normally distributed random values with mean 0 and standard deviation 1, seeded by this
    /// thread's [`seed`](crate::seed).
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// seed(7);
    /// let mean = Tensor::from([1.0, -1.0]);
    /// let sample = &mean + 0.1 * Tensor::randn(mean.shape());
    /// assert!((sample - mean).abs().max().item() < 1.0);
    /// ```
    #[track_caller]
    pub fn randn(shape: &[usize]) -> Self {
        drawn(shape, |stream, numbers| stream.fill_normal(numbers, 0.0, 1.0))
    }

    /// Uniform random values in [low, high), seeded by this thread's [`seed`](crate::seed). If
    /// `low` equals `high`, every value is `low`.
    ///
    /// # Panics
    /// If `low > high`, or if one of them is NaN or infinite.
    #[track_caller]
    pub fn uniform(shape: &[usize], low: Scalar, high: Scalar) -> Self {
        assert!(
            low <= high && low.is_finite() && high.is_finite(),
            "uniform: the lower end {low} must be at most the upper end {high}, and both finite"
        );
        let (from, to) = (f64::from(low), f64::from(high));
        // Rounding must not yield `high`.
        let below = if low < high { high.next_down() } else { low };
        drawn(shape, |stream, numbers| {
            stream.fill_with(numbers, |word| {
                let part = unit(word);
                ((from * (1.0 - part) + to * part) as Scalar).clamp(low, below)
            });
        })
    }

    /// Normally distributed random values, seeded by this thread's [`seed`](crate::seed).
    ///
    /// # Panics
    /// If `std` is negative, or an argument is NaN or infinite.
    #[track_caller]
    pub fn normal(shape: &[usize], mean: Scalar, std: Scalar) -> Self {
        assert!(mean.is_finite(), "normal: the mean {mean} must be finite");
        assert!(
            std >= 0.0 && std.is_finite(),
            "normal: the standard deviation {std} must be at least 0 and finite"
        );
        drawn(shape, |stream, numbers| stream.fill_normal(numbers, mean.into(), std.into()))
    }

    /// Random zeros and ones, seeded by this thread's [`seed`](crate::seed). An element is 1 with
    /// probability `p`, in [0, 1].
    ///
    /// The probability is rounded to a multiple of 2⁻²⁴.
    ///
    /// # Panics
    /// If `p` is outside [0, 1].
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let kept = Tensor::bernoulli(&[1000], 0.8).sum().item();
    /// assert!((700.0..900.0).contains(&kept));
    /// ```
    #[track_caller]
    pub fn bernoulli(shape: &[usize], p: Scalar) -> Self {
        assert!((0.0..=1.0).contains(&p), "bernoulli: the probability {p} is not in [0, 1]");
        let p = f64::from(p);
        drawn(shape, |stream, numbers| {
            stream.fill_with(numbers, |word| if unit(word) < p { 1.0 } else { 0.0 });
        })
    }

    /// The integers below `n` in random order, seeded by this thread's [`seed`](crate::seed). They
    /// serve as indices for [`index_select`](Self::index_select) and
    /// [`TensorDataset::subset`](crate::data::TensorDataset::subset).
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let x = Tensor::arange(0.0, 6.0, 1.0);
    /// let shuffled = x.index_select(0, &Tensor::permutation(6));
    /// assert_eq!(shuffled.sum().item(), 15.0);
    /// ```
    #[track_caller]
    pub fn permutation(n: usize) -> Vec<usize> {
        let mut order = index_list("permutation", n);
        order.extend(0..n);
        shuffled(order, &mut draw(Purpose::Program))
    }
}

#[track_caller]
fn drawn(shape: &[usize], fill: impl FnOnce(&mut Stream, &mut [Scalar])) -> Tensor {
    let shape = shape.into_shape();
    Tensor::constant(Value::build(shape, |numbers| fill(&mut draw(Purpose::Program), numbers)))
}

/// An empty list with memory for `count` indices.
#[track_caller]
pub(super) fn index_list(op: &str, count: usize) -> Vec<usize> {
    let mut places = Vec::new();
    assert!(
        places.try_reserve_exact(count).is_ok(),
        "out of memory: {op} of {count} numbers needs more than the system gives"
    );
    places
}

#[cfg(test)]
mod tests {
    use std::panic::{UnwindSafe, catch_unwind};

    use crate::nn::Linear;
    use crate::{Labels, Scalar, Tensor, seed, seed_scope, set_num_threads};

    const N: usize = 40_001;

    /// The mean and the variance of the elements.
    fn moments(x: &Tensor) -> (f64, f64) {
        let numbers = || x.as_slice().iter().map(|&x| f64::from(x));
        let mean = numbers().sum::<f64>() / x.len() as f64;
        (mean, numbers().map(|x| (x - mean) * (x - mean)).sum::<f64>() / x.len() as f64)
    }

    fn assert_moments(x: &Tensor, mean: f64, variance: f64) {
        let (m, v) = moments(x);
        // The mean may differ by four standard errors. The bound for the variance holds for all
        // distributions in this test.
        assert!((m - mean).abs() < 4.0 * (variance / N as f64).sqrt(), "{m} is not {mean}");
        assert!((v - variance).abs() < 0.04 * variance, "{v} is not {variance}");
    }

    #[test]
    fn every_distribution_has_its_moments_and_range() {
        let _seeded = seed_scope(3);
        assert_moments(&Tensor::rand(&[N]), 0.5, 1.0 / 12.0);
        assert_moments(&Tensor::randn(&[N]), 0.0, 1.0);
        assert_moments(&Tensor::uniform(&[N], -1.0, 3.0), 1.0, 16.0 / 12.0);
        assert_moments(&Tensor::normal(&[N], 5.0, 0.5), 5.0, 0.25);
        assert_moments(&Tensor::bernoulli(&[N], 0.3), 0.3, 0.21);
        let within =
            |x: &Tensor, low: Scalar, high: Scalar| x.as_slice().iter().all(|x| (low..high).contains(x));
        assert!(
            within(&Tensor::rand(&[N]), 0.0, 1.0) && within(&Tensor::uniform(&[N], -1.0, 3.0), -1.0, 3.0)
        );
        // Most of these values would be rounded up to the upper bound.
        assert!(within(
            &Tensor::uniform(&[N], 1e8, (1e8 as Scalar).next_up()),
            1e8,
            (1e8 as Scalar).next_up()
        ));
        assert!(within(&Tensor::uniform(&[N], Scalar::MIN, Scalar::MAX), Scalar::MIN, Scalar::MAX));
        assert!(Tensor::randn(&[N]).as_slice().iter().any(|x| x.abs() > 3.5));
        assert!(Tensor::bernoulli(&[N], 0.3).as_slice().iter().all(|x| *x == 0.0 || *x == 1.0));
        assert_eq!(Tensor::bernoulli(&[N], 0.0).sum().item(), 0.0);
        assert_eq!(Tensor::bernoulli(&[N], 1.0).sum().item(), N as Scalar);
        assert_eq!(Tensor::uniform(&[2], 4.0, 4.0).as_slice(), [4.0, 4.0]);
        assert_eq!(Tensor::normal(&[2], 4.0, 0.0).as_slice(), [4.0, 4.0]);
        assert_eq!((Tensor::rand(&[2, 0, 3]).shape(), Tensor::randn(&[]).rank()), (&[2, 0, 3][..], 0));
    }

    fn all_kinds() -> Vec<Vec<Scalar>> {
        let weights = Tensor::arange(1.0, 100.0, 1.0);
        let classes = |labels: Labels| labels.iter().map(|label| label as Scalar).collect();
        vec![
            Tensor::rand(&[N]).as_slice().to_vec(),
            Tensor::randn(&[N]).as_slice().to_vec(),
            Tensor::uniform(&[N], -2.0, 5.0).as_slice().to_vec(),
            Tensor::normal(&[3, 5], 1.0, 2.0).as_slice().to_vec(),
            Tensor::bernoulli(&[N], 0.5).as_slice().to_vec(),
            Tensor::permutation(100).into_iter().map(|place| place as Scalar).collect(),
            classes(Tensor::multinomial(&weights, 50, true)),
            classes(Tensor::multinomial(&weights, 50, false)),
        ]
    }

    #[test]
    fn a_seed_repeats_all_whatever_the_number_of_threads() {
        let drawn = [1, 2, 5].map(|threads| {
            set_num_threads(threads);
            let _seeded = seed_scope(11);
            all_kinds()
        });
        assert!(drawn[0] == drawn[1] && drawn[0] == drawn[2]);
        let _seeded = seed_scope(12);
        assert!(all_kinds().iter().zip(&drawn[0]).all(|(other, first)| other != first));
        let other_thread = std::thread::spawn(|| {
            seed(11);
            all_kinds()
        });
        assert!(other_thread.join().unwrap() == drawn[0]);
    }

    #[test]
    fn draws_follow_each_other_and_layers_have_numbers_of_their_own() {
        let _seeded = seed_scope(5);
        assert_ne!(Tensor::rand(&[4]).as_slice(), Tensor::rand(&[4]).as_slice());
        seed(5);
        let layer = Linear::new(4, 4);
        seed(5);
        assert_ne!(Tensor::uniform(&[4, 4], -0.5, 0.5).as_slice(), layer.weight.tensor().as_slice());
    }

    /// The values in this test are part of the meaning of a seed and must not change. They were
    /// computed by another implementation.
    #[test]
    fn known_numbers() {
        let _seeded = seed_scope(7);
        let near = |x: &Tensor, expected: [f64; 3]| {
            for (x, expected) in x.as_slice().iter().zip(expected) {
                assert!((f64::from(*x) - expected).abs() < 1e-6, "{x} is not {expected}");
            }
        };
        near(&Tensor::rand(&[3]), [0.085_791_886, 0.810_384_750, 0.670_096_517]);
        near(&Tensor::randn(&[3]), [1.460_342_610, -0.588_199_086, -0.742_558_367]);
        assert_eq!(Tensor::permutation(6), [0, 2, 1, 5, 4, 3]);
    }

    #[test]
    fn a_permutation_holds_each_number_once() {
        let mut order = Tensor::permutation(1000);
        assert!(!order.is_sorted());
        order.sort_unstable();
        assert_eq!(order, (0..1000).collect::<Vec<_>>());
        assert_eq!(Tensor::permutation(0), [0_usize; 0]);
    }

    #[test]
    fn bad_arguments_are_named() {
        fn said<T>(draw: impl FnOnce() -> T + UnwindSafe) -> String {
            let payload = catch_unwind(|| drop(draw())).unwrap_err();
            let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
            text.unwrap_or_else(|| payload.downcast_ref::<String>().unwrap().clone())
        }
        const NAN: Scalar = Scalar::NAN;
        for p in [-0.1, 1.1, NAN] {
            assert_eq!(
                said(|| Tensor::bernoulli(&[1], p)),
                format!("bernoulli: the probability {p} is not in [0, 1]")
            );
        }
        for (low, high) in [(1.0, 0.0), (NAN, 1.0), (0.0, NAN), (0.0, Scalar::INFINITY)] {
            assert!(said(|| Tensor::uniform(&[1], low, high)).starts_with("uniform: the lower end"));
        }
        for std in [-1.0, NAN, Scalar::INFINITY] {
            assert!(said(|| Tensor::normal(&[1], 0.0, std)).contains(&format!("deviation {std} must be")));
        }
        assert!(said(|| Tensor::normal(&[1], NAN, 1.0)).contains("the mean NaN must be finite"));
    }
}
