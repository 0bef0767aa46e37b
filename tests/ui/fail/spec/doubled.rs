//! Clauses, options and metrics that stand twice.

use training_loop::prelude::*;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    loss = mse_loss, //~ error
    epochs = 4, //~ error
    metrics = [accuracy, top_k(5), accuracy], //~ error
    train_metrics = [accuracy, accuracy], //~ error
    validate(every = 1 epochs, every = 2 epochs), //~ error
    on(epoch_end = print, epoch_end = print), //~ error
)]
pub fn fit(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    loss_weight = |batch| batch.len(),
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train = loader,
    train = loader, //~ error
    loss_weight = |batch| 1, //~ error
)]
pub fn data(model: &mut Linear, loader: &DataLoader<Tensor>) -> Result<History>;

fn main() {}
