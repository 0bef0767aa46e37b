//! Origins of values: how operators join origins, and the origins of a loop's items.

use syn::BinOp;

use crate::cfg::{Join, Origin, PathId, Source};
use crate::lower::Lower;
use crate::lower::env::value::Value;
use crate::vocabulary::names_parameters;

/// The way in which an operator joins the origins of its operands.
pub(in crate::lower) fn join_of(op: &BinOp) -> Join {
    match op {
        BinOp::Add(_) | BinOp::AddAssign(_) => Join::Sum,
        BinOp::Sub(_) | BinOp::SubAssign(_) => Join::Difference,
        BinOp::Mul(_) | BinOp::MulAssign(_) | BinOp::Div(_) | BinOp::DivAssign(_) => Join::Product,
        _ => Join::Other,
    }
}

impl<'a> Lower<'a> {
    /// An item of the collection that a loop iterates over.
    pub(in crate::lower) fn item(&mut self, items: &Value<'a>) -> Value<'a> {
        let value = Value { item: true, ..items.derived().with_origin(self.item_origin(items)) };
        // One of several optimizers: the state of each is unknown.
        let overlapping = self.optimizers_in(&items.deps);
        self.lose(overlapping);
        value
    }

    /// The origin of an item of the innermost loop.
    pub(in crate::lower) fn item_origin(&self, items: &Value<'a>) -> Origin {
        let Some(of) = self.control.innermost() else { return Origin::default() };
        let parameters = self.cfg.loops[of].head.names.iter().any(|name| names_parameters(name));
        let made = items.computed || !items.origin.models.is_empty() || items.made.is_some();
        let of_model = self.cfg.function.models.overlaps(&items.deps, &self.cfg.paths) != Some(false);
        let unknown = parameters || made || of_model || items.origin.source == Source::Computed;
        if unknown { Origin::default() } else { Origin::data(of) }
    }

    /// Whether an assignment to the variable `path` at this point of the code always runs before
    /// the code that follows.
    ///
    /// Such an assignment is in the same branches and loops as the `let` of the variable.
    pub(in crate::lower) fn is_straight(&self, path: PathId) -> bool {
        self.env.declared.get(&path) == Some(&self.control.nesting())
    }
}
