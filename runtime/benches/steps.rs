//! Whole training steps.
fn main() {}
