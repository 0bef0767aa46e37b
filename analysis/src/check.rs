//! Checks functions. Each function is lowered and solved once. Findings, proofs and drawings use
//! this result.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use syn::{Item, ItemFn};

use crate::attribute::Told;
use crate::cfg::Cfg;
use crate::diagnostic::Diagnostic;
use crate::flow::Solution;
use crate::lower::Lowered;
use crate::lower::resolve::{FnId, Resolver};
use crate::methods::as_methods;
use crate::options::{Author, CheckOptions};
use crate::prove::{Asked, Proof};
use crate::stage::Effect;
use crate::{flow, lints, lower, prove};

/// Functions that were checked together.
///
/// # Example
/// ```
/// use training_loop_analysis::{CheckOptions, Checked};
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
/// let checked = Checked::function(&function, &CheckOptions::default());
/// assert!(checked.findings().is_empty());
/// let proofs = checked.proofs();
/// assert!(proofs[0].is_proved(), "{}", proofs[0].text("train.rs"));
/// # Ok::<(), syn::Error>(())
/// ```
#[derive(Debug)]
pub struct Checked {
    functions: Vec<CheckedFn>,
    findings: Vec<Diagnostic>,
}

/// A checked function with its callees.
#[derive(Debug)]
struct CheckedFn {
    id: FnId,
    /// The findings of the function, at the levels that the options of the function set.
    findings: Vec<Diagnostic>,
    /// The solved states of the function; `None` if only the findings are kept.
    solved: Option<Solved>,
}

#[derive(Debug)]
struct Solved {
    cfg: Cfg,
    solution: Solution,
    annotated: bool,
}

/// The results to store after the check of a function. Solved states need memory, so they are
/// stored only on request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    Findings,
    /// The findings and the solved states, for proofs and drawings.
    States,
}

impl Checked {
    /// Checks one function, and the functions in its body.
    pub fn function(function: &ItemFn, options: &CheckOptions) -> Self {
        if options.author == Author::Generator {
            // A block of a spec may define other functions. These functions are not the loop.
            let function = as_methods(function);
            let seen = Resolver::of_function(&function, options);
            return Self::of(
                &seen,
                vec![(0, lower::lower_resolved(&seen, 0), options.clone())],
                Keep::States,
            );
        }
        let seen = Resolver::of_function(function, options);
        Self::of(&seen, lowered(&seen, 0..seen.functions.len()), Keep::States)
    }

    /// Checks several items together. The options in `around` apply to all functions in the items.
    pub(crate) fn items(items: &[Item], told: Told<'_>, around: Option<CheckOptions>, keep: Keep) -> Self {
        let seen = Resolver::of_items(items, told, around);
        let relevant = seen.relevant();
        let ids = (0..relevant.len()).filter(|id| relevant[*id]);
        if seen.functions.iter().any(|function| function.options.annotated) {
            return Self::of(&seen, lowered(&seen, ids), keep);
        }
        // Each graph is dropped before the next function is lowered.
        let check = |id: FnId| {
            CheckedFn::new(id, lower::lower_resolved(&seen, id).cfg, &seen.functions[id].options, keep)
        };
        Self::merged(&seen, ids.map(check).collect())
    }

    fn of(seen: &Resolver, lowered: Vec<(FnId, Lowered, CheckOptions)>, keep: Keep) -> Self {
        let checked =
            |(id, lowered, options): (_, Lowered, _)| CheckedFn::new(id, lowered.cfg, &options, keep);
        Self::merged(seen, lowered.into_iter().map(checked).collect())
    }

    fn merged(seen: &Resolver, functions: Vec<CheckedFn>) -> Self {
        let findings = merge(seen, &functions);
        Self { functions, findings }
    }

    /// The findings in source order. Each fault is reported once.
    pub fn findings(&self) -> &[Diagnostic] {
        &self.findings
    }

    pub(crate) fn into_findings(self) -> Vec<Diagnostic> {
        self.findings
    }

    /// One proof for each function that trains something, in source order.
    pub fn proofs(&self) -> Vec<Proof> {
        let mut proofs: Vec<Proof> = self.functions.iter().filter_map(CheckedFn::proof).collect();
        proofs.sort_by_key(|proof| proof.line);
        proofs
    }

