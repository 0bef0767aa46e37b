//! Averages of an epoch's losses, and averages of a model's parameters.

use super::{Excerpt, PathId, SiteId};

/// A sum of losses that is divided by a number of the wrong unit. For example, a sum of batch means
/// is divided by a number of samples.
#[derive(Clone, Debug)]
pub struct MeanLoss {
    /// The division.
    pub site: SiteId,
    /// The addition to the sum.
    pub added: SiteId,
    /// The place of the sum.
    pub sum: PathId,
    /// The source text of the divisor.
    pub divisor: Excerpt,
    /// Whether each term is a mean times the size of its batch, and the divisor is a number of
    /// batches. Otherwise each term is the mean of a batch, and the divisor is a number of samples.
    pub weighted: bool,
}

/// A call on the average of a model's parameters.
#[derive(Clone, Copy, Debug)]
pub struct Average {
    /// The place of the average.
    pub of: PathId,
    /// What the call does with the average.
    pub step: AverageStep,
}

/// What a call does with the average of a model's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AverageStep {
    /// The average moves towards the current parameters.
    Moves,
    /// The averaged model is evaluated or saved.
    Serves,
    /// The statistics of batch norm are computed again, or an opaque call may compute them.
    Refits,
}
