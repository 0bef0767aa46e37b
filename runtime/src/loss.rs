//! Losses. A loss is a scalar that measures how far an output is from its target.

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::labels::check_classes;
use crate::reduction::{Reduction, rows};
use crate::value::Value;
use crate::{Array, Labels, Scalar, Tensor, kernel};

/// Declares the modules of the losses, and the list of their gradient checks. Each module must define
/// `CASES`.
macro_rules! losses {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*

        /// The gradient-check cases of every loss.
        #[cfg_attr(not(all(test, feature = "f64")), allow(dead_code))]
        pub(crate) static CASES: &[(&str, &[Case])] = &[$((stringify!($name), $name::CASES)),*];
    };
}

losses! {
    bce,
    bce_with_logits,
    cosine_embedding,
    cross_entropy,
    focal,
    gaussian_nll,
    hinge,
    huber,
    kl_div,
    l1,
    margin_ranking,
    mse,
    nll,
    poisson_nll,
    smooth_l1,
    triplet,
}

mod number_target;
pub mod unreduced;

pub use bce::bce_loss;
pub use bce_with_logits::{BceWithLogits, bce_with_logits_loss};
pub use cosine_embedding::{CosineEmbedding, cosine_embedding_loss};
pub use cross_entropy::{ClassTarget, CrossEntropy, cross_entropy};
pub use focal::{Focal, sigmoid_focal_loss};
pub use gaussian_nll::{GaussianNll, gaussian_nll_loss};
pub use hinge::{HingeEmbedding, MultiMargin, hinge_embedding_loss, multi_margin_loss};
pub use huber::{Huber, huber_loss};
pub use kl_div::kl_div;
pub use l1::l1_loss;
pub use margin_ranking::{MarginRanking, margin_ranking_loss};
pub use mse::mse_loss;
pub use nll::nll_loss;
pub use number_target::NumberTarget;
pub use poisson_nll::{PoissonNll, poisson_nll_loss};
pub use smooth_l1::{SmoothL1, smooth_l1_loss};
pub use triplet::{TripletMargin, triplet_margin_loss};

/// Panics unless output and target of a loss have the same shape. Broadcasting would hide mistakes.
#[track_caller]
fn same_shape(loss: &str, output: &[usize], target: &[usize]) {
    assert!(
        output == target,
        "{loss}: the output has the shape {output:?} and the target {target:?}; they must be equal, `reshape` \
         one of them"
    );
}

/// Panics unless the elements of the target are probabilities, up to rounding. Mixed or smoothed
/// targets may exceed `[0, 1]` by a few units in the last place.
#[track_caller]
fn check_shares(loss: &str, target: &Tensor) {
    const ROUNDING: Scalar = 4.0 * Scalar::EPSILON;
    let is_share = |t: &Scalar| (-ROUNDING..=1.0 + ROUNDING).contains(t);
    // The loop has no early exit, so it runs at memory speed.
    if target.as_slice().iter().fold(true, |all, t| all & is_share(t)) {
        return;
    }
    if let Some((place, t)) = target.as_slice().iter().enumerate().find(|(_, t)| !is_share(t)) {
        panic!(
            "{loss}: target number {place} is {t}, and the targets are probabilities, which lie in [0, 1]; correct or \
             rescale them"
        );
    }
}

/// Whether a loss returns the mean of its costs, or each of them.
#[derive(Clone, Copy, PartialEq)]
enum Reduce {
    Mean,
    Not,
}

/// A loss of the difference between output and target: the costs `cost(o - t)` or their mean, with
/// `do = g · slope(o - t)`, divided by `n` for the mean, and `dt = -do`.
#[track_caller]
fn by_difference(
    reduce: Reduce,
    loss: &str,
    output: &Tensor,
    target: &Tensor,
    cost: impl Fn(Scalar) -> Scalar + Copy + Sync,
    slope: impl Fn(Scalar) -> Scalar + Copy + Send + Sync + 'static,
) -> Tensor {
    same_shape(loss, output.shape(), target.shape());
    let (o, t) = (output.as_slice(), target.as_slice());
    let difference = Value::build(output.shape(), |d| kernel::zip(o, t, d, |o, t| o - t));
    let costs = Value::build(output.shape(), |c| kernel::map(difference.as_slice(), c, cost));
    let count = difference.len() as Scalar;
    let needs = [output.requires_grad(), target.requires_grad()];
    if reduce == Reduce::Not {
        return record(costs, [output, target], move |gradient| {
            let scaled = |sign: Scalar| {
                Value::build(difference.shape().clone(), |to| {
                    kernel::zip(difference.as_slice(), gradient.as_slice(), to, move |d, g| {
                        sign * slope(d) * g
                    });
                })
            };
            [needs[0].then(|| scaled(1.0)), needs[1].then(|| scaled(-1.0))]
        });
    }
    record(Value::scalar(kernel::sum(costs.as_slice()) / count), [output, target], move |gradient| {
        let scaled = |scale: Scalar| {
            Value::build(difference.shape().clone(), |to| {
                kernel::map(difference.as_slice(), to, move |d| scale * slope(d));
            })
        };
        let scale = gradient.as_slice()[0] / count;
        [needs[0].then(|| scaled(scale)), needs[1].then(|| scaled(-scale))]
    })
    .with_reduction(Reduction::Mean(rows(output.shape())))
}

