//! Support for a renamed runtime, such as `tl = { package = "training-loop", .. }` in the user's
//! `Cargo.toml`.
//!
//! The macros then expand to `::tl` instead of `::training_loop`, as with the clause `crate = ::tl`.

use std::fs;
use std::path::Path;

use proc_macro::{Span, TokenStream, TokenTree};

/// The name of the runtime's package in a `Cargo.toml`.
const PACKAGE: &str = "training-loop";

/// If the runtime is renamed, adds the clause `crate` to a spec that has no such clause.
pub(crate) fn clause(args: TokenStream, item: &TokenStream) -> TokenStream {
    let is_spec =
        matches!(item.clone().into_iter().last(), Some(TokenTree::Punct(end)) if end.as_char() == ';');
    if !is_spec || names_crate(args.clone()) {
        return args;
    }
    let Some(mut all) = name().and_then(|name| format!("crate = ::{name},").parse::<TokenStream>().ok())
    else {
        return args;
    };
    all = here(all);
    all.extend(args);
    all
}

/// If the runtime is renamed, adds the attribute `#[module(crate = ..)]` to a struct that has no
/// such attribute.
pub(crate) fn attribute(item: TokenStream) -> TokenStream {
    let attributes = item.clone().into_iter().filter_map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == proc_macro::Delimiter::Bracket => {
            Some(group.stream())
        }
        _ => None,
    });
    let mut inner = attributes.filter_map(|attribute| {
        let mut tokens = attribute.into_iter();
        let is_ours = matches!(tokens.next(), Some(TokenTree::Ident(name)) if name.to_string() == "module");
        is_ours.then(|| tokens.next()).flatten()
    });
    if inner.any(|token| matches!(token, TokenTree::Group(group) if names_crate(group.stream()))) {
        return item;
    }
    let Some(mut all) =
        name().and_then(|name| format!("#[module(crate = ::{name})]").parse::<TokenStream>().ok())
    else {
        return item;
    };
    all = here(all);
    all.extend(item);
    all
}

/// Whether the clauses contain `crate = ..`.
fn names_crate(args: TokenStream) -> bool {
    let tokens: Vec<_> = args.into_iter().collect();
    tokens.windows(2).any(|pair| match pair {
        [TokenTree::Ident(name), TokenTree::Punct(equals)] => {
            name.to_string() == "crate" && equals.as_char() == '='
        }
        _ => false,
    })
}

/// Sets the span of every token to the span of the attribute.
fn here(tokens: TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            token.set_span(Span::call_site());
            token
        })
        .collect()
}

/// The name that the user's crate gives to the runtime, such as `tl`; `None` if the crate does not
/// rename the runtime.
fn name() -> Option<String> {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR")?;
    let folder = Path::new(&folder);
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
    if has_usual(&manifest) {
        return None;
    }
    if let Some(name) = renamed(&manifest) {
        return Some(name);
    }
    // `tl.workspace = true`: the package is in the workspace's manifest.
    folder.ancestors().skip(1).find_map(|folder| {
        let workspace = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
        let name = renamed(workspace.split_once("[workspace.dependencies")?.1)?;
        manifest
            .lines()
            .any(|line| key(line).is_some_and(|key| key.replace('-', "_") == name))
            .then_some(name)
    })
}

/// Whether a manifest has a dependency named `training-loop`, or is the manifest of `training-loop` itself.
fn has_usual(manifest: &str) -> bool {
    manifest.lines().any(|line| {
        let line = line.trim();
        key(line) == Some(PACKAGE) || line.ends_with(".training-loop]") || line == "name = \"training-loop\""
    })
}

/// The key of a manifest line: `tl` in `tl = ..` and in `tl.workspace = ..`.
fn key(line: &str) -> Option<&str> {
    let (key, _) = line.trim().split_once('=')?;
    Some(key.split('.').next()?.trim().trim_matches('"'))
}

/// The name that a manifest gives to the runtime, or `None` if the manifest does not rename the
/// runtime. The name is `tl` in `tl = { package = "training-loop" }` or in a table
/// `[dependencies.tl]`.
fn renamed(manifest: &str) -> Option<String> {
    let mut table = "";
    manifest.lines().map(str::trim).find_map(|line| {
        if let Some(head) = line.strip_prefix('[') {
            table = head.trim_end_matches(']');
        }
        let plain: String = line.chars().filter(|c| !c.is_whitespace()).collect();
        let name = if plain == "package=\"training-loop\"" {
            table.rsplit('.').next()?
        } else if plain.contains("package=\"training-loop\"") {
            key(line)?
        } else {
            return None;
        };
        Some(name.trim_matches('"').replace('-', "_"))
    })
}

#[cfg(test)]
mod tests {
    use super::{has_usual, renamed};

    #[test]
    fn the_name_is_found_where_a_manifest_gives_one() {
        for manifest in [
            "[dependencies]\nt-l = { package = \"training-loop\", version = \"1\" }",
            "[dependencies]\n\"t-l\" = { version = \"1\", package=\"training-loop\" }",
            "[dependencies.t-l]\nversion = \"1\"\npackage = \"training-loop\"\n[dev-dependencies]",
            "[target.'cfg(unix)'.dependencies.t-l]\npackage = \"training-loop\"",
        ] {
            assert_eq!(renamed(manifest).as_deref(), Some("t_l"), "{manifest}");
            assert!(!has_usual(manifest), "{manifest}");
        }
        for manifest in [
            "[dependencies]\ntraining-loop = \"1\"",
            "[dependencies]\ntraining-loop.workspace = true",
            "[dependencies.training-loop]\nversion = \"1\"",
            "[package]\nname = \"training-loop\"",
        ] {
            assert!(has_usual(manifest) && renamed(manifest).is_none(), "{manifest}");
        }
        assert_eq!(renamed("[dependencies]\nother = { package = \"training-loop-mpi\" }"), None);
    }
}
