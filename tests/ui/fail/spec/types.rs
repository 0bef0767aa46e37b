//! Things of another type than the loop needs: rustc says so once, in our words.

use training_loop::prelude::*;

struct Net {
    linear: Linear,
}

impl Net {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.linear.forward(x)
    }
}

// No `#[derive(Module)]`.
#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn no_module(model: &mut Net, train: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn data_set(model: &mut Linear, train: &TensorDataset) -> Result<History>;

type Batches = Vec<Batch>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn batches(model: &mut Linear, train: &DataLoader, valid: &Batches) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = "adam", epochs = 2)]
fn text(model: &mut Linear, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = (Sgd::new(model.parameters(), 0.1), Sgd::new(model.parameters(), 0.01)),
    epochs = 2,
)]
fn two(model: &mut Linear, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    scheduler = |t: usize| 0.1 / t as f32,
    epochs = 2,
)]
fn rate(model: &mut Linear, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    train_metrics = ["accuracy"],
)]
fn named_metric(model: &mut Linear, train: &DataLoader) -> Result<History>;

fn step(model: &Linear, batch: &Batch) -> Tensor {
    cross_entropy(&model.forward(&batch.input), &batch.target)
}

#[training_loop(
    training_step = step,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    train_metrics = [accuracy],
)]
fn no_output(model: &mut Linear, train: &DataLoader) -> Result<History>;

fn weighted(output: &Tensor, target: &Labels, weight: f32) -> Tensor {
    cross_entropy(output, target) * weight
}

#[training_loop(loss = weighted, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn third_argument(model: &mut Linear, train: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropi, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn slip(model: &mut Linear, train: &DataLoader) -> Result<History>;

fn main() {}
