//! Changes of the source that repair what a finding reports, as edits of whole statements.
//!
//! A lint names calls, `anchor` puts the statements around them in their place, and the command makes text of them.

use crate::place::Place;

/// A change that mends a finding.
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
    /// It is one of several possible intentions.
    Maybe,
    /// It can be applied without a look.
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
