//! Fixes of findings, as edits of whole statements.
//!
//! A lint names calls, `anchor` replaces them by the statements around them, and the command turns these into text.

use crate::place::Place;

/// A change that repairs the code of a finding.
#[derive(Clone, Debug)]
pub struct Fix {
    /// A description.
    pub message: String,
    /// The confidence that it is the intended change.
    pub applicability: Applicability,
    /// The edits, each of one statement.
    pub edits: Vec<Edit>,
}

/// The confidence that a fix is the intended change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Applicability {
    /// The user may have intended another change.
    Maybe,
    /// It can be applied without review.
    Safe,
}

/// One edit.
#[derive(Clone, Debug)]
pub enum Edit {
    /// Inserts a statement before the one at this place.
    Before(Place, String),
    /// Inserts a statement after the one at this place.
    After(Place, String),
    /// Removes the statement.
    Remove(Place),
    /// Moves the first statement before the second.
    MoveBefore(Place, Place),
    /// Moves the first statement after the second.
    MoveAfter(Place, Place),
}

impl Fix {
    /// A fix of one edit, described by the finding's help.
    pub(crate) fn new(applicability: Applicability, edit: Edit) -> Self {
        Self { message: String::new(), applicability, edits: vec![edit] }
    }

    /// Describes the fix, and lowers its confidence if the finding is not certain.
    pub(crate) fn told(mut self, help: Option<&str>, certain: bool) -> Self {
        if self.message.is_empty() {
            help.unwrap_or_default().clone_into(&mut self.message);
        }
        if !certain {
            self.applicability = Applicability::Maybe;
        }
        self
    }

    /// The fix of two faults that are one finding.
    pub(crate) fn both(fix: Option<Box<Self>>, other: Option<Self>) -> Option<Box<Self>> {
        let (mut fix, other) = (fix?, other?);
        fix.edits.extend(other.edits);
        Some(fix)
    }
}
