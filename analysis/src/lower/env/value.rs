//! What an expression gives, as far as the checker cares.

use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use syn::ExprClosure;

use crate::cfg::{Deps, GraphId, OptimizerId, Origin, Past, PathId, SiteId, Source};
use crate::lower::control::known::Known;
use crate::lower::resolve::TypeId;

/// What an expression gives.
///
/// The walker hands values on at every level of an expression, so what few of them have stands apart.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing, whatever the others say")]
pub(in crate::lower) struct Value<'a> {
    pub kind: Kind<'a>,
    /// The places it was computed from.
    pub deps: Deps,
    /// It has a graph for certain, of its own or through `graphs`.
    pub computed: bool,
    /// The place that it is.
    pub place: Option<PathId>,
    pub handed: Handed,
    /// It is an item of a loop, new in each round.
    pub item: bool,
    /// Its type says that it is a schedule.
    pub typed_schedule: bool,
    /// It was cloned, which may have made it a thing of its own.
    pub copied: bool,
    /// It says something about what this round computed: an output, a loss, a gradient's norm.
    pub measured: bool,
    /// Its type, if that is seen.
    pub ty: Option<TypeId>,
    /// Where it comes from; copied where it is written and others have it too.
    pub behind: Rc<Behind>,
}

/// Where a value comes from; read and written as fields of the value.
#[derive(Clone, Default)]
pub(in crate::lower) struct Behind {
    /// The places of what was put into it, as `losses.push(loss)` does.
    pub holds: Deps,
    /// The named tensor that it is.
    pub tensor: Option<GraphId>,
    /// The named tensors that it was computed from, graph included.
    pub graphs: Vec<GraphId>,
    /// The models whose forward made it.
    pub models: Deps,
    /// The constructor that it comes from.
    pub made: Option<SiteId>,
    /// What it was computed from, and how.
    pub origin: Origin,
    /// What is behind it, whatever it went through since.
    pub past: Past,
    /// It is a copy of this optimizer.
    pub copy_of: Option<OptimizerId>,
    /// What a condition can tell of it.
    pub known: Option<Known>,
    /// The call whose result it is, if that must be used.
    pub outcome: Option<SiteId>,
    /// Named values with a graph of which it is a part, so that it may well have a graph too.
    pub part: Vec<GraphId>,
}

thread_local! {
    /// What most values share.
    static NOTHING_BEHIND: Rc<Behind> = Rc::default();
    static NUMBER: Rc<Behind> = Rc::new(Behind { origin: Origin::constant(), ..Behind::default() });
}

impl Deref for Value<'_> {
    type Target = Behind;

    fn deref(&self) -> &Behind {
        &self.behind
    }
}

impl DerefMut for Value<'_> {
    fn deref_mut(&mut self) -> &mut Behind {
        Rc::make_mut(&mut self.behind)
    }
}

/// How a value is handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::lower) enum Handed {
    /// As a `&mut` reference.
    Exclusive,
    /// As itself.
    Value,
    /// As a `&` reference, so that nobody can step it.
    Shared,
}

