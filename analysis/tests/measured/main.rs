//! Measures how reliable the checker is: the figures of `docs/checker.md`.
//!
//! `exhaustive` compares it with an interpreter on every function of a small space, `mutation` mutates correct
//! loops, `right` demands no finding on correct ones, and `page` writes the report.
//! `UPDATE=1 cargo test -p training-loop-analysis --test measured` rewrites it.

mod exhaustive;
mod interpreter;
mod machine;
mod mutants;
mod mutation;
mod page;
mod right;
