//! What can be wrong in a safetensors file.

use std::fmt;

/// What is wrong in a model file; the [`Error`](crate::Error) around it names the path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModelFileProblem {
    /// The file is too short to hold even its own header.
    CutShort {
        /// Bytes in the file.
        bytes: u64,
        /// Bytes that it needs.
        needed: u64,
    },
    /// A file that `torch.save` wrote.
    Pickled,
    /// The header is not a JSON object of entries.
    Header {
        /// What the JSON reader said.
        reason: String,
    },
    /// Two entries share a name.
    Duplicate {
        /// The name.
        name: String,
    },
    /// An entry lacks a field, or a field is of the wrong kind.
    Entry {
        /// The entry.
        name: String,
        /// The field that cannot be used: `shape`.
        field: &'static str,
    },
    /// An entry holds numbers of a kind that the runtime does not read.
    Kind {
        /// The entry.
        name: String,
        /// Its kind: `BF16`.
        found: String,
    },
    /// An entry's bytes do not fit its shape, or lie outside the file.
    Range {
        /// The entry.
        name: String,
        /// First byte, counted from the end of the header.
        begin: u64,
        /// One past the last byte.
        end: u64,
        /// Bytes that the shape needs; `None` when the product overflows.
        needed: Option<u64>,
        /// Bytes that the file has after its header.
        available: u64,
    },
    /// Two entries share bytes, or bytes belong to no entry.
    Layout {
        /// The entry before which the layout breaks, or the last one.
        name: String,
        /// Where it should begin (or the file end).
        expected: u64,
        /// Where it does.
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
                "a file of `torch.save`, which holds a program; in Python, write the model with \
                 `safetensors.torch.save_file(model.state_dict(), path)`"
            ),
            Self::Header { reason } => write!(f, "the header cannot be read: {reason}"),
            Self::Duplicate { name } => write!(f, "two entries are called `{name}`"),
            Self::Entry { name, field } => {
                write!(f, "`{name}` has no usable `{field}` (entries need `dtype`, `shape`, `data_offsets`)")
            }
            Self::Kind { name, found } => {
                write!(f, "`{name}` holds `{found}`, and only `F32` and `F64` are read; convert the file")
            }
            Self::Range { name, begin, end, needed, available } => {
                write!(f, "`{name}` claims bytes {begin}..{end} of {available}")?;
                match needed {
                    Some(needed) => write!(f, " and its shape needs {needed}; ")?,
                    None => write!(f, " and its shape is larger than any memory; ")?,
                }
                write!(f, "the file is damaged or cut short")
            }
            Self::Layout { name, expected, found } => write!(
                f,
                "the data is not laid out without gaps and overlaps: at `{name}`, byte {found} where {expected} \
                 was due; the file is damaged or cut short"
            ),
        }
    }
}
