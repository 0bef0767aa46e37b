//! The time limit of a run.

use std::time::{Duration, Instant};

use super::saved::ago;

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

    /// Adds the time in seconds that the run had used before it was resumed.
    pub(super) fn use_up(&mut self, seconds: f64) {
        self.began = ago(seconds + self.began.elapsed().as_secs_f64());
    }

    /// The time that is left.
    pub(super) fn left(self) -> Duration {
        self.most.saturating_sub(self.began.elapsed())
    }

    /// Whether the time limit has passed.
    pub(super) fn is_over(self) -> bool {
        self.began.elapsed() >= self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resumed_run_has_the_rest_of_the_time() {
        let mut limit = TimeLimit::new(Duration::from_secs(1000));
        assert!(!limit.is_over());
        limit.use_up(600.0);
        assert!(!limit.is_over());
        limit.use_up(400.0);
        assert!(limit.is_over());
    }
}
