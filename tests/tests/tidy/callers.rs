//! Panics of the runtime about a mistake of the caller name the caller's line.

use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Attribute, ExprClosure, ImplItemFn, ItemFn, ItemMod, Macro, TraitItemFn};

use crate::tree::{demand, published};

#[derive(Default)]
struct Callers {
    /// The number of enclosing closures.
    closures: usize,
    broken: Vec<(usize, String)>,
}

fn is(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident(name))
}

impl Callers {
    fn check(&mut self, attributes: &[Attribute], name: &syn::Ident) {
        let page = attributes.iter().map(|attribute| attribute.to_token_stream().to_string());
        if page.into_iter().any(|line| line.contains("# Panics")) && !is(attributes, "track_caller") {
            let line = name.span().start().line;
            self.broken.push((line, format!("`{name}` says when it panics and is not `#[track_caller]`")));
        }
    }
}

impl<'ast> Visit<'ast> for Callers {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if !is(&module.attrs, "cfg") {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.check(&item.attrs, &item.sig.ident);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.check(&item.attrs, &item.sig.ident);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        self.check(&item.attrs, &item.sig.ident);
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.closures += 1;
        visit::visit_expr_closure(self, closure);
        self.closures -= 1;
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let name = call.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        if self.closures > 0 && ["panic", "assert", "assert_eq", "assert_ne"].contains(&name.as_str()) {
            let line = call.path.segments[0].ident.span().start().line;
            self.broken.push((line, format!("`{name}!` in a closure, where `#[track_caller]` ends")));
        }
    }
}

#[test]
fn panics_point_at_the_caller() {
    let mut broken = Vec::new();
    let mut seen = 0;
    for file in published() {
        let is_published = !file.path.starts_with("runtime/src/kernel") && !file.path.ends_with("/tests.rs");
        if file.path.starts_with("runtime/src/") && is_published {
            let mut callers = Callers::default();
            callers.visit_file(&file.syntax());
            seen += 1;
            broken.extend(
                callers.broken.into_iter().map(|(line, text)| format!("{}:{line}: {text}", file.path)),
            );
        }
    }
    assert!(seen > 50, "only {seen} files");
    demand("a panic about the caller's mistake names the caller's line", &broken);
}
