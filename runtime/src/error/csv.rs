//! Errors in CSV files.

use std::any::type_name;
use std::fmt;

use super::short::Names;
use super::{Short, write_none_of};
use crate::Scalar;

/// An error in a CSV file; the enclosing [`Error`](crate::Error) contains the path, the line and
/// the column.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CsvProblem {
    /// The file has no rows of data.
    Empty,
    /// The first line should name the columns, but contains only numbers.
    HeaderIsData,
    /// The file is read without a header, but its first line contains only text.
    DataIsHeader,
    /// No column is a feature: each column is the target or is excluded.
    NoFeatures,
    /// The target is one of the excluded columns.
    TargetLeftOut {
        /// The name of the target column, or its index if there is no header.
        name: String,
    },
    /// A column is a target twice.
    TargetTwice {
        /// The name of the column, or its index if there is no header.
        name: String,
    },
    /// Labels are asked for, and there are several target columns.
    SeveralTargets,
    /// A row has a different number of fields than the first row.
    Ragged {
        /// The number of fields in the first row.
        expected: u64,
        /// The number of fields in the row with the error.
        found: u64,
    },
    /// A field is empty.
    Missing,
    /// A field is not a number.
    NotANumber {
        /// The text of the field.
        text: String,
    },
    /// A field of the target is not a number.
    NotATarget {
        /// The text of the field.
        text: String,
    },
    /// A field is NaN, an infinity or too large for [`Scalar`](crate::Scalar).
    NotFinite {
        /// The text of the field.
        text: String,
    },
    /// A whole number that [`Scalar`](crate::Scalar) cannot represent exactly, such as a large id
    /// or a time.
    Rounded {
        /// The text of the field.
        text: String,
    },
    /// A row is longer than the limit.
    LongRow {
        /// The limit in bytes.
        limit: usize,
    },
    /// A row has more fields than the limit.
    ManyColumns {
        /// The maximum number of fields in a row.
        limit: usize,
    },
    /// The uncompressed table is longer than the limit.
    LongTable {
        /// The limit in bytes.
        limit: u64,
    },
    /// The values read so far need more memory than the system grants.
    Memory,
    /// Several columns have the name of the target.
    RepeatedColumn {
        /// The name that several columns have.
        name: String,
    },
    /// A label is negative, is not an integer, or is implausibly large.
    NotALabel {
        /// The text of the field.
        text: String,
    },
    /// A name in the target column is not a class.
    UnknownClass {
        /// The text of the field.
        text: String,
        /// The names of the classes.
        classes: Vec<String>,
    },
    /// Two classes have the same name.
    RepeatedClass {
        /// The name that two classes have.
        name: String,
    },
    /// The target column has more distinct names than the maximum number of inferred classes.
    ManyClasses {
        /// The maximum number of inferred classes.
        limit: usize,
    },
    /// A requested column is not in the file.
    UnknownColumn {
        /// The requested column, by name or by index.
        wanted: String,
        /// The names in the header; empty without a header.
        present: Vec<String>,
        /// The number of columns in the file.
        columns: usize,
    },
    /// The bytes are not UTF-8 text.
    Encoding,
    /// The file is compressed and the feature `gzip` is off.
    Compressed,
}

impl CsvProblem {
    /// Whether the problem is a field that contains text where a number or a label is expected.
    pub(crate) fn is_text(&self) -> bool {
        matches!(
            self,
            Self::NotANumber { .. }
                | Self::NotATarget { .. }
                | Self::NotALabel { .. }
                | Self::UnknownClass { .. }
        )
    }

