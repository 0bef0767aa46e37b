//! The numbers of a spec.

use std::collections::BTreeMap;

use quote::quote;
use syn::{Expr, parse_quote};

use super::checkpoint::CheckpointAmounts;
use crate::bag::Bag;
use crate::rules::{
    Amount, CHECKPOINT_EVERY, CHECKPOINT_TIME, Checked, DECAY, EVERY, KEEP_BEST, KEEP_LAST, MIN_DELTA,
    PATIENCE, PHASE_EVERY, WARMUP, WARMUP_PERCENT,
};
use crate::spec::{Checkpoint, ClauseName, EarlyStop, IntervalUnit, Phase, Spec, WarmupUnit};

/// The numbers of a spec, with their rules applied.
pub(crate) struct Amounts {
    clauses: BTreeMap<ClauseName, Checked>,
    /// The interval of validation.
    pub(crate) every: Option<Checked>,
    /// The options `patience` and `min_delta` of `early_stop`, or their defaults.
    pub(crate) early_stop: Option<[Checked; 2]>,
    /// The length of the warmup.
    pub(crate) warmup: Option<Checked>,
    /// The option `decay` of `ema`, or its default.
    pub(crate) decay: Option<Checked>,
    /// The numbers of the clause `checkpoint`.
    pub(crate) checkpoint: Option<CheckpointAmounts>,
    /// The numbers of each phase, and its option `every`.
    pub(crate) phases: Vec<(Self, Option<Checked>)>,
}

impl Amounts {
    /// Applies the rules of the clauses. Errors go into the bag.
    pub(crate) fn check(bag: &Bag, spec: &Spec) -> Self {
        let check = |&clause: &ClauseName| {
            let (_, value) = spec.expression(clause)?;
            Some((clause, clause.rule()?.check(bag, value)))
        };
        let every = spec.validate.as_ref().and_then(|clause| clause.value.every.as_ref());
        let phase = |phase: &Phase| {
            let every = phase.every.as_ref().map(|every| PHASE_EVERY.check(bag, every));
            (Self::check(bag, &phase.spec), every)
        };
        Self {
            clauses: ClauseName::ALL.iter().filter_map(check).collect(),
            every: every.map(|every| EVERY.check(bag, &every.count)),
            decay: spec.ema.as_ref().map(|clause| {
                let decay = clause.value.decay.clone().unwrap_or(parse_quote!(0.999));
                DECAY.check(bag, &decay)
            }),
            warmup: spec.warmup.as_ref().map(|clause| {
                let rule = if clause.value.unit == WarmupUnit::Percent { &WARMUP_PERCENT } else { &WARMUP };
                rule.check(bag, &clause.value.count)
            }),
            early_stop: spec.early_stop.as_ref().map(|clause| {
                let EarlyStop { patience, min_delta, monitor: _ } = &clause.value;
                let value = |value: &Option<Expr>, default| value.clone().unwrap_or(default);
                [
                    PATIENCE.check(bag, &value(patience, parse_quote!(3))),
                    MIN_DELTA.check(bag, &value(min_delta, parse_quote!(0.0))),
                ]
            }),
            checkpoint: spec.checkpoint.as_ref().map(|clause| checkpoint(bag, &clause.value)),
            phases: spec.phases.iter().flat_map(|clause| &clause.value).map(phase).collect(),
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
