//! A schedule by a measurement: the loop needs a validation.

use training_loop::prelude::*;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    scheduler = PlateauLr::new().patience(3), //~ error
)]
pub fn no_validation(model: &mut Linear, train: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    scheduler = PlateauLr::new(),
)]
pub fn other_name(model: &mut Linear, train: &DataLoader, val: &DataLoader) -> Result<History>; //~ error

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    scheduler = ReduceLROnPlateau::new(optimizer), //~ error
)]
pub fn with_the_optimizer(model: &mut Linear, train: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3,
    scheduler = PlateauLr, //~ error
)]
pub fn a_type(model: &mut Linear, train: &DataLoader) -> Result<History>;

fn main() {}
