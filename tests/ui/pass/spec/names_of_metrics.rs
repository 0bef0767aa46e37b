//! Functions and variables of one's own that are named as metrics are, and metrics that a function of one's own makes.

use training_loop::metric::Accuracy;
use training_loop::prelude::*;

fn mse(output: &Tensor, target: &Tensor) -> Tensor {
    mse_loss(output, target)
}

#[training_loop(loss = mse, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn own_loss(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(loss = mae, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn given_loss(
    model: &mut Linear,
    train: &DataLoader<Tensor>,
    mae: impl Fn(&Tensor, &Tensor) -> Tensor,
) -> Result<History>;

fn right() -> Accuracy {
    accuracy()
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    metrics = [right, made],
    train_metrics = [top_k(2)],
)]
fn own_metrics(
    model: &mut Linear,
    train: &DataLoader,
    valid: &DataLoader,
    made: impl Fn() -> Accuracy,
) -> Result<History>;

// A `forward` that takes the batch, whatever its name there is.
struct Own(Linear);

impl Own {
    fn forward(&self, batch: &Batch) -> Tensor {
        self.0.forward(&batch.input)
    }
}

#[training_loop(
    loss = cross_entropy,
    model = own.0,
    forward = |batch| own.forward(batch),
    optimizer = Sgd::new(own.0.parameters(), 0.1),
    epochs = 2,
)]
fn of_the_batch(own: &mut Own, train: &DataLoader) -> Result<History>;

fn main() {}
