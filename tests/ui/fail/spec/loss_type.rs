//! A loss that returns a number: one error, at the clause.

use training_loop::prelude::*;

fn my_loss(output: &Tensor, target: &Labels) -> f32 {
    cross_entropy(output, target).item()
}

#[training_loop(loss = my_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
pub fn fit(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

fn main() {}
