//! The parts of a run's state that the loop itself has: training metrics, the averages of `ema`, the best values.

use crate::metric::Metric;
use crate::nn::Snapshot;
use crate::run::{Run, StopReason};
use crate::{CheckpointProblem as Problem, Difference, Ema, Error, Result};

impl Run {
    /// Restores the counts of a training metric, if the run continues in the middle of the epoch.
    ///
    /// # Errors
    /// [`Error::NotSaved`] if the metric has no counts, and [`Error::Checkpoint`] if the checkpoint has no counts of it.
    pub fn restore_metric<Y, M: Metric<Y>>(&mut self, metric: &mut M) -> Result<()> {
        if metric.counts().is_none() {
            return Err(Error::NotSaved { owner: std::any::type_name::<M>(), method: "Metric::counts" });
        }
        let Some(saving) = &mut self.saving else { return Ok(()) };
        if self.epoch.batch == 0 {
            return Ok(());
        }
        let (name, counts) = saving.to_restore.pop_front().unwrap_or_default();
        if name == metric.name() && metric.set_counts(&counts) {
            return Ok(());
        }
        let name = if name.is_empty() { "none" } else { &name };
        let differences = vec![Difference::new("train_metrics", &metric.name(), name)];
        let path = saving.store.names().next_back().map(|name| saving.store.path(name)).unwrap_or_default();
        Err(Error::Checkpoint { path, problem: Problem::Different { differences } })
    }

    /// Records the counts of a training metric for the next checkpoint.
    ///
    /// # Errors
    /// [`Error::NotSaved`] if the metric has no counts.
    pub fn keep_metric<Y, M: Metric<Y>>(&mut self, metric: &M) -> Result<()> {
        let none = Error::NotSaved { owner: std::any::type_name::<M>(), method: "Metric::counts" };
        let counts = metric.counts().ok_or(none)?;
        if let Some(saving) = &mut self.saving {
            saving.metrics.push((metric.name(), counts));
        }
        Ok(())
    }

    /// Restores the averages of a run that continues from a checkpoint.
    ///
    /// # Errors
    /// [`Error::State`] if the averages are not those of the model.
    pub fn restore_ema(&mut self, ema: &mut Ema) -> Result<()> {
        let averages = self.saving.as_mut().and_then(|saving| saving.averages.take());
        averages.map_or(Ok(()), |averages| ema.load_state_dict(&averages))
    }

    /// Records the averages for the next checkpoint.
    pub fn keep_ema(&mut self, ema: &Ema) {
        if let Some(saving) = &mut self.saving {
            saving.averages = Some(ema.state_dict());
        }
    }

    /// The best values of the model in a run that continues from a checkpoint; `None` before the first check.
    pub fn saved_best(&self) -> Option<Snapshot> {
        self.saving.as_ref()?.best.clone()
    }

    /// Records the best values for the next checkpoints.
    pub fn keep_best(&mut self, best: Option<&Snapshot>) {
        if let Some(saving) = &mut self.saving {
            saving.best = best.cloned();
        }
    }

    /// Ends a run that continues from a checkpoint, if `patience` checks without an improvement are over already.
    pub fn resume_early_stop(&mut self, patience: usize) {
        if !self.is_resumed() || self.is_last() || !self.checks.patience.is_over(patience) {
            return;
        }
        self.stop = Some(StopReason::EarlyStop);
        if let Some(saving) = &mut self.saving {
            saving.is_stop_saved = true;
        }
    }
}
