//! What a load that is not strict did, and did not do.

use std::fmt;

use crate::error::write_differing;
use crate::{Error, Misshapen};

/// The result of loading the entries that a model and a state share; made by
/// [`ModelFile::load_into`](crate::ModelFile::load_into) and
/// [`Module::load_matching`](crate::Module::load_matching).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadReport {
    /// Names of the entries that were loaded, in the model's order.
    pub loaded: Vec<String>,
    /// Names in the model that are not in the state. Their values are unchanged.
    pub missing: Vec<String>,
    /// Names in the state that are not in the model.
    pub unexpected: Vec<String>,
    /// Entries whose shapes differ. Their values are unchanged.
    pub misshapen: Vec<Misshapen>,
}

impl LoadReport {
    /// Whether the model and the state have the same entries, so that everything was loaded.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty() && self.misshapen.is_empty()
    }

    /// The error of a strict load.
    pub(crate) fn into_error(self) -> Error {
        let Self { missing, unexpected, misshapen, .. } = self;
        Error::State { path: None, missing, unexpected, misshapen }
    }
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = self.loaded.len() + self.missing.len() + self.misshapen.len();
        write!(f, "{} of the model's {own} entries were loaded", self.loaded.len())?;
        write_differing(f, &self.missing, &self.unexpected, &self.misshapen)
    }
}
