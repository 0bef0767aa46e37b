//! Documentation: module heads, first sentences, order of headings.

use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Visibility};

use crate::tree::{demand, files, published, root};

/// The headings of an item's documentation, in their order.
const HEADINGS: &[&str] = &["Shapes", "Formula", "Errors", "Panics", "Source", "Example"];

/// The maximum length of a module head. A head is read first, so it must be short.
const HEAD_LINES: usize = 15;

#[test]
fn every_module_has_a_short_head() {
    let mut broken = Vec::new();
    for file in published() {
        let head = file.text.lines().filter(|line| line.starts_with("//!")).count();
        // The crates' front pages have a whole example.
        let limit = if file.path.ends_with("/lib.rs") { usize::MAX } else { HEAD_LINES };
        // A lint's file is one page, at the lint itself.
        let is_lint =
            file.path.starts_with("analysis/src/lints/") && format!("\n{}", file.text).contains("\nlint! {");
        if (head == 0 && !is_lint) || head > limit {
            broken.push(format!("{}: {head} lines", file.path));
        }
    }
    demand("a file begins with a head (`//!`) of 1 to 15 lines", &broken);
}

/// Otherwise the page lists half of them by path alone, and functions with a module of the same name twice.
#[test]
fn the_prelude_shows_its_items_on_its_page() {
    let prelude =
        published().into_iter().find(|file| file.path == "runtime/src/prelude.rs").expect("there is one");
    let lines: Vec<_> = prelude.text.lines().collect();
    let bare =
        lines.windows(2).filter(|pair| pair[1].starts_with("pub use crate::") && pair[0] != "#[doc(inline)]");
    let broken: Vec<_> = bare.map(|pair| pair[1].to_owned()).collect();
    demand("what the prelude has of this crate is `#[doc(inline)]`", &broken);
}

#[derive(Default)]
struct Pages {
    broken: Vec<(usize, String)>,
}

impl Pages {
    fn check(&mut self, line: usize, name: &str, attributes: &[Attribute]) {
        let text = doc(attributes);
        if text.is_empty() {
            // rustc's `missing_docs` reports items that are visible from outside.
            return;
        }
        let first = text.split("\n\n").next().unwrap_or_default().trim();
        let starts = first.starts_with(|c: char| c.is_uppercase() || c.is_numeric() || "`[$‖".contains(c));
        let ends = first.ends_with(['.', ':', '?', '!', ')']) || first.ends_with("```");
        if !starts || !ends {
            self.broken.push((line, format!("`{name}` begins with {first:?}, not with a sentence")));
        }
        let places: Vec<usize> = headings(&text)
            .filter_map(|heading| HEADINGS.iter().position(|known| *known == heading))
            .collect();
        if !places.is_sorted() {
            self.broken.push((line, format!("`{name}` has its headings out of order, they go {HEADINGS:?}")));
        }
    }
}

impl<'ast> Visit<'ast> for Pages {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.check_visible(&item.vis, &item.sig.ident, &item.attrs);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.check_visible(&item.vis, &item.sig.ident, &item.attrs);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.check(item.sig.ident.span().start().line, &item.sig.ident.to_string(), &item.attrs);
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.check_visible(&item.vis, &item.ident, &item.attrs);
        visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.check_visible(&item.vis, &item.ident, &item.attrs);
        visit::visit_item_enum(self, item);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.check_visible(&item.vis, &item.ident, &item.attrs);
        // The items of a trait are as visible as the trait.
        if matches!(item.vis, Visibility::Public(_)) {
            visit::visit_item_trait(self, item);
        }
    }
}

impl Pages {
    fn check_visible(&mut self, visibility: &Visibility, name: &syn::Ident, attributes: &[Attribute]) {
        if matches!(visibility, Visibility::Public(_)) {
            self.check(name.span().start().line, &name.to_string(), attributes);
        }
    }
}

/// The doc comment as text, without the leading space of each line.
fn doc(attributes: &[Attribute]) -> String {
    let mut text = String::new();
    for attribute in attributes {
        let Meta::NameValue(pair) = &attribute.meta else { continue };
        let Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) = &pair.value else { continue };
        if pair.path.is_ident("doc") {
            let line = line.value();
            text.push_str(line.strip_prefix(' ').unwrap_or(&line));
            text.push('\n');
        }
    }
    text
}

/// The texts of first-level headings outside code.
fn headings(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter_map(move |line| {
        is_code ^= line.starts_with("```");
        if is_code { None } else { line.strip_prefix("# ") }
    })
}

#[test]
fn pages_begin_with_a_sentence_and_keep_their_order() {
    let mut broken = Vec::new();
    let mut pages_seen = 0;
    for file in published() {
        let mut pages = Pages::default();
        pages.visit_file(&file.syntax());
        pages_seen += 1;
        broken.extend(pages.broken.into_iter().map(|(line, text)| format!("{}:{line}: {text}", file.path)));
    }
    assert!(pages_seen > 0);
    demand("documentation of public items", &broken);
}

