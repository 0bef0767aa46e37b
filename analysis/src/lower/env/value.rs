//! Abstract values: the facts that the checker tracks about the result of an expression.

use std::ops::{Deref, DerefMut};
use std::rc::Rc;

pub(in crate::lower) use super::kind::{Closure, Guard, Kind};
use crate::cfg::{Deps, Differs, GraphId, OptimizerId, Origin, Past, PathId, SiteId, Source};
use crate::lower::control::known::Known;
use crate::lower::resolve::TypeId;

/// The facts that the checker knows about the result of an expression.
///
/// The walk moves values at every level of an expression, so the rarer facts are behind a shared pointer.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing, whatever the others say")]
pub(in crate::lower) struct Value<'a> {
    pub kind: Kind<'a>,
    /// Places from which the value was computed.
    pub deps: Deps,
    /// Whether the value certainly has a graph: a new graph, or one of `graphs`.
    pub computed: bool,
    /// The place that holds the value.
    pub place: Option<PathId>,
    pub passing: Passing,
    /// Whether the value is an item of a loop, new in each iteration.
    pub item: bool,
    /// Whether the value is a schedule by its type, and not only by its name.
    pub typed_schedule: bool,
    /// Whether the value was cloned, so that it may be independent of the original.
    pub copied: bool,
    /// Whether the value depends on numbers of this iteration: an output, a loss, a gradient norm.
    pub measured: bool,
    /// Whether the value is a gradient, or holds gradients.
    pub gradient: bool,
    /// The way in which the value differs between processes, if `measured` does not already imply
    /// it.
    pub differs: Differs,
    /// The type of the value, if the type is resolved.
    pub ty: Option<TypeId>,
    /// The provenance of the value, which is copied on write.
    pub provenance: Rc<Provenance>,
}

/// The provenance of a value. The fields of the provenance are accessible as fields of the value.
#[derive(Clone, Default)]
pub(in crate::lower) struct Provenance {
    /// Places of the values that were stored in this value, as by `losses.push(loss)`.
    pub holds: Deps,
    /// The graph that identifies the value, if it is a named tensor.
    pub tensor: Option<GraphId>,
    /// The named tensors whose graphs are part of the value's graph, if the value has a graph.
    pub graphs: Vec<GraphId>,
    /// The models whose forwards computed the value.
    pub models: Deps,
    /// The constructor that returned the value.
    pub made: Option<SiteId>,
    /// Whether the value is the gradient of a parameter, or shares the values of such a gradient.
    pub gradient: bool,
    /// Whether the value is behind a pointer, such as an `Rc`, whose clones share the value.
    pub pointer: bool,
    /// Whether the value can hold no parameters, because it was constructed as settings, a device
    /// or plain data.
    pub bare: bool,
    /// The inputs and operations from which the value was computed.
    pub origin: Origin,
    /// The forwards, losses and collections that contributed to the value.
    pub past: Past,
    /// The original optimizer, if the value is a copy of an optimizer.
    pub copy_of: Option<OptimizerId>,
    /// The variant or the truth value, if it is statically known.
    pub known: Option<Known>,
    /// The call that returned the value, if the result of this call must be used.
    pub outcome: Option<SiteId>,
    /// The graphs that may contain this value. They are graphs of named values. If the list is not
    /// empty, this value itself may have a graph.
    pub part: Vec<GraphId>,
    /// Properties of the value as a model.
    pub as_model: AsModel,
}

/// Properties of a value as a model. A property is `false` if it is unknown.
#[derive(Clone, Copy, Default)]
pub(in crate::lower) struct AsModel {
    /// Whether the value is a model whose forward ignores its mode argument.
    pub sets_own_mode: bool,
    /// Whether the value is a model that a step returned. Such a model keeps the mode that it had
    /// before the step.
    pub updated: bool,
    /// Whether the value is a model whose forward certainly records nothing.
    pub frozen: bool,
}

impl AsModel {
    /// The properties that hold for both of two models.
    fn join(self, other: Self) -> Self {
        Self {
            sets_own_mode: self.sets_own_mode && other.sets_own_mode,
            updated: self.updated && other.updated,
            frozen: self.frozen && other.frozen,
        }
    }
}

