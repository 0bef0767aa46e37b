//! Checks functions. Each function is lowered and solved once. Findings, proofs and drawings use
//! this result.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use syn::{Item, ItemFn};

use crate::attribute::Told;
use crate::cfg::{Cfg, NamedCall};
use crate::diagnostic::Diagnostic;
use crate::flow::Solution;
use crate::lower::Lowered;
use crate::lower::resolve::{FnId, Resolver};
use crate::methods::as_methods;
use crate::options::{Author, CheckOptions};
use crate::prove::{Asked, Proof};
use crate::stage::Effect;
use crate::vocabulary::{Keeping, trains_by_name};
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
    /// The first step of a function that trains, by the names of its calls.
    named_step: Option<NamedCall>,
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
        Self::of(&seen, lowered(&seen, ids), keep)
    }

    fn of(seen: &Resolver, lowered: Vec<(FnId, Lowered, CheckOptions)>, keep: Keep) -> Self {
        let checked = |(id, lowered, options): (_, Lowered, _)| CheckedFn::new(id, lowered, &options, keep);
        let functions: Vec<CheckedFn> = lowered.into_iter().map(checked).collect();
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
    fn new(id: FnId, lowered: Lowered, options: &CheckOptions, keep: Keep) -> Self {
        let Lowered { mut cfg, named_step, .. } = lowered;
        flow::claim(&mut cfg);
        let solution = flow::solve(&cfg, options.annotated);
        let solved = Solved { cfg, solution, annotated: options.annotated, named_step };
        let findings = if solved.is_complete() {
            options.levels.apply(lints::judge(&solved.cfg, &solved.solution, options))
        } else {
            Vec::new()
        };
        Self { id, findings, solved: (keep == Keep::States).then_some(solved) }
    }

    fn proof(&self) -> Option<Proof> {
        let solved = self.solved.as_ref()?;
        let Solved { cfg, solution, annotated, named_step } = solved;
        let (annotated, step) = (*annotated, named_step.as_ref());
        let asked = Asked { cfg, solution, annotated, step };
        if solved.is_complete() { prove::prove(&asked, &self.findings) } else { prove::beyond_bounds(&asked) }
    }
}

impl Solved {
    /// Whether the function is within all bounds of the analysis, so that its states allow
    /// conclusions.
    fn is_complete(&self) -> bool {
        !self.cfg.gave_up && !self.solution.gave_up
    }
}

/// Lowers each of these functions together with its callees. Each result has the function and its
/// options. The options depend on the other functions.
fn lowered(seen: &Resolver, ids: impl Iterator<Item = FnId>) -> Vec<(FnId, Lowered, CheckOptions)> {
    let lowered: Vec<(FnId, Lowered)> = ids.map(|id| (id, lower::lower_resolved(seen, id))).collect();
    let called: BTreeSet<FnId> = lowered.iter().flat_map(|(_, lowered)| &lowered.called).copied().collect();
    let steps = lowered.iter().any(|(_, lowered)| has(lowered, Effect::Take));
    let zeroes = seen.functions.iter().any(|function| function.survey.may_zero())
        || lowered.iter().any(|(_, lowered)| has(lowered, Effect::Zero));
    let takes_inner = seen.functions.iter().any(|function| function.survey.switches.takes_inner);
    let options = |(id, lowered): (FnId, Lowered)| {
        let function = &seen.functions[id];
        let called = called.contains(&id);
        // A helper in an annotated module may only step or only run `backward`: the rest is its caller's work.
        let whole = !called && has(&lowered, Effect::Fill) && has(&lowered, Effect::Take);
        let annotated = function.options.annotated && (function.marked || whole);
        let trains = !function.options.annotated && trains_by_name(&function.name);
        let unstepped = !steps && (trains || function.options.annotated && !annotated && !called);
        let (steps_nowhere, zeroes_nowhere) = (!called && !steps, !called && !zeroes);
        let vocabularies = function.options.vocabularies.unwrap_or(seen.vocabularies);
        let unzeroed = !zeroes && trains && vocabularies.keeping() == Some(Keeping::InPlace);
        let options = function.options.clone();
        let options = CheckOptions {
            annotated,
            called,
            unstepped,
            steps_nowhere,
            zeroes_nowhere,
            unzeroed,
            takes_inner,
            ..options
        };
        (id, lowered, options)
    };
    lowered.into_iter().map(options).collect()
}

fn has(lowered: &Lowered, effect: Effect) -> bool {
    lowered.cfg.sites_with(effect).next().is_some()
}

/// The findings of all functions, one for each fault.
///
/// A called function is checked with the states of its callers. It is also checked alone, with
/// unknown states. If several findings report one fault, a finding that is certain takes
/// precedence. Among equally certain findings, the one with the fewest notes is kept.
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

/// A copy of the finding, with the level that the function around its place sets. `None` if that
/// function allows the lint.
fn levelled(seen: &Resolver, id: usize, finding: &Diagnostic, place: (usize, usize)) -> Option<Diagnostic> {
    match seen.around(place.0, place.1) {
        Some(around) if around != id => {
            seen.functions[around].options.levels.apply(vec![finding.clone()]).pop()
        }
        _ => Some(finding.clone()),
    }
}
