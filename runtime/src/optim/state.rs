//! The state of an optimizer, independent of the optimizer.

use crate::parameter::Parameter;
use crate::scalar::Scalar;
use crate::storage::Buffer;
use crate::{Array, Difference, Error, Result, StateDict};

/// The state of an optimizer: its kind, its hyper-parameters, and its running values.
///
/// [`Optimizer::state_dict`](crate::Optimizer::state_dict) returns a state, and
/// [`Optimizer::load_state_dict`](crate::Optimizer::load_state_dict) restores it. A custom optimizer builds
/// its state with [`new`](Self::new), [`setting`](Self::setting), [`number`](Self::number) and
/// [`tensor`](Self::tensor).
///
/// Entries of a parameter are named after its index in the optimizer, with PyTorch's names:
/// `0.exp_avg`, `0.exp_avg_sq` and `0.step` for Adam, `0.momentum_buffer` for SGD. A parameter that
/// has had no gradient yet has no entries.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let layer = Linear::new(2, 1);
/// let optimizer = AdamW::new(layer.parameters(), 1e-3);
/// let state = optimizer.state_dict()?;
/// assert_eq!((state.kind(), state.get_number("learning_rate")), ("AdamW", Some(f64::from(1e-3_f32))));
///
/// let mut other = AdamW::new(layer.parameters(), 0.5);
/// other.load_state_dict(&state)?;
/// assert_eq!(other.learning_rate(), 1e-3);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct OptimizerState {
    kind: String,
    settings: Vec<(String, f64)>,
    numbers: Vec<(String, f64)>,
    tensors: StateDict,
}

impl OptimizerState {
    /// A state without entries, of an optimizer with the name `kind`, such as `AdamW`.
    pub fn new(kind: impl Into<String>) -> Self {
        Self { kind: kind.into(), settings: Vec::new(), numbers: Vec::new(), tensors: StateDict::new() }
    }

    /// Adds a hyper-parameter, which must have the same value when the state is loaded.
    pub fn setting(mut self, name: impl Into<String>, value: f64) -> Self {
        self.settings.push((name.into(), value));
        self
    }

    /// Adds a number that changes during training, such as the learning rate or a count.
    pub fn number(mut self, name: impl Into<String>, value: f64) -> Self {
        self.numbers.push((name.into(), value));
        self
    }

    /// Adds a tensor that changes during training, such as a running mean.
    pub fn tensor(mut self, name: impl Into<String>, value: Array) -> Self {
        self.tensors.insert(name, value);
        self
    }

    /// The name of the optimizer, such as `AdamW`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The hyper-parameters, by name.
    pub fn settings(&self) -> &[(String, f64)] {
        &self.settings
    }

    /// The numbers, by name.
    pub fn numbers(&self) -> &[(String, f64)] {
        &self.numbers
    }

    /// The tensors, by name.
    pub fn tensors(&self) -> &StateDict {
        &self.tensors
    }

    /// The number with this name, or `None` if there is no such number.
    pub fn get_number(&self, name: &str) -> Option<f64> {
        self.numbers.iter().find(|(own, _)| own == name).map(|&(_, value)| value)
    }

    /// The differences between this optimizer's kind and hyper-parameters and those of `saved`. The
    /// list is empty if `saved` belongs to this optimizer.
    pub fn differences(&self, saved: &Self) -> Vec<Difference> {
        if self.kind != saved.kind {
            return vec![Difference::new("optimizer", &self.kind, &saved.kind)];
        }
        let missing = || "missing".to_owned();
        let value = |settings: &[(String, f64)], name: &str| {
            settings.iter().find(|(own, _)| own == name).map_or_else(missing, |(_, value)| shown(*value))
        };
        let names = self.settings.iter().chain(&saved.settings).map(|(name, _)| name);
        let mut differences: Vec<Difference> = Vec::new();
        for name in names {
            let (own, found) = (value(&self.settings, name), value(&saved.settings, name));
            let name = format!("{name}` of `{}", self.kind);
            if own != found && differences.iter().all(|known| known.name != name) {
                differences.push(Difference::new(&name, &own, &found));
            }
        }
        differences
    }

