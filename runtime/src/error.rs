//! Errors in input from outside: files, data, hyper-parameters, model files.
//!
//! `Error` is an enum whose variants have fields. Programs match on the variants. The `Display` text is for
//! people: it states the problem, its location, the expected input and a correction. Mistakes in the program
//! itself, such as a wrong shape or a second `backward`, panic instead, with the caller's line.

mod checkpoint;
mod csv;
mod data_file;
mod difference;
mod display;
mod io;
mod model_file;
mod short;
mod state;
mod table;

use std::error::Error as StdError;
use std::path::PathBuf;

pub use checkpoint::CheckpointProblem;
pub use csv::CsvProblem;
pub use data_file::DataFileProblem;
pub use difference::Difference;
use display::write_none_of;
pub use model_file::ModelFileProblem;
pub(crate) use short::{Short, shorten};
pub use state::Misshapen;
pub(crate) use state::write_differing;
pub use table::TableProblem;

/// The result of functions that take input from outside the program.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error in input from outside the program.
///
/// `Debug` prints the same text as `Display`. A `main` that returns a [`Result`] therefore prints
/// the whole message.
#[non_exhaustive]
pub enum Error {
    /// A hyper-parameter of an optimizer, layer, loader or schedule is out of range.
    HyperParameter {
        /// The name of the type, such as `Sgd`, that has the hyper-parameter.
        owner: &'static str,
        /// The name of the hyper-parameter, such as `momentum`.
        name: &'static str,
        /// The value that is out of range.
        value: f64,
        /// The allowed range, such as `in [0, 1)`.
        range: &'static str,
    },
    /// An optimizer was built with no parameters.
    NoParameters {
        /// The optimizer's type.
        owner: &'static str,
    },
    /// An optimizer that supports only matrices has a parameter with another number of axes.
    NotAMatrix {
        /// The optimizer's type.
        owner: &'static str,
        /// The index of the first such parameter in the optimizer.
        index: usize,
        /// The shape of the parameter.
        shape: Vec<usize>,
    },
    /// The value of a macro clause breaks the rule of the clause. The value is known only at run time, so the
    /// macro could not check it.
    Rule {
        /// The name of the clause, such as `epochs`.
        clause: &'static str,
        /// The value of the clause.
        value: String,
        /// The rule, such as `must be at least 1`.
        rule: &'static str,
        /// The suggested correction; empty if there is none.
        help: &'static str,
    },
    /// A clause monitors a measurement that the loop does not have.
    Unmeasured {
        /// The name of the monitor.
        name: String,
        /// The names of the loop's measurements.
        measured: Vec<String>,
    },
    /// A loader yields no batch.
    EmptyLoader {
        /// The loader's role in the loop, such as `train`.
        name: String,
        /// The number of samples in the loader's data set. If the number is above 0, `drop_last`
        /// dropped the only batch.
        samples: usize,
        /// The number of samples in a full batch.
        batch_size: usize,
    },
    /// A training epoch made no update that the loop counts, for example because all labels are
    /// ignored. Without updates, the run would never end.
    NoUpdate {
        /// The epoch, counted from 0.
        epoch: usize,
    },
    /// A data set without any samples.
    EmptyData {
        /// The name of the empty data, such as `inputs`.
        what: String,
    },
    /// The numbers of inputs and targets differ.
    Lengths {
        /// The number of rows in the inputs.
        inputs: usize,
        /// The number of rows in the targets.
        targets: usize,
    },
    /// A matrix whose rows differ in length.
    Ragged {
        /// The index of the first row whose length differs from the length of row 0.
        row: usize,
        /// The length of row 0.
        expected: usize,
        /// The length of the row at the index `row`.
        found: usize,
    },
    /// NaN or an infinity in data.
    NotFinite {
        /// The name of the data, such as `inputs`.
        what: String,
        /// The index of the sample, counted from 0.
        row: usize,
        /// The index in the flattened sample, counted from 0.
        column: usize,
        /// The value that is not finite.
        value: f64,
        /// Whether no row has a finite value in this column.
        whole_column: bool,
    },
    /// A label outside `0..classes`.
    Label {
        /// The index of the sample, counted from 0.
        row: usize,
        /// The label of the sample at the index `row`.
        label: usize,
        /// The number of classes.
        classes: usize,
    },
    /// A name that is not a class.
    UnknownClass {
        /// The index of the sample, counted from 0.
        row: usize,
        /// The unknown name.
        name: String,
        /// The names of the classes.
        classes: Vec<String>,
    },
    /// An error in a CSV file.
    Csv {
        /// The path of the file, or the name passed to `Csv::from_bytes`.
        path: PathBuf,
        /// The line number, counted from 1; `None` if the error does not belong to a single line.
        line: Option<u64>,
        /// The index of the column, and its name if the file has a header. The index is counted
        /// from 0, but the message counts from 1.
        column: Option<(usize, Option<String>)>,
        /// The problem at this location.
        problem: Box<CsvProblem>,
    },
    /// An error in a column of a table.
    Table {
        /// The name of the column.
        column: String,
        /// The index of the row in the table, counted from 0; `None` if the error does not belong to a single
        /// row.
        row: Option<usize>,
        /// The problem in this column.
        problem: Box<TableProblem>,
    },
    /// An error in a file of data that is not a CSV file: an array, an image, a saved encoder.
    DataFile {
        /// The path of the file.
        path: PathBuf,
        /// The problem in the file.
        problem: DataFileProblem,
    },
    /// A model file that is cut short, damaged, or not a safetensors file.
    ModelFile {
        /// The path of the file.
        path: PathBuf,
        /// The problem in the file.
        problem: ModelFileProblem,
    },
    /// A state whose entries differ from the entries of the model. The model is unchanged.
    State {
        /// The file that the state was read from; `None` if it was not read from a file.
        path: Option<PathBuf>,
        /// Names in the model that are not in the state.
        missing: Vec<String>,
        /// Names in the state that are not in the model.
        unexpected: Vec<String>,
        /// Entries whose shapes differ between the model and the state.
        misshapen: Vec<Misshapen>,
    },
    /// A run that cannot be saved or resumed.
    Checkpoint {
        /// The folder of the run or of the checkpoint; empty if there is none.
        path: PathBuf,
        /// The problem in this folder.
        problem: CheckpointProblem,
    },
    /// A part of the run has a type whose state cannot be saved.
    NotSaved {
        /// The type, such as `my_crate::Lion`.
        owner: &'static str,
        /// The method that the type does not implement, such as `Optimizer::state_dict`.
        method: &'static str,
    },
    /// A state that belongs to another optimizer. The optimizer is unchanged.
    OptimizerState {
        /// The hyper-parameters and entries that differ.
        differences: Vec<Difference>,
    },
    /// An error of the operating system.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The failed operation, such as `read` or `write`. The word completes "could not `doing`".
        doing: &'static str,
        /// The system's error.
        source: std::io::Error,
    },
    /// An error that the caller's code returned, for example in a hook. The loop passes the error
    /// on. [`Error::other`] converts an error to this variant. The operator `?` does the same for a
    /// [`std::io::Error`].
    Other(Box<dyn StdError + Send + Sync>),
}

impl Error {
    /// Wraps an error of another type, so that a hook or a loop can pass it on with `?`.
    ///
    /// A [`std::io::Error`] needs only the `?`. [`Error::io`] adds the path, which a
    /// [`std::io::Error`] does not contain.
    ///
    /// # Example
    /// ```
    /// use training_loop::{Error, Result};
    ///
    /// fn limit(text: &str) -> Result<usize> {
    ///     text.parse().map_err(Error::other)
    /// }
    /// assert!(limit("ten").is_err());
    /// ```
    pub fn other(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Other(error.into())
    }

    /// Wraps a system error as [`Error::Io`]; `doing` completes "could not ...".
    ///
    /// # Example
    /// ```
    /// use training_loop::Error;
    ///
    /// let error = std::fs::read("none.csv").map_err(|error| Error::io("none.csv", "read", error)).unwrap_err();
    /// assert!(error.to_string().starts_with("could not read none.csv: "));
    /// ```
    pub fn io(path: impl Into<PathBuf>, doing: &'static str, source: std::io::Error) -> Self {
        Self::Io { path: path.into(), doing, source }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Other(error) => error.source(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
