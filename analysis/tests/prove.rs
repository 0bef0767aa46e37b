//! Proofs: most facts of correct loops are proved, and never a fact that a fault breaks.
//!
//! `prove/loops.rs` has the loops, `prove/loops.txt` the output for them;
//! `UPDATE=1 cargo test -p training-loop-analysis --test prove` rewrites it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{File, ImplItemFn, ItemFn};
use training_loop_analysis::prove::{FACTS, Proof, Verdict};
use training_loop_analysis::suppress::{Levels, Setting};
use training_loop_analysis::{CheckOptions, Checked, CheckedFile, lints};

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &Path) -> (String, File) {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (text, file)
}

/// The shared correct loops.
fn right() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder("tests/right")).expect("the fixtures are there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

fn name(path: &Path) -> String {
    path.file_name().expect("a file").to_string_lossy().into_owned()
}

/// Compares with the recording, or writes it.
fn demand_recorded(path: &str, fresh: &str) {
    let path = folder(path);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, fresh).expect("the record can be written");
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == fresh, "{} is stale, now it is:\n{fresh}", path.display());
}

fn texts(path: &Path) -> String {
    let (_, file) = read(path);
    let mut all = String::new();
    for proof in CheckedFile::with_proofs(&file).proofs {
        let _ = writeln!(all, "{}", proof.text(&name(path)));
    }
    all
}

#[test]
fn what_is_said_of_loops_is_recorded() {
    demand_recorded("tests/prove/loops.txt", &texts(&folder("tests/prove/loops.rs")));
}

/// Guards against proofs that are always undecided.
#[test]
fn most_of_right_loops_is_proved() {
    let proofs: Vec<Proof> =
        right().iter().flat_map(|path| CheckedFile::with_proofs(&read(path).1).proofs).collect();
    let facts = || proofs.iter().flat_map(|proof| &proof.facts);
    let proved = facts().filter(|fact| matches!(fact.verdict, Verdict::Proved(_))).count();
    let whole = proofs.iter().filter(|proof| proof.is_proved()).count();
    assert!(proofs.len() > 30, "{} functions", proofs.len());
    assert!(proved * 10 >= facts().count() * 8, "{proved} of {} facts", facts().count());
    assert!(whole * 2 >= proofs.len(), "{whole} of {} functions", proofs.len());
}

/// All functions of a file, with the line on which each begins and ends.
struct Functions(Vec<(ItemFn, usize, usize)>);

impl Functions {
    fn push(&mut self, function: ItemFn, end: proc_macro2::Span) {
        let line = function.sig.fn_token.span.start().line;
        self.0.push((function, line, end.end().line));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.push(item.clone(), item.block.brace_token.span.close());
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        let (attributes, signature, block) = (&item.attrs, &item.sig, &item.block);
        self.push(syn::parse_quote!(#(#attributes)* #signature #block), block.brace_token.span.close());
    }
}

/// Turns all lints off, so that only the states count.
fn states_alone(function: &ItemFn) -> CheckOptions {
    let mut levels = Levels::default();
    for lint in lints::all() {
        levels.set(lint.name, Setting::Allow);
    }
    let is_ours = |attribute: &syn::Attribute| attribute.path().is_ident("training_loop");
    CheckOptions { annotated: function.attrs.iter().any(is_ours), levels, ..CheckOptions::default() }
}

#[test]
fn the_fact_that_a_fault_breaks_is_never_proved() {
    let mut wrong = String::new();
    let mut seen = 0;
    for (fact, lints) in FACTS {
        for lint in lints.iter().filter(|lint| lints::find(lint).is_some()) {
            let (text, file) = read(&folder(&format!("tests/lints/{lint}.rs")));
            let mut functions = Functions(Vec::new());
            functions.visit_file(&file);
            let mark = |level: &str| format!("//~ {level} {lint}");
            for (function, first, last) in functions.0 {
                let mut lines = text.lines().skip(first - 1).take(last + 1 - first);
                if !lines.any(|line| line.contains(&mark("error")) || line.contains(&mark("warning"))) {
                    continue;
                }
                seen += 1;
                for proof in Checked::function(&function, &states_alone(&function)).proofs() {
                    let proved = |verdict: &Verdict| matches!(verdict, Verdict::Proved(_));
                    let of = proof.facts.iter().filter(|known| known.name == *fact);
                    // With several optimizers the fault may be in one of them.
                    if of.clone().count() > 0 && of.clone().all(|known| proved(&known.verdict)) {
                        let text = proof.text(&format!("{lint}.rs"));
                        let _ = writeln!(wrong, "`{fact}` in spite of `{lint}`:\n{text}");
                    }
                }
            }
        }
    }
    assert!(seen > 20, "{seen} faulty functions");
    assert!(wrong.is_empty(), "\n{wrong}");
}
