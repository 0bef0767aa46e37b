//! Warmup: reduced learning rates for the first updates.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::object::Role;
use super::{Printer, mixed, value};
use crate::plan::{Object, Warmup};
use crate::rules::WARMUP_IN_SCHEDULE;
use crate::spec::WarmupUnit;

impl Printer<'_> {
    /// The declaration of the warmup's number of updates.
    pub(super) fn new_warmup(&self, train: &Object) -> Option<TokenStream> {
        let Warmup { at, number, unit, .. } = self.plan.warmup.as_ref()?;
        let at = mixed(*at);
        let (run, updates, warmup) = (self.local("run"), self.local("updates"), self.local("warmup"));
        let (train, count) = (self.loader(train, Role::Train), value(number));
        let windows = self.plan.accumulate.as_ref().map(|accumulate| {
            let accumulate = value(accumulate);
            quote_spanned!(at=> .div_ceil(#accumulate))
        });
        let checked = match unit {
            WarmupUnit::Steps => quote_spanned!(at=> #run.warmup(#count, #updates)?),
            WarmupUnit::Epochs => quote_spanned!(at=> #run.warmup(#count * #updates, #updates)?),
            WarmupUnit::Percent => quote_spanned!(at=> #run.warmup_percent(#count, #updates)?),
        };
        Some(quote_spanned! {at=>
            let #updates = #train.batches() #windows;
            let #warmup = #checked;
        })
    }

    /// The run-time check that a schedule of an unknown type has no warmup.
    pub(super) fn check_warmup(&self) -> Option<TokenStream> {
        let Warmup { at, asks_schedule: true, .. } = self.plan.warmup.as_ref()? else { return None };
        let scheduler = self.update?.scheduler.as_ref()?;
        let (path, shared, warmup) =
            (self.path_at(scheduler.at), scheduler.shared_inside(), self.local("warmup"));
        let (rule, help) = WARMUP_IN_SCHEDULE;
        let check = quote_spanned! {mixed(*at)=>
            #path::private::require(
                !#path::schedule::Schedule::warms_up(#shared), "warmup", #warmup, #rule, #help,
            )?;
        };
        Some(Self::if_some(scheduler, check))
    }

    /// Sets the learning rate of an update during the warmup.
    pub(super) fn begin_warmup(&self, at: Span) -> Option<TokenStream> {
        let (run, rate, warmup) = (self.local("run"), self.local("rate"), self.local("warmup"));
        let optimizer = &self.update?.optimizer;
        let path = self.path_at(optimizer.at);
        let (shared, exclusive, runtime) = (optimizer.shared(), optimizer.exclusively(), &self.path);
        Some(quote_spanned! {at=>
            let #rate = #path::Optimizer::learning_rate(#shared);
            #path::Optimizer::set_learning_rate(
                #exclusive, #rate * #runtime::schedule::warmup(#run.steps(), #warmup),
            );
        })
    }

    /// Restores the learning rate after the update.
    pub(super) fn end_warmup(&self, at: Span) -> Option<TokenStream> {
        let (rate, optimizer) = (self.local("rate"), &self.update?.optimizer);
        let (path, exclusive) = (self.path_at(optimizer.at), optimizer.exclusively());
        Some(quote_spanned!(at=> #path::Optimizer::set_learning_rate(#exclusive, #rate);))
    }
}
