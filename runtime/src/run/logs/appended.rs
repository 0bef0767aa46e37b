//! An append-only log file.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::stderr::write_line;
use crate::{Error, Result};

/// An append-only file of complete rows. Each row is written without buffering, so that other programs can
/// follow the file.
#[derive(Debug)]
pub(super) struct Appended {
    path: PathBuf,
    file: File,
    /// The length of the file up to the end of its last complete row.
    length: u64,
    /// Rows that could not be written yet.
    pending: Vec<u8>,
    has_failed: bool,
}

impl Appended {
    /// Opens a file, and creates it if it does not exist.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be opened for writing.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let unopened = |error| Error::io(path, "write", error);
        let file = File::options().create(true).append(true).open(path).map_err(unopened)?;
        let length = file.metadata().map_err(unopened)?.len();
        Ok(Self { path: path.to_path_buf(), file, length, pending: Vec::new(), has_failed: false })
    }

    /// Appends a row. If the write fails, the row stays pending, and the next call tries again. The file
    /// keeps only complete rows. The first failure prints a warning.
    pub(super) fn append(&mut self, row: &[u8]) {
        self.pending.extend_from_slice(row);
        match self.file.write_all(&self.pending) {
            Ok(()) => {
                self.length += self.pending.len() as u64;
                self.pending.clear();
            }
            Err(error) => {
                // Removes a partly written row. Only the error of the write is reported.
                let _ = self.file.set_len(self.length);
                if !std::mem::replace(&mut self.has_failed, true) {
                    warn(&self.path, &error);
                }
            }
        }
    }

    /// Tries again to write the pending rows.
    pub(super) fn retry(&mut self) {
        if !self.pending.is_empty() {
            self.append(b"");
        }
    }
}

/// Prints that a log file could not be written.
pub(super) fn warn(path: &Path, error: &dyn std::fmt::Display) {
    write_line(&format!(
        "warning: could not write {}: {error}; the run continues, and the next row tries it again",
        path.display()
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_kept_until_they_can_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows");
        let mut rows = Appended::open(&path).unwrap();
        rows.append(b"one\n");
        // A file opened for reading refuses writes.
        let writable = std::mem::replace(&mut rows.file, File::open(&path).unwrap());
        rows.append(b"two\n");
        rows.append(b"three\n");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\n");
        rows.file = writable;
        rows.append(b"four\n");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\nthree\nfour\n");
        assert!(Appended::open(folder.path()).is_err());
    }
}
