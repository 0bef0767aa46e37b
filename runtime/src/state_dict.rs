//! The values of a model by name, independent of the model.

use crate::Array;

/// Names and values of a model's parameters and buffers, in the model's order.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let state = Linear::new(3, 2).state_dict();
/// assert_eq!(state.names().collect::<Vec<_>>(), ["weight", "bias"]);
/// assert_eq!(state.get("weight").unwrap().shape(), [2, 3]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateDict(Vec<(String, Array)>);

impl StateDict {
    /// An empty state.
    pub fn new() -> Self {
        Self::default()
    }

    /// A state of entries with distinct names.
    pub(crate) fn from_entries(entries: Vec<(String, Array)>) -> Self {
        Self(entries)
    }

    /// Adds an entry, or replaces the entry with this name.
    pub fn insert(&mut self, name: impl Into<String>, value: Array) {
        let name = name.into();
        match self.0.iter_mut().find(|(old, _)| *old == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    /// The value with this name.
    pub fn get(&self, name: &str) -> Option<&Array> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// All names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Array)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl FromIterator<(String, Array)> for StateDict {
    fn from_iter<I: IntoIterator<Item = (String, Array)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}
