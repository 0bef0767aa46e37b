//! Values that the loop calls must be paths or closures, with the right parameters.

use training_loop::prelude::*;

#[training_loop(
    loss = CrossEntropy::new().label_smoothing(0.1), //~ error
    forward = |a, b, c| a.forward(b, c), //~ error
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    on(
        epoch_end = || println!("done"), //~ error
        batch_end = |_, _| if true { break }, //~ error
        before_step = |_, _| { continue; }, //~ error
        validation_end = async |_, _| (), //~ error
    ),
)]
pub fn calls(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(
    training_step = 3, //~ error
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
)]
pub fn number(model: &mut Linear, train: &DataLoader) -> Result<History>;

fn main() {}
