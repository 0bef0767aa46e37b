//! Values that are Rust and not what their clause takes.

use training_loop::prelude::*;

#[training_loop(loss = cross_entropy, optimizer = Sgd, epochs = 2)] //~ error
fn type_for_optimizer(model: &mut Linear, train: &DataLoader) -> Result<History>;

#[training_loop(loss = CrossEntropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)] //~ error
fn type_for_loss(model: &mut Linear, train: &DataLoader) -> Result<History>;

#[training_loop(loss = CrossEntropy::loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)] //~ error
fn method_path(model: &mut Linear, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = CrossEntropy::new().label_smoothing(0.1).loss, //~ error
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
)]
fn method_of_a_value(model: &mut Linear, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    scheduler = StepLr::new(&mut optimizer, 30, 0.1), //~ error
    epochs = 2,
)]
fn schedule_of_the_optimizer(model: &mut Linear, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), lr = 0.1), //~ error
    epochs = 2,
)]
fn python(model: &mut Linear, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    train_order = [optimizer.zero_grad(), forward, loss, loss.backward(), optimizer.step(), scheduler.step()], //~ error, error, error, error
)]
fn calls(model: &mut Linear, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    validate(every = 2 epochs, first = true), //~ error
    allow(clippy::all, missing_step), //~ error
)]
fn options(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1))]
fn numbers(
    model: &mut Linear,
    train: &DataLoader,
    epochs: f32, //~ error
    seed: Option<u64>, //~ error
    clip_grad_norm: &f32, //~ error
) -> Result<History>;

// What each returns.
#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn nothing(model: &mut Linear, train: &DataLoader) -> Result<()>; //~ error

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn perhaps(model: &mut Linear, train: &DataLoader) -> Option<History>; //~ error

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn number(model: &mut Linear, train: &DataLoader) -> f64; //~ error

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn hidden(model: &mut Linear, train: &DataLoader) -> impl Sized; //~ error

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)] //~ error
fn both(model: &mut Linear, train: &DataLoader) -> Result<History> {}

fn main() {}
