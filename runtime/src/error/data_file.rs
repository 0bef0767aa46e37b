//! Errors in files of arrays and images.

use std::any::type_name;
use std::fmt;

use super::Short;
use super::short::Names;
use crate::Scalar;

/// An error in a file of data; the enclosing [`Error`](crate::Error) contains the path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DataFileProblem {
    /// The file does not begin as the format requires.
    Format {
        /// The format, such as `an IDX file`.
        expected: &'static str,
    },
    /// The file ends inside of its header.
    CutShort {
        /// The number of bytes in the file.
        bytes: u64,
    },
    /// The header of the file cannot be used.
    Header {
        /// What is wrong.
        reason: String,
    },
    /// The element type is not supported.
    Kind {
        /// The element type in the file.
        found: String,
    },
    /// The number of bytes after the header is not that of the shape.
    Size {
        /// The shape in the header.
        shape: Vec<u64>,
        /// The number of bytes that the shape needs; `None` if the number overflows.
        needed: Option<u64>,
        /// The number of bytes after the header.
        available: u64,
    },
    /// The file, unpacked, is longer than the limit.
    Long {
        /// The limit in bytes.
        limit: u64,
    },
    /// The system refused the memory that the file needs.
    Memory,
    /// The file is compressed, and the feature `gzip` is off.
    Compressed,
    /// The compressed data is damaged.
    Unpack {
        /// The error of the decompression.
        reason: String,
    },
    /// A number is NaN or an infinity.
    NotFinite {
        /// The index of the number in row-major order, counted from 0.
        index: usize,
        /// The number.
        text: String,
    },
    /// A number that is too large for [`Scalar`](crate::Scalar), or a whole number that `Scalar` cannot
    /// represent exactly.
    Unfit {
        /// The index of the number in row-major order, counted from 0.
        index: usize,
        /// The number.
        text: String,
    },
    /// A number is not a label.
    NotALabel {
        /// The index of the number in row-major order, counted from 0.
        index: usize,
        /// The number.
        text: String,
    },
    /// An archive has no array of this name.
    UnknownArray {
        /// The requested name.
        name: String,
        /// The names in the archive.
        present: Vec<String>,
    },
    /// The contents cannot be read.
    Content {
        /// What is wrong.
        reason: String,
    },
    /// A picture has another size than the data set.
    ImageSize {
        /// The height and the width of the data set's pictures.
        expected: (usize, usize),
        /// The height and the width of this picture.
        found: (usize, usize),
    },
    /// A folder of pictures has no folder per class, or a class has no picture.
    NoImages,
}

impl fmt::Display for DataFileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format { expected } => write!(f, "not {expected}: the first bytes are others"),
            Self::CutShort { bytes } => {
                write!(f, "the file has {bytes} bytes and ends inside of its header; it was cut short")
            }
            Self::Header { reason } => write!(f, "the header cannot be used: {}", Short(reason)),
            Self::Kind { found } => write!(
                f,
                "the element type `{}` is not read; convert the array to whole numbers or to floating point",
                Short(found)
            ),
            Self::Size { shape, needed, available } => {
                let shown = &shape[..shape.len().min(8)];
                write!(f, "the header claims the shape {shown:?}")?;
                match needed {
                    Some(needed) => write!(f, ", which needs {needed} bytes")?,
                    None => write!(f, ", which is larger than any memory")?,
                }
                write!(f, ", and {available} bytes follow; the file is damaged or cut short")
            }
            Self::Long { limit } => {
                write!(
                    f,
                    "the file has more than {limit} bytes; if that is meant, raise the limit by `.max_bytes(..)`"
                )
            }
            Self::Memory => write!(f, "the file needs more memory than the system gives"),
            Self::Compressed => {
                write!(f, "the file is compressed; turn on the feature `gzip` of `training-loop`")
            }
            Self::Unpack { reason } => write!(f, "the file cannot be unpacked: {}", Short(reason)),
            Self::NotFinite { index, text } => {
                write!(f, "{text} at index {index} (row-major, counted from 0); replace it or leave it out")
            }
            Self::Unfit { index, text } => write!(
                f,
                "{text} at index {index} (row-major, counted from 0), which `{}` cannot hold; convert the file",
                type_name::<Scalar>()
            ),
            Self::NotALabel { index, text } => write!(
                f,
                "{text} at index {index} (row-major, counted from 0) is not a label, which is a whole number from 0 on"
            ),
            Self::UnknownArray { name, present } => {
                write!(f, "no array `{}`; the file has {}", Short(name), Names(present))
            }
            Self::Content { reason } => write!(f, "the contents cannot be read: {}", Short(reason)),
            Self::ImageSize { expected, found } => write!(
                f,
                "the picture has {} × {} pixels (height × width), and the first one {} × {}; bring all to one size by \
                 `.resize(height, width)`",
                found.0, found.1, expected.0, expected.1
            ),
            Self::NoImages => {
                write!(
                    f,
                    "there are no pictures; each class has a folder of its own, with at least one picture"
                )
            }
        }
    }
}
