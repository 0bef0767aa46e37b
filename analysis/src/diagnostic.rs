//! Diagnostics: place, message, notes, help and fix.
//!
//! Diagnostics do not depend on their presentation. `report` turns them into tokens for rustc.

use proc_macro2::Span;

use crate::fix::Fix;
pub use crate::place::Place;

/// The certainty of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certain {
    /// The fault occurs on some path to the place of the finding.
    Some,
    /// The fault occurs on every path to the place of the finding.
    Every,
}

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The fault occurs on some path only, or the code is merely suspicious.
    Warning,
    /// The fault occurs on every path.
    Error,
}

impl From<Certain> for Level {
    /// The level `Error` for a finding that is certain, and `Warning` for any other finding. The
    /// lint's own level has no influence.
    fn from(certain: Certain) -> Self {
        match certain {
            Certain::Every => Self::Error,
            Certain::Some => Self::Warning,
        }
    }
}

/// A sentence about a finding. The sentence may refer to a place.
#[derive(Clone, Debug)]
pub struct Note {
    /// The place of an earlier event that the note explains, or of the other half of a contradiction.
    pub place: Option<Place>,
    /// The sentence, in lower case and without a final full stop.
    pub message: String,
}

/// One finding, for the macro or the command to show.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// The name of the lint; `None` for an error in the spec itself.
    pub lint: Option<&'static str>,
    /// The severity of the finding: an error or a warning.
    pub level: Level,
    /// Whether the fault occurs on every path to its place.
    pub certain: bool,
    /// The place of the fault.
    pub place: Place,
    /// The fault, in lower case, with code in backticks and without a final full stop.
    pub message: String,
    /// Causes and consequences, in the order in which they are shown.
    pub notes: Vec<Note>,
    /// The code to write instead.
    pub help: Option<String>,
    /// The help as an edit of the source, if the edit is mechanical. Only the check of a whole file
    /// sets this field. The macro does not.
    pub fix: Option<Box<Fix>>,
}

impl Diagnostic {
    /// Creates an error about a spec. The error is certain and belongs to no lint.
    pub fn error(place: impl Into<Place>, message: impl Into<String>) -> Self {
        Self {
            lint: None,
            level: Level::Error,
            certain: true,
            place: place.into(),
            message: message.into(),
            notes: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// Creates an error that reports a bug of the analysis itself.
    pub(crate) fn bug(said: &str) -> Self {
        Self::error(Span::call_site(), format!("the analysis of this training loop failed: {said}"))
            .note("this is a bug of `training-loop`, not of your code")
            .help(
                "please report it with this function: https://github.com/training-loop/training-loop/issues",
            )
    }

    /// Adds a note without a place.
    pub fn note(mut self, message: impl Into<String>) -> Self {
        self.notes.push(Note { place: None, message: message.into() });
        self
    }

    /// Adds a note about another place.
    pub fn note_at(mut self, place: impl Into<Place>, message: impl Into<String>) -> Self {
        self.notes.push(Note { place: Some(place.into()), message: message.into() });
        self
    }

    /// Sets the help: the code to write instead.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
