//! The outline of a loop with options, for reports.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{Printer, mixed};
use crate::plan::Outline;

impl Printer<'_> {
    /// Passes the outline of the loop and the model to the run.
    pub(super) fn describe(&self) -> Option<TokenStream> {
        let Outline { at, name, clauses } = self.plan.outline.as_ref()?;
        let (at, path) = (mixed(*at), &self.path);
        let (run, outline, model) = (self.local("run"), self.local("outline"), self.plan.model.shared());
        let batch = self.plan.updates.iter().flat_map(|update| {
            let phase = update.phase.as_ref().map(|phase| format!("{} ", phase.name)).unwrap_or_default();
            let [_, batch, _] = &update.order.stages;
            batch.iter().map(move |stage| format!("{phase}{stage}"))
        });
        let window = self.plan.accumulate.as_ref().zip(self.plan.updates.first());
        let window = window.map(|(_, update)| {
            let [start, _, end] = &update.order.stages;
            quote_spanned!(at=> .window(&[#(#start),*], &[#(#end),*]))
        });
        let validation = self.plan.validation.as_ref().map(|validation| {
            let stages = &validation.stages;
            quote_spanned!(at=> .validation(&[#(#stages),*]))
        });
        let clauses = clauses.iter().map(|(name, recorded)| {
            let value = self.recorded(recorded, at);
            quote_spanned!(at=> .clause(#name, #value))
        });
        Some(quote_spanned! {at=>
            let #outline = #path::run::Outline::new(#name) .batch(&[#(#batch),*]) #window #validation #(#clauses)*;
            #run.describe(#outline, #model)?;
        })
    }
}
