//! An exponential moving average of a model's parameters.

use std::sync::Arc;

use crate::nn::Module;
use crate::parameter::Parameter;
use crate::profile::{self, Stage};
use crate::storage::Buffer;
use crate::value::Value;
use crate::{Error, Misshapen, Result, Scalar, StateDict, kernel};

/// An exponential moving average of a model's parameters over the optimizer updates. The averaged parameters
/// often generalize better.
///
/// The average starts with the values after the first update. Buffers, such as the running statistics of
/// batch norm, are not averaged: the model keeps its own values. The average holds references to the model's
/// parameters, as an optimizer does. The averages need as much memory as the parameters.
///
/// # Formula
/// `average ← decay · average + (1 - decay) · value` after each update.
///
/// # Source
/// PyTorch's `torch.optim.swa_utils.AveragedModel` with `get_ema_multi_avg_fn(decay)`, which starts in the
/// same way.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let model = Linear::new(1, 1).no_bias();
/// let mut optimizer = Sgd::new(model.parameters(), 0.5);
/// let mut ema = Ema::new(&model, 0.9);
/// let (x, y) = (Tensor::ones(&[4, 1]), Tensor::zeros(&[4, 1]));
/// for _ in 0..10 {
///     let loss = mse_loss(&model.forward(&x), &y);
///     optimizer.zero_grad();
///     loss.backward();
///     optimizer.step();
///     ema.update();
/// }
/// let trained = model.state_dict();
/// {
///     let _averaged = ema.scope(); // for an evaluation
///     assert_eq!(model.state_dict(), ema.state_dict());
/// }
/// assert_eq!(model.state_dict(), trained);
/// ema.apply(); // for good
/// assert_eq!(model.state_dict(), ema.state_dict());
/// ```
#[derive(Clone)]
pub struct Ema {
    decay: Scalar,
    /// The parameters of the model with their names.
    parameters: Vec<(String, Parameter)>,
    /// The averages, in the order of the parameters; empty before the first update.
    averages: Vec<Value>,
}

impl Ema {
    /// Creates an average of the parameters of a model. `decay`, in [0, 1), is the weight of the old average
    /// in each update.
    ///
    /// # Panics
    /// If `decay` is not in [0, 1).
    #[track_caller]
    pub fn new<M: Module + ?Sized>(model: &M, decay: Scalar) -> Self {
        assert!(
            (0.0..1.0).contains(&decay),
            "`decay` of `Ema` is {decay}, but must be in [0, 1); write 0.999 to average over about 1000 updates"
        );
        Self { decay, parameters: model.named_parameters(), averages: Vec::new() }
    }

    /// Adds the current values to the average. Call it after each update of the optimizer.
    pub fn update(&mut self) {
        let _stage = profile::scope(Stage::Optimizer);
        if self.averages.is_empty() {
            self.averages = self.parameters.iter().map(|(_, parameter)| value(parameter)).collect();
            return;
        }
        let share = 1.0 - self.decay;
        for ((_, parameter), average) in self.parameters.iter().zip(&mut self.averages) {
            let new = value(parameter);
            kernel::zip_in_place(average.make_mut(), new.as_slice(), move |average, new| {
                average + share * (new - average)
            });
        }
    }

    /// Sets the model's parameters to the averages, until the guard is dropped. The guard restores the
    /// previous values, also on an early return or a panic. Before the first [`update`](Self::update), the
    /// method changes nothing.
    ///
    /// No memory is copied. All threads see the averaged values, so the model must not be trained in the
    /// scope.
    #[must_use = "the scope ends when the guard is dropped: `let _averaged = ema.scope();`"]
    pub fn scope(&self) -> Averaged {
        let trained = |(_, parameter): &(String, Parameter)| {
            let value = Arc::clone(&parameter.lock().value);
            (parameter.clone(), value)
        };
        let averaged = Averaged { trained: self.parameters.iter().map(trained).collect() };
        self.apply();
        averaged
    }

    /// Sets the model's parameters to the averages permanently. Before the first [`update`](Self::update),
    /// the method changes nothing.
    pub fn apply(&self) {
        for ((_, parameter), average) in self.parameters.iter().zip(&self.averages) {
            parameter.replace(average.clone());
        }
    }

    /// A copy of the averages under the names of the parameters; empty before the first update.
    pub fn state_dict(&self) -> StateDict {
        let entry = |((name, parameter), average): (&(String, Parameter), &Value)| {
            let array = ndarray::ArrayView::from_shape(ndarray::IxDyn(parameter.shape()), average.as_slice());
            (name.clone(), array.expect("an average has the shape of its parameter").to_owned())
        };
        self.parameters.iter().zip(&self.averages).map(entry).collect()
    }

