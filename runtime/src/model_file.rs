//! Model files: writing a state, and reading a state within limits.

mod rename;
mod report;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::rename::{Rename, rename};
pub use self::report::LoadReport;

use crate::file::atomic_write;
use crate::safetensors::{self, Entry, Limits};
use crate::{Error, ModelFileProblem, Result, StateDict, memory};

/// A safetensors file to read, with limits on its contents.
///
/// Values of the types `F16`, `BF16`, `F32`, `F64`, `BOOL`, `U8` and of signed integers (`I64` is the type of
/// PyTorch's counters) are converted to [`Scalar`](crate::Scalar). `F64` values are rounded to the nearest
/// `Scalar`. Values too large for `Scalar`, integers that `Scalar` cannot represent exactly, NaN and
/// infinities are refused. Every other conversion is exact.
/// Tensors are read one at a time, so reading needs memory only for the result and the header.
///
/// # Example
/// ```
/// use training_loop::ModelFile;
///
/// let file = ModelFile::new("none.safetensors").max_entries(10).allow_not_finite();
/// assert!(file.read().is_err());
/// ```
///
/// [`load_into`](Self::load_into) loads a file into a model whose names differ by a prefix, or that has only
/// some of the entries, as for fine-tuning:
///
/// ```
/// use training_loop::prelude::*;
///
/// # fn main() -> Result<()> {
/// # let folder = std::env::temp_dir().join(format!("load_into-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).map_err(|error| Error::io(&folder, "create", error))?;
/// # let path = folder.join("encoder.safetensors");
/// #[derive(Module)]
/// struct Net {
///     encoder: Linear,
///     head: Linear,
/// }
///
/// Linear::new(4, 8).save(&path)?; // With the names `weight` and `bias`.
/// let net = Net { encoder: Linear::new(4, 8), head: Linear::new(8, 2) };
/// let report = ModelFile::new(&path).add_prefix("encoder.").strict(false).load_into(&net)?;
/// assert_eq!(report.loaded, ["encoder.weight", "encoder.bias"]);
/// assert_eq!(report.missing, ["head.weight", "head.bias"]);
/// # std::fs::remove_dir_all(&folder).map_err(|error| Error::io(&folder, "remove", error))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ModelFile {
    path: PathBuf,
    limits: Limits,
    renames: Vec<Rename>,
    is_strict: bool,
}

impl ModelFile {
    /// The model file at `path`. The file is not opened yet.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().to_path_buf(),
            limits: Limits::default(),
            renames: Vec::new(),
            is_strict: true,
        }
    }

    /// Removes `prefix` from the names that begin with it, such as `module.` of PyTorch's
    /// `DataParallel` and `_orig_mod.` of `torch.compile`. Other names stay.
    ///
    /// Rules for names are applied in the order of the calls, before names are compared with a model.
    pub fn strip_prefix(self, prefix: impl Into<String>) -> Self {
        self.rename_prefix(prefix, "")
    }

    /// Puts `prefix` before all names, to load a file into a part of a model.
    pub fn add_prefix(self, prefix: impl Into<String>) -> Self {
        self.rename_prefix("", prefix)
    }

    /// Replaces `from` by `to` at the start of the names that begin with `from`. Other names stay.
    pub fn rename_prefix(mut self, from: impl Into<String>, to: impl Into<String>) -> Self {
        self.renames.push(Rename::Prefix { from: from.into(), to: to.into() });
        self
    }

    /// Replaces each name by the result of `rename`. An entry whose result is `None` is left out, and its
    /// values are not read.
    ///
    /// # Example
    /// ```
    /// use training_loop::ModelFile;
    ///
    /// // The names of an old library, without the entries of its optimizer.
    /// let file = ModelFile::new("old.safetensors").rename(|name| {
    ///     let name = name.strip_prefix("model/")?;
    ///     Some(name.replace('/', ".").replace("kernel", "weight"))
    /// });
    /// ```
    pub fn rename(mut self, rename: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        self.renames.push(Rename::Function(Arc::new(rename)));
        self
    }

    /// Sets whether [`load_into`](Self::load_into) demands the same names and shapes in the file and in the
    /// model. The default is `true`. [`read`](Self::read) reads all entries in either case.
    pub fn strict(self, is_strict: bool) -> Self {
        Self { is_strict, ..self }
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

    /// Whether a load demands the same entries in the file and in the model.
    pub(crate) fn is_strict(&self) -> bool {
        self.is_strict
    }

    /// Renames the entries, and reads all wanted ones after `check` accepted their names and shapes. `check`
    /// may mark further entries as not wanted.
    pub(crate) fn read_checked(&self, check: impl FnOnce(&mut [Entry]) -> Result<()>) -> Result<StateDict> {
        let entries = safetensors::load(&self.path, self.limits, |entries| {
            rename(entries, &self.renames)
                .map_err(|problem| Error::ModelFile { path: self.path.clone(), problem })?;
            check(entries)
        });
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
