//! The pipelines of the attribute: for a spec, for a hand-written function, and for a group of items.
//!
//! Errors are collected within a phase. A pipeline stops before a phase that cannot run on erroneous input.
//!
//! ```text
//! spec      parse, check clauses, check numbers ─ stop ─ plan, expand, check the loop if the spec has code of its own
//! function  parse, read clauses, check the loop
//! items     parse, read clauses, check the loops together, strip the attributes inside
//! ```

mod plain;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ItemFn;

use crate::attribute::{self, Above, is_ours};
use crate::bag::Bag;
use crate::check::{Checked, Keep};
use crate::diagnostic::{Diagnostic, Place};
use crate::item::{Item, SpecFn};
use crate::nest::{STACK, too_deep};
use crate::options::{Author, CheckOptions};
use crate::plan::{Amounts, Plan};
use crate::report::Output;
use crate::spec::{Entry, EntryKind, Spec};
use crate::tokens::names_in;
use crate::{cross, expand, items, plan, report};

/// Expands the attribute on an item.
pub(crate) fn attribute(args: TokenStream, tokens: &TokenStream) -> TokenStream {
    let user = report::hygiene(tokens);
    if let Some(place) = too_deep(tokens, STACK) {
        return unparsed(tokens, place).tokens(user);
    }
    let item = Item::parse(tokens);
    if let Some(place) = too_deep(&args, STACK) {
        let item = if let Item::Spec(item) = item { expand::stand_in(&item) } else { tokens.clone() };
        return Output::beside(item, vec![nested_too_deep(place)]).tokens(user);
    }
    match item {
        Item::Spec(item) => spec(&args, &item).tokens(item.signature.fn_token.span),
        Item::Loop(item) => function(args, &item, tokens).tokens(user),
        Item::Group(item) => items(args, *item, tokens).tokens(user),
        Item::Unfinished => tokens.clone(),
        Item::Other(error) => Output::beside(tokens.clone(), vec![error]).tokens(user),
    }
}

/// Writes the loop of a spec, and checks the loop as if it were hand-written. The loop of a plain spec needs no check.
fn spec(args: &TokenStream, item: &SpecFn) -> Output {
    let bag = Bag::new();
    let mut spec = Spec::parse(&bag, args.clone());
    spec.take_parameters(item, args);
    cross::check(&bag, &spec, item);
    let amounts = Amounts::check(&bag, &spec);
    let options = spec_options(&bag, &spec);

    let (mut findings, errors) = lints_and_errors(bag);
    findings = options.levels.apply(findings);
    if !errors.is_empty() {
        let function = expand::stand_in(&cross::mended(item, &spec));
        let findings = [errors, findings, faults_of_training(spec, item, options)].concat();
        return Output::stand_in(function, findings);
    }

    let plan = match plan::plan(&spec, item, &amounts) {
        Ok(plan) => plan,
        Err(said) => return Output::stand_in(expand::stand_in(item), vec![Diagnostic::bug(said)]),
    };
    let function = expand::expand(&plan, item);
    if !plain::is_plain(&spec, args) {
        findings.extend(faults(&plan, &function, options));
    }
    Output::inside(function, findings)
}

/// Checks a hand-written loop, and returns its tokens unchanged.
fn function(args: TokenStream, item: &ItemFn, tokens: &TokenStream) -> Output {
    let bag = Bag::new();
    let names = || names_in(&item.to_token_stream());
    let options = attribute::read(&bag, args, Above::Body, Some(&names), annotated(Author::Person));

    let mut findings = bag.check();
    if !findings.is_empty() && item.block.stmts.is_empty() {
        // An empty body below a spec is not written yet: a wrong return type of it is no second error.
        return Output::inside(expand::stand_in(&SpecFn::without_body(item)), findings);
    }

    findings.extend(Checked::function(item, &options).into_findings());
    Output::inside(tokens.clone(), findings)
}

/// Checks the functions of a module or an `impl` together.
///
/// The item is returned unchanged, except for the attributes that would check a function a second time.
/// A function without a body keeps its attribute, which generates the loop of the function.
fn items(args: TokenStream, group: syn::Item, tokens: &TokenStream) -> Output {
    let bag = Bag::new();
    let around = attribute::read(&bag, args, Above::Group, None, annotated(Author::Person));

    let items = [group];
    let checked = Checked::items(&items, &*attribute::told(&bag), Some(around), Keep::Findings);
    let findings = [bag.check(), checked.into_findings()].concat();

    let [mut group] = items;
    let item = if items::strip(&mut group) { group.to_token_stream() } else { tokens.clone() };
    Output::beside(item, findings)
}

