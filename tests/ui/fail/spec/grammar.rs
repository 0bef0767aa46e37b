//! Clauses that are written wrongly; the next one is read all the same.

use training_loop::prelude::*;

#[training_loop(
    loss, //~ error
    optimizer: Sgd::new(model.parameters(), 0.1), //~ error
    epochs =, //~ error
    metrics = accuracy, //~ error
    validate = 2 epochs, //~ error
    on = print, //~ error
    17, //~ error
    seed = 1 max_steps = 10, //~ error
    train_order = [forward loss], //~ error
    allow = missing_step, //~ error
)]
pub fn forms(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1) +, //~ error
    epochs = 3 + epochs of training, //~ error
    validate(), //~ error
    on(), //~ error
    allow(), //~ error
    forward = |model, batch model.forward(&batch.input), //~ error
    max_steps = 0, //~ error
)]
pub fn expressions(model: &mut Linear, train: &DataLoader<Tensor>, valid: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    validate(every, first, first, often), //~ error
    on(epoch_end, epoch_ends = print, batch_end =, whenever = print), //~ error
    crate = 3, //~ error
    allow(missing_steps, 3, loss_before_forward), //~ error
)]
pub fn options(model: &mut Linear, train: &DataLoader<Tensor>, valid: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    loss = mse_loss; //~ error
    optimizer = Sgd::new(model.parameters() 0.1), //~ error
    epochs = 3 of seed = 4, //~ error
)]
pub fn commas(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

fn main() {}
