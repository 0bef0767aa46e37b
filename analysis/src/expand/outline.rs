//! The outline of a loop with options, for reports.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{Printer, mixed};
use crate::plan::Outline;

impl Printer<'_> {
    /// Gives the run the outline of the loop and the model.
    pub(super) fn describe(&self) -> Option<TokenStream> {
        let Outline { at, name, clauses } = self.plan.outline.as_ref()?;
        let (at, path) = (mixed(*at), &self.path);
        let (run, outline, model) = (self.local("run"), self.local("outline"), self.plan.model.shared());
        let [start, batch, end] = &self.plan.order.stages;
        let window =
            self.plan.accumulate.as_ref().map(|_| quote_spanned!(at=> .window(&[#(#start),*], &[#(#end),*])));
        let stages = &self.plan.order.eval_stages;
        let validation =
            self.plan.validation.as_ref().map(|_| quote_spanned!(at=> .validation(&[#(#stages),*])));
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
