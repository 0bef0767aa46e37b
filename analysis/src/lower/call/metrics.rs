//! Method calls on metrics that accumulate over batches.

use super::Call;
use crate::cfg::{Mark, MetricCall};
use crate::lower::Lower;
use crate::vocabulary::metric_method;

impl<'a> Lower<'a> {
    /// Records a call of a method of a metric that the function constructs.
    pub(super) fn note_metric(&mut self, call: &Call<'a>) {
        let Some(receiver) = &call.receiver else { return };
        let (Some(metric), Some(made)) = (receiver.place, receiver.made) else { return };
        if self.cfg.facts.is(made, Mark::Metric) && !self.at.dead {
            let site = self.site_of(call.expr, None);
            self.cfg.facts.note_once(site, MetricCall { metric, effect: metric_method(&call.name) });
        }
    }
}
