//! Loading of files and states whose entries differ from those of the model.

use std::collections::BTreeSet;

use super::{Module, state};
use crate::safetensors::Entry;
use crate::{LoadReport, ModelFile, Result, StateDict};

impl ModelFile {
    /// Reads the file into a model, after the rules for names were applied.
    ///
    /// By default the load is strict, as [`Module::load`] is: the file and the model must have the same names
    /// and shapes. With [`strict(false)`](ModelFile::strict) only the entries with the same name and shape
    /// are loaded, and the report lists all others. The values of other entries are not even read.
    ///
    /// # Errors
    /// The errors of [`read`](ModelFile::read). [`Error::State`](crate::Error::State) if a strict load finds
    /// a difference, or if no entry at all can be loaded; if the names differ only by a prefix, the message
    /// contains the call that removes or adds the prefix. After an error the model is unchanged.
    ///
    /// # Source
    /// PyTorch's `load_state_dict(.., strict=False)`, which refuses a wrong shape even then.
    pub fn load_into<M: Module + ?Sized>(&self, module: &M) -> Result<LoadReport> {
        let entries = state::entries(module);
        let mut report = LoadReport::default();
        let state = self.read_checked(|found: &mut [Entry]| {
            let wanted = found.iter().filter(|entry| entry.is_wanted);
            report = state::compare(&entries, wanted.map(|entry| (&*entry.name, &*entry.shape)));
            if !is_loaded(&report, self.is_strict()) {
                return Err(std::mem::take(&mut report).into_error());
            }
            let loaded: BTreeSet<&str> = report.loaded.iter().map(String::as_str).collect();
            for entry in found {
                entry.is_wanted &= loaded.contains(&*entry.name);
            }
            Ok(())
        })?;
        // Each value is copied into the model, and memory must not run out halfway.
        self.check_memory(state::copy_bytes(&state))?;
        state::set(&entries, &state);
        Ok(report)
    }
}

/// Loads the entries of a state that have the same name and shape in the module.
pub(super) fn load_matching<M: Module + ?Sized>(module: &M, state: &StateDict) -> Result<LoadReport> {
    let entries = state::entries(module);
    let report = state::compare(&entries, state.iter().map(|(name, value)| (name, value.shape())));
    if !is_loaded(&report, false) {
        return Err(report.into_error());
    }
    let loaded: BTreeSet<&str> = report.loaded.iter().map(String::as_str).collect();
    let matching = entries.into_iter().filter(|(name, _)| loaded.contains(name.as_str()));
    state::set(&matching.collect::<Vec<_>>(), state);
    Ok(report)
}

/// Whether a load succeeds: all entries must agree, or at least one of a load that is not strict.
fn is_loaded(report: &LoadReport, is_strict: bool) -> bool {
    report.is_complete() || (!is_strict && !report.loaded.is_empty())
}
