//! What counts the rounds of a loop: an index, or a variable that goes up by one in each.

use std::collections::{BTreeMap, BTreeSet};

use syn::{BinOp, Expr, ExprBinary, Pat};

use super::guard::Ask;
use super::{Lower, address, text};
use crate::cfg::{Counter, LoopId, PathId, Period};

mod period;
mod shape;

use crate::limits;
use crate::vocabulary::rust::{Numbering, Question, is_next, numbering, question};
use shape::{is_condition, number, part_of, remainder_of, rest};

/// What is known of variables that may count.
#[derive(Debug, Default)]
pub(in crate::lower) struct Counting {
    /// Indices of loops.
    indexes: BTreeMap<PathId, Index>,
    /// Patterns that will bind an index.
    expected: BTreeMap<usize, Index>,
    /// Variables that hold a counted iterator, and where it starts.
    streams: BTreeMap<PathId, Stream>,
    /// Variables that start as a number.
    starts: BTreeMap<PathId, i64>,
    /// Where variables go up or down, each place once.
    bumps: BTreeMap<PathId, BTreeMap<usize, Bump>>,
    /// Where variables are set anew: the loops around it, and the value.
    sets: BTreeMap<PathId, BTreeMap<usize, Set>>,
    /// Variables that change in other ways.
    lost: BTreeSet<PathId>,
    /// Names for another count.
    aliases: BTreeMap<PathId, Linear>,
    /// What variables ask that hold a condition.
    pub(in crate::lower) tests: BTreeMap<PathId, Ask>,
}

#[derive(Clone, Copy, Debug)]
struct Index {
    of: LoopId,
    start: Option<i64>,
    over_items: bool,
}

/// An iterator with a number at each item.
#[derive(Clone, Copy, Debug)]
struct Stream {
    start: Option<i64>,
    /// Which part of the item is the number; `None` when it is all of it.
    part: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Bump {
    by: i64,
    around: Option<LoopId>,
    conditional: bool,
}

#[derive(Clone, Debug)]
struct Set {
    to: Option<i64>,
    around: Vec<LoopId>,
}

/// A variable plus a number.
#[derive(Clone, Copy, Debug, Default)]
struct Linear {
    of: Option<PathId>,
    /// `None` when something unknown is added.
    plus: Option<i64>,
}

/// A comparison of a count.
#[derive(Clone, Debug)]
pub(in crate::lower) struct Count {
    value: Linear,
    /// As the source writes the value.
    text: String,
    every: Period,
    /// What the remainder must be; for an equality, what the value must be beyond `every`.
    rest: Option<i64>,
    /// Remainder, or equality.
    modulo: bool,
    fires: bool,
}

impl<'a> Lower<'a> {
    /// An index is bound where the items of a loop are.
    pub(in crate::lower) fn expect_index(&mut self, pat: &Pat, items: &Expr) {
        let Some(stream) = self.stream(items, 0) else { return };
        let of = self.control.iterations.last().map_or(0, |round| round.of);
        let index = Index { of, start: stream.start, over_items: stream.part.is_some() };
        if let Some(ident) = part_of(pat, stream.part) {
            self.guarding.counting.expected.insert(ident, index);
        }
    }

    /// `Some((i, batch)) = batches.next()`.
    pub(in crate::lower) fn expect_next(&mut self, pat: &Pat, from: &Expr) {
        if let (Pat::TupleStruct(wrapped), Expr::MethodCall(call)) = (pat, from)
            && let (Some(inner), true) =
                (wrapped.elems.first(), is_next(&call.method.to_string(), call.args.len()))
            && !self.control.iterations.is_empty()
        {
            self.expect_index(inner, &call.receiver);
        }
    }

    /// A variable begins.
    pub(in crate::lower) fn note_variable(&mut self, path: PathId, node: usize) {
        if let Some(&index) = self.guarding.counting.expected.get(&node) {
            self.guarding.counting.indexes.insert(path, index);
        }
    }

