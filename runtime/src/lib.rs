//! Training loops whose order of steps is checked at compile time, on a small fast CPU runtime.

#[cfg(feature = "macros")]
pub use training_loop_macros::training_loop;