/// The findings in a function without a body. A function without the attribute has no findings.
pub(crate) fn check_spec(mut item: SpecFn) -> Vec<Diagnostic> {
    let Some(index) = item.attributes.iter().position(is_ours) else { return Vec::new() };
    let attribute = item.attributes.remove(index);
    let args = attribute.meta.require_list().map(|list| list.tokens.clone()).unwrap_or_default();
    spec(&args, &item).findings
}

/// The output for an item that is nested too deep to be parsed.
///
/// A hand-written function is returned unchecked. A function without a body causes an error.
fn unparsed(tokens: &TokenStream, place: Span) -> Output {
    let has_body = !matches!(tokens.clone().into_iter().last(), Some(TokenTree::Punct(_)));
    let errors = if has_body { Vec::new() } else { vec![nested_too_deep(place)] };
    Output::beside(tokens.clone(), errors)
}

/// The error about tokens that are nested too deep.
pub(crate) fn nested_too_deep(place: Span) -> Diagnostic {
    Diagnostic::error(place, "this is nested too deep to be read here")
        .help("give the inner parts names of their own: types, functions or `let` statements outside")
}

/// The options of a function with the attribute.
fn annotated(author: Author) -> CheckOptions {
    CheckOptions { author, annotated: true, ..CheckOptions::default() }
}

/// The options of the loop of a spec.
fn spec_options(bag: &Bag, spec: &Spec) -> CheckOptions {
    let mut phases = spec.phases.iter().flat_map(|clause| &clause.value);
    CheckOptions {
        levels: attribute::levels(bag, spec),
        evaluates: own_evaluation(spec),
        per_epoch: spec.is_per_epoch() || phases.any(|phase| phase.spec.is_per_epoch()),
        ..annotated(Author::Generator)
    }
}

/// The places of the blocks in `eval_order`.
fn own_evaluation(spec: &Spec) -> Vec<Place> {
    let entries = spec.eval_order.iter().flat_map(|order| &order.value);
    let block = |entry: &Entry| match &entry.kind {
        EntryKind::Block(block) => Some(Place::of(block)),
        _ => None,
    };
    entries.filter_map(block).collect()
}

/// Splits the bag into the findings of lints and the errors. Only the errors prevent the generation
/// of the loop.
fn lints_and_errors(bag: Bag) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    bag.check().into_iter().partition(|found| found.lint.is_some_and(|lint| cross::LINTS.contains(&lint)))
}

/// The findings in the loop of a spec.
fn faults(plan: &Plan, function: &TokenStream, options: CheckOptions) -> Vec<Diagnostic> {
    let counted = plan.updates.iter().map(|update| update.optimizer.place.to_string());
    let options = CheckOptions { counted: counted.collect(), ..options };
    syn::parse2::<ItemFn>(function.clone())
        .map_or_else(|_| Vec::new(), |function| Checked::function(&function, &options).into_findings())
}

/// The findings in the training steps of a spec that has errors in its other parts.
fn faults_of_training(mut spec: Spec, item: &SpecFn, options: CheckOptions) -> Vec<Diagnostic> {
    spec.eval_order = None;
    if spec.train_order.as_ref().is_none_or(|order| spec.broken_orders.contains(&order.key)) {
        return Vec::new();
    }
    let bag = Bag::new();
    cross::check(&bag, &spec, item);
    let amounts = Amounts::check(&bag, &spec);
    if !lints_and_errors(bag).1.is_empty() {
        return Vec::new();
    }
    match plan::plan(&spec, item, &amounts) {
        Ok(plan) => faults(&plan, &expand::expand(&plan, item), options),
        Err(_) => Vec::new(), // The errors of the spec are reported.
    }
}

/// A spec without errors, and the findings of the check of its loop.
#[cfg(test)]
fn faults_in_loop(args: &TokenStream, item: &SpecFn) -> Option<(Spec, Vec<Diagnostic>)> {
    let bag = Bag::new();
    let mut spec = Spec::parse(&bag, args.clone());
    spec.take_parameters(item, args);
    cross::check(&bag, &spec, item);
    let amounts = Amounts::check(&bag, &spec);
    let options = spec_options(&bag, &spec);
    if !lints_and_errors(bag).1.is_empty() {
        return None;
    }
    let plan = plan::plan(&spec, item, &amounts).ok()?;
    let found = faults(&plan, &expand::expand(&plan, item), options);
    Some((spec, found))
}

#[cfg(test)]
mod tests;
