//! A warmup without a unit, longer than the run, or beside another one, and the words of `anomaly`.

use training_loop::prelude::*;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    warmup = 500, //~ error
)]
pub fn no_unit(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    warmup = 500steps, //~ error
)]
pub fn one_word(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    warmup = 10 minutes, //~ error
)]
pub fn other_unit(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    warmup = 0 steps, //~ error
)]
pub fn zero(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    warmup = 110 percent, //~ error
)]
pub fn too_much(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), max_steps = 400,
    warmup = 500 steps, //~ error
)]
pub fn longer_than_the_updates(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    warmup = 4 epochs, //~ error
)]
pub fn longer_than_the_epochs(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), max_time = 1 hours,
    warmup = 10 percent, //~ error
)]
pub fn of_an_unknown_length(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), max_steps = 900,
    scheduler = OneCycleLr::new(0.1, 900).pct_start(0.2),
    warmup = 100 steps, //~ error
)]
pub fn two_warmups(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    anomaly = on, //~ error
)]
pub fn other_word(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    anomaly = "full", //~ error
)]
pub fn string(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    anomaly = , //~ error
    warmup = , //~ error
)]
pub fn nothing(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

fn main() {}
