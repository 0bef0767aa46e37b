//! The numbers of a spec.

use std::collections::BTreeMap;

use crate::bag::Bag;
use crate::rules::{Checked, EVERY};
use crate::spec::{ClauseName, Spec};

/// The numbers of a spec, with their rules applied.
pub(crate) struct Amounts {
    clauses: BTreeMap<ClauseName, Checked>,
    /// The interval of validation.
    pub(crate) every: Option<Checked>,
}

impl Amounts {
    /// Applies the rules of the clauses. Errors go into the bag.
    pub(crate) fn check(bag: &Bag, spec: &Spec) -> Self {
        let check = |&clause: &ClauseName| {
            let (_, value) = spec.expression(clause)?;
            Some((clause, clause.rule()?.check(bag, value)))
        };
        let every = spec.validate.as_ref().and_then(|clause| clause.value.every.as_ref());
        Self {
            clauses: ClauseName::ALL.iter().filter_map(check).collect(),
            every: every.map(|every| EVERY.check(bag, &every.count)),
        }
    }

    /// The number of a clause, if the clause is present.
    pub(crate) fn get(&self, clause: ClauseName) -> Option<&Checked> {
        self.clauses.get(&clause)
    }
}
