//! Parameter groups with their own settings.

use super::{IntoParameters, Setting, for_each_gradient};
use crate::parameter::Parameter;
use crate::storage::Buffer;
use crate::{Array, Error, Result, Scalar};

/// Settings of a parameter group that override the optimizer's. The method `group` of an optimizer takes a
/// function that sets them.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let (encoder, head) = (Linear::new(8, 4), Linear::new(4, 2));
/// let parameters = [encoder.parameters(), head.parameters()].concat();
/// let optimizer = AdamW::new(parameters, 1e-3)
///     .group(encoder.parameters(), |group| group.learning_rate(1e-4).weight_decay(0.0));
/// assert_eq!(optimizer.learning_rates(), [1e-3, 1e-4]);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ParameterGroup {
    rate: Option<Scalar>,
    decay: Option<Scalar>,
}

impl ParameterGroup {
    /// Sets the group's learning rate, at least 0. A schedule, a warmup, and
    /// [`set_learning_rate`](crate::Optimizer::set_learning_rate) scale it in proportion to the optimizer's
    /// learning rate.
    pub fn learning_rate(self, learning_rate: Scalar) -> Self {
        Self { rate: Some(learning_rate), ..self }
    }

    /// Sets the group's weight decay, at least 0.
    pub fn weight_decay(self, weight_decay: Scalar) -> Self {
        Self { decay: Some(weight_decay), ..self }
    }
}

/// The parameters of an optimizer, the settings common to all optimizers, and the parameter groups.
pub(super) struct Members {
    pub(super) parameters: Vec<Parameter>,
    /// The group number of each parameter, counted from 1; 0 for a parameter without a group.
    group_of: Vec<usize>,
    groups: Vec<ParameterGroup>,
    /// The initial learning rate of the optimizer. The groups' learning rates are relative to it.
    initial: Scalar,
    pub(super) rate: Scalar,
    pub(super) decay: Scalar,
    /// Whether parameters with fewer than two axes are exempt from weight decay.
    pub(super) spares_vectors: bool,
    pub(super) maximize: bool,
}

/// The inputs of one parameter's update.
pub(super) struct Update<'a> {
    pub(super) value: &'a mut [Scalar],
    /// The gradient, negated if the optimizer maximizes.
    pub(super) gradient: &'a [Scalar],
    pub(super) shape: &'a [usize],
    pub(super) rate: f64,
    pub(super) decay: Scalar,
}

impl Members {
    pub(super) fn new(parameters: impl IntoParameters, rate: Scalar, decay: Scalar) -> Self {
        let parameters = super::distinct(parameters.into_parameters());
        let group_of = vec![0; parameters.len()];
        Self {
            parameters,
            group_of,
            groups: Vec::new(),
            initial: rate,
            rate,
            decay,
            spares_vectors: false,
            maximize: false,
        }
    }

    /// Adds a group. Parameters already in the optimizer move to the group, and others are added.
    pub(super) fn group(
        &mut self,
        parameters: impl IntoParameters,
        set: impl FnOnce(ParameterGroup) -> ParameterGroup,
    ) {
        self.groups.push(set(ParameterGroup::default()));
        let group = self.groups.len();
        for parameter in parameters.into_parameters() {
            let known = self.parameters.iter().position(|own| own.is_same(&parameter));
            if let Some(index) = known {
                self.group_of[index] = group;
            } else {
                self.parameters.push(parameter);
                self.group_of.push(group);
            }
        }
    }

    /// The learning rate of a group. Its ratio to the optimizer's learning rate stays the ratio of the two
    /// initial rates.
    fn rate_of(&self, group: usize) -> f64 {
        let rate = f64::from(self.rate);
        match group.checked_sub(1).and_then(|index| self.groups[index].rate) {
            Some(own) if self.rate == self.initial => f64::from(own),
            Some(own) if self.initial > 0.0 => rate * f64::from(own) / f64::from(self.initial),
            _ => rate,
        }
    }

    /// The weight decay of the parameter with this index.
    fn decay_of(&self, index: usize) -> Scalar {
        let own = self.group_of[index].checked_sub(1).and_then(|group| self.groups[group].decay);
        own.unwrap_or_else(|| {
            let is_spared = self.spares_vectors && self.parameters[index].shape().len() < 2;
            if is_spared { 0.0 } else { self.decay }
        })
    }

    /// The learning rates: the optimizer's, then one for each group.
    pub(super) fn rates(&self) -> Vec<Scalar> {
        (0..=self.groups.len()).map(|group| self.rate_of(group) as Scalar).collect()
    }

