//! The options of `ema`.

use training_loop::prelude::*;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    ema(decay = 1.0), //~ error
)]
pub fn one(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    ema(decay = -0.5), //~ error
)]
pub fn negative(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    ema(decay = 0.9, eval = 1), //~ error
)]
pub fn word(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    ema(dekay = 0.9, decay = 0.9, decay = 0.99), //~ error
)]
pub fn options(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    ema = 0.99, //~ error
)]
pub fn form(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    model_ema = 0.99, //~ error
)]
pub fn other_name(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

fn main() {}