impl Provenance {
    /// The join of two provenances.
    fn join(&self, other: &Self) -> Self {
        Self {
            holds: self.holds.union(&other.holds),
            tensor: self.tensor.filter(|_| self.tensor == other.tensor),
            graphs: Vec::new(),
            models: Deps::none(),
            made: self.made.and(other.made),
            gradient: self.gradient || other.gradient,
            pointer: self.pointer || other.pointer,
            bare: self.bare && other.bare,
            origin: self.origin.either(&other.origin),
            past: self.past.union(&other.past),
            copy_of: self.copy_of.filter(|_| self.copy_of == other.copy_of),
            known: self.known.clone().filter(|known| other.known.as_ref() == Some(known)),
            outcome: None,
            part: Vec::new(),
            as_model: self.as_model.join(other.as_model),
        }
    }
}

thread_local! {
    /// The provenance of a value about which nothing is known.
    static NO_PROVENANCE: Rc<Provenance> = Rc::default();
    static CONSTANT: Rc<Provenance> =
        Rc::new(Provenance { origin: Origin::constant(), ..Provenance::default() });
}

impl Deref for Value<'_> {
    type Target = Provenance;

    fn deref(&self) -> &Provenance {
        &self.provenance
    }
}

impl DerefMut for Value<'_> {
    fn deref_mut(&mut self) -> &mut Provenance {
        Rc::make_mut(&mut self.provenance)
    }
}

/// How a value is passed to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::lower) enum Passing {
    /// The value is passed as a `&mut` reference.
    Exclusive,
    /// The value is passed by value.
    Value,
    /// The value is passed as a `&` reference, through which no optimizer can be stepped.
    Shared,
}

