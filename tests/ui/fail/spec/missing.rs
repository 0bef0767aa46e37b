//! Clauses without which there is no loop, all at once.

use training_loop::prelude::*;

#[training_loop()]
pub fn nothing() -> Result<History>; //~ error

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 1)]
pub fn no_result(model: &mut Linear, train: &DataLoader<Tensor>); //~ error

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 1)]
pub fn no_failure(model: &mut Linear, train: &DataLoader<Tensor>) -> History; //~ error

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 1)]
pub const fn too_early(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>; //~ error

fn main() {}
