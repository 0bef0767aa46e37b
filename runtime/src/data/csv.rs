//! Reading CSV files.

mod field;
mod rows;
mod text;

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use ndarray::Array2;

use self::field::{label, number};
use self::rows::{RowLimits, Rows};
use self::text::{BLANK, Stop, Text};
use super::TensorDataset;
use crate::error::shorten;
use crate::{CsvProblem as Problem, Error, Labels, Result, Scalar, Tensor, memory};

/// A row of a million numbers of 16 characters; a picture of 224 x 224 pixels in three colours takes 600 KB.
const ROW_BYTES: usize = 16 << 20;
/// More columns than the widest tables of measurements have; spreadsheets end at 16,384.
const COLUMNS: usize = 1 << 20;
/// The text of about half a billion numbers, which take 2 GiB as `f32`.
const TABLE_BYTES: u64 = 4 << 30;

/// Reads a table of numbers: all columns but one are features, that one is the target.
///
/// A header is expected, the delimiter is a comma, the target is the last column; the methods
/// change each. Bytes that were compressed by gzip are recognised by their first two (feature
/// `gzip`). The file is read as a stream: memory is needed for the numbers and one row of text.
///
/// Numbers with a point or an exponent are rounded to the nearest [`Scalar`], as everywhere.
///
/// # Errors
/// Each names file, line and column (both counted from 1): a row with more or fewer
/// fields than the first, a field that is no number, NaN or an infinity, a whole number that [`Scalar`]
/// would round, a label that is not a whole number from 0 on, a target column that is not there or twice,
/// a row or a table beyond a limit or larger than memory, a file without rows, a missing file.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// # fn main() -> Result<()> {
/// let table = "width,height,kind\n0.5,2,1\n0.25,1,0\n";
/// let flowers = Csv::from_bytes("flowers.csv", table.as_bytes()).target_column("kind").classification()?;
/// assert_eq!(flowers.inputs().shape(), [2, 2]);
/// assert_eq!(flowers.targets().as_slice(), [1, 0]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Csv {
    path: PathBuf,
    bytes: Option<Cow<'static, [u8]>>,
    header: Option<bool>,
    delimiter: Delimiter,
    target: Option<Column>,
    may_round: bool,
    limits: RowLimits,
    bytes_limit: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Delimiter {
    Byte(u8),
    Blanks,
}

/// A column, by its index from 0 or by its name in the header.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Column {
    /// Counted from 0.
    Index(usize),
    /// As in the header.
    Name(String),
}

impl From<usize> for Column {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl From<&str> for Column {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<String> for Column {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl Csv {
    /// A table in a file, which is not opened yet.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().to_path_buf(),
            bytes: None,
            header: None,
            delimiter: Delimiter::Byte(b','),
            target: None,
            may_round: false,
            limits: RowLimits { bytes: ROW_BYTES, columns: COLUMNS },
            bytes_limit: TABLE_BYTES,
        }
    }

    /// A table in memory, for `include_bytes!`; `name` stands for the path in errors.
    pub fn from_bytes(name: impl AsRef<Path>, bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        Self { bytes: Some(bytes.into()), ..Self::new(name) }
    }

    /// Whether the first line names the columns. Left out, it is taken to, and refused if it holds
    /// only numbers.
    pub fn header(self, present: bool) -> Self {
        Self { header: Some(present), ..self }
    }

    /// The one byte between two fields, a comma if left out.
    pub fn delimiter(self, delimiter: u8) -> Self {
        Self { delimiter: Delimiter::Byte(delimiter), ..self }
    }

    /// Fields stand between runs of spaces and tabs, as in many scientific files.
    pub fn blanks(self) -> Self {
        Self { delimiter: Delimiter::Blanks, ..self }
    }

    /// The column to learn, by index from 0 or by name; the last if left out.
    pub fn target_column(self, column: impl Into<Column>) -> Self {
        Self { target: Some(column.into()), ..self }
    }

    /// Rounds whole numbers that [`Scalar`] cannot hold exactly, as it does others; labels are never rounded.
    pub fn allow_rounding(self) -> Self {
        Self { may_round: true, ..self }
    }

    /// The most bytes of a row, delimiters and quotes not counted: 16 MiB unless set.
    pub fn max_row_bytes(self, bytes: usize) -> Self {
        Self { limits: RowLimits { bytes, ..self.limits }, ..self }
    }

    /// The most columns: 1,048,576 unless set.
    pub fn max_columns(self, columns: usize) -> Self {
        Self { limits: RowLimits { columns, ..self.limits }, ..self }
    }

    /// The most bytes of text, after unpacking: 4 GiB unless set.
    pub fn max_bytes(self, bytes: u64) -> Self {
        Self { bytes_limit: bytes, ..self }
    }

    /// Reads features and class labels.
    ///
    /// # Shapes
    /// inputs `[rows, columns - 1]`, targets: as many labels.
    pub fn classification(&self) -> Result<TensorDataset<Labels>> {
        let (features, labels) = self.read(label)?;
        TensorDataset::new(Tensor::from(features), Labels::from(labels))
    }

