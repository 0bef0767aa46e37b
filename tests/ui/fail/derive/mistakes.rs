//! What `#[derive(Module)]` refuses; every item keeps its `impl`.

use training_loop::prelude::*;

#[derive(Module)]
pub enum Either { //~ error
    Left(Linear),
    Right(Linear),
}

#[derive(Module)]
pub union Bits { //~ error
    number: f32,
    bits: u32,
}

#[derive(Module)]
#[module(skip)] //~ error
pub struct Options {
    #[module(skp)] //~ error
    first: Linear,
    #[module(crate = training_loop)] //~ error
    second: Linear,
    #[module] //~ error
    third: Linear,
    #[module(skip, skip)] //~ error
    fourth: std::time::Instant,
    #[module(skip = true)] //~ error
    fifth: Linear,
}

#[derive(Module)]
pub struct Foreign {
    layer: Linear,
    started: std::time::Instant, //~ error
}

// Trained, saved, or neither: a plain tensor does not say.
#[derive(Module)]
pub struct Scale {
    layer: Linear,
    factor: Tensor, //~ error
}

fn main() {
    let _ = |either: Either, options: Options, foreign: Foreign, scale: Scale| (scale.parameters(), either.parameters(), options.parameters(), foreign.parameters());
}
