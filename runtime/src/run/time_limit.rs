//! How long a run may take.

use std::time::{Duration, Instant};

/// A time that ends so long after it was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeLimit {
    began: Instant,
    most: Duration,
}

impl TimeLimit {
    /// A limit whose time counts from now.
    pub(super) fn new(most: Duration) -> Self {
        Self { began: Instant::now(), most }
    }

    /// Whether the time is over.
    pub(super) fn is_over(self) -> bool {
        self.began.elapsed() >= self.most
    }
}
