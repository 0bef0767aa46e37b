//! The phases of a batch.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{Printer, mixed, value};
use crate::plan::{Number, Phase, Update};
use crate::rules::PHASES_EVERY;

impl Printer<'_> {
    /// The phases of a batch, and the statements after them.
    pub(super) fn phases(&self) -> TokenStream {
        let run = self.local("run");
        let phases = self.plan.updates.iter().filter_map(|update| {
            let phase = update.phase.as_ref()?;
            Some(self.of(update).phase(phase))
        });
        let average = self.plan.ema.as_ref().map(|ema| {
            let average = self.local("ema");
            quote_spanned!(mixed(ema.at)=> #average.update();)
        });
        let after: TokenStream = average.into_iter().chain(self.callbacks(self.here)).collect();
        let end = if after.is_empty() {
            quote_spanned!(self.here=> #run.end_batch();)
        } else {
            quote_spanned!(self.here=> if #run.end_batch() { #after })
        };
        let hook = self.plan.batch_end.as_ref().map(|hook| self.step(hook, &[]));
        quote_spanned!(self.here=> #run.begin_batch(); #(#phases)* #end #hook)
    }

    /// The steps of a phase, under the condition that the phase runs on the batch.
    fn phase(&self, phase: &Phase) -> TokenStream {
        let (run, name, at, steps) = (self.local("run"), &phase.name, mixed(phase.at), self.weighed());
        let condition = phase.every.as_ref().map(|every| {
            let every = value(every);
            quote_spanned!(at=> if #run.is_phase_due(#every))
        });
        quote_spanned!(at=> #condition { #run.begin_phase(#name); #steps })
    }

    /// The run-time check that at least one phase runs on each batch, unless the spec guarantees it.
    pub(super) fn check_intervals(&self) -> Option<TokenStream> {
        let phases = self.plan.updates.iter().filter_map(|update| update.phase.as_ref());
        let intervals: Option<Vec<&Number>> = phases.map(|phase| phase.every.as_ref()).collect();
        let intervals = intervals.filter(|intervals| !intervals.is_empty())?;
        let (path, (rule, help)) = (&self.path, PHASES_EVERY);
        let values = intervals.iter().map(|every| value(every));
        let first = value(intervals.first()?);
        Some(quote_spanned! {mixed(intervals.first()?.at)=>
            #path::private::require(#(#values == 1)||*, "every", #first, #rule, #help)?;
        })
    }

    /// The optimizers and schedules of all phases as one optimizer, for checkpoints.
    pub(super) fn phase_states(&self) -> TokenStream {
        let path = &self.path;
        let phases = self.plan.updates.iter().filter_map(|Update { phase, optimizer, scheduler, .. }| {
            let (Phase { name, at, .. }, at_optimizer) = (phase.as_ref()?, mixed(optimizer.at));
            let (exclusive, scheduler) =
                (optimizer.exclusively(), self.optional_scheduler(scheduler.as_ref()));
            let exclusive = quote_spanned!(at_optimizer=> #exclusive);
            Some(quote_spanned!(mixed(*at)=> .phase(#name, #exclusive, #scheduler)))
        });
        quote!(#path::run::Phases::new() #(#phases)*)
    }
}
