//! Schedules that depend on a measurement of the validation data.

use proc_macro2::Span;

use super::Object;
use crate::spec::{Spec, chain_start, constructed};
use crate::vocabulary::known_schedule;

/// A schedule that certainly or possibly depends on a measurement.
pub(crate) struct Watch {
    pub(crate) at: Span,
    /// Whether the loop checks at its start that it validates, or that the schedule needs no measurement.
    pub(crate) asks: bool,
}

/// Plans the monitoring of an update's schedule; `None` if the schedule certainly depends on no measurement.
pub(super) fn plan(spec: &Spec, scheduler: Option<&Object>, valid: Option<&Object>) -> Option<Watch> {
    let clause = spec.scheduler.as_ref()?;
    let known = constructed(chain_start(&clause.value)).and_then(known_schedule);
    if known.is_some_and(|schedule| !schedule.monitors) {
        return None;
    }
    let asks = valid.is_none_or(|valid| valid.is_optional);
    Some(Watch { at: scheduler?.at, asks })
}
