//! The functions of a file, for telling in which one a place stands.

use proc_macro2::{LineColumn, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::visit::{self, Visit};
use syn::{Block, File, Ident};

/// A function with a body, or with a spec in place of one.
#[derive(Debug)]
pub(crate) struct Function {
    /// Its name; a method's with its type, `Trainer::fit`.
    pub(crate) name: String,
    /// Line and column of its name; of a spec's attribute.
    start: (usize, usize),
    /// Line and column of its last brace.
    end: (usize, usize),
}

/// What a file holds.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// All functions, nested ones behind those around them.
    pub(crate) functions: Vec<Function>,
    /// How many loops stand in the file.
    pub(crate) loops: usize,
}

impl Outline {
    /// Reads a file.
    pub(crate) fn of(file: &File) -> Self {
        let mut walk = Walk { outline: Self::default(), owner: None };
        walk.visit_file(file);
        walk.outline
    }

    /// The innermost function around a line and column.
    pub(crate) fn around(&self, line: usize, column: usize) -> Option<&str> {
        let at = (line, column);
        // Functions stand in source order: of those that begin before, the last that has not ended.
        let before = self.functions.partition_point(|function| function.start <= at);
        let found = self.functions[..before].iter().rev().find(|function| at < function.end);
        found.map(|function| function.name.as_str())
    }
}

struct Walk {
    outline: Outline,
    /// The type or trait whose methods these are.
    owner: Option<String>,
}

impl Walk {
    fn function(&mut self, name: &Ident, block: &Block) {
        self.push(name, name.span().start(), block.brace_token.span.close().end());
    }

    fn push(&mut self, name: &Ident, start: LineColumn, end: LineColumn) {
        let full = match &self.owner {
            Some(owner) => format!("{owner}::{name}"),
            None => name.to_string(),
        };
        self.outline.functions.push(Function {
            name: full,
            start: (start.line, start.column),
            end: (end.line, end.column),
        });
    }

    /// Walks over what lies in a function, a type or a trait.
    fn within(&mut self, owner: Option<String>, walk: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.owner, owner);
        walk(self);
        self.owner = before;
    }
}

impl Walk {
    /// A function without a body, which syn keeps as tokens: a spec, with its attributes, whose loop is written.
    fn spec(&mut self, tokens: &TokenStream) {
        let name = |input: ParseStream| {
            let attributes = input.call(syn::Attribute::parse_outer)?;
            input.parse::<syn::Visibility>()?;
            let signature: syn::Signature = input.parse()?;
            input.parse::<syn::Token![;]>()?;
            let is_ours = |attribute: &syn::Attribute| {
                attribute.path().segments.last().is_some_and(|name| name.ident == "training_loop")
            };
            Ok((signature.ident, attributes.iter().any(is_ours)))
        };
        let places = (tokens.clone().into_iter().next(), tokens.clone().into_iter().last());
        let (Ok((name, is_written)), (Some(first), Some(last))) = (name.parse2(tokens.clone()), places)
        else {
            return;
        };
        self.outline.loops += usize::from(is_written);
        self.push(&name, first.span().start(), last.span().end());
    }
}

impl<'ast> Visit<'ast> for Walk {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        match item {
            syn::Item::Verbatim(tokens) => self.within(None, |walk| walk.spec(tokens)),
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        match item {
            syn::ImplItem::Verbatim(tokens) => self.spec(tokens),
            _ => visit::visit_impl_item(self, item),
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.within(None, |walk| {
            walk.function(&item.sig.ident, &item.block);
            visit::visit_item_fn(walk, item);
        });
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig.ident, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig.ident, block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let owner = match &*item.self_ty {
            syn::Type::Path(path) => path.path.segments.last().map(|part| part.ident.to_string()),
            _ => None,
        };
        self.within(owner, |walk| visit::visit_item_impl(walk, item));
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.within(Some(item.ident.to_string()), |walk| visit::visit_item_trait(walk, item));
    }

    fn visit_expr_for_loop(&mut self, node: &'ast syn::ExprForLoop) {
        self.outline.loops += 1;
        visit::visit_expr_for_loop(self, node);
    }

    fn visit_expr_while(&mut self, node: &'ast syn::ExprWhile) {
        self.outline.loops += 1;
        visit::visit_expr_while(self, node);
    }

    fn visit_expr_loop(&mut self, node: &'ast syn::ExprLoop) {
        self.outline.loops += 1;
        visit::visit_expr_loop(self, node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_function_is_named() {
        let text = "fn a() {\n  fn b() {\n    loop {}\n  }\n  for x in y {}\n}\nimpl<T> Trainer<T> {\n  fn fit() {\n\
                    while true {}\n  }\n}\ntrait Fit {\n  fn f() {\n  }\n  fn g();\n}";
        let outline = Outline::of(&syn::parse_str(text).expect("it parses"));
        let names: Vec<_> = (1..=15).map(|line| outline.around(line, 2).unwrap_or("-")).collect();
        let fit = "Trainer::fit";
        assert_eq!(names, ["-", "a", "b", "b", "a", "-", "-", "-", fit, fit, "-", "-", "-", "Fit::f", "-"]);
        assert_eq!((outline.functions.len(), outline.loops), (4, 3));
    }

    #[test]
    fn the_loop_of_a_spec_counts() {
        let text = "#[training_loop(epochs = 2)]\nfn fit(model: &mut Net) -> Result<History>;\nfn other();";
        let outline = Outline::of(&syn::parse_str(text).expect("it parses"));
        assert_eq!((outline.functions.len(), outline.loops), (2, 1));
    }
}