/// The kinds of things that are told apart.
#[derive(Clone)]
pub(in crate::lower) enum Kind<'a> {
    Plain,
    /// `None`, or what an expression gives that never ends.
    Absent,
    /// A literal, or computed from literals.
    Number,
    /// An optimizer that has a place.
    Optimizer(OptimizerId),
    /// An optimizer straight from its constructor; whose parameters it moves.
    NewOptimizer(Deps, SiteId),
    /// A collection of optimizers that has a place.
    Optimizers(OptimizerId),
    /// The same straight from their constructors.
    NewOptimizers(Deps, SiteId),
    /// An optimizer's description, from which it is still to be built.
    Settings(SiteId),
    Schedule,
    /// A gradient scaler.
    Scaler,
    /// A loss times a scaler's factor.
    Scaled,
    /// What a `backward` gives, in a library where that is a value.
    Gradients,
    /// A guard that stops recording while it is in scope.
    Guard(Guard),
    Closure(&'a ExprClosure, usize),
    Tuple(Vec<Value<'a>>),
    Fields(Vec<(String, Value<'a>)>),
}

/// What a guard does while it is in scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lower) struct Guard {
    /// The model that it keeps in evaluation mode, with the number under which the flow keeps the mode.
    pub mode: Option<(usize, PathId)>,
    /// It is there on every path.
    pub certain: bool,
}

impl<'a> Value<'a> {
    pub(in crate::lower) fn plain(deps: Deps) -> Self {
        Self {
            kind: Kind::Plain,
            deps,
            computed: false,
            place: None,
            handed: Handed::Value,
            item: false,
            typed_schedule: false,
            copied: false,
            measured: false,
            ty: None,
            behind: NOTHING_BEHIND.with(Rc::clone),
        }
    }

    pub(in crate::lower) fn with_origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    pub(in crate::lower) fn with_known(mut self, known: Option<Known>) -> Self {
        if known.is_some() || self.known.is_some() {
            self.known = known;
        }
        self
    }

    pub(in crate::lower) fn with_made(mut self, made: Option<SiteId>) -> Self {
        if self.made != made {
            self.made = made;
        }
        self
    }

    pub(in crate::lower) fn nothing() -> Self {
        Self::plain(Deps::none())
    }

    pub(in crate::lower) fn number() -> Self {
        Self { kind: Kind::Number, behind: NUMBER.with(Rc::clone), ..Self::nothing() }
    }

    /// A number that says something about what another value does.
    pub(in crate::lower) fn number_of(other: &Self) -> Self {
        Self { measured: other.measured, ..Self::number() }
    }

    pub(in crate::lower) fn of(kind: Kind<'a>, deps: Deps) -> Self {
        Self { kind, ..Self::plain(deps) }
    }

    /// Whether it is a tensor for certain: a model made it.
    pub(in crate::lower) fn is_tensor(&self) -> bool {
        self.computed || self.origin.source == Source::Computed
    }

    /// The graphs that `backward` of it runs through.
    pub(in crate::lower) fn through(&self) -> Vec<GraphId> {
        self.tensor.map_or_else(|| self.graphs.clone(), |tensor| vec![tensor])
    }

    /// The graphs of which it may be a part; of a tuple or a struct, those of its parts.
    pub(in crate::lower) fn parts(&self) -> Vec<GraphId> {
        let inside = |value: &Self| value.through().into_iter().chain(value.parts()).collect::<Vec<_>>();
        match &self.kind {
            Kind::Tuple(values) if self.part.is_empty() => values.iter().flat_map(inside).collect(),
            Kind::Fields(values) if self.part.is_empty() => {
                values.iter().flat_map(|(_, value)| inside(value)).collect()
            }
            _ => self.part.clone(),
        }
    }

    /// Makes it and its parts a part of one graph.
    pub(in crate::lower) fn gather(&mut self, graph: GraphId) {
        let had = self.computed || !self.parts().is_empty();
        match &mut self.kind {
            Kind::Tuple(values) => values.iter_mut().for_each(|value| value.gather(graph)),
            Kind::Fields(values) => values.iter_mut().for_each(|(_, value)| value.gather(graph)),
            _ => {}
        }
        self.tensor = None;
        self.graphs = if self.computed { vec![graph] } else { Vec::new() };
        self.part = if had { vec![graph] } else { Vec::new() };
    }

    /// Computed from both, the graph of neither known to be kept.
    pub(in crate::lower) fn with(mut self, other: &Self) -> Self {
        self.deps = self.deps.union(&other.deps);
        if self.past != other.past {
            self.past = self.past.union(&other.past);
        }
        self.measured |= other.measured;
        self
    }

    /// A value computed from this one, and nothing else said about it.
    pub(in crate::lower) fn derived(&self) -> Self {
        let mut all = Self { measured: self.measured, ..Self::plain(self.deps.union(&self.holds)) };
        if self.past != all.past {
            all.past = self.past.clone();
        }
        match &self.kind {
            Kind::Tuple(parts) => parts.iter().fold(all, |all, part| all.with(&part.derived())),
            Kind::Fields(parts) => parts.iter().fold(all, |all, (_, part)| all.with(&part.derived())),
            _ => all,
        }
    }

    /// Every named tensor that it is, holds or was computed from.
    pub(in crate::lower) fn all_graphs(&self, into: &mut Vec<GraphId>) {
        into.extend(self.tensor);
        into.extend(&self.graphs);
        match &self.kind {
            Kind::Tuple(parts) => parts.iter().for_each(|part| part.all_graphs(into)),
            Kind::Fields(parts) => parts.iter().for_each(|(_, part)| part.all_graphs(into)),
            _ => {}
        }
    }

    /// The guard that it is, if recording stops while it is in scope.
    pub(in crate::lower) fn guard(&self) -> Option<Guard> {
        match self.kind {
            Kind::Guard(guard) => Some(guard),
            _ => None,
        }
    }

    /// One of two values, when it cannot be known which.
    ///
    /// The optimizers that get lost between them are returned.
    pub(in crate::lower) fn either(self, other: Self) -> (Self, Vec<OptimizerId>) {
        let absent = |value: &Self| matches!(value.kind, Kind::Absent);
        if absent(&self) || absent(&other) {
            let (mut present, missing) = if absent(&self) { (other, self) } else { (self, other) };
            if let Kind::Guard(guard) = &mut present.kind {
                guard.certain = false;
            }
            // `None` is a value; what never ends gives none.
            if missing.known.is_some() {
                present.known = None;
            }
            return (present, Vec::new());
        }
        let mut lost = Vec::new();
        let kind = match (self.kind, other.kind) {
            (Kind::Optimizer(a), Kind::Optimizer(b)) if a == b => Kind::Optimizer(a),
            (Kind::Optimizers(a), Kind::Optimizers(b)) if a == b => Kind::Optimizers(a),
            (Kind::Number, Kind::Number) => Kind::Number,
            (Kind::Schedule, Kind::Schedule) => Kind::Schedule,
            (Kind::Scaler, Kind::Scaler) => Kind::Scaler,
            (Kind::Scaled, Kind::Scaled) => Kind::Scaled,
            (Kind::Settings(site), Kind::Settings(_)) => Kind::Settings(site),
            (Kind::Guard(a), Kind::Guard(b)) => {
                Kind::Guard(if a == b { a } else { Guard { certain: false, ..a } })
            }
            (Kind::Guard(guard), _) | (_, Kind::Guard(guard)) => {
                Kind::Guard(Guard { certain: false, ..guard })
            }
            (Kind::NewOptimizer(a, site), Kind::NewOptimizer(b, _)) => Kind::NewOptimizer(a.union(&b), site),
            (Kind::Tuple(a), Kind::Tuple(b)) if a.len() == b.len() => {
                let both = a.into_iter().zip(b).map(|(a, b)| {
                    let (value, gone) = a.either(b);
                    lost.extend(gone);
                    value
                });
                Kind::Tuple(both.collect())
            }
            (Kind::Fields(a), Kind::Fields(b))
                if a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.0 == b.0) =>
            {
                let both = a.into_iter().zip(b).map(|((name, a), (_, b))| {
                    let (value, gone) = a.either(b);
                    lost.extend(gone);
                    (name, value)
                });
                Kind::Fields(both.collect())
            }
            (a, b) => {
                a.optimizers(&mut lost);
                b.optimizers(&mut lost);
                Kind::Plain
            }
        };
        let (a, b) = (&*self.behind, &*other.behind);
        let behind = Behind {
            holds: a.holds.union(&b.holds),
            tensor: a.tensor.filter(|_| a.tensor == b.tensor),
            graphs: Vec::new(),
            models: Deps::none(),
            made: a.made.and(b.made),
            origin: a.origin.either(&b.origin),
            past: a.past.union(&b.past),
            copy_of: a.copy_of.filter(|_| a.copy_of == b.copy_of),
            known: a.known.clone().filter(|known| b.known.as_ref() == Some(known)),
            outcome: None,
            part: Vec::new(),
        };
        let value = Value {
            kind,
            deps: self.deps.union(&other.deps),
            computed: self.computed && other.computed,
            place: self.place.filter(|_| self.place == other.place),
            handed: self.handed.min(other.handed),
            item: self.item || other.item,
            typed_schedule: self.typed_schedule && other.typed_schedule,
            copied: self.copied || other.copied,
            measured: self.measured || other.measured,
            ty: self.ty.filter(|_| self.ty == other.ty),
            behind: Rc::new(behind),
        };
        (value, lost)
    }
}

impl Kind<'_> {
    /// The optimizers in it.
    fn optimizers(&self, into: &mut Vec<OptimizerId>) {
        match self {
            Self::Optimizer(id) | Self::Optimizers(id) => into.push(*id),
            Self::Tuple(parts) => parts.iter().for_each(|part| part.kind.optimizers(into)),
            Self::Fields(parts) => parts.iter().for_each(|(_, part)| part.kind.optimizers(into)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Value;

    #[test]
    fn a_value_is_small() {
        assert!(size_of::<Value<'_>>() <= 112, "{}", size_of::<Value<'_>>());
    }
}