    /// `let name = value;`: a number, another count, a condition or an iterator gets a name.
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
            if measured {
                self.guarding.measured.insert(address(value));
            }
            let asks = self.question(value, 0);
            let asks = if measured { Ask::Plain(crate::cfg::GuardKind::Measured) } else { asks };
            self.guarding.counting.tests.insert(path, asks);
        }
    }

    /// `left = right`, or `left += right`.
    pub(in crate::lower) fn note_assignment(&mut self, left: &Expr, op: Option<&BinOp>, right: &Expr) {
        let Some(path) = self.place_of(left) else { return };
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
        match (by, op) {
            (Some(by), _) if by != 0 => {
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

    /// The count that a condition compares, if it does.
    pub(in crate::lower) fn ask_count(&mut self, condition: &Expr) -> Option<Count> {
        match condition {
            Expr::MethodCall(call)
                if question(&call.method.to_string(), call.args.len()) == Some(Question::IsMultiple) =>
            {
                let every = call.args.first()?;
                self.remainder(&call.receiver, every, Some(0), true)
            }
            Expr::Binary(node) => {
                let fires = match node.op {
                    BinOp::Eq(_) | BinOp::Ge(_) | BinOp::Le(_) => true,
                    BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Gt(_) => false,
                    _ => return None,
                };
                let exact = matches!(node.op, BinOp::Eq(_) | BinOp::Ne(_));
                if exact {
                    for (left, right) in [(&node.left, &node.right), (&node.right, &node.left)] {
                        if let Some((value, every)) = remainder_of(left) {
                            let rest = rest(right, every);
                            return self.remainder(value, every, rest, fires);
                        }
                    }
                }
                self.equality(node, fires)
            }
            _ => None,
        }
    }

    /// `match i % k { 0 => .. }`.
    pub(in crate::lower) fn ask_remainder(&mut self, subject: &Expr, rest: Option<i64>) -> Ask {
        let count = remainder_of(subject).and_then(|(value, every)| self.remainder(value, every, rest, true));
        let other = crate::cfg::GuardKind::Other;
        count.map_or(Ask::Plain(other.clone()), |count| Ask::Count(count, other))
    }

    fn remainder(&mut self, value: &Expr, every: &Expr, rest: Option<i64>, fires: bool) -> Option<Count> {
        let linear = self.linear(value, 0)?;
        linear.of?;
        let (text, every) = (text::tight(value), self.period(every));
        Some(Count { value: linear, text, every, rest, modulo: true, fires })
    }

    /// `count == k`, `count >= k`.
    fn equality(&mut self, node: &ExprBinary, fires: bool) -> Option<Count> {
        for (left, right) in [(&node.left, &node.right), (&node.right, &node.left)] {
            let Some(linear) = self.linear(left, 0).filter(|linear| linear.of.is_some()) else { continue };
            let every = self.period(right);
            return Some(Count {
                value: linear,
                text: text::tight(left),
                every,
                rest: Some(0),
                modulo: false,
                fires,
            });
        }
        None
    }

    /// An expression as a variable plus a number.
    fn linear(&mut self, expr: &Expr, depth: usize) -> Option<Linear> {
        if depth > limits::NESTED_ARITHMETIC {
            return None;
        }
        match expr {
            Expr::Paren(inner) => self.linear(&inner.expr, depth + 1),
            Expr::Group(inner) => self.linear(&inner.expr, depth + 1),
            Expr::Cast(inner) => self.linear(&inner.expr, depth + 1),
            Expr::Reference(inner) => self.linear(&inner.expr, depth + 1),
            Expr::Unary(inner) if matches!(inner.op, syn::UnOp::Deref(_)) => {
                self.linear(&inner.expr, depth + 1)
            }
            Expr::Lit(_) => Some(Linear { of: None, plus: number(expr) }),
            Expr::Binary(node) if matches!(node.op, BinOp::Add(_) | BinOp::Sub(_)) => {
                let (left, right) =
                    (self.linear(&node.left, depth + 1)?, self.linear(&node.right, depth + 1)?);
                let add = matches!(node.op, BinOp::Add(_));
                let plus = left
                    .plus
                    .zip(right.plus)
                    .and_then(|(a, b)| if add { a.checked_add(b) } else { a.checked_sub(b) });
                match (left.of, right.of) {
                    (of, None) => Some(Linear { of, plus }),
                    (None, of) if add => Some(Linear { of, plus }),
                    _ => None,
                }
            }
            // Something that is added, whatever it is.
            Expr::Binary(_) | Expr::MethodCall(_) | Expr::Call(_) => Some(Linear::default()),
            Expr::Path(_) | Expr::Field(_) => {
                let path = self.place_of(expr)?;
                if let Some(&alias) = self.guarding.counting.aliases.get(&path) {
                    return Some(alias);
                }
                let bumped = self.control.iterations.last().is_some_and(|round| round.bumped.contains(&path));
                Some(Linear { of: Some(path), plus: Some(i64::from(bumped)) })
            }
            _ => None,
        }
    }

    /// An iterator with a number at each item.
    fn stream(&mut self, items: &Expr, depth: usize) -> Option<Stream> {
        if depth > limits::NESTED_ARITHMETIC {
            return None;
        }
        match items {
            Expr::Paren(inner) => self.stream(&inner.expr, depth + 1),
            Expr::Reference(inner) => self.stream(&inner.expr, depth + 1),
            Expr::Range(range) => {
                let start = range.start.as_ref().and_then(|start| number(start));
                Some(Stream { start, part: None })
            }
            Expr::Path(_) => {
                self.place_of(items).and_then(|path| self.guarding.counting.streams.get(&path)).copied()
            }
            // A bar that shows how far the loop is.
            Expr::Call(call) if call.args.len() == 1 => self.stream(&call.args[0], depth + 1),
            Expr::MethodCall(call) => {
                let first = call.args.first();
                match numbering(&call.method.to_string())? {
                    Numbering::Adds => Some(Stream { start: Some(0), part: Some(0) }),
                    Numbering::Pairs => {
                        let number = |lower: &mut Self, items: &Expr| {
                            lower.stream(items, depth + 1).filter(|stream| stream.part.is_none())
                        };
                        if let Some(left) = number(self, &call.receiver) {
                            return Some(Stream { part: Some(0), ..left });
                        }
                        number(self, first?).map(|right| Stream { part: Some(1), ..right })
                    }
                    Numbering::Skips => {
                        let by = first.and_then(number);
                        let stream = self.stream(&call.receiver, depth + 1)?;
                        Some(Stream {
                            start: stream.start.zip(by).and_then(|(start, by)| start.checked_add(by)),
                            ..stream
                        })
                    }
                    Numbering::Loses => {
                        Some(Stream { start: None, ..self.stream(&call.receiver, depth + 1)? })
                    }
                    Numbering::Keeps => self.stream(&call.receiver, depth + 1),
                }
            }
            _ => None,
        }
    }

    /// What a comparison of a count is, now that all is known.
    pub(in crate::lower) fn counter(&self, count: &Count, site: usize) -> Option<Counter> {
        let counts = count.value.of?;
        let around = &self.cfg.sites[site].loops;
        let counter = |rounds_of, off: Option<i64>, starts_over, over_items| {
            let shift = off.zip(count.rest).and_then(|(off, rest)| rest.checked_sub(off)?.checked_add(1));
            let shift = shift.map(|shift| match count.every.number {
                Some(every) if every > 0 => shift.rem_euclid(every),
                _ => shift,
            });
            let (count_text, every) = (count.text.clone(), count.every.clone());
            Counter {
                counts,
                count: count_text,
                every,
                divides: count.modulo,
                rounds_of,
                fires: count.fires,
                shift,
                starts_over,
                or_else: false,
                over_items,
            }
        };
        let counting = &self.guarding.counting;
        if let Some(index) = counting.indexes.get(&counts) {
            let off = index.start.zip(count.value.plus).and_then(|(start, plus)| start.checked_add(plus));
            return (count.modulo && around.last() == Some(&index.of))
                .then(|| counter(index.of, off, true, index.over_items));
        }
        if counting.lost.contains(&counts) {
            return None;
        }
        let bumps = counting.bumps.get(&counts)?;
        let bump = bumps.values().next()?;
        let rounds_of = bump.around?;
        if bumps.values().any(|other| other.around != bump.around || other.by != bump.by) {
            return None;
        }
        let root = self.cfg.paths.root_of(counts);
        let begins = self.cfg.begins.get(&root).copied();
        // A variable of the round itself counts nothing.
        let outer = |of: &LoopId| around.iter().position(|known| known == of);
        let here = outer(&rounds_of).filter(|here| here + 1 == around.len())?;
        if begins.is_some_and(|begins| outer(&begins).is_none_or(|begins| begins >= here)) {
            return None;
        }
        let none = BTreeMap::new();
        let sets = counting.sets.get(&counts).unwrap_or(&none);
        let inside = |set: &Set| set.around.contains(&rounds_of);
        if !count.modulo && !sets.values().any(inside) {
            return None;
        }
        let start = counting.starts.get(&counts).copied();
        let simple =
            bump.by == 1 && bumps.len() == 1 && !bump.conditional && sets.values().all(|set| set.to == start);
        let off =
            start.zip(count.value.plus).filter(|_| simple).and_then(|(start, plus)| start.checked_add(plus));
        let reset_outside = sets.values().any(|set| !inside(set));
        let starts_over = here == 0 || begins.is_some() || reset_outside;
        Some(counter(rounds_of, off, starts_over, true))
    }
}
