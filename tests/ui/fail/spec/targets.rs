//! Losses and metrics for another kind of target, and what is no metric or no list of parameters.

use training_loop::prelude::*;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn numbers_from_labels(model: &mut Linear, train: &DataLoader) -> Result<History>;

#[training_loop(loss = mse, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn metric_for_loss(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    loss = |output, target| cross_entropy(output, target),
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
)]
fn batch_for_target(model: &mut Linear, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    metrics = [accuracy],
)]
fn classes_of_numbers(
    model: &mut Linear,
    train: &DataLoader<Tensor>,
    valid: &DataLoader<Tensor>,
) -> Result<History>;

fn share(output: &Tensor, target: &Labels) -> f32 {
    output.len() as f32 / target.len() as f32
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    metrics = [share],
)]
fn function_for_metric(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model, 0.1), epochs = 2)]
fn model_for_parameters(model: &mut Linear, train: &DataLoader) -> Result<History>;

fn by_hand(y: &Tensor) {
    let _ = cross_entropy(y, &vec![1, 2]);
    let _ = mse_loss(y, &[1.0, 2.0]);
    let _ = DataLoader::new(vec![1.0], 32);
    let _ = Tensor::from(vec![1, 2]);
    let _ = Tensor::from(vec![vec![1.0_f32]]);
    let _ = DataLoader::new(TensorDataset::new([[1.0]], [0_u32]), 32);
}

fn main() {}
