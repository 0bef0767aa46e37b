//! Expands the objects of a loop: declarations, `if let` around optional objects, and data loaders.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::{Printer, mixed};
use crate::plan::Object;

/// The role of a loop's data.
#[derive(Clone, Copy)]
pub(super) enum Role {
    Train,
    Valid,
}

impl Role {
    /// The name of the clause.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Valid => "valid",
        }
    }
}

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

    /// The loader of an object's batches. A trait bound on the loader makes rustc report types that do not
    /// implement it.
    ///
    /// In a loop with options, the loader is a local variable, because the options may limit its batches.
    pub(super) fn loader(&self, data: &Object, role: Role) -> TokenStream {
        if self.has_options() {
            return self.limited(data, role).place;
        }
        self.given_loader(data)
    }

    /// The loader that a clause or a parameter names.
    fn given_loader(&self, data: &Object) -> TokenStream {
        let (path, shared) = (self.path_at(data.at), data.shared_inside());
        quote_spanned!(mixed(data.at)=> #path::private::loader(#shared))
    }

    /// The data whose batches the loop reads: the clause or the parameter, or in a loop with options the
    /// limited loader.
    pub(super) fn limited(&self, data: &Object, role: Role) -> Object {
        if !self.has_options() {
            return data.clone();
        }
        let name = match role {
            Role::Train => self.local("train_loader"),
            Role::Valid => self.local("valid_loader"),
        };
        Object { place: quote!(#name), shared: quote!(&#name), made: None, ..data.clone() }
    }

    /// In a loop with options, the declaration of the limited loader.
    pub(super) fn limit(&self, data: &Object, role: Role) -> Option<TokenStream> {
        if !self.has_options() {
            return None;
        }
        let (run, name, loader) =
            (self.local("run"), self.limited(data, role).place, self.given_loader(data));
        let at = mixed(data.at);
        let limit = match role {
            Role::Train => quote_spanned!(at=> limit_train),
            Role::Valid => quote_spanned!(at=> limit_valid),
        };
        let Object { place, is_optional, .. } = data;
        Some(if *is_optional {
            quote_spanned!(at=> let #name = #place.as_ref().map(|#place| #run.#limit(#loader));)
        } else {
            quote_spanned!(at=> let #name = #run.#limit(#loader);)
        })
    }

    /// The batches of an epoch.
    pub(super) fn data(&self, data: &Object, role: Role, epoch: &TokenStream) -> TokenStream {
        let loader = self.loader(data, role);
        quote_spanned!(mixed(data.at)=> #loader.epoch(#epoch))
    }
}
