//! The checker's doors: a function or a file in, findings in source order out.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};
use syn::{File, ImplItem, Item, ItemFn};

use crate::attribute::{self, Told};
use crate::bag::Bag;
use crate::cfg::Cfg;
use crate::diagnostic::Diagnostic;
use crate::lower::Lowered;
use crate::deep::leave_out_deep_bodies;
use crate::lower::seen::Seen;
use crate::methods::as_methods;
use crate::options::{CheckOptions, Origin};
use crate::prove::{Asked, Proof};
use crate::stage::Effect;
use crate::{anchor, door, flow, lints, lower, prove};

/// Checks one function.
///
/// # Example
/// ```
/// use training_loop_analysis::{CheckOptions, check_fn};
///
/// let function = syn::parse_str(
///     "fn fit(model: &mut Mlp, train: &DataLoader) {
///          let mut optimizer = Sgd::new(model.parameters(), 0.01);
///          for batch in train {
///              let loss = mse_loss(&model.forward(&batch.input), &batch.target);
///              loss.backward();
///              optimizer.step();
///          }
///      }",
/// )?;
/// let findings = check_fn(&function, &CheckOptions { annotated: true, ..CheckOptions::default() });
/// assert_eq!(findings[0].lint, Some("missing_zero_grad"));
/// assert_eq!(findings[0].place.line(), 5);
/// # Ok::<(), syn::Error>(())
/// ```
pub fn check_fn(function: &ItemFn, options: &CheckOptions) -> Vec<Diagnostic> {
    if options.origin == Origin::Spec {
        let cfg = lower::lower(&as_methods(function), options);
        return options.levels.apply(judge(&cfg, options));
    }
    together(&Seen::of_function(function, options))
}

/// What is found in a function that is lowered.
fn judge(cfg: &Cfg, options: &CheckOptions) -> Vec<Diagnostic> {
    let solution = flow::solve(cfg, options.annotated);
    if cfg.gave_up || solution.gave_up {
        return Vec::new();
    }
    lints::judge(cfg, &solution, options)
}

/// Checks the functions that are seen, each with all that it calls, and tells each fault once.
///
/// A function that another one calls is met in the states of its callers; alone it is checked with states
/// of which nothing is known.
fn together(seen: &Seen) -> Vec<Diagnostic> {
    let mut findings: BTreeMap<(usize, usize), Diagnostic> = BTreeMap::new();
    for (id, (lowered, options)) in lowered(seen).into_iter().enumerate() {
        for finding in options.levels.apply(judge(&lowered.cfg, &options)) {
            let (line, column) = (finding.place.line(), finding.place.column());
            let around = seen.around(line, column).filter(|around| *around != id);
            let told = around.map(|around| &seen.functions[around].options.levels);
            let finding = match told {
                Some(levels) => levels.apply(vec![finding]).pop(),
                None => Some(finding),
            };
            let Some(finding) = finding else { continue };
            // One fault is met by itself and through several callers: the surest and shortest account stays.
            let weight = |finding: &Diagnostic| (finding.certain, Reverse(finding.notes.len()));
            let key = (line, column);
            if findings.get(&key).is_none_or(|known| weight(known) < weight(&finding)) {
                findings.insert(key, finding);
            }
        }
    }
    findings.into_values().collect()
}

/// Each function that is seen, lowered with all that it calls, and how it is checked.
fn lowered(seen: &Seen) -> Vec<(Lowered, CheckOptions)> {
    let lowered: Vec<Lowered> = (0..seen.functions.len()).map(|id| lower::lower_seen(seen, id)).collect();
    let called: BTreeSet<usize> = lowered.iter().flat_map(|lowered| &lowered.called).copied().collect();
    let steps = lowered.iter().any(|lowered| lowered.cfg.sites_with(Effect::Take).next().is_some());
    let options = |(id, lowered): (usize, Lowered)| {
        let function = &seen.functions[id];
        // In an annotated module the helpers that only step or only run `backward` are others' business.
        let whole = || {
            let has = |effect| lowered.cfg.sites_with(effect).next().is_some();
            has(Effect::Fill) && has(Effect::Take)
        };
        let annotated = function.options.annotated && (function.marked || !called.contains(&id) && whole());
        let called = called.contains(&id);
        let unstepped = function.options.annotated && !annotated && !called && !steps;
        (lowered, CheckOptions { annotated, called, unstepped, ..function.options.clone() })
    };
    lowered.into_iter().enumerate().map(options).collect()
}

