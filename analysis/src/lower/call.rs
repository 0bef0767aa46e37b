//! Calls: what they act on, and what they do to gradients, graphs, modes and schedules.

mod effects;
mod follow;
mod keep;
pub(super) mod method;
pub(super) mod mode;
mod outcome;
mod path;
mod reads;
mod several;
mod unseen;
