//! Errors in safetensors files.

use std::fmt;

use super::Short;
use crate::Scalar;

/// An error in a model file; the enclosing [`Error`](crate::Error) contains the path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModelFileProblem {
    /// The file is too short for its own header.
    CutShort {
        /// The number of bytes in the file.
        bytes: u64,
        /// The number of bytes that the header needs.
        needed: u64,
    },
    /// The file was written by `torch.save`.
    Pickled,
    /// The header is not a JSON object of entries.
    Header {
        /// The error of the JSON parser.
        reason: String,
    },
    /// The header is longer than the limit.
    LongHeader {
        /// The length of the header in bytes.
        bytes: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The header has more entries (tensors, and keys of its metadata) than the limit.
    Entries {
        /// The maximum number of entries.
        limit: usize,
    },
    /// The system refused the memory that the file needs.
    Memory {
        /// The number of bytes that the file needs.
        needed: u64,
    },
    /// The metadata is not a map from strings to strings, or has a key twice.
    Metadata {
        /// The repeated key; `None` if the metadata is not a map from strings to strings.
        key: Option<String>,
    },
    /// Two entries share a name.
    Duplicate {
        /// The name that two entries share.
        name: String,
    },
    /// Renaming gave two entries the same name.
    Renamed {
        /// The name that two entries would have.
        name: String,
    },
    /// An entry lacks a field, or a field has the wrong type.
    Entry {
        /// The name of the entry.
        name: String,
        /// The name of the unusable field, such as `shape`.
        field: &'static str,
    },
    /// An entry has a field twice.
    Repeated {
        /// The name of the entry.
        name: String,
        /// The name of the repeated field, such as `shape`.
        field: &'static str,
    },
    /// A value is NaN or an infinity.
    NotFinite {
        /// The name of the entry.
        name: String,
        /// The index of the value in row-major order, counted from 0.
        index: usize,
        /// The value that is not finite.
        text: String,
    },
    /// A value that is too large for [`Scalar`](crate::Scalar), or is an integer that `Scalar` cannot represent
    /// exactly.
    Unfit {
        /// The name of the entry.
        name: String,
        /// The index of the value in row-major order, counted from 0.
        index: usize,
        /// The value that does not fit.
        text: String,
    },
    /// The element type of an entry is not supported.
    Kind {
        /// The name of the entry.
        name: String,
        /// The element type of the entry, such as `F8_E4M3`.
        found: String,
    },
    /// The bytes of an entry do not match its shape, or are outside the file.
    Range {
        /// The name of the entry.
        name: String,
        /// The offset of the entry's first byte, counted from the end of the header.
        begin: u64,
        /// The offset of the first byte after the entry, counted from the end of the header.
        end: u64,
        /// The number of bytes that the shape needs; `None` if the number overflows.
        needed: Option<u64>,
        /// The number of bytes after the header.
        available: u64,
    },
    /// Two entries overlap, or bytes belong to no entry.
    Layout {
        /// The name of the first entry with an unexpected offset. If only the end of the file is
        /// unexpected, this is the name of the last entry.
        name: String,
        /// The expected offset of the entry `name`, or of the end of the file.
        expected: u64,
        /// The actual offset of the entry `name`, or of the end of the file.
        found: u64,
    },
}

impl fmt::Display for ModelFileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutShort { bytes, needed } => write!(
                f,
                "not a whole safetensors file: it has {bytes} bytes and its header needs {needed}; \
                 it was cut short or is of another format"
            ),
            Self::Pickled => write!(
                f,
                "a file of `torch.save`, which contains code; in Python, write the model with \
                 `safetensors.torch.save_file(model.state_dict(), path)`"
            ),
            Self::Header { reason } => write!(f, "the header cannot be read: {}", Short(reason)),
            Self::LongHeader { bytes, limit } => write!(
                f,
                "the header has {bytes} bytes, and {limit} are allowed; if the file is as it should be, raise \
                 the limit with `ModelFile::new(path).max_header_bytes(..)`"
            ),
            Self::Entries { limit } => write!(
                f,
                "the header has more than {limit} entries; if the file is as it should be, raise the limit \
                 with `ModelFile::new(path).max_entries(..)`"
            ),
            Self::Memory { needed } => {
                write!(f, "it needs {needed} bytes of memory, which the system refuses")
            }
            Self::Metadata { key: None } => {
                write!(f, "`__metadata__` is not a map from strings to strings, as the format requires")
            }
            Self::Metadata { key: Some(key) } => {
                write!(f, "`__metadata__` has the key `{}` twice", Short(key))
            }
            Self::Duplicate { name } => write!(f, "two entries are called `{}`", Short(name)),
            Self::Renamed { name } => {
                write!(f, "renaming calls two entries `{}`; each needs a name of its own", Short(name))
            }
            Self::Entry { name, field } => write!(
                f,
                "`{}` has no usable `{field}` (entries need `dtype`, `shape`, `data_offsets`)",
                Short(name)
            ),
            Self::Repeated { name, field } => write!(f, "`{}` has `{field}` twice", Short(name)),
            Self::NotFinite { name, index, text } => write!(
                f,
                "`{}` holds {text} at index {index} (row-major, counted from 0); if that is meant, read the \
                 file with `ModelFile::new(path).allow_not_finite()`",
                Short(name)
            ),
            Self::Unfit { name, index, text } => write!(
                f,
                "`{}` holds {text} at index {index} (row-major, counted from 0), which `{}` cannot hold; \
                 convert the file",
                Short(name),
                std::any::type_name::<Scalar>()
            ),
            Self::Kind { name, found } => write!(
                f,
                "`{}` holds `{}`, and only `F16`, `BF16`, `F32`, `F64`, `BOOL`, `U8` and signed integers are read; convert \
                 the file",
                Short(name),
                Short(found)
            ),
            Self::Range { name, begin, end, needed, available } => {
                write!(f, "`{}` claims bytes {begin}..{end} of {available}", Short(name))?;
                match needed {
                    Some(needed) => write!(f, " and its shape needs {needed}; ")?,
                    None => write!(f, " and its shape is larger than any memory; ")?,
                }
                write!(f, "the file is damaged or cut short")
            }
            Self::Layout { name, expected, found } => write!(
                f,
                "the data is not laid out without gaps and overlaps: at `{}`, byte {found} where {expected} \
                 was due; the file is damaged or cut short",
                Short(name)
            ),
        }
    }
}
