//! How sure the checker is, measured: the figures behind `docs/checker.md`.
//!
//! `exhaustive` compares it with an interpreter on every function of a small space, `mutation` breaks right
//! loops mechanically, `right` demands silence on right ones, and `page` writes the report.
//! `UPDATE=1 cargo test -p training-loop-analysis --test measured` writes it anew.

mod exhaustive;
mod interpreter;
mod machine;
mod mutants;
mod mutation;
mod page;
mod right;