/// What holds of one function, and why; nothing if it trains nothing or nothing may be concluded of it.
///
/// # Example
/// ```
/// use training_loop_analysis::{CheckOptions, prove_fn};
///
/// let function = syn::parse_str(
///     "fn fit(model: &mut Mlp, optimizer: &mut Sgd, train: &DataLoader) {
///          for batch in train {
///              optimizer.zero_grad();
///              mse_loss(&model.forward(&batch.input), &batch.target).backward();
///              optimizer.step();
///          }
///      }",
/// )?;
/// let proof = prove_fn(&function, &CheckOptions::default()).expect("it trains");
/// assert!(proof.is_proved(), "{}", proof.text("train.rs"));
/// # Ok::<(), syn::Error>(())
/// ```
pub fn prove_fn(function: &ItemFn, options: &CheckOptions) -> Option<Proof> {
    proof(&lower::lower(function, options), options)
}

fn proof(cfg: &Cfg, options: &CheckOptions) -> Option<Proof> {
    let solution = flow::solve(cfg, options.annotated);
    if cfg.gave_up || solution.gave_up {
        return None;
    }
    let findings = options.levels.apply(lints::judge(cfg, &solution, options));
    prove::prove(&Asked { cfg, solution: &solution, annotated: options.annotated }, &findings)
}

/// What holds of each function of a file that trains something, in source order.
pub fn prove_file(file: &File) -> Vec<Proof> {
    // The check reports errors in attributes.
    let bag = Bag::new();
    let seen = Seen::of_items(&file.items, &*attribute::told(&bag), None);
    drop(bag.check());
    let lowered = lowered(&seen);
    let mut proofs: Vec<Proof> =
        lowered.iter().filter_map(|(lowered, options)| proof(&lowered.cfg, options)).collect();
    proofs.sort_by_key(|proof| proof.line);
    proofs
}

/// The control flow of a function as text, with the state of each optimizer's gradients beside it.
pub fn draw_fn(function: &ItemFn, options: &CheckOptions) -> String {
    let cfg = lower::lower(function, options);
    let solution = flow::solve(&cfg, options.annotated);
    cfg.text(&|block| solution.margin(&cfg, block))
}

/// The control flow of a function as a Mermaid flowchart.
pub fn draw_fn_mermaid(function: &ItemFn, options: &CheckOptions) -> String {
    lower::lower(function, options).mermaid()
}

/// Checks every function of a file, the methods of its types and traits included.
///
/// A function that carries `#[training_loop]` is checked as the macro checks it; where it has a spec and no
/// body, the spec is checked, and the loop that it stands for.
pub fn check_file(file: &File) -> Vec<Diagnostic> {
    let bag = Bag::new();
    let mut findings = check_items(&file.items, &*attribute::told(&bag), None);
    anchor::anchor(file, &mut findings);
    findings.extend(bag.check());
    let mut specs = Specs(Vec::new());
    specs.visit_file(file);
    findings.append(&mut specs.0);
    findings.sort_by_key(|finding| (finding.place.line(), finding.place.column()));
    findings
}

/// What is found in the functions of a file that have no body: syn keeps them as tokens.
struct Specs(Vec<Diagnostic>);

impl<'ast> Visit<'ast> for Specs {
    leave_out_deep_bodies!('ast);

    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Verbatim(tokens) => self.0.extend(door::check_spec(tokens)),
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        match item {
            ImplItem::Verbatim(tokens) => self.0.extend(door::check_spec(tokens)),
            _ => visit::visit_impl_item(self, item),
        }
    }
}

/// Checks the functions of some items together.
pub(crate) fn check_items(items: &[Item], told: Told<'_>, around: Option<CheckOptions>) -> Vec<Diagnostic> {
    together(&Seen::of_items(items, told, around))
}
