//! The one training step that every workload is measured by.

use training_loop::Scalar;
use training_loop::prelude::*;

use crate::stages::{Stage, time};

/// Whole training steps of a model: `step(i)` takes batch number `i`, learns from it and gives its loss.
pub(crate) fn training<X, Y>(
    mut optimizer: impl Optimizer,
    mut batch: impl FnMut(usize) -> (X, Y),
    forward: impl Fn(&X) -> Tensor,
    loss: impl Fn(&Tensor, &Y) -> Tensor,
) -> impl FnMut(usize) -> Scalar {
    move |step| {
        let (x, y) = time(Stage::Batch, || batch(step));
        let output = time(Stage::Forward, || forward(&x));
        let loss = time(Stage::Loss, || loss(&output, &y));
        time(Stage::ZeroGrad, || optimizer.zero_grad());
        time(Stage::Backward, || loss.backward());
        time(Stage::Step, || optimizer.step());
        let value = time(Stage::Item, || loss.item());
        time(Stage::Drop, || drop((x, y, output, loss)));
        value
    }
}
