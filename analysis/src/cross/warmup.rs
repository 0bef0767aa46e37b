//! Rules for `warmup`: the run is longer than the warmup, and the schedule has no warmup.

use syn::Expr;

use crate::bag::Bag;
use crate::diagnostic::{Diagnostic, Place};
use crate::rules::{WARMUP_IN_SCHEDULE, WARMUP_TOO_LONG};
use crate::spec::{ClauseName, Spec, Value, WarmupUnit, chain_start, constructed, plain};
use crate::vocabulary::{self, known_schedule};

pub(super) fn check(bag: &Bag, spec: &Spec) {
    let Some(warmup) = &spec.warmup else { return };
    let place = Place::of(&warmup.value.count);
    let limit = match warmup.value.unit {
        WarmupUnit::Steps => &spec.max_steps,
        WarmupUnit::Epochs => &spec.epochs,
        WarmupUnit::Percent => &None,
    };
    if let (Some(length), Some(limit), Some(clause)) = (number(&warmup.value.count), value(limit), limit)
        && length > limit
    {
        let (rule, help) = WARMUP_TOO_LONG;
        bag.push(
            Diagnostic::error(place, format!("`warmup` {rule}"))
                .note_at(
                    clause.span(),
                    format!("`{} = {limit}` is on line {}", clause.key, clause.span().start().line),
                )
                .help(help),
        );
    }
    let has_length =
        [ClauseName::Epochs, ClauseName::MaxSteps].into_iter().any(|clause| spec.mentions(clause));
    if warmup.value.unit == WarmupUnit::Percent && !has_length && spec.mentions(ClauseName::MaxTime) {
        bag.push(
            Diagnostic::error(place, "`warmup` in percent of a run whose number of updates is unknown")
                .help("write it in steps, `warmup = 500 steps`, or add `epochs` or `max_steps`"),
        );
    }
    check_schedule(bag, spec);
}

/// Rejects `warmup` with a schedule that has a warmup.
pub(super) fn check_schedule(bag: &Bag, spec: &Spec) {
    let Some(warmup) = &spec.warmup else { return };
    let made = spec.scheduler.as_ref().map(|scheduler| chain_start(&scheduler.value));
    let warms_up = |made: &&Expr| {
        constructed(made)
            .and_then(known_schedule)
            .is_some_and(|known| known.warmup == vocabulary::Warmup::Always)
    };
    if let Some(made) = made.filter(warms_up) {
        let (rule, help) = WARMUP_IN_SCHEDULE;
        bag.push(
            Diagnostic::error(warmup.span(), format!("`warmup`: {rule}"))
                .note_at(Place::of(made), format!("the schedule is on line {}", Place::of(made).line()))
                .help(help),
        );
    }
}

/// The number of a clause, if it is a literal.
fn value(clause: &Value) -> Option<u64> {
    number(&clause.as_ref()?.value)
}

/// An integer literal.
fn number(value: &Expr) -> Option<u64> {
    let Expr::Lit(literal) = plain(value) else { return None };
    let syn::Lit::Int(int) = &literal.lit else { return None };
    int.base10_parse().ok()
}
