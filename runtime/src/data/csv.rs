//! Reading CSV files.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord, Trim};
use ndarray::Array2;

use super::TensorDataset;
use crate::{CsvProblem as Problem, Error, Labels, Result, Scalar, Tensor};

/// Reads a table of numbers: all columns but one are features, that one is the target.
///
/// A header is expected, the delimiter is a comma, the target is the last column; the methods
/// change each. Bytes that were compressed by gzip are recognised by their first two (feature
/// `gzip`). All of the file is read and checked before anything is kept.
///
/// # Errors
/// Each names file, line and column (both counted from 1): a row with more or fewer
/// fields than the first, a field that is no number, NaN or an infinity, a label that is not a whole
/// number from 0 on, a target column that is not there, a file without rows, a missing file.
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
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Delimiter {
    Byte(u8),
    Blanks,
}

/// Stands between fields once runs of blanks are replaced: a character no text of numbers has.
const BLANK: u8 = 0x1f;

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
        let (features, values) = self.read(number)?;
        let values = Array2::from_shape_vec((values.len(), 1), values).expect("one column");
        TensorDataset::new(Tensor::from(features), Tensor::from(values))
    }

    /// Reads the features, and the target by `parse`.
    fn read<T>(&self, parse: fn(&str) -> Result<T, Problem>) -> Result<(Array2<Scalar>, Vec<T>)> {
        let bytes = self.text()?;
        let delimiter = match self.delimiter {
            Delimiter::Byte(byte) => byte,
            Delimiter::Blanks => BLANK,
        };
        let mut reader =
            ReaderBuilder::new().has_headers(false).delimiter(delimiter).trim(Trim::All).from_reader(&*bytes);
        let names = self.names(&bytes, &mut reader)?;
        let mut row = StringRecord::new();
        let (mut features, mut targets, mut shape) = (Vec::new(), Vec::new(), None);
        while reader.read_record(&mut row).map_err(|error| self.refused(&bytes, error))? {
            let (_, target) = match shape {
                Some(shape) => shape,
                None => *shape.insert((row.len(), self.target(&names, row.len())?)),
            };
            for (column, field) in row.iter().enumerate() {
                let place = |problem| {
                    let line = row.position().map(|position| line(&bytes, position));
                    self.problem(line, Some((column, names.get(column).cloned())), problem)
                };
                if column == target {
                    targets.push(parse(field).map_err(place)?);
                } else {
                    features.push(number(field).map_err(place)?);
                }
            }
        }
        let Some((columns, _)) = shape else { return Err(self.problem(None, None, Problem::Empty)) };
        let features = Array2::from_shape_vec((targets.len(), columns - 1), features);
        Ok((features.expect("all rows are as long as the first"), targets))
    }

    /// The names of the columns; none without a header.
    fn names(&self, bytes: &[u8], reader: &mut Reader<&[u8]>) -> Result<Vec<String>> {
        if self.header == Some(false) {
            return Ok(Vec::new());
        }
        let mut header = StringRecord::new();
        if !reader.read_record(&mut header).map_err(|error| self.refused(bytes, error))? {
            return Err(self.problem(None, None, Problem::Empty));
        }
        if self.header.is_none() && header.iter().all(|field| field.parse::<Scalar>().is_ok()) {
            return Err(self.problem(
                header.position().map(|position| line(bytes, position)),
                None,
                Problem::HeaderIsData,
            ));
        }
        Ok(header.iter().map(str::to_owned).collect())
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
            Some(index) => Ok(index),
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

    /// All bytes of the table, unpacked, with one delimiter between fields.
    fn text(&self) -> Result<Cow<'_, [u8]>> {
        let bytes = match &self.bytes {
            Some(bytes) => Cow::Borrowed(&**bytes),
            None => std::fs::read(&self.path).map_err(|error| Error::io(&self.path, "read", error))?.into(),
        };
        let bytes = if bytes.starts_with(&[0x1f, 0x8b]) { self.unpack(&bytes)?.into() } else { bytes };
        Ok(if self.delimiter == Delimiter::Blanks { single_blanks(&bytes).into() } else { bytes })
    }

    #[cfg(feature = "gzip")]
    fn unpack(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(bytes), &mut text)
            .map_err(|error| Error::io(&self.path, "unpack", error))?;
        Ok(text)
    }

    #[cfg(not(feature = "gzip"))]
    fn unpack(&self, _: &[u8]) -> Result<Vec<u8>> {
        Err(self.problem(None, None, Problem::Compressed))
    }

    fn problem(&self, line: Option<u64>, column: Option<(usize, Option<String>)>, problem: Problem) -> Error {
        Error::Csv { path: self.path.clone(), line, column, problem: Box::new(problem) }
    }

    /// What the reader of the format refused.
    fn refused(&self, bytes: &[u8], error: csv::Error) -> Error {
        let line = error.position().map(|position| line(bytes, position));
        match error.into_kind() {
            ErrorKind::UnequalLengths { expected_len, len, .. } => {
                self.problem(line, None, Problem::Ragged { expected: expected_len, found: len })
            }
            ErrorKind::Utf8 { .. } => self.problem(line, None, Problem::Encoding),
            ErrorKind::Io(error) => Error::io(&self.path, "read", error),
            other => Error::other(format!("{}: {other:?}", self.path.display())),
        }
    }
}

/// The line on which a row begins, counted from 1 as an editor does.
///
/// The reader's own count is that of the end of the row before, in front of its line break and of blank lines.
fn line(bytes: &[u8], position: &csv::Position) -> u64 {
    let start = (position.byte() as usize).min(bytes.len());
    let breaks = bytes[start..].iter().take_while(|byte| b"\r\n".contains(byte)).count();
    bytes[..start + breaks].split(|&byte| byte == b'\n').count() as u64
}

/// The same lines with one [`BLANK`] for each run of spaces and tabs, none at the ends.
fn single_blanks(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let fields = line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty());
        for (index, field) in fields.enumerate() {
            if index > 0 {
                text.push(BLANK);
            }
            text.extend(field);
        }
        text.push(b'\n');
    }
    text
}

fn number(field: &str) -> Result<Scalar, Problem> {
    if field.is_empty() {
        return Err(Problem::Missing);
    }
    let value = field.parse::<Scalar>().map_err(|_| Problem::NotANumber { text: field.to_owned() })?;
    if value.is_finite() { Ok(value) } else { Err(Problem::NotFinite { text: field.to_owned() }) }
}

/// A label, also when written as `3.0`.
fn label(field: &str) -> Result<usize, Problem> {
    let value = number(field).map_err(|problem| match problem {
        Problem::NotANumber { text } => Problem::NotALabel { text },
        other => other,
    })?;
    let whole = value.fract() == 0.0 && (0.0..16_777_216.0).contains(&value);
    if whole { Ok(value as usize) } else { Err(Problem::NotALabel { text: field.to_owned() }) }
}

#[cfg(test)]
mod tests;
