//! IDX files, the format of MNIST.

use std::path::{Path, PathBuf};

use super::{BYTES, Kind, Layout, in_file, read};
use crate::data::TensorDataset;
use crate::{DataFileProblem as Problem, Labels, Result, Scalar, Tensor};

/// An IDX file: two zero bytes, the element type, the number of axes, their lengths, and the elements, all
/// big-endian. A file that is compressed by gzip is recognised by its first two bytes (feature `gzip`).
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) if the file cannot be read or is not a regular file.
/// [`Error::DataFile`](crate::Error::DataFile) if the file is of another format, damaged, cut short or longer
/// than the limit, or if a number does not fit.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
/// use training_loop::data::Idx;
///
/// # fn main() -> Result<()> {
/// # let path = std::env::temp_dir().join(format!("labels-{}", std::process::id()));
/// # std::fs::write(&path, [0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 2]).map_err(|error| Error::io(&path, "write", error))?;
/// let labels = Idx::new(&path).labels()?;
/// assert_eq!(labels.as_slice(), [7, 0, 2]);
/// # std::fs::remove_file(&path).map_err(|error| Error::io(&path, "remove", error))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Idx {
    path: PathBuf,
    limit: u64,
}

impl Idx {
    /// The file at `path`. The file is not opened yet.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_path_buf(), limit: BYTES }
    }

    /// Sets the maximum size of the file in bytes, after decompression; by default 4 GiB.
    pub fn max_bytes(self, bytes: u64) -> Self {
        Self { limit: bytes, ..self }
    }

    /// Reads the array as numbers; bytes stay in 0 to 255.
    pub fn tensor(&self) -> Result<Tensor> {
        let bytes = read(&self.path, self.limit)?;
        let read = layout(&bytes).and_then(|(layout, start)| layout.tensor(&bytes[start..]));
        read.map_err(|problem| in_file(&self.path, problem))
    }

    /// Reads the array as labels: whole numbers from 0 on.
    pub fn labels(&self) -> Result<Labels> {
        let bytes = read(&self.path, self.limit)?;
        let read = layout(&bytes).and_then(|(layout, start)| layout.labels(&bytes[start..]));
        read.map_err(|problem| in_file(&self.path, problem))
    }
}

/// The layout of the array, and the offset of the elements.
pub(super) fn layout(bytes: &[u8]) -> Result<(Layout, usize), Problem> {
    let cut_short = Problem::CutShort { bytes: bytes.len() as u64 };
    let Some(&[zero, zero_again, kind, axes]) = bytes.first_chunk::<4>() else { return Err(cut_short) };
    if zero != 0 || zero_again != 0 {
        return Err(Problem::Format { expected: "an IDX file" });
    }
    let kind = match kind {
        0x08 => Kind::U8,
        0x09 => Kind::I8,
        0x0b => Kind::I16,
        0x0c => Kind::I32,
        0x0d => Kind::F32,
        0x0e => Kind::F64,
        other => return Err(Problem::Kind { found: format!("0x{other:02x}") }),
    };
    let start = 4 + 4 * usize::from(axes);
    let Some(lengths) = bytes.get(4..start) else { return Err(cut_short) };
    let shape: Vec<u64> =
        lengths.as_chunks().0.iter().map(|&bytes| u64::from(u32::from_be_bytes(bytes))).collect();
    Ok((Layout::new(kind, true, &shape, false, bytes.len() - start)?, start))
}

/// Reads MNIST, or a data set with the same files such as Fashion-MNIST, from a folder. Returns the training
/// set and the test set.
///
/// The files are called `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
/// `t10k-labels-idx1-ubyte`; each may have the ending `.gz` (feature `gzip`).
///
/// # Shapes
/// inputs `[samples, 1, 28, 28]`, in [0, 1]; targets: one label per sample.
///
/// # Errors
/// The errors of [`Idx`], and those of [`TensorDataset::new`].
pub fn mnist(folder: impl AsRef<Path>) -> Result<(TensorDataset, TensorDataset)> {
    let part = |name: &str| {
        let file = |what: &str| {
            let plain = folder.as_ref().join(format!("{name}-{what}-ubyte"));
            let packed = plain.with_file_name(format!("{name}-{what}-ubyte.gz"));
            Idx::new(if packed.exists() && !plain.exists() { packed } else { plain })
        };
        let images = file("images-idx3");
        let pixels = images.tensor()?;
        let &[samples, height, width] = pixels.shape() else {
            let reason = format!("the images have {} axes instead of 3", pixels.rank());
            return Err(in_file(&images.path, Problem::Content { reason }));
        };
        let pixels = (pixels / (255.0 as Scalar)).reshape(&[samples, 1, height, width]);
        TensorDataset::new(pixels, file("labels-idx1").labels()?)
    };
    Ok((part("train")?, part("t10k")?))
}
