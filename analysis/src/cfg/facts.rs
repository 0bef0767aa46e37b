//! Typed facts about sites and variables.
//!
//! Lowering adds the facts. A lint queries all facts of one type, or the fact at a site.
//! To add a kind of fact, add a row to [`facts!`], or a variant to [`Mark`] if the fact has no
//! data.

use std::collections::{BTreeMap, BTreeSet};

use super::processes::Processes;
use super::{
    Advance, Average, Checkpoint, Choice, Computation, Deps, Difference, Excerpt, Kept, LoopId, LossCall,
    MeanLoss, MetricCall, NamedLoss, OptimizerId, Outcome, PathId, Reads, Root, Rows, Schedule, ScheduleOf,
    ShortEpochs, Shown, SiteId, Swallow, Use, Variable, Weighting,
};

/// A type of fact that a site may have.
pub(crate) trait SiteFact: Sized {
    const KIND: Kind;
    fn from_fact(fact: &Fact) -> Option<&Self>;
    fn from_fact_mut(fact: &mut Fact) -> Option<&mut Self>;
    fn into_fact(self) -> Fact;
}

macro_rules! facts {
    ($($kind:ident,)*) => {
        /// A fact about a site.
        #[derive(Debug)]
        pub(crate) enum Fact {
            $($kind($kind),)*
        }

        /// The types of facts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Kind {
            $($kind,)*
        }

        $(impl SiteFact for $kind {
            const KIND: Kind = Kind::$kind;

            fn from_fact(fact: &Fact) -> Option<&Self> {
                if let Fact::$kind(fact) = fact { Some(fact) } else { None }
            }

            fn from_fact_mut(fact: &mut Fact) -> Option<&mut Self> {
                if let Fact::$kind(fact) = fact { Some(fact) } else { None }
            }

            fn into_fact(self) -> Fact {
                Fact::$kind(self)
            }
        })*
    };
}

facts! {
    Advance,
    Average,
    Checkpoint,
    Choice,
    Claim,
    Computation,
    Difference,
    Kept,
    LossCall,
    MeanLoss,
    MetricCall,
    NamedLoss,
    Opaque,
    Outcome,
    Reads,
    Reduction,
    Root,
    Rows,
    Scaler,
    ScheduleOf,
    ShortEpochs,
    Shown,
    Swallow,
    Weighting,
    Write,
}

/// A fact without data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// The constructor of a sampler that distributes samples to several processes.
    Sampler,
    /// A call that passes the epoch to a sampler.
    SetsEpoch,
    /// A clip whose limit is multiplied by a scaler's factor.
    ScaledClip,
    /// An opaque call that returns a value from which the function runs `backward`. The call itself
    /// is therefore assumed to run no `backward`.
    GivesLoss,
    /// An opaque call that reads or writes gradients.
    HandlesGradients,
    /// A `backward` of a layer or a model. It may overwrite the gradients of the layer or the
    /// model.
    OfLayer,
    /// A `backward` adds to gradients of unknown content.
    MayAdd,
    /// The constructor of an optimizer with several owners (`Rc`, `Arc`).
    SharedOptimizer,
    /// The constructor of an optimizer that keeps state for each parameter, such as a momentum.
    StatefulOptimizer,
    /// A step of a model in a variable that the iteration declares.
    OfIteration,
    /// A call that sets a mode through a method that is defined in the checked code.
    OwnMode,
    /// An opaque call whose name says that it trains a model.
    Trains,
    /// The constructor of a schedule whose unit is an epoch.
    CountsEpochs,
    /// The constructor of a metric that accumulates over batches.
    Metric,
    /// A forward whose boolean argument certainly selects the mode, as in `forward_t(x, train)`.
    ModeArgument,
    /// A forward whose model has no layer that depends on the mode.
    SameInEveryMode,
    /// A write to a parameter in place while a graph is recorded.
    WritesParameter,
    /// The constructor of a store of parameters that record a graph.
    NewStore,
}

/// The places that are passed to an opaque call, which may run `backward` on any of them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Opaque(pub(crate) Deps);

/// The optimizer that claims the loss of a `backward`. The loss is not known to depend on the
/// optimizer's parameters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim(pub(crate) OptimizerId);

/// A write to parameters in these places, without an optimizer and recorded.
#[derive(Debug)]
pub(crate) struct Write(pub(crate) Deps);

/// A reduction over all processes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reduction {
    /// Whether the reduced value is known to be computed from a loss.
    pub(crate) of_loss: bool,
}

/// The scaler that a `backward` multiplies its loss by.
#[derive(Debug)]
pub(crate) struct Scaler(pub(crate) Excerpt);

/// All facts about the sites and variables of a function.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    sites: BTreeMap<(Kind, SiteId), Vec<Fact>>,
    marks: BTreeSet<(Mark, SiteId)>,
    variables: BTreeMap<PathId, Variable>,
    /// The branches that the processes of a distributed run may take differently.
    pub(crate) processes: Processes,
}

