//! The error bag: collects all errors of a phase, so that users see them at once.
//!
//! A phase collects all its errors. Errors are fatal only at the end of the phase. In unit tests, a
//! bag panics if it is dropped before its errors are read, because the errors would be lost.

use std::cell::RefCell;

use proc_macro2::Span;

use crate::diagnostic::{Diagnostic, Place};

/// Errors in the order in which they were found.
#[derive(Debug)]
pub(crate) struct Bag {
    /// `None` once the errors have been read.
    errors: RefCell<Option<Vec<Diagnostic>>>,
}

impl Bag {
    /// An empty bag.
    pub(crate) fn new() -> Self {
        Self { errors: RefCell::new(Some(Vec::new())) }
    }

    /// Adds an error.
    pub(crate) fn push(&self, error: Diagnostic) {
        if let Some(errors) = self.errors.borrow_mut().as_mut() {
            errors.push(error);
        }
    }

    /// The number of errors so far.
    pub(crate) fn len(&self) -> usize {
        self.errors.borrow().as_ref().map_or(0, Vec::len)
    }

    /// Adds the errors of a parser.
    pub(crate) fn parse(&self, error: &syn::Error) {
        for error in error.clone() {
            self.push(from_syn(&error));
        }
    }

    /// The errors in source order, without duplicates.
    pub(crate) fn check(self) -> Vec<Diagnostic> {
        let mut errors = self.errors.borrow_mut().take().unwrap_or_default();
        errors.sort_by_key(|error| position(error.place.start));
        errors.dedup_by(|next, error| {
            position(next.place.start) == position(error.place.start) && next.message == error.message
        });
        errors
    }
}

/// A parser's error as a diagnostic.
pub(crate) fn from_syn(error: &syn::Error) -> Diagnostic {
    let message = error.to_string();
    let place = Place { start: error.span(), end: error.span() };
    Diagnostic::error(place, message)
}

/// The sort key for source order.
fn position(span: Span) -> (usize, usize) {
    let start = span.start();
    (start.line, start.column)
}

impl Drop for Bag {
    fn drop(&mut self) {
        if cfg!(test) && !std::thread::panicking() {
            assert!(self.errors.borrow().is_none(), "an error bag was dropped with its errors unread");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "errors unread")]
    fn an_unread_bag_panics_in_our_tests() {
        let _bag = Bag::new();
    }
}