    /// Calls `update` for each parameter that has a gradient and is not frozen, with the parameter's index.
    #[track_caller]
    pub(super) fn for_each(&self, mut update: impl FnMut(usize, Update<'_>)) {
        for_each_gradient(&self.parameters, |index, value, gradient| {
            let negated = self.maximize.then(|| {
                let mut negated = Buffer::copied(gradient);
                crate::kernel::map_in_place(negated.as_mut_slice(), |g| -g);
                negated
            });
            let gradient = negated.as_ref().map_or(gradient, Buffer::as_slice);
            let shape = self.parameters[index].shape();
            let (rate, decay) = (self.rate_of(self.group_of[index]), self.decay_of(index));
            update(index, Update { value, gradient, shape, rate, decay });
        });
    }

    /// Checks the learning rates and the weight decays of all groups. `owner` names the optimizer in errors.
    pub(super) fn check_groups(&self, owner: &'static str) -> Result<()> {
        for group in &self.groups {
            let settings = [("learning_rate", group.rate), ("weight_decay", group.decay)];
            for (name, value) in
                settings.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)))
            {
                Setting::at_least_zero(name, value).check("ParameterGroup")?;
            }
            if group.rate.is_some() && self.initial <= 0.0 {
                let range = "above 0 with a group that has a learning rate of its own";
                return Err(Error::HyperParameter { owner, name: "learning_rate", value: 0.0, range });
            }
        }
        Ok(())
    }

    /// The settings of the groups, and the group number of each parameter in a group, as named entries of a
    /// state.
    pub(super) fn settings(&self) -> Vec<(String, f64)> {
        let mut settings = Vec::new();
        if self.maximize {
            settings.push(("maximize".to_owned(), 1.0));
        }
        if self.spares_vectors {
            settings.push(("no_decay_for_vectors".to_owned(), 1.0));
        }
        if self.groups.iter().any(|group| group.rate.is_some()) {
            settings.push(("initial_learning_rate".to_owned(), f64::from(self.initial)));
        }
        for (group, number) in self.groups.iter().zip(1..) {
            let rate = group.rate.map(|rate| (format!("group{number}.learning_rate"), f64::from(rate)));
            let decay = group.decay.map(|decay| (format!("group{number}.weight_decay"), f64::from(decay)));
            settings.extend(rate.into_iter().chain(decay));
        }
        let members = self.group_of.iter().enumerate().filter(|(_, group)| **group > 0);
        settings.extend(members.map(|(index, group)| (format!("{index}.group"), *group as f64)));
        settings
    }

    /// The number of groups.
    pub(super) fn groups(&self) -> usize {
        self.groups.len()
    }
}

/// The optimizer state of one parameter.
pub(super) struct Slot {
    /// The number of updates of the parameter.
    pub(super) steps: i32,
    /// A running product, for the optimizers that need one; initialised to 1.
    pub(super) product: f64,
    pub(super) buffers: Vec<Buffer>,
}

impl Slot {
    /// The buffer `index` as an array in the shape of `parameter`.
    pub(super) fn array(&self, index: usize, parameter: &Parameter) -> Array {
        super::state::array(parameter, &self.buffers[index])
    }
}

#[cfg(test)]
mod tests {
    use crate::optim::{AdamW, Optimizer, Sgd};
    use crate::{Parameter, Scalar};

    /// Sets the gradient of each parameter to 1, then steps.
    fn step(optimizer: &mut dyn Optimizer) {
        optimizer.zero_grad();
        for parameter in optimizer.parameters() {
            parameter.tensor().sum().backward();
        }
        optimizer.step();
    }

    fn parameters() -> [Parameter; 3] {
        [Parameter::new([1.0]), Parameter::new([1.0]), Parameter::new(ndarray::arr2(&[[1.0]]))]
    }

    #[track_caller]
    fn assert_values(parameters: &[Parameter], expected: &[Scalar]) {
        for (parameter, expected) in parameters.iter().zip(expected) {
            let value = parameter.value().iter().copied().next().unwrap();
            assert!((value - expected).abs() < 1e-6, "{value} is not {expected}");
        }
    }

    #[test]
    fn a_group_has_its_own_rate_in_proportion() {
        let all = parameters();
        let mut optimizer = Sgd::new(all[..2].to_vec(), 0.1)
            .group(all[1..].to_vec(), |group| group.learning_rate(0.3))
            .group(vec![], |group| group);
        assert_eq!(optimizer.parameters().len(), 3);
        assert_eq!(optimizer.learning_rates(), [0.1, 0.3, 0.1]);
        step(&mut optimizer);
        assert_values(&all, &[0.9, 0.7, 0.7]);
        optimizer.set_learning_rate(0.05);
        step(&mut optimizer);
        assert_values(&all, &[0.85, 0.55, 0.55]);
        assert!(format!("{optimizer:?}").contains("groups: 2"));
    }

    #[test]
    fn weight_decay_is_for_those_it_is_meant_for() {
        let all = parameters();
        let group = |optimizer: Sgd| optimizer.group(vec![all[1].clone()], |group| group.weight_decay(2.0));
        let mut optimizer = group(Sgd::new(all.to_vec(), 0.1).no_decay_for_vectors()).weight_decay(1.0);
        step(&mut optimizer);
        assert_values(&all, &[0.9, 0.7, 0.8]);
    }

    #[test]
    fn maximizing_climbs() {
        let all = parameters();
        let mut optimizer = Sgd::new(all.to_vec(), 0.1).maximize(true);
        step(&mut optimizer);
        assert_values(&all, &[1.1; 3]);
        assert_eq!(all[0].grad().unwrap()[0], 1.0);
    }

    #[test]
    fn clipping_is_over_all_groups() {
        let all = parameters();
        let mut optimizer = AdamW::new(all[..1].to_vec(), 0.1).group(all[1..].to_vec(), |group| group);
        for parameter in &all {
            parameter.tensor().sum().backward();
        }
        assert!((optimizer.clip_grad_norm(1.0) - Scalar::sqrt(3.0)).abs() < 1e-6);
    }

    #[test]
    fn other_groups_are_refused() {
        let all = parameters();
        let build = |first: usize, rate| {
            AdamW::new(all.to_vec(), 0.1).group(vec![all[first].clone()], |group| group.learning_rate(rate))
        };
        let state = build(0, 0.2).state_dict().unwrap();
        assert!(build(0, 0.2).load_state_dict(&state).is_ok());
        let text = |mut optimizer: AdamW| optimizer.load_state_dict(&state).unwrap_err().to_string();
        assert!(text(build(1, 0.2)).contains("`1.group` of `AdamW` is 1 here and missing"));
        assert!(text(build(0, 0.3)).contains("`group1.learning_rate` of `AdamW` is 0.3 here and 0.2"));
        assert!(text(AdamW::new(all.to_vec(), 0.1)).contains("`0.group` of `AdamW` is missing here and 1"));
    }
}
