//! The mathematics of ops and losses: the ops that return probabilities, the inputs that losses
//! expect, and the ops that have no gradient.
//!
//! The facts are in tables, like the effects of calls. Neither lowering nor a lint compares names.

/// The kind of values that an op returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Probabilities over classes.
    Softmax,
    /// Logarithms of probabilities over classes.
    LogSoftmax,
    /// One probability per entry.
    Sigmoid,
    /// The logarithm of one probability per entry.
    LogSigmoid,
    /// The natural logarithm of each entry.
    Log,
    /// The same values in another shape, on another device, or clamped to a range.
    Moves,
    /// A function of each entry, other than the ops above.
    Each,
    /// A sum or a mean of the entries.
    Totals,
    /// The sum of the receiver and the argument.
    Adds,
    /// The product or the quotient of the receiver and the argument.
    Multiplies,
    /// An op of any other kind.
    Other,
}

impl Op {
    /// The kind of the logarithm of this op's values, such as `LogSoftmax` for `Softmax`. `None` if
    /// no kind describes the logarithm.
    pub fn log(self) -> Option<Self> {
        match self {
            Self::Softmax => Some(Self::LogSoftmax),
            Self::Sigmoid => Some(Self::LogSigmoid),
            _ => None,
        }
    }
}

/// The way in which an operation stops the gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GradientStop {
    /// A conversion to a plain number or array.
    Number,
    /// A comparison, a rounding, or the index of the largest entry.
    Choice,
    /// An explicit `detach`.
    Detach,
}

/// The input that a loss expects from the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossInput {
    /// Scores of classes, before softmax.
    Logits,
    /// Scores of single entries, before sigmoid.
    EntryLogits,
    /// Logarithms of probabilities.
    LogProbabilities,
    /// Probabilities.
    Probabilities,
    /// Numbers of any kind.
    Anything,
}

/// A loss. The output is the first argument, or the receiver if the loss is a method. The target is
/// the next argument.
#[derive(Debug)]
pub struct Loss {
    /// The name of the loss.
    pub name: &'static str,
    /// The type whose method `loss` computes the loss, if there is such a type.
    pub of: Option<&'static str>,
    /// The input that the loss expects from the model.
    pub takes: LossInput,
    /// Whether the gradients stay the same if the output and the target are exchanged.
    pub symmetric: bool,
    /// Whether the order of the arguments is the same in all libraries.
    pub one_order: bool,
}

pub(super) const fn loss(name: &'static str, takes: LossInput) -> Loss {
    Loss { name, of: None, takes, symmetric: false, one_order: true }
}

pub(super) const fn regression(name: &'static str, of: Option<&'static str>) -> Loss {
    Loss { name, of, takes: LossInput::Anything, symmetric: true, one_order: true }
}

/// A loss of which only the arguments are known.
pub static OTHER_LOSS: Loss = regression("", None);

/// Crates whose functions have the meaning that the tables assign to the functions' names.
pub const CRATES: &[&str] = &[
    "training_loop",
    "tch",
    "candle",
    "candle_core",
    "candle_nn",
    "candle_optimisers",
    "candle_optimizers",
    "candle_transformers",
    "candle_datasets",
    "burn",
    "burn_core",
    "burn_nn",
    "burn_optim",
    "burn_tensor",
    "burn_autodiff",
    "burn_train",
    "burn_ndarray",
    "burn_wgpu",
    "burn_cuda",
    "burn_tch",
    "burn_flex",
    "burn_dataset",
    "burn_rl",
    "dfdx",
    "dfdx_core",
    "mpi",
    "cudarc",
    "nccl",
];

/// The losses of `training_loop` and tch.
pub(super) const LOSSES: &[Loss] = &[
    Loss { of: Some("CrossEntropy"), ..loss("cross_entropy", LossInput::Logits) },
    loss("cross_entropy_for_logits", LossInput::Logits),
    loss("cross_entropy_loss", LossInput::Logits),
    loss("nll_loss", LossInput::LogProbabilities),
    loss("bce_with_logits_loss", LossInput::EntryLogits),
    loss("binary_cross_entropy_with_logits", LossInput::EntryLogits),
    loss("bce_loss", LossInput::Probabilities),
    loss("binary_cross_entropy", LossInput::Probabilities),
    Loss { one_order: false, ..loss("kl_div", LossInput::Anything) },
    regression("mse_loss", None),
    regression("l1_loss", None),
    regression("huber_loss", Some("Huber")),
    regression("smooth_l1_loss", Some("SmoothL1")),
];

/// Whether `training_loop` has a loss with this name.
pub fn knows_loss(name: &str) -> bool {
    LOSSES.iter().any(|loss| loss.name == name)
}

