//! What ops and losses mean for the numbers that go through them: which op makes probabilities, what a
//! loss takes, and what a gradient cannot pass.
//!
//! Tables like those of effects, so that neither the lowering nor a lint looks at a name.

/// What an op makes of the numbers of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Probabilities over classes.
    Softmax,
    /// Their logarithms.
    LogSoftmax,
    /// A probability of each entry.
    Sigmoid,
    /// Its logarithm.
    LogSigmoid,
    /// The natural logarithm.
    Log,
    /// The same numbers in another shape, on another device, or kept in a range.
    Moves,
    /// Each entry by itself.
    Each,
    /// A sum or a mean.
    Totals,
    /// Anything else.
    Other,
}

impl Op {
    /// What the logarithm of it is.
    pub fn log(self) -> Option<Self> {
        match self {
            Self::Softmax => Some(Self::LogSoftmax),
            Self::Sigmoid => Some(Self::LogSigmoid),
            _ => None,
        }
    }
}

/// What keeps a gradient from passing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GradientStop {
    /// A conversion to a plain number or array.
    Number,
    /// A comparison, a rounding, or the place of the greatest entry.
    Choice,
    /// A call that was asked to.
    Detach,
}

/// What a loss takes as its output.
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
    /// Any numbers.
    Anything,
}

/// A loss with an output first and a target second; as a method, the output is the receiver.
#[derive(Debug)]
pub struct Loss {
    /// Its name.
    pub name: &'static str,
    /// The type of which it is the method `loss`, if there is one.
    pub of: Option<&'static str>,
    /// What it takes as its output.
    pub takes: LossInput,
    /// Exchanging output and target makes no difference to the gradient of either.
    pub symmetric: bool,
    /// Libraries agree on which argument comes first.
    pub one_order: bool,
}

const fn loss(name: &'static str, takes: LossInput) -> Loss {
    Loss { name, of: None, takes, symmetric: false, one_order: true }
}

const fn regression(name: &'static str, of: Option<&'static str>) -> Loss {
    Loss { name, of, takes: LossInput::Anything, symmetric: true, one_order: true }
}

/// Crates whose functions of these names do what the tables say.
pub const CRATES: &[&str] = &["training_loop", "tch", "candle_core", "candle_nn", "burn", "dfdx"];

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

/// Ops that keep the graph, and what they make of the numbers; what is not here is [`Op::Other`].
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
    ("mul", Op::Other),
    ("add", Op::Other),
    ("sub", Op::Other),
    ("div", Op::Other),
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

/// Methods that stop gradients.
pub(super) const CUTS: &[(&str, GradientStop)] = &[
    ("item", GradientStop::Number),
    ("to_array", GradientStop::Number),
    ("double_value", GradientStop::Number),
    ("int64_value", GradientStop::Number),
    ("argmax", GradientStop::Choice),
    ("argmin", GradientStop::Choice),
    ("round", GradientStop::Choice),
    ("sign", GradientStop::Choice),
    ("eq_tensor", GradientStop::Choice),
    ("gt", GradientStop::Choice),
    ("lt", GradientStop::Choice),
    ("detach", GradientStop::Detach),
];
