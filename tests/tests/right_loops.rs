//! Correct loops with one stage removed. The checker must report that stage, and nothing else.
//!
//! `analysis/tests/measured/right.rs` requires that the unchanged loops have no findings.

use std::path::PathBuf;

use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};
use training_loop_analysis::diagnostic::Diagnostic;
use training_loop_analysis::{CheckOptions, check_fn};

fn fixtures() -> Vec<(PathBuf, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../analysis/tests/right");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder of fixtures is there")
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).expect("it is text"))).collect()
}

fn told(findings: &[Diagnostic]) -> Vec<String> {
    let line = |finding: &Diagnostic| {
        format!("line {}: {}: {}", finding.place.line(), finding.lint.unwrap_or(""), finding.message)
    };
    findings.iter().map(line).collect()
}

/// Collects all functions of a file.
struct Functions(Vec<syn::ItemFn>);

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.0.push(function.clone());
    }

    fn visit_impl_item_fn(&mut self, method: &'ast syn::ImplItemFn) {
        let (attrs, sig, block) = (&method.attrs, &method.sig, &method.block);
        self.0.push(syn::parse_quote!(#(#attrs)* #sig #block));
    }
}

fn functions() -> Vec<syn::ItemFn> {
    let mut all = Functions(Vec::new());
    for (_, text) in fixtures() {
        all.visit_file(&syn::parse_file(&text).expect("a right loop parses"));
    }
    all.0
}

fn annotated() -> CheckOptions {
    CheckOptions { annotated: true, ..CheckOptions::default() }
}

/// Removes the calls of one method.
struct Without(&'static str);

impl VisitMut for Without {
    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        block.stmts.retain(|statement| match statement {
            syn::Stmt::Expr(syn::Expr::MethodCall(call), Some(_)) => call.method != self.0,
            _ => true,
        });
        visit_mut::visit_block_mut(self, block);
    }
}

/// Functions without opaque calls, in which a missing stage must be a certain finding.
const PLAIN: [&str; 9] = [
    "zero_before_forward",
    "zero_after_loss",
    "zero_after_step",
    "schedule_and_metrics",
    "while_let",
    "until_it_is_good",
    "for_each",
    "encoder_and_decoder",
    "asynchronous",
];

#[test]
fn a_missing_stage_is_found() {
    let plain =
        functions().into_iter().filter(|function| PLAIN.contains(&function.sig.ident.to_string().as_str()));
    let mut seen = 0;
    for function in plain {
        seen += 1;
        for (stage, lints) in [
            ("zero_grad", &["missing_zero_grad"][..]),
            ("backward", &["missing_backward"]),
            ("step", &["missing_step"]),
        ] {
            let mut broken = function.clone();
            Without(stage).visit_item_fn_mut(&mut broken);
            if quote::quote!(#broken).to_string() == quote::quote!(#function).to_string() {
                continue;
            }
            let findings = check_fn(&broken, &annotated());
            let certain: Vec<_> = findings
                .iter()
                .filter(|finding| finding.certain)
                .filter_map(|finding| finding.lint)
                .collect();
            assert!(
                !certain.is_empty() && certain.iter().all(|lint| lints.contains(lint)),
                "{} without {stage}: {:?}",
                function.sig.ident,
                told(&findings)
            );
        }
    }
    assert_eq!(seen, PLAIN.len());
}
