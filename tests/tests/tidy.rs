//! House rules that a compiler does not know: imports, `unsafe`, documentation, size, words.
//!
//! Each test names every place that breaks its rule, so that one run shows all of them.

#[path = "tidy/callers.rs"]
mod callers;
#[path = "tidy/circles.rs"]
mod circles;
#[path = "tidy/clauses.rs"]
mod clauses;
#[path = "tidy/docs.rs"]
mod docs;
#[path = "tidy/imports.rs"]
mod imports;
#[path = "tidy/names.rs"]
mod names;
#[path = "tidy/registry.rs"]
mod registry;
#[path = "tidy/text.rs"]
mod text;
#[path = "tidy/tree.rs"]
mod tree;
#[path = "tidy/unsafety.rs"]
mod unsafety;
