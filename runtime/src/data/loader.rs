//! Splits a data set into batches, in an order that is a function of (seed, epoch).

mod prefetch;
mod windows;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(super) use self::prefetch::text;
use self::prefetch::{Epoch, Prefetch, read};
pub use self::windows::{Window, WindowBatches, Windows};
use super::{Batch, Dataset, Sampler};
use crate::profile::{self, Stage};
use crate::random::{Purpose, permutation};
use crate::{Error, Labels, Result, Tensor};

/// Splits a data set into batches.
///
/// No sample is dropped: the last batch holds the remainder, unless
/// [`drop_last`](DataLoader::drop_last) is set. The order of the samples in an epoch depends only
/// on the seed and the epoch. Each call of a generated loop counts epochs from 0, so a second call
/// repeats the orders of the first call. `for batch in &loader` counts the passes over the loader
/// as epochs, from 0.
///
/// To resume in the middle of an epoch, a loop therefore needs no saved order: `loader.epoch(epoch).skip(n)`
/// yields the remaining batches, without reading the first `n`. A generated loop with the clause `checkpoint`
/// resumes in this way. A hand-written loop saves the epoch and the number of finished batches, and calls
/// [`epoch`](DataLoader::epoch).
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// # fn main() -> Result<()> {
/// let inputs = Tensor::from(ndarray::Array2::from_shape_fn((10, 3), |(row, column)| (row + column) as f32));
/// let dataset = TensorDataset::new(inputs, Labels::from(vec![0_u32, 1, 0, 1, 0, 1, 0, 1, 0, 1]))?;
/// let loader = DataLoader::new(dataset, 4).shuffle(7);
/// for Batch { input, target } in &loader {
///     assert!(input.shape()[0] == target.len());
/// }
/// assert_eq!((loader.batches(), loader.samples()), (3, 10));
/// # Ok(())
/// # }
/// ```
pub struct DataLoader<Y = Labels, X = Tensor> {
    dataset: Arc<dyn Dataset<Input = X, Target = Y>>,
    batch_size: usize,
    order: Order,
    drop_last: bool,
    /// The largest number of batches in an epoch.
    limit: Option<usize>,
    /// The number of passes started by `for batch in &loader`.
    passes: AtomicUsize,
    workers: Option<Workers<Y, X>>,
}

/// The order of the samples in an epoch.
#[derive(Clone)]
enum Order {
    Sequential,
    Shuffled(u64),
    Sampled(Arc<dyn Sampler>, u64),
}

/// The number of worker threads, and the function that starts them. Only `workers` knows that batches can be
/// sent to other threads.
struct Workers<Y, X> {
    count: usize,
    start: fn(Epoch<Y, X>, usize) -> Prefetch<Y, X>,
}

impl<Y, X> Clone for Workers<Y, X> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<Y: Send + 'static, X: Send + 'static> DataLoader<Y, X> {
    /// Reads batches ahead on `workers` threads; with 0, the default, on the thread of the loop. This pays if
    /// the data set computes or decodes its samples. Tensors in memory are faster without workers.
    ///
    /// The batches and their order are the same as without workers, draws of the data set included. At most
    /// two batches per worker are ready and not used yet. A panic in [`Dataset::batch`] ends the loop with a
    /// panic that contains the sample's index. The threads end with the iterator: dropping it waits until each
    /// has finished its current batch. In windows for gradient accumulation, the batches of one window are
    /// read ahead.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    /// use training_loop::data::Samples;
    ///
    /// let noisy = || Samples::new(100, |index| (Tensor::full(&[3], index as f32) + Tensor::randn(&[3]), 0_u32));
    /// let plain = DataLoader::new(noisy(), 8).shuffle(1);
    /// let ahead = DataLoader::new(noisy(), 8).shuffle(1).workers(2);
    /// for (a, b) in plain.epoch(3).zip(ahead.epoch(3)) {
    ///     assert_eq!(a.input.as_slice(), b.input.as_slice());
    /// }
    /// ```
    pub fn workers(self, workers: usize) -> Self {
        let workers = (workers > 0).then_some(Workers { count: workers, start: Prefetch::start });
        Self { workers, ..self }
    }
}

impl<Y, X> DataLoader<Y, X> {
    /// A loader with batches of `batch_size` samples (at least 1), in the order of the data set.
    pub fn new(dataset: impl Dataset<Input = X, Target = Y> + 'static, batch_size: usize) -> Self {
        let dataset = Arc::new(dataset);
        let passes = AtomicUsize::new(0);
        Self {
            dataset,
            batch_size,
            order: Order::Sequential,
            drop_last: false,
            limit: None,
            passes,
            workers: None,
        }
    }

    /// Shuffles the samples in each epoch. The order depends only on `seed` and the epoch.
    pub fn shuffle(self, seed: u64) -> Self {
        Self { order: Order::Shuffled(seed), ..self }
    }

