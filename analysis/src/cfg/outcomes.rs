//! Calls whose result must be used, with the use of the result.

use super::{PathId, SiteId, Versioned};

/// A call whose result must be used.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The call.
    pub site: SiteId,
    /// The function or method that is called.
    pub callee: Versioned,
    /// The returned value.
    pub gives: Gives,
    /// The use of the result.
    pub fate: Fate,
}

/// The kind of a call's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// The updated model that was in this place.
    Model(PathId),
    /// The reduction of a value over all processes.
    Reduced,
}

/// The use of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is used, or may be.
    Kept,
    /// It is dropped at once.
    Dropped,
    /// It is bound to a variable.
    Named(PathId),
    /// It is bound to a variable that is never read.
    Unread(PathId),
}
