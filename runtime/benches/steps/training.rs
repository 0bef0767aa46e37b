//! The training step that all workloads share.

use std::sync::atomic::{AtomicBool, Ordering};

use training_loop::Scalar;
use training_loop::prelude::*;

use crate::stages::{Stage, time};

/// Whether gradients are checked before each step.
pub(crate) static CHECK: AtomicBool = AtomicBool::new(false);

/// Training steps of a model: `step(i)` trains on batch `i` and returns its loss.
pub(crate) fn training<X, Y>(
    mut optimizer: impl Optimizer,
    mut batch: impl FnMut(usize) -> (X, Y),
    forward: impl Fn(&X) -> Tensor,
    loss: impl Fn(&Tensor, &Y) -> Tensor,
) -> impl FnMut(usize) -> Scalar {
    let check = CHECK.load(Ordering::Relaxed);
    move |step| {
        let (x, y) = time(Stage::Batch, || batch(step));
        let output = time(Stage::Forward, || forward(&x));
        let loss = time(Stage::Loss, || loss(&output, &y));
        time(Stage::ZeroGrad, || optimizer.zero_grad());
        time(Stage::Backward, || loss.backward());
        if check {
            let bad = time(Stage::Check, || optimizer.non_finite_gradient());
            assert!(bad.is_none(), "a gradient that is not finite");
        }
        time(Stage::Step, || optimizer.step());
        let value = time(Stage::Item, || loss.item());
        time(Stage::Drop, || drop((x, y, output, loss)));
        value
    }
}