/// A loss that compares each output with a probability: the costs `cost(o, t)` or their mean, with
/// `do = g · slope(o, t)`, divided by `n` for the mean. The target has no gradient.
#[track_caller]
fn by_pair(
    reduce: Reduce,
    loss: &str,
    output: &Tensor,
    target: &Tensor,
    cost: impl Fn(Scalar, Scalar) -> Scalar + Copy + Sync,
    slope: impl Fn(Scalar, Scalar) -> Scalar + Copy + Send + Sync + 'static,
) -> Tensor {
    same_shape(loss, output.shape(), target.shape());
    check_shares(loss, target);
    let (o, t) = (output.value().clone(), target.value().clone());
    let costs = Value::build(o.shape().clone(), |c| kernel::zip(o.as_slice(), t.as_slice(), c, cost));
    let count = costs.len() as Scalar;
    if reduce == Reduce::Not {
        return record(costs, [output], move |mut gradient| {
            let slopes =
                Value::build(o.shape().clone(), |to| kernel::zip(o.as_slice(), t.as_slice(), to, slope));
            kernel::zip_in_place(gradient.make_mut(), slopes.as_slice(), |g, slope| g * slope);
            [gradient]
        });
    }
    record(Value::scalar(kernel::sum(costs.as_slice()) / count), [output], move |gradient| {
        let scale = gradient.as_slice()[0] / count;
        [Value::build(o.shape().clone(), |to| {
            kernel::zip(o.as_slice(), t.as_slice(), to, move |o, t| scale * slope(o, t));
        })]
    })
    .with_reduction(Reduction::Mean(rows(output.shape())))
}

/// Panics unless each element of the target is 1 or -1.
#[track_caller]
fn check_signs(loss: &str, target: &Tensor) {
    if let Some(place) = target.as_slice().iter().position(|t| t.abs() != 1.0) {
        panic!(
            "{loss}: target number {place} is {}, and the targets are 1 and -1; write `target * 2.0 - 1.0` for zeros and \
             ones",
            target.as_slice()[place]
        );
    }
}

/// Pairs of an output shape and a target shape, for the gradient checks of losses.
const PAIRS: &[&[&[usize]]] = &[&[&[3, 4], &[3, 4]], &[&[1], &[1]], &[&[], &[]]];

/// Labels for the gradient checks: several classes, some of them repeated.
fn some_labels(x: &Tensor) -> Labels {
    let (classes, rows) = x.shape().split_last().expect("classes");
    (0..rows.iter().product()).map(|row: usize| (row * 2 % classes) as u32).collect::<Labels>().reshape(rows)
}

/// Targets 1 and -1 of a shape, for the gradient checks.
fn some_signs(shape: &[usize]) -> Tensor {
    let mut i = 0;
    Tensor::from(Array::from_shape_simple_fn(shape, || {
        i += 1;
        if i % 3 == 0 { -1.0 } else { 1.0 }
    }))
}

/// Targets in (0, 1) for the gradient checks. The targets do not depend on the values of `x`.
fn some_shares(x: &Tensor) -> Tensor {
    let mut i = 0.0;
    Tensor::from(Array::from_shape_simple_fn(x.shape(), || {
        i += 0.37;
        (i as Scalar).fract()
    }))
}

/// Panics unless there is one label per row of scores and each label is a class or `ignore`. Returns the
/// number of classes.
#[track_caller]
pub(crate) fn check_labels(what: &str, labels: &Labels, output: &[usize], ignore: Option<u32>) -> usize {
    let classes = check_rows(what, labels, output);
    check_classes(what, labels, output, classes, ignore);
    classes
}

/// Checks that the log-probability `x` is at most 0, up to rounding, and returns `x`.
#[track_caller]
fn log_probability(what: &str, x: Scalar) -> Scalar {
    assert!(
        x <= 1e-3 || x.is_nan(),
        "{what}: the input has the number {x}, and no log-probability is above 0; apply `log_softmax` to the scores \
         first{}",
        if what == "nll_loss" { ", or use `cross_entropy`, which takes the scores" } else { "" }
    );
    x
}

/// Panics unless the labels have the shape of the output without its last axis. Returns the length
/// of the last axis, which is the number of classes.
#[track_caller]
pub(crate) fn check_rows(what: &str, labels: &Labels, output: &[usize]) -> usize {
    let Some((&classes, rows)) = output.split_last() else {
        panic!("{what}: the output is a single number, and its last axis must be the classes");
    };
    assert!(
        labels.shape() == rows,
        "{what}: the labels {:?} do not fit the output {output:?}, whose last axis is the classes; {}",
        labels.shape(),
        misfit(labels.shape(), rows, classes)
    );
    classes
}

/// The message for labels whose shape does not fit the output. The message suggests a correction.
fn misfit(labels: &[usize], rows: &[usize], classes: usize) -> String {
    let rank = rows.len();
    if rank > 1 && labels[..] == [&rows[..1], &rows[2..], &[classes]].concat() {
        let order = [&[0], &(2..=rank).collect::<Vec<_>>()[..], &[1]].concat();
        return format!(
            "move the classes of axis 1, where PyTorch has them, to the end: `output.permute(&{order:?})`"
        );
    }
    if labels.len() != rank && labels.iter().product::<usize>() == rows.iter().product::<usize>() {
        return match rank {
            0 => "write `labels.reshape(&[])`".to_owned(),
            _ => format!("write `labels.reshape(&output.shape()[..{rank}])`"),
        };
    }
    match labels.iter().zip(rows).position(|(label, row)| label != row) {
        Some(axis) if labels.len() == rank => {
            format!("axis {axis} has length {} in the labels and {} in the output", labels[axis], rows[axis])
        }
        _ => format!("the labels must be {rows:?}"),
    }
}
