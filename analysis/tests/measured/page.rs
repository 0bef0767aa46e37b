//! Generates `docs/checker.md`: the figures, and their limits.
//!
//! `UPDATE=1 cargo test --release -p training-loop-analysis --test measured page -- --include-ignored`
//! regenerates it. Figures measured by other means, which vary with the machine, are in `recorded/` and are
//! copied from there.

use std::fmt::Write as _;
use std::path::Path;

use crate::exhaustive::{self, HABITS, Tally};
use crate::mutants::Kind;
use crate::{mutation, right};

const HEAD: &str = "# How reliable the checker is

A test generates this page and checks that it is up to date; `UPDATE=1 cargo test --release -p training-loop-analysis --test measured page -- --include-ignored` regenerates it.
A finding is *certain*, and an error, if it holds on every path to its place; otherwise it is a warning.
";

const SPACE: &str = "## Exhaustive enumeration of a small space

Each function has five stages, each once: loss (with its forward), `zero_grad`, `backward`, clip and `step`.
The space has every order of them, with each stage at any depth of two nested loops, and with one of them or none under a condition: 120 · 243 · 6 functions.
A stage deeper than the previous one opens the loops that it needs, a less deep one closes them.
The loss is declared by `let` at its place, or assigned if it is under the condition; one more loss is computed at the start of the function.

The checker's findings are compared with an independent interpreter (`analysis/tests/measured/interpreter.rs`).
It runs each function on every outcome: zero to three iterations of each loop, and both outcomes of the condition each time.
A fault is certain if every execution of its stage has it, from the second iteration on at the latest.
A loop without iterations makes a fault uncertain and is not a fault itself; a stage under the condition is not checked in a first iteration, since the condition may skip that one.

The test demands of each function:

- a certain finding is a fault that is certain for the interpreter too, with the same lint and place,
- a warning is a fault of some run, with the same lint and place,
- a function with certain faults has a certain finding,
- a function with a fault in some run has a finding,
- a correct function has none.

A fault that is a consequence of another finding needs no finding of its own.

";

const BROKEN: &str = "## Mutated correct loops

Correct loops written for this purpose (`analysis/tests/measured/loops`) are mutated one line at a time, and each mutant is checked as the command does.
An independent abstract machine runs the functions of a mutant and decides whether it is faulty (`analysis/tests/measured/machine.rs`): it tracks the contributions of each `backward`, the graphs and the modes, and records faults, on ten outcomes of the conditions that it cannot compute.
A mutant without a fault that the original does not have is *equivalent*: `zero_grad` one line further up, a clip removed, a schedule advanced less often.
A mutant that uses an undeclared variable would not compile and does not count.

";

const WHY: &str = "\nWhy they are missed, as far as known:\n
- With a `backward` under a condition, it is unknown whether a step at the end of a window has gradients: some batch of the window may have computed them (`every_second`, `accumulates_and_clips`).
- Gradients of an incomplete window may be dropped on purpose at the end of an epoch (`every_second`).
- Values pushed into a list are not tracked to the sum of the list (`unrolled`).
- A missing `detach` or `no_grad` only wastes time if the gradients are zeroed before use; it is reported only if the roles of the models are clear.
- The reason for the exchanged `train` of `best_by_validation` is unknown.
";

const NOT: &str = "## Limits of these figures

- The enumerated space has one optimizer, one model and one condition; only hand-written loops have several of each.
- Interpreter and machine have the same authors as the checker: a fault that all of them consider correct is in no column.
- The mutated loops were written by the authors of the checker; real code has other shapes.
- A mutant counts as found with any finding, whether or not its message fits.
- The correct loops are correct by review; none of them was trained.
- Each mutant has one mutation; combinations are not tried.
";

fn cell(stage: Option<crate::interpreter::Stage>) -> String {
    stage.map_or("none".to_owned(), |stage| format!("{stage:?}").to_lowercase())
}

