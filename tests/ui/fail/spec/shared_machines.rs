//! Optimizer and schedule behind `&`: the loop changes both.

use training_loop::prelude::*;

#[training_loop(loss = cross_entropy, epochs = 2)]
pub fn optimizer_of_the_caller(
    model: &mut Linear,
    train: &DataLoader,
    optimizer: &Sgd, //~ error
) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
pub fn schedule_of_the_caller(
    model: &mut Linear,
    train: &DataLoader,
    scheduler: &StepLr, //~ error
) -> Result<History>;

fn main() {}
