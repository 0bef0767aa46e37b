//! Every way to say how long a run may take.

#![deny(warnings)]

use std::time::Duration;

use training_loop::prelude::*;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), max_time = 1 hour)]
pub fn literal(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3, max_time = 0.5 seconds)]
pub fn fraction(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), max_time = minutes minutes)]
pub fn whole(model: &mut Linear, train: &DataLoader<Tensor>, minutes: u64) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), max_time = (2.0 * hours) hours)]
pub fn product(model: &mut Linear, train: &DataLoader<Tensor>, hours: f64) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), max_time = (2 * 3) hours)]
pub fn literals(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1))]
pub fn parameter(model: &mut Linear, train: &DataLoader<Tensor>, max_time: Duration) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), max_time = Duration::from_millis(10))]
pub fn computed(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

fn main() {}