    /// Writes the message of a problem with a class or with the name of a class.
    fn write_class(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotALabel { text } if text.parse::<f64>().is_ok() => write!(
                f,
                "`{}` is not a class label: labels are whole numbers from 0 on; number the classes, or \
                 call `.regression()` for other targets",
                Short(text)
            ),
            Self::NotALabel { text } => write!(
                f,
                "`{}` is not a class label, which is a whole number from 0 on; name the classes by `.classes([..])`, \
                 with the names that `.class_names()?` finds in the file or your own",
                Short(text)
            ),
            Self::UnknownClass { text, classes } => {
                write!(f, "`{}` ", Short(text))?;
                write_none_of(f, classes)
            }
            Self::RepeatedClass { name } => {
                write!(f, "two classes are called `{}`; name each once", Short(name))
            }
            Self::ManyClasses { limit } => write!(
                f,
                "the target has more than {limit} different values, which are unlikely to be class names; choose the \
                 column by `.target_column(..)`, or call `.regression()` for numbers"
            ),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for CsvProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "no rows of data"),
            Self::HeaderIsData => write!(
                f,
                "the first line holds only numbers, so it seems to be data: call `.header(false)`, or \
                 `.header(true)` if these are the columns' names"
            ),
            Self::DataIsHeader => write!(
                f,
                "the first line holds no number, so it seems to name the columns: leave `.header(false)` out, or call \
                 `.header(true)`"
            ),
            Self::NoFeatures => write!(
                f,
                "the target is the only column that is read, so there are no features; check the delimiter, and what \
                 is left out"
            ),
            Self::TargetLeftOut { name } => write!(
                f,
                "the column `{}` is the target and cannot be left out; choose another by `.target_column(..)`, or take \
                 it out of `.without(..)`",
                Short(name)
            ),
            Self::TargetTwice { name } => {
                write!(f, "the column `{}` is a target twice; name it once", Short(name))
            }
            Self::SeveralTargets => write!(
                f,
                "there are several target columns, and labels have one: call `.regression()`, or \
                 `.target_column(..)` instead of `.target_columns(..)`"
            ),
            Self::Ragged { expected, found } => {
                write!(f, "{found} fields where the first row has {expected}; check the delimiter and quotes")
            }
            Self::Missing => write!(f, "the field is empty; fill it or leave the row out"),
            Self::NotANumber { text } => write!(
                f,
                "`{}` is not a number; fix the field, or leave the column out by `.without([..])`",
                Short(text)
            ),
            Self::NotATarget { text } => write!(
                f,
                "`{}` is not a number to learn; for names of classes call `.classes([..])` and `.classification()`",
                Short(text)
            ),
            Self::NotFinite { text } if text.parse::<f64>().is_ok_and(f64::is_finite) => {
                write!(f, "`{}` is too large for `{}`; scale the column", Short(text), type_name::<Scalar>())
            }
            Self::NotFinite { text } => {
                write!(f, "`{}` is not a finite number; replace it or leave the row out", Short(text))
            }
            Self::Rounded { text } => write!(
                f,
                "`{}` is a whole number that `{}` cannot hold exactly: leave the column out by `.without([..])`, scale it, \
                 or call `.allow_rounding()`",
                Short(text),
                type_name::<Scalar>()
            ),
            Self::LongRow { limit } => write!(
                f,
                "the row has more than {limit} bytes; check quotes and line breaks, or raise the limit with \
                 `.max_row_bytes(..)`"
            ),
            Self::ManyColumns { limit } => write!(
                f,
                "the row has more than {limit} fields; check delimiter and line breaks, or raise the limit with \
                 `.max_columns(..)`"
            ),
            Self::LongTable { limit } => write!(
                f,
                "the table has more than {limit} bytes of text; if it is as it should be, raise the limit with \
                 `.max_bytes(..)`"
            ),
            Self::Memory => write!(f, "the table up to here needs more memory than the system gives"),
            Self::RepeatedColumn { name } => {
                write!(f, "several columns are called `{}`; choose one by its index", Short(name))
            }
            Self::NotALabel { .. }
            | Self::UnknownClass { .. }
            | Self::RepeatedClass { .. }
            | Self::ManyClasses { .. } => self.write_class(f),
            Self::UnknownColumn { wanted, present, columns } if present.is_empty() => {
                write!(
                    f,
                    "no column {wanted}: the file has no header and {columns} columns, whose indices begin at 0"
                )
            }
            Self::UnknownColumn { wanted, present, .. } => {
                write!(f, "no column {wanted}; the file has {}", Names(present))
            }
            Self::Encoding => write!(f, "the text is not UTF-8; convert the file"),
            Self::Compressed => {
                write!(f, "the file is compressed; turn on the feature `gzip` of `training-loop`")
            }
        }
    }
}
