//! The effects of the calls of training libraries.
//!
//! A vocabulary is a table. Lowering looks up the effect of a call in the table and never compares
//! a name itself.
//! To support a library with fused steps, or with gradients as values, add a table.
//! A vocabulary does not depend on control flow or states.

mod burn;
mod call;
mod candle;
mod counts;
mod data;
mod dfdx;
mod distributed;
mod evaluations;
mod grades;
mod holders;
mod index;
mod keeping;
mod looking;
mod math;
mod metrics;
mod mpi;
mod named;
mod nccl;
mod order;
mod processes;
mod reports;
mod roles;
mod rows;
pub mod rust;
mod schedules;
mod selection;
mod tch;
mod training;
mod training_loop;
mod weights;
mod words;

pub use self::training_loop::{is_private_loader, is_trait_of_runtime, is_weight, passes_argument};
pub use call::{
    CallEffect, CollectiveKind, Part, Partition, ScheduleEffect, collects, partition, schedule_method,
};
pub use counts::{
    batches, forwards_items, gives_size, is_training_call, lifts, names_batches, names_dataset,
    names_epoch_count, names_samples, names_size_of_batch, reads_number, totals,
};
pub use data::{
    Phase, is_demonstration, is_for_training, is_running_total, names_advantage, names_best, names_bootstrap,
    names_environment, names_likelihood, names_measure, names_next_state, names_next_value, names_target,
    names_target_network, names_training, names_validation, phase_of_name, rest_of_split,
    speaks_of_evaluation, speaks_of_training, tells_training_measure,
};
pub use distributed::{is_distributed_sampler, is_layer, reduces_by_itself, trains_a_copy};
pub use evaluations::{evaluates_repeatedly, steps_with_closure};
pub use grades::{
    changes_in_place, clips_gradients, fuses_step, may_differentiate, names_backward, names_loss,
    names_stored_values, only_looks, returns_gradient, sets_clipping, unscales,
};
pub use holders::{names_bare_data, names_bare_settings, names_store, type_holds_no_parameters};
pub use keeping::{GradientMethod, Keeping, gradient_method, takes_a_part};
pub use looking::{
    asks_property, cannot_train, combines_tensors, copies_values, limits_gradients, only_shows, sends,
    stops_recording, trains_by_call,
};
pub use math::{
    CRATES, FORWARDS, GradientStop, Loss, LossInput, OTHER_LOSS, Op, adds_layer, converts_by_context,
    knows_loss, layer_op,
};
pub use metrics::{MetricEffect, is_metric, metric_method};
pub use named::{
    accessed_field, advances, applies_loss, builds, builds_optimizer, configured, contains_arguments,
    converts_to_values, detaches, evaluates_graph, has_gradient, is_black_box, is_clone, is_configuration,
    is_criterion, is_mode_or_training, is_no_grad, is_parameters, is_plain_macro, is_schedule_type,
    is_setter, is_step, is_training_trait, is_zero_text, may_hold_parameters, measures_time,
    names_all_gradients, names_tape, names_zero, only_wraps, passes_number, reduces_to_loss, subtracts,
    sums_tensor, updates_priorities, without_try,
};
pub use order::{
    computes_output, differentiates_otherwise, is_plain_sgd, may_update, measures_array,
    names_output_gradient, names_update_function, names_update_method, only_passes, only_prepares,
    reads_gradients, retains, sets_gradient, shows_progress, steps_not, updates_parameter, writes_parameter,
};
pub use processes::{
    asks_for_main, borrows_mutably, copies_deeply, ends_all_processes, is_gradient, names_communicator,
    names_rank, reduces_gradients, rejects_data,
};
pub use reports::{
    changes_with_mode, is_same_in_every_mode, measures_size, names_batch_size, names_micro_batch,
    names_mode_argument, names_window, scales_gradients, shows_results, splits_batch, stops_early,
    takes_mode,
};
pub use roles::{Role, Uses, is_rate, role_of_name, role_of_type, share_a_word};
pub use rows::{RowChoice, is_part_of_data, keeps_rows, names_series, row_choice};
pub use rust::{Drive, Lazy, drive, lazy};
pub use schedules::{Warmup, known_schedule};
pub use selection::Vocabularies;
pub use tch::{
    ignores_mode_argument, is_parameter_field, is_store, returns_leaves, returns_view, writes_tensor,
};
pub use training::{averages_tensor, moves_target, trains_model_by_name};
pub use weights::{
    averages_weights, converts_path, freezes, holds_layers, is_batch_norm, is_module_path, is_path_type,
    is_plain_layer, is_stateful, keeps_buffers, keeps_state, names_file, names_no_file, names_no_model,
    names_weight_average, records, refits_batch_norm, restores_model, sets_momentum, thaws,
};
pub use words::{
    STEP, adds, applies_gradients, asks_for_soundness, changes_input, clips, clips_values, gives_parameters,
    handles_gradients, hints_at_backward, hints_at_differentiation, hints_at_mode, hints_at_training,
    holds_parameters, is_average, is_average_update, is_builder, is_constructor, is_evaluation, is_loss,
    is_no_reduction, is_sum_reduction, is_variable, is_whole, keeps_model, may_train, may_zero,
    measures_gradients, moves_average, moves_gradients, multiplies, names_batch, names_epoch,
    names_gradients, names_gradients_alone, names_length, names_loader, names_optimizers, names_parameters,
    names_rate, names_settings, names_values, only_zeroes_gradients, restores, returns_parameters,
    runs_backward, saves, sets_parameters, sets_reduction, speaks_of_loss, trains_by_name, writes,
    writes_gradients, writes_in_place, zeroes_gradients,
};

