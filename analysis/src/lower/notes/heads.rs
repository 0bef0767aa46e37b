//! Heads of loops, in particular heads that ignore errors in the data.

use syn::{Expr, Pat};

use crate::cfg::{LoopId, Swallow};
use crate::diagnostic::Place;
use crate::lower::control::expression::unreferenced;
use crate::lower::{Lower, address, text};
use crate::tokens::names_in;
use crate::vocabulary::rust::{ErrorFilter, Variant, error_filter, is_ok};
use crate::vocabulary::{names_batch, names_loader};

impl<'a> Lower<'a> {
    /// Records the head of a `for` loop over `items`.
    pub(in crate::lower) fn note_for(&mut self, of: LoopId, pat: &'a Pat, items: &'a Expr) {
        self.iterates_over(of, Some(pat), items);
        let site = self.site(address(items), None, || (Place::of(items), text::call(items).into()));
        self.cfg.loops[of].iterates = Some(site);
        self.note_rows_of(String::new(), None, items);
        self.note_epochs(of, items);
        self.averaging.over.insert(of, (pat, items));
        if let Some((drops, from)) = swallows(items, pat) {
            let items = text::tight(unreferenced(from));
            let instead = format!("for batch in {items} {{ let batch = batch?; .. }}");
            let swallow = Swallow { site, of, drops, instead, from: None };
            self.swallow(swallow);
        }
    }

    /// Records the head of a `while let` loop.
    pub(in crate::lower) fn note_while(&mut self, of: LoopId, head: &'a syn::ExprLet) {
        let site = self.site(address(head), None, || (Place::of(&head.expr), text::call(&head.expr).into()));
        self.cfg.loops[of].iterates = Some(site);
        let Some((outer, _)) = nested(&head.pat) else { return };
        let fetch = text::tight(&head.expr);
        let instead = if outer == Variant::Some {
            format!("while let Some(batch) = {fetch} {{ let batch = batch?; .. }}")
        } else {
            format!("while let Some(batch) = {fetch}? {{ .. }}")
        };
        let from = fetched_from(&head.expr).and_then(|name| self.lookup(&name));
        self.env.item_sources.extend(from);
        self.swallow(Swallow { site, of, drops: false, instead, from });
    }

    fn swallow(&mut self, swallow: Swallow) {
        if !self.at.dead {
            self.cfg.facts.note_once(swallow.site, swallow);
        }
    }
}

/// The two variants of a pattern such as `Some(Ok(batch))`, outermost first.
fn nested(pat: &Pat) -> Option<(Variant, Variant)> {
    let variant = |pat: &'_ Pat| -> Option<(String, Pat)> {
        let Pat::TupleStruct(wrapped) = pat else { return None };
        let name = wrapped.path.segments.last()?.ident.to_string();
        (wrapped.elems.len() == 1).then(|| (name, wrapped.elems[0].clone()))
    };
    let (outer, inner) = variant(pat)?;
    let (inner, _) = variant(&inner)?;
    match (Variant::of(&outer)?, Variant::of(&inner)?) {
        pair @ ((Variant::Some, Variant::Ok) | (Variant::Ok, Variant::Some)) => Some(pair),
        _ => None,
    }
}

/// The name of the variable from which an expression fetches items: `rows` for `rows.next()`.
fn fetched_from(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Await(node) => fetched_from(&node.base),
        Expr::MethodCall(node) => match &*node.receiver {
            Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
            _ => None,
        },
        _ => None,
    }
}

/// Finds a filter that removes errors from the items of a loop, such as
/// `loader.filter_map(Result::ok)`.
///
/// The flag is `true` if the filter drops an item with an error, and `false` if the filter ends the
/// loop at this item. The expression is the iterator before the filter: `loader`. Its items include
/// the errors.
fn swallows<'e>(items: &'e Expr, pat: &Pat) -> Option<(bool, &'e Expr)> {
    let Expr::MethodCall(node) = items else { return None };
    let given = node.args.first();
    let turns = |asks: bool| given.is_some_and(|function| is_ok(function, asks));
    // `flatten` also flattens nested collections; only a loader of batches counts.
    let of_loader = || {
        let bound = names_in(&pat);
        bound.iter().any(|name| names_batch(name))
            && names_in(&node.receiver).iter().any(|name| names_loader(name))
    };
    match error_filter(&node.method.to_string())? {
        ErrorFilter::EndsByValue => turns(false).then_some((false, &*node.receiver)),
        ErrorFilter::EndsByTruth => turns(true).then_some((false, &*node.receiver)),
        ErrorFilter::Drops => turns(false).then_some((true, &*node.receiver)),
        ErrorFilter::Flattens => of_loader().then_some((true, &*node.receiver)),
        ErrorFilter::Passes => swallows(&node.receiver, pat),
    }
}
