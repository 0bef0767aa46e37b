//! Model files: writing a state, and reading one within limits.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::safetensors::{self, Entry, Limits};
use crate::{Error, ModelFileProblem, Result, StateDict, memory};

/// A safetensors file to read, with limits for what it may ask for.
///
/// `F32`, `F64` and `I64` (PyTorch's counters) are read as [`Scalar`](crate::Scalar). `F64` is rounded to the
/// nearest number; what is too large for `Scalar`, whole numbers that it cannot hold exactly, NaN and infinities
/// are refused. The tensors are read one at a time: memory is needed for the result and the header.
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
    /// A file, which is not opened yet.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_path_buf(), limits: Limits::default() }
    }

    /// The longest header in bytes: 100,000,000 unless set, which is the limit of the format's reference
    /// implementation.
    pub fn max_header_bytes(self, bytes: u64) -> Self {
        Self { limits: Limits { header_bytes: bytes, ..self.limits }, ..self }
    }

    /// The most tensors, keys of the metadata counted in: 1,000,000 unless set, ten times what the largest
    /// published models have in a file.
    pub fn max_entries(self, entries: usize) -> Self {
        Self { limits: Limits { entries, ..self.limits }, ..self }
    }

    /// Reads NaN and infinities too, as of a mask of `-inf` that is saved with a model.
    pub fn allow_not_finite(self) -> Self {
        Self { limits: Limits { is_any_number: true, ..self.limits }, ..self }
    }

    /// Reads all tensors.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be read or is no regular file, and [`Error::ModelFile`] when it is cut
    /// short, damaged, of another format, beyond a limit or larger than memory, has a name or a field twice, or
    /// holds a number that is refused. What the file says about its sizes is checked before anything of that
    /// size is allocated.
    pub fn read(&self) -> Result<StateDict> {
        self.read_checked(|_| Ok(()))
    }

    /// Reads all tensors, after `check` has seen their names and shapes.
    pub(crate) fn read_checked(&self, check: impl FnOnce(&[Entry]) -> Result<()>) -> Result<StateDict> {
        let entries = safetensors::load(&self.path, self.limits, check);
        entries.map(StateDict::from_entries).map_err(|error| match error {
            Error::State { missing, unexpected, misshapen, .. } => {
                Error::State { path: Some(self.path.clone()), missing, unexpected, misshapen }
            }
            other => other,
        })
    }

    /// Whether so many bytes can be had, as an error of this file.
    pub(crate) fn check_memory(&self, needed: u64) -> Result<()> {
        let problem = ModelFileProblem::Memory { needed };
        memory::check(needed).map_err(|_| Error::ModelFile { path: self.path.clone(), problem })
    }
}

impl StateDict {
    /// Writes a safetensors file, in full or not at all, however many processes save to the same path.
    ///
    /// A temporary file in the same folder replaces the old one at the end. The old file's permissions stay, and
    /// its owner and group as far as this process may set them; extended attributes do not. A symbolic link stays
    /// and its target is replaced; another hard link keeps the old content. What a killed save left behind is
    /// removed by the next save to the same path, where the file system has locks.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when the system refuses, when the old file must not be written, or when the
    /// path leads to something else than a regular file. Then the old file is as it was.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let (tensors, values): (Vec<_>, Vec<_>) =
            self.iter().map(|(name, value)| ((name, value.shape().to_vec()), value)).unzip();
        let write = |index: usize, file: &mut dyn Write| safetensors::write_numbers(file, values[index]);
        safetensors::save(path.as_ref(), &tensors, write)
    }

    /// Reads a safetensors file as [`Scalar`](crate::Scalar), within the usual limits of a [`ModelFile`].
    ///
    /// # Errors
    /// Those of [`ModelFile::read`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        ModelFile::new(path).read()
    }
}