    /// Reads features and a number to learn.
    ///
    /// # Shapes
    /// inputs `[rows, columns - 1]`, targets `[rows, 1]`, as a layer with one output gives.
    pub fn regression(&self) -> Result<TensorDataset<Tensor>> {
        let (features, values) = self.read(|field| number(field, self.may_round))?;
        let values = Array2::from_shape_vec((values.len(), 1), values).expect("one column");
        TensorDataset::new(Tensor::from(features), Tensor::from(values))
    }

    /// Reads the features, and the target by `parse`.
    fn read<T>(&self, parse: impl Fn(&str) -> Result<T, Problem>) -> Result<(Array2<Scalar>, Vec<T>)> {
        let (has_blanks, delimiter) = match self.delimiter {
            Delimiter::Byte(byte) => (false, byte),
            Delimiter::Blanks => (true, BLANK),
        };
        let text =
            Text::new(self.open()?, has_blanks, self.bytes_limit).map_err(|stop| self.stopped(None, stop))?;
        let mut rows = Rows::new(text, delimiter, self.limits);
        let names = self.names(&mut rows)?;
        let (mut features, mut targets, mut shape) = (Vec::new(), Vec::new(), None);
        while self.advance(&mut rows)? {
            let (_, target) = match shape {
                Some(shape) => shape,
                None => *shape.insert((rows.len(), self.target(&names, rows.len())?)),
            };
            for (column, field) in rows.fields().enumerate() {
                let kept = if column == target {
                    parse(field)
                        .and_then(|value| memory::push(&mut targets, value).map_err(|_| Problem::Memory))
                } else {
                    number(field, self.may_round)
                        .and_then(|value| memory::push(&mut features, value).map_err(|_| Problem::Memory))
                };
                kept.map_err(|problem| {
                    let name = names.get(column).map(|name| shorten(name));
                    self.problem(Some(rows.line()), Some((column, name)), problem)
                })?;
            }
        }
        let Some((columns, _)) = shape else { return Err(self.problem(None, None, Problem::Empty)) };
        // Tensors and labels copy what they are made of, in buffers that are up to a quarter larger.
        let copies = (features.len() * size_of::<Scalar>()).max(targets.len() * size_of::<T>()) as u64;
        memory::check(copies / 4 * 5).map_err(|_| self.problem(None, None, Problem::Memory))?;
        let features = Array2::from_shape_vec((targets.len(), columns - 1), features);
        Ok((features.expect("all rows are as long as the first"), targets))
    }

    /// The names of the columns; none without a header.
    fn names(&self, rows: &mut Rows) -> Result<Vec<String>> {
        if self.header == Some(false) {
            return Ok(Vec::new());
        }
        if !self.advance(rows)? {
            return Err(self.problem(None, None, Problem::Empty));
        }
        if self.header.is_none() && rows.fields().all(|field| field.parse::<Scalar>().is_ok()) {
            return Err(self.problem(Some(rows.line()), None, Problem::HeaderIsData));
        }
        Ok(rows.fields().map(str::to_owned).collect())
    }

    fn advance(&self, rows: &mut Rows) -> Result<bool> {
        rows.next().map_err(|stop| self.stopped(Some(rows.line()), stop))
    }

    /// The index of the target column.
    fn target(&self, names: &[String], columns: usize) -> Result<usize> {
        let found = match &self.target {
            None => Some(columns - 1),
            Some(Column::Index(index)) => Some(*index).filter(|&index| index < columns),
            Some(Column::Name(name)) => names.iter().position(|own| own == name),
        };
        match found {
            Some(_) if columns == 1 => Err(self.problem(None, None, Problem::NoFeatures)),
            Some(index) => match &self.target {
                Some(Column::Name(name)) if names[index + 1..].contains(name) => {
                    Err(self.problem(None, None, Problem::RepeatedColumn { name: shorten(name) }))
                }
                _ => Ok(index),
            },
            None => {
                let wanted = match &self.target {
                    Some(Column::Name(name)) => format!("`{name}`"),
                    Some(Column::Index(index)) => index.to_string(),
                    None => String::new(),
                };
                Err(self.problem(
                    None,
                    None,
                    Problem::UnknownColumn { wanted, present: names.to_vec(), columns },
                ))
            }
        }
    }

    /// The bytes as they are stored.
    fn open(&self) -> Result<Box<dyn Read + '_>> {
        match &self.bytes {
            Some(bytes) => Ok(Box::new(&**bytes)),
            None => match File::open(&self.path) {
                Ok(file) => Ok(Box::new(file)),
                Err(error) => Err(Error::io(&self.path, "read", error)),
            },
        }
    }

    fn problem(&self, line: Option<u64>, column: Option<(usize, Option<String>)>, problem: Problem) -> Error {
        Error::Csv { path: self.path.clone(), line, column, problem: Box::new(problem) }
    }

    fn stopped(&self, line: Option<u64>, stop: Stop) -> Error {
        match stop {
            Stop::Io { doing, source } => Error::io(&self.path, doing, source),
            Stop::Problem(problem) => self.problem(line, None, problem),
        }
    }
}

#[cfg(test)]
mod tests;
