//! `docs/checker.md`: the figures, and what they do not say.
//!
//! Written anew by `UPDATE=1 cargo test --release -p training-loop-analysis --test measured page --
//! --include-ignored`. What was measured by other means stands in `recorded/` and is taken over as it is,
//! because it varies with the machine.

use std::fmt::Write as _;
use std::path::Path;

use crate::exhaustive::{self, HABITS, Tally};
use crate::mutants::Kind;
use crate::{mutation, right};

const HEAD: &str = "# How sure the checker is

A test writes this page and compares it: `UPDATE=1 cargo test --release -p training-loop-analysis --test measured page -- --include-ignored` writes it anew.
A finding is *certain*, and an error, if every path that reaches its place is bad; else it is a warning.
";

const SPACE: &str = "## Every function of a small space

Five stages, each once: loss (with its forward), `zero_grad`, `backward`, clip and `step`.
They stand in every order, each at any depth of two nested loops, and any one of them or none under a condition: 120 · 243 · 6 functions.
A stage that is deeper than the one before opens the loops that it needs, one that is less deep closes them.
The loss is declared by `let` where it stands, and assigned where it stands under the condition; one more is computed at the head of the function.

The checker's findings are compared with an interpreter that shares nothing with it (`analysis/tests/measured/interpreter.rs`).
It runs each function on every outcome: each loop runs not at all or up to three rounds, and the condition comes out either way each time.
A fault is certain where every visit of its stage meets it, at the latest from the second round on.
A loop that runs not at all takes certainty away and is no fault; what stands under the condition is not judged in a first round, which the condition may be there to leave out.

Demanded of each function: every certain finding is a fault that the interpreter calls certain, and every warning one that some run meets, with the lint and the place; where the interpreter finds certain faults there is a certain finding; where some run is wrong there is a finding; where none is there is silence.
A fault that another finding explains need not have a finding of its own.

";

const BROKEN: &str = "## Right loops, broken mechanically

Right loops written for this purpose (`analysis/tests/measured/loops`) are broken one line at a time, and each mutant goes through the checker as the command reads it.
Whether a mutant is at fault is decided by a machine that runs its functions (`analysis/tests/measured/machine.rs`) and shares nothing with the analysis: it keeps what each `backward` has contributed, the graphs, the modes, and notes what goes wrong, on ten outcomes of the conditions that it cannot compute.
A mutant on which nothing goes wrong that does not go wrong in the right loop is *equivalent*: `zero_grad` one line further up, a clip less, a schedule moved less often.
A mutant that uses a variable that is not there would not compile and does not count.

";

const WHY: &str = "\nWhy they are missed, as far as we know:\n
- Whether a step that counts its batches meets any gradients, where a `backward` stands under a condition, is left open: some batch of the window may well have brought them (`every_second`, `accumulates_and_clips`).
- What full windows leave may be dropped on purpose at the end of an epoch (`every_second`).
- What is pushed into a list is not followed to the sum of the list (`unrolled`).
- A `detach` or `no_grad` left out is waste where the gradients are zeroed before use; it is told only where the roles are plain.
- Why the exchanged `train` of `best_by_validation` is missed is not settled.
";

const NOT: &str = "## What these figures do not say

- The space has one optimizer, one model and one condition; several of each are met only by the loops that were written by hand.
- The interpreter and the machine are ours: a fault that both they and the checker take for right is in no column.
- The loops that are broken were written by the authors of the checker, in shapes that they thought of; code in the world has others.
- Found means any finding on the mutant, not that its words fit.
- A right loop counts as right because people say so; none of them was trained.
- A mutation is one fault; two that hide each other are not tried.
";

fn cell(stage: Option<crate::interpreter::Stage>) -> String {
    stage.map_or("none".to_owned(), |stage| format!("{stage:?}").to_lowercase())
}

fn exhaustive(out: &mut String) {
    out.push_str(SPACE);
    out.push_str("| under the condition | deepest stage | functions | right | wrong on some runs | wrong for certain | disagreements |\n");
    out.push_str("|---|---|---|---|---|---|---|\n");
    let mut all = Tally::default();
    let row = |name: &str, depth: &str, tally: &Tally| {
        format!(
            "| {name} | {depth} | {} | {} | {} | {} | {} |\n",
            tally.functions, tally.right, tally.wrong_on_some, tally.wrong_on_every, tally.disagreements
        )
    };
    for ((stage, depth), tally) in exhaustive::space() {
        out.push_str(&row(&cell(*stage), &format!("in {depth} loops"), tally));
        all.add(tally.clone());
    }
    out.push_str(&row("all", "", &all));
    let _ = writeln!(
        out,
        "\nOf those that are wrong on some runs, {} are wrong on every run, but not at one and the same place: there are warnings and no error.",
        all.scattered
    );
    let _ = writeln!(
        out,
        "Of those called right, {} would be at fault in a first round if the condition held there, and are not judged by it.",
        all.unjudged
    );
    out.push_str("\nThree lints find work that is done for nothing although each step is sound; demanded is only that they speak of what some run does:\n\n");
    for (lint, _, reason) in HABITS {
        let count =
            all.findings.iter().filter(|((name, _), _)| *name == lint).map(|(_, count)| count).sum::<usize>();
        let _ = writeln!(out, "- `{lint}`, {count} times: {reason}.");
    }
    out.push_str("\n| lint | certain | on some path |\n|---|---|---|\n");
    let lints: std::collections::BTreeSet<_> = all.findings.keys().map(|(lint, _)| *lint).collect();
    for lint in lints {
        let count = |certain| all.findings.get(&(lint, certain)).copied().unwrap_or_default();
        let _ = writeln!(out, "| `{lint}` | {} | {} |", count(true), count(false));
    }
    out.push('\n');
}