    /// Replaces the averages with those of a [`state_dict`](Self::state_dict).
    ///
    /// # Errors
    /// [`Error::State`] if names or shapes differ; the averages are then unchanged. An empty state is valid:
    /// it is the state before the first update.
    pub fn load_state_dict(&mut self, state: &StateDict) -> Result<()> {
        let mut averages = Vec::new();
        let (mut missing, mut misshapen) = (Vec::new(), Vec::new());
        for (name, parameter) in self.parameters.iter().filter(|_| !state.is_empty()) {
            match state.get(name) {
                None => missing.push(name.clone()),
                Some(array) if array.shape() != parameter.shape() => misshapen.push(Misshapen {
                    name: name.clone(),
                    expected: parameter.shape().to_vec(),
                    found: array.shape().to_vec(),
                }),
                Some(array) => averages.push(crate::tensor::copied(array)),
            }
        }
        let is_own = |name: &str| self.parameters.iter().any(|(own, _)| own == name);
        let unexpected: Vec<String> = state.names().filter(|name| !is_own(name)).map(str::to_owned).collect();
        if !(missing.is_empty() && unexpected.is_empty() && misshapen.is_empty()) {
            return Err(Error::State { path: None, missing, unexpected, misshapen });
        }
        self.averages = averages;
        Ok(())
    }
}

/// The current value of a parameter. It shares the parameter's memory until one of them changes.
fn value(parameter: &Parameter) -> Value {
    parameter.tensor().value().clone()
}

/// Writes the settings, without the averages.
impl std::fmt::Debug for Ema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ema(decay: {}, {} parameters)", self.decay, self.parameters.len())
    }
}

/// A scope in which a model has its averaged parameters; made by [`Ema::scope`].
pub struct Averaged {
    trained: Vec<(Parameter, Arc<Buffer>)>,
}

impl Drop for Averaged {
    fn drop(&mut self) {
        for (parameter, value) in self.trained.drain(..) {
            parameter.lock().value = value;
        }
    }
}

impl std::fmt::Debug for Averaged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Averaged({} parameters)", self.trained.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::BatchNorm1d;
    use crate::storage::COPIES;

    fn layer() -> (BatchNorm1d, Ema) {
        let layer = BatchNorm1d::new(2);
        let ema = Ema::new(&layer, 0.75);
        (layer, ema)
    }

    fn set(layer: &BatchNorm1d, value: Scalar) {
        layer.weight.set(ndarray::arr1(&[value, -value]));
    }

    #[test]
    fn averages_begin_with_the_first_update() {
        let (layer, mut ema) = layer();
        assert!(ema.state_dict().is_empty());
        for (value, average) in [(4.0, 4.0), (8.0, 5.0), (1.0, 4.0)] {
            set(&layer, value);
            ema.update();
            let state = ema.state_dict();
            assert_eq!(state.get("weight").unwrap().as_slice().unwrap(), [average, -average]);
            assert_eq!(state.names().collect::<Vec<_>>(), ["weight", "bias"]);
        }
        assert_eq!(layer.weight.value()[0], 1.0, "the model is unchanged");
    }

    #[test]
    fn the_trained_values_come_back_on_every_way_out() {
        let (layer, mut ema) = layer();
        drop(ema.scope());
        set(&layer, 4.0);
        ema.update();
        set(&layer, 8.0);
        let before = COPIES.get();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _averaged = ema.scope();
            let _again = ema.scope();
            assert_eq!(layer.weight.value()[0], 4.0);
            std::panic::resume_unwind(Box::new("on purpose"));
        }));
        assert!(result.is_err());
        assert_eq!(layer.weight.value()[0], 8.0);
        assert_eq!(COPIES.get(), before, "nothing is copied");
        ema.apply();
        assert_eq!(layer.weight.value()[0], 4.0);
    }

    #[test]
    fn a_state_comes_back_and_another_one_is_refused() {
        let (layer, mut ema) = layer();
        set(&layer, 4.0);
        ema.update();
        let state = ema.state_dict();
        let mut other = Ema::new(&layer, 0.75);
        other.load_state_dict(&state).unwrap();
        set(&layer, 8.0);
        ema.update();
        other.update();
        assert_eq!(ema.state_dict(), other.state_dict());
        let wrong = BatchNorm1d::new(3).state_dict();
        let error = other.load_state_dict(&wrong).unwrap_err();
        let Error::State { missing, unexpected, misshapen, .. } = &error else { panic!("{error}") };
        assert_eq!((missing.len(), unexpected.len(), misshapen.len()), (0, 3, 2));
        assert_eq!(ema.state_dict(), other.state_dict());
        other.load_state_dict(&StateDict::new()).unwrap();
        assert!(other.state_dict().is_empty());
    }

    #[test]
    #[should_panic(expected = "`decay` of `Ema` is 1, but must be in [0, 1)")]
    fn a_decay_of_one_is_refused() {
        let _ = Ema::new(&BatchNorm1d::new(1), 1.0);
    }
}
