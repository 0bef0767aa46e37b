//! Cross-validation: indices of training and validation samples.

use crate::random::{Purpose, permutation};
use crate::{Error, Labels, Result};

/// The samples of one fold: indices into the data set, in ascending order. `subset` of a data set and `pick`
/// of a table take them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fold {
    /// The indices of the samples to train with.
    pub train: Vec<usize>,
    /// The indices of the samples to validate with.
    pub valid: Vec<usize>,
}

/// Splits samples into `k` folds. Each sample is in the validation part of exactly one fold.
///
/// Without a seed, each fold validates with consecutive samples. With [`shuffle`](Self::shuffle) the folds
/// are drawn at random, as a function of the seed and the number of samples. The sizes of the folds differ
/// by at most 1.
///
/// # Source
/// scikit-learn's `KFold`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
/// use training_loop::data::KFold;
///
/// # fn main() -> Result<()> {
/// let dataset = TensorDataset::new(Tensor::zeros(&[10, 2]), Tensor::zeros(&[10, 1]))?;
/// for fold in KFold::new(5).shuffle(0).split(dataset.len())? {
///     let (train, valid) = (dataset.subset(&fold.train), dataset.subset(&fold.valid));
///     assert_eq!((train.len(), valid.len()), (8, 2));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct KFold {
    k: usize,
    seed: Option<u64>,
}

impl KFold {
    /// A split into `k` folds, at least 2.
    pub fn new(k: usize) -> Self {
        Self { k, seed: None }
    }

    /// Draws the folds at random.
    pub fn shuffle(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// The folds of `samples` samples.
    ///
    /// # Errors
    /// If `k` is below 2 or above the number of samples.
    pub fn split(&self, samples: usize) -> Result<Vec<Fold>> {
        check("KFold", self.k, samples)?;
        let order = order(samples, self.seed);
        let mut folds = vec![0; samples];
        let mut start = 0;
        for fold in 0..self.k {
            let size = samples / self.k + usize::from(fold < samples % self.k);
            order[start..start + size].iter().for_each(|&sample| folds[sample] = fold);
            start += size;
        }
        Ok(parts(&folds, self.k))
    }
}

/// Splits samples into `k` folds that have the classes in the same proportions as the whole.
///
/// The numbers of samples of a class differ by at most 1 between folds, and so do the sizes of the folds. A
/// class with fewer than `k` samples is absent from the validation part of some folds.
///
/// # Source
/// scikit-learn's `StratifiedKFold`, which assigns the samples to folds in another order.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
/// use training_loop::data::StratifiedKFold;
///
/// # fn main() -> Result<()> {
/// let labels = Labels::from([0, 0, 0, 0, 1, 1]);
/// let folds = StratifiedKFold::new(2).shuffle(7).split(&labels)?;
/// let of_class_1 = folds[0].valid.iter().filter(|&&sample| labels[sample] == 1).count();
/// assert_eq!((folds[0].valid.len(), of_class_1), (3, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct StratifiedKFold {
    k: usize,
    seed: Option<u64>,
}

impl StratifiedKFold {
    /// A split into `k` folds, at least 2.
    pub fn new(k: usize) -> Self {
        Self { k, seed: None }
    }