pub(crate) fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::Deleted => "a stage deleted",
        Kind::Doubled => "a stage doubled",
        Kind::Exchanged => "two stages exchanged",
        Kind::MovedByALine => "a line moved past its neighbour",
        Kind::MovedOut => "moved out of a loop or a branch",
        Kind::MovedIn => "moved into a loop or a branch",
        Kind::UnderACondition => "put under a condition",
        Kind::AnotherOptimizer => "another optimizer",
        Kind::Detach => "`detach` dropped",
        Kind::Eval => "`eval` dropped",
        Kind::Train => "`train` dropped",
        Kind::NoGrad => "`no_grad` dropped",
    }
}

fn broken(out: &mut String) {
    let results = mutation::results();
    out.push_str(BROKEN);
    let _ = writeln!(out, "{} loops.\n", mutation::fixtures().len());
    out.push_str("| what was done | mutants | would not compile | equivalent | finding on an equivalent one | at fault | found | missed |\n");
    out.push_str("|---|---|---|---|---|---|---|---|\n");
    let mut all = mutation::Tally::default();
    let row = |name: &str, tally: &mutation::Tally| {
        format!(
            "| {name} | {} | {} | {} | {} | {} | {} | {} |\n",
            tally.mutants,
            tally.uncompiled,
            tally.equivalent,
            tally.alarms,
            tally.found + tally.missed,
            tally.found,
            tally.missed
        )
    };
    for (kind, tally) in &results.kinds {
        out.push_str(&row(words(*kind), tally));
        all.add(tally);
    }
    out.push_str(&row("all", &all));
    let percent = all.found as f64 * 100.0 / (all.found + all.missed) as f64;
    let _ = writeln!(out, "\nFound: {percent:.1} % of those at fault.\n");
    out.push_str("Missed, with what the machine noted:\n\n");
    for (title, why) in &results.missed_titles {
        let _ = writeln!(out, "- {title} ({why})");
    }
    out.push_str(WHY);
    out.push_str("\nHow often each lint spoke on a mutant at fault:\n\n| lint | findings |\n|---|---|\n");
    for (lint, count) in &results.by_lint {
        let _ = writeln!(out, "| `{lint}` | {count} |");
    }
    out.push_str("\nEquivalent on purpose, by decision and not by running:\n\n");
    out.push_str("- An optimizer that made several steps before it is built again is a restart, for each epoch, fold or image.\n");
    out.push_str("- A clip or a schedule that is left out, or runs seldom, leaves a right loop.\n\n");
}

fn right_loops(out: &mut String) {
    let (shapes, justified) = right::counts();
    let all: usize = shapes.values().sum();
    let _ = writeln!(
        out,
        "## Right loops\n\n{all} functions that train and are right, read as the command reads files, and again with each of them annotated.\nThere is no error on any, and {} warnings, each with its reason.\n",
        justified.len()
    );
    out.push_str("| file, by what it is about | functions |\n|---|---|\n");
    for (shape, count) in shapes {
        let _ = writeln!(out, "| {shape} | {count} |");
    }
    out.push_str("\n| function | warning | why it is right to speak |\n|---|---|---|\n");
    for (function, lint, reason) in justified {
        let _ = writeln!(out, "| `{function}` | `{lint}` | {reason} |");
    }
    out.push('\n');
}

fn page() -> String {
    let mut out = format!("{HEAD}\n");
    exhaustive(&mut out);
    broken(&mut out);
    right_loops(&mut out);
    for name in ["robustness", "time"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/measured/recorded/{name}.md"));
        out.push_str(
            &std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        );
        out.push('\n');
    }
    out.push_str(NOT);
    out
}

#[test]
#[ignore = "needs the whole space; CI runs it"]
fn the_page_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/checker.md");
    let page = page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(known == page, "docs/checker.md is stale; UPDATE=1 writes it");
}
