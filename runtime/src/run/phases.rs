//! The phases of a run: several optimizers, each with its own loss.

use super::{Row, Run};
use crate::optim::{Optimizer, OptimizerState};
use crate::schedule::{Plateau, Position, Schedule};
use crate::stderr::write_line;
use crate::{Error, Parameter, Result, Scalar};

/// The numbers of updates at which the learning rates of two schedules are compared.
const POINTS: [usize; 8] = [0, 1, 2, 5, 10, 100, 1_000, 100_000];

/// The current phase of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    /// The name of the current phase; empty before the first phase.
    pub(super) phase: &'static str,
    /// Whether a phase has made an update on the batch.
    has_updated: bool,
}

impl Run {
    /// Begins a batch of a loop with phases.
    pub fn begin_batch(&mut self) {
        self.turn = Some(Turn { phase: "", has_updated: false });
        self.epoch.batch += 1;
    }

    /// Whether a phase that runs on the last of every `every` batches (at least 1) runs on this batch.
    /// Batches are counted over the whole run, so the interval continues across epochs and after a resume.
    ///
    /// If the run has fewer batches, its first batch prints a warning.
    pub fn is_phase_due(&self, every: usize) -> bool {
        let batches = self.epoch.number * self.epoch.batches + self.epoch.batch;
        if batches == 1
            && let Some(warning) = self.idle_phase(every)
        {
            write_line(&warning);
        }
        batches.is_multiple_of(every)
    }

    /// The warning about a phase that runs on the last of every `every` batches, if the run has fewer batches.
    pub(super) fn idle_phase(&self, every: usize) -> Option<String> {
        let (epochs, batches) = (self.history.epochs()?, self.epoch.batches);
        let is_idle = !self.is_fast() && every > epochs.saturating_mul(batches);
        is_idle.then(|| {
            format!(
                "warning: a phase with `every = {every}` never runs: the run has {} batches ({batches} in each of {epochs} \
                 epochs)",
                epochs * batches
            )
        })
    }

    /// Begins a phase on the current batch. The next loss belongs to this phase.
    pub fn begin_phase(&mut self, phase: &'static str) {
        let has_updated = self.turn.is_some_and(|turn| turn.has_updated);
        self.turn = Some(Turn { phase, has_updated });
    }

    /// Records the update of a phase at this learning rate. `grad_norm` is the norm of the gradients before clipping.
    pub fn end_phase(&mut self, learning_rate: Scalar, grad_norm: Option<Scalar>) {
        self.record_update(learning_rate, grad_norm);
        if let Some(turn) = &mut self.turn {
            turn.has_updated = true;
        }
    }

    /// Ends a batch of a loop with phases. If at least one phase has made an update, counts one update and
    /// returns true.
    pub fn end_batch(&mut self) -> bool {
        let has_updated = self.turn.is_some_and(|turn| turn.has_updated);
        self.progress.batch(self.now());
        if has_updated {
            self.count_step();
        }
        has_updated
    }
}

impl Row {
    /// Whether the phase of a measurement ran in this epoch, which the loss of the phase shows.
    pub(super) fn has_phase(&self, name: &str) -> bool {
        let is_its = |phase: &str| name.strip_prefix(phase).is_some_and(|part| part.starts_with('_'));
        self.measurements.iter().any(|(own, _)| own.strip_suffix("_loss").is_some_and(is_its))
    }
}

/// Combines the optimizers and schedules of all phases into one optimizer, for checkpoints.
///
/// The state contains the states of all phases. The names of entries start with the name of the phase:
/// `critic.0.exp_avg`. `step` updates all optimizers, and the learning rate is that of the first phase.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
/// use training_loop::run::Phases;
///
/// let (critic, generator) = (Linear::new(2, 1), Linear::new(4, 2));
/// let mut critic_optimizer = Adam::new(critic.parameters(), 1e-4);
/// let mut generator_optimizer = Adam::new(generator.parameters(), 1e-3);
/// let phases = Phases::new()
///     .phase("critic", &mut critic_optimizer, None)
///     .phase("generator", &mut generator_optimizer, None);
/// let state = phases.state_dict()?;
/// assert_eq!(state.kind(), "critic: Adam, generator: Adam");
/// assert_eq!(state.get_number("generator.learning_rate"), Some(f64::from(1e-3_f32)));
/// # Ok::<(), Error>(())
/// ```
#[derive(Default)]
pub struct Phases<'a> {
    parts: Vec<Part<'a>>,
    /// The parameters of all optimizers.
    parameters: Vec<Parameter>,
}

/// The optimizer and the schedule of a phase.
struct Part<'a> {
    phase: &'static str,
    optimizer: &'a mut dyn Optimizer,
    schedule: Option<&'a mut dyn Schedule>,
    /// The position of the schedule when the phase was added.
    position: Option<Position>,
}

impl std::fmt::Debug for Phases<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.parts.iter().map(|part| part.phase)).finish()
    }
}

