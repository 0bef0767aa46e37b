//! Operations on tensors. Each operation has a file with its forward pass, its derivative and its
//! gradient-check cases.
//!
//! An operation computes with [`Value`]s through `kernel`, and passes its derivative to [`record`].
//! Most operations are methods of [`Tensor`].

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::value::Value;
use crate::{Scalar, Tensor, kernel};

/// Declares the modules of the operations, and the list of their gradient checks. Each module must define
/// `CASES`.
macro_rules! operations {
    ($($name:ident),* $(,)?) => {
        $(pub(crate) mod $name;)*

        /// The gradient-check cases of every operation.
        #[cfg_attr(not(all(test, feature = "f64")), allow(dead_code))]
        pub(crate) static CASES: &[(&str, &[Case])] = &[$((stringify!($name), $name::CASES)),*];
    };
}

operations! {
    abs,
    adaptive_avg_pool2d,
    adaptive_max_pool2d,
    add,
    attention,
    attention_weights,
    avg_pool2d,
    batch_norm,
    cat,
    ceil,
    clamp,
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    cos,
    cumsum,
    custom_op,
    div,
    dropout,
    elu,
    embedding,
    erf,
    exp,
    exp_m1,
    expand,
    flip,
    floor,
    gather,
    gelu,
    group_norm,
    gru,
    hardswish,
    index_select,
    interpolate,
    layer_norm,
    leaky_relu,
    linear,
    ln,
    ln_1p,
    log_softmax,
    logsumexp,
    lstm,
    masked_fill,
    matmul,
    max,
    max_pool2d,
    maximum,
    mean,
    min,
    minimum,
    mish,
    mul,
    neg,
    norm,
    pad,
    permute,
    pool1d,
    pow,
    prelu,
    prod,
    relu,
    reshape,
    rms_norm,
    rnn,
    rotary,
    round,
    scatter,
    select,
    sigmoid,
    sign,
    silu,
    sin,
    slice,
    softmax,
    softplus,
    sort,
    split,
    sqrt,
    squeeze,
    stack,
    std,
    sub,
    sum,
    tanh,
    tril,
    unfold,
    var,
}

mod comparison;
mod extreme;
mod fold;
mod operators;
pub(crate) mod recurrence;
pub(crate) mod window;

pub use adaptive_avg_pool2d::adaptive_avg_pool2d;
pub use adaptive_max_pool2d::adaptive_max_pool2d;
pub use attention::{Attention, scaled_dot_product_attention};
pub use avg_pool2d::avg_pool2d;
pub use cat::cat;
pub use conv_transpose1d::conv_transpose1d;
pub use conv_transpose2d::{ConvTranspose, conv_transpose2d};
pub use conv1d::conv1d;
pub use conv2d::{Conv, conv2d};
pub use conv3d::{Conv3, conv3d};
pub use custom_op::custom_op;
pub use embedding::embedding;
pub use group_norm::group_norm;
pub use gru::gru;
pub use interpolate::{Interpolation, Resize, interpolate};
pub use layer_norm::layer_norm;
pub use linear::linear;
pub use lstm::{LstmState, LstmWeights, lstm};
pub use max_pool2d::max_pool2d;
pub use pad::{Padding, pad};
pub use pool1d::{adaptive_avg_pool1d, adaptive_max_pool1d, avg_pool1d, max_pool1d};
pub use recurrence::RecurrentWeights;
pub use rms_norm::rms_norm;
pub use rnn::rnn;
pub use rotary::Rotary;
pub use select::select;
pub use stack::stack;
pub use window::{Pair, Pool, Triple};

/// An elementwise operation `y = f(x)` with the derivative `dx = slope(g, x)`. The input is saved
/// for the backward pass.
#[track_caller]
pub(crate) fn by_input(
    x: &Tensor,
    f: impl Fn(Scalar) -> Scalar + Copy + Sync,
    slope: impl Fn(Scalar, Scalar) -> Scalar + Copy + Send + Sync + 'static,
) -> Tensor {
    let input = x.value().clone();
    let output = Value::build(input.shape().clone(), |y| kernel::map(input.as_slice(), y, f));
    record(output, [x], move |mut gradient| {
        kernel::zip_in_place(gradient.make_mut(), input.as_slice(), slope);
        [gradient]
    })
}

/// An elementwise operation `y = f(x)` with the derivative `dx = slope(g, y)`. The output is saved
/// for the backward pass. Often other tensors use the output too, so saving it takes no extra
/// memory.
#[track_caller]
pub(crate) fn by_output(
    x: &Tensor,
    f: impl Fn(Scalar) -> Scalar + Copy + Sync,
    slope: impl Fn(Scalar, Scalar) -> Scalar + Copy + Send + Sync + 'static,
) -> Tensor {
    let output = Value::build(x.value().shape().clone(), |y| kernel::map(x.as_slice(), y, f));
    let kept = output.clone();
    record(output, [x], move |mut gradient| {
        kernel::zip_in_place(gradient.make_mut(), kept.as_slice(), slope);
        [gradient]
    })
}

/// The index of the axis `axis`. A negative `axis` counts from the last axis.
#[track_caller]
pub(crate) fn axis(op: &str, shape: &[usize], axis: isize) -> usize {
    let rank = shape.len().cast_signed();
    let counted = if axis < 0 { axis.saturating_add(rank) } else { axis };
    assert!((0..rank).contains(&counted), "{op}: a tensor of shape {shape:?} has no axis {axis}");
    counted.cast_unsigned()
}
