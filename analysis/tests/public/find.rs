//! Training functions: those with a backward and a step.

use std::collections::BTreeMap;
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Block, ImplItemFn, ItemFn, ItemImpl, ItemMod};

use crate::list::Row;
use crate::sources::{self, Source, hash};
use crate::stages::{Body, Role};

/// At most so many functions of one source: a library's own tests would outweigh everything else.
const OF_ONE_SOURCE: usize = 16;

/// A function of a file with its body.
pub(crate) struct Function<'f> {
    /// With its type: `Trainer::fit`.
    pub name: String,
    pub line: usize,
    pub end: usize,
    pub body: &'f Block,
}

/// Every function of a file, methods with their type.
pub(crate) fn functions(file: &syn::File) -> Vec<Function<'_>> {
    struct All<'f> {
        owner: Option<String>,
        all: Vec<Function<'f>>,
    }
    impl<'f> All<'f> {
        fn add(&mut self, name: &syn::Ident, body: &'f Block) {
            let name = self.owner.as_ref().map_or(name.to_string(), |owner| format!("{owner}::{name}"));
            let (line, end) =
                (body.brace_token.span.open().start().line, body.brace_token.span.close().end().line);
            self.all.push(Function { name, line, end, body });
        }
    }
    impl<'f> Visit<'f> for All<'f> {
        fn visit_item_fn(&mut self, item: &'f ItemFn) {
            let owner = self.owner.take();
            self.add(&item.sig.ident, &item.block);
            if let Some(last) = self.all.last_mut() {
                last.line = item.sig.fn_token.span.start().line;
            }
            visit::visit_item_fn(self, item);
            self.owner = owner;
        }
        fn visit_impl_item_fn(&mut self, item: &'f ImplItemFn) {
            self.add(&item.sig.ident, &item.block);
            if let Some(last) = self.all.last_mut() {
                last.line = item.sig.fn_token.span.start().line;
            }
            visit::visit_impl_item_fn(self, item);
        }
        fn visit_item_impl(&mut self, item: &'f ItemImpl) {
            let owner = match &*item.self_ty {
                syn::Type::Path(path) => path.path.segments.last().map(|part| part.ident.to_string()),
                _ => None,
            };
            let before = std::mem::replace(&mut self.owner, owner);
            visit::visit_item_impl(self, item);
            self.owner = before;
        }
        fn visit_item_mod(&mut self, item: &'f ItemMod) {
            let before = self.owner.take();
            visit::visit_item_mod(self, item);
            self.owner = before;
        }
    }
    let mut all = All { owner: None, all: Vec::new() };
    all.visit_file(file);
    all.all
}

/// Whether a function trains.
pub(crate) fn trains(body: &Body) -> bool {
    body.has(Role::BackwardStep) || body.has(Role::Backward) && body.has(Role::Step)
}

/// Names of functions that implement a stage instead of calling it.
const STAGES: [&str; 6] = ["backward", "backward_step", "step", "zero_grad", "update", "forward"];

/// The library that a file uses, by its imports.
fn library(text: &str) -> Option<&'static str> {
    for (library, words) in [
        ("burn", &["use burn", "burn::", "burn_core::"][..]),
        ("dfdx", &["use dfdx", "dfdx::"]),
        ("candle", &["candle_core", "candle_nn", "use candle"]),
        ("tch", &["use tch", "tch::"]),
    ] {
        // Not `batch::` for `tch::`.
        let starts =
            |at: usize| !text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
        if words.iter().any(|word| text.match_indices(word).any(|(at, _)| starts(at))) {
            return Some(library);
        }
    }
    None
}

/// The libraries themselves, whose files import nothing of the kind.
fn own_source(name: &str) -> Option<&'static str> {
    match name {
        "tracel-ai/burn" => Some("burn"),
        "coreylowman/dfdx" => Some("dfdx"),
        "huggingface/candle" => Some("candle"),
        "LaurentMazare/tch-rs" => Some("tch"),
        _ => None,
    }
}

/// Training functions of a source.
fn of_source(source: &Source) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut libraries: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unclear = Vec::new();
    let mut all = 0;
    for path in source.files() {
        all += 1;
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let used = own_source(&source.name).or_else(|| library(&text));
        if let Some(used) = used {
            *libraries.entry(used).or_default() += 1;
        }
        if !text.contains("backward") && !text.contains("backprop") {
            continue;
        }
        let Ok(file) = syn::parse_file(&text) else { continue };
        for function in functions(&file) {
            let plain = function.name.rsplit("::").next().unwrap_or_default();
            if STAGES.contains(&plain) || !trains(&Body::of(function.body)) {
                continue;
            }
            if used.is_none() {
                unclear.push(rows.len());
            }
            rows.push(Row {
                part: sources::part(&source.name),
                library: used.unwrap_or("own").to_owned(),
                source: source.name.clone(),
                version: source.version.clone(),
                path: path.strip_prefix(&source.folder).unwrap_or(&path).display().to_string(),
                line: function.line,
                function: function.name,
                verdict: "-".to_owned(),
                note: String::new(),
            });
        }
    }
    // A source of which a few files use a library is not written for it.
    let most = libraries.into_iter().max_by_key(|(_, files)| *files);
    if let Some((used, _)) = most.filter(|(_, files)| files * 5 >= all) {
        for index in unclear {
            used.clone_into(&mut rows[index].library);
        }
    }
    rows.sort_by_key(|row| hash(&format!("{} {}", row.path, row.function)));
    rows.truncate(OF_ONE_SOURCE);
    rows.sort_by(|one, other| (&one.path, one.line).cmp(&(&other.path, other.line)));
    rows
}

/// Training functions of all sources.
pub(crate) fn all(root: &Path) -> Vec<Row> {
    sources::all(root).iter().flat_map(of_source).collect()
}