/// Ops that keep the graph, each with the kind of values that the op returns. Any other op is [`Op::Other`].
pub(super) const OPS: &[(&str, Op)] = &[
    ("softmax", Op::Softmax),
    ("log_softmax", Op::LogSoftmax),
    ("sigmoid", Op::Sigmoid),
    ("log_sigmoid", Op::LogSigmoid),
    ("ln", Op::Log),
    ("log", Op::Log),
    ("reshape", Op::Moves),
    ("view", Op::Moves),
    ("view_as", Op::Moves),
    ("flatten", Op::Moves),
    ("squeeze", Op::Moves),
    ("squeeze_dim", Op::Moves),
    ("unsqueeze", Op::Moves),
    ("permute", Op::Moves),
    ("transpose", Op::Moves),
    ("contiguous", Op::Moves),
    ("to_device", Op::Moves),
    ("to_kind", Op::Moves),
    ("clamp", Op::Moves),
    ("clamp_min", Op::Moves),
    ("relu", Op::Each),
    ("tanh", Op::Each),
    ("exp", Op::Each),
    ("abs", Op::Each),
    ("sqrt", Op::Each),
    ("square", Op::Each),
    ("pow", Op::Each),
    ("powi", Op::Each),
    ("powf", Op::Each),
    ("elu", Op::Each),
    ("gelu", Op::Each),
    ("silu", Op::Each),
    ("softplus", Op::Each),
    ("leaky_relu", Op::Each),
    ("mish", Op::Each),
    ("hardswish", Op::Each),
    ("prelu", Op::Other),
    ("add", Op::Adds),
    ("broadcast_add", Op::Adds),
    ("mul", Op::Multiplies),
    ("div", Op::Multiplies),
    ("broadcast_mul", Op::Multiplies),
    ("broadcast_div", Op::Multiplies),
    ("sub", Op::Other),
    ("gather", Op::Other),
    ("index_select", Op::Other),
    ("select", Op::Other),
    ("narrow", Op::Other),
    ("slice", Op::Other),
    ("max", Op::Other),
    ("min", Op::Other),
    ("amax", Op::Other),
    ("max_dim", Op::Other),
    ("mean_dim", Op::Other),
    ("sum_dim_intlist", Op::Other),
    ("logsumexp", Op::Other),
    ("var", Op::Other),
    ("sum", Op::Totals),
    ("mean", Op::Totals),
];

/// The names of the methods that compute the output of a model.
pub const FORWARDS: &[&str] = &["forward", "forward_t"];

/// Whether a method of a sequence of layers appends its last argument, a layer or a closure.
pub fn adds_layer(method: &str) -> bool {
    matches!(method, "add" | "add_fn" | "add_fn_t" | "push" | "layer" | "then")
}

/// The operation that a layer of this type computes, if the operation returns probabilities or
/// their logarithms.
pub fn layer_op(layer: &str) -> Option<Op> {
    match layer {
        "Softmax" => Some(Op::Softmax),
        "LogSoftmax" => Some(Op::LogSoftmax),
        "Sigmoid" => Some(Op::Sigmoid),
        "LogSigmoid" => Some(Op::LogSigmoid),
        _ => None,
    }
}

/// Methods that stop gradients.
///
/// `eq`, `ne`, `lt`, `le`, `gt` and `ge` may also compare plain Rust numbers. A comparison of
/// tensors or of numbers has no gradient.
pub(super) const CUTS: &[(&str, GradientStop)] = &[
    ("item", GradientStop::Number),
    ("to_array", GradientStop::Number),
    ("double_value", GradientStop::Number),
    ("int64_value", GradientStop::Number),
    ("to_scalar", GradientStop::Number),
    ("into_scalar", GradientStop::Number),
    ("to_vec0", GradientStop::Number),
    ("to_vec1", GradientStop::Number),
    ("to_vec2", GradientStop::Number),
    ("to_data", GradientStop::Number),
    ("into_data", GradientStop::Number),
    ("try_into", GradientStop::Number),
    ("argmax", GradientStop::Choice),
    ("argmin", GradientStop::Choice),
    ("argmax_keepdim", GradientStop::Choice),
    ("argmin_keepdim", GradientStop::Choice),
    ("argsort", GradientStop::Choice),
    ("arg_sort_last_dim", GradientStop::Choice),
    ("round", GradientStop::Choice),
    ("floor", GradientStop::Choice),
    ("ceil", GradientStop::Choice),
    ("trunc", GradientStop::Choice),
    ("sign", GradientStop::Choice),
    ("sgn", GradientStop::Choice),
    ("signum", GradientStop::Choice),
    ("eq", GradientStop::Choice),
    ("ne", GradientStop::Choice),
    ("lt", GradientStop::Choice),
    ("le", GradientStop::Choice),
    ("gt", GradientStop::Choice),
    ("ge", GradientStop::Choice),
    ("eq_tensor", GradientStop::Choice),
    ("ne_tensor", GradientStop::Choice),
    ("lt_tensor", GradientStop::Choice),
    ("le_tensor", GradientStop::Choice),
    ("gt_tensor", GradientStop::Choice),
    ("ge_tensor", GradientStop::Choice),
    ("broadcast_eq", GradientStop::Choice),
    ("broadcast_ne", GradientStop::Choice),
    ("broadcast_lt", GradientStop::Choice),
    ("broadcast_le", GradientStop::Choice),
    ("broadcast_gt", GradientStop::Choice),
    ("broadcast_ge", GradientStop::Choice),
    ("equal", GradientStop::Choice),
    ("not_equal", GradientStop::Choice),
    ("greater", GradientStop::Choice),
    ("greater_equal", GradientStop::Choice),
    ("less", GradientStop::Choice),
    ("less_equal", GradientStop::Choice),
    ("lower", GradientStop::Choice),
    ("lower_equal", GradientStop::Choice),
    ("equal_elem", GradientStop::Choice),
    ("not_equal_elem", GradientStop::Choice),
    ("greater_elem", GradientStop::Choice),
    ("greater_equal_elem", GradientStop::Choice),
    ("lower_elem", GradientStop::Choice),
    ("lower_equal_elem", GradientStop::Choice),
    ("detach", GradientStop::Detach),
];

/// Whether a method converts its receiver to the type that the context expects.
///
/// The result is a number, as in `let size: f64 = loss.try_into()?`, unless the declared type is a tensor.
pub fn converts_by_context(method: &str) -> bool {
    method == "try_into"
}
