//! Classification of forward passes as training or evaluation, for the lints on mode and recording.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use crate::cfg::{
    Cfg, Computation, DataSource, Deps, Excerpt, HeadKind, LoopId, OptimizerId, PathId, Recorded, Root,
    Shown, SiteId,
};
use crate::flow::{AbstractValue, Observed, Solution, StateSet, Visit};
use crate::stage::{Effect, Stage};
use crate::vocabulary::{names_environment, speaks_of_evaluation, speaks_of_training};

/// One visit of a forward pass.
#[derive(Clone, Copy, Debug)]
pub(super) struct Forward<'a> {
    /// The visit of the forward pass.
    pub(super) visit: Visit,
    /// The model and the data of the forward pass.
    pub(super) run: &'a Computation,
    /// The possible modes of the model. `None` if the mode is not tracked.
    pub(super) mode: Option<AbstractValue>,
    /// The possible states of recording at this visit, as set by the calls that switch recording on
    /// or off.
    pub(super) switch: AbstractValue,
}

impl Forward<'_> {
    /// Whether the forward pass certainly records a graph.
    pub(super) fn is_recorded(&self) -> bool {
        self.run.recorded == Recorded::Yes && self.switch.all.within(StateSet::ON)
    }

    /// Whether the forward pass certainly records no graph.
    pub(super) fn is_unrecorded(&self) -> bool {
        self.run.recorded == Recorded::No || self.switch.all.within(StateSet::OFF)
    }
}

/// The reason why a forward pass counts as evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evaluates {
    /// The name of the data suggests evaluation, as `valid` does.
    Named(Option<LoopId>),
    /// The function does not train on the data of the loop, and no `backward` in the loop uses the
    /// losses.
    Quietly(LoopId),
    /// The output is shown or stored by this call, such as `save_image(&output)`. `None` if a macro
    /// prints the output.
    Shown(Option<SiteId>),
}

impl Evaluates {
    /// The loop over the data, if there is one.
    pub(super) fn data_loop(self) -> Option<LoopId> {
        match self {
            Self::Named(round) => round,
            Self::Quietly(round) => Some(round),
            Self::Shown(_) => None,
        }
    }
}

/// The classification of all forward passes of a function.
#[derive(Debug)]
pub(super) struct Study<'a> {
    cfg: &'a Cfg,
    solution: &'a Solution,
    /// The forward passes that a `backward` runs through, if a `step` uses the gradients.
    pub(super) training: BTreeSet<SiteId>,
    /// The training passes whose `backward` no condition can skip.
    pub(super) always_training: BTreeSet<SiteId>,
    /// The models of the training passes.
    trained: BTreeSet<PathId>,
    /// The data of the loops over training data.
    trained_over: Vec<DataSource>,
    /// The forward passes and losses that a `backward` may run through.
    backwarded: BTreeSet<SiteId>,
    /// Whether some `backward` has a loss of unknown origin.
    any_backwarded: bool,
    /// The loops that contain a `backward`.
    backward_in: BTreeSet<LoopId>,
    /// The forward passes whose output a loss is computed from.
    looked_at: BTreeSet<SiteId>,
    /// The first forward pass in each loop.
    first_in: BTreeMap<LoopId, SiteId>,
    /// The computations that are never recorded.
    off: BTreeSet<SiteId>,
    /// The forward passes whose output is part of the loss of a `backward`, even if only as a
    /// number.
    in_losses: BTreeSet<SiteId>,
}

impl<'a> Study<'a> {
    /// Classifies the forward passes, losses and backward passes of a function.
    pub(super) fn of(cx: &Context<'a>) -> Self {
        let (cfg, solution) = (cx.cfg, cx.solution);
        let mut study = Self {
            cfg,
            solution,
            training: BTreeSet::new(),
            always_training: BTreeSet::new(),
            trained: BTreeSet::new(),
            trained_over: Vec::new(),
            backwarded: cfg.function.handed.computed.known().iter().copied().collect(),
            any_backwarded: cfg.function.handed.computed.is_unknown(),
            backward_in: BTreeSet::new(),
            looked_at: BTreeSet::new(),
            first_in: BTreeMap::new(),
            off: off(cfg, solution),
            in_losses: cfg.facts.all::<Root>().flat_map(|(_, root)| &root.origin.forwards).copied().collect(),
        };
        let steps: Vec<(OptimizerId, BTreeSet<&[LoopId]>)> = (0..cfg.optimizers.len())
            .filter(|id| !cfg.optimizers[*id].lost)
            .map(|id| (id, cx.acting(id, Effect::Take).iter().map(|&step| &*cfg.sites[step].loops).collect()))
            .collect();
        for (site, run) in cfg.facts.all::<Computation>() {
            match run.stage {
                Stage::Backward => study.backward(site, run, &steps),
                Stage::Loss => study.looked_at.extend(run.past.computed.known()),
                _ => {
                    for around in &cfg.sites[site].loops {
                        study.first_in.entry(*around).or_insert(site);
                    }
                }
            }
        }
        for site in &study.training {
            let Some(run) = cfg.facts.at::<Computation>(*site) else { continue };
            study.trained.extend(run.model.iter().chain(run.models.paths()));
            study
                .trained_over
                .extend(data_of(cfg, *site, run).and_then(|round| cfg.loops[round].head.source));
        }
        study
    }

