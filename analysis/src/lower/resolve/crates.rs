//! The crates that the checked code uses, which select its vocabularies.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{Block, ExprMethodCall, Item, ItemFn, ItemUse, Path, UseTree};

use crate::deep::is_deep;
use crate::vocabulary::Vocabularies;

/// The vocabularies for a file. The `use` items of the file and of its modules select them.
pub(super) fn of_items(items: &[Item]) -> Vocabularies {
    let mut crates = Crates::default();
    crates.items(items);
    Vocabularies::of_crates(crates.0.iter())
}

/// The vocabularies for a function in a file that imports no known library, by the methods that it calls.
pub(super) fn of_methods(body: &Block) -> Vocabularies {
    let mut methods = Methods::default();
    methods.visit_block(body);
    Vocabularies::of_methods(&methods.0)
}

/// The vocabularies for a single function. The paths in its signature and its body select them.
pub(super) fn of_function(function: &ItemFn) -> Vocabularies {
    let mut crates = Crates::default();
    crates.visit_signature(&function.sig);
    if !is_deep(&function.block) {
        crates.visit_block(&function.block);
    }
    Vocabularies::of_crates(crates.0.iter())
}

/// The first segments of paths and of `use` trees.
#[derive(Default)]
struct Crates(BTreeSet<String>);

impl Crates {
    fn items(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Use(item) => self.tree(&item.tree),
                Item::ExternCrate(item) => self.add(&item.ident),
                Item::Mod(module) => module.content.iter().for_each(|(_, items)| self.items(items)),
                _ => {}
            }
        }
    }

    fn tree(&mut self, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => self.add(&path.ident),
            UseTree::Name(name) => self.add(&name.ident),
            UseTree::Rename(name) => self.add(&name.ident),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(tree)),
            UseTree::Glob(_) => {}
        }
    }

    fn add(&mut self, name: &syn::Ident) {
        self.0.insert(name.to_string());
    }
}

impl<'ast> Visit<'ast> for Crates {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.tree(&item.tree);
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if path.segments.len() > 1 {
            self.0.extend(path.segments.first().map(|first| first.ident.to_string()));
        }
        visit::visit_path(self, path);
    }
}

/// The names of the methods that some code calls.
#[derive(Default)]
struct Methods(BTreeSet<String>);

impl<'ast> Visit<'ast> for Methods {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.0.insert(call.method.to_string());
        visit::visit_expr_method_call(self, call);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_and_paths_select() {
        let fused = |selected: Vocabularies| selected.optimizer_method("backward_step", 1).is_some();
        let file = |text: &str| of_items(&syn::parse_file(text).expect("a file").items);
        assert!(!fused(file("use training_loop::prelude::*; fn fit() {}")));
        assert!(fused(file("use training_loop::prelude::*; mod old { use tch::{nn, Tensor}; }")));
        assert!(fused(file("use {std::fs, tch as torch};")) && fused(file("extern crate tch;")));
        assert!(fused(file("use crate::prelude::*;")) && fused(file("fn fit() {}")));
        let threaded =
            |selected: Vocabularies| selected.optimizer_method("update", 2).is_some() && !fused(selected);
        let body = |text: &str| of_methods(&syn::parse_str(text).expect("a block"));
        assert!(threaded(body("{ g(x.leaky_trace()); }")) && fused(body("{ g(x.trace()); }")));
        let function = |text: &str| of_function(&syn::parse_str(text).expect("a function"));
        assert!(!fused(function("fn fit(model: &mut training_loop::nn::Linear) {}")));
        assert!(fused(function("fn fit(vs: &tch::nn::VarStore) {}")));
        assert!(fused(function("fn fit() { use training_loop::prelude::*; tch::no_grad(|| ()); }")));
        assert!(fused(function("fn fit(model: &mut Net) {}")));
    }
}
