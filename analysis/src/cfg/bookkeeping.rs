//! Bookkeeping of a loop: sums, collections, the best model so far, errors in the data.

use super::{Excerpt, LoopId, Past, PathId, SiteId};

/// A branch that stores a measure as the new best if it improves on the best so far.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The condition.
    pub site: SiteId,
    /// The measure.
    pub measure: Measure,
    /// The branch's call that saves the model.
    pub keeps: String,
}

/// A number that measures how good a model is.
#[derive(Clone, Debug, Default)]
pub struct Measure {
    /// Its name.
    pub name: String,
    /// The names in the expressions of its computation.
    pub names: Vec<String>,
    /// The resolved forwards in its computation.
    pub forwards: Vec<SiteId>,
}

/// A loop head that ends the loop, or skips an item, when the data cannot be read.
#[derive(Clone, Debug)]
pub struct Swallow {
    /// The condition of the head, or the expression that the loop iterates over.
    pub site: SiteId,
    /// The loop.
    pub of: LoopId,
    /// An error skips one item; otherwise it ends the loop.
    pub drops: bool,
    /// A head that propagates errors, as a suggestion.
    pub instead: String,
    /// The source of the items, if it is a variable.
    pub from: Option<PathId>,
}

/// A tensor retained, with its graph, by a sum or a collection.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The place of the addition.
    pub site: SiteId,
    /// The sum or the collection.
    pub into: PathId,
    /// The tensor, without `&` and `.clone()`, if it is a variable or a field.
    pub place: Option<Excerpt>,
    /// The past of the tensor.
    pub past: Past,
    /// The tensor is added to a sum, not collected.
    pub added: bool,
}
