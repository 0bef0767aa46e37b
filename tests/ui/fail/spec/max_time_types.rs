//! Times whose type rustc alone knows.

use std::time::Duration;

use training_loop::prelude::*;

pub struct Options {
    pub seconds: u64,
}

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1),
    max_time = limit minutes, //~ error
)]
pub fn with_unit(model: &mut Linear, train: &DataLoader<Tensor>, limit: Duration) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1),
    max_time = options.seconds, //~ error
)]
pub fn without_unit(model: &mut Linear, train: &DataLoader<Tensor>, options: &Options) -> Result<History>;

fn main() {}
