//! Changes of the source that repair what a finding reports, as edits of whole statements.
//!
//! A lint names calls, `anchor` puts the statements around them in their place, and the command makes text of them.

use crate::place::Place;

/// A change that mends a finding.
#[derive(Clone, Debug)]
pub struct Fix {
    /// What it does, in words.
    pub message: String,
    /// How sure it is that this is meant.
    pub applicability: Applicability,
    /// What changes, each at a statement of its own.
    pub edits: Vec<Edit>,
}

/// How sure it is that a fix is what was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Applicability {
    /// One of several things that may be meant.
    Maybe,
    /// It can be applied unseen.
    Safe,
}

/// One change.
#[derive(Clone, Debug)]
pub enum Edit {
    /// A new statement before the one at this place.
    Before(Place, String),
    /// A new statement behind the one at this place.
    After(Place, String),
    /// The statement goes.
    Remove(Place),
    /// The first statement moves to before the second.
    MoveBefore(Place, Place),
    /// The first statement moves to behind the second.
    MoveAfter(Place, Place),
}

impl Fix {
    /// A fix of one edit, which does what the finding's help says.
    pub(crate) fn new(applicability: Applicability, edit: Edit) -> Self {
        Self { message: String::new(), applicability, edits: vec![edit] }
    }

    /// In these words; what is not certain is not mended unseen.
    pub(crate) fn told(mut self, help: Option<&str>, certain: bool) -> Self {
        if self.message.is_empty() {
            help.unwrap_or_default().clone_into(&mut self.message);
        }
        if !certain {
            self.applicability = Applicability::Maybe;
        }
        self
    }

    /// What mends two faults that are one finding.
    pub(crate) fn both(fix: Option<Box<Self>>, other: Option<Self>) -> Option<Box<Self>> {
        let (mut fix, other) = (fix?, other?);
        fix.edits.extend(other.edits);
        Some(fix)
    }
}
