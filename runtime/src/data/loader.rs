//! Splits a data set into batches, in an order that is a function of (seed, epoch).

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Batch, Dataset, Rows};
use crate::profile::{self, Stage};
use crate::random::{Purpose, permutation};
use crate::{Error, Labels, Result, Scalar, Tensor};

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
    shuffle: Option<u64>,
    drop_last: bool,
    /// The largest number of batches in an epoch.
    limit: Option<usize>,
    /// The number of passes started by `for batch in &loader`.
    passes: AtomicUsize,
}

impl<Y, X> DataLoader<Y, X> {
    /// A loader with batches of `batch_size` samples (at least 1), in the order of the data set.
    pub fn new(dataset: impl Dataset<Input = X, Target = Y> + 'static, batch_size: usize) -> Self {
        let dataset = Arc::new(dataset);
        let passes = AtomicUsize::new(0);
        Self { dataset, batch_size, shuffle: None, drop_last: false, limit: None, passes }
    }

    /// Shuffles the samples in each epoch. The order depends only on `seed` and the epoch.
    pub fn shuffle(self, seed: u64) -> Self {
        Self { shuffle: Some(seed), ..self }
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
        Self { shuffle: None, ..self }
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
        let all = self.dataset.len();
        let left_over = all.checked_rem(self.batch_size).unwrap_or(all);
        let whole = if self.drop_last || self.batch_size == 0 { all - left_over } else { all };
        self.limit.map_or(whole, |batches| whole.min(batches.saturating_mul(self.batch_size)))
    }

    /// The size and the settings of the loader as text. A resumed run compares it with the checkpoint.
    pub(crate) fn description(&self) -> String {
        let order = match self.shuffle {
            Some(seed) => format!("shuffled with seed {seed}"),
            None => "in order".to_owned(),
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
    /// If the batch size is 0, or if there is no memory for the order of the samples.
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
        let order = match self.shuffle {
            Some(seed) => permutation(self.dataset.len(), Purpose::Shuffle, seed, epoch as u64),
            None => (0..samples).collect(),
        };
        Batches { loader: self, order: order.into(), rest: 0..samples }
    }

    /// The batches of the next pass. Each call starts the next epoch, counted from 0.
    /// `for batch in &loader` calls this method.
    #[track_caller]
    pub fn iter(&self) -> Batches<'_, Y, X> {
        self.epoch(self.passes.fetch_add(1, Ordering::Relaxed))
    }

    /// The batches of an epoch, grouped into windows of `k` batches for gradient accumulation. The
    /// last window may be shorter.
    ///
    /// # Panics
    /// If the batch size or `k` is 0.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// # fn main() -> Result<()> {
    /// # let dataset = TensorDataset::new(Tensor::zeros(&[7, 2]), Tensor::zeros(&[7, 1]))?;
    /// let loader = DataLoader::new(dataset, 2);
    /// for window in loader.windows(0, 3) {
    ///     for batch in &window {
    ///         let _ = window.weight(&batch) * 0.5; // Times the batch's loss, then `backward`.
    ///     }
    /// }
    /// let samples: Vec<_> = loader.windows(0, 3).map(|window| window.samples()).collect();
    /// assert_eq!(samples, [6, 1]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn windows(&self, epoch: usize, k: usize) -> Windows<'_, Y, X> {
        assert!(k > 0, "windows: `k` is 0, but must be at least 1");
        Windows { batches: self.epoch(epoch), samples: self.batch_size.saturating_mul(k) }
    }
}

impl<Y, X> Clone for DataLoader<Y, X> {
    /// Clones the loader. The clone shares the data set, and counts its own passes from 0.
    fn clone(&self) -> Self {
        Self { dataset: Arc::clone(&self.dataset), passes: AtomicUsize::new(0), ..*self }
    }
}

impl<Y, X> fmt::Debug for DataLoader<Y, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataLoader")
            .field("samples", &self.dataset.len())
            .field("batch_size", &self.batch_size)
            .field("shuffle", &self.shuffle)
            .field("drop_last", &self.drop_last)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
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
}

impl<Y, X> Batches<'_, Y, X> {
    /// Takes the next range of at most `samples` indices into `order`. Returns `None` if no index
    /// remains.
    fn take_places(&mut self, samples: usize) -> Option<Range<usize>> {
        let start = self.rest.start;
        self.rest.start = self.rest.end.min(start.saturating_add(samples));
        (start < self.rest.end).then_some(start..self.rest.start)
    }
}

