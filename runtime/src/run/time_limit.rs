//! The time limit of a run.

use std::time::{Duration, Instant};

/// A time limit: a starting time and a maximum duration.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeLimit {
    began: Instant,
    most: Duration,
}

impl TimeLimit {
    /// A limit that counts from now.
    pub(super) fn new(most: Duration) -> Self {
        Self { began: Instant::now(), most }
    }

    /// Whether the time limit has passed.
    pub(super) fn is_over(self) -> bool {
        self.began.elapsed() >= self.most
    }
}
