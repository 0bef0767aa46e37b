//! The statements before the first batch.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::object::Role;
use super::{Printer, mixed, value};
use crate::plan::{Object, Update};

impl Printer<'_> {
    /// The statements before the first batch: declarations and checks.
    pub(super) fn setup(&self, train: &Object) -> TokenStream {
        let (plan, path, run) = (self.plan, &self.path, self.local("run"));
        let valid = plan.validation.as_ref().map(|validation| &validation.data);
        let made = [Some(&plan.model), Some(train), valid, plan.options.as_ref()]
            .into_iter()
            .flatten()
            .map(|data| Self::made(data, false));
        let numbers = plan.numbers().map(|number| self.number(number));
        let (intervals, interval) = (self.check_intervals(), self.check_interval());
        let epochs = self.optional(plan.epochs.as_ref());
        let max_steps = self.optional(plan.max_steps.as_ref());
        let max_time = plan.max_time.as_ref().map(|time| {
            let value = value(time);
            quote_spanned!(mixed(time.at)=> .max_time(#value))
        });
        let loaders = [(Role::Train, Some(train)), (Role::Valid, valid)];
        let checks = loaders.into_iter().filter_map(|(role, data)| {
            let (data, name) = (data?, role.name());
            let loader = self.loader(data, role);
            let check = quote_spanned!(mixed(data.at)=> #loader.check(#name)?;);
            Some(Self::if_some(&self.limited(data, role), check))
        });
        let limits = loaders.into_iter().filter_map(|(role, data)| self.limit(data?, role));
        let validated = valid.map(|valid| {
            let place = &valid.place;
            let is_there = if valid.is_optional { quote!(#place.is_some()) } else { quote!(true) };
            quote_spanned!(self.here=> .validated(#is_there))
        });
        let unused = plan.unused.iter().map(|name| quote_spanned!(self.here=> let _ = &#name;));
        let (options, seed) = (self.options(), self.seed());
        let optimizers = plan.updates.iter().map(|update| self.of(update).optimizer_and_schedule(update));
        let (ema, monitor, before_checks, warmup) =
            (self.new_ema(), self.monitor(), self.before_checks(), self.new_warmup(train));
        let anomaly = plan.traces.map(|at| {
            let guard = self.local("_anomaly");
            quote_spanned!(mixed(at)=> let #guard = #path::detect_anomaly();)
        });
        quote_spanned! {self.here=>
            #(#unused)*
            #(#made)*
            #(#numbers)*
            #intervals
            #interval
            let mut #run = #path::private::Run::new(#epochs, #max_steps) #max_time #validated #monitor;
            #options
            #(#limits)*
            #before_checks
            #(#checks)*
            #warmup
            #seed
            #anomaly
            #(#optimizers)*
            #ema
        }
    }

    /// The declarations of the optimizer and of the schedule.
    fn optimizer_and_schedule(&self, update: &Update) -> TokenStream {
        let used = &update.optimizer;
        let path = self.path_at(used.at);
        let (optimizer, shared, exclusive) = (Self::made(used, true), used.shared(), used.exclusively());
        let check = quote_spanned!(mixed(used.at)=> #path::Optimizer::check(#shared)?;);
        let scheduler = update.scheduler.as_ref().map(|scheduler| {
            let made = Self::made(scheduler, true);
            let (path, schedule) = (self.path_at(scheduler.at), scheduler.exclusive_inside());
            let start = quote_spanned!(mixed(scheduler.at)=> #path::schedule::Schedule::start(#schedule, #exclusive););
            let (start, check) = (Self::if_some_mut(scheduler, start), self.check_warmup());
            let watch = self.check_watch(update);
            quote!(#made #start #check #watch)
        });
        quote!(#optimizer #check #scheduler)
    }

    /// The statement that seeds the random generator for the scope of the run.
    pub(super) fn seed(&self) -> Option<TokenStream> {
        let seed = self.plan.seed.as_ref()?;
        let (path, guard, value) = (&self.path, self.local("_seed"), value(seed));
        Some(quote_spanned!(mixed(seed.at)=> let #guard = #path::seed_scope(#value);))
    }
}
