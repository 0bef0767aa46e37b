//! Means of losses: sums over the batches of a loop, and the numbers by which they are divided.

use std::collections::{BTreeMap, BTreeSet};

use syn::{BinOp, Expr, ExprLit, Lit, Pat};

use crate::cfg::{Computation, LoopId, LossCall, MeanLoss, PathId, SiteId, Source};
use crate::diagnostic::Place;
use crate::limits;
use crate::lower::control::expression::structure;
use crate::lower::env::value::Value;
use crate::lower::{Lower, address, text};
use crate::stage::Stage;
use crate::tokens::names_in;
use crate::vocabulary::rust::{is_forced, is_number};
use crate::vocabulary::{gives_size, names_batch, names_size_of_batch, reads_number, totals};

mod units;

/// What is known about sums of losses and about counts of samples and batches.
#[derive(Default)]
pub(in crate::lower) struct Averaging<'a> {
    /// The calls that read the mean loss of a batch as a number.
    means: BTreeSet<SiteId>,
    /// The losses without reduction.
    pub unreduced: BTreeSet<SiteId>,
    /// The sums of mean losses, by the place of the sum; `None` if the terms differ in kind.
    sums: BTreeMap<PathId, Option<Sum>>,
    /// The variables that count samples or batches; `None` if they count something else.
    counts: BTreeMap<PathId, Option<Unit>>,
    /// The pattern and the items of each `for` loop.
    pub over: BTreeMap<LoopId, (&'a Pat, &'a Expr)>,
}

/// A sum over the batches of a loop.
#[derive(Clone, Copy, Debug)]
struct Sum {
    added: SiteId,
    around: LoopId,
    weighted: bool,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Samples,
    Batches,
}

impl<'a> Lower<'a> {
    /// Records that the call at `site` reads a number from `tensor`, if `tensor` is the mean loss
    /// of a batch.
    pub(in crate::lower) fn note_number(&mut self, site: SiteId, tensor: &'a Expr, value: &Value<'a>) {
        if self.is_mean_loss(tensor, 0) || self.is_made_of_means(value) {
            self.averaging.means.insert(site);
        }
    }

    /// Records `left = left + right`.
    pub(in crate::lower) fn note_sum(&mut self, left: &'a Expr, right: &'a Expr) {
        if let Expr::Binary(sum) = right
            && matches!(sum.op, BinOp::Add(_))
            && structure(&sum.left) == structure(left)
        {
            self.note_term(left, &sum.right, None);
        }
    }

    /// Records `left += term`, where `value` is the value of the term.
    pub(in crate::lower) fn note_term(&mut self, left: &'a Expr, term: &'a Expr, value: Option<&Value<'a>>) {
        if let Some(path) = self.place_of(left) {
            let path = self.env.unaliased(path);
            self.note_term_in(path, term, value);
        }
    }

    /// Records that a term is added to the sum, or to the collection, in a place.
    pub(in crate::lower) fn note_term_in(&mut self, path: PathId, term: &'a Expr, value: Option<&Value<'a>>) {
        let Some(around) = self.control.innermost().filter(|_| !self.at.dead) else { return };
        let Some(weighted) = self.term(term, value, 0) else {
            let unit = if is_one(term) {
                Some(Unit::Batches)
            } else {
                self.is_batch_size(term, 0).then_some(Unit::Samples)
            };
            let known = self.averaging.counts.entry(path).or_insert(unit);
            if *known != unit {
                *known = None;
            }
            if let Some(sum) = self.averaging.sums.get_mut(&path) {
                *sum = None;
            }
            return;
        };
        let added = self.site(address(term), None, || (Place::of(term), text::call(term).into()));
        let sum = self.averaging.sums.entry(path).or_insert(Some(Sum { added, around, weighted }));
        if sum.is_some_and(|sum| sum.weighted != weighted || sum.around != around) {
            *sum = None;
        }
    }

    /// Records the division of a sum of losses by a number of the wrong unit: samples instead of
    /// batches, or batches instead of samples.
    pub(in crate::lower) fn note_mean(&mut self, sum: &'a Expr, by: &'a Expr, node: usize, place: Place) {
        if self.averaging.sums.is_empty() || self.at.dead {
            return;
        }
        let summed = total_of(bare(sum));
        let Some(path) = self.place_of(summed).map(|path| self.env.unaliased(path)) else { return };
        let Some(&Some(known)) = self.averaging.sums.get(&path) else { return };
        let mixed = match self.unit(by, known.around, 0) {
            Some(Unit::Samples) => !known.weighted,
            Some(Unit::Batches) => known.weighted,
            None => false,
        };
        if mixed {
            let site = self.site(node, None, || (place, text::call(by).into()));
            let divisor = text::tight(bare(by)).into();
            let Sum { added, weighted, .. } = known;
            self.cfg.facts.note_once(site, MeanLoss { site, added, sum: path, divisor, weighted });
        }
    }

