//! Variables that count the iterations of a loop.
//!
//! A counter is the index of a loop, or a variable that an assignment increases in each iteration.

use std::collections::{BTreeMap, BTreeSet};

use syn::{BinOp, Expr, Pat};

use super::guard::Leaf;
use super::{Lower, address};
use crate::cfg::{ConditionKind, Counter, Formula, LoopId, PathId, SiteId};
use crate::vocabulary::rust::is_next;

mod comparison;
mod period;
mod shape;
mod stream;

pub(super) use comparison::Count;
use comparison::Linear;
use shape::{is_batch_size, is_condition, number, part_of};
use stream::Stream;

/// Facts about variables that may count iterations.
#[derive(Debug, Default)]
pub(in crate::lower) struct Counting {
    /// The variables that are indices of loops.
    indexes: BTreeMap<PathId, Index>,
    /// The indices that patterns will bind, by the syntax node of the name in the pattern.
    expected: BTreeMap<usize, Index>,
    /// Variables that hold an iterator whose items have numbers, such as `batches.enumerate()`.
    streams: BTreeMap<PathId, Stream>,
    /// The numbers that variables are initialized with.
    starts: BTreeMap<PathId, i64>,
    /// Increments and decrements of variables, by the syntax nodes of their right sides.
    bumps: BTreeMap<PathId, BTreeMap<usize, Bump>>,
    /// Other assignments of variables, by the syntax nodes of their right sides.
    sets: BTreeMap<PathId, BTreeMap<usize, Set>>,
    /// Variables that compound assignments change by an unknown amount.
    lost: BTreeSet<PathId>,
    /// Variables that are defined as another variable plus a number, such as `step` of `let step = i + 1;`.
    aliases: BTreeMap<PathId, Linear>,
    /// The conditions whose values are stored in variables, by variable.
    pub(super) tests: BTreeMap<PathId, Formula<Leaf>>,
}

impl Counting {
    /// Whether a variable is the index of a loop.
    pub(super) fn is_index(&self, path: PathId) -> bool {
        self.indexes.contains_key(&path)
    }
}

#[derive(Clone, Copy, Debug)]
struct Index {
    of: LoopId,
    start: Option<i64>,
    over_items: bool,
}

impl Index {
    fn counted(&self) -> Counted {
        Counted {
            of: self.of,
            start: self.start,
            starts_over: true,
            over_items: self.over_items,
            of_samples: false,
        }
    }
}

/// A loop whose iterations a variable counts.
struct Counted {
    /// The counted loop.
    of: LoopId,
    /// The value of the variable in the first iteration, if it is known.
    start: Option<i64>,
    /// Whether the count starts over at each run of the loop.
    starts_over: bool,
    /// Whether the loop counts items, rather than the numbers of a range.
    over_items: bool,
    /// Whether the variable counts samples rather than iterations.
    of_samples: bool,
}

#[derive(Clone, Copy, Debug)]
struct Bump {
    /// The number that is added; `None` if the size of a batch is added.
    by: Option<i64>,
    around: Option<LoopId>,
    conditional: bool,
}

#[derive(Clone, Debug)]
struct Set {
    to: Option<i64>,
    around: Vec<LoopId>,
}

impl<'a> Lower<'a> {
    /// Records that the pattern of a loop will bind an index, if the items have numbers. In the
    /// pattern `(i, batch)`, the index is `i`.
    pub(in crate::lower) fn expect_index(&mut self, pat: &Pat, items: &Expr) {
        let Some(stream) = self.stream(items, 0) else { return };
        let of = self.control.iterations.last().map_or(0, |round| round.of);
        let index = Index { of, start: stream.start, over_items: stream.part.is_some() };
        if let Some(ident) = part_of(pat, stream.part) {
            self.guarding.counting.expected.insert(ident, index);
        }
    }

    /// Records that the pattern in `Some((i, batch)) = batches.next()` will bind an index.
    pub(in crate::lower) fn expect_next(&mut self, pat: &Pat, from: &Expr) {
        if let (Pat::TupleStruct(wrapped), Expr::MethodCall(call)) = (pat, from)
            && let (Some(inner), true) =
                (wrapped.elems.first(), is_next(&call.method.to_string(), call.args.len()))
            && !self.control.iterations.is_empty()
        {
            self.expect_index(inner, &call.receiver);
        }
    }

    /// Records a declared variable as the index that its pattern was expected to bind.
    pub(in crate::lower) fn note_variable(&mut self, path: PathId, node: usize) {
        if let Some(&index) = self.guarding.counting.expected.get(&node) {
            self.guarding.counting.indexes.insert(path, index);
        }
    }

