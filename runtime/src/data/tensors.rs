//! In-memory data sets.

use super::folds::stratified_split;
use super::{Batch, Dataset, IntoRows, Rows};
use crate::random::{Purpose, permutation};
use crate::{Error, Labels, Result, Scalar, Tensor};

/// A data set in memory. A clone shares the samples.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// # fn main() -> Result<()> {
/// let inputs = ndarray::Array2::from_shape_fn((10, 3), |(row, column)| (row + column) as Scalar);
/// let dataset = TensorDataset::new(inputs, [0, 1, 0, 1, 0, 1, 0, 1, 0, 1])?;
/// let (train, valid) = dataset.split(0.8, 0)?;
/// assert_eq!((train.len(), valid.len()), (8, 2));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TensorDataset<Y = Labels, X = Tensor> {
    inputs: X,
    targets: Y,
}

impl<Y: Rows, X: Rows> TensorDataset<Y, X> {
    /// A data set with one sample per row of `inputs` and `targets`. Both may be tensors, labels,
    /// or values that convert to tensors or labels ([`IntoRows`]).
    ///
    /// # Errors
    /// If there are no samples, if the numbers of inputs and targets differ, or if a value is NaN
    /// or infinite. In the last case, the error contains the row and the column of the value.
    #[track_caller]
    pub fn new(inputs: impl IntoRows<Rows = X>, targets: impl IntoRows<Rows = Y>) -> Result<Self> {
        let (inputs, targets) = (inputs.into_rows(), targets.into_rows());
        if inputs.rows() != targets.rows() {
            return Err(Error::Lengths { inputs: inputs.rows(), targets: targets.rows() });
        }
        if inputs.rows() == 0 {
            return Err(Error::EmptyData { what: "the inputs".to_owned() });
        }
        inputs.check("inputs")?;
        targets.check("targets")?;
        Ok(Self { inputs, targets })
    }

    /// All inputs.
    pub fn inputs(&self) -> &X {
        &self.inputs
    }

    /// All targets.
    pub fn targets(&self) -> &Y {
        &self.targets
    }

    /// A copy of the samples at these indices, in this order.
    ///
    /// # Panics
    /// If an index is out of range.
    #[track_caller]
    pub fn subset(&self, indices: &[usize]) -> Self {
        Self { inputs: self.inputs.pick(indices), targets: self.targets.pick(indices) }
    }

    /// Splits the samples into two parts. The first part gets the fraction `fraction` of the
    /// samples, and the second part gets the rest. `fraction` is in (0, 1).
    ///
    /// The split depends only on `seed` and the number of samples. Each part keeps the order of the
    /// samples.
    ///
    /// # Errors
    /// If one of the parts would be empty.
    pub fn split(&self, fraction: f64, seed: u64) -> Result<(Self, Self)> {
        let samples = self.inputs.rows();
        let first = (samples as f64 * fraction).round();
        if !(first >= 1.0 && first < samples as f64) {
            let range = "in (0, 1), with at least one sample in each part";
            return Err(Error::HyperParameter { owner: "split", name: "fraction", value: fraction, range });
        }
        let mut order = permutation(samples, Purpose::Split, seed, 0);
        let (some, rest) = order.split_at_mut(first as usize);
        some.sort_unstable();
        rest.sort_unstable();
        Ok((self.subset(some), self.subset(rest)))
    }
}

impl<X: Rows> TensorDataset<Labels, X> {
    /// Splits the samples like [`split`](Self::split), with the classes in the same proportions in both parts.
    /// The first part gets the fraction `fraction` of each class, rounded.
    ///
    /// # Errors
    /// If one of the parts would be empty.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// # fn main() -> Result<()> {
    /// let dataset = TensorDataset::new(Tensor::zeros(&[10, 1]), [0, 0, 0, 0, 0, 1, 1, 1, 1, 1])?;
    /// let (train, valid) = dataset.split_stratified(0.8, 0)?;
    /// assert_eq!((train.targets().as_slice(), valid.targets().as_slice()), (&[0, 0, 0, 0, 1, 1, 1, 1][..], &[0, 1][..]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn split_stratified(&self, fraction: f64, seed: u64) -> Result<(Self, Self)> {
        let (first, second) = stratified_split(&self.targets, fraction, seed)?;
        Ok((self.subset(&first), self.subset(&second)))
    }
}

