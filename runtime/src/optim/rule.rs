//! The implementation that all optimizers share. [`Core`] turns the update rule of one parameter into an
//! optimizer.

use std::fmt;

use super::group::{Members, Slot, Update};
use super::{Counted, IntoParameters, OptimizerState};
use crate::parameter::Parameter;
use crate::storage::Buffer;
use crate::{Error, Result, Scalar};

/// A hyper-parameter and its valid range.
pub(super) struct Setting {
    name: &'static str,
    value: f64,
    is_flag: bool,
    is_inside: bool,
    range: &'static str,
}

impl Setting {
    /// A number, whether it is in range, and a text that describes the range.
    pub(super) fn number(name: &'static str, value: f64, is_inside: bool, range: &'static str) -> Self {
        Self { name, value, is_flag: false, is_inside, range }
    }

    /// A number that must be at least 0 and finite.
    pub(super) fn at_least_zero(name: &'static str, value: Scalar) -> Self {
        Self::number(name, f64::from(value), value >= 0.0 && value.is_finite(), "at least 0 and finite")
    }

    /// A number that must be in [0, 1).
    pub(super) fn below_one(name: &'static str, value: f64) -> Self {
        Self::number(name, value, (0.0..1.0).contains(&value), "in [0, 1)")
    }

    /// A boolean option.
    pub(super) fn flag(name: &'static str, value: bool) -> Self {
        Self { name, value: f64::from(u8::from(value)), is_flag: true, is_inside: true, range: "" }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Adds the hyper-parameter to a state.
    pub(super) fn add_to(&self, state: OptimizerState) -> OptimizerState {
        state.setting(self.name, self.value)
    }

    /// # Errors
    /// [`Error::HyperParameter`] of the optimizer `owner` if the value is out of range.
    pub(super) fn check(&self, owner: &'static str) -> Result<()> {
        let Self { name, value, range, .. } = *self;
        if self.is_inside { Ok(()) } else { Err(Error::HyperParameter { owner, name, value, range }) }
    }
}

/// Writes the value.
impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_flag {
            return fmt::Debug::fmt(&(self.value != 0.0), f);
        }
        // The decimal that the user wrote: 0.1, not the digits of the nearest `f32`.
        let narrow = self.value as f32;
        if f64::from(narrow) == self.value {
            fmt::Debug::fmt(&narrow, f)
        } else {
            fmt::Debug::fmt(&self.value, f)
        }
    }
}

/// The update rule of an optimizer for one parameter.
pub(super) trait Rule {
    /// The name of the optimizer's type.
    const NAME: &'static str;
    /// Whether the update count of a parameter is a part of its state, under the name `step`.
    const COUNTS: bool = true;
    /// The name of the running product in a state, for a rule that has one.
    const PRODUCT: Option<&'static str> = None;

    /// Calls `visit` for each hyper-parameter except the learning rate and the weight decay.
    fn settings(&self, visit: &mut dyn FnMut(Setting));

