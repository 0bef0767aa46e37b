//! Samplers choose the samples of an epoch.

use crate::random::{Purpose, Stream};
use crate::{Error, Labels, Result};

/// Chooses the samples of each epoch, and their order; for [`DataLoader::sampler`](super::DataLoader::sampler).
///
/// # Example
/// ```
/// use training_loop::data::Sampler;
///
/// /// Short samples first, longer ones later.
/// struct ByLength(Vec<usize>);
///
/// impl Sampler for ByLength {
///     fn samples(&self) -> usize {
///         self.0.len()
///     }
///
///     fn order(&self, _seed: u64, _epoch: usize) -> Vec<usize> {
///         let mut order: Vec<usize> = (0..self.0.len()).collect();
///         order.sort_by_key(|&sample| self.0[sample]);
///         order
///     }
/// }
///
/// assert_eq!(ByLength(vec![7, 2, 5]).order(0, 0), [1, 2, 0]);
/// ```
pub trait Sampler: Send + Sync {
    /// The number of samples in an epoch.
    fn samples(&self) -> usize;

    /// The indices of the samples of an epoch, [`samples`](Self::samples) in number, in order. The result must
    /// depend on the arguments alone: a resumed run calls this method again and skips the batches that were
    /// finished.
    fn order(&self, seed: u64, epoch: usize) -> Vec<usize>;

    /// The sampler and its settings as text. A resumed run compares it with the checkpoint.
    fn description(&self) -> String {
        format!("{} samples of {}", self.samples(), std::any::type_name::<Self>())
    }
}

/// Takes these samples in this order in every epoch.
///
/// # Example
/// ```
/// use training_loop::data::{Sampler, SequentialSampler};
///
/// assert_eq!(SequentialSampler::new([3, 1]).order(0, 5), [3, 1]);
/// ```
#[derive(Clone, Debug)]
pub struct SequentialSampler(Vec<usize>);

impl SequentialSampler {
    /// A sampler of the samples at these indices.
    pub fn new(indices: impl IntoIterator<Item = usize>) -> Self {
        Self(indices.into_iter().collect())
    }
}

impl Sampler for SequentialSampler {
    fn samples(&self) -> usize {
        self.0.len()
    }

    fn order(&self, _: u64, _: usize) -> Vec<usize> {
        self.0.clone()
    }

    fn description(&self) -> String {
        let bytes: Vec<u8> = self.0.iter().flat_map(|index| (*index as u64).to_le_bytes()).collect();
        format!("{} listed samples ({:08x})", self.0.len(), crc32fast::hash(&bytes))
    }
}

/// Draws samples at random with replacement: each draw is one of all samples.
///
/// # Example
/// ```
/// use training_loop::data::{RandomSampler, Sampler};
///
/// let order = RandomSampler::new(10).samples(25).order(7, 0);
/// assert!(order.len() == 25 && order.iter().all(|&sample| sample < 10));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RandomSampler {
    of: usize,
    samples: usize,
}

impl RandomSampler {
    /// A sampler of a data set with `length` samples. By default an epoch has as many samples.
    pub fn new(length: usize) -> Self {
        Self { of: length, samples: length }
    }

    /// Sets the number of samples in an epoch.
    pub fn samples(self, samples: usize) -> Self {
        Self { samples, ..self }
    }
}

impl Sampler for RandomSampler {
    fn samples(&self) -> usize {
        if self.of == 0 { 0 } else { self.samples }
    }

    fn order(&self, seed: u64, epoch: usize) -> Vec<usize> {
        let mut stream = Stream::new(seed, Purpose::Sample, epoch as u64, 0);
        (0..Sampler::samples(self)).map(|_| stream.below(self.of)).collect()
    }

    fn description(&self) -> String {
        format!("{} samples drawn with replacement from {}", self.samples, self.of)
    }
}

/// Draws samples with replacement, each with a probability in proportion to its weight.
///
/// # Source
/// PyTorch's `WeightedRandomSampler` with `replacement=True`, with our random numbers.
#[derive(Clone, Debug)]
pub struct WeightedSampler {
    /// The sum of the weights up to and including each sample.
    sums: Vec<f64>,
    samples: usize,
}