    fn backward(
        &mut self,
        site: SiteId,
        backward: &Computation,
        steps: &[(OptimizerId, BTreeSet<&[LoopId]>)],
    ) {
        let loops = &*self.cfg.sites[site].loops;
        self.backward_in.extend(loops);
        self.any_backwarded |= backward.past.computed.is_unknown();
        let behind = backward.past.computed.known();
        self.backwarded.extend(behind);
        let forwards = || {
            let runs =
                behind.iter().filter_map(|site| Some((*site, self.cfg.facts.at::<Computation>(*site)?)));
            runs.filter(|(_, run)| run.stage == Stage::Forward)
        };
        // An optimizer with unknown parameters updates the model of the loss, if the loss has only
        // one model.
        let alone = forwards().map(|(_, run)| run.model).collect::<BTreeSet<_>>().len() == 1;
        let holds = |owned: &Deps, run: &Computation| {
            // Two models that are built with the same device or size are still independent.
            let alone = owned.paths().len() == 1;
            let is_owned = |whole: &PathId, model: PathId| {
                let told = alone
                    || run.model == Some(model)
                    || self.cfg.facts.variable(*whole).is_some_and(|known| known.is_constructed);
                told && self.cfg.paths.holds(*whole, model)
            };
            let inside = |model| owned.paths().iter().any(|whole| is_owned(whole, model));
            // The input of a frozen model may come from the trained model.
            run.model.iter().chain(run.own.paths()).any(|&model| inside(model))
        };
        let near = |stepped: &BTreeSet<&[LoopId]>| {
            stepped.iter().any(|theirs| loops.starts_with(theirs) || theirs.starts_with(loops))
        };
        let near: Vec<OptimizerId> = steps.iter().filter(|(_, at)| near(at)).map(|(id, _)| *id).collect();
        // A step that takes the gradients as a value identifies the optimizer.
        let takes = |id: OptimizerId| alone && self.cfg.is_taken(site, id);
        let moved = |run: &Computation| {
            near.iter().any(|&id| {
                takes(id) || self.cfg.optimizers[id].owned.as_ref().map_or(alone, |owned| holds(owned, run))
            })
        };
        let training: Vec<SiteId> = forwards().filter(|(_, run)| moved(run)).map(|(site, _)| site).collect();
        if !self.cfg.sites[site].conditional {
            self.always_training.extend(&training);
        }
        self.training.extend(training);
    }

