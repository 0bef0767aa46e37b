//! The vocabulary of `training_loop` and of calls shaped like PyTorch's: gradients accumulate in the parameters,
//! `step` does not reset the gradients, and a method sets the mode.

use super::{CallEffect, Vocabulary, math};
use crate::stage::{Effect, Stage};

const CLIP: CallEffect = CallEffect::Gradients(&[Effect::Clip]);
/// The effect of a call that reads the gradients without changing them.
const LOOKS: CallEffect = CallEffect::Gradients(&[Effect::Nothing]);
const ZERO: CallEffect = CallEffect::Gradients(&[Effect::Zero]);

/// The calls of `training_loop`, and of libraries with PyTorch's names.
pub(super) const TRAINING_LOOP: Vocabulary = Vocabulary {
    name: "training_loop",
    crates: &[],
    marks: &[],
    optimizer_methods: &[
        ("zero_grad", 1, ZERO),
        ("step", 0, CallEffect::Gradients(&[Effect::Take])),
        ("clip_grad_norm", 2, CLIP),
        ("grad_norm", 1, LOOKS),
        ("gradient_norm", 1, LOOKS),
        ("total_norm", 1, LOOKS),
        ("global_norm", 1, LOOKS),
        ("clip_grad_norm_", 2, CLIP),
        ("clip_grad_value", 1, CLIP),
        ("clip_grad_value_", 1, CLIP),
        ("parameters", 0, CallEffect::Parameters),
        ("learning_rate", 0, CallEffect::Detaches),
        ("lr", 0, CallEffect::Detaches),
        ("get_lr", 0, CallEffect::Detaches),
        ("check", 0, CallEffect::Detaches),
        ("state_dict", 0, CallEffect::Detaches),
        ("name", 0, CallEffect::Detaches),
        ("scale_grad", 1, CallEffect::Harmless),
        ("non_finite_gradient", 0, CallEffect::Detaches),
        ("set_learning_rate", 1, CallEffect::Harmless),
        ("set_lr", 1, CallEffect::Harmless),
        ("set_momentum", 1, CallEffect::Harmless),
        ("set_weight_decay", 1, CallEffect::Harmless),
        ("load_state_dict", 1, CallEffect::Harmless),
        ("param_groups", 0, CallEffect::Harmless),
        ("is_some", 0, CallEffect::Detaches),
        ("is_none", 0, CallEffect::Detaches),
    ],
    scaler_methods: &[],
    methods: &[
        ("backward", 0, CallEffect::Backward { retain: false }),
        ("backward_retain_graph", 0, CallEffect::Backward { retain: true }),
        ("zero_grad", 1, ZERO),
        ("zero_grads", 0, ZERO),
        ("clip_grad_norm", 2, CLIP),
        ("grad_norm", 1, LOOKS),
        ("gradient_norm", 1, LOOKS),
        ("total_norm", 1, LOOKS),
        ("global_norm", 1, LOOKS),
        ("clip_grad_value", 2, CLIP),
        ("forward", 9, CallEffect::Computes(Stage::Forward)),
        ("loss", 9, CallEffect::Computes(Stage::Loss)),
        ("train", 0, CallEffect::Mode(Stage::TrainMode)),
        ("eval", 0, CallEffect::Mode(Stage::EvalMode)),
        ("freeze", 0, CallEffect::Harmless),
        ("unfreeze", 0, CallEffect::Harmless),
        ("save", 1, CallEffect::Harmless),
        ("load", 1, CallEffect::Harmless),
        ("train", 1, CallEffect::ModeBy),
        ("set_train", 1, CallEffect::ModeBy),
        ("set_training", 1, CallEffect::ModeBy),
        ("parameters", 0, CallEffect::Parameters),
        ("named_parameters", 0, CallEffect::Parameters),
        ("trainable_parameters", 0, CallEffect::Parameters),
        ("state_dict", 0, CallEffect::Detaches),
        ("item", 0, CallEffect::Detaches),
        ("detach", 0, CallEffect::Detaches),
        ("to_array", 0, CallEffect::Detaches),
        ("view", 0, CallEffect::Detaches),
        ("argmax", 9, CallEffect::Detaches),
        ("shape", 0, CallEffect::Detaches),
        ("len", 0, CallEffect::Detaches),
        ("is_empty", 0, CallEffect::Detaches),
        ("start_or_resume", 4, CallEffect::Harmless),
        ("describe", 2, CallEffect::Harmless),
        ("diverged", 1, CallEffect::Detaches),
        ("exploded", 3, CallEffect::Detaches),
        ("is_finite", 0, CallEffect::Detaches),
        ("is_nan", 0, CallEffect::Detaches),
        ("to_string", 0, CallEffect::Detaches),
        ("clone", 0, CallEffect::Copies),
        ("to_owned", 0, CallEffect::Copies),
        ("iter", 0, CallEffect::Passes),
        ("iter_mut", 0, CallEffect::Passes),
        ("values_mut", 0, CallEffect::Passes),
        ("into_iter", 0, CallEffect::Passes),
        ("relu", 0, CallEffect::KeepsGraph),
        ("tanh", 0, CallEffect::KeepsGraph),
        ("sigmoid", 0, CallEffect::KeepsGraph),
        ("exp", 0, CallEffect::KeepsGraph),
        ("ln", 0, CallEffect::KeepsGraph),
        ("abs", 0, CallEffect::KeepsGraph),
        ("sqrt", 0, CallEffect::KeepsGraph),
        ("square", 0, CallEffect::KeepsGraph),
        ("pow", 1, CallEffect::KeepsGraph),
        ("powi", 1, CallEffect::KeepsGraph),
        ("powf", 1, CallEffect::KeepsGraph),
        ("sum", 0, CallEffect::KeepsGraph),
        ("mean", 0, CallEffect::KeepsGraph),
        ("sum_axis", 9, CallEffect::KeepsGraph),
        ("mean_axis", 9, CallEffect::KeepsGraph),
        ("reshape", 1, CallEffect::KeepsGraph),
        ("softmax", 2, CallEffect::KeepsGraph),
        ("log_softmax", 2, CallEffect::KeepsGraph),
        ("log_sigmoid", 0, CallEffect::KeepsGraph),
        ("matmul", 1, CallEffect::KeepsGraph),
        ("flatten", 2, CallEffect::KeepsGraph),
        ("squeeze", 0, CallEffect::KeepsGraph),
        ("unsqueeze", 1, CallEffect::KeepsGraph),
        ("transpose", 2, CallEffect::KeepsGraph),
        ("permute", 1, CallEffect::KeepsGraph),
        ("narrow", 3, CallEffect::KeepsGraph),
        ("select", 2, CallEffect::KeepsGraph),
        ("index_select", 2, CallEffect::KeepsGraph),
        ("gather", 3, CallEffect::KeepsGraph),
        ("log", 0, CallEffect::KeepsGraph),
        ("neg", 0, CallEffect::KeepsGraph),
        ("clamp", 2, CallEffect::KeepsGraph),
        ("leaky_relu", 0, CallEffect::KeepsGraph),
        ("gelu", 1, CallEffect::KeepsGraph),
    ],
    functions: &[
        ("no_grad", CallEffect::NoGrad),
        ("no_grad_guard", CallEffect::NoGrad),
        ("with_grad", CallEffect::WithGrad),
        ("enable_grad", CallEffect::WithGrad),
        ("set_grad_enabled", CallEffect::SwitchesRecording),
        ("grad_set_enabled", CallEffect::SwitchesRecording),
        ("clip_grad_norm", CLIP),
        ("grad_norm", LOOKS),
        ("gradient_norm", LOOKS),
        ("total_norm", LOOKS),
        ("global_norm", LOOKS),
        ("clip_grad_norm_", CLIP),
        ("clip_grad_value", CLIP),
        ("clip_grad_value_", CLIP),
        ("forward", CallEffect::Computes(Stage::Forward)),
        ("cross_entropy", CallEffect::Computes(Stage::Loss)),
        ("kl_div", CallEffect::Computes(Stage::Loss)),
        ("softmax", CallEffect::KeepsGraph),
        ("log_softmax", CallEffect::KeepsGraph),
        ("sigmoid", CallEffect::KeepsGraph),
        ("evaluation", CallEffect::Mode(Stage::EvalMode)),
        ("seed", CallEffect::Harmless),
        ("seed_scope", CallEffect::Harmless),
        ("Some", CallEffect::Passes),
        ("Ok", CallEffect::Passes),
    ],
    optimizers: &[
        "Sgd", "SGD", "Adam", "AdamW", "RmsProp", "RMSprop", "RMSProp", "Adagrad", "AdaGrad", "Adadelta",
        "AdaDelta", "NAdam", "RAdam", "Adamax", "AdaMax", "Lion", "Muon", "Lbfgs", "LBFGS", "LBfgs",
    ],
    accumulators: &[],
    tensors: &["Tensor", "Array", "ArrayD", "Var", "Variable"],
    ops: math::OPS,
    cuts: math::CUTS,
    losses: math::LOSSES,
    stops_recording: false,
    keeping: None,
    sums_unreduced: false,
    optimizer_state: Some("state_dict"),
    tensor_methods: None,
};

/// Whether a method of a `Run` returns the weight of a batch or of a window of batches.
pub fn is_weight(method: &syn::Ident) -> bool {
    method == "batch_weight" || method == "window_weight"
}

/// Whether a path is the private function through which a generated loop passes its loader.
pub fn is_private_loader(path: &syn::Path) -> bool {
    is_private(path, &["loader"])
}

/// Whether a function is a private function of generated loops that only returns its argument.
pub fn passes_argument(function: &syn::Path) -> bool {
    is_private(function, &["loader", "output_and_loss"])
}

/// Whether generated loops use fully qualified paths to call the methods of the trait with this
/// name.
pub fn is_trait_of_runtime(name: &syn::Ident) -> bool {
    name == "Module" || name == "Optimizer" || name == "Schedule"
}

fn is_private(path: &syn::Path, names: &[&str]) -> bool {
    let mut segments = path.segments.iter().rev().map(|segment| &segment.ident);
    segments.next().is_some_and(|name| names.iter().any(|known| name == known))
        && segments.next().is_some_and(|owner| owner == "private")
}
