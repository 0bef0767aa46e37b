//! Orders that run and do not learn: the checker reads the written loop, and speaks of the list's own words.

use training_loop::prelude::*;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [zero_grad, forward, loss, step, backward], //~ error step_before_backward
)]
pub fn step_before_backward(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [forward, loss, backward, step], //~ error missing_zero_grad
)]
pub fn missing_zero_grad(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [zero_grad, forward, loss, step], //~ error missing_backward
)]
pub fn missing_backward(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [zero_grad, forward, loss, backward], //~ error missing_step
)]
pub fn missing_step(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [forward, loss, backward, zero_grad, step], //~ error gradients_discarded
)]
pub fn gradients_discarded(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [zero_grad, forward, loss, backward, step, step], //~ error step_repeated
)]
pub fn step_repeated(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [zero_grad, forward, loss, backward, backward, step], //~ error backward_repeated
)]
pub fn backward_repeated(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [zero_grad, forward, loss, clip_grad_norm(1.0), backward, step], //~ error clip_before_backward
)]
pub fn clip_before_backward(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [zero_grad, forward, loss, backward, step, clip_grad_value(0.5)], //~ error clip_after_step
)]
pub fn clip_after_step(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    accumulate = 4,
    train_order = [forward, loss, backward, step], //~ error missing_zero_grad
)]
pub fn accumulated(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    on(before_step = |_, _| optimizer.step()), //~ error step_in_block
)]
pub fn hook(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [forward, loss, zero_grad, backward, { optimizer.zero_grad(); }, step], //~ error gradients_discarded
)]
pub fn block(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

fn main() {}
