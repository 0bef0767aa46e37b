//! Names of libraries and of Rust are in one folder.
//!
//! The meaning of a name is defined in `analysis/src/vocabulary/`, and the names of clauses in
//! `analysis/src/spec/`. Anywhere else in the analysis a string literal in a comparison is a misplaced name.

use proc_macro2::TokenTree;
use syn::visit::{self, Visit};
use syn::{BinOp, Expr, ExprBinary, ExprLit, ExprMethodCall, Lit, Macro, Pat};

use crate::tree::{demand, rust};

/// Files that compare names other than those of a loop's calls, and the kind of these names.
const READERS: [(&str, &str); 11] = [
    ("vocabulary", "what names mean"),
    ("spec", "the clauses of a spec"),
    ("rules", "what the clauses of a spec hold"),
    ("cross", "what the clauses of a spec hold"),
    ("plan", "what the clauses of a spec hold"),
    ("expand", "what the clauses of a spec hold"),
    ("attribute.rs", "the attribute"),
    ("module.rs", "the attribute of the derive"),
    ("item.rs", "keywords"),
    ("inline.rs", "keywords"),
    ("nest.rs", "keywords"),
];

/// Methods that compare their receiver with a string.
const COMPARES: [&str; 8] = [
    "contains",
    "ends_with",
    "eq_ignore_ascii_case",
    "is_ident",
    "starts_with",
    "strip_prefix",
    "strip_suffix",
    "split_once",
];

#[derive(Default)]
struct Compared {
    found: Vec<(usize, String)>,
}

impl Compared {
    fn note(&mut self, literal: &Lit) {
        if let Lit::Str(text) = literal {
            let value = text.value();
            // A string with a space is a sentence, and a single character is not a name.
            if !value.contains(' ') && value.chars().filter(|c| c.is_alphabetic()).count() > 1 {
                self.found.push((text.span().start().line, value));
            }
        }
    }

    fn note_expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Lit(ExprLit { lit, .. }) => self.note(lit),
            Expr::Array(array) => array.elems.iter().for_each(|element| self.note_expr(element)),
            Expr::Reference(inner) => self.note_expr(&inner.expr),
            _ => {}
        }
    }
}

impl<'ast> Visit<'ast> for Compared {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !item.attrs.iter().any(|attribute| attribute.path().is_ident("cfg")) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_pat(&mut self, pat: &'ast Pat) {
        if let Pat::Lit(literal) = pat {
            self.note(&literal.lit);
        }
        visit::visit_pat(self, pat);
    }

    fn visit_expr_binary(&mut self, node: &'ast ExprBinary) {
        if matches!(node.op, BinOp::Eq(_) | BinOp::Ne(_)) {
            self.note_expr(&node.left);
            self.note_expr(&node.right);
        }
        visit::visit_expr_binary(self, node);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if COMPARES.iter().any(|method| call.method == method) {
            call.args.iter().for_each(|argument| self.note_expr(argument));
        }
        // `["a", "b"].contains(&name)`, `["a", "b"].iter().any(..)`
        if matches!(&*call.receiver, Expr::Array(_)) {
            self.note_expr(&call.receiver);
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        if mac.path.is_ident("matches") {
            for token in mac.tokens.clone() {
                if let TokenTree::Literal(literal) = token {
                    self.note(&Lit::new(literal));
                }
            }
        }
        visit::visit_macro(self, mac);
    }
}

/// The names that a source compares with, and their lines.
fn compared(source: &syn::File) -> Vec<(usize, String)> {
    let mut compared = Compared::default();
    compared.visit_file(source);
    compared.found
}

#[test]
fn names_are_compared_in_the_vocabulary_alone() {
    let mut wrong = Vec::new();
    for file in rust("analysis/src") {
        let path = file.path.strip_prefix("analysis/src/").expect("it is below the folder");
        let room = path.split('/').next().unwrap_or(path);
        let reads = |reader: &str| room == reader || room.strip_suffix(".rs") == Some(reader);
        let tests = path.ends_with("tests.rs") || path.ends_with("testing.rs");
        if tests || READERS.iter().any(|(reader, _)| reads(reader)) {
            continue;
        }
        for (line, name) in compared(&file.syntax()) {
            wrong.push(format!("{}:{line}: `{name}`", file.path));
        }
    }
    demand("names are compared in `vocabulary/` and `spec/` alone", &wrong);
}

#[test]
fn each_way_to_compare_is_found() {
    for source in [
        r#"fn f(name: &str) -> bool { name == "step" }"#,
        r#"fn f(name: &str) -> bool { "step" != name }"#,
        r#"fn f(name: &str) -> bool { matches!(name, "step" | "x") }"#,
        r#"fn f(name: &str) -> u8 { match name { "step" => 1, _ => 0 } }"#,
        r#"fn f(name: &str) -> u8 { match (name, 1) { ("step", 1) => 1, _ => 0 } }"#,
        r#"fn f(name: &str) -> bool { ["step", "x"].contains(&name) }"#,
        r#"fn f(name: &str) -> bool { ["step", "x"].iter().any(|known| known == &name) }"#,
        r#"fn f(name: &str) -> bool { name.starts_with("step") }"#,
        r#"fn f(path: &syn::Path) -> bool { path.is_ident("step") }"#,
    ] {
        let source = syn::parse_str(source).expect("it parses");
        assert!(compared(&source).iter().any(|(_, name)| name == "step"));
    }
    let source =
        syn::parse_str(r#"fn f(name: &str) -> String { format!("{name} step") }"#).expect("it parses");
    assert!(compared(&source).is_empty());
}
