//! Optimizers in private fields, which no code outside of the file can step or zero.

use syn::FnArg;

use super::{Function, Resolver, TypeId};
use crate::vocabulary::{applies_gradients, clips_gradients, names_rate, sets_clipping, zeroes_gradients};

impl Resolver<'_> {
    /// Whether a field is private, and the checked code uses it only by steps and by calls that zero, clip or act on
    /// the learning rate.
    ///
    /// A module in another file below the module of the type could still reach the field.
    pub(in crate::lower) fn keeps(&self, ty: TypeId, field: &str) -> bool {
        let known = &self.types[ty];
        let resolved = known.defined && !known.ambiguous && known.private.contains(field);
        resolved && self.functions.iter().all(|function| only_calls(function, field))
    }
}

/// Whether a function does nothing with a field but call known methods on it.
fn only_calls(function: &Function<'_>, field: &str) -> bool {
    let of_field = |text: &str| text.rsplit_once('.').is_some_and(|(_, last)| last == field);
    let uses = function.survey.uses.iter().filter(|(text, _)| of_field(text)).map(|(_, uses)| uses);
    let known = |name: &String| {
        applies_gradients(name)
            || zeroes_gradients(name)
            || clips_gradients(name)
            || sets_clipping(name)
            || names_rate(name)
    };
    let calls: usize = uses.clone().map(|uses| uses.calls).sum();
    let has_receiver = matches!(function.sig.inputs.first(), Some(FnArg::Receiver(_)));
    uses.clone().all(|uses| uses.bare.iter().chain(&uses.given).all(known))
        && calls == function.mentions(field, has_receiver)
}
