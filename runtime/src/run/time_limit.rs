//! The time limit of a run.

use std::time::{Duration, Instant};

/// A duration from a starting time.
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

    /// Whether the time has passed.
    pub(super) fn is_over(self) -> bool {
        self.began.elapsed() >= self.most
    }
}
