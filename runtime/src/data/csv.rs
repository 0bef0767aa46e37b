//! Reading CSV files.

mod choose;
mod columns;
mod field;
mod rows;
mod text;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use ndarray::{Array2, Axis};

pub use self::columns::Column;
pub(super) use self::columns::Role;
use self::columns::{Choice, roles};
use self::field::{class, label, number, places, target_number};
use self::rows::{RowLimits, Rows};
use self::text::{BLANK, Stop, Text};
use super::TensorDataset;
use crate::error::shorten;
use crate::{CsvProblem as Problem, Error, Labels, Result, Scalar, Tensor, memory};

/// The default limit of the length of a row, in bytes. A row with a million numbers has this length
/// if each number takes 16 characters. An image of 224 x 224 pixels in three channels takes 600 KB.
const ROW_BYTES: usize = 16 << 20;
/// The default limit of the number of columns. The widest tables of measurements have fewer
/// columns. Spreadsheets have up to 16,384 columns.
const COLUMNS: usize = 1 << 20;
/// The maximum number of classes that `class_names` infers. Output layers for tables have fewer
/// classes.
const CLASSES: usize = 1 << 16;
/// The default limit of the size of a table, in bytes. A table of this size has about half a
/// billion numbers, which take 2 GiB as `f32`.
const TABLE_BYTES: u64 = 4 << 30;

/// A CSV table of numbers: one column is the target, all others are features.
///
/// By default the first line is a header, the delimiter is a comma, and the target is the last
/// column. Methods change these defaults. [`without`](Self::without) excludes text columns such as
/// ids and dates. [`classes`](Self::classes) converts class names in the target column to labels.
/// Input compressed by gzip is recognised by its first two bytes (feature `gzip`). The file is read
/// as a stream. Reading needs memory only for the numbers and for one row of text.
///
/// Numbers with a decimal point or an exponent are rounded to the nearest [`Scalar`].
///
/// # Errors
/// All errors contain the file, the line and the column; lines and columns count from 1. A row is
/// an error if its number of fields differs from the number in the first row. A field is an error
/// if it is not a number, is NaN or infinite, or is an integer that [`Scalar`] would round. A label
/// is an error if it is neither a non-negative integer nor a class name. Other errors are a missing
/// or ambiguous column, a row or a table that exceeds a limit or the memory, a file without rows,
/// and a missing file.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// # fn main() -> Result<()> {
/// let table = "id,width,height,kind\nA7,0.5,2,rose\nB1,0.25,1,lily\n";
/// let flowers = Csv::from_bytes("flowers.csv", table.as_bytes()).target_column("kind").without(["id"]);
/// let classes = flowers.class_names()?;
/// let data = flowers.classes(&classes).classification()?;
/// assert_eq!(data.inputs().shape(), [2, 2]);
/// assert_eq!(data.targets().as_slice(), [1, 0]);
/// assert_eq!(classes[data.targets()[0] as usize], "rose");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Csv {
    path: PathBuf,
    bytes: Option<Cow<'static, [u8]>>,
    header: Option<bool>,
    delimiter: Delimiter,
    /// The target columns; empty for the default.
    targets: Vec<Column>,
    without: Vec<Column>,
    /// The only columns that are read, if set.
    only: Option<Vec<Column>>,
    /// The texts that mean a missing value, in addition to the empty text.
    missing: Vec<String>,
    /// Columns that are declared to be text, or to be numbers.
    types: Vec<(Column, bool)>,
    classes: Option<Vec<String>>,
    may_round: bool,
    limits: RowLimits,
    bytes_limit: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Delimiter {
    Byte(u8),
    Blanks,
}

