//! A data set of a function of the sample's index.

use std::fmt::Display;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Batch, Dataset};
use crate::random::draw_for_sample;
use crate::{Labels, Scalar, Tensor, random_state, stack};

/// A data set whose samples are computed by a function of their index.
///
/// The function returns the input and the target of one sample. Tensors of several samples are stacked along a
/// new first axis; numbers of the type [`Scalar`] become `[batch, 1]`, and integers of the type `u32` become
/// labels. Random draws in the function, as of [`Tensor::rand`], are a function of the loader's seed, the epoch
/// and the place of the sample in the epoch: the same with any batch size and any number of workers, and in a
/// resumed run.
///
/// # Panics
/// In a batch, if the function panics or returns an error; the message contains the sample's index.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
/// use training_loop::data::Samples;
///
/// let images = Tensor::rand(&[100, 1, 8, 8]);
/// let dataset = Samples::new(100, move |index| {
///     let image = images.slice(0, index..index + 1).reshape(&[1, 8, 8]);
///     (image + Tensor::randn(&[1, 8, 8]) * 0.1, index as u32 % 10) // New noise in each epoch.
/// });
/// let loader = DataLoader::new(dataset, 32).shuffle(0).workers(2);
/// assert_eq!(loader.epoch(0).next().unwrap().input.shape(), [32, 1, 8, 8]);
/// ```
pub struct Samples<F, X, Y> {
    length: usize,
    sample: F,
    types: PhantomData<fn() -> (X, Y)>,
}

impl<F, X, Y> Samples<F, X, Y> {
    /// A data set of `length` samples, computed by `sample`.
    pub fn new(length: usize, sample: F) -> Self
    where
        F: Fn(usize) -> (X, Y) + Send + Sync,
    {
        Self { length, sample, types: PhantomData }
    }
}

impl<X, Y> Samples<(), X, Y> {
    /// A data set of `length` samples, computed by `sample`, which may return an error. An error in a batch is
    /// a panic with its message and the sample's index, because a loop has no place for it.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    /// use training_loop::data::Samples;
    ///
    /// let files = ["0.npy", "1.npy"];
    /// let dataset = Samples::fallible(files.len(), move |index| -> Result<_> {
    ///     Ok((training_loop::data::Npy::new(files[index]).tensor()?, index as u32))
    /// });
    /// assert_eq!(dataset.len(), 2);
    /// ```
    pub fn fallible<F, E: Display>(
        length: usize,
        sample: F,
    ) -> Samples<impl Fn(usize) -> (X, Y) + Send + Sync, X, Y>
    where
        F: Fn(usize) -> Result<(X, Y), E> + Send + Sync,
    {
        Samples::new(length, move |index| value(sample(index)))
    }
}

/// The value of a sample. [`Samples`] adds the index to the panic.
#[track_caller]
fn value<T, E: Display>(sample: Result<T, E>) -> T {
    match sample {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}

/// A value of one sample, of which several become one value for a batch.
pub trait Stack: Sized {
    /// The values of a batch.
    type Stacked;

    /// Joins the values of a batch, one per sample.
    ///
    /// # Panics
    /// If the shapes of the values differ.
    #[track_caller]
    fn stack(values: Vec<Self>) -> Self::Stacked;
}

impl Stack for Tensor {
    type Stacked = Tensor;

    #[track_caller]
    fn stack(values: Vec<Self>) -> Tensor {
        stack(&values.iter().collect::<Vec<_>>(), 0)
    }
}

impl Stack for Scalar {
    type Stacked = Tensor;

    fn stack(values: Vec<Self>) -> Tensor {
        let shape = (values.len(), 1);
        Tensor::from(ndarray::Array2::from_shape_vec(shape, values).expect("one value per row"))
    }
}

impl Stack for u32 {
    type Stacked = Labels;

    fn stack(values: Vec<Self>) -> Labels {
        values.into_iter().collect()
    }
}

impl Stack for Labels {
    type Stacked = Labels;

    #[track_caller]
    fn stack(values: Vec<Self>) -> Labels {
        let first = values.first().map_or_else(Vec::new, |value| value.shape().to_vec());
        if let Some(other) = values.iter().find(|value| value.shape() != first) {
            panic!("stack: labels of the shapes {first:?} and {:?} in one batch", other.shape());
        }
        let shape = [&[values.len()], &*first].concat();
        values.iter().flat_map(Labels::iter).collect::<Labels>().reshape(&shape)
    }
}

impl<A: Stack, B: Stack> Stack for (A, B) {
    type Stacked = (A::Stacked, B::Stacked);

    #[track_caller]
    fn stack(values: Vec<Self>) -> Self::Stacked {
        let (first, second) = values.into_iter().unzip();
        (A::stack(first), B::stack(second))
    }
}

impl<F, X: Stack, Y: Stack> Dataset for Samples<F, X, Y>
where
    F: Fn(usize) -> (X, Y) + Send + Sync,
{
    type Input = X::Stacked;
    type Target = Y::Stacked;

    fn len(&self) -> usize {
        self.length
    }

    #[track_caller]
    fn batch(&self, indices: &[usize]) -> Batch<Y::Stacked, X::Stacked> {
        let start = random_state();
        let (mut inputs, mut targets) =
            (Vec::with_capacity(indices.len()), Vec::with_capacity(indices.len()));
        for (offset, &index) in indices.iter().enumerate() {
            draw_for_sample(start, offset);
            let (input, target) = match catch_unwind(AssertUnwindSafe(|| (self.sample)(index))) {
                Ok(sample) => sample,
                Err(panic) => panic!("sample {index}: {}", super::loader::text(&*panic)),
            };
            inputs.push(input);
            targets.push(target);
        }
        Batch { input: X::stack(inputs), target: Y::stack(targets) }
    }
}
