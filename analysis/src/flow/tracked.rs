//! The state that is tracked in addition to the optimizers: whether computations are recorded, and
//! the modes of models.

use super::states::{AbstractValue, StateSet};
use crate::cfg::{Action, Cfg, Deps, Event, Mode, PathId, SiteId};

/// Whether computations are recorded, and the modes of models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TrackedState {
    /// Whether a switch has turned recording off.
    recording: AbstractValue,
    /// The mode of each model in [`crate::cfg::Modes`].
    modes: Vec<AbstractValue>,
    /// The modes that guards saved, ordered by guard.
    saved: Vec<AbstractValue>,
}

impl TrackedState {
    /// The state at the entry of the function.
    pub(super) fn entry(cfg: &Cfg) -> Self {
        let start = |from_caller| if from_caller { StateSet::ENTRY } else { StateSet::UNKNOWN };
        let models = &cfg.modes.models;
        Self {
            recording: AbstractValue::new(StateSet::ON),
            modes: models.iter().map(|(_, from_caller)| AbstractValue::new(start(*from_caller))).collect(),
            saved: vec![AbstractValue::new(StateSet::UNKNOWN); cfg.modes.guards * models.len()],
        }
    }

    /// Whether a switch has turned recording off.
    pub(super) fn recording(&self) -> AbstractValue {
        self.recording
    }

    /// The mode of a model. A model that is not tracked has the mode of the smallest tracked model
    /// that contains it.
    pub(super) fn mode(&self, cfg: &Cfg, model: PathId) -> Option<AbstractValue> {
        let wholes =
            cfg.modes.models.iter().enumerate().filter(|(_, (path, _))| cfg.paths.holds(*path, model));
        let nearest = wholes.reduce(|a, b| if cfg.paths.holds(a.1.0, b.1.0) { b } else { a })?;
        Some(self.modes[nearest.0])
    }

    /// Joins the state of another path; returns whether anything changed.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        let mut changed = self.recording.join(&other.recording);
        let mine = self.modes.iter_mut().chain(&mut self.saved);
        for (mine, theirs) in mine.zip(other.modes.iter().chain(&other.saved)) {
            changed |= mine.join(theirs);
        }
        changed
    }

    /// Updates the state along an edge that bypasses a loop.
    pub(super) fn skip(&mut self) {
        self.recording.skip();
        self.modes.iter_mut().chain(&mut self.saved).for_each(AbstractValue::skip);
    }

    /// Updates the state for an event.
    pub(super) fn apply(&mut self, cfg: &Cfg, event: &Event) {
        match &event.action {
            Action::Mode(model, mode) => self.set_mode(cfg, *model, states_of(*mode), event.site),
            Action::LoseMode(deps) | Action::Touch(deps) => self.lose_mode(cfg, deps),
            Action::Recording(on) => {
                let state = match on {
                    Some(true) => StateSet::ON,
                    Some(false) => StateSet::OFF,
                    None => StateSet::UNKNOWN,
                };
                self.recording.set(state, Some(event.site));
            }
            Action::KeepMode(guard) => {
                let first = guard * self.modes.len();
                self.saved[first..first + self.modes.len()].copy_from_slice(&self.modes);
            }
            Action::RestoreMode(guard, model) => {
                for index in related(cfg, *model) {
                    self.modes[index] = self.saved[guard * self.modes.len() + index];
                }
            }
            Action::Build(_)
            | Action::Forget(_)
            | Action::Effect(..)
            | Action::Through(..)
            | Action::Backward { .. }
            | Action::Handed { .. }
            | Action::OnStores(..)
            | Action::Compute(..)
            | Action::LoseGraph(_)
            | Action::Replace(_)
            | Action::Assume(..)
            | Action::Unassume(_)
            | Action::Mark(_)
            | Action::Look(_)
            | Action::Computation(_)
            | Action::Collective(_)
            | Action::Schedule(_) => {}
        }
    }

    /// Sets the mode of a model and its parts.
    ///
    /// If a tracked model that contains this model is in another mode, the mode of the containing
    /// model becomes unknown. The analysis assumes that the user chose a separate mode for the
    /// part.
    fn set_mode(&mut self, cfg: &Cfg, model: PathId, state: StateSet, site: SiteId) {
        for index in related(cfg, model) {
            if cfg.paths.holds(model, cfg.modes.models[index].0) {
                self.modes[index].set(state, Some(site));
            } else {
                self.modes[index].keep_only(state);
            }
        }
    }

    fn lose_mode(&mut self, cfg: &Cfg, deps: &Deps) {
        for (mode, (path, _)) in self.modes.iter_mut().zip(&cfg.modes.models) {
            if Deps::one(*path).overlaps(deps, &cfg.paths) != Some(false) {
                mode.set(StateSet::UNKNOWN, None);
            }
        }
    }
}

fn states_of(mode: Option<Mode>) -> StateSet {
    match mode {
        Some(Mode::Train) => StateSet::TRAIN,
        Some(Mode::Eval) => StateSet::EVAL,
        None => StateSet::UNKNOWN,
    }
}

/// The tracked models that contain this model, or are a part of it.
fn related(cfg: &Cfg, model: PathId) -> impl Iterator<Item = usize> {
    (0..cfg.modes.models.len()).filter(move |&index| cfg.paths.overlap(cfg.modes.models[index].0, model))
}
