//! Schedules that depend on a measurement of the validation data.

use proc_macro2::Span;

use super::Object;
use crate::spec::{Spec, chain_start, constructed};
use crate::vocabulary::known_schedule;

/// A schedule that depends on a measurement, or may depend on one.
pub(crate) struct Watch {
    pub(crate) at: Span,
    /// Whether the loop checks at its start that there is a validation, or that the schedule needs none.
    pub(crate) asks: bool,
}

/// Plans the measurements of the schedule of an update. `None` if the schedule is known to be a function of the update.
pub(super) fn plan(spec: &Spec, scheduler: Option<&Object>, valid: Option<&Object>) -> Option<Watch> {
    let clause = spec.scheduler.as_ref()?;
    let known = constructed(chain_start(&clause.value)).and_then(known_schedule);
    if known.is_some_and(|schedule| !schedule.monitors) {
        return None;
    }
    let asks = valid.is_none_or(|valid| valid.is_optional);
    Some(Watch { at: scheduler?.at, asks })
}
