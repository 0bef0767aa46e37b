//! The warmup of the learning rate.

use proc_macro2::Span;

use super::{Amounts, Names, Number, number};
use crate::item::SpecFn;
use crate::spec::{Spec, WarmupUnit, chain_start, constructed};
use crate::vocabulary::{self, known_schedule};

/// The warmup of a run.
pub(crate) struct Warmup {
    pub(crate) at: Span,
    pub(crate) number: Number,
    pub(crate) unit: WarmupUnit,
    /// Whether the loop checks at run time that the schedule has no warmup.
    pub(crate) asks_schedule: bool,
}

/// Plans the warmup, if there is one.
pub(super) fn plan(spec: &Spec, item: &SpecFn, amounts: &Amounts, names: &Names) -> Option<Warmup> {
    let (clause, checked) = spec.warmup.as_ref().zip(amounts.warmup.as_ref())?;
    let name = match clause.value.unit {
        WarmupUnit::Steps => "warmup_steps",
        WarmupUnit::Epochs => "warmup_epochs",
        WarmupUnit::Percent => "warmup_percent",
    };
    let is_known = |scheduler| {
        let known = constructed(chain_start(scheduler)).and_then(known_schedule);
        known.is_some_and(|schedule| schedule.warmup == vocabulary::Warmup::Never)
    };
    let phases = spec.phases.iter().flat_map(|clause| &clause.value);
    let mut schedulers =
        spec.scheduler.iter().chain(phases.filter_map(|phase| phase.spec.scheduler.as_ref()));
    Some(Warmup {
        at: clause.span(),
        number: number(checked, None, name, clause.span(), item, names),
        unit: clause.value.unit,
        asks_schedule: schedulers.any(|clause| !is_known(&clause.value)),
    })
}
