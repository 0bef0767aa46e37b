//! The effects of the calls of training libraries.
//!
//! A vocabulary is a table: lowering looks up the effect of a call in it and never compares a name itself, so
//! support for a library with fused steps or gradients as values is one more table.
//! It knows nothing of control flow or states.

use crate::stage::Stage;

mod call;
mod data;
mod distributed;
mod math;
mod roles;
pub mod rust;
mod tch;
mod training_loop;
mod words;

pub use self::training_loop::{
    TRAINING_LOOP, is_private_loader, is_trait_of_runtime, is_weight, passes_argument,
};
pub use call::{CallEffect, Partition, ScheduleEffect, collects, partition, schedule_method};
pub use data::{
    Phase, is_demonstration, is_for_training, is_running_total, names_best, names_environment, names_measure,
    names_next_value, names_target, names_target_network, names_training, names_validation, phase_of_name,
    speaks_of_evaluation, speaks_of_training,
};
pub use distributed::{DISTRIBUTED, is_distributed_sampler, is_layer};
pub use math::{CRATES, GradientStop, Loss, LossInput, Op};
pub use roles::{Role, Uses, is_rate, role_of_name, role_of_type};
pub use rust::{Drive, Lazy, drive, lazy};
pub use tch::TCH;
pub use words::{
    asks_for_soundness, clips_values, gives_parameters, handles_gradients, hints_at_backward, hints_at_mode,
    hints_at_training, holds_parameters, is_average, is_average_update, is_builder, is_constructor,
    is_evaluation, is_loss, is_no_reduction, is_sum_reduction, is_variable, is_whole, keeps_model, may_train,
    measures_gradients, moves_average, moves_gradients, names_batch, names_epoch, names_gradients,
    names_length, names_loader, names_optimizers, names_parameters, names_settings, reduces_by_itself,
    restores, saves, sets_reduction, writes_gradients,
};

/// One library's vocabulary.
#[derive(Debug)]
pub struct Vocabulary {
    /// The library's name.
    pub name: &'static str,
    /// Methods of optimizers: name, maximal number of arguments, effect.
    pub optimizer_methods: &'static [(&'static str, usize, CallEffect)],
    /// Methods of gradient scalers.
    pub scaler_methods: &'static [(&'static str, usize, CallEffect)],
    /// Methods of anything else.
    pub methods: &'static [(&'static str, usize, CallEffect)],
    /// Free functions, by the last segment of their path.
    pub functions: &'static [(&'static str, CallEffect)],
    /// Types that are optimizers.
    pub optimizers: &'static [&'static str],
    /// Types that wrap a tensor: constructors that keep the graph of their argument.
    pub tensors: &'static [&'static str],
    /// Ops that keep the graph, and the kind of values that they return.
    pub ops: &'static [(&'static str, Op)],
    /// Methods that stop gradients.
    pub cuts: &'static [(&'static str, GradientStop)],
    /// Losses, with the input that each expects.
    pub losses: &'static [Loss],
    /// `backward` of several numbers silently sums them; otherwise it panics.
    pub sums_unreduced: bool,
    /// Vocabularies that are searched after this one.
    pub also: &'static [&'static Vocabulary],
}

impl Vocabulary {
    /// This vocabulary, then those that are searched after it.
    fn tables(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(self.also.iter().copied())
    }

    /// Whether a type is an optimizer.
    fn is_optimizer(&self, name: &str) -> bool {
        self.tables().any(|vocabulary| vocabulary.optimizers.contains(&name))
    }

    /// The effect of a method of an optimizer.
    pub fn optimizer_method(&self, name: &str, arguments: usize) -> Option<CallEffect> {
        self.tables()
            .find_map(|vocabulary| lookup(vocabulary.optimizer_methods, name, arguments))
            .filter(|does| !matches!(does, CallEffect::Updates { of, .. } if *of != arguments))
            .or_else(|| lookup(rust::WRAPPERS, name, arguments))
    }

    /// The effect of a method of a scaler.
    pub fn scaler_method(&self, name: &str, arguments: usize) -> Option<CallEffect> {
        self.tables().find_map(|vocabulary| lookup(vocabulary.scaler_methods, name, arguments))
    }

    /// The effect of a method of any other receiver.
    pub fn method(&self, name: &str, arguments: usize) -> Option<CallEffect> {
        self.tables()
            .find_map(|vocabulary| lookup(vocabulary.methods, name, arguments))
            .or_else(|| lookup(rust::WRAPPERS, name, arguments))
    }

    /// The effect of a method that only tensors have.
    pub fn on_tensor(&self, name: &str) -> Option<CallEffect> {
        let op = self.find_op(name).map(|_| CallEffect::KeepsGraph);
        op.or_else(|| self.cut(name).map(|_| CallEffect::Detaches))
    }

    /// The kind of values that an op returns.
    pub fn op(&self, name: &str) -> Op {
        self.find_op(name).unwrap_or(Op::Other)
    }

    fn find_op(&self, name: &str) -> Option<Op> {
        let mut ops = self.tables().flat_map(|vocabulary| vocabulary.ops);
        ops.find(|(known, _)| *known == name).map(|(_, op)| *op)
    }

    /// How a method stops the gradient of its receiver, if it does.
    pub fn cut(&self, name: &str) -> Option<GradientStop> {
        let mut cuts = self.tables().flat_map(|vocabulary| vocabulary.cuts);
        cuts.find(|(known, _)| *known == name).map(|(_, how)| *how)
    }

    /// The loss with this name.
    pub fn loss(&self, name: &str) -> Option<&'static Loss> {
        self.losses().find(|loss| loss.name == name)
    }

    /// The loss that objects of this type compute.
    pub fn criterion(&self, owner: &str) -> Option<&'static Loss> {
        self.losses().find(|loss| loss.of == Some(owner))
    }

    fn losses(&self) -> impl Iterator<Item = &'static Loss> {
        self.tables().flat_map(|vocabulary| vocabulary.losses)
    }

    /// The effect of a free function; a function named after a loss computes a loss.
    pub fn function(&self, name: &str) -> Option<CallEffect> {
        let mut rows = self.tables().flat_map(|vocabulary| vocabulary.functions);
        let known = rows.find(|(known, _)| *known == name).map(|(_, does)| *does);
        known.or_else(|| is_loss(name).then_some(CallEffect::Computes(Stage::Loss)))
    }
}

/// The effect of a method in a table.
fn lookup(table: &[(&str, usize, CallEffect)], name: &str, arguments: usize) -> Option<CallEffect> {
    let mut known = table.iter();
    known.find(|(known, most, _)| *known == name && arguments <= *most).map(|(_, _, does)| *does)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::Effect;

    #[test]
    fn fused_or_unknown_calls_are_not_guessed() {
        assert_eq!(TRAINING_LOOP.optimizer_method("step", 0), Some(CallEffect::Gradients(&[Effect::Take])));
        assert_eq!(TRAINING_LOOP.optimizer_method("step", 2), None);
        assert_eq!(TRAINING_LOOP.method("step", 0), None);
        assert_eq!(TRAINING_LOOP.function("weighted_loss"), Some(CallEffect::Computes(Stage::Loss)));
        assert_eq!(TRAINING_LOOP.function("train_on_loss"), None);
    }
}
