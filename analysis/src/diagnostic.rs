//! What a check says: the place, the fault, the earlier events behind it, and the way out.
//!
//! A diagnostic knows nothing of how it is shown; `report` turns it into tokens for rustc.

use proc_macro2::Span;

use crate::fix::Fix;
pub use crate::place::Place;

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certain {
    /// Some path to the place is bad.
    Some,
    /// Every path is.
    Every,
}

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Bad on some path, or merely suspicious.
    Warning,
    /// Bad on every path.
    Error,
}

impl From<Certain> for Level {
    /// A certain finding is an error, any other a warning, whatever the lint's own level.
    fn from(certain: Certain) -> Self {
        match certain {
            Certain::Every => Self::Error,
            Certain::Some => Self::Warning,
        }
    }
}

/// A sentence about a finding, with the place it speaks of, if it has one.
#[derive(Clone, Debug)]
pub struct Note {
    /// The earlier event or the other half of a contradiction.
    pub place: Option<Place>,
    /// Lower case, no final full stop.
    pub message: String,
}

/// One finding, ready to be shown by the macro or by a command.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Name of the lint; `None` for a mistake in the spec itself.
    pub lint: Option<&'static str>,
    /// Error or warning.
    pub level: Level,
    /// Whether every path to the place is bad.
    pub certain: bool,
    /// Where the fault is.
    pub place: Place,
    /// What was found: lower case, code in backticks, no final full stop.
    pub message: String,
    /// Why, and what it does to learning, in the order to show.
    pub notes: Vec<Note>,
    /// What to write instead.
    pub help: Option<String>,
    /// The same as a change of the source, where it is mechanical; only files are told.
    pub fix: Option<Box<Fix>>,
}

impl Diagnostic {
    /// A certain error that belongs to no lint: a mistake in a spec.
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

    /// A bug of the analysis itself.
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

    /// Adds a note that speaks of another place.
    pub fn note_at(mut self, place: impl Into<Place>, message: impl Into<String>) -> Self {
        self.notes.push(Note { place: Some(place.into()), message: message.into() });
        self
    }

    /// Says what to write instead.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