fn exhaustive(out: &mut String) {
    out.push_str(SPACE);
    out.push_str("| under the condition | deepest stage | functions | correct | wrong on some runs | certainly wrong | disagreements |\n");
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
        "\nOf those that are wrong on some runs, {} are wrong on every run, but not always at the same place: they have warnings and no error.",
        all.scattered
    );
    let _ = writeln!(
        out,
        "Of the correct ones, {} would be wrong in a first iteration if the condition held there, which is not checked.",
        all.unjudged
    );
    out.push_str("\nThree lints find wasted work although every step is correct; the test demands only that some run does what they report:\n\n");
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
    out.push_str("| mutation | mutants | would not compile | equivalent | findings on equivalent ones | faulty | found | missed |\n");
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
    let _ = writeln!(out, "\nFound: {percent:.1} % of the faulty ones.\n");
    out.push_str("Missed, with the faults recorded by the machine:\n\n");
    for (title, why) in &results.missed_titles {
        let _ = writeln!(out, "- {title} ({why})");
    }
    out.push_str(WHY);
    out.push_str("\nFindings of each lint on faulty mutants:\n\n| lint | findings |\n|---|---|\n");
    for (lint, count) in &results.by_lint {
        let _ = writeln!(out, "| `{lint}` | {count} |");
    }
    out.push_str("\nEquivalent by decision, not by execution:\n\n");
    out.push_str("- An optimizer that made several steps before it is rebuilt is a restart, for each epoch, fold or image.\n");
    out.push_str("  A warning says that each epoch rebuilds the optimizer; it does not count here.\n");
    out.push_str("- A loop with a clip or a schedule removed, or run rarely, is still correct.\n");
    out.push_str("- A function without any `backward` trains nothing and has no fault.\n");
    out.push_str("  A warning says that its optimizer never steps; it does not count here.\n\n");
}

fn right_loops(out: &mut String) {
    let (shapes, justified) = right::counts();
    let all: usize = shapes.values().sum();
    let _ = writeln!(
        out,
        "## Correct loops\n\n{all} correct functions that train are checked as the command does, and again with each of them annotated.\nThere is no error, and there are {} warnings, each with a reason.\n",
        justified.len()
    );
    out.push_str("| file, by topic | functions |\n|---|---|\n");
    for (shape, count) in shapes {
        let _ = writeln!(out, "| {shape} | {count} |");
    }
    out.push_str("\n| function | warning | why it is justified |\n|---|---|---|\n");
    for (function, lint, reason) in justified {
        let _ = writeln!(out, "| `{function}` | `{lint}` | {reason} |");
    }
    out.push('\n');
}

/// A file of `recorded/`.
fn recorded(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/measured/recorded").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Mutants of our own loops beside those of public functions.
fn beside(out: &mut String) {
    out.push_str(
        "## Mutants found\n\n| correct loops | loops | faulty mutants | found |\n|---|---|---|---|\n",
    );
    let mut row = |name: &str, loops: usize, mutants: usize, found: usize| {
        let percent = found as f64 * 100.0 / mutants.max(1) as f64;
        let _ = writeln!(out, "| {name} | {loops} | {mutants} | {percent:.1} % |");
    };
    let kinds = &mutation::results().kinds;
    let found = kinds.values().map(|tally| tally.found).sum::<usize>();
    let missed = kinds.values().map(|tally| tally.missed).sum::<usize>();
    row("our own", mutation::fixtures().len(), found + missed, found);
    for line in recorded("public.tsv").lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        let number = |index: usize| cells.get(index).and_then(|cell| cell.parse().ok()).unwrap_or_default();
        row(&format!("public code, {}", cells[0]), number(1), number(2), number(3));
    }
    out.push('\n');
}

fn page() -> String {
    let mut out = format!("{HEAD}\n");
    beside(&mut out);
    exhaustive(&mut out);
    broken(&mut out);
    right_loops(&mut out);
    for name in ["public", "robustness", "time"] {
        out.push_str(&recorded(&format!("{name}.md")));
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
