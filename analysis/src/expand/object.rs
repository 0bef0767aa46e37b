//! The objects of a loop: their declarations, optional ones, and loaders of data.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::{Printer, mixed};
use crate::plan::Object;

impl Printer<'_> {
    /// The declaration `let model = ...;` of an object that the loop declares.
    pub(super) fn made(object: &Object, mutable: bool) -> TokenStream {
        let Some(value) = &object.made else { return TokenStream::new() };
        let name = &object.place;
        let at = Span::mixed_site().located_at(object.at);
        if mutable {
            quote_spanned!(at=> let mut #name = #value;)
        } else {
            quote_spanned!(at=> let #name = #value;)
        }
    }

    /// If an object is an `Option`, puts `if let Some(..)` around statements that read the object.
    pub(super) fn if_some(object: &Object, statements: TokenStream) -> TokenStream {
        if !object.is_optional {
            return statements;
        }
        let place = &object.place;
        quote_spanned!(mixed(object.at)=> if let Some(#place) = &#place { #statements })
    }

    /// If an object is an `Option`, puts `if let Some(..)` around statements that change the
    /// object.
    pub(super) fn if_some_mut(object: &Object, statements: TokenStream) -> TokenStream {
        if !object.is_optional {
            return statements;
        }
        let Object { place, exclusive, .. } = object;
        quote_spanned!(mixed(object.at)=> if let Some(#place) = #exclusive { #statements })
    }

    /// The loader of an object's batches. A trait bound on the loader makes rustc report unfit
    /// types.
    pub(super) fn loader(&self, data: &Object) -> TokenStream {
        let (path, shared) = (self.path_at(data.at), data.shared_inside());
        quote_spanned!(mixed(data.at)=> #path::private::loader(#shared))
    }

    /// The batches of an epoch.
    pub(super) fn data(&self, data: &Object, epoch: &TokenStream) -> TokenStream {
        let loader = self.loader(data);
        quote_spanned!(mixed(data.at)=> #loader.epoch(#epoch))
    }
}
