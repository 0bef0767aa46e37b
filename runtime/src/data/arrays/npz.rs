//! NPZ files, the format of `numpy.savez`.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::{BYTES, in_file, npy};
use crate::data::files::{collect, read_whole};
use crate::{DataFileProblem as Problem, Labels, Result, Tensor};

/// The maximum number of files in an archive.
const ENTRIES: usize = 1 << 16;

/// A file of `numpy.savez` or `numpy.savez_compressed`: a zip archive of NPY files (feature `npz`).
///
/// # Errors
/// The errors of [`Npy`](super::Npy). [`DataFileProblem::UnknownArray`](crate::DataFileProblem::UnknownArray)
/// lists the names if there is no array of a name.
///
/// # Example
/// ```no_run
/// use training_loop::prelude::*;
/// use training_loop::data::Npz;
///
/// # fn main() -> Result<()> {
/// let file = Npz::open("digits.npz")?;
/// assert_eq!(file.names(), ["x", "y"]);
/// let data = TensorDataset::new(file.tensor("x")?, file.labels("y")?)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Npz {
    path: PathBuf,
    limit: u64,
    bytes: Vec<u8>,
    names: Vec<String>,
}

impl Npz {
    /// Reads the archive. The arrays are still compressed.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = read_whole(path, BYTES)?;
        let names = names(&bytes).map_err(|problem| in_file(path, problem))?;
        Ok(Self { path: path.to_path_buf(), limit: BYTES, bytes, names })
    }

    /// Sets the maximum size of an array in bytes, after decompression; by default 4 GiB.
    pub fn max_bytes(self, bytes: u64) -> Self {
        Self { limit: bytes, ..self }
    }

    /// The names of the arrays, in the order of the file.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Reads the array with this name as numbers.
    pub fn tensor(&self, name: &str) -> Result<Tensor> {
        self.array(name).and_then(|bytes| npy::tensor(&bytes)).map_err(|problem| in_file(&self.path, problem))
    }

    /// Reads the array with this name as labels: whole numbers from 0 on.
    pub fn labels(&self, name: &str) -> Result<Labels> {
        self.array(name).and_then(|bytes| npy::labels(&bytes)).map_err(|problem| in_file(&self.path, problem))
    }

    /// The NPY file of an array.
    fn array(&self, name: &str) -> Result<Vec<u8>, Problem> {
        if !self.names.iter().any(|own| own == name) {
            let name = crate::error::shorten(name);
            return Err(Problem::UnknownArray { name, present: self.names.clone() });
        }
        let unpack = |error: &dyn std::fmt::Display| Problem::Unpack { reason: error.to_string() };
        let mut archive = ZipArchive::new(Cursor::new(&*self.bytes)).map_err(|error| unpack(&error))?;
        let file = archive.by_name(&format!("{name}.npy")).map_err(|error| unpack(&error))?;
        collect(file, 0, self.limit).map_err(|error| unpack(&error))?
    }
}

/// The names of the arrays in an archive.
fn names(bytes: &[u8]) -> Result<Vec<String>, Problem> {
    if !bytes.starts_with(b"PK") {
        return Err(Problem::Format { expected: "an NPZ file" });
    }
    let archive = ZipArchive::new(Cursor::new(bytes));
    let archive = archive.map_err(|error| Problem::Unpack { reason: error.to_string() })?;
    if archive.len() > ENTRIES {
        return Err(Problem::Header { reason: format!("the archive has more than {ENTRIES} files") });
    }
    let names = archive.file_names().filter_map(|name| name.ok()?.strip_suffix(".npy").map(str::to_owned));
    Ok(names.collect())
}
