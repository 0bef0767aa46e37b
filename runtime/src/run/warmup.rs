//! The length of a warmup, in updates.

use super::Run;
use crate::{Error, Result};

impl Run {
    /// Checks that a warmup is not longer than the run, and returns its number of updates. The check is
    /// skipped in a `fast_dev_run`. An epoch has `updates` updates.
    ///
    /// # Errors
    /// [`Error::Rule`] if the warmup is longer than the run.
    pub fn warmup(&self, length: usize, updates: usize) -> Result<usize> {
        match self.updates(updates) {
            Some(all) if length > all && !self.is_fast() => Err(Error::Rule {
                clause: "warmup",
                value: format!("{length} of {all} updates"),
                rule: "must not be longer than the run",
                help: "write a shorter warmup, as `warmup = 10 percent`, or remove it",
            }),
            _ => Ok(length),
        }
    }

    /// The number of updates, at least 1, of a warmup over `percent` (in (0, 100]) of the run. An epoch has
    /// `updates` updates.
    ///
    /// # Errors
    /// [`Error::Rule`] if the number of updates of the run is unknown.
    pub fn warmup_percent(&self, percent: f64, updates: usize) -> Result<usize> {
        let all = self.updates(updates).ok_or(Error::Rule {
            clause: "warmup",
            value: format!("{percent} percent"),
            rule: "the number of updates of the run is unknown",
            help: "write it in steps, `warmup = 500 steps`, or add `epochs` or `max_steps`",
        })?;
        Ok(((all as f64 * percent / 100.0).round() as usize).max(1))
    }

    /// The number of updates of the whole run, if it is known.
    fn updates(&self, per_epoch: usize) -> Option<usize> {
        let by_epochs = self.history.epochs().map(|epochs| epochs.saturating_mul(per_epoch));
        by_epochs.into_iter().chain(self.max_steps).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warmup_ends_within_the_run() {
        let run = Run::new(Some(5), Some(30));
        assert_eq!(run.warmup(30, 10).unwrap(), 30);
        assert_eq!(run.warmup_percent(10.0, 10).unwrap(), 3);
        assert_eq!(run.warmup_percent(0.01, 10).unwrap(), 1);
        assert_eq!(run.warmup_percent(100.0, 4).unwrap(), 20);
        assert_eq!(
            run.warmup(21, 4).unwrap_err().to_string(),
            "`warmup` is 21 of 20 updates: must not be longer than the run; write a shorter warmup, as \
             `warmup = 10 percent`, or remove it"
        );
        let endless = Run::new(None, None);
        assert_eq!(endless.warmup(1000, 10).unwrap(), 1000);
        assert!(endless.warmup_percent(10.0, 10).is_err());
    }
}
