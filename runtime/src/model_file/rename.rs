//! Rules that change the names of a file's entries before a model sees them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::ModelFileProblem as Problem;
use crate::error::shorten;
use crate::safetensors::Entry;

/// A rule for names. The rules of a file are applied in order.
#[derive(Clone)]
pub(super) enum Rename {
    /// Replaces the start of a name. Names with another start stay.
    Prefix { from: String, to: String },
    /// Returns the new name, or `None` to leave the entry out.
    Function(Arc<Function>),
}

type Function = dyn Fn(&str) -> Option<String> + Send + Sync;

impl fmt::Debug for Rename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix { from, to } => write!(f, "{from:?} -> {to:?}"),
            Self::Function(_) => write!(f, "a function"),
        }
    }
}

impl Rename {
    /// The new name; `None` if the entry is left out.
    fn apply<'a>(&self, name: Cow<'a, str>) -> Option<Cow<'a, str>> {
        match self {
            Self::Prefix { from, to } => Some(match name.strip_prefix(from.as_str()) {
                Some(rest) => Cow::Owned(format!("{to}{rest}")),
                None => name,
            }),
            Self::Function(function) => function(&name).map(Cow::Owned),
        }
    }
}

/// Renames the entries of a file, and marks the entries that are left out.
///
/// # Errors
/// If two entries get the same name.
pub(super) fn rename(entries: &mut [Entry], rules: &[Rename]) -> Result<(), Problem> {
    if rules.is_empty() {
        return Ok(());
    }
    for entry in &mut *entries {
        let name = rules.iter().try_fold(entry.name.clone(), |name, rule| rule.apply(name));
        match name {
            Some(name) => entry.name = name,
            None => entry.is_wanted = false,
        }
    }
    let mut names = BTreeSet::new();
    match entries.iter().filter(|entry| entry.is_wanted).find(|entry| !names.insert(&*entry.name)) {
        Some(entry) => Err(Problem::Renamed { name: shorten(&entry.name) }),
        None => Ok(()),
    }
}
