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
    /// A limit that starts now.
    pub(super) fn new(most: Duration) -> Self {
        Self { began: Instant::now(), most }
    }

    /// Subtracts the time in seconds that earlier parts of a resumed run used.
    pub(super) fn use_up(&mut self, seconds: f64) {
        self.began = ago(seconds + self.began.elapsed().as_secs_f64());
    }

    /// The remaining time.
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
