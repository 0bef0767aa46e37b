//! Parameters with the names of the loop's own locals, and blocks that name those locals.

#![deny(warnings)]

use training_loop::prelude::*;

#[training_loop(
    loss = |output, batch| &cross_entropy(output, &batch.target) * loss,
    optimizer = Sgd::new(model.parameters(), epoch),
    epochs = run,
    clip_grad_norm = output,
    metrics = [accuracy],
    on(
        batch_end = |_, _| println!("{:?} {} {batch:?}", loss.item(), epoch),
        epoch_end = |state, model| println!("{} {}", state.is_training(), model.epoch + optimizer_steps),
    ),
)]
#[expect(clippy::too_many_arguments)]
pub fn collide(
    model: &mut Linear,
    train: &DataLoader,
    valid: &DataLoader,
    run: usize,
    output: f32,
    loss: f32,
    epoch: f32,
    optimizer_steps: usize,
) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    train_order = [
        { *seen += batch.len(); },
        forward,
        { println!("{:?}", output.shape()); },
        loss, zero_grad, backward, clip_grad_norm(0.5),
        { if epoch == 0 && grad_norm > 3.0 { optimizer.set_learning_rate(0.01); } },
        step,
        { println!("{loss:?}"); },
    ],
)]
pub fn mention(model: &Linear, train: &DataLoader<Tensor>, seen: &mut usize) -> Result<History>;

macro_rules! training {
    ($name:ident, $epochs:expr) => {
        #[training_loop(
            loss = mse_loss,
            optimizer = Sgd::new(model.parameters(), 0.1),
            epochs = $epochs,
            on(epoch_end = |_, _| println!("{}", epoch)),
        )]
        pub fn $name(model: &Linear, train: &DataLoader<Tensor>) -> Result<History>;
    };
}
training!(from_a_macro, 3);

fn main() {}
