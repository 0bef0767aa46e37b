//! A crate that imports what it names: nothing of it is unused, and nothing is missing.

#![deny(warnings, unused, rust_2018_idioms, unused_qualifications)]

use training_loop::data::DataLoader;
use training_loop::nn::Linear;
use training_loop::run::History;
use training_loop::{Module, Optimizer, Result, Sgd, cross_entropy, training_loop};

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    train_order = [forward, loss, { optimizer.zero_grad(); }, backward, step],
)]
pub fn fit(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

type Outcome = Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
)]
pub fn with_an_alias(model: &mut Linear, train: std::sync::Arc<DataLoader>) -> Outcome;

fn main() {}
