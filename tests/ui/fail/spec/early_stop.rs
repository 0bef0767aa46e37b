//! Early stopping and the best values: the measurement, its mode, and the numbers.

use training_loop::prelude::*;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3, metrics = [accuracy],
    early_stop(monitor = valid_los, patience = 3), //~ error
)]
pub fn misspelt(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3, metrics = [accuracy],
    early_stop(monitor = accuracy), //~ error
    restore_best(monitor = kappa), //~ error
)]
pub fn of_validation(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3, metrics = [top_k(5)],
    early_stop(monitor = valid_top_k), //~ error
)]
pub fn name_of_column(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    early_stop(patience = 3), //~ error
)]
pub fn no_validation(model: &mut Linear, train: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    restore_best, //~ error
)]
pub fn nothing_to_compare(model: &mut Linear, train: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    early_stop(monitor = valid_loss, patience = 3),
)]
pub fn other_name(model: &mut Linear, train: &DataLoader, val: &DataLoader) -> Result<History>; //~ error

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3, metrics = [accuracy],
    early_stop(monitor = valid_loss, mode = max), //~ error
)]
pub fn higher_loss(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3, metrics = [accuracy],
    restore_best(monitor = valid_accuracy, mode = min), //~ error
)]
pub fn lower_accuracy(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    early_stop(patience = 0, min_delta = -0.1), //~ error
)]
pub fn numbers(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    early_stop(patience = 2.5, min_delta = "small"), //~ error
)]
pub fn kinds(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    early_stop(patients = 3, monitor = , mode = best, patience = 3, patience = 4, mode), //~ error
)]
pub fn options(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    early_stop = 3, //~ error
    restore_best = true, //~ error
)]
pub fn forms(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    early_stop(), //~ error
    early_stop(monitor = 3), //~ error
    restore_best seed = 3, //~ error
)]
pub fn empty(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

// A name that is not measured is one error, and not also a disagreement with another clause.
#[training_loop(
    loss = cross_entropy,
    optimizer = Adam::new(model.parameters(), 0.1),
    epochs = 3,
    early_stop(monitor = valid_loss, patience = 2),
    restore_best(monitor = valid_los), //~ error
)]
pub fn misspelt_in_one(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

fn main() {}
