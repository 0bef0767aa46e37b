//! Schedules that depend on a measurement of the validation data.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{Printer, mixed};
use crate::plan::{Update, Watch};
use crate::rules::UNWATCHED;

impl Printer<'_> {
    /// The check at the start of the loop that it validates, or that the schedule needs no measurement.
    pub(super) fn check_watch(&self, update: &Update) -> Option<TokenStream> {
        let Watch { at, asks: true } = update.watch.as_ref()? else { return None };
        let scheduler = update.scheduler.as_ref()?;
        let (path, shared) = (self.path_at(scheduler.at), scheduler.shared_inside());
        let validated = self.plan.validation.as_ref().map(|validation| {
            let place = &validation.data.place;
            quote!(#place.is_some() ||)
        });
        let (value, rule, help) = UNWATCHED;
        let check = quote_spanned! {mixed(*at)=>
            #path::private::require(
                #validated #path::schedule::Schedule::monitor(#shared).is_none(), "scheduler", #value, #rule, #help,
            )?;
        };
        Some(Self::if_some(scheduler, check))
    }

    /// Passes the monitored measurement of a validation to the schedule of an update.
    pub(super) fn observe(&self, update: &Update) -> Option<TokenStream> {
        let at = mixed(update.watch.as_ref()?.at);
        let scheduler = update.scheduler.as_ref()?;
        let (path, optimizer) = (self.path_at(scheduler.at), update.optimizer.exclusively());
        let (shared, exclusive) = (scheduler.shared_inside(), scheduler.exclusive_inside());
        let (run, measured) = (self.local("run"), self.local("measured"));
        let observe = quote_spanned! {at=>
            if let Some(#measured) = #run.measured(#path::schedule::Schedule::monitor(#shared))? {
                #path::schedule::Schedule::observe(#exclusive, #measured, #optimizer);
            }
        };
        Some(Self::if_some_mut(scheduler, observe))
    }
}