impl Facts {
    /// All facts of one type, in the order of their sites.
    pub(crate) fn all<T: SiteFact + 'static>(&self) -> impl Iterator<Item = (SiteId, &T)> {
        self.sites
            .range((T::KIND, 0)..=(T::KIND, SiteId::MAX))
            .flat_map(|((_, site), facts)| facts.iter().map(|fact| (*site, fact)))
            .filter_map(|(site, fact)| Some((site, T::from_fact(fact)?)))
    }

    /// All facts of one type, mutably.
    pub(crate) fn all_mut<T: SiteFact + 'static>(&mut self) -> impl Iterator<Item = &mut T> {
        let facts = self.sites.range_mut((T::KIND, 0)..=(T::KIND, SiteId::MAX));
        facts.flat_map(|(_, facts)| facts).filter_map(T::from_fact_mut)
    }

    /// The fact of one type at a site; the first one if there are several.
    pub(crate) fn at<T: SiteFact>(&self, site: SiteId) -> Option<&T> {
        self.sites.get(&(T::KIND, site))?.iter().find_map(T::from_fact)
    }

    /// The fact of one type at a site, mutably.
    pub(crate) fn at_mut<T: SiteFact>(&mut self, site: SiteId) -> Option<&mut T> {
        self.sites.get_mut(&(T::KIND, site))?.iter_mut().find_map(T::from_fact_mut)
    }

    /// Adds a fact about the site.
    pub(crate) fn note<T: SiteFact>(&mut self, site: SiteId, fact: T) {
        self.sites.entry((T::KIND, site)).or_default().push(fact.into_fact());
    }

    /// Adds a fact about the site, unless the site already has a fact of this type.
    pub(crate) fn note_once<T: SiteFact>(&mut self, site: SiteId, fact: T) {
        if self.at::<T>(site).is_none() {
            self.note(site, fact);
        }
    }

    /// Sets the fact of one type at a site. An earlier fact of this type is replaced.
    pub(crate) fn set<T: SiteFact>(&mut self, site: SiteId, fact: T) {
        match self.at_mut::<T>(site) {
            Some(known) => *known = fact,
            None => self.note(site, fact),
        }
    }

    /// Notes the places that an opaque call receives. Equal sets of places are noted once.
    pub(crate) fn note_opaque(&mut self, site: SiteId, given: Deps) {
        let opaque = Opaque(given);
        let facts = self.sites.entry((Opaque::KIND, site)).or_default();
        if !facts.iter().any(|fact| Opaque::from_fact(fact) == Some(&opaque)) {
            facts.push(opaque.into_fact());
        }
    }

    /// Adds a mark, a fact without data, to a site.
    pub(crate) fn mark(&mut self, site: SiteId, mark: Mark) {
        self.marks.insert((mark, site));
    }

    /// Whether a site has a mark.
    pub(crate) fn is(&self, site: SiteId, mark: Mark) -> bool {
        self.marks.contains(&(mark, site))
    }

    /// The sites with a mark.
    pub(crate) fn marked(&self, mark: Mark) -> impl Iterator<Item = SiteId> {
        self.marks.range((mark, 0)..=(mark, SiteId::MAX)).map(|(_, site)| *site)
    }

    /// The facts about a variable or field.
    pub(crate) fn variable(&self, path: PathId) -> Option<&Variable> {
        self.variables.get(&path)
    }

    /// The facts about a variable or field, mutably.
    pub(crate) fn variable_mut(&mut self, path: PathId) -> &mut Variable {
        self.variables.entry(path).or_default()
    }

    /// The facts about a variable or field, mutably, if there are any.
    pub(crate) fn known_variable_mut(&mut self, path: PathId) -> Option<&mut Variable> {
        self.variables.get_mut(&path)
    }

    /// All variables and fields with facts.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (PathId, &Variable)> {
        self.variables.iter().map(|(path, variable)| (*path, variable))
    }

    /// The uses of a variable.
    pub(crate) fn uses(&self, path: PathId) -> &[Use] {
        self.variables.get(&path).map_or(&[], |known| &known.uses)
    }

    /// The loop whose items a variable holds.
    pub(crate) fn item_of(&self, path: PathId) -> Option<LoopId> {
        self.variables.get(&path)?.item_of
    }

    /// The variables that hold a schedule that is constructed in the function.
    pub(crate) fn schedules(&self) -> impl Iterator<Item = (PathId, &Schedule)> {
        self.variables.iter().filter_map(|(path, known)| Some((*path, known.schedule.as_ref()?)))
    }

    /// The optimizer of the schedule that is constructed at this site; `None` if the schedule holds a copy of
    /// the optimizer.
    pub(crate) fn optimizer_of_schedule(&self, built: SiteId) -> Option<OptimizerId> {
        self.at::<ScheduleOf>(built).filter(|of| !of.copy).map(|of| of.optimizer)
    }
}
