//! Predictions over a whole data set.

use crate::data::DataLoader;
use crate::nn::Module;
use crate::{Result, Tensor, cat, evaluation};

/// The outputs of a model for all samples of a loader's data set, in the order of the data set.
///
/// The model is in [evaluation mode](crate::evaluation), and nothing is recorded. The loader determines only the
/// number of samples that are computed at once: its `shuffle` and `drop_last` have no effect.
///
/// # Shapes
/// Each call of `forward` returns `[batch, ..]`; the result is `[samples, ..]`.
///
/// # Errors
/// Those of [`DataLoader::check`], except that of `drop_last`.
///
/// # Panics
/// If the outputs of two batches have different shapes besides the first axis.
///
/// # Source
/// Keras's `model.predict` and Lightning's `trainer.predict`, which returns a list of batches.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// # fn main() -> Result<()> {
/// let model = Linear::new(3, 2);
/// let data = TensorDataset::new(Tensor::randn(&[10, 3]), Labels::from(vec![0_u32; 10]))?;
/// let loader = DataLoader::new(data, 4).shuffle(0);
/// let outputs = predict(&model, &loader, Linear::forward)?;
/// assert_eq!(outputs.shape(), [10, 2]);
/// let classes = predict(&model, &loader, |model, x| model.forward(x).softmax(1))?.argmax(1);
/// assert_eq!(classes.shape(), [10]);
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn predict<M: Module + ?Sized, Y, X>(
    model: &M,
    data: &DataLoader<Y, X>,
    mut forward: impl FnMut(&M, &X) -> Tensor,
) -> Result<Tensor> {
    // `drop_last` has no effect, so only these errors of the check apply.
    if data.batch_size() == 0 || data.dataset().is_empty() {
        data.check("data")?;
    }
    let _evaluation = evaluation(model);
    let places: Vec<usize> = (0..data.dataset().len()).collect();
    let mut outputs = Vec::with_capacity(places.len().div_ceil(data.batch_size()));
    for places in places.chunks(data.batch_size()) {
        outputs.push(forward(model, &data.dataset().batch(places).input));
    }
    Ok(cat(&outputs.iter().collect::<Vec<_>>(), 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::TensorDataset;
    use crate::nn::Dropout;
    use crate::{Labels, Scalar, ndarray};

    #[test]
    fn outputs_have_the_order_of_the_data() {
        let model = Dropout::new(0.5);
        let numbers = ndarray::Array2::from_shape_fn((7, 2), |(i, j)| (10 * i + j) as Scalar);
        for batch_size in [1, 2, 3, 7, 100] {
            let data =
                TensorDataset::new(Tensor::from(numbers.clone()), Labels::from(vec![0_u32; 7])).unwrap();
            let loader = DataLoader::new(data, batch_size).shuffle(3).drop_last();
            let outputs = predict(&model, &loader, Dropout::forward).unwrap();
            assert_eq!(outputs.to_array(), numbers.clone().into_dyn(), "{batch_size}");
            assert!(model.is_training());
        }
    }

    #[test]
    fn a_loader_without_a_batch_is_an_error() {
        let data = TensorDataset::new(Tensor::zeros(&[2, 2]), Labels::from([0_u32, 1])).unwrap();
        let error = predict(&Dropout::new(0.5), &DataLoader::new(data, 0), Dropout::forward).unwrap_err();
        assert!(error.to_string().contains("`batch_size` of `DataLoader` is 0"), "{error}");
    }
}
