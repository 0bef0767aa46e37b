//! Data sets made of data sets.

use super::{Batch, Dataset, Rows};

/// A data set whose batches are changed by a function; made by [`Dataset::map`].
pub struct Map<D, F> {
    dataset: D,
    change: F,
}

impl<D, F> Map<D, F> {
    pub(super) fn new(dataset: D, change: F) -> Self {
        Self { dataset, change }
    }
}

impl<D: Dataset, F, X, Y> Dataset for Map<D, F>
where
    F: Fn(Batch<D::Target, D::Input>) -> Batch<Y, X> + Send + Sync,
{
    type Input = X;
    type Target = Y;

    fn len(&self) -> usize {
        self.dataset.len()
    }

    #[track_caller]
    fn batch(&self, indices: &[usize]) -> Batch<Y, X> {
        (self.change)(self.dataset.batch(indices))
    }
}

/// Some samples of a data set; made by [`Dataset::pick`].
pub struct Pick<D> {
    dataset: D,
    indices: Vec<usize>,
}

impl<D: Dataset> Pick<D> {
    #[track_caller]
    pub(super) fn new(dataset: D, indices: Vec<usize>) -> Self {
        let length = dataset.len();
        if let Some(index) = indices.iter().find(|&&index| index >= length) {
            panic!("pick: there is no sample {index}, only {length} samples counted from 0");
        }
        Self { dataset, indices }
    }
}

impl<D: Dataset> Dataset for Pick<D> {
    type Input = D::Input;
    type Target = D::Target;

    fn len(&self) -> usize {
        self.indices.len()
    }

    #[track_caller]
    fn batch(&self, indices: &[usize]) -> Batch<D::Target, D::Input> {
        let indices: Vec<usize> = indices.iter().map(|&index| self.indices[index]).collect();
        self.dataset.batch(&indices)
    }
}

/// Two data sets one after the other; made by [`Dataset::concat`].
pub struct Concat<A, B> {
    first: A,
    second: B,
}

impl<A, B> Concat<A, B> {
    pub(super) fn new(first: A, second: B) -> Self {
        Self { first, second }
    }
}

impl<A: Dataset, B> Dataset for Concat<A, B>
where
    A::Input: Rows + Join,
    A::Target: Rows + Join,
    B: Dataset<Input = A::Input, Target = A::Target>,
{
    type Input = A::Input;
    type Target = A::Target;

    fn len(&self) -> usize {
        self.first.len() + self.second.len()
    }

    #[track_caller]
    fn batch(&self, indices: &[usize]) -> Batch<A::Target, A::Input> {
        let border = self.first.len();
        let (first, second): (Vec<usize>, Vec<usize>) = indices.iter().partition(|&&index| index < border);
        let second: Vec<usize> = second.into_iter().map(|index| index - border).collect();
        if second.is_empty() {
            return self.first.batch(&first);
        }
        if first.is_empty() {
            return self.second.batch(&second);
        }
        let (first, second) = (self.first.batch(&first), self.second.batch(&second));
        // Back to the order of the indices: the samples of the first set come before those of the second one.
        let (mut next, mut next_second) = (0, first.len());
        let place = |&index: &usize| {
            let next = if index < border { &mut next } else { &mut next_second };
            *next += 1;
            *next - 1
        };
        let order: Vec<usize> = indices.iter().map(place).collect();
        let join = |a: &A::Input, b: &A::Input| Join::join(a, b).pick(&order);
        let input = join(&first.input, &second.input);
        Batch { input, target: Join::join(&first.target, &second.target).pick(&order) }
    }
}

/// Values with one row per sample, of which two can be joined along the rows.
pub trait Join {
    /// The rows of `self` and then those of `other`.
    ///
    /// # Panics
    /// If the shapes of the rows differ.
    #[track_caller]
    fn join(&self, other: &Self) -> Self;
}

impl Join for crate::Tensor {
    #[track_caller]
    fn join(&self, other: &Self) -> Self {
        crate::cat(&[self, other], 0)
    }
}

impl Join for crate::Labels {
    #[track_caller]
    fn join(&self, other: &Self) -> Self {
        let (own, theirs) = (self.shape(), other.shape());
        assert!(own[1..] == theirs[1..], "concat: labels of the shapes {own:?} and {theirs:?} in one batch");
        let shape = [&[own[0] + theirs[0]], &own[1..]].concat();
        self.iter().chain(other.iter()).collect::<Self>().reshape(&shape)
    }
}

impl<A: Join, B: Join> Join for (A, B) {
    #[track_caller]
    fn join(&self, other: &Self) -> Self {
        (self.0.join(&other.0), self.1.join(&other.1))
    }
}