impl Csv {
    /// A table in the file at `path`. The file is not opened yet.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().to_path_buf(),
            bytes: None,
            header: None,
            delimiter: Delimiter::Byte(b','),
            targets: Vec::new(),
            without: Vec::new(),
            only: None,
            missing: Vec::new(),
            types: Vec::new(),
            classes: None,
            may_round: false,
            limits: RowLimits { bytes: ROW_BYTES, columns: COLUMNS },
            bytes_limit: TABLE_BYTES,
        }
    }

    /// A table in memory, such as the result of `include_bytes!`. Errors contain `name` instead of
    /// a path.
    pub fn from_bytes(name: impl AsRef<Path>, bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        Self { bytes: Some(bytes.into()), ..Self::new(name) }
    }

    /// Sets whether the first line is a header. The default is `true`.
    ///
    /// If this method is not called, a first line that contains only numbers is an error.
    pub fn header(self, present: bool) -> Self {
        Self { header: Some(present), ..self }
    }

    /// Sets the field delimiter, a single byte; by default a comma.
    pub fn delimiter(self, delimiter: u8) -> Self {
        Self { delimiter: Delimiter::Byte(delimiter), ..self }
    }

    /// Splits fields at runs of spaces and tabs, as in many scientific files.
    pub fn blanks(self) -> Self {
        Self { delimiter: Delimiter::Blanks, ..self }
    }

    /// Sets the target column, by name or by index (counted from 0). The default is the last column
    /// that is not excluded.
    pub fn target_column(self, column: impl Into<Column>) -> Self {
        Self { targets: vec![column.into()], ..self }
    }

    /// Excludes columns, by name or by index (counted from 0), as in `.without(["id", "date"])`.
    /// The fields of excluded columns may have any content.
    #[doc(alias("columns", "usecols", "drop", "skip_column"))]
    pub fn without(mut self, columns: impl IntoIterator<Item = impl Into<Column>>) -> Self {
        self.without.extend(columns.into_iter().map(Into::into));
        self
    }

    /// Sets the class names for a target column that contains names.
    /// [`classification`](Self::classification) converts each name to its index in `names`.
    /// `names[label]` converts a predicted label back to a name.
    ///
    /// Store the names with the model. Every file that is read with the same names gets the same
    /// labels.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// # fn main() -> Result<()> {
    /// let cups = Csv::from_bytes("cups.csv", b"heat,taste\n93,bitter\n85,sour\n").classes(["sour", "bitter"]);
    /// assert_eq!(cups.classification()?.targets().as_slice(), [1, 0]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn classes(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { classes: Some(names.into_iter().map(Into::into).collect()), ..self }
    }

    /// Reads the table and returns the distinct names in the target column, sorted.
    /// [`classes`](Self::classes) accepts these names.
    ///
    /// # Errors
    /// The errors of reading a table. More than 65,536 names are an error too.
    pub fn class_names(&self) -> Result<Vec<String>> {
        let mut names = BTreeSet::new();
        self.check_one_target()?;
        self.read_fields(true, |_, role, field| {
            if role != Role::Target || names.contains(field) {
                return Ok(());
            }
            if field.is_empty() {
                return Err(Problem::Missing);
            }
            if names.len() == CLASSES {
                return Err(Problem::ManyClasses { limit: CLASSES });
            }
            memory::check(field.len() as u64).map_err(|_| Problem::Memory)?;
            names.insert(field.to_owned());
            Ok(())
        })?;
        Ok(names.into_iter().collect())
    }

    /// Allows integers that [`Scalar`] cannot represent exactly, and rounds them. Without this call
    /// such integers are an error. Labels are never rounded.
    pub fn allow_rounding(self) -> Self {
        Self { may_round: true, ..self }
    }

    /// Sets the maximum length of a row in bytes, without delimiters and quotes; by default 16 MiB.
    pub fn max_row_bytes(self, bytes: usize) -> Self {
        Self { limits: RowLimits { bytes, ..self.limits }, ..self }
    }

    /// Sets the maximum number of columns; by default 1,048,576.
    pub fn max_columns(self, columns: usize) -> Self {
        Self { limits: RowLimits { columns, ..self.limits }, ..self }
    }

    /// Sets the maximum size of the text in bytes, after decompression; by default 4 GiB.
    pub fn max_bytes(self, bytes: u64) -> Self {
        Self { bytes_limit: bytes, ..self }
    }

    /// Reads features and class labels. A label is a non-negative integer, or one of the names that
    /// were passed to [`classes`](Self::classes).
    ///
    /// # Shapes
    /// inputs `[rows, features]`, targets: one label per row.
    pub fn classification(&self) -> Result<TensorDataset<Labels>> {
        self.check_one_target()?;
        let (features, labels, _) = match &self.classes {
            Some(classes) => {
                let labels = places(classes).map_err(|problem| self.problem(None, None, problem))?;
                self.read(|field| class(field, classes, &labels))?
            }
            None => self.read(label)?,
        };
        TensorDataset::new(Tensor::from(features), Labels::from(labels))
    }

    /// Reads features and a numeric target.
    ///
    /// # Shapes
    /// inputs `[rows, features]`, targets `[rows, 1]`, the shape of a layer with one output; `[rows, columns]`
    /// with [`target_columns`](Self::target_columns).
    pub fn regression(&self) -> Result<TensorDataset<Tensor>> {
        let (features, values, order) = self.read(|field| target_number(field, self.may_round))?;
        let values = Array2::from_shape_vec((features.nrows(), order.len()), values).expect("whole rows");
        let values = if order.is_sorted() { values } else { values.select(Axis(1), &order) };
        TensorDataset::new(Tensor::from(features), Tensor::from(values))
    }

    /// Reads each feature as a number, and converts each field of the target columns with `parse`. Also
    /// returns the order of the target columns: the place in the row of each target that was asked for.
    fn read<T>(
        &self,
        parse: impl Fn(&str) -> Result<T, Problem>,
    ) -> Result<(Array2<Scalar>, Vec<T>, Vec<usize>)> {
        let (mut features, mut targets) = (Vec::new(), Vec::new());
        let (roles, names) = self.read_fields(true, |_, role, field| match role {
            Role::Feature => number(field, self.may_round)
                .and_then(|value| memory::push(&mut features, value).map_err(|_| Problem::Memory)),
            Role::Target => {
                parse(field).and_then(|value| memory::push(&mut targets, value).map_err(|_| Problem::Memory))
            }
            Role::LeftOut => Ok(()),
        })?;
        // Tensors and labels copy their data, into buffers that are up to a quarter larger.
        let copies = (features.len() * size_of::<Scalar>()).max(targets.len() * size_of::<T>()) as u64;
        memory::check(copies / 4 * 5).map_err(|_| self.problem(None, None, Problem::Memory))?;
        let width = roles.iter().filter(|role| **role == Role::Feature).count();
        let place = |column: &Column| {
            let index =
                column.find(&names, roles.len()).map_err(|problem| self.problem(None, None, problem))?;
            Ok(roles[..index].iter().filter(|role| **role == Role::Target).count())
        };
        let order = self.targets.iter().map(place).collect::<Result<Vec<usize>>>()?;
        let order = if order.is_empty() { vec![0] } else { order };
        let features = Array2::from_shape_vec((targets.len() / order.len(), width), features);
        Ok((features.expect("all rows are as long as the first"), targets, order))
    }

    fn check_one_target(&self) -> Result<()> {
        if self.targets.len() > 1 {
            return Err(self.problem(None, None, Problem::SeveralTargets));
        }
        Ok(())
    }

    /// Calls `visit` for each field of each row, with the index and the role of the field's column. Returns
    /// the roles of all columns, and their names, if there is a header.
    pub(super) fn read_fields(
        &self,
        has_target: bool,
        mut visit: impl FnMut(usize, Role, &str) -> Result<(), Problem>,
    ) -> Result<(Vec<Role>, Vec<String>)> {
        let choice = Choice {
            targets: has_target.then_some(&*self.targets),
            only: self.only.as_deref(),
            without: &self.without,
        };
        let (has_blanks, delimiter) = match self.delimiter {
            Delimiter::Byte(byte) => (false, byte),
            Delimiter::Blanks => (true, BLANK),
        };
        let text =
            Text::new(self.open()?, has_blanks, self.bytes_limit).map_err(|stop| self.stopped(None, stop))?;
        let mut rows = Rows::new(text, delimiter, self.limits);
        let names = self.names(&mut rows)?;
        let mut found: Option<Vec<Role>> = None;
        while self.advance(&mut rows)? {
            let is_first = found.is_none();
            let roles = if let Some(roles) = &found {
                roles
            } else {
                let roles = roles(choice, &names, rows.len());
                found.insert(roles.map_err(|problem| self.problem(None, None, problem))?)
            };
            for ((column, field), role) in rows.fields().enumerate().zip(roles.iter()) {
                visit(column, *role, field).map_err(|problem| {
                    if is_first && self.header == Some(false) && problem.is_text() && is_header(&rows) {
                        return self.problem(Some(rows.line()), None, Problem::DataIsHeader);
                    }
                    let name = names.get(column).map(|name| shorten(name));
                    self.problem(Some(rows.line()), Some((column, name)), problem)
                })?;
            }
        }
        match found {
            Some(roles) => Ok((roles, names)),
            None => Err(self.problem(None, None, Problem::Empty)),
        }
    }

    /// The column names; empty if the table has no header.
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

    /// Opens the source and returns its raw bytes, not yet decompressed.
    fn open(&self) -> Result<Box<dyn Read + '_>> {
        match &self.bytes {
            Some(bytes) => Ok(Box::new(&**bytes)),
            None => match File::open(&self.path) {
                Ok(file) => Ok(Box::new(file)),
                Err(error) => Err(Error::io(&self.path, "read", error)),
            },
        }
    }

    pub(super) fn problem(
        &self,
        line: Option<u64>,
        column: Option<(usize, Option<String>)>,
        problem: Problem,
    ) -> Error {
        Error::Csv { path: self.path.clone(), line, column, problem: Box::new(problem) }
    }

    fn stopped(&self, line: Option<u64>, stop: Stop) -> Error {
        match stop {
            Stop::Io { doing, source } => Error::io(&self.path, doing, source),
            Stop::Problem(problem) => self.problem(line, None, problem),
        }
    }
}

/// Whether the current row has only text fields, as a header has.
fn is_header(rows: &Rows) -> bool {
    rows.fields().all(|field| !field.is_empty() && field.parse::<Scalar>().is_err())
}

#[cfg(test)]
mod tests;
