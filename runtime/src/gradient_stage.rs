//! The checker's state machine for the gradient of one parameter, at run time.
//!
//! [`watch`](crate::watch) derives findings from its states; parameters and tensors only drive it.

use std::cell::Cell;
use std::panic::Location;

/// A source location.
pub(crate) type Place = &'static Location<'static>;

thread_local! {
    /// The location of the running `backward` on this thread.
    static BACKWARD: Cell<Option<Place>> = const { Cell::new(None) };
}

/// Records the caller's location as that of the running `backward`.
#[track_caller]
pub(crate) fn begin_backward() {
    BACKWARD.set(Some(Location::caller()));
}

/// The stage of a parameter's gradient in the order of the loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum GradientStage {
    /// Not written since the start or since `zero_grad`.
    Empty,
    /// Written by `backward` and not used by a step.
    Filled,
    /// Used by a step and not zeroed since.
    Used,
    /// Written by `backward` at this location, on top of a used gradient.
    Stale(Place),
    /// Zeroed at this location before a step used it.
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
