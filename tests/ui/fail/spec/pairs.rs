//! Clauses that contradict each other.

use training_loop::prelude::*;

#[training_loop(
    training_step = |model, batch| mse_loss(&model.forward(&batch.input), &batch.target),
    loss = mse_loss, //~ error
    forward = |model, batch| model.forward(&batch.input), //~ error
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    clip_grad_norm = 1.0,
    clip_grad_value = 0.5, //~ error
)]
pub fn both(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    metrics = [accuracy], //~ error
    validate(every = 2 epochs), //~ error
    eval_order = [forward, loss, metrics], //~ error
    on(validation_end = |_, _| ()), //~ error
)]
pub fn no_valid(model: &mut Linear, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    valid = train, //~ error validates_on_training_data
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
)]
pub fn same_data(model: &mut Linear, train: &DataLoader) -> Result<History>;

fn main() {}