impl<Y, X> Iterator for Batches<'_, Y, X> {
    type Item = Batch<Y, X>;

    fn next(&mut self) -> Option<Batch<Y, X>> {
        profile::begin_inside(Stage::Data);
        let batch = self
            .take_places(self.loader.batch_size)
            .map(|places| self.loader.dataset.batch(&self.order[places]));
        // After a batch, the caller's forward pass follows.
        profile::begin_inside(if batch.is_some() { Stage::Forward } else { Stage::Rest });
        batch
    }

    /// Skips `n` batches without reading their samples, and returns the next one. `skip(n)` calls this method.
    fn nth(&mut self, n: usize) -> Option<Batch<Y, X>> {
        self.take_places(n.saturating_mul(self.loader.batch_size));
        self.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let batches = self.rest.len().div_ceil(self.loader.batch_size);
        (batches, Some(batches))
    }
}

impl<Y, X> ExactSizeIterator for Batches<'_, Y, X> {}

/// An iterator over the accumulation windows of one epoch; made by [`DataLoader::windows`].
pub struct Windows<'a, Y = Labels, X = Tensor> {
    batches: Batches<'a, Y, X>,
    /// The number of samples in a full window.
    samples: usize,
}

impl<'a, Y, X> Iterator for Windows<'a, Y, X> {
    type Item = Window<'a, Y, X>;

    fn next(&mut self) -> Option<Window<'a, Y, X>> {
        let places = self.batches.take_places(self.samples)?;
        Some(Window { loader: self.batches.loader, order: Arc::clone(&self.batches.order), places })
    }

    /// Skips `n` windows, and returns the next one. `skip(n)` calls this method.
    fn nth(&mut self, n: usize) -> Option<Window<'a, Y, X>> {
        self.batches.take_places(n.saturating_mul(self.samples));
        self.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let windows = self.batches.rest.len().div_ceil(self.samples);
        (windows, Some(windows))
    }
}

impl<Y, X> ExactSizeIterator for Windows<'_, Y, X> {}

/// An accumulation window: the batches whose gradients are accumulated for one update.
/// `for batch in &window` reads the batches from the data set one by one, so a window needs no more
/// memory than one batch.
pub struct Window<'a, Y = Labels, X = Tensor> {
    loader: &'a DataLoader<Y, X>,
    order: Arc<[usize]>,
    places: Range<usize>,
}

impl<Y, X> Window<'_, Y, X> {
    /// The number of samples in all batches of the window.
    pub fn samples(&self) -> usize {
        self.places.len()
    }

    /// The number of batches in the window.
    pub fn batches(&self) -> usize {
        self.places.len().div_ceil(self.loader.batch_size)
    }
}

impl<Y, X> Window<'_, Y, X> {
    /// An iterator over the batches of the window.
    pub fn iter(&self) -> WindowBatches<'_, Y, X> {
        let (order, rest) = (Arc::clone(&self.order), self.places.clone());
        WindowBatches(Batches { loader: self.loader, order, rest })
    }
}

impl<Y, X: Rows> Window<'_, Y, X> {
    /// The batch's share of the window's samples. If the mean loss of each batch is multiplied by
    /// the weight of the batch, the accumulated gradient equals the gradient of one large batch,
    /// even if the batches differ in size.
    pub fn weight(&self, batch: &Batch<Y, X>) -> Scalar {
        batch.len() as Scalar / self.samples() as Scalar
    }
}

impl<'w, Y, X> IntoIterator for &'w Window<'_, Y, X> {
    type Item = Batch<Y, X>;
    type IntoIter = WindowBatches<'w, Y, X>;

    fn into_iter(self) -> WindowBatches<'w, Y, X> {
        self.iter()
    }
}

/// An iterator over the batches of one accumulation window.
pub struct WindowBatches<'a, Y = Labels, X = Tensor>(Batches<'a, Y, X>);

impl<Y, X> Iterator for WindowBatches<'_, Y, X> {
    type Item = Batch<Y, X>;

    fn next(&mut self) -> Option<Batch<Y, X>> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<Y, X> ExactSizeIterator for WindowBatches<'_, Y, X> {}

#[cfg(test)]
mod tests;
