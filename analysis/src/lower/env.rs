//! The environment: names in scope, places, and the abstract values in places.

use std::collections::{BTreeMap, BTreeSet};

use syn::Expr;

use crate::cfg::{PathId, SiteId, Total};
use value::Value;

mod alone;
pub(super) mod bind;
mod copies;
mod fields;
mod graphs;
mod holding;
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

/// The values in places, and facts about variables.
#[derive(Default)]
pub(super) struct Env<'a> {
    pub values: BTreeMap<PathId, Value<'a>>,
    /// Variables that alias a place, such as a `&mut` parameter of an inlined function.
    pub aliases: BTreeMap<PathId, PathId>,
    /// The initializer of each variable.
    pub made_of: BTreeMap<PathId, &'a Expr>,
    /// The variables whose initializer builds an average of parameters.
    pub averages: BTreeSet<PathId>,
    /// For each variable that is declared `mut` or is a `&mut` reference, how often code may have changed it.
    pub changes: BTreeMap<PathId, usize>,
    /// The value of each variable that is initialized with a sum of sizes.
    pub totals: BTreeMap<PathId, Total>,
    /// For each variable, the forwards that computed the values added to the variable.
    pub added: BTreeMap<PathId, Vec<SiteId>>,
    /// Variables from which a `while let` fetches items.
    pub item_sources: BTreeSet<PathId>,
    /// Numbers of open branches and of loops at the declaration of each variable.
    pub declared: BTreeMap<PathId, (usize, usize)>,
    /// The parameters of the checked function itself.
    pub parameters: BTreeSet<PathId>,
    /// The places whose types tell that they can hold no parameters of a model.
    pub bare: BTreeSet<PathId>,
    /// The variables that are declared `mut` or are `&mut` parameters, so that a `&` of them cannot change them.
    pub exclusive: BTreeSet<PathId>,
    /// Variables whose values are read.
    pub read: BTreeSet<PathId>,
    /// For each variable with a model constructed here, the site of the constructor, and whether a
    /// condition may skip the constructor.
    pub built: BTreeMap<PathId, (SiteId, bool)>,
    /// For each variable that holds a guard, the number of open branches when the guard was stored.
    pub guard_branches: BTreeMap<PathId, usize>,
}

impl<'a> Env<'a> {
    pub(super) fn value(&self, path: PathId) -> Option<&Value<'a>> {
        self.values.get(&path)
    }

    /// The place of the value in a variable; the variable itself if the value has no place.
    pub(super) fn place_behind(&self, path: PathId) -> PathId {
        self.value(path).and_then(|value| value.place).unwrap_or(path)
    }

    /// The place that a variable aliases; the variable itself if it is not an alias.
    pub(super) fn unaliased(&self, path: PathId) -> PathId {
        self.aliases.get(&path).copied().unwrap_or(path)
    }
}