    /// Records `let name = value;` if the value is a number, another count, a condition or an iterator.
    pub(in crate::lower) fn note_let(&mut self, pat: &Pat, value: &'a Expr, measured: bool) {
        let (Pat::Ident(name), false) = (pat, matches!(value, Expr::Closure(_))) else {
            if let Pat::Type(typed) = pat {
                self.note_let(&typed.pat, value, measured);
            }
            return;
        };
        let name = name.ident.to_string();
        let Some(path) = self.lookup(&name) else { return };
        if let Some(number) = number(value) {
            self.guarding.counting.starts.insert(path, number);
            return;
        }
        if let Some(stream) = self.stream(value, 0).filter(|stream| stream.part.is_some()) {
            self.guarding.counting.streams.insert(path, stream);
        }
        if self.survey().assigned.contains(&name) {
            return;
        }
        if let Some(linear) = self.linear(value, 0).filter(|linear| linear.of.is_some()) {
            self.guarding.counting.aliases.insert(path, linear);
        } else if is_condition(value) {
            let mut test = self.guard_formula(value);
            if measured {
                test = test.replaced(&mut |leaf| {
                    Formula::Is(Leaf { kind: ConditionKind::Measured, count: None, ..leaf })
                });
            }
            self.guarding.counting.tests.insert(path, test);
        }
    }

    /// Records how an assignment, `left = right` or `left += right`, changes a count.
    pub(in crate::lower) fn note_assignment(&mut self, left: &Expr, op: Option<&BinOp>, right: &Expr) {
        let Some(path) = self.place_of(left) else { return };
        self.note_assigned(path);
        let by = match op {
            Some(BinOp::AddAssign(_)) => number(right),
            Some(BinOp::SubAssign(_)) => number(right).map(|number| -number),
            Some(_) => None,
            None => {
                self.linear(right, 0).filter(|linear| linear.of == Some(path)).and_then(|linear| linear.plus)
            }
        };
        let conditional = self
            .control
            .iterations
            .last()
            .is_some_and(|round| self.control.branches > round.branches || round.continued);
        let around: Vec<LoopId> = self.control.iterations.iter().map(|round| round.of).collect();
        let counting = &mut self.guarding.counting;
        let sized = matches!(op, Some(BinOp::AddAssign(_))) && is_batch_size(right);
        match (by, op) {
            _ if sized || by.is_some_and(|by| by != 0) => {
                let bump = Bump { by, around: around.last().copied(), conditional };
                counting.bumps.entry(path).or_default().insert(address(right), bump);
                if let Some(round) = self.control.iterations.last_mut() {
                    round.bumped.insert(path);
                }
            }
            (_, None) => {
                let set = Set { to: number(right), around };
                counting.sets.entry(path).or_default().insert(address(right), set);
            }
            _ => drop(counting.lost.insert(path)),
        }
    }

    /// The loop whose index is in this variable.
    pub(in crate::lower) fn index_of(&self, path: PathId) -> Option<LoopId> {
        self.guarding.counting.indexes.get(&path).map(|index| index.of)
    }

    /// Builds the counter for `count`, a comparison with a period, after the whole function is lowered.
    pub(super) fn counter(&self, count: &Count, site: SiteId) -> Option<Counter> {
        let counts = count.value.of?;
        let around = &self.cfg.sites[site].loops;
        let counted = match self.guarding.counting.indexes.get(&counts) {
            Some(index) => {
                count.modulo.then(|| index.counted()).filter(|known| around.last() == Some(&known.of))
            }
            None => self.counted_by_hand(count, counts, around),
        }?;
        let off = counted.start.zip(count.value.plus).and_then(|(start, plus)| start.checked_add(plus));
        let shift = off.zip(count.rest).and_then(|(off, rest)| rest.checked_sub(off)?.checked_add(1));
        let shift = shift.map(|shift| match count.every.number {
            Some(every) if every > 0 => shift.rem_euclid(every),
            _ => shift,
        });
        Some(Counter {
            counts,
            version: count.version,
            count: count.text.clone(),
            every: count.every.clone(),
            divides: count.modulo,
            rounds_of: counted.of,
            fires: count.fires,
            shift,
            starts_over: counted.starts_over,
            or_else: false,
            over_items: counted.over_items,
            of_samples: counted.of_samples,
        })
    }

    /// The loop whose iterations a variable counts, if assignments increase the variable in each iteration.
    fn counted_by_hand(&self, count: &Count, counts: PathId, around: &[LoopId]) -> Option<Counted> {
        let counting = &self.guarding.counting;
        if counting.lost.contains(&counts) {
            return None;
        }
        let bumps = counting.bumps.get(&counts)?;
        let bump = bumps.values().next()?;
        let of = bump.around?;
        if bumps.values().any(|other| other.around != bump.around || other.by != bump.by) {
            return None;
        }
        let begins = self.cfg.bound_in(counts);
        // A variable of the iteration itself counts nothing.
        let depth = |of: &LoopId| around.iter().position(|known| known == of);
        let here = depth(&of).filter(|here| here + 1 == around.len())?;
        if begins.is_some_and(|begins| depth(&begins).is_none_or(|begins| begins >= here)) {
            return None;
        }
        let none = BTreeMap::new();
        let sets = counting.sets.get(&counts).unwrap_or(&none);
        let inside = |set: &Set| set.around.contains(&of);
        if !count.modulo && !sets.values().any(inside) {
            return None;
        }
        let start = counting.starts.get(&counts).copied();
        let simple = bump.by == Some(1)
            && bumps.len() == 1
            && !bump.conditional
            && sets.values().all(|set| set.to == start);
        let reset_outside = sets.values().any(|set| !inside(set));
        let starts_over = here == 0 || begins.is_some() || reset_outside;
        let of_samples = bump.by.is_none();
        Some(Counted { of, start: start.filter(|_| simple), starts_over, over_items: true, of_samples })
    }
}
