//! The pace of a run: batches per second, and the remaining time of the epoch and of the run.

use std::ops::Range;
use std::time::{Duration, Instant};

use crate::run::time_limit::TimeLimit;

/// The progress and the speed of a run.
#[derive(Debug)]
pub(super) struct Pace {
    epochs: Option<usize>,
    max_steps: Option<usize>,
    time: Option<TimeLimit>,
    /// The epoch, counted from 0.
    epoch: usize,
    /// The number of batches in the epoch.
    batches: usize,
    /// The number of finished batches in the epoch.
    done: usize,
    /// The start of the epoch in this process, and the number of batches finished before.
    epoch_began: (Instant, usize),
    /// The start of the first epoch in this process, and the number of updates before; `None` before the
    /// first epoch.
    run_began: Option<(Instant, usize)>,
    /// The number of batches finished since the start of the first epoch.
    run_done: usize,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self {
            epochs: None,
            max_steps: None,
            time: None,
            epoch: 0,
            batches: 0,
            done: 0,
            epoch_began: (Instant::now(), 0),
            run_began: None,
            run_done: 0,
        }
    }

    /// Sets the limits of the run.
    pub(super) fn ends(&mut self, epochs: Option<usize>, max_steps: Option<usize>, time: Option<TimeLimit>) {
        (self.epochs, self.max_steps, self.time) = (epochs, max_steps, time);
    }

    /// Begins an epoch after `updates` updates.
    pub(super) fn begin(&mut self, epoch: usize, batches: Range<usize>, updates: usize) {
        let now = Instant::now();
        self.run_began.get_or_insert((now, updates));
        (self.epoch, self.batches, self.done) = (epoch, batches.end, batches.start);
        self.epoch_began = (now, batches.start);
    }

    pub(super) fn batch(&mut self) {
        self.done += 1;
        self.run_done += 1;
    }

    pub(super) fn done(&self) -> usize {
        self.done
    }

    /// The number of batches in the epoch. An iterator may yield more batches than it announced.
    pub(super) fn batches(&self) -> usize {
        self.batches.max(self.done)
    }

    /// The number of batches per second in this epoch; `None` before the first batch.
    pub(super) fn rate(&self) -> Option<f64> {
        let (began, before) = self.epoch_began;
        rate(self.done.saturating_sub(before), began.elapsed())
    }

    /// The estimated time for the remaining batches of the epoch.
    pub(super) fn epoch_left(&self) -> Option<Duration> {
        after(self.batches() - self.done, self.rate()?)
    }

    /// The estimated time until the run reaches its first limit; `None` if no limit is known. The estimate
    /// includes validations and checkpoints at the rate of the elapsed time.
    pub(super) fn run_left(&self, step: usize) -> Option<Duration> {
        let (began, steps_before) = self.run_began?;
        let rate = rate(self.run_done, began.elapsed())?;
        let rest = self.batches() - self.done;
        let by_epochs = self.epochs.map(|epochs| {
            epochs.saturating_sub(self.epoch + 1).saturating_mul(self.batches()).saturating_add(rest)
        });
        let steps = step.saturating_sub(steps_before);
        let by_steps = self.max_steps.filter(|_| steps > 0).map(|most| {
            (most.saturating_sub(step) as f64 * self.run_done as f64 / steps as f64).ceil() as usize
        });
        let batches = by_epochs.into_iter().chain(by_steps).min();
        let by_batches = batches.and_then(|batches| after(batches, rate));
        by_batches.into_iter().chain(self.time.map(TimeLimit::left)).min()
    }
}

/// The rate of `count` batches in this time, in batches per second; `None` if `count` or the time is 0.
fn rate(count: usize, time: Duration) -> Option<f64> {
    let seconds = time.as_secs_f64();
    (count > 0 && seconds > 0.0).then(|| count as f64 / seconds)
}

/// The time for `count` batches at this rate.
fn after(count: usize, rate: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(count as f64 / rate).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pace of two batches per second, at batch 40 of 100 in epoch 2 of 10, after 140 batches.
    fn pace(epochs: Option<usize>, max_steps: Option<usize>, time: Option<TimeLimit>) -> Pace {
        let now = Instant::now();
        let ago = |seconds| now.checked_sub(Duration::from_secs(seconds)).unwrap();
        Pace {
            epoch: 1,
            batches: 100,
            done: 40,
            epoch_began: (ago(20), 0),
            run_began: Some((ago(70), 0)),
            run_done: 140,
            epochs,
            max_steps,
            time,
        }
    }

    fn seconds(time: Option<Duration>) -> f64 {
        time.unwrap().as_secs_f64().round()
    }

    #[test]
    fn the_time_left_is_that_until_the_first_end() {
        let endless = pace(None, None, None);
        assert_eq!((endless.rate().unwrap().round(), seconds(endless.epoch_left())), (2.0, 30.0));
        assert_eq!(endless.run_left(140), None);
        assert_eq!(seconds(pace(Some(10), None, None).run_left(140)), 430.0);
        // Each of the 70 updates takes two accumulated batches.
        assert_eq!(seconds(pace(Some(10), Some(100), None).run_left(70)), 30.0);
        let limit = TimeLimit::new(Duration::from_secs(12));
        assert_eq!(seconds(pace(Some(10), Some(100), Some(limit)).run_left(70)), 12.0);
        assert_eq!(seconds(pace(None, None, Some(limit)).run_left(70)), 12.0);
    }

    #[test]
    fn without_a_batch_there_is_no_rate() {
        let mut pace = Pace::new();
        assert_eq!((pace.rate(), pace.epoch_left(), pace.run_left(0)), (None, None, None));
        pace.begin(3, 40..100, 120);
        assert_eq!((pace.done(), pace.batches(), pace.rate()), (40, 100, None));
        (0..70).for_each(|_| pace.batch());
        assert_eq!((pace.done(), pace.batches()), (110, 110));
    }
}
