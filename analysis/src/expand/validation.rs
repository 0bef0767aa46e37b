//! The validation pass and its conditions.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{Printer, mixed, value};
use crate::plan::{Measure, Validation, When};

impl Printer<'_> {
    /// Validation at the end of an epoch.
    pub(super) fn validation_per_epoch(&self, validation: &Validation) -> Option<TokenStream> {
        let (run, epoch) = (self.local("run"), self.local("epoch"));
        let pass = self.validation(validation, &quote!(#epoch));
        let hook = validation.end.as_ref().map(|hook| self.step(hook, &[]));
        match &validation.when {
            When::Steps(_) => None,
            When::EveryEpoch => {
                let both = quote_spanned!(self.here=> { #pass } #hook);
                Some(Self::if_some(&validation.data, both))
            }
            When::Epochs(every) => {
                let every = value(every);
                let due = quote_spanned!(mixed(validation.at)=>
                    #run.is_last() || (#epoch + 1).is_multiple_of(#every)
                );
                Some(self.on_condition(validation, &due, &pass, hook.as_ref()))
            }
        }
    }

    /// Validation after an update.
    pub(super) fn validation_per_step(&self, validation: &Validation) -> Option<TokenStream> {
        let When::Steps(every) = &validation.when else { return None };
        let (run, epoch) = (self.local("run"), self.local("epoch"));
        let pass = self.validation(validation, &quote!(#epoch));
        let hook = validation.end.as_ref().map(|hook| self.step(hook, &[]));
        let every = value(every);
        let due = quote_spanned!(mixed(validation.at)=>
            #run.is_due(#every)
        );
        Some(self.on_condition(validation, &due, &pass, hook.as_ref()))
    }

    /// Validation before the first epoch.
    pub(super) fn first_validation(&self) -> Option<TokenStream> {
        let validation = self.plan.validation.as_ref().filter(|validation| validation.first)?;
        let run = self.local("run");
        let pass = self.validation(validation, &quote!(0));
        let hook = validation.first_end.as_ref().map(|hook| self.step(hook, &[]));
        let stop = hook
            .as_ref()
            .map(|_| quote_spanned!(self.here=> if #run.is_over() { return Ok(#run.finish()); }));
        let first = quote_spanned! {self.here=>
            #run.begin_first();
            { #pass }
            #hook
            #run.end_epoch()?;
            #stop
        };
        Some(Self::if_some(&validation.data, first))
    }

    /// The validation pass under a condition. The guard of evaluation mode is dropped before the hook runs.
    fn on_condition(
        &self,
        validation: &Validation,
        due: &TokenStream,
        pass: &TokenStream,
        hook: Option<&TokenStream>,
    ) -> TokenStream {
        let block = hook.map_or_else(|| pass.clone(), |hook| quote_spanned!(self.here=> { #pass } #hook));
        Self::if_some(&validation.data, quote_spanned!(self.here=> if #due { #block }))
    }

    /// One pass over the validation data in evaluation mode.
    fn validation(&self, validation: &Validation, epoch: &TokenStream) -> TokenStream {
        let (path, run, batch) = (&self.path, self.local("run"), self.local("batch"));
        let guard = self.local("_evaluation");
        let (model, data) = (self.plan.model.shared(), self.data(&validation.data, epoch));
        let metrics = self.new_metrics(&validation.metrics);
        let steps = validation.order.iter().map(|step| self.step(step, &validation.metrics));
        let measured = validation
            .metrics
            .iter()
            .map(|Measure { name, at, .. }| quote_spanned!(mixed(*at)=> #run.measure_valid(&#name);));
        quote_spanned! {self.here=>
            let #guard = #path::evaluation(#model);
            #run.begin_validation();
            #metrics
            for #batch in #data {
                #(#steps)*
            }
            #(#measured)*
            #run.end_validation();
        }
    }
}
