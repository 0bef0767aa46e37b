//! The values of a model at one moment.

use std::sync::Arc;

use ndarray::{ArrayView, IxDyn};

use super::{Module, state};
use crate::nn::Buffer;
use crate::parameter::Parameter;
use crate::{Array, StateDict, storage};

/// The values of a model's parameters and buffers at one moment, which [`restore`](Self::restore) brings back.
///
/// A snapshot shares the memory of the parameters until they change: the next update of each parameter
/// writes to new memory. Taking a snapshot therefore copies only the buffers. [`Module::state_dict`] makes
/// copies with names, for other models and for files.
///
/// Gradients, the state of an optimizer, and whether a parameter is frozen are not part of a snapshot.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let model = Linear::new(3, 2);
/// let best = Snapshot::of(&model);
/// let before = model.state_dict();
/// model.weight.set(ndarray::Array2::zeros((2, 3)));
/// best.restore();
/// assert_eq!(model.state_dict(), before);
/// ```
#[derive(Clone)]
pub struct Snapshot(Vec<(String, Held)>);

/// A parameter or a buffer, and its value at the moment of the snapshot.
#[derive(Clone)]
enum Held {
    Parameter(Parameter, Arc<storage::Buffer>),
    Buffer(Buffer, Array),
}

impl Snapshot {
    /// The present values of a model.
    pub fn of<M: Module + ?Sized>(model: &M) -> Self {
        let held = |entry| match entry {
            state::Entry::Parameter(parameter) => {
                let value = Arc::clone(&parameter.lock().value);
                Held::Parameter(parameter, value)
            }
            state::Entry::Buffer(buffer) => {
                let value = buffer.value();
                Held::Buffer(buffer, value)
            }
        };
        Self(state::entries(model).into_iter().map(|(name, entry)| (name, held(entry))).collect())
    }

    /// Gives the model the values of the snapshot. Gradients and frozen parameters are kept as they are.
    pub fn restore(&self) {
        for (_, held) in &self.0 {
            match held {
                Held::Parameter(parameter, value) => parameter.lock().value = Arc::clone(value),
                Held::Buffer(buffer, value) => buffer.set(value.view()),
            }
        }
    }

    /// A copy of the values under the names of the parameters and buffers.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let model = Linear::new(3, 2);
    /// let best = Snapshot::of(&model);
    /// assert_eq!(best.state_dict(), model.state_dict());
    /// ```
    pub fn state_dict(&self) -> StateDict {
        let value = |held: &Held| match held {
            Held::Parameter(parameter, value) => {
                let array = ArrayView::from_shape(IxDyn(parameter.shape()), value.as_slice());
                array.expect("a snapshot has the shape of its parameter").to_owned()
            }
            Held::Buffer(_, value) => value.clone(),
        };
        self.0.iter().map(|(name, held)| (name.clone(), value(held))).collect()
    }
}

/// Writes the numbers of values, not the values.
impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let buffers = self.0.iter().filter(|(_, held)| matches!(held, Held::Buffer(..))).count();
        write!(f, "Snapshot({} parameters, {buffers} buffers)", self.0.len() - buffers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::BatchNorm1d;
    use crate::storage::COPIES;
    use crate::{Optimizer as _, Sgd, Tensor};

    #[test]
    fn costs_one_copy_of_a_parameter_at_its_next_update() {
        let layer = BatchNorm1d::new(3);
        let mut optimizer = Sgd::new(layer.parameters(), 0.1);
        let mut update = || {
            let before = COPIES.get();
            optimizer.zero_grad();
            layer.forward(&Tensor::from([[1.0, 2.0, 3.0], [3.0, 5.0, 4.0]])).exp().mean().backward();
            optimizer.step();
            COPIES.get() - before
        };
        update();
        let usual = update();
        let (snapshot, before) = (Snapshot::of(&layer), layer.state_dict());
        assert_eq!(update(), usual + 2);
        assert_eq!(update(), usual);
        assert_ne!(layer.state_dict(), before);
        for _ in 0..2 {
            snapshot.restore();
            assert_eq!(layer.state_dict(), before);
            update();
        }
    }
}