impl WeightedSampler {
    /// A sampler with one weight per sample of the data set, at least 0. By default an epoch has as many
    /// samples as there are weights.
    ///
    /// # Errors
    /// If a weight is negative or not finite, or if no weight is above 0.
    pub fn new(weights: impl IntoIterator<Item = f64>) -> Result<Self> {
        let error =
            |value, range| Error::HyperParameter { owner: "WeightedSampler", name: "weights", value, range };
        let mut sums = Vec::new();
        let mut sum = 0.0;
        for weight in weights {
            if !(weight >= 0.0 && weight.is_finite()) {
                return Err(error(weight, "finite and at least 0"));
            }
            sum += weight;
            sums.push(sum);
        }
        if !(sum > 0.0 && sum.is_finite()) {
            return Err(error(sum, "above 0 for one sample at least, with a finite sum"));
        }
        Ok(Self { samples: sums.len(), sums })
    }

    /// A sampler that takes every class equally often: the weight of a sample is 1 divided by the number of
    /// samples of its class.
    ///
    /// # Errors
    /// If there are no labels.
    pub fn balanced(labels: &Labels) -> Result<Self> {
        let mut counts = std::collections::BTreeMap::new();
        labels.iter().for_each(|label| *counts.entry(label).or_insert(0.0) += 1.0);
        Self::new(labels.iter().map(|label| 1.0 / counts[&label]))
    }

    /// Sets the number of samples in an epoch.
    pub fn samples(self, samples: usize) -> Self {
        Self { samples, ..self }
    }
}

impl Sampler for WeightedSampler {
    fn samples(&self) -> usize {
        self.samples
    }

    fn order(&self, seed: u64, epoch: usize) -> Vec<usize> {
        let mut stream = Stream::new(seed, Purpose::Sample, epoch as u64, 0);
        let total = *self.sums.last().expect("`new` demands a weight");
        // The sample whose part of the sum the draw hits. A sample without a weight has an empty part.
        let draw = |_| {
            let hit = stream.fine() * total;
            let place = self.sums.partition_point(|sum| *sum <= hit);
            // Rounding may give the total itself, which is beyond the last part.
            place.min(self.sums.partition_point(|sum| *sum < total))
        };
        (0..self.samples).map(draw).collect()
    }

    fn description(&self) -> String {
        let bytes: Vec<u8> = self.sums.iter().flat_map(|sum| sum.to_le_bytes()).collect();
        let (samples, hash) = (self.samples, crc32fast::hash(&bytes));
        format!("{samples} samples drawn by {} weights ({hash:08x})", self.sums.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(sampler: &impl Sampler, of: usize) -> Vec<usize> {
        let mut counts = vec![0; of];
        sampler.order(3, 1).into_iter().for_each(|sample| counts[sample] += 1);
        counts
    }

    #[test]
    fn shares_are_those_of_the_weights() {
        let sampler = WeightedSampler::new([0.0, 1.0, 0.0, 3.0, 0.0]).unwrap().samples(40_000);
        let counts = counts(&sampler, 5);
        assert_eq!((counts[0], counts[2], counts[4]), (0, 0, 0));
        // Five deviations of the binomial distribution.
        assert!((counts[1] as f64 - 10_000.0).abs() < 5.0 * 86.6, "{counts:?}");
        let labels = Labels::from([0, 1, 1, 1]);
        let balanced = self::counts(&WeightedSampler::balanced(&labels).unwrap().samples(40_000), 4);
        assert!((balanced[0] as f64 - 20_000.0).abs() < 500.0, "{balanced:?}");
        for weights in
            [&[][..], &[0.0, 0.0], &[1.0, -1.0], &[f64::NAN], &[f64::INFINITY], &[f64::MAX, f64::MAX]]
        {
            assert!(WeightedSampler::new(weights.iter().copied()).is_err(), "{weights:?}");
        }
    }

    #[test]
    fn draws_are_a_function_of_seed_and_epoch() {
        let sampler = RandomSampler::new(50);
        assert_eq!(sampler.order(3, 1), sampler.order(3, 1));
        assert_ne!(sampler.order(3, 1), sampler.order(3, 2));
        assert_ne!(sampler.order(3, 1), sampler.order(4, 1));
        let counts = counts(&sampler.samples(50_000), 50);
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
        assert_eq!(Sampler::samples(&RandomSampler::new(0).samples(5)), 0);
        assert!(RandomSampler::new(0).order(0, 0).is_empty());
    }

    #[test]
    fn descriptions_tell_settings_apart() {
        let weighted = |weights: [f64; 2]| WeightedSampler::new(weights).unwrap().description();
        assert_ne!(weighted([1.0, 2.0]), weighted([2.0, 1.0]));
        assert_ne!(
            SequentialSampler::new([0, 1]).description(),
            SequentialSampler::new([1, 0]).description()
        );
        assert_ne!(RandomSampler::new(5).description(), RandomSampler::new(5).samples(6).description());
    }
}