impl<Y: Rows> TensorDataset<Y> {
    /// Applies a function to each element of the inputs, for example to scale them.
    ///
    /// # Panics
    /// If a result is NaN or infinite. The message contains the row and the column.
    #[track_caller]
    pub fn map_inputs(self, change: impl Fn(Scalar) -> Scalar) -> Self {
        let inputs = Tensor::from(self.inputs.view().mapv(change));
        if let Err(error) = inputs.check("map_inputs") {
            panic!("{error}");
        }
        Self { inputs, ..self }
    }
}

impl<Y: Rows, X: Rows> Dataset for TensorDataset<Y, X> {
    type Input = X;
    type Target = Y;

    fn len(&self) -> usize {
        self.inputs.rows()
    }

    #[track_caller]
    fn batch(&self, indices: &[usize]) -> Batch<Y, X> {
        Batch { input: self.inputs.pick(indices), target: self.targets.pick(indices) }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    fn numbers(rows: usize) -> TensorDataset {
        let inputs = Array2::from_shape_fn((rows, 2), |(row, column)| (10 * row + column) as Scalar);
        TensorDataset::new(inputs, (0..rows as u32).collect::<Labels>()).unwrap()
    }

    #[test]
    fn refuses_what_nobody_can_learn_from() {
        let labels = |n: u32| (0..n).collect::<Labels>();
        let new = |shape: &[usize], n| TensorDataset::new(Tensor::zeros(shape), labels(n)).unwrap_err();
        assert!(matches!(new(&[3, 2], 2), Error::Lengths { inputs: 3, targets: 2 }));
        assert!(matches!(new(&[0, 2], 0), Error::EmptyData { .. }));
        let holed = Tensor::from(ndarray::arr2(&[[0.0, 0.0], [0.0, Scalar::NAN]]));
        let error = TensorDataset::new(holed.clone(), labels(2)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "inputs: NaN in row 1, column 1 (counted from 0); replace it or leave the row out"
        );
        assert!(TensorDataset::new(Tensor::zeros(&[2, 1]), holed).is_err());
    }

    #[test]
    fn is_made_of_what_there_is() {
        let rows = ndarray::arr2(&[[0.0 as Scalar, 1.0], [2.0, 3.0]]);
        let dataset = TensorDataset::new(rows.clone(), ndarray::arr1(&[1_usize, 0])).unwrap();
        assert_eq!((dataset.inputs().shape(), dataset.targets()), (&[2, 2][..], &Labels::from([1, 0])));
        let values = TensorDataset::new(rows.view(), vec![0.5, 1.5]).unwrap();
        assert_eq!(values.targets().as_slice(), [0.5, 1.5]);
        let pairs = TensorDataset::new((Tensor::from(rows), Labels::from([7, 8])), [[0.5], [1.5]]).unwrap();
        assert_eq!((pairs.inputs().1.len(), pairs.targets().shape()), (2, &[2, 1][..]));
        assert!(matches!(TensorDataset::new([0.5, 1.5], [1]), Err(Error::Lengths { inputs: 2, targets: 1 })));
    }

    #[test]
    fn a_split_loses_and_doubles_nothing() {
        let (train, valid) = numbers(10).split(0.75, 3).unwrap();
        assert_eq!((train.len(), valid.len()), (8, 2));
        let mut all = train.targets().iter().chain(valid.targets().iter()).collect::<Vec<_>>();
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
        assert!(train.targets().as_slice().is_sorted());
        let first = |dataset: &TensorDataset| dataset.inputs().view()[[0, 0]] as u32 / 10;
        assert_eq!(first(&train), train.targets().as_slice()[0]);
        assert_eq!(numbers(10).split(0.75, 3).unwrap().0.targets(), train.targets());
        for fraction in [0.0, 0.01, 0.99, 1.0, -1.0, f64::NAN] {
            assert!(numbers(10).split(fraction, 3).is_err(), "{fraction}");
        }
    }

    #[test]
    fn inputs_can_be_scaled() {
        assert_eq!(numbers(2).map_inputs(|x| x / 2.0).inputs().as_slice(), [0.0, 0.5, 5.0, 5.5]);
    }

    #[test]
    #[should_panic(expected = "map_inputs: -inf in row 0, column 0")]
    fn scaling_to_infinity_is_named() {
        let _ = numbers(2).map_inputs(Scalar::ln);
    }
}
