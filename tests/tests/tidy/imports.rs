//! Which crates and modules may depend on which, and which may do I/O.

use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};

use crate::tree::{Source, demand, idents, root, rust};

/// Collects the paths in a file, with their lines, and the macros that it calls.
#[derive(Default)]
pub(crate) struct Paths {
    found: Vec<(usize, String)>,
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_test(&item.attrs) {
            self.flatten("", &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let Some(first) = path.segments.first() {
            self.found.push((first.ident.span().start().line, words.join("::")));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        visit::visit_macro(self, mac);
        // The contents of `quote!` are the user's code, not ours.
        let name = mac.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        if name.contains("quote") {
            return;
        }
        let mut before = String::new();
        idents(mac.tokens.clone(), &mut |line, ident, next| {
            let path = if before.is_empty() { ident.to_owned() } else { format!("{before}::{ident}") };
            self.found.push((line, if next == "!" { ident.to_owned() } else { path.clone() }));
            before = if next == ":" { path } else { String::new() };
        });
    }
}

impl Paths {
    /// The paths in the file's code, each with its line; tests are left out.
    pub(crate) fn of(file: &Source) -> Vec<(usize, String)> {
        let mut paths = Self::default();
        paths.visit_file(&file.syntax());
        paths.found
    }

    fn flatten(&mut self, before: &str, tree: &syn::UseTree) {
        let join = |ident: &syn::Ident| {
            if before.is_empty() { ident.to_string() } else { format!("{before}::{ident}") }
        };
        match tree {
            syn::UseTree::Path(path) => self.flatten(&join(&path.ident), &path.tree),
            syn::UseTree::Name(syn::UseName { ident })
            | syn::UseTree::Rename(syn::UseRename { ident, .. }) => {
                self.found.push((ident.span().start().line, join(ident)));
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.flatten(before, item)),
            syn::UseTree::Glob(glob) => {
                self.found.push((glob.star_token.spans[0].start().line, before.to_owned()));
            }
        }
    }
}

/// Whether an item is compiled for tests alone: `cfg(test)`, or `cfg(all(test, ..))`.
pub(crate) fn is_test(attrs: &[syn::Attribute]) -> bool {
    fn needs_test(condition: &syn::Meta) -> bool {
        match condition {
            syn::Meta::Path(path) => path.is_ident("test"),
            syn::Meta::List(list) if list.path.is_ident("all") => {
                let parser = Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated;
                list.parse_args_with(parser).is_ok_and(|parts| parts.iter().any(needs_test))
            }
            _ => false,
        }
    }
    let is_test = |attribute: &syn::Attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args().is_ok_and(|condition| needs_test(&condition))
    };
    attrs.iter().any(is_test)
}

fn broken(files: &[Source], is_forbidden: impl Fn(&str) -> bool) -> Vec<String> {
    let mut broken = Vec::new();
    for file in files {
        for (line, path) in Paths::of(file) {
            if is_forbidden(&path) {
                broken.push(format!("{}:{line}: {path}", file.path));
            }
        }
    }
    broken
}

/// Whether `path` is `module` or inside it; `core` and `std` are equal.
fn is_in(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[test]
fn analysis_touches_nothing_outside() {
    let modules = ["std::fs", "std::io", "std::env", "std::process", "std::net", "std::time"];
    let macros =
        ["print", "println", "eprint", "eprintln", "env", "option_env", "include_str", "include_bytes"];
    let outside = |path: &str| modules.iter().any(|module| is_in(path, module)) || macros.contains(&path);
    // The name of the runtime is only in the manifest of the crate being compiled.
    let reads_manifest = ["std::fs", "std::env::var_os"];
    demand("`analysis` does no I/O and reads no environment, `macros` read the manifest alone", &{
        let mut found = broken(&rust("analysis/src"), outside);
        let (renamed, rest): (Vec<_>, Vec<_>) =
            rust("macros/src").into_iter().partition(|file| file.path == "macros/src/renamed.rs");
        // The attribute's documentation includes the table of clauses.
        let includes_page = |path: &str| path == "include_str";
        found.extend(broken(&rest, |path| outside(path) && !includes_page(path)));
        found.extend(broken(&renamed, |path| outside(path) && !reads_manifest.contains(&path)));
        found
    });
}

#[test]
fn nothing_depends_on_the_order_of_a_hash_table() {
    let hashed = |path: &str| path.split("::").any(|word| word == "HashMap" || word == "HashSet");
    demand("a hash table's order varies from run to run, take a BTreeMap", &{
        let mut found = broken(&rust("analysis/src"), hashed);
        found.extend(broken(&rust("runtime/src"), hashed));
        found.extend(broken(&rust("lint/src"), hashed));
        found
    });
}

#[test]
fn crates_know_only_what_lies_below_them() {
    let rules = [
        ("analysis", &["training_loop", "training_loop_macros", "cargo_training_loop"][..]),
        ("lint", &["training_loop", "training_loop_macros"]),
        ("macros", &["training_loop", "cargo_training_loop"]),
        ("runtime", &["training_loop_analysis", "cargo_training_loop"]),
    ];
    for (folder, above) in rules {
        let names = |path: &str| above.iter().any(|name| is_in(path, name));
        // The macros' own name is also that of the crate they expand to.
        if folder != "macros" {
            demand(
                &format!("`{folder}` must not know {above:?}"),
                &broken(&rust(&format!("{folder}/src")), names),
            );
        }
        let manifest = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("a manifest");
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap_or_default();
        let dependencies = dependencies.split("\n[").next().unwrap_or_default();
        for name in above {
            let name = format!("{}.workspace", name.replace('_', "-"));
            assert!(
                !dependencies.lines().any(|line| line.starts_with(&name)),
                "{folder}/Cargo.toml depends on {name}"
            );
        }
    }
}

#[test]
fn lints_read_the_graph_alone() {
    let syntax = ["syn", "quote", "proc_macro2", "crate::lower", "crate::prose", "crate::tokens"];
    let reads_syntax = |path: &str| syntax.iter().any(|name| is_in(path, name));
    let files = ["cfg", "flow", "lints"].into_iter().flat_map(|room| rust(&format!("analysis/src/{room}")));
    // The helper of the lints' tests parses their programs.
    let files: Vec<Source> = files.filter(|file| !file.path.ends_with("/testing.rs")).collect();
    demand("graph, solver and lints know no syntax", &broken(&files, reads_syntax));
}

#[test]
fn the_collector_sees_through_groups_and_macros() {
    let text = "use std::{fs::File, io as input}; fn f() { vec![std::env::args()]; quote!(std::fs::read()); } \
                #[cfg(test)] mod tests { use std::process::exit; }";
    let file = Source { path: String::new(), text: text.to_owned() };
    let found = Paths::of(&file);
    let has = |path: &str| found.iter().any(|(_, word)| is_in(word, path));
    assert!(has("std::fs") && has("std::io") && has("std::env"), "{found:?}");
    assert!(!has("std::process") && !found.iter().any(|(_, path)| path.contains("read")), "{found:?}");
}