impl<'a> Phases<'a> {
    /// Creates a value without phases.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a phase with its optimizer and its schedule.
    #[must_use]
    pub fn phase(
        mut self,
        phase: &'static str,
        optimizer: &'a mut dyn Optimizer,
        mut schedule: Option<&'a mut dyn Schedule>,
    ) -> Self {
        self.parameters.extend_from_slice(optimizer.parameters());
        let mut position = None;
        if let Some(schedule) = &mut schedule {
            position = Some(schedule.state_dict());
        }
        self.parts.push(Part { phase, optimizer, schedule, position });
        self
    }
}

impl Part<'_> {
    /// Adds the state of the phase to the combined state.
    fn add(&self, mut all: OptimizerState) -> Result<OptimizerState> {
        let state = self.optimizer.state_dict()?;
        let name = |name: &str| format!("{}.{name}", self.phase);
        for (own, value) in state.settings() {
            all = all.setting(name(own), *value);
        }
        for (own, value) in state.numbers() {
            all = all.number(name(own), *value);
        }
        for (own, value) in state.tensors().iter() {
            all = all.tensor(name(own), value.clone());
        }
        let (Some(schedule), Some(position)) = (&self.schedule, self.position) else { return Ok(all) };
        let base = position.base.unwrap_or(1.0);
        all = all.setting(name("schedule.per_epoch"), f64::from(u8::from(schedule.is_per_epoch())));
        for point in POINTS {
            all = all.setting(name(&format!("schedule.rate({point})")), schedule.rate(base, point));
        }
        if let Some(base) = position.base {
            all = all.number(name("schedule.base"), base);
        }
        if let Some(Plateau { rate, best, bad, cooldown }) = position.plateau {
            let seen = [("rate", rate), ("best", best), ("bad", bad as f64), ("cooldown", cooldown as f64)];
            for (own, value) in seen {
                all = all.number(name(&format!("schedule.plateau.{own}")), value);
            }
        }
        Ok(all.number(name("schedule.done"), position.done as f64))
    }

    /// The position of the phase's schedule in the combined state; `None` if the state has none.
    fn own_position(&self, all: &OptimizerState) -> Option<Position> {
        let number = |name: &str| all.get_number(&format!("{}.schedule.{name}", self.phase));
        let plateau = || {
            Some(Plateau {
                rate: number("plateau.rate")?,
                best: number("plateau.best")?,
                bad: number("plateau.bad")? as usize,
                cooldown: number("plateau.cooldown")? as usize,
            })
        };
        Some(Position { base: number("base"), done: number("done")? as usize, plateau: plateau() })
    }

    /// The part of the combined state that belongs to the phase's optimizer.
    fn own(&self, all: &OptimizerState) -> Result<OptimizerState> {
        let own = |name: &str| Some(name.strip_prefix(self.phase)?.strip_prefix('.')?.to_owned());
        let of_optimizer = |name: &str| own(name).filter(|own| !own.starts_with("schedule."));
        let mut state = OptimizerState::new(self.optimizer.state_dict()?.kind());
        for (name, value) in all.settings() {
            if let Some(own) = of_optimizer(name) {
                state = state.setting(own, *value);
            }
        }
        for (name, value) in all.numbers() {
            if let Some(own) = of_optimizer(name) {
                state = state.number(own, *value);
            }
        }
        for (name, value) in all.tensors().iter() {
            if let Some(own) = of_optimizer(name) {
                state = state.tensor(own, value.clone());
            }
        }
        Ok(state)
    }
}

#[diagnostic::do_not_recommend]
impl Optimizer for Phases<'_> {
    fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    fn step(&mut self) {
        self.parts.iter_mut().for_each(|part| part.optimizer.step());
    }

    fn learning_rate(&self) -> Scalar {
        self.parts.first().map_or(0.0, |part| part.optimizer.learning_rate())
    }

    fn set_learning_rate(&mut self, rate: Scalar) {
        self.parts.iter_mut().for_each(|part| part.optimizer.set_learning_rate(rate));
    }

    fn check(&self) -> Result<()> {
        self.parts.iter().try_for_each(|part| part.optimizer.check())
    }

    fn state_dict(&self) -> Result<OptimizerState> {
        let mut kinds = Vec::new();
        for part in &self.parts {
            kinds.push(format!("{}: {}", part.phase, part.optimizer.state_dict()?.kind()));
        }
        self.parts.iter().try_fold(OptimizerState::new(kinds.join(", ")), |all, part| part.add(all))
    }

    fn load_state_dict(&mut self, state: &OptimizerState) -> Result<()> {
        let own = self.state_dict()?;
        let differences = own.differences(state);
        if !differences.is_empty() {
            return Err(Error::OptimizerState { differences });
        }
        let before: Vec<OptimizerState> =
            self.parts.iter().map(|part| part.optimizer.state_dict()).collect::<Result<_>>()?;
        for index in 0..self.parts.len() {
            let part = &mut self.parts[index];
            let loaded = part.own(state).and_then(|own| part.optimizer.load_state_dict(&own));
            if let Err(error) = loaded {
                // Restores the optimizers whose states are already loaded.
                for (part, before) in self.parts.iter_mut().zip(&before).take(index) {
                    part.optimizer.load_state_dict(before)?;
                }
                return Err(error);
            }
        }
        for part in &mut self.parts {
            let position = part.own_position(state);
            if let (Some(schedule), Some(position)) = (&mut part.schedule, position) {
                schedule.load_state_dict(position);
            }
        }
        Ok(())
    }
}
