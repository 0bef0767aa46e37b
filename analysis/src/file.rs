//! Checks a file for the command: its hand-written loops, its specs, and the attributes above them.

use syn::File;

use crate::attribute;
use crate::bag::Bag;
use crate::check::{Checked, Keep};
use crate::diagnostic::Diagnostic;
use crate::items::{self, Bodiless, Function, Visitor};
use crate::outline::Outline;
use crate::prove::Proof;
use crate::{anchor, pipeline};

/// A file that was checked.
#[derive(Debug)]
pub struct CheckedFile {
    /// The findings in source order.
    pub findings: Vec<Diagnostic>,
    /// The functions of the file.
    pub outline: Outline,
    /// One proof for each function that trains something, in source order. Empty unless proofs were
    /// requested.
    pub proofs: Vec<Proof>,
}

impl CheckedFile {
    /// Checks every function of a file, including the methods of types and traits.
    ///
    /// A function with `#[training_loop]` is checked as the macro checks it.
    /// If the function has a spec and no body, the spec and the loop generated from the spec are checked.
    pub fn of(file: &File) -> Self {
        Self::checked(file, Keep::Findings)
    }

    /// Checks a file and computes the proofs.
    pub fn with_proofs(file: &File) -> Self {
        Self::checked(file, Keep::States)
    }

    fn checked(file: &File, keep: Keep) -> Self {
        let bag = Bag::new();
        let checked = Checked::items(&file.items, &*attribute::told(&bag), None, keep);
        let proofs = checked.proofs();
        let mut findings = checked.into_findings();
        anchor::anchor(file, &mut findings);
        findings.extend(bag.check());
        let mut contents = Contents::default();
        items::walk(&file.items, &mut contents);
        findings.append(&mut contents.findings);
        findings.sort_by_key(|finding| (finding.place.line(), finding.place.column()));
        Self { findings, outline: contents.outline, proofs }
    }
}

/// The outline of a file, and the findings in its specs.
#[derive(Default)]
struct Contents {
    outline: Outline,
    findings: Vec<Diagnostic>,
}

impl<'f> Visitor<'f> for Contents {
    fn function(&mut self, function: &Function<'f>, inside: impl FnOnce(&mut Self)) {
        self.outline.add(function);
        inside(self);
    }

    fn bodiless(&mut self, bodiless: Bodiless<'f>) {
        self.outline.add_bodiless(&bodiless);
        self.findings.extend(pipeline::check_spec(bodiless.function));
    }

    fn repetition(&mut self) {
        self.outline.add_loop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(text: &str) -> Outline {
        CheckedFile::of(&syn::parse_str(text).expect("it parses")).outline
    }

    #[test]
    fn the_innermost_function_is_named() {
        let text = "fn a() {\n  fn b() {\n    loop {}\n  }\n  for x in y {}\n}\nimpl<T> Trainer<T> {\n  fn fit() {\n\
                    while true {}\n  }\n}\ntrait Fit {\n  fn f() {\n  }\n  fn g();\n}";
        let outline = outline(text);
        let names: Vec<_> = (1..=15).map(|line| outline.around(line, 2).unwrap_or("-")).collect();
        let fit = "Trainer::fit";
        assert_eq!(names, ["-", "a", "b", "b", "a", "-", "-", "-", fit, fit, "-", "-", "-", "Fit::f", "-"]);
        assert_eq!((outline.functions(), outline.loops()), (4, 3));
    }

    #[test]
    fn the_loop_of_a_spec_counts() {
        let text = "#[training_loop(epochs = 2)]\nfn fit(model: &mut Net) -> Result<History>;\nfn other();";
        let outline = outline(text);
        assert_eq!((outline.functions(), outline.loops()), (2, 1));
    }
}
