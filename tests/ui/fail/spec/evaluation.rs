//! Functions that only evaluate a model: what is missing, what has no effect, and what was meant.

use training_loop::prelude::*;

#[training_loop(
    loss = cross_entropy,
    epochs = 3, //~ error
    clip_grad_norm = 1.0, //~ error
    early_stop(patience = 3), //~ error
    train_metrics = [accuracy], //~ error
    train_order = [forward, loss], //~ error
    on(epoch_end = |_, _| {}), //~ error
    train = data, //~ error
    metrics = [accuracy],
)]
pub fn clauses_of_training(model: &Linear, valid: &DataLoader, data: &DataLoader) -> Result<Row>;

#[training_loop(metrics = [accuracy])]
pub fn nothing(layer: usize) -> Result<Row>; //~ error

#[training_loop(loss = cross_entropy)]
pub fn data_to_train(model: &Linear, train: &DataLoader) -> Result<Row>; //~ error

#[training_loop(loss = cross_entropy)]
pub fn other_name(model: &Linear, test_loader: &DataLoader) -> Result<Row>; //~ error

#[training_loop(loss = cross_entropy)]
pub fn perhaps(model: &Linear, valid: Option<&DataLoader>) -> Result<Row>; //~ error

#[training_loop(loss = cross_entropy, metrics = [accuracy])]
pub fn history(model: &Linear, valid: &DataLoader) -> Result<History>; //~ error

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3)]
pub fn trains(model: &Linear, train: &DataLoader, valid: &DataLoader) -> Result<Row>; //~ error

#[training_loop(loss = cross_entropy, epochs = 3)]
pub fn forgotten(model: &Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>; //~ error

#[training_loop(loss = cross_entropy)]
pub fn text_error(model: &Linear, valid: &DataLoader) -> Result<Row, String>; //~ error

#[training_loop(
    loss = cross_entropy,
    eval_order = [forward, loss, backward, step], //~ error step_in_evaluation //~ error step_in_evaluation
    metrics = [accuracy, accuracy], //~ error
)]
pub fn order(model: &Linear, valid: &DataLoader) -> Result<Row>;

fn main() {}
