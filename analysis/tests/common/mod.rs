//! Marks in fixtures: `//~ error missing_zero_grad`, `//~ warning graph_kept`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use training_loop_analysis::diagnostic::{Diagnostic, Level};
use training_loop_analysis::lints;

/// Line, level and lint.
pub(crate) type Mark = (usize, String, String);

/// A folder next to the tests.
pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// The marks of a file.
pub(crate) fn marks(text: &str) -> Vec<Mark> {
    let marks = |(index, line): (usize, &str)| {
        let marks: Vec<Mark> = line
            .split("//~ ")
            .skip(1)
            .map(|mark| {
                let (level, lint) = mark.trim().split_once(' ').expect("a mark is a level and a lint");
                assert!(lints::find(lint).is_some(), "`{lint}` is no lint");
                (index + 1, level.to_owned(), lint.to_owned())
            })
            .collect();
        marks
    };
    text.lines().enumerate().flat_map(marks).collect()
}

/// The level, as written in a mark.
pub(crate) fn level(finding: &Diagnostic) -> &'static str {
    if finding.level == Level::Error { "error" } else { "warning" }
}

/// The differences between the findings of a file and its marks, one per line.
pub(crate) fn differences(name: &str, text: &str, findings: &[Diagnostic]) -> String {
    let mark = |finding: &Diagnostic| {
        (finding.place.line(), level(finding).to_owned(), finding.lint.unwrap_or("").to_owned())
    };
    let (expected, found): (Vec<Mark>, Vec<Mark>) = (marks(text), findings.iter().map(mark).collect());
    let mut wrong = String::new();
    for (line, level, lint) in expected.iter().filter(|mark| !found.contains(mark)) {
        let _ = writeln!(wrong, "{name}.rs:{line}: not found: {level} {lint}");
    }
    for (index, (line, level, lint)) in found.iter().enumerate().filter(|(_, mark)| !expected.contains(mark))
    {
        let message = &findings[index].message;
        let _ = writeln!(wrong, "{name}.rs:{line}: found, not expected: {level} {lint}: {message}");
    }
    wrong
}

/// First and last line of every function of a file, methods included.
pub(crate) fn functions(file: &syn::File) -> Vec<(usize, usize)> {
    struct Walk(Vec<(usize, usize)>);
    impl<'ast> syn::visit::Visit<'ast> for Walk {
        fn visit_signature(&mut self, signature: &'ast syn::Signature) {
            let line = signature.fn_token.span.start().line;
            self.0.push((line, line));
        }
        fn visit_item(&mut self, item: &'ast syn::Item) {
            match item {
                syn::Item::Verbatim(spec) => self.spec(spec),
                other => syn::visit::visit_item(self, other),
            }
        }
        fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
            match item {
                syn::ImplItem::Verbatim(spec) => self.spec(spec),
                other => syn::visit::visit_impl_item(self, other),
            }
        }
        fn visit_block(&mut self, block: &'ast syn::Block) {
            // The first block after a signature is its body, and holds all others.
            let end = block.brace_token.span.close().end().line;
            if let Some(last) = self.0.last_mut() {
                last.1 = last.1.max(end);
            }
            syn::visit::visit_block(self, block);
        }
    }
    impl Walk {
        /// A function without a body, from its attribute to its end.
        fn spec(&mut self, tokens: &proc_macro2::TokenStream) {
            let place = training_loop_analysis::diagnostic::Place::of(tokens);
            self.0.push((place.line(), place.end.end().line));
        }
    }
    let mut walk = Walk(Vec::new());
    syn::visit::Visit::visit_file(&mut walk, file);
    walk.0
}
