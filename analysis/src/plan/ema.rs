//! The average of the parameters.

use proc_macro2::Span;

use super::{Amounts, Names, Number, number};
use crate::item::SpecFn;
use crate::spec::Spec;

/// The average of the parameters.
pub(crate) struct Ema {
    pub(crate) at: Span,
    pub(crate) decay: Number,
    /// Whether evaluations and the final model have the averaged values.
    pub(crate) eval: bool,
}

/// Plans the average, if there is one.
pub(super) fn plan(spec: &Spec, item: &SpecFn, amounts: &Amounts, names: &Names) -> Option<Ema> {
    let (clause, decay) = spec.ema.as_ref().zip(amounts.decay.as_ref())?;
    Some(Ema {
        at: clause.span(),
        decay: number(decay, None, "decay", clause.span(), item, names),
        eval: clause.value.eval,
    })
}
