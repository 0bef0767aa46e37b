//! Environment: names in scope, places, and the abstract values in them.

use std::collections::{BTreeMap, BTreeSet};

use syn::Expr;

use crate::cfg::{PathId, SiteId};
use value::Value;

pub(super) mod bind;
mod fields;
mod graphs;
mod kind;
mod objects;
pub(super) mod origin;
mod place;
pub(super) mod roles;
mod scope;
mod store;
pub(super) mod value;

pub(super) use objects::Objects;
pub(super) use scope::Scope;

/// Values by place, and facts about variables.
#[derive(Default)]
pub(super) struct Env<'a> {
    pub values: BTreeMap<PathId, Value<'a>>,
    /// Variables that alias places, such as a `&mut` parameter.
    pub aliases: BTreeMap<PathId, PathId>,
    /// The initializer of each variable.
    pub made_of: BTreeMap<PathId, &'a Expr>,
    /// For each variable, the forwards behind the values added to it.
    pub added: BTreeMap<PathId, Vec<SiteId>>,
    /// Variables that items are fetched from by `while let`.
    pub item_sources: BTreeSet<PathId>,
    /// Number of open branches and loops at each variable's declaration.
    pub declared: BTreeMap<PathId, (usize, usize)>,
    /// The function's own parameters.
    pub parameters: BTreeSet<PathId>,
    /// Variables whose value is used.
    pub read: BTreeSet<PathId>,
    /// Variables that hold a model built here: the constructor, and whether a condition may skip it.
    pub built: BTreeMap<PathId, (SiteId, bool)>,
    /// Number of open branches at the assignment of each variable's guard.
    pub guard_branches: BTreeMap<PathId, usize>,
}

impl<'a> Env<'a> {
    pub(super) fn value(&self, path: PathId) -> Option<&Value<'a>> {
        self.values.get(&path)
    }

    /// The place that the value of a variable is; the variable itself if its value is none.
    pub(super) fn place_behind(&self, path: PathId) -> PathId {
        self.value(path).and_then(|value| value.place).unwrap_or(path)
    }

    /// The place that a variable is a name for.
    pub(super) fn unaliased(&self, path: PathId) -> PathId {
        self.aliases.get(&path).copied().unwrap_or(path)
    }
}