    /// Takes the samples that `sampler` chooses in each epoch, as a function of `seed` and the epoch. Replaces
    /// [`shuffle`](Self::shuffle).
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    /// use training_loop::data::WeightedSampler;
    ///
    /// # fn main() -> Result<()> {
    /// let labels = Labels::from([0, 0, 0, 0, 0, 0, 0, 1]);
    /// let dataset = TensorDataset::new(Tensor::zeros(&[8, 2]), &labels)?;
    /// // Both classes equally often.
    /// let loader = DataLoader::new(dataset, 4).sampler(WeightedSampler::balanced(&labels)?.samples(1000), 7);
    /// let rare: usize = loader.epoch(0).map(|batch| batch.target.iter().filter(|&label| label == 1).count()).sum();
    /// assert!((450..550).contains(&rare));
    /// # Ok(())
    /// # }
    /// ```
    pub fn sampler(self, sampler: impl Sampler + 'static, seed: u64) -> Self {
        Self { order: Order::Sampled(Arc::new(sampler), seed), ..self }
    }

    /// Drops the last batch of an epoch if it is not full.
    pub fn drop_last(self) -> Self {
        Self { drop_last: true, ..self }
    }

    /// Limits each epoch to its first `batches` batches (at least 1), for a trial on less data.
    /// [`RunOptions::limit_batches`](crate::RunOptions::limit_batches) does this for a run.
    pub fn limit(self, batches: usize) -> Self {
        Self { limit: Some(batches), ..self }
    }

    /// Reads the samples in the order of the data set.
    pub(crate) fn unshuffled(self) -> Self {
        Self { order: Order::Sequential, ..self }
    }

    /// The number of samples in a full batch.
    pub fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// The number of batches in an epoch.
    pub fn batches(&self) -> usize {
        if self.batch_size == 0 { 0 } else { self.samples().div_ceil(self.batch_size) }
    }

    /// The number of samples in an epoch.
    pub fn samples(&self) -> usize {
        let all = match &self.order {
            Order::Sampled(sampler, _) => sampler.samples(),
            _ => self.dataset.len(),
        };
        let left_over = all.checked_rem(self.batch_size).unwrap_or(all);
        let whole = if self.drop_last || self.batch_size == 0 { all - left_over } else { all };
        self.limit.map_or(whole, |batches| whole.min(batches.saturating_mul(self.batch_size)))
    }

    /// The size and the settings of the loader as text. A resumed run compares it with the checkpoint.
    pub(crate) fn description(&self) -> String {
        let order = match &self.order {
            Order::Shuffled(seed) => format!("shuffled with seed {seed}"),
            Order::Sequential => "in order".to_owned(),
            Order::Sampled(sampler, seed) => format!("{} with seed {seed}", sampler.description()),
        };
        let last = if self.drop_last { ", without a short last batch" } else { "" };
        let limit = match self.limit {
            Some(batches) => format!(", the first {batches} batches of an epoch"),
            None => String::new(),
        };
        format!("{} samples in batches of {}, {order}{last}{limit}", self.dataset.len(), self.batch_size)
    }

    /// The data set.
    pub fn dataset(&self) -> &dyn Dataset<Input = X, Target = Y> {
        &*self.dataset
    }

    /// Checks that the loader yields at least one batch. The error message contains `name`.
    ///
    /// # Errors
    /// If the batch size or the limit is 0, if the data set is empty, or if `drop_last` drops the only batch.
    pub fn check(&self, name: &str) -> Result<()> {
        if self.batch_size == 0 {
            let range = "at least 1";
            return Err(Error::HyperParameter { owner: "DataLoader", name: "batch_size", value: 0.0, range });
        }
        if self.limit == Some(0) {
            let range = "at least 1";
            return Err(Error::HyperParameter { owner: "DataLoader", name: "limit", value: 0.0, range });
        }
        if self.batches() == 0 {
            let (name, batch_size) = (name.to_owned(), self.batch_size);
            return Err(Error::EmptyLoader { name, samples: self.dataset.len(), batch_size });
        }
        Ok(())
    }

