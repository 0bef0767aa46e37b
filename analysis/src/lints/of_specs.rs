//! Lints of specs that are reported while the clauses are parsed, before there is a loop to check.
//!
//! Their pages are here; their checks are in `rules`.

use super::Lint;

mod backward_before_loss;
mod loss_before_forward;

/// All of them.
pub(super) static ALL: &[&Lint] = &[&loss_before_forward::LINT, &backward_before_loss::LINT];