    /// Whether a term is the mean loss of a batch (`Some(false)`), or this mean times the number of
    /// samples in the batch (`Some(true)`).
    fn term(&mut self, term: &'a Expr, value: Option<&Value<'a>>, depth: usize) -> Option<bool> {
        match bare(term) {
            Expr::Binary(node) if matches!(node.op, BinOp::Mul(_)) => {
                let sides = [(&*node.left, &*node.right), (&*node.right, &*node.left)];
                sides
                    .into_iter()
                    .any(|(mean, size)| self.is_mean(mean, 0) && self.is_batch_size(size, 0))
                    .then_some(true)
            }
            Expr::Binary(_) => None,
            Expr::Path(_) if depth < limits::MEASURE_SOURCES && self.is_arithmetic(term) => {
                let init = self.initial(term)?;
                self.term(init, None, depth + 1)
            }
            _ => {
                let known = value.is_some_and(|value| self.is_mean_value(value));
                (known || self.is_mean(term, 0)).then_some(false)
            }
        }
    }

    /// Whether a variable is initialized with arithmetic.
    fn is_arithmetic(&self, expr: &Expr) -> bool {
        self.initial(expr).is_some_and(|init| matches!(bare(init), Expr::Binary(_)))
    }

    /// The initializer of a variable that is never assigned.
    fn initial(&self, expr: &Expr) -> Option<&'a Expr> {
        let name = ident(expr)?;
        let path = self.lookup(&name)?;
        self.env.made_of.get(&path).copied().filter(|_| !self.survey().assigned.contains(&name))
    }

    /// Whether an expression is a number that was read from the mean loss of a batch.
    fn is_mean(&mut self, expr: &'a Expr, depth: usize) -> bool {
        let expr = bare(expr);
        if depth > limits::WRAPPERS {
            return false;
        }
        if self.known_site(address(expr)).is_some_and(|site| self.averaging.means.contains(&site)) {
            return true;
        }
        match expr {
            Expr::Path(_) => {
                let path = ident(expr).and_then(|name| self.lookup(&name));
                path.and_then(|path| self.env.value(path)).is_some_and(|value| self.is_mean_value(value))
                    || self.initial(expr).is_some_and(|init| self.is_mean(init, depth + 1))
            }
            Expr::MethodCall(call) if is_wrapper(&call.method.to_string()) => {
                self.is_mean(&call.receiver, depth + 1)
            }
            Expr::Call(_) => converted(expr).is_some_and(|inner| self.is_mean(inner, depth + 1)),
            _ => false,
        }
    }

    fn is_mean_value(&self, value: &Value<'a>) -> bool {
        let origin = &value.origin;
        !origin.scaled && origin.cut.as_ref().is_some_and(|cut| self.averaging.means.contains(&cut.site))
    }

    /// Whether a tensor was computed from losses that are means, and nothing scaled it since.
    fn is_made_of_means(&self, value: &Value<'a>) -> bool {
        let stage = |site: &SiteId| self.cfg.facts.at::<Computation>(*site).map(|run| run.stage);
        let losses = || {
            let computed = value.past.computed.known().iter();
            computed.copied().filter(|site| stage(site) == Some(Stage::Loss))
        };
        let mean = |site: SiteId| {
            self.cfg.facts.at::<LossCall>(site).is_some() && !self.averaging.unreduced.contains(&site)
        };
        let origin = &value.origin;
        origin.source == Source::Computed
            && !origin.scaled
            && !value.past.computed.is_unknown()
            && !self.survey().factors.sums
            && losses().count() > 0
            && losses().all(mean)
    }

    /// Whether an expression is the result of a loss of the vocabulary. Such a loss is a mean over
    /// the batch.
    fn is_mean_loss(&mut self, expr: &'a Expr, depth: usize) -> bool {
        let expr = bare(expr);
        if depth > limits::WRAPPERS || self.survey().factors.sums {
            return false;
        }
        let mean_loss = |site| self.cfg.facts.at::<LossCall>(site).is_some();
        if self.known_site(address(expr)).is_some_and(mean_loss) {
            return !names_in(&expr).iter().any(|name| totals(name));
        }
        match expr {
            Expr::Path(_) => self.initial(expr).is_some_and(|init| self.is_mean_loss(init, depth + 1)),
            Expr::MethodCall(call) if is_wrapper(&call.method.to_string()) => {
                self.is_mean_loss(&call.receiver, depth + 1)
            }
            _ => false,
        }
    }

    /// Whether an expression is the number of samples in a batch.
    fn is_batch_size(&mut self, expr: &'a Expr, depth: usize) -> bool {
        let expr = bare(expr);
        if depth > limits::WRAPPERS {
            return false;
        }
        match expr {
            Expr::Path(_) => {
                ident(expr).is_some_and(|name| names_size_of_batch(&name))
                    || self.initial(expr).is_some_and(|init| self.is_batch_size(init, depth + 1))
            }
            Expr::Field(field) => match &field.member {
                syn::Member::Named(name) => names_size_of_batch(&name.to_string()),
                syn::Member::Unnamed(_) => self.is_batch_size(&field.base, depth + 1),
            },
            Expr::Index(index) => self.is_batch_size(&index.expr, depth + 1),
            Expr::MethodCall(call) => {
                let name = call.method.to_string();
                if is_wrapper(&name) {
                    return self.is_batch_size(&call.receiver, depth + 1);
                }
                names_size_of_batch(&name) || gives_size(&name) && self.is_of_batch(&call.receiver)
            }
            Expr::Call(_) => converted(expr).is_some_and(|inner| self.is_batch_size(inner, depth + 1)),
            _ => false,
        }
    }

    /// Whether an expression is a batch, or a part of one.
    fn is_of_batch(&mut self, expr: &Expr) -> bool {
        let root = root_of(expr);
        let Some(name) = ident(root) else { return false };
        let item = self.lookup(&name).and_then(|path| self.cfg.facts.item_of(path));
        item.is_some() || names_batch(&name)
    }
}

