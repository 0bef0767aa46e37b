//! The unit of a divisor: samples, or batches of the loop whose losses are added up.

use syn::{BinOp, Expr};

use super::{Unit, bare, converted, ident, is_one, is_wrapper, unwrapped};
use crate::cfg::LoopId;
use crate::limits;
use crate::lower::Lower;
use crate::lower::control::expression::structure;
use crate::lower::env::bind::member;
use crate::tokens::names_in;
use crate::vocabulary::rust::is_length;
use crate::vocabulary::{batches, names_batch, names_batches, names_dataset, names_loader, names_samples};

impl<'a> Lower<'a> {
    /// What a divisor counts. The loop `around` computes the sum that is divided.
    pub(super) fn unit(&mut self, expr: &'a Expr, around: LoopId, depth: usize) -> Option<Unit> {
        let expr = bare(expr);
        if depth > limits::WRAPPERS {
            return None;
        }
        match expr {
            Expr::Path(path) => {
                let name = path.path.segments.last()?.ident.to_string();
                let known = self.lookup(&name).map(|path| self.env.unaliased(path));
                if let Some(count) = known.and_then(|path| self.averaging.counts.get(&path)) {
                    return *count;
                }
                let by_value = self.initial(expr).and_then(|init| self.unit(init, around, depth + 1));
                let assigned = self.survey().assigned.contains(&name);
                by_value.or_else(|| self.unit_of_name(&name, around).filter(|_| !assigned))
            }
            Expr::Field(field) => {
                let place = self.place_of(expr);
                if let Some(count) = place.and_then(|path| self.averaging.counts.get(&path)) {
                    return *count;
                }
                self.unit_of_name(&member(&field.member), around)
            }
            Expr::Binary(node) if matches!(node.op, BinOp::Mul(_)) => {
                let sides = [(&*node.left, &*node.right), (&*node.right, &*node.left)];
                let of_batches = |(count, size): (&'a Expr, &'a Expr)| {
                    self.is_batch_size(size, 0) && self.unit(count, around, depth + 1) == Some(Unit::Batches)
                };
                sides.into_iter().any(of_batches).then_some(Unit::Samples)
            }
            Expr::Binary(node) if matches!(node.op, BinOp::Add(_)) && is_one(&node.right) => {
                let path = ident(&node.left).and_then(|name| self.lookup(&name))?;
                (self.index_of(path) == Some(around)).then_some(Unit::Batches)
            }
            Expr::MethodCall(call) => {
                let name = call.method.to_string();
                if is_wrapper(&name) || lifts(call) {
                    return self.unit(&call.receiver, around, depth + 1);
                }
                if names_batches(&name) {
                    return Some(Unit::Batches);
                }
                if is_length(&name, call.args.len()) {
                    return self.unit_of_length(&call.receiver, around);
                }
                self.unit_of_name(&name, around)
            }
            Expr::Call(_) => self.unit(converted(expr)?, around, depth + 1),
            _ => None,
        }
    }

    /// What a number with this name counts. A name such as `n_samples` decides only if the items of
    /// the loop `around` are batches.
    fn unit_of_name(&self, name: &str, around: LoopId) -> Option<Unit> {
        if names_batches(name) {
            return Some(Unit::Batches);
        }
        (names_samples(name) && self.is_over_batches(around)).then_some(Unit::Samples)
    }

    /// Whether the names in the head of a loop say that its items are batches.
    fn is_over_batches(&self, around: LoopId) -> bool {
        let Some((pat, items)) = self.averaging.over.get(&around) else { return false };
        let bound = names_in(pat);
        let over = names_in(items);
        bound.iter().any(|name| names_batch(name))
            || over.iter().any(|name| names_loader(name) || batches(name))
    }

    /// What the length of `collection` counts.
    fn unit_of_length(&mut self, collection: &'a Expr, around: LoopId) -> Option<Unit> {
        let terms = self.place_of(unwrapped(collection)).map(|path| self.env.unaliased(path));
        if terms.is_some_and(|path| self.averaging.sums.contains_key(&path)) {
            return Some(Unit::Batches);
        }
        let &(_, items) = self.averaging.over.get(&around)?;
        let (base, batched) = chain(items);
        let collection = unwrapped(collection);
        let same = |a: &Expr, b: &Expr| structure(a) == structure(b);
        if same(collection, items) || !batched && same(collection, base) {
            return Some(Unit::Batches);
        }
        if same(collection, base) {
            let of_loader = last_name(base).is_some_and(|name| names_loader(&name));
            return (!of_loader).then_some(Unit::Samples);
        }
        let name = last_name(collection)?;
        let owner = match collection {
            Expr::Field(field) => Some(&*field.base),
            Expr::MethodCall(call) => Some(&*call.receiver),
            _ => None,
        };
        if names_dataset(&name) && owner.is_some_and(|owner| same(unwrapped(owner), base)) {
            return Some(Unit::Samples);
        }
        let built_of = self.initial(base).is_some_and(|init| {
            let names = names_in(init);
            names.contains(&name)
                && names.iter().any(|name| names_loader(&name.to_ascii_lowercase()) || batches(name))
        });
        (built_of || names_dataset(&name) && self.is_over_batches(around)).then_some(Unit::Samples)
    }
}

/// The collection at the start of a chain of methods, and whether a method of the chain returns
/// batches.
fn chain(items: &Expr) -> (&Expr, bool) {
    let (mut base, mut batched) = (unwrapped(items), false);
    while let Expr::MethodCall(call) = base {
        if names_dataset(&call.method.to_string()) {
            break;
        }
        batched |= batches(&call.method.to_string());
        base = unwrapped(&call.receiver);
    }
    (base, batched)
}

/// Whether a call returns the maximum of its receiver and a number: `count.max(1)`.
fn lifts(call: &syn::ExprMethodCall) -> bool {
    crate::vocabulary::lifts(&call.method.to_string()) && call.args.len() == 1
}

/// The last name of a variable, a field or a method without arguments.
fn last_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        Expr::Field(field) => Some(member(&field.member)),
        Expr::MethodCall(call) if call.args.is_empty() => Some(call.method.to_string()),
        _ => None,
    }
}
