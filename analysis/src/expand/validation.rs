//! The validation pass and its conditions.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::object::Role;
use super::{Printer, mixed, value};
use crate::plan::{Measure, Step, Validation, When};

impl Printer<'_> {
    /// Validation at the end of an epoch.
    pub(super) fn validation_per_epoch(&self, validation: &Validation) -> Option<TokenStream> {
        let (run, epoch) = (self.local("run"), self.local("epoch"));
        let statements = self.validation(validation, &quote!(#epoch), validation.end.as_ref());
        match &validation.when {
            // After the last validation, an early-stop check on training measurements may have ended the run.
            When::Steps(_) if self.stops_by_training() => self.validation_per_step(validation),
            When::Steps(_) => None,
            When::EveryEpoch => {
                let block = self.block(&statements, validation.end.is_some());
                Some(Self::if_some(&self.limited(&validation.data, Role::Valid), block))
            }
            When::Epochs(every) => {
                let every = value(every);
                let due = quote_spanned!(mixed(validation.at)=>
                    #run.is_last() || (#epoch + 1).is_multiple_of(#every)
                );
                Some(Self::if_some(
                    &self.limited(&validation.data, Role::Valid),
                    quote_spanned!(self.here=> if #due { #statements }),
                ))
            }
        }
    }

    /// Whether an early-stop check on training measurements can end the run.
    fn stops_by_training(&self) -> bool {
        let checks = self.plan.checks.as_ref();
        checks.is_some_and(|checks| !checks.on_validation && checks.early_stop.is_some())
    }

    /// Validation after an update.
    pub(super) fn validation_per_step(&self, validation: &Validation) -> Option<TokenStream> {
        let When::Steps(every) = &validation.when else { return None };
        let (run, epoch) = (self.local("run"), self.local("epoch"));
        let statements = self.validation(validation, &quote!(#epoch), validation.end.as_ref());
        let every = value(every);
        let due = quote_spanned!(mixed(validation.at)=>
            #run.is_due(#every)
        );
        Some(Self::if_some(
            &self.limited(&validation.data, Role::Valid),
            quote_spanned!(self.here=> if #due { #statements }),
        ))
    }

    /// Validation before the first epoch.
    pub(super) fn first_validation(&self) -> Option<TokenStream> {
        let validation = self.plan.validation.as_ref().filter(|validation| validation.first)?;
        let (run, hook) = (self.local("run"), validation.first_end.as_ref());
        let statements = self.validation(validation, &quote!(0), hook);
        let block = self.block(&statements, hook.is_some());
        let stop = hook.map(|_| quote_spanned!(self.here=> if #run.is_over() { return Ok(#run.finish()); }));
        let first = quote_spanned! {self.here=>
            #run.begin_first();
            #block
            #run.end_epoch()?;
            #stop
        };
        Some(Self::if_some(&self.limited(&validation.data, Role::Valid), first))
    }

    /// Puts the statements of a validation into a block, unless their guards are already in an inner block.
    fn block(&self, statements: &TokenStream, has_hook: bool) -> TokenStream {
        if has_hook && self.averaged().is_none() {
            return statements.clone();
        }
        quote_spanned!(self.here=> { #statements })
    }

    /// A validation and its hook. The evaluation guard is dropped before the hook runs. The hook still sees
    /// averaged parameters.
    fn validation(&self, validation: &Validation, epoch: &TokenStream, hook: Option<&Step>) -> TokenStream {
        let (averaged, pass) = (self.averaged(), self.pass(validation, epoch));
        let Some(hook) = hook.map(|hook| self.step(hook, &[])) else { return quote!(#averaged #pass) };
        quote_spanned!(self.here=> #averaged { #pass } #hook)
    }

    /// One pass over the validation data in evaluation mode.
    pub(super) fn pass(&self, validation: &Validation, epoch: &TokenStream) -> TokenStream {
        let (path, run, batch) = (&self.path, self.local("run"), self.local("batch"));
        let guard = self.local("_evaluation");
        let (model, data) = (self.plan.model.shared(), self.data(&validation.data, Role::Valid, epoch));
        let metrics = self.new_metrics(&validation.metrics);
        let steps = validation.order.iter().map(|step| self.step(step, &validation.metrics));
        let measured = validation
            .metrics
            .iter()
            .map(|Measure { name, at, .. }| quote_spanned!(mixed(*at)=> #run.measure_valid(&#name);));
        let observe = self.plan.updates.iter().map(|update| self.of(update).observe(update));
        let check = self.check(true);
        quote_spanned! {self.here=>
            let #guard = #path::evaluation(#model);
            #run.begin_validation();
            #metrics
            for #batch in #data {
                #(#steps)*
            }
            #(#measured)*
            #run.end_validation();
            #(#observe)*
            #check
        }
    }
}
