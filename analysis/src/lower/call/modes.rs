//! The dependence of a forward on the mode. Some forwards have an argument that selects the mode.
//! Some models have no layer that depends on the mode.

use syn::{FnArg, Pat};

use super::Call;
use crate::cfg::{Mark, SiteId};
use crate::lower::Lower;
use crate::lower::env::value::Value;
use crate::vocabulary::{names_mode_argument, takes_mode};

impl<'a> Lower<'a> {
    /// Records what is known about the dependence of a forward on the mode.
    pub(super) fn note_mode(&mut self, site: SiteId, call: &Call<'a>, model: Option<&Value<'a>>) {
        if self.selects_mode(call) {
            self.cfg.facts.mark(site, Mark::ModeArgument);
        }
        let ty = model.and_then(|model| model.ty);
        let layer = model.and_then(|model| model.place).is_some_and(|place| self.is_same_layer(place));
        if layer || ty.is_some_and(|ty| self.resolver.is_same_in_every_mode(ty)) {
            self.cfg.facts.mark(site, Mark::SameInEveryMode);
        }
    }

    /// Whether a boolean argument of a call certainly selects the mode.
    ///
    /// If the method is resolved, the names of its parameters decide. Otherwise the name of the
    /// method decides.
    fn selects_mode(&self, call: &Call<'a>) -> bool {
        let own = call.receiver.as_ref().and_then(|receiver| self.resolver.method(receiver.ty?, &call.name));
        let Some(id) = own else { return takes_mode(&call.name) };
        self.resolver.functions[id].sig.inputs.iter().any(|input| match input {
            FnArg::Receiver(_) => false,
            FnArg::Typed(typed) => {
                matches!(&*typed.pat, Pat::Ident(name) if names_mode_argument(&name.ident.to_string()))
            }
        })
    }
}
