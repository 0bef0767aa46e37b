//! The checker's doors: a function or a file in, findings in source order out.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};
use syn::{Attribute, File, ImplItem, Item, ItemFn};

use crate::cfg::Cfg;
use crate::diagnostic::{Diagnostic, Level, Place};
use crate::lower::Lowered;
use crate::lower::deep::leave_out_deep_bodies;
use crate::lower::seen::{Seen, Told};
use crate::methods::as_methods;
use crate::prove::{Asked, Proof};
use crate::stage::Effect;
use crate::suppress::Levels;
use crate::{door, fix, flow, lints, lower, prove};

/// Who wrote the loop that is checked: decides how findings are worded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// A person; findings stand on calls and name lines.
    #[default]
    Hand,
    /// The generator; findings stand on the tokens of a spec and name its clauses.
    Spec,
}

/// How a function is checked.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing, whatever the others say")]
pub struct CheckOptions {
    /// Who wrote the loop.
    pub origin: Origin,
    /// The function carries the attribute: what comes from the caller counts as zeroed.
    pub annotated: bool,
    /// What is done with each lint's findings.
    pub levels: Levels,
    /// Names told to be optimizers.
    pub optimizers: Vec<String>,
    /// Names told to be models.
    pub models: Vec<String>,
    /// A function that is seen calls it, so that what lies between two calls is seen there.
    pub called: bool,
    /// It stands in an annotated module or `impl` in which nothing that is seen steps, and nothing there calls it.
    pub unstepped: bool,
    /// Where a spec has statements of its own that run in evaluation.
    pub evaluates: Vec<Place>,
    /// The schedule of a spec says itself that it counts epochs.
    pub per_epoch: bool,
    /// The optimizer of a spec, whose updates its loop counts, as the loop names it.
    pub counted: Option<String>,
}

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
    let seen = Seen::of_items(&file.items, &told, None);
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
    let mut findings = check_items(&file.items, &told, None);
    fix::settle(file, &mut findings);
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

/// A function's options and whether it carries the attribute.
fn told(attributes: &[Attribute], around: Option<&CheckOptions>) -> (CheckOptions, bool) {
    let mut options = around.cloned().unwrap_or_default();
    let attribute = attributes.iter().find(|attribute| is_ours(attribute));
    if let Some(attribute) = attribute {
        options.annotated = true;
        tell(attribute, &mut options);
    }
    (options, attribute.is_some())
}

/// Whether an attribute is `#[training_loop]`, by whatever path.
pub(crate) fn is_ours(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "training_loop")
}

/// Reads what an attribute above a body tells: roles and levels. What else it says is the macro's business.
fn tell(attribute: &Attribute, options: &mut CheckOptions) {
    use crate::suppress::Setting;
    use syn::punctuated::Punctuated;
    use syn::{Expr, Meta, MetaList, Path, Token};

    let Ok(clauses) = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else {
        return;
    };
    let set = |options: &mut CheckOptions, list: &MetaList, setting: Setting| {
        let names = list.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated);
        for name in names.iter().flatten().filter_map(Path::get_ident) {
            options.levels.set(name.to_string(), setting);
        }
    };
    for clause in clauses {
        match clause {
            Meta::List(list) if list.path.is_ident("allow") => set(options, &list, Setting::Allow),
            Meta::List(list) if list.path.is_ident("warn") => set(options, &list, Setting::Warn),
            Meta::List(list) if list.path.is_ident("deny") => set(options, &list, Setting::Deny),
            Meta::NameValue(told) => {
                let Expr::Path(name) = &told.value else { continue };
                let Some(name) = name.path.get_ident() else { continue };
                if told.path.is_ident("optimizer") {
                    options.optimizers.push(name.to_string());
                } else if told.path.is_ident("model") {
                    options.models.push(name.to_string());
                }
            }
            _ => {}
        }
    }
}

/// The levels in use: certain findings are errors, the others warnings, whatever the lint's own level.
pub(crate) fn level(certain: crate::cfg::Certain) -> Level {
    match certain {
        crate::cfg::Certain::Every => Level::Error,
        crate::cfg::Certain::Some => Level::Warning,
    }
}
