//! Requirements for a new clause besides its row in the table: documentation, an effect on the loop, cases.
//!
//! `UPDATE=1 cargo test -p training-loop-tests --test tidy` regenerates the documentation.

use proc_macro2::TokenStream;
use quote::ToTokens;
use training_loop_analysis::{clauses, document_clauses, expand};

use crate::tree::{demand, files, root};

/// Clauses that do not change a loop, but the display of its findings.
const LEVELS: [&str; 3] = ["allow", "warn", "deny"];

#[test]
fn the_attribute_documents_every_clause() {
    let path = root().join("macros/src/clauses.md");
    let fresh = document_clauses();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &fresh).expect("macros/src/clauses.md can be written");
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == fresh, "macros/src/clauses.md is stale: run this test with UPDATE=1");
    assert!(stored.lines().count() == clauses().count() + 2, "one line for each clause:\n{stored}");
}

/// The loop of a spec, without its documentation.
fn written(spec: &str) -> Result<String, String> {
    let args: TokenStream = spec.parse().expect("tokens");
    let item: TokenStream =
        "fn fit(model: &mut M, train: &L, valid: &L) -> Result<History>;".parse().expect("tokens");
    let text = expand(args, item).to_string();
    let mut function: syn::ItemFn = syn::parse_str(&text).map_err(|_| format!("`{spec}` gives {text}"))?;
    function.attrs.clear();
    Ok(function.to_token_stream().to_string())
}

/// A spec without the clause, or with another value of a required one, and the spec with it.
fn without_and_with(name: &str, example: &str) -> (String, String) {
    let example = example.replace("...", "f(model)");
    let loss = |loss: &str| format!("{loss}, optimizer = o, epochs = 3");
    let optimizer = |optimizer: &str| format!("loss = f, {optimizer}, epochs = 3");
    let epochs = |epochs: &str| format!("loss = f, optimizer = o, {epochs}");
    let more = |clause: &str| (loss("loss = f"), format!("{}, {clause}", loss("loss = f")));
    match name {
        "loss" | "training_step" => (loss("loss = f"), loss(&example)),
        "optimizer" => (optimizer("optimizer = o"), optimizer(&example)),
        "epochs" => (epochs("epochs = 3"), epochs(&example)),
        "phases" => (loss("loss = f"), format!("loss = f, {example}, epochs = 3")),
        // The example is the loop's default.
        "forward" => more("forward = |model, batch| model.logits(&batch.input)"),
        "train_order" => more("train_order = [forward, loss, backward, step, zero_grad]"),
        "eval_order" => more("eval_order = [forward, { f(&output); }, loss]"),
        "validate" => more("validate(every = 2 epochs)"),
        _ => more(&example),
    }
}

/// A clause without an effect is parsed, but ignored by the plan or the printer. The batch loop has two
/// forms.
#[test]
fn every_clause_changes_the_loop() {
    let mut broken = Vec::new();
    for (name, example) in clauses().filter(|(name, _)| !LEVELS.contains(name)) {
        let (without, with) = without_and_with(name, example);
        // Phases do not accumulate.
        let forms = ["", ", accumulate = 2"].into_iter().take(if name == "phases" { 1 } else { 2 });
        for form in forms.filter(|form| !form.contains(name)) {
            match (written(&format!("{without}{form}")), written(&format!("{with}{form}"))) {
                (Ok(without), Ok(with)) if without != with => {}
                (Ok(_), Ok(_)) => {
                    broken.push(format!("`{with}{form}` writes the same loop as `{without}{form}`"));
                }
                (Err(error), _) | (_, Err(error)) => broken.push(error),
            }
        }
    }
    demand("every clause changes the loop that is written", &broken);
}

/// Whether a text contains the clause.
fn writes(text: &str, clause: &str) -> bool {
    let lines = text.lines().map(str::trim_start);
    let of = |line: &str| {
        line.match_indices(clause).any(|(at, _)| {
            let (before, after) = (&line[..at], line[at + clause.len()..].trim_start());
            let starts = before.is_empty() || before.ends_with([' ', '(', ',']);
            starts && (after.starts_with('(') || after.starts_with("= "))
        })
    };
    lines.filter(|line| !line.starts_with("//")).any(of)
}

/// Each clause is in a spec with a recorded loop, and in a spec with recorded errors.
#[test]
fn every_clause_has_its_cases() {
    let mut broken = Vec::new();
    for (folder, what) in
        [("tests/expand", "no recorded loop"), ("tests/ui/fail/spec", "no recorded mistake")]
    {
        let texts: Vec<String> = files(folder, &["rs"]).into_iter().map(|file| file.text).collect();
        for (name, _) in clauses().filter(|(name, _)| !LEVELS.contains(name)) {
            if !texts.iter().any(|text| writes(text, name)) {
                broken.push(format!("{folder}: {what} of `{name}`"));
            }
        }
    }
    demand("each clause has a spec in `tests/expand` and a case in `tests/ui/fail/spec`", &broken);
}
