//! The attribute above a function without a body: the loop of its spec is written, and checked as any other.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemFn;

use super::{bug, options, shown};
use crate::attribute::{is_ours, levels};
use crate::bag::Bag;
use crate::diagnostic::{Diagnostic, Place};
use crate::item::{Item, SpecFn};
use crate::options::{CheckOptions, Origin};
use crate::plan::{Amounts, Plan};
use crate::spec::{Entry, EntryKind, Spec};
use crate::{check_fn, cross, expand, plan, report};

/// Writes the loop of a spec.
pub(super) fn write(args: &TokenStream, item: &SpecFn) -> TokenStream {
    let user = item.signature.fn_token.span;
    let written = written(args, item);
    if written.whole {
        return shown(&written.function, &written.findings, user);
    }
    let (function, errors) = (written.function, report::errors(&written.findings, user));
    quote!(#function #errors)
}

/// What comes of a spec.
struct Written {
    function: TokenStream,
    /// It has the loop that the spec describes; else something that type-checks stands in.
    whole: bool,
    /// Mistakes in the spec, then faults of its loop.
    findings: Vec<Diagnostic>,
}

fn written(args: &TokenStream, item: &SpecFn) -> Written {
    let bag = Bag::new();
    let mut spec = Spec::parse(&bag, args.clone());
    spec.take_parameters(item, args);
    cross::check(&bag, &spec, item);
    let amounts = Amounts::check(&bag, &spec);
    let options = CheckOptions {
        levels: levels(&bag, &spec),
        evaluates: own_evaluation(&spec),
        per_epoch: spec.is_per_epoch(),
        ..options(Origin::Spec)
    };
    let (findings, mut mistakes): (Vec<_>, Vec<_>) =
        bag.check().into_iter().partition(|mistake| cross::LINTS.contains(&mistake.lint.unwrap_or_default()));
    let mut findings = options.levels.apply(findings);
    if !mistakes.is_empty() {
        mistakes.append(&mut findings);
        spec.eval_order = None;
        mistakes.extend(faults_of_training(&spec, item, options));
        return Written { function: expand::stand_in(item), whole: false, findings: mistakes };
    }
    match plan::plan(&spec, item, &amounts) {
        Ok(plan) => {
            let function = expand::expand(&plan, item);
            findings.extend(faults(&plan, &function, options));
            Written { function, whole: true, findings }
        }
        Err(said) => Written { function: expand::stand_in(item), whole: false, findings: vec![bug(said)] },
    }
}

/// What the checker finds in a written loop.
fn faults(plan: &Plan, function: &TokenStream, options: CheckOptions) -> Vec<Diagnostic> {
    let options = CheckOptions { counted: Some(plan.optimizer.place.to_string()), ..options };
    syn::parse2::<ItemFn>(function.clone())
        .map_or_else(|_| Vec::new(), |function| check_fn(&function, &options))
}

/// What is wrong with the order of the training steps, where other parts of the spec keep its loop from being written.
fn faults_of_training(spec: &Spec, item: &SpecFn, options: CheckOptions) -> Vec<Diagnostic> {
    if spec.train_order.as_ref().is_none_or(|order| spec.broken_orders.contains(&order.key)) {
        return Vec::new();
    }
    let bag = Bag::new();
    cross::check(&bag, spec, item);
    let amounts = Amounts::check(&bag, spec);
    let is_lint = |mistake: &Diagnostic| cross::LINTS.contains(&mistake.lint.unwrap_or_default());
    if !bag.check().iter().all(is_lint) {
        return Vec::new();
    }
    match plan::plan(spec, item, &amounts) {
        Ok(plan) => faults(&plan, &expand::expand(&plan, item), options),
        Err(_) => Vec::new(), // The other mistakes are told.
    }
}

/// The statements of one's own that `eval_order` has.
fn own_evaluation(spec: &Spec) -> Vec<Place> {
    let entries = spec.eval_order.iter().flat_map(|order| &order.value);
    let block = |entry: &Entry| match &entry.kind {
        EntryKind::Block(block) => Some(Place::of(block)),
        _ => None,
    };
    entries.filter_map(block).collect()
}

/// What is found in a function without a body that carries the attribute; nothing in any other item.
pub(crate) fn check_spec(item: &TokenStream) -> Vec<Diagnostic> {
    let Item::Spec(mut item) = Item::parse(item) else { return Vec::new() };
    let Some(index) = item.attributes.iter().position(is_ours) else { return Vec::new() };
    let attribute = item.attributes.remove(index);
    let args = attribute.meta.require_list().map(|list| list.tokens.clone()).unwrap_or_default();
    written(&args, &item).findings
}