/// The headings of a lint's page.
const PAGE: &[&str] = &["What it finds", "Why it matters", "Example", "Instead", "Limits"];

#[test]
fn every_lint_has_its_page() {
    let lints = training_loop_analysis::lints::all().iter().chain(training_loop_analysis::lints::of_specs());
    assert!(lints.clone().count() > 3);
    let mut broken = Vec::new();
    for lint in lints {
        let found: Vec<&str> = lint.page.lines().filter_map(|line| line.trim().strip_prefix("## ")).collect();
        if found != PAGE {
            broken.push(format!("`{}` has {found:?}", lint.name));
        }
        let is_short = lint.summary.len() <= 80 && !lint.summary.ends_with('.');
        if !is_short || lint.summary.starts_with(char::is_uppercase) {
            broken.push(format!("`{}`: the summary is a phrase of one line: {:?}", lint.name, lint.summary));
        }
        if lint.name.chars().any(|c| !c.is_ascii_lowercase() && c != '_') {
            broken.push(format!("`{}` is not in snake case", lint.name));
        }
    }
    demand(&format!("a lint's page has the headings {PAGE:?}"), &broken);
}

/// The examples of a file's documentation, each with its first line.
fn examples(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut is_code = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start();
        let doc = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
        match doc.map(str::trim_start) {
            Some(fence) if fence.starts_with("```") => {
                is_code = !is_code;
                if is_code {
                    found.push((index + 2, String::new()));
                }
            }
            Some(code) => {
                if let (true, Some((_, example))) = (is_code, found.last_mut()) {
                    example.extend([code, "\n"]);
                }
            }
            None => is_code = false,
        }
    }
    found
}

/// A user who depends on `training-loop` alone has no `ndarray`: examples use our re-export.
#[test]
fn examples_need_no_other_crate() {
    let mut broken = Vec::new();
    let mut seen = 0;
    for file in published().into_iter().filter(|file| file.path.starts_with("runtime/")) {
        for (line, example) in examples(&file.text) {
            let names = |what: &str| example.contains(what);
            seen += usize::from(names("ndarray"));
            if names("ndarray::") && !names("training_loop::prelude::*") && !names("training_loop::{ndarray")
            {
                broken.push(format!("{}:{line}", file.path));
            }
        }
    }
    assert!(seen > 5, "{seen}");
    demand("an example takes `ndarray` from `training_loop::prelude` or the crate's root", &broken);
}

/// Every environment variable that the runtime reads is in the README, in the module `environment` and in its
/// `HELP`.
#[test]
fn environment_variables_are_documented() {
    let page = files("runtime/src", &["rs"]).into_iter().find(|file| file.path.ends_with("environment.rs"));
    let page = page.expect("the page of the environment variables").text;
    let (table, help) = page.split_once("pub const HELP").expect("the help for programs");
    let readme =
        files(".", &["md"]).into_iter().find(|file| file.path == "README.md").expect("a README").text;
    let mut broken = Vec::new();
    let mut seen = 0;
    for file in files("runtime/src", &["rs"]) {
        for rest in file.text.split("\"TRAINING_LOOP_").skip(1) {
            let name: String = rest.chars().take_while(char::is_ascii_uppercase).collect();
            let name = format!("TRAINING_LOOP_{name}");
            seen += 1;
            for (place, text) in
                [("README.md", &*readme), ("environment.rs", table), ("environment::HELP", help)]
            {
                if !text.contains(&name) && name != "TRAINING_LOOP_STRESS" {
                    broken.push(format!("{}: {name} is not in {place}", file.path));
                }
            }
        }
    }
    assert!(seen >= 5, "the variables are not found in the sources any more");
    demand("environment variables are documented", &broken);
}

/// A page names a test as `file.rs::function`.
#[test]
fn the_tests_that_a_page_names_exist() {
    let mut broken = Vec::new();
    let mut seen = 0;
    for page in files("docs", &["md"]) {
        for name in page.text.split('`') {
            let Some((path, function)) = name.split_once(".rs::") else { continue };
            let text = std::fs::read_to_string(root().join(format!("{path}.rs"))).unwrap_or_default();
            seen += 1;
            if !text.contains(&format!("#[test]\nfn {function}()"))
                && !text.contains(&format!("#[test]\npub(crate) fn {function}()"))
                && !text.contains(&format!("#[test]\n    fn {function}()"))
            {
                broken.push(format!("{}: {name}", page.path));
            }
        }
    }
    assert!(seen > 30, "the tests are not found in the pages any more");
    demand("a test that a page names exists", &broken);
}
