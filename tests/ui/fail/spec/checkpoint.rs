//! Checkpoints without a unit, with another one, out of range, of which nothing is kept, and more often than validation.

use training_loop::prelude::*;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9,
    checkpoint(every = 10), //~ error
)]
pub fn no_unit(model: &mut Linear, train: &DataLoader<Tensor>, run: &RunOptions) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9,
    checkpoint(every = 10 batches), //~ error
)]
pub fn batches(model: &mut Linear, train: &DataLoader<Tensor>, run: &RunOptions) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9,
    checkpoint(every = 2 days), //~ error
)]
pub fn days(model: &mut Linear, train: &DataLoader<Tensor>, run: &RunOptions) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9,
    checkpoint(every = 0 epochs), //~ error
)]
pub fn never(model: &mut Linear, train: &DataLoader<Tensor>, run: &RunOptions) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9,
    checkpoint(every = 0 minutes), //~ error
)]
pub fn no_time(model: &mut Linear, train: &DataLoader<Tensor>, run: &RunOptions) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9,
    checkpoint(every = 1 epochs, keep_last = 0, keep_best = 0), //~ error
)]
pub fn nothing_is_kept(model: &mut Linear, train: &DataLoader<Tensor>, run: &RunOptions) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9,
    checkpoint(every = 1 epochs, keep_best = -1), //~ error
)]
pub fn below_zero(model: &mut Linear, train: &DataLoader<Tensor>, run: &RunOptions) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9,
    checkpoint(every = 1 epochs, every = 2 epochs), //~ error
)]
pub fn twice(model: &mut Linear, train: &DataLoader<Tensor>, run: &RunOptions) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9,
    checkpoint(evry = 1 epochs, dir = "runs"), //~ error
)]
pub fn unknown(model: &mut Linear, train: &DataLoader<Tensor>, run: &RunOptions) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9,
    checkpoint = "runs", //~ error
)]
pub fn no_parentheses(model: &mut Linear, train: &DataLoader<Tensor>, run: &RunOptions) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9,
    checkpoint(), //~ error
)]
pub fn empty(model: &mut Linear, train: &DataLoader<Tensor>, run: &RunOptions) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9,
    validate(every = 3 epochs),
    checkpoint(every = 1 epochs, keep_best = 1), //~ error
)]
pub fn too_often(
    model: &mut Linear,
    train: &DataLoader<Tensor>,
    valid: &DataLoader<Tensor>,
    run: &RunOptions,
) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9,
    checkpoint(every = 1 epochs, monitor = valid_loss), //~ error
)]
pub fn never_validated(model: &mut Linear, train: &DataLoader<Tensor>, run: &RunOptions) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9,
    checkpoint(every = 1 epochs, monitor = valid_los), //~ error
)]
pub fn unmeasured(
    model: &mut Linear,
    train: &DataLoader<Tensor>,
    valid: &DataLoader<Tensor>,
    run: &RunOptions,
) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9,
    checkpoint(every = 1 epochs, monitor = 3), //~ error
)]
pub fn no_name(model: &mut Linear, train: &DataLoader<Tensor>, run: &RunOptions) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9,
    checkpoint(every = 1 epochs, keep_best = 0, monitor = loss), //~ error
)]
pub fn nothing_to_monitor(model: &mut Linear, train: &DataLoader<Tensor>, run: &RunOptions) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9,
    metrics = [r2],
    checkpoint(every = 1 epochs, monitor = r2), //~ error
)]
pub fn of_the_validation(
    model: &mut Linear,
    train: &DataLoader<Tensor>,
    valid: &DataLoader<Tensor>,
    run: &RunOptions,
) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9,
    checkpoint(every = 1 epochs, monitor = loss, mode = max), //~ error
)]
pub fn the_worst(model: &mut Linear, train: &DataLoader<Tensor>, run: &RunOptions) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9,
    early_stop(monitor = valid_loss),
    checkpoint(every = 1 epochs, monitor = loss), //~ error
)]
pub fn two_monitors(
    model: &mut Linear,
    train: &DataLoader<Tensor>,
    valid: &DataLoader<Tensor>,
    run: &RunOptions,
) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9,
    run = RunOptions::new(), run = RunOptions::new(), //~ error
)]
pub fn two_options(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9,
    run(dir = "runs/1"), //~ error
)]
pub fn options_in_the_spec(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

fn main() {}