    /// The learning rate of a state that belongs to the optimizer with the state `own`.
    ///
    /// # Errors
    /// [`Error::OptimizerState`] if `self` is the state of another optimizer, if it has no learning
    /// rate, or if it has entries of other parameters than `parameters`.
    pub(super) fn checked_rate(&self, own: &Self, parameters: &[Parameter]) -> Result<Scalar> {
        let mut differences = own.differences(self);
        for (name, value) in self.tensors.iter() {
            let index = name.split_once('.').and_then(|(index, _)| index.parse::<usize>().ok());
            let expected = match index.and_then(|index| parameters.get(index)) {
                Some(parameter) if parameter.shape() == value.shape() => continue,
                Some(parameter) => format!("{:?}", parameter.shape()),
                None => format!("not an entry of its {} parameters", parameters.len()),
            };
            differences.push(Difference::new(name, &expected, &format!("{:?}", value.shape())));
        }
        let rate = self.get_number("learning_rate");
        if rate.is_none() && differences.is_empty() {
            differences.push(Difference::new("learning_rate", "a number", "missing"));
        }
        match rate {
            Some(rate) if differences.is_empty() => Ok(rate as Scalar),
            _ => Err(Error::OptimizerState { differences }),
        }
    }

    /// A buffer with the values of the tensor `name` of the parameter with this index, or `None` if the
    /// parameter has no such tensor.
    pub(super) fn buffer(&self, index: usize, name: &str) -> Option<Buffer> {
        let value = self.tensors.get(&format!("{index}.{name}"))?;
        let mut buffer = Buffer::stale(value.len());
        buffer.as_mut_slice().iter_mut().zip(value).for_each(|(own, saved)| *own = *saved);
        Some(buffer)
    }
}

/// An optimizer buffer as an array in the shape of the parameter.
pub(super) fn array(parameter: &Parameter, buffer: &Buffer) -> Array {
    array_of(parameter, buffer.as_slice())
}

/// The concatenated elements of the tensors `name` of `count` parameters, in the order of the parameters.
pub(super) fn flat(state: &OptimizerState, name: &str, count: usize) -> Vec<Scalar> {
    let tensors = (0..count).filter_map(|index| state.tensors.get(&format!("{index}.{name}")));
    tensors.flat_map(|tensor| tensor.iter().copied()).collect()
}

/// An array of the parameter's shape with these elements.
pub(super) fn array_of(parameter: &Parameter, elements: &[Scalar]) -> Array {
    let view = ndarray::ArrayView::from_shape(ndarray::IxDyn(parameter.shape()), elements);
    view.expect("a buffer of an optimizer has the parameter's shape").to_owned()
}

