//! What hooks see.

use super::{History, Row};
use crate::Scalar;

/// Where a running loop stands, as its hooks see it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct State<'a> {
    /// The epoch, counted from 0.
    pub epoch: usize,
    /// The batch in the epoch, counted from 0.
    pub batch: usize,
    /// Optimizer updates so far in the run.
    pub step: usize,
    /// The last training batch's loss; NaN before the first.
    pub loss: f64,
    /// The learning rate of the last update; none before the first.
    pub learning_rate: Option<Scalar>,
    /// The norm of the last update's gradients before clipping, where the loop clips by norm.
    pub grad_norm: Option<f64>,
    /// This epoch's measurements so far.
    pub row: Row,
    /// The epochs before this one.
    pub history: &'a History,
    pub(super) is_best: bool,
}

impl State<'_> {
    /// Whether this epoch is the best so far, by `valid_loss`, or by `loss` in a loop that has not
    /// validated. The first is; a loss that is NaN and an epoch without validation in a loop with it never is.
    pub fn is_best(&self) -> bool {
        self.is_best
    }
}
