//! Times without a unit, with another one, out of range, and of another type.

use std::time::Duration;

use training_loop::prelude::*;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1),
    max_time = 10, //~ error
)]
pub fn no_unit(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1),
    max_time = 10 * 60, //~ error
)]
pub fn no_unit_of_product(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1),
    max_time = 10 epochs, //~ error
)]
pub fn epochs(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1),
    max_time = n days, //~ error
)]
pub fn days(model: &mut Linear, train: &DataLoader<Tensor>, n: u64) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1),
    max_time = 10minutes, //~ error
)]
pub fn one_word(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1),
    max_time = 90min, //~ error
)]
pub fn short(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1),
    max_time = 0 seconds, //~ error
)]
pub fn zero(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1),
    max_time = -1.5 hours, //~ error
)]
pub fn negative(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1),
    max_time = 1e99 hours, //~ error
)]
pub fn too_long(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1),
    max_time = "10 minutes", //~ error
)]
pub fn text(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1),
    max_time = 10 minutes
    seed = 1, //~ error
    max_time = 20 minutes, //~ error
)]
pub fn twice(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1),
    max_time = , //~ error
)]
pub fn nothing(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1))]
pub fn number(model: &mut Linear, train: &DataLoader<Tensor>, max_time: u64) -> Result<History>; //~ error

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1))]
pub fn option(model: &mut Linear, train: &DataLoader<Tensor>, max_time: Option<Duration>) -> Result<History>; //~ error

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1))]
pub fn other_name(model: &mut Linear, train: &DataLoader<Tensor>, time_limit: Duration) -> Result<History>; //~ error

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1),
    time_limit = 10 minutes, //~ error
)]
pub fn other_clause(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

fn main() {}
