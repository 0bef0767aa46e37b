//! Calls of the PyTorch bindings `tch`: fused calls, optimizers built from a variable store, models applied to
//! tensors.

use super::math::GradientStop;
use super::{CallEffect, Keeping, TensorMethods, Vocabulary};
use crate::stage::{Effect, Stage};

mod ops;

const ZERO: CallEffect = CallEffect::Gradients(&[Effect::Zero]);
const FORWARD: CallEffect = CallEffect::Computes(Stage::Forward);

/// The calls of `tch` that the vocabulary of `training_loop` does not contain.
pub(super) const TCH: Vocabulary = Vocabulary {
    name: "tch",
    crates: &["tch"],
    marks: &[],
    optimizer_methods: &[
        ("backward_step", 1, CallEffect::Gradients(&[Effect::Zero, Effect::Fill, Effect::Take])),
        (
            "backward_step_clip",
            2,
            CallEffect::Gradients(&[Effect::Zero, Effect::Fill, Effect::Clip, Effect::Take]),
        ),
        (
            "backward_step_clip_norm",
            2,
            CallEffect::Gradients(&[Effect::Zero, Effect::Fill, Effect::Clip, Effect::Take]),
        ),
        ("zero_grad_with_set_to_none", 1, ZERO),
        ("build", 2, CallEffect::Builds),
        ("build_copt", 1, CallEffect::Harmless),
        ("add_parameters", 2, CallEffect::Adopts),
        ("trainable_variables", 0, CallEffect::Parameters),
        ("set_lr_group", 2, CallEffect::Harmless),
        ("set_momentum_group", 2, CallEffect::Harmless),
        ("set_weight_decay_group", 2, CallEffect::Harmless),
    ],
    scaler_methods: &[],
    methods: &[
        ("forward_t", 2, FORWARD),
        ("forward_all", 9, FORWARD),
        ("forward_all_t", 9, FORWARD),
        ("batch_accuracy_for_logits", 9, CallEffect::Evaluates),
        ("seq", 1, FORWARD),
        ("step", 2, FORWARD),
        ("zero_state", 1, CallEffect::Detaches),
        ("seq_init", 2, FORWARD),
        ("apply", 1, CallEffect::Applies),
        ("apply_t", 2, CallEffect::Applies),
        ("apply_opt", 1, CallEffect::Applies),
        ("apply_opt_t", 2, CallEffect::Applies),
        ("root", 0, CallEffect::Parameters),
        ("variables", 0, CallEffect::Parameters),
        ("trainable_variables", 0, CallEffect::Parameters),
        ("set_train", 0, CallEffect::Mode(Stage::TrainMode)),
        ("set_eval", 0, CallEffect::Mode(Stage::EvalMode)),
        ("load_partial", 1, CallEffect::Harmless),
        ("run_backward", 9, CallEffect::Differentiates),
        ("save_to_stream", 1, CallEffect::Harmless),
        ("load_from_stream", 1, CallEffect::Harmless),
        ("device", 0, CallEffect::Detaches),
        ("size", 0, CallEffect::Detaches),
        ("kind", 0, CallEffect::Detaches),
        ("size1", 0, CallEffect::Detaches),
        ("size2", 0, CallEffect::Detaches),
        ("size3", 0, CallEffect::Detaches),
        ("size4", 0, CallEffect::Detaches),
        ("size5", 0, CallEffect::Detaches),
        ("size6", 0, CallEffect::Detaches),
        ("dim", 0, CallEffect::Detaches),
        ("numel", 0, CallEffect::Detaches),
        ("defined", 0, CallEffect::Detaches),
        ("requires_grad", 0, CallEffect::Detaches),
        ("zeros_like", 0, CallEffect::Detaches),
        ("ones_like", 0, CallEffect::Detaches),
        ("full_like", 1, CallEffect::Detaches),
        ("rand_like", 0, CallEffect::Detaches),
        ("randn_like", 0, CallEffect::Detaches),
        ("double_value", 1, CallEffect::Detaches),
        ("int64_value", 1, CallEffect::Detaches),
        ("accuracy_for_logits", 1, CallEffect::Detaches),
        ("eq_tensor", 1, CallEffect::Detaches),
        ("detach_copy", 0, CallEffect::Detaches),
        ("shallow_clone", 0, CallEffect::Passes),
        ("copy", 0, CallEffect::KeepsGraph),
        ("copy", 1, CallEffect::Harmless),
        ("data", 0, CallEffect::Detaches),
        ("detach_", 0, CallEffect::Detaches),
        ("view", 1, CallEffect::KeepsGraph),
        ("view_", 1, CallEffect::KeepsGraph),
        ("flat_view", 0, CallEffect::KeepsGraph),
        ("squeeze_dim", 1, CallEffect::KeepsGraph),
        ("contiguous", 0, CallEffect::KeepsGraph),
        ("to_device", 1, CallEffect::KeepsGraph),
        ("to_kind", 1, CallEffect::KeepsGraph),
        ("to", 1, CallEffect::KeepsGraph),
        ("mean", 1, CallEffect::KeepsGraph),
        ("mean_dim", 3, CallEffect::KeepsGraph),
        ("sum", 1, CallEffect::KeepsGraph),
        ("sum_dim_intlist", 3, CallEffect::KeepsGraph),
        ("pow_tensor_scalar", 1, CallEffect::KeepsGraph),
        ("dropout", 2, CallEffect::KeepsGraph),
        ("mm", 1, CallEffect::KeepsGraph),
        ("bmm", 1, CallEffect::KeepsGraph),
    ],
    functions: &[
        ("autocast", CallEffect::Runs),
        ("run_backward", CallEffect::Differentiates),
        ("sgd", CallEffect::Settings),
        ("adam", CallEffect::Settings),
        ("adamw", CallEffect::Settings),
        ("rms_prop", CallEffect::Settings),
    ],
    optimizers: &[],
    accumulators: &[],
    tensors: &[],
    ops: &[],
    cuts: &[
        ("data", GradientStop::Detach),
        ("detach_", GradientStop::Detach),
        ("detach_copy", GradientStop::Detach),
    ],
    losses: &[],
    stops_recording: true,
    keeping: Some(Keeping::InPlace),
    sums_unreduced: false,
    optimizer_state: None,
    tensor_methods: Some(TensorMethods {
        moves: ops::MOVES,
        each: ops::EACH,
        other: ops::OTHER,
        choices: ops::CHOICES,
        fallible: "f_",
        in_place: '_',
    }),
};

