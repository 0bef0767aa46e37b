//! The numbers of a spec.

use std::collections::BTreeMap;

use quote::quote;

use super::checkpoint::CheckpointAmounts;
use crate::bag::Bag;
use crate::rules::{Amount, CHECKPOINT_EVERY, CHECKPOINT_TIME, Checked, EVERY, KEEP_BEST, KEEP_LAST};
use crate::spec::{Checkpoint, ClauseName, IntervalUnit, Spec};

/// The numbers of a spec, with their rules applied.
pub(crate) struct Amounts {
    clauses: BTreeMap<ClauseName, Checked>,
    /// The interval of validation.
    pub(crate) every: Option<Checked>,
    /// The numbers of the clause `checkpoint`.
    pub(crate) checkpoint: Option<CheckpointAmounts>,
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
            checkpoint: spec.checkpoint.as_ref().map(|clause| checkpoint(bag, &clause.value)),
        }
    }

    /// The number of a clause, if the clause is present.
    pub(crate) fn get(&self, clause: ClauseName) -> Option<&Checked> {
        self.clauses.get(&clause)
    }
}

/// Applies the rules of the options of `checkpoint`.
fn checkpoint(bag: &Bag, clause: &Checkpoint) -> CheckpointAmounts {
    let one = || Checked { rule: &CHECKPOINT_EVERY, amount: Amount::Literal(quote!(1)) };
    let every = clause.every.as_ref().map_or_else(one, |every| {
        let rule = match every.unit {
            IntervalUnit::Epochs | IntervalUnit::Steps => &CHECKPOINT_EVERY,
            IntervalUnit::Time(_) => &CHECKPOINT_TIME,
        };
        rule.check(bag, &every.count)
    });
    CheckpointAmounts {
        every,
        keep_last: clause.keep_last.as_ref().map(|kept| KEEP_LAST.check(bag, &kept.count)),
        keep_best: clause.keep_best.as_ref().map(|kept| KEEP_BEST.check(bag, &kept.count)),
    }
}
