//! A new effect of calls is a compile error at each place that classifies effects.

use syn::visit::{self, Visit};
use syn::{Arm, ExprMatch, Pat, Path};

use crate::tree::{demand, rust};

/// Searches a pattern for a variant of `CallEffect`.
#[derive(Default)]
struct Variants {
    found: bool,
}

impl<'ast> Visit<'ast> for Variants {
    fn visit_path(&mut self, path: &'ast Path) {
        self.found |= path.segments.len() > 1 && path.segments.iter().any(|part| part.ident == "CallEffect");
    }
}

fn names_effect(arm: &Arm) -> bool {
    let mut variants = Variants::default();
    variants.visit_pat(&arm.pat);
    variants.found
}

/// Whether a pattern matches every effect: `_`, a variable, or one of them in `Some(..)`.
fn matches_all(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) => true,
        Pat::Ident(name) => name.subpat.is_none() && name.ident != "None",
        Pat::TupleStruct(inner) => inner.path.is_ident("Some") && inner.elems.iter().all(matches_all),
        Pat::Or(cases) => cases.cases.iter().any(matches_all),
        _ => false,
    }
}

/// Lines of matches on `CallEffect` that have an arm for all other effects.
#[derive(Default)]
struct Open(Vec<usize>);

impl<'ast> Visit<'ast> for Open {
    fn visit_expr_match(&mut self, node: &'ast ExprMatch) {
        if node.arms.iter().any(names_effect) && node.arms.iter().any(|arm| matches_all(&arm.pat)) {
            self.0.push(node.match_token.span.start().line);
        }
        visit::visit_expr_match(self, node);
    }
}

fn open(source: &syn::File) -> Vec<usize> {
    let mut open = Open::default();
    open.visit_file(source);
    open.0
}

#[test]
fn every_match_on_effects_is_exhaustive() {
    let mut wrong = Vec::new();
    for file in rust("analysis/src") {
        wrong.extend(open(&file.syntax()).into_iter().map(|line| format!("{}:{line}", file.path)));
    }
    demand("a `match` on `CallEffect` names every effect", &wrong);
}

#[test]
fn an_arm_for_all_other_effects_is_found() {
    let is_open = |arms: &str| {
        let source = format!("fn f() {{ match effect {{ {arms} }} }}");
        !open(&syn::parse_str(&source).expect("it parses")).is_empty()
    };
    for rest in ["_", "other", "None | Some(_)"] {
        assert!(is_open(&format!("Some(CallEffect::Computes(_)) => 1, {rest} => 2")), "{rest}");
    }
    assert!(!is_open("CallEffect::Scales => 1, CallEffect::Computes(_) | CallEffect::Takes => 2"));
    assert!(!is_open("None => 1, Some(CallEffect::Takes) => 2"));
    assert!(!is_open("Stage::Loss => 1, _ => 2"));
}
