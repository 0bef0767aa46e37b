//! Lints of specs that are found while the clauses are read, before there is a loop to look at.
//!
//! Their pages stand here; what finds them is in `rules`.

use super::Lint;

mod backward_before_loss;
mod loss_before_forward;

/// All of them.
pub(super) static ALL: &[&Lint] = &[&loss_before_forward::LINT, &backward_before_loss::LINT];
