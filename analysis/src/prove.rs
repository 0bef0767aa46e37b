//! Proofs: the facts that hold for a training loop, the lines that support them, and the facts left undecided.
//!
//! A fact is proved from the solved states, never from the absence of a finding. A proved fact
//! holds on every path.
//! Otherwise the proof names the line that prevents the fact, or the lint that found a violation.
//!
//! ```text
//! train.rs:8 `fit`: 1 optimizer, 1 model, 2 loops                 proved
//!   every step uses the gradients of its own batch    zero_grad 11 < backward 12 < step 13, on all paths
//!   every backward is stepped                         12 → 13; no exit between them
//! ```

use std::fmt::Write as _;

use crate::cfg::{Cfg, NamedCall};
use crate::diagnostic::Diagnostic;
use crate::flow::Solution;

mod gradients;
mod ledger;
mod rest;

/// The facts of a function, each with its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The function's name.
    pub function: String,
    /// The line of the function's name.
    pub line: usize,
    /// The number of optimizers in the function.
    pub optimizers: usize,
    /// The number of models in the function.
    pub models: usize,
    /// The number of loops in the function.
    pub loops: usize,
    /// The facts, in a fixed order.
    pub facts: Vec<Fact>,
}

/// A property that a training loop should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The fact's name for programs: `own_gradients`.
    pub name: &'static str,
    /// The fact as a sentence for people.
    pub sentence: String,
    /// Whether the fact holds, with the reason.
    pub verdict: Verdict,
    /// The lines that support or prevent the fact, in source order.
    pub lines: Vec<usize>,
}

/// Whether a fact holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The fact holds on every path, for this reason.
    Proved(String),
    /// The fact is undecided, for this reason.
    Undecided(String),
    /// The fact does not hold: this lint found a violation.
    Broken(&'static str),
}

/// All facts, each with the lints that find violations of the fact.
pub const FACTS: &[(&str, &[&str])] = &[
    (
        "own_gradients",
        &[
            "missing_zero_grad",
            "step_before_backward",
            "missing_backward",
            "step_repeated",
            "gradients_discarded",
            "backward_without_recording",
            "unrelated_optimizer",
        ],
    ),
    (
        "every_backward_stepped",
        &[
            "missing_step",
            "gradients_discarded",
            "zero_grad_every_batch",
            "pending_gradients_skipped",
            "accumulation_tail_dropped",
            "backward_ignored",
            "step_outside_batch_loop",
            "update_lost",
        ],
    ),
    ("clipped", &["clip_before_backward", "clip_after_step", "clip_before_unscale", "clip_per_batch"]),
    ("graphs_run_once", &["backward_repeated"]),
    ("built_once", &["optimizer_rebuilt", "model_rebuilt", "stale_parameters"]),
    (
        "evaluation_apart",
        &[
            "training_in_eval_mode",
            "evaluation_in_train_mode",
            "recording_in_evaluation",
            "step_in_evaluation",
        ],
    ),
    ("schedule_after_step", &["schedule_before_step", "schedule_per_batch"]),
];

/// A solved function whose facts are to be proved.
pub(crate) struct Asked<'a> {
    pub(crate) cfg: &'a Cfg,
    pub(crate) solution: &'a Solution,
    /// Whether gradients from the caller count as zeroed, as in a function with the attribute.
    pub(crate) annotated: bool,
    /// The first call that has the name of an optimizer step, in a function that also calls a backward.
    pub(crate) step: Option<&'a NamedCall>,
}

/// The proof of a solved function; `None` if the function trains nothing.
pub(crate) fn prove(asked: &Asked<'_>, findings: &[Diagnostic]) -> Option<Proof> {
    let mut facts = gradients::facts(asked);
    facts.extend(rest::facts(asked));
    if facts.is_empty() {
        facts.extend(asked.step.map(|step| {
            let why = format!("which gradients `{}` at line {} uses is not seen", step.name, step.line);
            undecided_step(step, why)
        }));
    }
    for fact in &mut facts {
        let (_, lints) = FACTS.iter().find(|(name, _)| *name == fact.name)?;
        let told = findings.iter().find(|found| found.lint.is_some_and(|lint| lints.contains(&lint)));
        if let Some(lint) = told.and_then(|found| found.lint) {
            fact.verdict = Verdict::Broken(lint);
            fact.lines = told.iter().map(|found| found.place.line()).collect();
        }
    }
    proof(asked.cfg, facts)
}

/// The proof of a function that trains by the names of its calls, and is larger or deeper than the analysis follows.
pub(crate) fn beyond_bounds(asked: &Asked<'_>) -> Option<Proof> {
    let step = asked.step?;
    let why = "the function is larger or deeper than the analysis follows".to_owned();
    proof(asked.cfg, vec![undecided_step(step, why)])
}

/// The fact about the gradients of a step that the states do not decide.
fn undecided_step(step: &NamedCall, why: String) -> Fact {
    Fact {
        name: "own_gradients",
        sentence: "every step uses the gradients of its own batch".to_owned(),
        verdict: Verdict::Undecided(why),
        lines: vec![step.line],
    }
}

fn proof(cfg: &Cfg, facts: Vec<Fact>) -> Option<Proof> {
    let models = cfg.function.models.paths();
    let is_part = |path: usize| models.iter().any(|whole| *whole != path && cfg.paths.holds(*whole, path));
    (!facts.is_empty()).then(|| Proof {
        function: cfg.sites[0].text.to_string(),
        line: cfg.sites[0].place.line(),
        optimizers: cfg.optimizers.len(),
        models: models.iter().filter(|path| !is_part(**path)).count(),
        loops: cfg.loops.len(),
        facts,
    })
}

impl Proof {
    /// Whether every fact is proved.
    pub fn is_proved(&self) -> bool {
        self.facts.iter().all(|fact| matches!(fact.verdict, Verdict::Proved(_)))
    }

    /// The proof as text: a line for the function in this file, and a line for each fact.
    pub fn text(&self, file: &str) -> String {
        let broken = self.facts.iter().any(|fact| matches!(fact.verdict, Verdict::Broken(_)));
        let said = match (self.is_proved(), broken) {
            (true, _) => "proved",
            (_, true) => "does not hold",
            _ => "proved in part",
        };
        let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let head = format!(
            "{file}:{} `{}`: {}, {}, {}",
            self.line,
            self.function,
            count(self.optimizers, "optimizer"),
            count(self.models, "model"),
            count(self.loops, "loop")
        );
        let proved = |fact: &Fact| matches!(fact.verdict, Verdict::Proved(_));
        let widest = self.facts.iter().filter(|fact| proved(fact)).map(|fact| fact.sentence.chars().count());
        let width = widest.max().unwrap_or(0) + 4;
        let mut text = format!("{head:<width$}{said}\n", width = (head.chars().count() + 4).max(width + 2));
        for fact in &self.facts {
            let sentence = &fact.sentence;
            let _ = match &fact.verdict {
                Verdict::Proved(by) => writeln!(text, "  {sentence:<width$}{by}"),
                Verdict::Undecided(why) => writeln!(text, "  not decided: {sentence}: {why}"),
                Verdict::Broken(lint) => {
                    let line = fact.lines.first().copied().unwrap_or(self.line);
                    writeln!(text, "  does not hold: {sentence}: `{lint}` at line {line}")
                }
            };
        }
        text
    }
}
