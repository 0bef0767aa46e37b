//! Every kind of function survives: generic, async, method, unsafe, with attributes and `where` clauses.

#![deny(warnings, missing_docs)]

use std::error::Error;
use std::ops::ControlFlow;
use training_loop::prelude::*;
use training_loop::schedule::StepLr;

/// Has a forward.
pub trait Predict {
    /// Predicts.
    fn predict(&self, x: &Tensor) -> Tensor;
}

impl Predict for Linear {
    fn predict(&self, x: &Tensor) -> Tensor {
        self.forward(x)
    }
}

/// Documented.
#[training_loop(
    forward = |model, batch| model.predict(&batch.input),
    loss = criterion,
    optimizer = optimizer,
    epochs = N,
)]
#[must_use = "a history"]
#[inline(never)]
pub async fn generic<'a, M, O, const N: usize>(
    model: &'a mut M,
    train: &DataLoader<Labels>,
    mut optimizer: O,
    criterion: impl Fn(&Tensor, &Labels) -> Tensor,
) -> Result<History, Box<dyn Error>>
where
    M: Predict + Module,
    O: Optimizer;

/// Holds all that trains.
pub struct Trainer {
    model: Linear,
    train: DataLoader<Tensor>,
    valid: DataLoader<Tensor>,
    optimizer: Sgd,
    loss: fn(&Tensor, &Tensor) -> Tensor,
    epochs: usize,
}

impl Trainer {
    /// A method.
    #[training_loop(
        model = self.model,
        train = self.train,
        valid = &self.valid,
        loss = self.loss,
        optimizer = self.optimizer,
        scheduler = StepLr::new(10, 0.1).per_epoch(),
        epochs = self.epochs,
        metrics = [mae],
        on(epoch_end = |model, state| println!("{} {}", state.epoch, model.parameters().len())),
    )]
    pub fn fit(&mut self) -> Result<History>;

    /// A function of the type, with everything made in the spec.
    #[training_loop(
        model = Linear::new(2, 1),
        train = DataLoader::new(data, 32).shuffle(0),
        loss = mse_loss,
        optimizer = Sgd::new(model.parameters(), 0.1),
        epochs = 2,
    )]
    pub unsafe fn own(data: TensorDataset<Tensor>) -> Result<History>;
}

/// References everywhere.
#[training_loop(
    loss = |output: &Tensor, Batch { target, .. }| -> Tensor { mse_loss(output, target) },
    optimizer = opt,
    scheduler = plan,
    epochs = 3,
    accumulate = windows,
    train_order = [
        forward, loss, zero_grad, backward,
        { optimizer.set_learning_rate(rate); scheduler.start(optimizer); },
        step,
    ],
    on(
        batch_end = |_, state| {
            if state.loss > 100.0 {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        },
        epoch_end = |model: &Linear, _| -> Result<()> { model.save("model.safetensors") },
    ),
)]
pub fn references(
    model: &mut Linear,
    train: &DataLoader<Tensor>,
    opt: &mut Sgd,
    plan: &mut StepLr,
    windows: usize,
    rate: f32,
) -> Result<History>;

fn nested() -> impl Fn(&Linear, &DataLoader<Tensor>) -> Result<History> {
    #[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
    fn inner(model: &Linear, train: &DataLoader<Tensor>) -> Result<History>;
    inner
}

fn main() {
    let _ = nested();
}
