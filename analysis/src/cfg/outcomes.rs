//! Calls whose result is the point of them, and what becomes of it.

use super::{PathId, SiteId};

/// A call whose result is the point of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The call.
    pub site: SiteId,
    /// What is called.
    pub callee: String,
    /// What it gives.
    pub gives: Gives,
    /// What becomes of that.
    pub fate: Fate,
}

/// What a call gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// The updated model that lived in this place.
    Model(PathId),
    /// A value put together from all processes.
    Reduced,
}

/// What becomes of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is used, or it is not known that it is not.
    Kept,
    /// It is dropped where it comes about.
    Dropped,
    /// It gets a name.
    Named(PathId),
    /// It gets a name that is never read.
    Unread(PathId),
}
