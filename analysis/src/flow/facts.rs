//! Facts about each optimizer, in addition to the automaton of its gradients.
//!
//! The facts tell whether the gradients are multiplied by a scaler's factor, and which losses the
//! gradients contain. They also tell whether the model still has the optimizer's parameters, and
//! whether the optimizer has stepped.

use super::reach::{Reach, fills, is_whole, reaches, reaches_through};
use super::states::{AbstractValue, StateSet};
use crate::cfg::{
    Action, Cfg, Computation, Deps, Event, OnStore, Optimizer, OptimizerId, PathId, SiteId, StoreId,
};
use crate::stage::Effect;
use crate::vocabulary::Keeping;

/// Facts about one optimizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptimizerFacts {
    /// Whether the gradients are multiplied by a scaler's factor.
    pub scale: AbstractValue,
    /// Whether the gradients contain a loss that reaches another optimizer too, and whether the
    /// other optimizer has stepped since.
    pub shared: AbstractValue,
    /// Whether the optimizer's own loss was added to gradients of a loss that reaches another optimizer too.
    pub mixed: AbstractValue,
    /// Whether the model still has the optimizer's parameters, or has new ones.
    pub parameters: AbstractValue,
    /// Whether the optimizer has stepped.
    pub stepped: AbstractValue,
}

impl OptimizerFacts {
    fn entry(optimizer: &Optimizer, annotated: bool) -> Self {
        let (plain, stepped) = match (optimizer.lost, optimizer.from_caller, annotated) {
            (true, _, _) | (false, false, _) => (StateSet::UNKNOWN, StateSet::UNKNOWN),
            (false, true, true) => (StateSet::PLAIN, StateSet::BEFORE),
            (false, true, false) => (StateSet::PLAIN, StateSet::ENTRY),
        };
        let (plain, stepped) = (AbstractValue::new(plain), AbstractValue::new(stepped));
        Self { scale: plain, shared: plain, mixed: plain, parameters: plain, stepped }
    }

    fn each(&mut self) -> [&mut AbstractValue; 5] {
        [&mut self.scale, &mut self.shared, &mut self.mixed, &mut self.parameters, &mut self.stepped]
    }

    /// Sets the facts to those of a newly constructed optimizer.
    fn build(&mut self, site: SiteId) {
        self.empty();
        self.parameters.set(StateSet::PLAIN, None);
        self.stepped.set(StateSet::BEFORE, Some(site));
    }

    /// Makes all facts unknown.
    fn forget(&mut self) {
        self.each().into_iter().for_each(|value| value.set(StateSet::UNKNOWN, None));
    }

    /// Makes the facts about the gradients unknown.
    fn forget_gradients(&mut self) {
        for value in [&mut self.scale, &mut self.shared, &mut self.mixed] {
            value.set(StateSet::UNKNOWN, None);
        }
    }

    /// Sets the facts about the gradients to those of empty gradients.
    fn empty(&mut self) {
        self.scale.set(StateSet::PLAIN, None);
        self.own();
    }

    /// Forgets the losses in the gradients after a step or a `zero_grad`.
    fn own(&mut self) {
        self.shared.set(StateSet::CLEAN, None);
        self.mixed.set(StateSet::OWN, None);
    }

    /// Updates the facts for a step of another optimizer, which may share a loss with this one.
    fn other_steps(&mut self) {
        let by = self.shared.by(StateSet::DISTRIBUTED);
        if self.shared.all.within(StateSet::DISTRIBUTED) {
            self.shared.set(StateSet::TAKEN, by);
        } else if self.shared.all.meets(StateSet::DISTRIBUTED) {
            self.shared.set(StateSet::UNKNOWN, None);
        }
    }

    /// Joins the facts of another path; returns whether anything changed.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        let mut theirs = *other;
        let mut changed = false;
        for (mine, theirs) in self.each().into_iter().zip(theirs.each()) {
            changed |= mine.join(theirs);
        }
        changed
    }
}

/// The facts about all optimizers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AllFacts(Vec<OptimizerFacts>);

impl AllFacts {
    /// The facts at the entry of the function.
    pub(super) fn entry(cfg: &Cfg, annotated: bool) -> Self {
        Self(cfg.optimizers.iter().map(|optimizer| OptimizerFacts::entry(optimizer, annotated)).collect())
    }

    pub(super) fn of(&self, id: OptimizerId) -> OptimizerFacts {
        self.0[id]
    }

