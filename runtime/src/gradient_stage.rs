//! A run-time version of the checker's state machine for the gradient of one parameter.
//!
//! Operations on parameters and tensors only change the state. [`watch`](crate::watch) derives the
//! findings from the states.

use std::cell::Cell;
use std::panic::Location;

/// A source location.
pub(crate) type Place = &'static Location<'static>;

thread_local! {
    /// The source location of the call of `backward` that is running on this thread.
    static BACKWARD: Cell<Option<Place>> = const { Cell::new(None) };
}

/// Records the caller's location as the location of the running `backward`.
#[track_caller]
pub(crate) fn begin_backward() {
    BACKWARD.set(Some(Location::caller()));
}

/// The stage that a parameter's gradient has reached in the order of the loop's calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum GradientStage {
    /// The gradient was not written since the start or since `zero_grad`.
    Empty,
    /// The gradient was written by `backward`, and not yet used by a step.
    Filled,
    /// The gradient was used by a step, and not zeroed since.
    Used,
    /// The `backward` at this location added to a gradient that a step had already used.
    Stale(Place),
    /// The gradient was zeroed at this location before a step used it.
    Discarded(Place),
}

impl GradientStage {
    /// The stage after `backward` wrote to the gradient.
    pub(crate) fn after_backward(self) -> Self {
        match self {
            Self::Empty | Self::Filled | Self::Discarded(_) => Self::Filled,
            Self::Used => BACKWARD.get().map_or(Self::Filled, Self::Stale),
            Self::Stale(place) => Self::Stale(place),
        }
    }

    /// The stage after the caller zeroed the gradient.
    #[track_caller]
    pub(crate) fn after_zero_grad(self) -> Self {
        match self {
            Self::Filled => Self::Discarded(Location::caller()),
            Self::Discarded(place) => Self::Discarded(place),
            Self::Empty | Self::Used | Self::Stale(_) => Self::Empty,
        }
    }
}
