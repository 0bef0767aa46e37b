//! Durations with a wrong unit or none.

use training_loop::prelude::*;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3 steps, //~ error
    max_steps = 10 epochs, //~ error
    accumulate = 4 steps, //~ error
    seed = 1 epochs, //~ error
    validate(every = 2), //~ error
)]
pub fn fit(model: &mut Linear, train: &DataLoader<Tensor>, valid: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3epochs, //~ error
    validate(every = 100 batches), //~ error
)]
pub fn batches(model: &mut Linear, train: &DataLoader<Tensor>, valid: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    validate(every = 10 minutes), //~ error
)]
pub fn minutes(model: &mut Linear, train: &DataLoader<Tensor>, valid: &DataLoader<Tensor>) -> Result<History>;

fn main() {}
