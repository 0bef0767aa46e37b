//! The effects of the calls of training libraries.
//!
//! A vocabulary is a table. Lowering looks up the effect of a call in the table and never compares
//! a name itself.
//! To support a library with fused steps, or with gradients as values, add a table.
//! A vocabulary does not depend on control flow or states.

mod call;
mod counts;
mod data;
mod distributed;
mod checkpoints;
mod math;
mod roles;
pub mod rust;
mod selection;
mod tch;
mod training_loop;
mod words;

pub use self::training_loop::{is_private_loader, is_trait_of_runtime, is_weight, passes_argument};
pub use call::{CallEffect, Partition, ScheduleEffect, collects, partition, schedule_method};
pub use counts::{
    batches, forwards_items, gives_size, is_training_call, lifts, names_batch_size, names_batches,
    names_dataset, names_epoch_count, names_samples, reads_number, totals,
};
pub use data::{
    Phase, is_demonstration, is_for_training, is_running_total, names_best, names_environment, names_measure,
    names_next_value, names_target, names_target_network, names_training, names_validation, phase_of_name,
    speaks_of_evaluation, speaks_of_training,
};
pub use distributed::{is_distributed_sampler, is_layer};
pub use checkpoints::{
    averages_weights, converts_path, freezes, is_batch_norm, is_module_path, is_path_type, is_stateful,
    keeps_buffers, keeps_state, names_weight_average, refits_batch_norm, restores_model, sets_momentum,
    thaws,
};
pub use math::{CRATES, GradientStop, Loss, LossInput, Op};
pub use roles::{Role, Uses, is_rate, role_of_name, role_of_type};
pub use rust::{Drive, Lazy, drive, lazy};
pub use selection::Vocabularies;
pub use words::{
    asks_for_soundness, clips_values, gives_parameters, handles_gradients, hints_at_backward, hints_at_mode,
    hints_at_training, holds_parameters, is_average, is_average_update, is_builder, is_constructor,
    is_evaluation, is_loss, is_no_reduction, is_sum_reduction, is_variable, is_whole, keeps_model, may_train,
    measures_gradients, moves_average, moves_gradients, names_batch, names_epoch, names_gradients,
    names_length, names_loader, names_optimizers, names_parameters, names_settings, reduces_by_itself,
    restores, saves, sets_reduction, writes_gradients,
};

/// The vocabulary of one library.
#[derive(Debug)]
pub struct Vocabulary {
    /// The name of the library.
    pub name: &'static str,
    /// The crates whose use selects the vocabulary. A vocabulary without crates is always selected.
    pub crates: &'static [&'static str],
    /// Methods of optimizers. Each entry has the method's name, its maximal number of arguments and
    /// its effect.
    pub optimizer_methods: &'static [(&'static str, usize, CallEffect)],
    /// Methods of gradient scalers. Each entry has the method's name, its maximal number of
    /// arguments and its effect.
    pub scaler_methods: &'static [(&'static str, usize, CallEffect)],
    /// Methods of receivers other than optimizers and scalers. Each entry has the method's name,
    /// its maximal number of arguments and its effect.
    pub methods: &'static [(&'static str, usize, CallEffect)],
    /// Free functions. Each entry has the last segment of the function's path and the function's
    /// effect.
    pub functions: &'static [(&'static str, CallEffect)],
    /// Types that are optimizers.
    pub optimizers: &'static [&'static str],
    /// Types that wrap a tensor. Their constructors keep the graph of the argument.
    pub tensors: &'static [&'static str],
    /// Ops that keep the graph, each with the kind of values that the op returns.
    pub ops: &'static [(&'static str, Op)],
    /// Methods that stop gradients.
    pub cuts: &'static [(&'static str, GradientStop)],
    /// Losses, each with the input that the loss expects.
    pub losses: &'static [Loss],
    /// Whether `backward` silently sums a loss with several numbers. Otherwise, `backward` panics
    /// on such a loss.
    pub sums_unreduced: bool,
}
