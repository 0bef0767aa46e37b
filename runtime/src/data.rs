//! Data sets, and loaders that split data sets into batches. This module does not depend on models
//! or loops.
//!
//! ```
//! use training_loop::prelude::*;
//!
//! # fn main() -> Result<()> {
//! let inputs = Tensor::from([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]);
//! let loader = DataLoader::new(TensorDataset::new(inputs, Labels::from(vec![0_u32, 1, 0]))?, 2).shuffle(7);
//! let sizes: Vec<_> = loader.epoch(0).map(|batch| batch.len()).collect();
//! assert_eq!(sizes, [2, 1]);
//! # Ok(())
//! # }
//! ```

mod arrays;
mod combine;
mod csv;
mod files;
mod folds;
#[cfg(feature = "images")]
mod images;
mod loader;
mod rows;
mod sampler;
mod samples;
mod table;
mod tensors;

use std::sync::Arc;

#[cfg(feature = "npz")]
pub use arrays::Npz;
pub use arrays::{Idx, Npy, mnist, save_npy};
pub use combine::{Concat, Join, Map, Pick};
pub use csv::{Column, Csv};
pub use folds::{Fold, KFold, StratifiedKFold};
#[cfg(feature = "images")]
pub use images::ImageFolder;
pub use loader::{Batches, DataLoader, Window, WindowBatches, Windows};
pub use rows::{IntoRows, Rows};
pub use sampler::{RandomSampler, Sampler, SequentialSampler, WeightedSampler};
pub use samples::{Samples, Stack};
pub use table::{Categories, FittedTableEncoder, Numbers, Table, TableEncoder};
pub use tensors::TensorDataset;

use crate::{Labels, Tensor};

/// A batch of samples: the inputs of the model and the expected outputs. A batch is not a pair, so
/// the pattern for a batch is `Batch { input, target }`.
#[derive(Clone, Debug)]
pub struct Batch<Y = Labels, X = Tensor> {
    /// The model's input, one row per sample.
    pub input: X,
    /// The expected output, one row per sample.
    pub target: Y,
}

impl<Y, X: Rows> Batch<Y, X> {
    /// The number of samples.
    pub fn len(&self) -> usize {
        self.input.rows()
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Samples with random access.
///
/// [`Samples`] is a data set of a closure that computes one sample. A type of its own implements this trait, as
/// below, and computes a whole batch. A loader calls [`batch`](Self::batch) with draws of
/// [`Tensor::rand`] and the like that are a function of its seed, the epoch and the place of the batch in the
/// epoch, so that augmentation is new in each epoch and the same in each run. [`random_state`](crate::random_state)
/// returns the seed, and the epoch as `update`, for other generators of random numbers.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// /// The numbers below `n` and their squares, computed on demand.
/// struct Squares(usize);
///
/// impl Dataset for Squares {
///     type Input = Tensor;
///     type Target = Tensor;
///
///     fn len(&self) -> usize {
///         self.0
///     }
///
///     fn batch(&self, indices: &[usize]) -> Batch<Tensor, Tensor> {
///         let column = |f: fn(f32) -> f32| {
///             Tensor::from(ndarray::Array2::from_shape_fn((indices.len(), 1), |(i, _)| f(indices[i] as f32)))
///         };
///         Batch { input: column(|x| x), target: column(|x| x * x) }
///     }
/// }
///
/// let loader = DataLoader::new(Squares(10), 4);
/// assert_eq!(loader.epoch(0).last().unwrap().target.to_array()[[1, 0]], 81.0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a data set",
    label = "not a data set",
    note = "for arrays, vectors or tensors in memory, write `TensorDataset::new(inputs, targets)?`",
    note = "a `Result` must be unwrapped first: add `?`",
    note = "a data set of your own implements `Dataset`; it is moved in, or shared as an `Arc`"
)]
pub trait Dataset: Send + Sync {
    /// The model's input in a batch: usually a [`Tensor`].
    type Input;
    /// The expected output in a batch: [`Labels`] or a [`Tensor`].
    type Target;

    /// The number of samples.
    fn len(&self) -> usize;

    /// Whether there are no samples.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The samples at these indices, in the order of the indices. Each index is below [`len`](Dataset::len).
    #[track_caller]
    fn batch(&self, indices: &[usize]) -> Batch<Self::Target, Self::Input>;

    /// A data set whose batches are changed by `change`, for example augmented or scaled.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// # fn main() -> Result<()> {
    /// let dataset = TensorDataset::new([[1.0, 2.0], [3.0, 4.0]], [0, 1])?;
    /// let noisy = dataset.map(|Batch { input, target }| {
    ///     Batch { input: &input + Tensor::randn(input.shape()) * 0.1, target }
    /// });
    /// let loader = DataLoader::new(noisy, 2);
    /// let first = |epoch| loader.epoch(epoch).next().unwrap().input.as_slice()[0];
    /// assert!(first(0) != first(1) && first(0) == first(0));
    /// # Ok(())
    /// # }
    /// ```
    fn map<X, Y, F>(self, change: F) -> Map<Self, F>
    where
        Self: Sized,
        F: Fn(Batch<Self::Target, Self::Input>) -> Batch<Y, X> + Send + Sync,
    {
        Map::new(self, change)
    }

    /// The samples at these indices, in this order. Nothing is copied.
    /// [`TensorDataset::subset`] copies the samples.
    ///
    /// # Panics
    /// If an index is out of range.
    #[track_caller]
    fn pick(self, indices: Vec<usize>) -> Pick<Self>
    where
        Self: Sized,
    {
        Pick::new(self, indices)
    }

    /// The samples of this data set, and then those of `other`.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// # fn main() -> Result<()> {
    /// let part = |x: f32| TensorDataset::new([[x], [x + 1.0]], [0, 1]);
    /// let both = part(0.0)?.concat(part(10.0)?);
    /// assert_eq!(both.batch(&[3, 0, 2]).input.as_slice(), [11.0, 0.0, 10.0]);
    /// # Ok(())
    /// # }
    /// ```
    fn concat<B>(self, other: B) -> Concat<Self, B>
    where
        Self: Sized,
        B: Dataset<Input = Self::Input, Target = Self::Target>,
        Concat<Self, B>: Dataset,
    {
        Concat::new(self, other)
    }
}

impl<D: Dataset + ?Sized> Dataset for Arc<D> {
    type Input = D::Input;
    type Target = D::Target;

    fn len(&self) -> usize {
        (**self).len()
    }

    #[track_caller]
    fn batch(&self, indices: &[usize]) -> Batch<Self::Target, Self::Input> {
        (**self).batch(indices)
    }
}
