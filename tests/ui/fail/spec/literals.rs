//! Literals that break the rule of their clause.

use training_loop::prelude::*;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 0, //~ error
    max_steps = -5, //~ error
    seed = -1, //~ error
    accumulate = 0, //~ error
    clip_grad_norm = 0.0, //~ error
    validate(every = 0 epochs), //~ error
)]
pub fn out_of_range(model: &mut Linear, train: &DataLoader<Tensor>, valid: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = "ten", //~ error
    max_steps = 2.5, //~ error
    seed = true, //~ error
    accumulate = 4u32, //~ error
    clip_grad_value = 'x', //~ error
    validate(every = 1.5 epochs), //~ error
)]
pub fn wrong_type(model: &mut Linear, train: &DataLoader<Tensor>, valid: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 1,
    seed = 99999999999999999999, //~ error
    clip_grad_norm = 1e99, //~ error
)]
pub fn too_large(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

fn main() {}
