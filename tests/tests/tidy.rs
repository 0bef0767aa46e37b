//! House rules that the compiler does not check: imports, `unsafe`, documentation, size, wording.
//!
//! Each test lists every violation of its rule.

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
#[path = "tidy/matches.rs"]
mod matches;
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
