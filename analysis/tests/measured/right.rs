//! Correct loops of all shapes and styles: no error, and a reason for every warning.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use training_loop_analysis::diagnostic::{Diagnostic, Level};
use training_loop_analysis::{CheckOptions, check_file, check_fn};

/// Justified warnings on correct loops: function, lint and reason.
const JUSTIFIED: &[Justified] = &[];

/// A function, a lint and a reason.
type Justified = (&'static str, &'static str, &'static str);

/// Functions that are correct only as helpers: they work on the caller's gradients.
const HELPERS: [&str; 1] = ["saliency"];

/// A file of correct loops, and their topic.
struct Source {
    shape: String,
    path: PathBuf,
    file: syn::File,
}

fn sources() -> Vec<Source> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["tests/right", "tests/measured/loops"];
    let mut paths = Vec::new();
    for folder in folders {
        let entries = std::fs::read_dir(here.join(folder)).expect("the folder of right loops is there");
        paths.extend(entries.map(|entry| entry.expect("the folder can be read").path()));
    }
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a file of right loops is text");
        let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let shape = path.file_stem().map(|stem| stem.to_string_lossy().replace('_', " ")).unwrap_or_default();
        Source { shape, path, file }
    };
    paths.into_iter().map(read).collect()
}

/// The functions of a file, methods included, with their first and last line.
struct Functions(Vec<(syn::ItemFn, usize, usize)>);

impl Functions {
    fn of(file: &syn::File) -> Vec<(syn::ItemFn, usize, usize)> {
        let mut all = Self(Vec::new());
        all.visit_file(file);
        all.0
    }

    fn add(&mut self, function: syn::ItemFn, block: &syn::Block) {
        let first = function.sig.ident.span().start().line;
        self.0.push((function, first, block.brace_token.span.close().end().line));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.add(function.clone(), &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, method: &'ast syn::ImplItemFn) {
        let (attrs, sig, block) = (&method.attrs, &method.sig, &method.block);
        self.add(syn::parse_quote!(#(#attrs)* #sig #block), block);
    }
}

/// Whether a function trains: it calls `backward`.
fn trains(function: &syn::ItemFn) -> bool {
    quote::quote!(#function).to_string().contains("backward")
}

/// The number of correct loops by topic, and the justified warnings.
pub(crate) fn counts() -> (BTreeMap<String, usize>, &'static [Justified]) {
    let mut shapes = BTreeMap::new();
    for source in sources() {
        let count = Functions::of(&source.file).iter().filter(|(function, ..)| trains(function)).count();
        *shapes.entry(source.shape).or_default() += count;
    }
    (shapes, JUSTIFIED)
}

fn messages(name: &str, findings: &[Diagnostic], out: &mut String) {
    for finding in findings {
        let lint = finding.lint.unwrap_or("");
        let justified = JUSTIFIED.iter().any(|(function, known, _)| *function == name && *known == lint);
        if finding.level == Level::Error || !justified {
            let level = if finding.level == Level::Error { "error" } else { "warning" };
            let _ =
                writeln!(out, "{name}, line {}: {level} {lint}: {}", finding.place.line(), finding.message);
        }
    }
}

#[test]
fn as_the_command_reads_them() {
    let mut wrong = String::new();
    let mut met = Vec::new();
    for source in sources() {
        let functions = Functions::of(&source.file);
        for finding in check_file(&source.file) {
            let line = finding.place.line();
            let around = functions.iter().rev().find(|(_, first, last)| (first..=last).contains(&&line));
            let name = around.map_or(String::new(), |(function, ..)| function.sig.ident.to_string());
            met.push((name.clone(), finding.lint.unwrap_or("")));
            let mut one = String::new();
            messages(&name, &[finding], &mut one);
            if !one.is_empty() {
                let _ = write!(wrong, "{}: {one}", source.path.display());
            }
        }
    }
    for (function, lint, reason) in JUSTIFIED {
        assert!(!reason.is_empty());
        if !met.contains(&((*function).to_owned(), *lint)) {
            let _ = writeln!(wrong, "{function}: {lint} is justified and not met");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn with_every_function_annotated() {
    let options = CheckOptions { annotated: true, ..CheckOptions::default() };
    let mut wrong = String::new();
    for source in sources() {
        for (function, ..) in Functions::of(&source.file) {
            let name = function.sig.ident.to_string();
            if !HELPERS.contains(&name.as_str()) {
                messages(&name, &check_fn(&function, &options), &mut wrong);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn there_are_enough_of_them() {
    let (shapes, _) = counts();
    let all: usize = shapes.values().sum();
    assert!(all >= 150, "{all} right loops: {shapes:?}");
}
