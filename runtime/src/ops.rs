//! Operations on tensors, one file each: forward, derivative beside it, gradient-check cases.
//!
//! An operation computes with [`Value`](crate::value::Value)s through `kernel`, and hands its derivative to
//! [`record`](crate::autograd::record). Most are methods of [`Tensor`](crate::Tensor).

use crate::gradcheck::Case;

/// Declares the operations; each must bring `CASES`.
macro_rules! operations {
    ($($name:ident),* $(,)?) => {
        $(pub(crate) mod $name;)*

        /// Every operation's gradient-check cases.
        #[cfg_attr(not(all(test, feature = "f64")), allow(dead_code))]
        pub(crate) static CASES: &[(&str, &[Case])] = &[$((stringify!($name), $name::CASES)),*];
    };
}

operations! {
    add,
    div,
    leaky_relu,
    linear,
    matmul,
    mean,
    mul,
    neg,
    relu,
    reshape,
    sub,
    sum,
}

mod operators;

pub use linear::linear;

/// The axis meant by a number that counts from the last where it is negative.
#[track_caller]
pub(crate) fn axis(op: &str, shape: &[usize], axis: isize) -> usize {
    let rank = shape.len() as isize;
    let counted = if axis < 0 { axis + rank } else { axis };
    assert!((0..rank).contains(&counted), "{op}: a tensor of shape {shape:?} has no axis {axis}");
    counted as usize
}
