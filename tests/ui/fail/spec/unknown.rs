//! Slips of the finger, and what this version does not have yet.

use training_loop::prelude::*;

#[training_loop(
    los = mse_loss, //~ error
    optimzer = Sgd::new(model.parameters(), 0.1), //~ error
    epoch = 3, //~ error
    frobnicate = 7, //~ error
    distributed = comm, //~ error
)]
pub fn fit(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    criterion = mse_loss, //~ error
    optimiser = Sgd::new(model.parameters(), 0.1), //~ error
    max_epochs = 3, //~ error
)]
pub fn meant(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

fn main() {}