/// A hyper-parameter as the user wrote it: 0.1, not the digits of the nearest `f32`.
fn shown(value: f64) -> String {
    let narrow = value as f32;
    if f64::from(narrow) == value { narrow.to_string() } else { value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::{Adadelta, Adagrad, Adamax, Lion, Muon, NAdam, RAdam, RmsProp};
    use crate::{Adam, AdamW, Optimizer, Scalar, Sgd, Tensor};

    fn parameters() -> Vec<Parameter> {
        vec![
            Parameter::new(ndarray::arr1(&[1.0, -2.0])),
            Parameter::new(ndarray::arr2(&[[0.5]])),
            Parameter::new(ndarray::arr1(&[7.0])), // Never has a gradient.
        ]
    }

    fn step(optimizer: &mut dyn Optimizer) {
        optimizer.zero_grad();
        let tensors = optimizer.parameters().iter().take(2).map(Parameter::tensor);
        tensors.map(|own| (&own * &own).sum()).reduce(|a, b| a + b).unwrap().backward();
        optimizer.step();
    }

    fn bits(parameters: &[Parameter]) -> Vec<Scalar> {
        parameters.iter().flat_map(|parameter| parameter.value().into_iter().collect::<Vec<_>>()).collect()
    }

    type Build = fn(Vec<Parameter>) -> Box<dyn Optimizer>;

    const BUILDS: [Build; 19] = [
        |p| Box::new(Sgd::new(p, 0.1)),
        |p| Box::new(Sgd::new(p, 0.1).momentum(0.9).dampening(0.5).weight_decay(0.01)),
        |p| Box::new(Sgd::new(p, 0.1).momentum(0.9).nesterov(true)),
        |p| Box::new(Adam::new(p, 0.1).betas(0.8, 0.9)),
        |p| Box::new(AdamW::new(p, 0.1).eps(1e-6)),
        |p| Box::new(Adam::new(p, 0.1).amsgrad(true).maximize(true)),
        |p| Box::new(RmsProp::new(p, 0.1)),
        |p| Box::new(RmsProp::new(p, 0.1).momentum(0.9)),
        |p| Box::new(RmsProp::new(p, 0.1).centered(true)),
        |p| Box::new(Adagrad::new(p, 0.1).lr_decay(0.1)),
        |p| Box::new(Adadelta::new(p, 1.0)),
        |p| Box::new(Adamax::new(p, 0.1)),
        |p| Box::new(NAdam::new(p, 0.1)),
        |p| Box::new(RAdam::new(p, 0.1).betas(0.9, 0.5)),
        |p| Box::new(Lion::new(p, 0.1)),
        |p| Box::new(Muon::new(p.into_iter().filter(|p| p.shape().len() == 2).collect::<Vec<_>>(), 0.1)),
        |p| Box::new(Sgd::new(p, 0.1).momentum(0.9).no_decay_for_vectors().weight_decay(0.1)),
        |p| {
            let first = vec![p[0].clone()];
            Box::new(AdamW::new(p, 0.1).group(first, |group| group.learning_rate(0.02).weight_decay(0.0)))
        },
        |p| {
            let second = vec![p[1].clone()];
            Box::new(Sgd::new(p, 0.1).momentum(0.5).group(second, |group| group.learning_rate(0.3)))
        },
    ];

    #[test]
    fn an_optimizer_continues_bit_for_bit() {
        for build in BUILDS {
            let ours = parameters();
            let mut optimizer = build(ours.clone());
            for done in 0..4 {
                let state = optimizer.state_dict().unwrap();
                let copies: Vec<_> = ours.iter().map(|own| Parameter::new(own.value())).collect();
                let mut twin = build(copies.clone());
                twin.set_learning_rate(5.0);
                twin.load_state_dict(&state).unwrap();
                assert_eq!(twin.state_dict().unwrap(), state);
                step(&mut twin);
                step(&mut optimizer);
                assert_eq!(bits(&ours), bits(&copies), "after {done} updates");
                optimizer.set_learning_rate(optimizer.learning_rate() * 0.7);
            }
            assert_eq!(
                optimizer
                    .state_dict()
                    .unwrap()
                    .tensors()
                    .iter()
                    .filter(|(name, _)| name.starts_with('2'))
                    .count(),
                0
            );
        }
    }

    #[test]
    fn another_optimizer_is_refused_and_unchanged() {
        let mut optimizer = AdamW::new(parameters(), 0.1);
        step(&mut optimizer);
        let before = optimizer.state_dict().unwrap();
        let refused = |optimizer: &mut AdamW, state: &OptimizerState| {
            let text = optimizer.load_state_dict(state).unwrap_err().to_string();
            assert_eq!(optimizer.state_dict().unwrap(), before);
            text
        };
        let sgd = Sgd::new(parameters(), 0.1).state_dict().unwrap();
        let text = refused(&mut optimizer, &sgd);
        assert!(text.contains("`optimizer` is AdamW here and Sgd in the saved state"), "{text}");
        let other = AdamW::new(parameters(), 0.1).betas(0.8, 0.999).weight_decay(0.5).state_dict().unwrap();
        let text = refused(&mut optimizer, &other);
        assert!(text.contains("`beta1` of `AdamW` is 0.9 here and 0.8"), "{text}");
        assert!(text.contains("`weight_decay` of `AdamW` is 0.01 here and 0.5"), "{text}");
        let mut fewer = AdamW::new(parameters()[1..].to_vec(), 0.1);
        let text = fewer.load_state_dict(&before).unwrap_err().to_string();
        assert!(text.contains("`0.exp_avg` is [1, 1] here and [2]"), "{text}");
        let empty = OptimizerState::new("Sgd");
        assert!(Sgd::new(parameters(), 0.1).load_state_dict(&empty).is_err());
    }

    #[test]
    fn an_optimizer_without_a_state_says_what_to_implement() {
        struct Own(Vec<Parameter>);
        impl Optimizer for Own {
            fn parameters(&self) -> &[Parameter] {
                &self.0
            }
            fn step(&mut self) {}
            fn learning_rate(&self) -> Scalar {
                0.0
            }
            fn set_learning_rate(&mut self, _: Scalar) {}
            fn check(&self) -> Result<()> {
                Ok(())
            }
        }
        let mut own = Own(vec![Parameter::new(Tensor::ones(&[1]))]);
        let text = own.state_dict().unwrap_err().to_string();
        assert!(text.contains("Own` has no state to save: implement `Optimizer::state_dict`"), "{text}");
        assert!(own.load_state_dict(&OptimizerState::new("Own")).is_err());
        let boxed: Box<dyn Optimizer> = Box::new(AdamW::new(parameters(), 0.1));
        assert_eq!(boxed.state_dict().unwrap().kind(), "AdamW");
    }
}
