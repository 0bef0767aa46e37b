//! Batches in groups, for gradient accumulation.

use std::ops::Range;
use std::sync::Arc;

use super::{Batch, Batches, DataLoader};
use crate::data::Rows;
use crate::{Labels, Scalar, Tensor};

impl<Y, X> DataLoader<Y, X> {
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
        Some(Window {
            loader: self.batches.loader,
            order: Arc::clone(&self.batches.order),
            places,
            epoch: self.batches.epoch,
        })
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
    epoch: u64,
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
        WindowBatches(Batches { loader: self.loader, order, rest, epoch: self.epoch, prefetch: None })
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