    /// The control flow of the first checked function as text, with the state of each optimizer's gradients.
    pub fn drawing(&self) -> String {
        let draw = |Solved { cfg, solution, .. }: &Solved| cfg.text(&|block| solution.margin(cfg, block));
        self.first().map_or_else(String::new, draw)
    }

    /// The control flow of the first checked function as a Mermaid flowchart.
    pub fn mermaid(&self) -> String {
        self.first().map_or_else(String::new, |solved| solved.cfg.mermaid())
    }

    fn first(&self) -> Option<&Solved> {
        self.functions.first()?.solved.as_ref()
    }
}

impl CheckedFn {
    fn new(id: FnId, mut cfg: Cfg, options: &CheckOptions, keep: Keep) -> Self {
        flow::claim(&mut cfg);
        let solution = flow::solve(&cfg, options.annotated);
        let solved = Solved { cfg, solution, annotated: options.annotated };
        let findings = if solved.is_complete() {
            options.levels.apply(lints::judge(&solved.cfg, &solved.solution, options))
        } else {
            Vec::new()
        };
        Self { id, findings, solved: (keep == Keep::States).then_some(solved) }
    }

    fn proof(&self) -> Option<Proof> {
        let solved = self.solved.as_ref().filter(|solved| solved.is_complete())?;
        let Solved { cfg, solution, annotated } = solved;
        prove::prove(&Asked { cfg, solution, annotated: *annotated }, &self.findings)
    }
}

impl Solved {
    /// Whether the states allow conclusions, because the function is within all bounds of the
    /// analysis.
    fn is_complete(&self) -> bool {
        !self.cfg.gave_up && !self.solution.gave_up
    }
}

/// Lowers each of these functions together with its callees. Each result has the function and its
/// options. The options of a function with the attribute depend on the other functions.
fn lowered(seen: &Resolver, ids: impl Iterator<Item = FnId>) -> Vec<(FnId, Lowered, CheckOptions)> {
    let lowered: Vec<(FnId, Lowered)> = ids.map(|id| (id, lower::lower_resolved(seen, id))).collect();
    let called: BTreeSet<FnId> = lowered.iter().flat_map(|(_, lowered)| &lowered.called).copied().collect();
    let steps = lowered.iter().any(|(_, lowered)| has(lowered, Effect::Take));
    let options = |(id, lowered): (FnId, Lowered)| {
        let function = &seen.functions[id];
        let called = called.contains(&id);
        // A helper in an annotated module may only step or only run `backward`: the rest is its caller's work.
        let whole = !called && has(&lowered, Effect::Fill) && has(&lowered, Effect::Take);
        let annotated = function.options.annotated && (function.marked || whole);
        let unstepped = function.options.annotated && !annotated && !called && !steps;
        (id, lowered, CheckOptions { annotated, called, unstepped, ..function.options.clone() })
    };
    lowered.into_iter().map(options).collect()
}

fn has(lowered: &Lowered, effect: Effect) -> bool {
    lowered.cfg.sites_with(effect).next().is_some()
}

/// The findings of all functions, one for each fault.
///
/// A called function is checked with the states of its callers, and once more alone with unknown
/// states.
/// If several findings report one fault, the most certain and shortest one is kept.
fn merge(seen: &Resolver, functions: &[CheckedFn]) -> Vec<Diagnostic> {
    let mut merged: BTreeMap<(usize, usize), Diagnostic> = BTreeMap::new();
    for function in functions {
        for finding in &function.findings {
            let key = (finding.place.line(), finding.place.column());
            let Some(finding) = levelled(seen, function.id, finding, key) else { continue };
            let weight = |finding: &Diagnostic| (finding.certain, Reverse(finding.notes.len()));
            if merged.get(&key).is_none_or(|known| weight(known) < weight(&finding)) {
                merged.insert(key, finding);
            }
        }
    }
    merged.into_values().collect()
}

/// The finding at the level that the function around its place sets. `None` if that function allows the lint.
fn levelled(seen: &Resolver, id: usize, finding: &Diagnostic, place: (usize, usize)) -> Option<Diagnostic> {
    match seen.around(place.0, place.1) {
        Some(around) if around != id => {
            seen.functions[around].options.levels.apply(vec![finding.clone()]).pop()
        }
        _ => Some(finding.clone()),
    }
}
