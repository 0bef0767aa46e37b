//! The average of the parameters.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{Printer, mixed, value};

impl Printer<'_> {
    /// The declaration of the average.
    pub(super) fn new_ema(&self) -> Option<TokenStream> {
        let plan = self.plan.ema.as_ref()?;
        let (path, ema, model, decay) =
            (&self.path, self.local("ema"), self.plan.model.shared(), value(&plan.decay));
        Some(quote_spanned!(mixed(plan.at)=> let mut #ema = #path::Ema::new(#model, #decay);))
    }

    /// The statement that gives the model the averaged values until the end of the block, if evaluations use them.
    pub(super) fn averaged(&self) -> Option<TokenStream> {
        let plan = self.plan.ema.as_ref().filter(|ema| ema.eval)?;
        let (ema, guard) = (self.local("ema"), self.local("_averaged"));
        Some(quote_spanned!(mixed(plan.at)=> let #guard = #ema.scope();))
    }

    /// The statement that gives the model the averaged values for good.
    pub(super) fn apply_ema(&self) -> Option<TokenStream> {
        let plan = self.plan.ema.as_ref().filter(|ema| ema.eval)?;
        let ema = self.local("ema");
        Some(quote_spanned!(mixed(plan.at)=> #ema.apply();))
    }
}
