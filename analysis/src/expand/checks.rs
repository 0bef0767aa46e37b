//! Checks: early stopping, and the best values of a run.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{Printer, mixed, value};
use crate::plan::{Checks, Declared};
use crate::spec::Goal;

impl Printer<'_> {
    /// The call that declares the monitored measurement, after `Run::new(..)`.
    pub(super) fn monitor(&self) -> Option<TokenStream> {
        let checks = self.plan.checks.as_ref()?;
        let Declared::Known(goal) = checks.goal else { return None };
        let (name, goal) = (&checks.name, self.goal(goal));
        Some(quote_spanned!(mixed(checks.at)=> .monitor(#name, #goal)))
    }

    /// The checks at the start of the run, and the variable for the best values.
    pub(super) fn before_checks(&self) -> Option<TokenStream> {
        let checks = self.plan.checks.as_ref()?;
        let (path, at, name) = (&self.path, mixed(checks.at), &checks.name);
        let required = checks.is_optional.then(|| {
            let valid = self.plan.validation.as_ref().map(|validation| &validation.data.place);
            let rule = format!("no validation, so `{name}` never exists");
            quote_spanned! {at=>
                #path::private::require(#valid.is_some(), "monitor", #name, #rule, "give `valid` data")?;
            }
        });
        let best = checks.restore_best.filter(|_| self.plan.checkpoint.is_none()).map(|at| {
            let best = self.local("best");
            quote_spanned!(mixed(at)=> let mut #best = None;)
        });
        let asked = self.asked(checks);
        Some(quote!(#required #asked #best))
    }

    /// The variable for the best values, in a loop with checkpoints.
    pub(super) fn saved_best(&self) -> Option<TokenStream> {
        let at = self.plan.checks.as_ref()?.restore_best?;
        let (run, best) = (self.local("run"), self.local("best"));
        Some(quote_spanned!(mixed(at)=> let mut #best = #run.saved_best();))
    }

    /// The call that asks metrics of unknown names for the monitored one.
    fn asked(&self, checks: &Checks) -> Option<TokenStream> {
        let Declared::Asked(goal) = checks.goal else { return None };
        let (path, run, at, name) = (&self.path, self.local("run"), mixed(checks.at), &checks.name);
        let goal = goal.map_or_else(
            || quote_spanned!(at=> None),
            |goal| {
                let goal = self.goal(goal);
                quote_spanned!(at=> Some(#goal))
            },
        );
        let valid = self.plan.validation.iter().flat_map(|validation| &validation.metrics);
        let train = self.plan.train_metrics.iter().map(|metric| ("", metric));
        let measured = train.chain(valid.map(|metric| ("valid_", metric))).map(|(prefix, metric)| {
            let value = self.new_metric(metric);
            quote_spanned!(mixed(metric.at)=> #path::private::measured(#prefix, &#value))
        });
        Some(quote_spanned!(at=> #run.monitor_one_of(#name, #goal, &[#(#measured),*])?;))
    }

    /// The check after a validation (`after_validation`), or after the training of an epoch.
    pub(super) fn check(&self, after_validation: bool) -> Option<TokenStream> {
        let checks = self.plan.checks.as_ref().filter(|checks| checks.on_validation == after_validation)?;
        let (path, run) = (&self.path, self.local("run"));
        let keep = checks.restore_best.map(|at| {
            let (best, model) = (self.local("best"), self.plan.model.shared());
            // A validation is inside of the scope.
            let averaged = self.averaged().filter(|_| !after_validation);
            let save = self.plan.checkpoint.as_ref();
            let save = save.map(|_| quote_spanned!(mixed(at)=> #run.keep_best(#best.as_ref());));
            quote_spanned! {mixed(at)=>
                if #run.is_best() { #averaged #best = Some(#path::Snapshot::of(#model)); #save }
            }
        });
        let stop = checks.early_stop.as_ref().map(|early_stop| {
            let (patience, min_delta) = (value(&early_stop.patience), value(&early_stop.min_delta));
            quote_spanned!(mixed(early_stop.at)=> #run.check_early_stop(#patience, #min_delta)?;)
        });
        Some(quote!(#keep #stop))
    }

    /// The statement that gives the model its best values back after the run.
    pub(super) fn restore_best(&self) -> Option<TokenStream> {
        let at = self.plan.checks.as_ref()?.restore_best?;
        let best = self.local("best");
        Some(quote_spanned!(mixed(at)=> if let Some(#best) = #best { #best.restore(); }))
    }

    /// The path of a goal in the runtime.
    fn goal(&self, goal: Goal) -> TokenStream {
        let path = &self.path;
        match goal {
            Goal::Min => quote_spanned!(self.here=> #path::metric::Goal::Min),
            Goal::Max => quote_spanned!(self.here=> #path::metric::Goal::Max),
        }
    }
}