/// Types whose `forward_t` ignores its mode argument. Only `set_train` and `set_eval` set the mode
/// of these types.
const OWN_MODE: &[&str] = &["TrainableCModule", "CModule"];

/// Whether the forward of a type with this name ignores its mode argument.
pub fn ignores_mode_argument(name: &str) -> bool {
    OWN_MODE.contains(&name)
}

/// Whether a method of a tensor returns a view: a write to the view also writes the tensor.
pub fn returns_view(name: &str) -> bool {
    matches!(
        name,
        "get"
            | "select"
            | "narrow"
            | "slice"
            | "i"
            | "view"
            | "squeeze"
            | "squeeze_dim"
            | "unsqueeze"
            | "transpose"
            | "permute"
            | "shallow_clone"
    )
}

/// Whether a field with this name is a parameter of one of the library's layers: `linear.ws`.
pub fn is_parameter_field(name: &str) -> bool {
    matches!(name, "ws" | "bs")
}

/// Whether a method of a tensor writes the tensor in place: `copy_`, `init`.
pub fn writes_tensor(name: &str, arguments: usize) -> bool {
    let flags = ["requires_grad_", "detach_", "retain_grad_"];
    name == "init" && arguments == 1 || name.ends_with('_') && !flags.contains(&name)
}

/// Whether a method returns the parameters of a store, each of which is a leaf of the graph.
pub fn returns_leaves(name: &str) -> bool {
    name == "trainable_variables"
}

/// Whether a type with this name is a store, whose parameters record a graph unless something freezes them.
pub fn is_store(owner: &str) -> bool {
    owner == "VarStore"
}