    /// Draws the samples of each class for each fold at random.
    pub fn shuffle(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// The folds of samples with these labels.
    ///
    /// # Errors
    /// If `k` is below 2 or above the number of samples.
    pub fn split(&self, labels: &Labels) -> Result<Vec<Fold>> {
        check("StratifiedKFold", self.k, labels.len())?;
        let mut folds = vec![0; labels.len()];
        // Dealing the sorted samples like cards balances the classes and the sizes at once.
        for (place, sample) in by_class(labels, self.seed).into_iter().enumerate() {
            folds[sample] = place % self.k;
        }
        Ok(parts(&folds, self.k))
    }
}

/// Splits samples into two parts that have the classes in the same proportions. Returns the indices of both
/// parts, in ascending order. The first part gets the fraction `fraction` of each class, rounded.
///
/// # Errors
/// If one of the parts would be empty.
pub(super) fn stratified_split(
    labels: &Labels,
    fraction: f64,
    seed: u64,
) -> Result<(Vec<usize>, Vec<usize>)> {
    let mut parts = (Vec::new(), Vec::new());
    for class in by_class(labels, Some(seed)).chunk_by(|&a, &b| labels[a] == labels[b]) {
        let first = ((class.len() as f64 * fraction).round().max(0.0) as usize).min(class.len());
        parts.0.extend_from_slice(&class[..first]);
        parts.1.extend_from_slice(&class[first..]);
    }
    if parts.0.is_empty() || parts.1.is_empty() || !(fraction > 0.0 && fraction < 1.0) {
        let range = "in (0, 1), with at least one sample in each part";
        return Err(Error::HyperParameter {
            owner: "split_stratified",
            name: "fraction",
            value: fraction,
            range,
        });
    }
    parts.0.sort_unstable();
    parts.1.sort_unstable();
    Ok(parts)
}

fn check(owner: &'static str, k: usize, samples: usize) -> Result<()> {
    if (2..=samples).contains(&k) {
        return Ok(());
    }
    let range = "at least 2 and at most the number of samples";
    Err(Error::HyperParameter { owner, name: "k", value: k as f64, range })
}

fn order(samples: usize, seed: Option<u64>) -> Vec<usize> {
    match seed {
        Some(seed) => permutation(samples, Purpose::Split, seed, 0),
        None => (0..samples).collect(),
    }
}

/// The samples ordered by class, and within a class at random or as they are.
fn by_class(labels: &Labels, seed: Option<u64>) -> Vec<usize> {
    let mut samples = order(labels.len(), seed);
    samples.sort_by_key(|&sample| labels[sample]);
    samples
}

/// The folds, given the fold that validates with each sample.
fn parts(folds: &[usize], k: usize) -> Vec<Fold> {
    let part = |fold: usize, is_valid: bool| {
        folds
            .iter()
            .enumerate()
            .filter(|(_, own)| (**own == fold) == is_valid)
            .map(|(sample, _)| sample)
            .collect()
    };
    (0..k).map(|fold| Fold { train: part(fold, false), valid: part(fold, true) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each sample is validated once, and trained with in all other folds.
    fn check_whole(folds: &[Fold], samples: usize) {
        let mut all: Vec<usize> = folds.iter().flat_map(|fold| fold.valid.clone()).collect();
        all.sort_unstable();
        assert_eq!(all, (0..samples).collect::<Vec<_>>());
        for fold in folds {
            assert!(fold.train.is_sorted() && fold.valid.is_sorted());
            assert_eq!(fold.train.len() + fold.valid.len(), samples);
            assert!(fold.valid.iter().all(|sample| !fold.train.contains(sample)));
        }
    }

    #[test]
    fn folds_are_those_of_scikit_learn_or_drawn() {
        let folds = KFold::new(3).split(8).unwrap();
        let valid: Vec<_> = folds.iter().map(|fold| fold.valid.clone()).collect();
        assert_eq!(valid, [vec![0, 1, 2], vec![3, 4, 5], vec![6, 7]]);
        for samples in [3, 4, 10, 11] {
            for seed in 0..5 {
                let folds = KFold::new(3).shuffle(seed).split(samples).unwrap();
                check_whole(&folds, samples);
                assert_eq!(KFold::new(3).shuffle(seed).split(samples).unwrap(), folds);
            }
        }
        assert_ne!(KFold::new(3).shuffle(1).split(30).unwrap(), KFold::new(3).shuffle(2).split(30).unwrap());
        for (k, samples) in [(0, 5), (1, 5), (6, 5), (2, 0)] {
            assert!(KFold::new(k).split(samples).is_err(), "{k} folds of {samples}");
        }
    }

    #[test]
    fn classes_are_spread_over_the_folds() {
        let labels: Labels = (0..53).map(|i| [0, 0, 0, 5, 2][i % 5] + u32::from(i == 52)).collect();
        for seed in [None, Some(3)] {
            let folds = StratifiedKFold { k: 4, seed }.split(&labels).unwrap();
            check_whole(&folds, labels.len());
            for class in [0, 1, 2, 5] {
                let count =
                    |fold: &Fold| fold.valid.iter().filter(|&&sample| labels[sample] == class).count();
                let counts: Vec<_> = folds.iter().map(count).collect();
                assert!(
                    counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1,
                    "{class}: {counts:?}"
                );
            }
            let sizes: Vec<_> = folds.iter().map(|fold| fold.valid.len()).collect();
            assert!(sizes.iter().all(|size| (13..=14).contains(size)), "{sizes:?}");
        }
    }

    #[test]
    fn a_stratified_split_keeps_the_shares() {
        let labels: Labels = (0..60).map(|i| u32::from(i % 6 == 0)).collect();
        let (train, valid) = stratified_split(&labels, 0.8, 1).unwrap();
        let rare = |part: &[usize]| part.iter().filter(|&&sample| labels[sample] == 1).count();
        assert_eq!((train.len(), valid.len(), rare(&train), rare(&valid)), (48, 12, 8, 2));
        assert!(train.iter().all(|sample| !valid.contains(sample)));
        assert_ne!(train, stratified_split(&labels, 0.8, 2).unwrap().0);
        for fraction in [0.0, 1.0, -0.5, 1.5, 0.001, f64::NAN] {
            assert!(stratified_split(&labels, fraction, 1).is_err(), "{fraction}");
        }
    }
}
