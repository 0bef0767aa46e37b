//! Model files: writing a state, and reading a state within limits.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::file::atomic_write;
use crate::safetensors::{self, Entry, Limits};
use crate::{Error, ModelFileProblem, Result, StateDict, memory};

/// A safetensors file to read, with limits on its contents.
///
/// Values of the types `F32`, `F64` and `I64` (the type of PyTorch's counters) are converted to
/// [`Scalar`](crate::Scalar). `F64` values are rounded to the nearest `Scalar`. Values too large
/// for `Scalar`, integers that `Scalar` cannot represent exactly, NaN and infinities are refused.
/// Tensors are read one at a time, so reading needs memory only for the result and the header.
///
/// # Example
/// ```
/// use training_loop::ModelFile;
///
/// let file = ModelFile::new("none.safetensors").max_entries(10).allow_not_finite();
/// assert!(file.read().is_err());
/// ```
#[derive(Clone, Debug)]
pub struct ModelFile {
    path: PathBuf,
    limits: Limits,
}

impl ModelFile {
    /// The model file at `path`. The file is not opened yet.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_path_buf(), limits: Limits::default() }
    }

    /// Sets the maximum length of the header in bytes; by default 100,000,000, the limit of the format's
    /// reference implementation.
    pub fn max_header_bytes(self, bytes: u64) -> Self {
        Self { limits: Limits { header_bytes: bytes, ..self.limits }, ..self }
    }

    /// Sets the maximum number of tensors and metadata keys; by default 1,000,000, ten times as many as in
    /// the largest published model files.
    pub fn max_entries(self, entries: usize) -> Self {
        Self { limits: Limits { entries, ..self.limits }, ..self }
    }

    /// Allows NaN and infinities in the file, for example in a saved mask of `-inf`.
    pub fn allow_not_finite(self) -> Self {
        Self { limits: Limits { is_any_number: true, ..self.limits }, ..self }
    }

    /// Reads all tensors.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read or is not a regular file. [`Error::ModelFile`] if
    /// the file is truncated, damaged, of another format, beyond a limit or larger than memory, if
    /// a name or a field is repeated, or if a value is refused. Each size in the file is checked
    /// before memory of that size is allocated.
    pub fn read(&self) -> Result<StateDict> {
        self.read_checked(|_| Ok(()))
    }

    /// Reads all tensors, after `check` accepted their names and shapes.
    pub(crate) fn read_checked(&self, check: impl FnOnce(&[Entry]) -> Result<()>) -> Result<StateDict> {
        let entries = safetensors::load(&self.path, self.limits, check);
        entries.map(StateDict::from_entries).map_err(|error| match error {
            Error::State { missing, unexpected, misshapen, .. } => {
                Error::State { path: Some(self.path.clone()), missing, unexpected, misshapen }
            }
            other => other,
        })
    }

    /// Checks that `needed` bytes can be allocated. A failure is reported as an error in this file.
    pub(crate) fn check_memory(&self, needed: u64) -> Result<()> {
        let problem = ModelFileProblem::Memory { needed };
        memory::check(needed).map_err(|_| Error::ModelFile { path: self.path.clone(), problem })
    }
}

impl StateDict {
    /// Writes a safetensors file, completely or not at all, even if several processes save to the
    /// same path.
    ///
    /// The state is written to a temporary file in the same folder, which replaces the old file at
    /// the end. The permissions of the old file are kept. The owner and the group are kept if this
    /// process may set them. Extended attributes are lost. If the path is a symbolic link, the
    /// target of the link is replaced. Other hard links to the old file keep the old content. A
    /// save that is killed leaves its temporary file. The next save to the same path removes this
    /// file, provided that the file system has locks.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if the file cannot be written, or if the path is not a
    /// regular file. After an error the old file is unchanged.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        atomic_write(path.as_ref(), |file| self.write(file))
    }

    /// Writes the content of a safetensors file.
    pub(crate) fn write(&self, file: &mut dyn Write) -> io::Result<()> {
        let (tensors, values): (Vec<_>, Vec<_>) =
            self.iter().map(|(name, value)| ((name, value.shape().to_vec()), value)).unzip();
        safetensors::write(file, &tensors, |index, file| safetensors::write_numbers(file, values[index]))
    }

    /// Reads a safetensors file as [`Scalar`](crate::Scalar), with the default limits of [`ModelFile`].
    ///
    /// # Errors
    /// The errors of [`ModelFile::read`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        ModelFile::new(path).read()
    }
}
