//! Errors in tables and their encodings.

use std::fmt;

use super::Short;
use super::short::Names;

/// An error in a column of a table; the enclosing [`Error`](crate::Error) contains the column and the row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableProblem {
    /// The table has no such column.
    UnknownColumn {
        /// The columns of the table.
        present: Vec<String>,
    },
    /// The column contains text, and numbers are needed.
    Text {
        /// A text in the column.
        text: String,
    },
    /// The column contains numbers, and text is needed.
    Numbers,
    /// A value is missing.
    Missing,
    /// Every value of the column is missing, so nothing can be fitted.
    AllMissing,
    /// A text is none of the categories that were fitted, or of the classes.
    UnknownCategory {
        /// The text.
        text: String,
        /// The categories.
        categories: Vec<String>,
    },
    /// A number is not a class label.
    NotALabel {
        /// The number.
        text: String,
    },
    /// The encoder has the column twice.
    Repeated,
    /// The column has no inverse, because it is a category.
    NoInverse,
}

impl fmt::Display for TableProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownColumn { present } => {
                write!(f, "there is no such column; the table has {}", Names(present))
            }
            Self::Text { text } => write!(
                f,
                "the column contains text, such as `{}`; encode it by `.categories([..], ..)`, or declare the texts \
                 that mean a missing value by `Csv::missing([..])`",
                Short(text)
            ),
            Self::Numbers => {
                write!(f, "the column contains numbers; read it as text by `Csv::text_columns([..])`")
            }
            Self::Missing => write!(
                f,
                "the value is missing; fill it (`Numbers::fill_mean`, `Categories::fill`, `Categories::with_other`), or \
                 drop its row by `Table::drop_missing()`"
            ),
            Self::AllMissing => {
                write!(f, "every value is missing, so there is nothing to fit; leave the column out")
            }
            Self::UnknownCategory { text, categories } => write!(
                f,
                "`{}` is none of the categories {}; to accept others, fit with `Categories::with_other()`",
                Short(text),
                Names(categories)
            ),
            Self::NotALabel { text } => {
                write!(f, "`{}` is not a class label, which is a whole number from 0 on", Short(text))
            }
            Self::Repeated => write!(f, "the encoder has the column twice; name it once"),
            Self::NoInverse => write!(f, "the column is a category, and only numbers have an inverse"),
        }
    }
}
