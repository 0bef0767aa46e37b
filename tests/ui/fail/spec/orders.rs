//! Orders from which no loop can be written.

use training_loop::prelude::*;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    clip_grad_value = 0.5, //~ error
    train_order = [
        loss, //~ error loss_before_forward
        forward,
        forwards, //~ error
        forward, //~ error
        optimizer_step, //~ error
        zero_grad(1), //~ error
        backward,
        clip_grad_norm, //~ error
        schedule, //~ error
        train_mode, //~ error
        training_step, //~ error
        { continue; }, //~ error
        step,
        17, //~ error
    ],
    eval_order = [
        metrics, //~ error
        forward,
        backward, //~ error step_in_evaluation
        loss,
        zero_grad, //~ error
        clip_grad_norm(1.0), //~ error
        step, //~ error step_in_evaluation
    ],
)]
pub fn wrong(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    clip_grad_norm = 1.0,
    train_order = [backward, clip_grad_norm(2.0), clip_grad_value(-1.0), clip_grad_norm(), step], //~ error
    eval_order = [forward], //~ error
)]
pub fn lacking(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(
    training_step = step,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [forward, loss, zero_grad, backward, step], //~ error
    eval_order = [], //~ error
)]
pub fn fused(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

fn main() {}