/// The collection that an expression sums: `losses` for `losses.iter().sum::<f32>()`. Any other
/// expression is returned unchanged.
fn total_of(expr: &Expr) -> &Expr {
    match expr {
        Expr::MethodCall(call) if totals(&call.method.to_string()) && call.args.is_empty() => root_of(expr),
        other => other,
    }
}

/// An expression without parentheses, references, casts, `?` and `unwrap`.
pub(super) fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) => bare(&inner.expr),
        Expr::Group(inner) => bare(&inner.expr),
        Expr::Reference(inner) => bare(&inner.expr),
        Expr::Cast(inner) => bare(&inner.expr),
        Expr::Try(inner) => bare(&inner.expr),
        Expr::Unary(inner) if matches!(inner.op, syn::UnOp::Deref(_)) => bare(&inner.expr),
        Expr::MethodCall(call) if is_forced(&call.method.to_string()) => bare(&call.receiver),
        other => other,
    }
}

/// An expression without parentheses and references.
fn unwrapped(expr: &Expr) -> &Expr {
    crate::lower::control::expression::unreferenced(expr)
}

/// The argument of a conversion such as `f64::from(x)`.
fn converted(expr: &Expr) -> Option<&Expr> {
    let Expr::Call(call) = expr else { return None };
    let Expr::Path(path) = &*call.func else { return None };
    let owner = path.path.segments.iter().rev().nth(1)?.ident.to_string();
    call.args.first().filter(|_| is_number(&owner) && call.args.len() == 1)
}

/// Whether a method returns the number that its receiver holds, possibly in another type.
fn is_wrapper(method: &str) -> bool {
    is_forced(method) || reads_number(method)
}

fn is_one(expr: &Expr) -> bool {
    match bare(expr) {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => {
            number.base10_parse::<u64>().is_ok_and(|one| one == 1)
        }
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => {
            number.base10_parse::<f64>().is_ok_and(|one| (one - 1.0).abs() < f64::EPSILON)
        }
        _ => false,
    }
}

fn ident(expr: &Expr) -> Option<String> {
    match bare(expr) {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}

/// The variable at the root of fields, indices and method calls.
fn root_of(expr: &Expr) -> &Expr {
    match bare(expr) {
        Expr::Field(field) => root_of(&field.base),
        Expr::Index(index) => root_of(&index.expr),
        Expr::MethodCall(call) => root_of(&call.receiver),
        other => other,
    }
}
