//! The attribute above anything but a function, and clauses of a spec above several: the item comes out again.

use training_loop::prelude::*;

#[training_loop]
pub struct Settings { //~ error
    pub epochs: usize,
}

#[training_loop(epochs = 3)] //~ error
pub mod inner {
    pub const DEPTH: usize = 2;
}

#[training_loop(seed = 1)] //~ error
impl Settings {
    pub fn double(&self) -> usize {
        self.epochs * 2
    }
}

#[training_loop]
pub enum Kind { //~ error
    Small,
}

#[training_loop]
pub trait Train { //~ error
    fn train(&self);
}

#[training_loop]
pub const EPOCHS: usize = 3; //~ error

#[training_loop]
pub static SEED: u64 = 3; //~ error

fn main() {
    let settings = Settings { epochs: inner::DEPTH + EPOCHS };
    let _ = (settings.double(), Kind::Small, SEED);
}
