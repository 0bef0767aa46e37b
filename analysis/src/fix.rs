//! Fixes of findings, as edits of whole statements.
//!
//! The edits of a lint refer to calls. The module `anchor` makes them refer to the statements
//! around the calls. The command turns the result into text.

use crate::place::Place;

/// A change that repairs the code of a finding.
#[derive(Clone, Debug)]
pub struct Fix {
    /// The description of the change.
    pub message: String,
    /// The confidence that the fix is the intended change.
    pub applicability: Applicability,
    /// The edits, each of one statement.
    pub edits: Vec<Edit>,
}

/// The confidence that a fix is the intended change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Applicability {
    /// The user may have intended another change.
    Maybe,
    /// The fix can be applied without review.
    Safe,
}

/// A change to one statement of the source.
#[derive(Clone, Debug)]
pub enum Edit {
    /// Inserts a statement before the statement at this place.
    Before(Place, String),
    /// Inserts a statement after the statement at this place.
    After(Place, String),
    /// Removes the statement at this place.
    Remove(Place),
    /// Moves the statement at the first place before the statement at the second place.
    MoveBefore(Place, Place),
    /// Moves the statement at the first place after the statement at the second place.
    MoveAfter(Place, Place),
}

impl Fix {
    /// Creates a fix of one edit. The help of the finding describes the fix.
    pub(crate) fn new(applicability: Applicability, edit: Edit) -> Self {
        Self { message: String::new(), applicability, edits: vec![edit] }
    }

    /// Sets the description of the fix to the finding's help, unless the fix has a description.
    /// Lowers the confidence of the fix if the finding is not `certain`.
    pub(crate) fn told(mut self, help: Option<&str>, certain: bool) -> Self {
        if self.message.is_empty() {
            help.unwrap_or_default().clone_into(&mut self.message);
        }
        if !certain {
            self.applicability = Applicability::Maybe;
        }
        self
    }

    /// The combined fix of two faults that are reported as one finding.
    pub(crate) fn both(fix: Option<Box<Self>>, other: Option<Self>) -> Option<Box<Self>> {
        let (mut fix, other) = (fix?, other?);
        fix.edits.extend(other.edits);
        Some(fix)
    }
}