    /// The forward passes in execution order, with first iterations before later ones.
    pub(super) fn forwards(&self) -> Vec<Forward<'a>> {
        let forward = |visit: &Visit| {
            let Observed::Computation(mode, switch) = visit.what else { return None };
            let run = self.cfg.facts.at::<Computation>(visit.site)?;
            (run.stage == Stage::Forward).then_some(Forward { visit: *visit, run, mode, switch })
        };
        self.solution.visits.iter().filter_map(forward).collect()
    }

    /// The loop whose items are the input of a forward pass.
    ///
    /// The argument `run` is a loss or a `backward` that depends on this forward pass.
    pub(super) fn input_loop(&self, run: &Computation) -> Option<LoopId> {
        let runs = run
            .past
            .computed
            .known()
            .iter()
            .filter_map(|site| Some((*site, self.cfg.facts.at::<Computation>(*site)?)));
        let mut forwards = runs.filter(|(_, run)| run.stage == Stage::Forward);
        forwards.find_map(|(site, run)| data_of(self.cfg, site, run))
    }

    /// The names in the expression that a loop iterates over.
    pub(super) fn names_over(&self, round: LoopId) -> &'a BTreeSet<String> {
        &self.cfg.loops[round].head.over
    }

    /// The expression that a loop iterates over, as in the source.
    pub(super) fn over(&self, round: LoopId) -> &'a Excerpt {
        &self.cfg.loops[round].over
    }

    /// Whether a loop contains a `backward`.
    pub(super) fn backward_in(&self, round: LoopId) -> bool {
        self.backward_in.contains(&round)
    }

    /// Whether a `backward` may run through the value computed at a site.
    pub(super) fn is_backwarded(&self, site: SiteId) -> bool {
        self.backwarded.contains(&site)
    }

    /// Whether the computation at a site is never recorded.
    pub(super) fn is_off(&self, site: SiteId) -> bool {
        self.off.contains(&site)
    }

    /// The first forward pass in a loop.
    pub(super) fn first_in(&self, round: LoopId) -> Option<SiteId> {
        self.first_in.get(&round).copied()
    }

    /// The call that shows or stores the output of a forward pass, if the pass records no graph.
    ///
    /// `None` if the loss of a `backward` contains the output, or if a loop around the pass runs an
    /// environment of reinforcement learning.
    fn shows(&self, forward: &Forward<'_>) -> Option<Evaluates> {
        let site = forward.visit.site;
        let shown = self.cfg.facts.at::<Shown>(site)?;
        let acts =
            |round: &LoopId| self.cfg.loops[*round].head.names.iter().any(|name| names_environment(name));
        let aside = forward.is_unrecorded()
            && !self.in_losses.contains(&site)
            && !self.cfg.sites[site].loops.iter().any(acts);
        aside.then_some(Evaluates::Shown(shown.by))
    }

    /// The reason why a forward pass counts as evaluation. `None` if it does not, for example
    /// because the function trains the model on the data of the pass.
    pub(super) fn evaluates(&self, forward: &Forward<'_>) -> Option<Evaluates> {
        let (site, run) = (forward.visit.site, forward.run);
        let trained = |path: &PathId| self.trained.iter().any(|&model| self.cfg.paths.overlap(model, *path));
        let of_trained = run.model.iter().chain(run.models.paths()).any(trained);
        if self.any_backwarded || self.backwarded.contains(&site) || !of_trained {
            return None;
        }
        let Some(round) = data_of(self.cfg, site, run) else {
            let named = |path: &PathId| speaks_of_evaluation([self.cfg.paths.name(*path)]);
            let named = run.given.paths().iter().any(named).then_some(Evaluates::Named(None));
            return named.or_else(|| self.shows(forward));
        };
        let trained = |source: DataSource| self.trained_over.iter().any(|known| known.whole == source.whole);
        if self.backward_in.contains(&round) || self.cfg.loops[round].head.source.is_some_and(trained) {
            return None;
        }
        let head = &self.cfg.loops[round].head;
        if speaks_of_evaluation(&head.over) {
            return Some(Evaluates::Named(Some(round)));
        }
        let other = !speaks_of_training(&head.over)
            && head.kind != HeadKind::Numbers
            && !head.over.iter().any(|name| names_environment(name));
        (other && self.looked_at.contains(&site)).then_some(Evaluates::Quietly(round))
    }
}

/// The innermost loop whose items are the input of a forward pass.
pub(super) fn data_of(cfg: &Cfg, site: SiteId, run: &Computation) -> Option<LoopId> {
    let roots = run.given.paths().iter().map(|path| cfg.paths.root_of(*path));
    let items: BTreeSet<LoopId> = roots.filter_map(|root| cfg.facts.item_of(root)).collect();
    cfg.sites[site].loops.iter().rev().copied().find(|around| items.contains(around))
}

/// The computations that are never recorded: in a `no_grad` scope, or with recording switched off.
fn off(cfg: &Cfg, solution: &Solution) -> BTreeSet<SiteId> {
    let mut switched: BTreeMap<SiteId, bool> = BTreeMap::new();
    for visit in &solution.visits {
        if let Observed::Computation(_, switch) = visit.what {
            *switched.entry(visit.site).or_insert(true) &= switch.all.within(StateSet::OFF);
        }
    }
    let lexically =
        cfg.facts.all::<Computation>().filter(|(_, run)| run.recorded == Recorded::No).map(|(site, _)| site);
    lexically.chain(switched.into_iter().filter(|(_, off)| *off).map(|(site, _)| site)).collect()
}

impl<'a> Context<'a> {
    /// Whether a step returns the model of a recorded forward pass. The model then has the type of
    /// a model in training.
    pub(super) fn is_of_training_type(&self, forward: &Forward<'_>) -> bool {
        forward.run.recorded == Recorded::Yes && self.updated_model(forward).is_some()
    }

    /// The model of a forward pass, or the model that it was cloned from, if a step returns this
    /// model.
    pub(super) fn updated_model(&self, forward: &Forward<'_>) -> Option<PathId> {
        let mut models = forward.run.model.iter().chain(forward.run.own.paths()).copied();
        models.find(|model| self.cfg.updated_at(*model).is_some())
    }

    /// The backward passes, each with the forward passes and models that it runs through.
    pub(super) fn backwards(&self) -> impl Iterator<Item = (SiteId, &'a Computation)> + use<'a> {
        let cfg = self.cfg;
        cfg.facts.all::<Computation>().filter(|(_, run)| run.stage == Stage::Backward)
    }

    /// The line before which a call must be inserted so that the call runs once.
    ///
    /// If loops contain `forward` and not `other`, this is the line of the outermost loop among
    /// them. Otherwise it is the line of `forward`.
    pub(super) fn line_before(&self, forward: SiteId, other: SiteId) -> usize {
        let others = &self.site(other).loops;
        let head = self.site(forward).loops.iter().find(|around| !others.contains(around));
        head.map_or_else(|| self.line(forward), |head| self.cfg.loops[*head].line)
    }
}