    /// The batches of the epoch with this index, counted from 0. Every call for the same epoch
    /// yields the same batches.
    ///
    /// # Panics
    /// If the batch size is 0, if there is no memory for the order of the samples, or if a sampler returns
    /// another number of samples than it announced, or an index out of range.
    #[track_caller]
    pub fn epoch(&self, epoch: usize) -> Batches<'_, Y, X> {
        assert!(self.batch_size > 0, "DataLoader: `batch_size` is 0, but must be at least 1");
        let _stage = profile::scope(Stage::Data);
        let samples = self.samples();
        let room = Vec::<usize>::new().try_reserve_exact(self.dataset.len());
        assert!(
            room.is_ok(),
            "DataLoader: there is no memory for the order of {} samples",
            self.dataset.len()
        );
        let order = match &self.order {
            Order::Shuffled(seed) => permutation(self.dataset.len(), Purpose::Shuffle, *seed, epoch as u64),
            Order::Sequential => (0..samples).collect(),
            Order::Sampled(sampler, seed) => {
                let (order, length) = (sampler.order(*seed, epoch), self.dataset.len());
                let (found, expected) = (order.len(), sampler.samples());
                assert!(found == expected, "the sampler chose {found} samples, but must choose {expected}");
                if let Some(index) = order.iter().find(|&&index| index >= length) {
                    panic!("the sampler chose sample {index}, but there are only {length}, counted from 0");
                }
                order
            }
        };
        Batches { loader: self, order: order.into(), rest: 0..samples, epoch: epoch as u64, prefetch: None }
    }

    /// The seed of the order, and of the draws while samples are read; 0 without a seed.
    fn seed(&self) -> u64 {
        match self.order {
            Order::Shuffled(seed) | Order::Sampled(_, seed) => seed,
            Order::Sequential => 0,
        }
    }

    /// The batches of the next pass. Each call starts the next epoch, counted from 0.
    /// `for batch in &loader` calls this method.
    #[track_caller]
    pub fn iter(&self) -> Batches<'_, Y, X> {
        self.epoch(self.passes.fetch_add(1, Ordering::Relaxed))
    }
}

impl<Y, X> Clone for DataLoader<Y, X> {
    /// Clones the loader. The clone shares the data set, and counts its own passes from 0.
    fn clone(&self) -> Self {
        let Self { dataset, batch_size, order, drop_last, limit, passes: _, workers } = self;
        Self {
            dataset: Arc::clone(dataset),
            batch_size: *batch_size,
            order: order.clone(),
            drop_last: *drop_last,
            limit: *limit,
            passes: AtomicUsize::new(0),
            workers: workers.clone(),
        }
    }
}

impl<Y, X> fmt::Debug for DataLoader<Y, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataLoader({})", self.description())
    }
}

impl<'a, Y, X> IntoIterator for &'a DataLoader<Y, X> {
    type Item = Batch<Y, X>;
    type IntoIter = Batches<'a, Y, X>;

    #[track_caller]
    fn into_iter(self) -> Batches<'a, Y, X> {
        self.iter()
    }
}

/// An iterator over the batches of one epoch; made by [`DataLoader::epoch`].
pub struct Batches<'a, Y = Labels, X = Tensor> {
    loader: &'a DataLoader<Y, X>,
    order: Arc<[usize]>,
    /// The range of `order` whose samples are not read yet.
    rest: Range<usize>,
    epoch: u64,
    /// The running workers, whose next batch is the next one of `rest`.
    prefetch: Option<Prefetch<Y, X>>,
}

impl<Y, X> Batches<'_, Y, X> {
    /// Takes the next range of at most `samples` indices into `order`. Returns `None` if no index
    /// remains.
    fn take_places(&mut self, samples: usize) -> Option<Range<usize>> {
        let start = self.rest.start;
        self.rest.start = self.rest.end.min(start.saturating_add(samples));
        (start < self.rest.end).then_some(start..self.rest.start)
    }

    /// The next batch, read by a worker or on this thread.
    fn read(&mut self) -> Option<Batch<Y, X>> {
        let batch_size = self.loader.batch_size;
        let all = self.rest.clone();
        let places = self.take_places(batch_size)?;
        if let Some(prefetch) = &mut self.prefetch {
            return Some(prefetch.next());
        }
        match &self.loader.workers {
            // For one batch, a thread has no use.
            Some(Workers { count, start }) if !self.rest.is_empty() => {
                let epoch = Epoch {
                    dataset: Arc::clone(&self.loader.dataset),
                    order: Arc::clone(&self.order),
                    places: all,
                    batch_size,
                    seed: self.loader.seed(),
                    index: self.epoch,
                };
                Some(self.prefetch.insert(start(epoch, *count)).next())
            }
            _ => Some(read(&*self.loader.dataset, &self.order, places, self.loader.seed(), self.epoch)),
        }
    }
}

impl<Y, X> Iterator for Batches<'_, Y, X> {
    type Item = Batch<Y, X>;

    fn next(&mut self) -> Option<Batch<Y, X>> {
        profile::begin_inside(Stage::Data);
        let batch = self.read();
        // After a batch, the caller's forward pass follows.
        profile::begin_inside(if batch.is_some() { Stage::Forward } else { Stage::Rest });
        batch
    }

    /// Skips `n` batches without reading their samples, and returns the next one. `skip(n)` calls this method.
    fn nth(&mut self, n: usize) -> Option<Batch<Y, X>> {
        if n > 0 {
            self.prefetch = None;
            self.take_places(n.saturating_mul(self.loader.batch_size));
        }
        self.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let batches = self.rest.len().div_ceil(self.loader.batch_size);
        (batches, Some(batches))
    }
}

impl<Y, X> ExactSizeIterator for Batches<'_, Y, X> {}

#[cfg(test)]
mod tests;