    /// The name and the initial element value of each buffer of a parameter.
    fn buffers(&self) -> &[(&'static str, Scalar)];

    /// Updates a parameter. `slot.steps` includes this update, so it is 1 in the first one.
    fn update(&self, update: Update<'_>, slot: &mut Slot);

    /// Checks the parameters, for a rule that does not support all parameters.
    fn check_parameters(&self, parameters: &[Parameter]) -> Result<()> {
        let _ = parameters;
        Ok(())
    }
}

/// An optimizer with the update rule `R`.
pub(super) struct Core<R> {
    pub(super) members: Members,
    pub(super) rule: R,
    slots: Vec<Option<Slot>>,
}

impl<R: Rule> Core<R> {
    pub(super) fn new(parameters: impl IntoParameters, rate: Scalar, decay: Scalar, rule: R) -> Self {
        Self { members: Members::new(parameters, rate, decay), rule, slots: Vec::new() }
    }

    #[track_caller]
    pub(super) fn step(&mut self) {
        if let Err(error) = self.check() {
            panic!("{error}");
        }
        let Self { members, rule, slots } = self;
        slots.resize_with(members.parameters.len(), || None);
        members.for_each(|index, update| {
            let slot = slots[index].get_or_insert_with(|| {
                let length = update.value.len();
                let buffers =
                    rule.buffers().iter().map(|(_, start)| Buffer::filled(length, *start)).collect();
                Slot { steps: 0, product: 1.0, buffers }
            });
            slot.steps = slot.steps.saturating_add(1);
            rule.update(update, slot);
        });
    }

    pub(super) fn check(&self) -> Result<()> {
        let owner = R::NAME;
        if self.members.parameters.is_empty() {
            return Err(Error::NoParameters { owner });
        }
        Setting::at_least_zero("learning_rate", self.members.rate).check(owner)?;
        let mut checked = Ok(());
        self.rule.settings(&mut |setting| {
            if checked.is_ok() {
                checked = setting.check(owner);
            }
        });
        checked?;
        Setting::at_least_zero("weight_decay", self.members.decay).check(owner)?;
        self.members.check_groups(owner)?;
        self.rule.check_parameters(&self.members.parameters)
    }

    pub(super) fn state_dict(&self) -> OptimizerState {
        let mut state = Some(OptimizerState::new(R::NAME));
        self.rule.settings(&mut |setting| {
            state = state.take().map(|state| state.setting(setting.name, setting.value));
        });
        let state = state.unwrap_or_else(|| OptimizerState::new(R::NAME));
        let mut state = state
            .setting("weight_decay", f64::from(self.members.decay))
            .number("learning_rate", f64::from(self.members.rate));
        for (name, value) in self.members.settings() {
            state = state.setting(name, value);
        }
        for (index, (parameter, slot)) in self.members.parameters.iter().zip(&self.slots).enumerate() {
            let Some(slot) = slot else { continue };
            if R::COUNTS {
                state = state.number(format!("{index}.step"), f64::from(slot.steps));
            }
            if let Some(name) = R::PRODUCT {
                state = state.number(format!("{index}.{name}"), slot.product);
            }
            for (number, (name, _)) in self.rule.buffers().iter().enumerate() {
                state = state.tensor(format!("{index}.{name}"), slot.array(number, parameter));
            }
        }
        state
    }

    pub(super) fn load_state_dict(&mut self, state: &OptimizerState) -> Result<()> {
        let rate = state.checked_rate(&self.state_dict(), &self.members.parameters)?;
        let slot = |index: usize| {
            // A rule without a saved update count only needs to know that the next update is not the first.
            let steps = if R::COUNTS { state.get_number(&format!("{index}.step"))? as i32 } else { 1 };
            let product = match R::PRODUCT {
                Some(name) => state.get_number(&format!("{index}.{name}"))?,
                None => 1.0,
            };
            let names = self.rule.buffers().iter();
            let buffers: Option<Vec<Buffer>> = names.map(|(name, _)| state.buffer(index, name)).collect();
            Some(Slot { steps, product, buffers: buffers? })
        };
        self.slots = (0..self.members.parameters.len()).map(slot).collect();
        self.members.rate = rate;
        Ok(())
    }

    /// Writes the settings, and the numbers of groups and parameters.
    pub(super) fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct(R::NAME);
        text.field("learning_rate", &self.members.rate);
        self.rule.settings(&mut |setting| {
            text.field(setting.name, &setting);
        });
        text.field("weight_decay", &self.members.decay);
        if self.members.groups() > 0 {
            text.field("groups", &self.members.groups());
        }
        text.field("parameters", &Counted(&self.members.parameters)).finish()
    }
}

/// Implements the methods and traits common to all optimizers, for a type with the one field `Core<Rule>`.
macro_rules! optimizer {
    ($name:ident) => {
        impl $name {
            /// Sets the weight decay, at least 0.
            pub fn weight_decay(mut self, weight_decay: Scalar) -> Self {
                self.0.members.decay = weight_decay;
                self
            }

            /// Disables weight decay for all parameters with fewer than two axes, such as biases and the
            /// weights of normalisation layers. A group that sets its own weight decay keeps it.
            ///
            /// # Example
            /// ```
            /// use training_loop::prelude::*;
            ///
            /// let layer = Linear::new(3, 2);
            #[doc = concat!("let optimizer = ", stringify!($name), "::new(layer.parameters(), 0.5).weight_decay(0.1).no_decay_for_vectors();")]
            /// ```
            pub fn no_decay_for_vectors(mut self) -> Self {
                self.0.members.spares_vectors = true;
                self
            }

            /// Maximizes (`true`) or minimizes (`false`, the default) the loss.
            pub fn maximize(mut self, maximize: bool) -> Self {
                self.0.members.maximize = maximize;
                self
            }

            /// Adds a group of parameters with its own learning rate or weight decay. Parameters already in
            /// the optimizer move to the group, and others are added. A parameter belongs to the last group
            /// that names it.
            ///
            /// [`ParameterGroup`] has an example.
            pub fn group(
                mut self,
                parameters: impl IntoParameters,
                set: impl FnOnce(ParameterGroup) -> ParameterGroup,
            ) -> Self {
                self.0.members.group(parameters, set);
                self
            }

            /// The current learning rates: the optimizer's, then one for each group.
            pub fn learning_rates(&self) -> Vec<Scalar> {
                self.0.members.rates()
            }
        }

        /// Writes the settings and the number of parameters.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.debug(f)
            }
        }

        impl Optimizer for $name {
            fn parameters(&self) -> &[Parameter] {
                &self.0.members.parameters
            }

            #[track_caller]
            fn step(&mut self) {
                self.0.step();
            }

            fn learning_rate(&self) -> Scalar {
                self.0.members.rate
            }

            fn set_learning_rate(&mut self, rate: Scalar) {
                self.0.members.rate = rate;
            }

            fn check(&self) -> Result<()> {
                self.0.check()
            }

            fn state_dict(&self) -> Result<OptimizerState> {
                Ok(self.0.state_dict())
            }

            fn load_state_dict(&mut self, state: &OptimizerState) -> Result<()> {
                self.0.load_state_dict(state)
            }
        }
    };
}
pub(super) use optimizer;

