//! Bookkeeping of a loop: sums, collections, the best model so far, errors in the data.

use super::{Excerpt, LoopId, Past, PathId, SiteId};
use crate::vocabulary::MetricEffect;

/// A decision that depends on a comparison of a measure with the measure's best value so far.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The condition of the decision.
    pub site: SiteId,
    /// The measure that is compared with the best so far.
    pub measure: Measure,
    /// The result of the decision.
    pub decides: Decides,
}

/// The result of a decision on a measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decides {
    /// The model is saved. The string is the name that indicates the save, such as `save_weights`.
    Saves(String),
    /// The loop ends.
    Stops,
    /// A variable counts the iterations without improvement. The string is the name of the
    /// variable. No jump out of the loop is known yet to depend on it.
    Counts(String),
}

/// A number that measures how good a model is.
#[derive(Clone, Debug, Default)]
pub struct Measure {
    /// The name of the measure.
    pub name: String,
    /// The names in the expressions that compute the measure.
    pub names: Vec<String>,
    /// The resolved forwards in the computation of the measure.
    pub forwards: Vec<SiteId>,
}

/// A call of a method of a metric.
#[derive(Clone, Copy, Debug)]
pub struct MetricCall {
    /// The place of the metric.
    pub metric: PathId,
    /// The effect of the method on the metric.
    pub effect: MetricEffect,
}

/// A call that shows or stores a model's output, such as `save_image`.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// The call that shows or stores the output; `None` for a macro that prints.
    pub by: Option<SiteId>,
}

/// A loop head that ends the loop, or skips an item, when the data cannot be read.
///
/// An example is `while let Ok(batch) = loader.next()`.
#[derive(Clone, Debug)]
pub struct Swallow {
    /// The condition of the head, or the expression that the loop iterates over.
    pub site: SiteId,
    /// The loop with this head.
    pub of: LoopId,
    /// Whether the head skips an unreadable item (`true`), or ends the loop at this item (`false`).
    pub drops: bool,
    /// A loop head that propagates errors. The message suggests this head instead.
    pub instead: String,
    /// The variable that is the source of the items, if there is one.
    pub from: Option<PathId>,
}

/// A tensor that is added to a sum or a collection together with its graph.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The place of the addition to the sum or the collection.
    pub site: SiteId,
    /// The place of the sum or the collection.
    pub into: PathId,
    /// The text of the tensor, without `&` and `.clone()`, if it is a variable or a field.
    pub place: Option<Excerpt>,
    /// The forwards and losses that the tensor was computed from.
    pub past: Past,
    /// Whether the tensor is added to a sum (`true`), or put into a collection (`false`).
    pub added: bool,
}

/// A loop head that counts one epoch too few: `for epoch in 1..epochs`.
#[derive(Clone, Debug)]
pub struct ShortEpochs {
    /// The range or the condition in the head.
    pub site: SiteId,
    /// The loop with this head.
    pub of: LoopId,
    /// The source text of the number of epochs.
    pub epochs: Excerpt,
    /// The range or the condition that a message suggests instead.
    pub instead: String,
}
