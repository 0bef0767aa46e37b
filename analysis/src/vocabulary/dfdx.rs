//! Calls of dfdx. In dfdx, operations pass a tape from the input to the loss, and `backward` adds
//! to the gradients that the tape started with.

use super::math::{Loss, LossInput, Op, loss, regression};
use super::{CallEffect, GradientStop, Keeping, Vocabulary};
use crate::stage::{Effect, Stage};

const ZERO: CallEffect = CallEffect::Gradients(&[Effect::Zero]);
const FORWARD: CallEffect = CallEffect::Computes(Stage::Forward);

/// The calls of dfdx that the vocabulary of `training_loop` does not contain.
pub(super) const DFDX: Vocabulary = Vocabulary {
    name: "dfdx",
    crates: &["dfdx", "dfdx_core"],
    marks: &["leaky_trace", "leaky_traced", "alloc_grads", "try_alloc_grads"],
    optimizer_methods: &[("update", 2, CallEffect::Steps { gradients: 1 })],
    scaler_methods: &[],
    methods: &[
        ("trace", 1, CallEffect::Traces),
        ("traced", 1, CallEffect::Traces),
        ("leaky_trace", 0, CallEffect::Traces),
        ("leaky_traced", 0, CallEffect::Traces),
        ("trace_into", 1, CallEffect::Traces),
        ("alloc_grads", 0, CallEffect::Allocates),
        ("try_alloc_grads", 0, CallEffect::Allocates),
        ("zero_grads", 1, ZERO),
        ("try_zero_grads", 1, ZERO),
        ("try_backward", 0, CallEffect::Backward { retain: false }),
        ("forward_mut", 9, FORWARD),
        ("try_forward", 9, FORWARD),
        ("try_forward_mut", 9, FORWARD),
        ("array", 0, CallEffect::Detaches),
        ("as_vec", 0, CallEffect::Detaches),
    ],
    functions: &[],
    optimizers: &["RMSprop"],
    accumulators: &[],
    tensors: &[],
    ops: OPS,
    cuts: CUTS,
    losses: LOSSES,
    stops_recording: false,
    keeping: Some(Keeping::Threaded),
    sums_unreduced: false,
    optimizer_state: None,
    tensor_methods: None,
};

/// The losses of `dfdx::losses`.
const LOSSES: &[Loss] = &[
    loss("cross_entropy_with_logits_loss", LossInput::Logits),
    loss("binary_cross_entropy_with_logits_loss", LossInput::EntryLogits),
    loss("kl_div_with_logits_loss", LossInput::Logits),
    regression("rmse_loss", None),
    regression("mae_loss", None),
];

/// Methods of a tensor that stop gradients.
const CUTS: &[(&str, GradientStop)] = &[("array", GradientStop::Number), ("as_vec", GradientStop::Number)];

/// Methods of a tensor that keep its graph.
const OPS: &[(&str, Op)] = &[
    ("choose", Op::Other),
    ("recip", Op::Each),
    ("negate", Op::Each),
    ("sin", Op::Each),
    ("cos", Op::Each),
    ("max", Op::Other),
    ("min", Op::Other),
    ("stddev", Op::Other),
    ("huber_error", Op::Other),
    ("broadcast", Op::Moves),
    ("broadcast_like", Op::Moves),
    ("reshape_like", Op::Moves),
    ("realize", Op::Moves),
    ("slice", Op::Moves),
    ("to_dtype", Op::Moves),
    ("with_diff_tape", Op::Moves),
];