/// The methods `betas` and `eps` of an optimizer whose rule has the fields `betas` and `eps`.
macro_rules! betas_and_eps {
    ($name:ident) => {
        impl $name {
            /// Sets the decay rates of the running means, each in [0, 1); by default 0.9 and 0.999.
            pub fn betas(mut self, first: f64, second: f64) -> Self {
                self.0.rule.betas = (first, second);
                self
            }

            /// Sets the constant (at least 0) added to the denominator; by default 1e-8.
            pub fn eps(mut self, eps: Scalar) -> Self {
                self.0.rule.eps = eps;
                self
            }
        }
    };
}
pub(super) use betas_and_eps;

/// Visits the settings `betas` and `eps`.
pub(super) fn visit_betas_and_eps(visit: &mut dyn FnMut(Setting), betas: (f64, f64), eps: Scalar) {
    visit(Setting::below_one("beta1", betas.0));
    visit(Setting::below_one("beta2", betas.1));
    visit(Setting::at_least_zero("eps", eps));
}

/// PyTorch's names of the running means of the gradient and of its square. The means start at 0.
pub(super) const MEANS: [(&str, Scalar); 2] = [("exp_avg", 0.0), ("exp_avg_sq", 0.0)];

/// The first two buffers of a slot.
pub(super) fn two(slot: &mut Slot) -> (&mut [Scalar], &mut [Scalar]) {
    let [first, second, ..] = slot.buffers.as_mut_slice() else { unreachable!("the rule has two buffers") };
    (first.as_mut_slice(), second.as_mut_slice())
}

/// The first three buffers of a slot.
pub(super) fn three(slot: &mut Slot) -> (&mut [Scalar], &mut [Scalar], &mut [Scalar]) {
    let [first, second, third, ..] = slot.buffers.as_mut_slice() else {
        unreachable!("the rule has three buffers")
    };
    (first.as_mut_slice(), second.as_mut_slice(), third.as_mut_slice())
}