    /// Joins the facts of another path; returns whether anything changed.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            changed |= mine.join(theirs);
        }
        changed
    }

    /// Updates the facts along an edge that bypasses a loop.
    pub(super) fn skip(&mut self) {
        for facts in &mut self.0 {
            facts.each().into_iter().for_each(AbstractValue::skip);
        }
    }

    /// Updates the facts for an event.
    pub(super) fn apply(&mut self, cfg: &Cfg, event: &Event) {
        match &event.action {
            Action::Build(id) => {
                if !cfg.optimizers[*id].lost {
                    self.0[*id].build(event.site);
                }
            }
            Action::Forget(id) => self.0[*id].forget(),
            Action::Effect(id, effect) => {
                if !cfg.optimizers[*id].lost {
                    self.act(*id, *effect, event.site);
                }
            }
            Action::Through(deps, Effect::Zero) => self.zero(cfg, deps),
            Action::Handed { deps, .. } => {
                for id in (0..self.0.len()).filter(|id| reaches(cfg, *id, deps) != Reach::No) {
                    self.0[id].forget_gradients();
                }
            }
            Action::Backward { deps, scaled, store, .. } => {
                self.fill(cfg, deps, *store, *scaled, event.site);
            }
            Action::OnStores(stores, OnStore::Effect(Effect::Zero)) => {
                let takers = stores.iter().flat_map(|store| cfg.takers(*store));
                takers.for_each(|id| self.0[id].empty());
            }
            Action::OnStores(stores, OnStore::Doubt) => {
                if stores.iter().any(|store| cfg.takers(*store).is_empty()) {
                    self.0.iter_mut().for_each(OptimizerFacts::forget);
                }
            }
            Action::Replace(path) => self.replace(cfg, *path, event.site),
            Action::Touch(deps) => {
                for id in (0..self.0.len()).filter(|id| cfg.touches(*id, deps)) {
                    self.0[id].forget();
                }
            }
            Action::Through(
                _,
                Effect::Nothing | Effect::Fill | Effect::Clip | Effect::Take | Effect::Unscale,
            )
            | Action::OnStores(
                _,
                OnStore::Present(_)
                | OnStore::End
                | OnStore::Effect(
                    Effect::Nothing | Effect::Fill | Effect::Clip | Effect::Take | Effect::Unscale,
                ),
            )
            | Action::Compute(..)
            | Action::LoseGraph(_)
            | Action::Assume(..)
            | Action::Unassume(_)
            | Action::Mark(_)
            | Action::Look(_)
            | Action::Computation(_)
            | Action::Schedule(_)
            | Action::Mode(..)
            | Action::LoseMode(_)
            | Action::Recording(_)
            | Action::KeepMode(_)
            | Action::Collective(_)
            | Action::RestoreMode(..) => {}
        }
    }

    fn act(&mut self, id: OptimizerId, effect: Effect, site: SiteId) {
        match effect {
            Effect::Zero => self.0[id].empty(),
            Effect::Unscale => self.0[id].scale.set(StateSet::PLAIN, None),
            Effect::Take => {
                self.0[id].own();
                self.0[id].stepped.set(StateSet::AFTER, Some(site));
                let others = self.0.iter_mut().enumerate().filter(|(other, _)| *other != id);
                others.for_each(|(_, facts)| facts.other_steps());
            }
            Effect::Fill | Effect::Clip | Effect::Nothing => {}
        }
    }

    fn zero(&mut self, cfg: &Cfg, deps: &Deps) {
        for id in 0..self.0.len() {
            match reaches_through(cfg, id, deps) {
                Reach::Yes if is_whole(cfg, id, deps) && !cfg.optimizers[id].lost => self.0[id].empty(),
                Reach::No => {}
                Reach::Yes | Reach::Maybe => {
                    self.0[id].forget_gradients();
                    self.0[id].parameters.set(StateSet::UNKNOWN, None);
                }
            }
        }
    }

    /// Updates the facts for a backward, which fills the gradients of each optimizer that its loss reaches.
    fn fill(&mut self, cfg: &Cfg, deps: &Deps, store: Option<StoreId>, scaled: bool, site: SiteId) {
        let reach: Vec<Reach> = (0..self.0.len()).map(|id| fills(cfg, id, deps, store, site)).collect();
        let renews = cfg.keeping(store) == Keeping::Fresh;
        for (id, facts) in self.0.iter_mut().enumerate().filter(|(id, _)| !cfg.optimizers[*id].lost) {
            match reach[id] {
                Reach::Yes => {
                    if renews {
                        facts.empty();
                    }
                    facts.scale.set(if scaled { StateSet::SCALED } else { StateSet::PLAIN }, Some(site));
                    let others = (0..reach.len()).filter(|other| *other != id && reach[*other] == Reach::Yes);
                    facts.share(cfg, others, site);
                }
                Reach::Maybe => facts.forget_gradients(),
                Reach::No => {}
            }
        }
    }

    fn replace(&mut self, cfg: &Cfg, path: PathId, site: SiteId) {
        for (id, optimizer) in cfg.optimizers.iter().enumerate().filter(|(_, optimizer)| !optimizer.lost) {
            let owned = optimizer.owned.as_ref().map_or(&[][..], Deps::paths);
            if owned.iter().any(|&owned| cfg.paths.overlap(owned, path)) {
                self.0[id].parameters.set(StateSet::REPLACED, Some(site));
            }
        }
    }
}

impl OptimizerFacts {
    /// Updates the facts for a backward at `site`. The loss reaches this optimizer and the
    /// optimizers in `others`.
    fn share(&mut self, cfg: &Cfg, mut others: impl Iterator<Item = OptimizerId>, site: SiteId) {
        if !self.shared.all.within(StateSet::TAKEN) {
            if others.next().is_some() {
                self.shared.set(StateSet::DISTRIBUTED, Some(site));
            }
            return;
        }
        let before = self.shared.by(StateSet::TAKEN).filter(|&before| before != site);
        let earlier = before.and_then(|before| cfg.facts.at::<Computation>(before));
        if earlier.is_some_and(|earlier| others.any(|id| reaches(cfg, id, &earlier.given) == Reach::Yes)) {
            self.mixed.set(StateSet::MIXED, before);
        }
    }
}