/// The vocabulary of one library.
#[derive(Debug)]
pub struct Vocabulary {
    /// The name of the library.
    pub name: &'static str,
    /// The crates whose use selects the vocabulary. A vocabulary without crates is always selected.
    pub crates: &'static [&'static str],
    /// Methods that no other library has. In a file that imports no known library, they select the
    /// vocabulary of a function that calls them: the file may get the library through a module of its own.
    pub marks: &'static [&'static str],
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
    /// Types that accumulate gradients, in libraries whose gradients are separate values.
    pub accumulators: &'static [&'static str],
    /// Types that wrap a tensor. Their constructors keep the graph of the argument.
    pub tensors: &'static [&'static str],
    /// Ops that keep the graph, each with the kind of values that the op returns.
    pub ops: &'static [(&'static str, Op)],
    /// Methods that stop gradients.
    pub cuts: &'static [(&'static str, GradientStop)],
    /// Losses, each with the input that the loss expects.
    pub losses: &'static [Loss],
    /// Whether a forward can run without recording.
    pub stops_recording: bool,
    /// The way in which `backward` stores the gradients; `None` if the vocabulary has no
    /// `backward`.
    pub keeping: Option<Keeping>,
    /// Whether `backward` silently sums a loss with several numbers. Otherwise, `backward` panics
    /// on such a loss.
    pub sums_unreduced: bool,
    /// The method of an optimizer that returns its state; `None` if the state cannot be saved.
    pub optimizer_state: Option<&'static str>,
    /// More methods of the library's tensors, with the spelling of their variants.
    pub tensor_methods: Option<TensorMethods>,
}

/// Methods of tensors, sorted by their effect on the gradient. The last two fields tell how the
/// variants of a method are spelled.
#[derive(Debug)]
pub struct TensorMethods {
    /// Methods of the kind [`Op::Moves`].
    pub moves: &'static [&'static str],
    /// Methods of the kind [`Op::Each`].
    pub each: &'static [&'static str],
    /// Methods of the kind [`Op::Other`].
    pub other: &'static [&'static str],
    /// Methods that stop the gradient as [`GradientStop::Choice`] does.
    pub choices: &'static [&'static str],
    /// The prefix of the variant that returns a `Result`: `f_` for `f_relu`, the variant of `relu`.
    pub fallible: &'static str,
    /// The last letter of the variant that writes its result to the receiver: `_` for `relu_`, the
    /// variant of `relu`.
    pub in_place: char,
}

impl TensorMethods {
    /// The kind of the op with this name.
    fn op(&self, name: &str) -> Option<Op> {
        let kinds = [(Op::Moves, self.moves), (Op::Each, self.each), (Op::Other, self.other)];
        kinds.into_iter().find(|(_, names)| names.contains(&name)).map(|(op, _)| op)
    }
}