impl<'a> Value<'a> {
    pub(in crate::lower) fn plain(deps: Deps) -> Self {
        Self {
            kind: Kind::Plain,
            deps,
            computed: false,
            place: None,
            passing: Passing::Value,
            item: false,
            typed_schedule: false,
            copied: false,
            measured: false,
            gradient: false,
            differs: Differs::Unknown,
            ty: None,
            provenance: NO_PROVENANCE.with(Rc::clone),
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

    pub(in crate::lower) fn with_pointer(mut self, pointer: bool) -> Self {
        if self.pointer != pointer {
            self.pointer = pointer;
        }
        self
    }

    pub(in crate::lower) fn with_bare(mut self, bare: bool) -> Self {
        if self.bare != bare {
            self.bare = bare;
        }
        self
    }

    pub(in crate::lower) fn nothing() -> Self {
        Self::plain(Deps::none())
    }

    pub(in crate::lower) fn number() -> Self {
        Self { kind: Kind::Number, provenance: CONSTANT.with(Rc::clone), ..Self::nothing() }
    }

    /// The value of an expression that never returns.
    pub(in crate::lower) fn never() -> Self {
        Self::of(Kind::Absent, Deps::none())
    }

    /// A number that depends on this iteration if the value `other` depends on this iteration.
    pub(in crate::lower) fn number_of(other: &Self) -> Self {
        Self { measured: other.measured, differs: other.differs(), ..Self::number() }
    }

    pub(in crate::lower) fn of(kind: Kind<'a>, deps: Deps) -> Self {
        Self { kind, ..Self::plain(deps) }
    }

    /// The way in which the value differs between the processes of a distributed run.
    pub(in crate::lower) fn differs(&self) -> Differs {
        match self.differs {
            Differs::Unknown if self.measured || self.computed => Differs::Measured,
            differs => differs,
        }
    }

    /// Whether the value is certainly a tensor, because a model computed it.
    pub(in crate::lower) fn is_tensor(&self) -> bool {
        self.computed || self.origin.source == Source::Computed
    }

    /// The graphs that a `backward` of the value traverses.
    pub(in crate::lower) fn through(&self) -> Vec<GraphId> {
        self.tensor.map_or_else(|| self.graphs.clone(), |tensor| vec![tensor])
    }

    /// Whether the value may have a graph. A value that a model computed counts, and so does a
    /// tuple or a struct with parts.
    pub(in crate::lower) fn has_graphs(&self) -> bool {
        self.tensor.is_some()
            || !(self.graphs.is_empty() && self.part.is_empty() && self.models.is_empty())
            || self.kind.parts().next().is_some()
    }

    /// The graphs that may contain the value. For a tuple or a struct, the graphs of its parts.
    pub(in crate::lower) fn parts(&self) -> Vec<GraphId> {
        let inside = |value: &Self| value.through().into_iter().chain(value.parts()).collect::<Vec<_>>();
        match &self.kind {
            Kind::Tuple(_) | Kind::Fields(_) if self.part.is_empty() => {
                self.kind.parts().flat_map(inside).collect()
            }
            _ => self.part.clone(),
        }
    }

    /// Makes the value and all its parts belong to one graph.
    pub(in crate::lower) fn gather(&mut self, graph: GraphId) {
        let had = self.computed || !self.parts().is_empty();
        self.kind.parts_mut().into_iter().for_each(|(_, part)| part.gather(graph));
        self.tensor = None;
        self.graphs = if self.computed { vec![graph] } else { Vec::new() };
        self.part = if had { vec![graph] } else { Vec::new() };
    }

    /// A value that is computed from this value and `other`. The graphs of `other` are left out.
    pub(in crate::lower) fn with(mut self, other: &Self) -> Self {
        self.deps = self.deps.union(&other.deps);
        if self.past != other.past {
            self.past = self.past.union(&other.past);
        }
        self.differs = self.differs().with(other.differs());
        self.gradient |= other.gradient;
        self.measured |= other.measured;
        self
    }

    /// A value that an unknown function computes from this value.
    pub(in crate::lower) fn derived(&self) -> Self {
        let mut all = Self {
            measured: self.measured,
            gradient: self.gradient,
            differs: self.differs(),
            ..Self::plain(self.deps.union(&self.holds))
        };
        if self.past != all.past {
            all.past = self.past.clone();
        }
        self.kind.parts().fold(all, |all, part| all.with(&part.derived()))
    }

    /// One of several values that this value holds, such as an item of a collection.
    pub(in crate::lower) fn piece(&self) -> Self {
        let mut piece = self.derived();
        piece.graphs = self.through();
        piece.models = self.models.clone();
        piece.origin = self.origin.part();
        piece.computed = self.computed;
        piece
    }

    /// The part of a tuple or of a struct with this name or number.
    pub(in crate::lower) fn field(&self, member: &str) -> Option<&Self> {
        match &self.kind {
            Kind::Tuple(parts) => parts.get(member.parse::<usize>().ok()?),
            Kind::Fields(parts) => parts.iter().find(|(name, _)| name == member).map(|(_, part)| part),
            _ => None,
        }
    }

    /// Collects all named tensors in the value or in its computation.
    pub(in crate::lower) fn all_graphs(&self, into: &mut Vec<GraphId>) {
        into.extend(self.tensor);
        into.extend(&self.graphs);
        self.kind.parts().for_each(|part| part.all_graphs(into));
    }

    /// The guard in the value; `None` if the value is no guard.
    pub(in crate::lower) fn guard(&self) -> Option<Guard> {
        match self.kind {
            Kind::Guard(guard) => Some(guard),
            _ => None,
        }
    }

    /// The join of two values, and the optimizers that the result no longer identifies.
    pub(in crate::lower) fn join(self, other: Self) -> (Self, Vec<OptimizerId>) {
        let absent = |value: &Self| matches!(value.kind, Kind::Absent);
        if absent(&self) || absent(&other) {
            let (mut present, missing) = if absent(&self) { (other, self) } else { (self, other) };
            if let Kind::Guard(guard) = &mut present.kind {
                guard.certain = false;
            }
            // `None` is a value; an expression that never returns has none.
            if missing.known.is_some() {
                present.known = None;
            }
            return (present, Vec::new());
        }
        let mut lost = Vec::new();
        let provenance = Rc::new(self.provenance.join(&other.provenance));
        let differs = self.differs().or(other.differs());
        let value = Value {
            kind: self.kind.join(other.kind, &mut lost),
            deps: self.deps.union(&other.deps),
            computed: self.computed && other.computed,
            place: self.place.filter(|_| self.place == other.place),
            passing: self.passing.min(other.passing),
            item: self.item || other.item,
            typed_schedule: self.typed_schedule && other.typed_schedule,
            copied: self.copied || other.copied,
            measured: self.measured || other.measured,
            gradient: self.gradient || other.gradient,
            differs,
            ty: self.ty.filter(|_| self.ty == other.ty),
            provenance,
        };
        (value, lost)
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
