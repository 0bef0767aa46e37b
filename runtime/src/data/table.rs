//! Tables with typed columns: numbers and text, with missing values.

mod encoder;
mod fitted;
mod json;
mod read;

use std::collections::BTreeMap;
use std::fmt;

pub use self::encoder::{Categories, Numbers, TableEncoder};
pub use self::fitted::FittedTableEncoder;
use super::folds::stratified_split;
use crate::error::shorten;
use crate::random::{Purpose, permutation};
use crate::{Error, Labels, Result, Scalar, TableProblem as Problem, Tensor};

/// A table whose columns are numbers or text, with missing values; made by [`Csv::table`](super::Csv::table).
///
/// Rows are counted from 0. A [`TableEncoder`] that is fitted on the training part turns tables into inputs
/// of a model.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
/// use training_loop::data::{Categories, Numbers, TableEncoder};
///
/// # fn main() -> Result<()> {
/// let text = "mass,island,species\n3.5,Dream,Adelie\n,Biscoe,Gentoo\n5.5,Biscoe,Gentoo\n3.7,Dream,NA\n";
/// let table = Csv::from_bytes("penguins.csv", text.as_bytes()).missing(["NA"]).table()?;
/// let table = table.drop_missing_in(["species"])?;
/// let encoder = TableEncoder::new()
///     .numbers(["mass"], Numbers::standard().fill_mean())
///     .categories(["island"], Categories::one_hot())
///     .fit(&table)?;
/// let classes = table.class_names("species")?;
/// let data = TensorDataset::new(encoder.transform(&table)?, table.labels("species", &classes)?)?;
/// assert_eq!(data.inputs().shape(), [3, 3]);
/// assert_eq!(encoder.names(), ["mass", "island=Biscoe", "island=Dream"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    rows: usize,
    columns: Vec<Named>,
}

/// A column and its name.
#[derive(Clone, Debug, PartialEq)]
struct Named {
    name: String,
    values: Column,
}

/// The values of a column.
#[derive(Clone, PartialEq)]
enum Column {
    /// Numbers; NaN is a missing value.
    Numbers(Vec<f64>),
    /// For each row the index of a text; [`MISSING`] is a missing value.
    Text { texts: Vec<String>, codes: Vec<u32> },
}

/// The code of a missing text.
const MISSING: u32 = u32::MAX;

impl fmt::Debug for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Numbers(values) => write!(f, "{} numbers", values.len()),
            Self::Text { texts, codes } => write!(f, "{} texts, {} different", codes.len(), texts.len()),
        }
    }
}

impl Column {
    fn is_missing(&self, row: usize) -> bool {
        match self {
            Self::Numbers(values) => values[row].is_nan(),
            Self::Text { codes, .. } => codes[row] == MISSING,
        }
    }

    fn pick(&self, rows: &[usize]) -> Self {
        match self {
            Self::Numbers(values) => Self::Numbers(rows.iter().map(|&row| values[row]).collect()),
            Self::Text { texts, codes } => {
                Self::Text { texts: texts.clone(), codes: rows.iter().map(|&row| codes[row]).collect() }
            }
        }
    }
}

impl Table {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The names of the columns, in the order of the file. Columns of a file without a header are named by
    /// their index, counted from 0.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// Whether the column contains numbers; otherwise it contains text.
    ///
    /// # Errors
    /// [`Error::Table`] if there is no such column. So does every method that takes the name of a column.
    pub fn is_numeric(&self, column: &str) -> Result<bool> {
        Ok(matches!(self.column(column)?, Column::Numbers(_)))
    }

    /// The number of missing values in the column.
    pub fn missing(&self, column: &str) -> Result<usize> {
        let column = self.column(column)?;
        Ok((0..self.rows).filter(|&row| column.is_missing(row)).count())
    }

    /// The rows without a missing value in any column.
    pub fn drop_missing(&self) -> Self {
        let columns: Vec<&Column> = self.columns.iter().map(|column| &column.values).collect();
        self.whole_rows(&columns)
    }

    /// The rows without a missing value in these columns.
    pub fn drop_missing_in(&self, columns: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self> {
        let columns = columns.into_iter().map(|column| self.column(column.as_ref()));
        Ok(self.whole_rows(&columns.collect::<Result<Vec<_>>>()?))
    }

    fn whole_rows(&self, columns: &[&Column]) -> Self {
        let is_whole = |row: &usize| !columns.iter().any(|column| column.is_missing(*row));
        self.pick(&(0..self.rows).filter(is_whole).collect::<Vec<_>>())
    }

    /// The rows at these indices, in this order.
    ///
    /// # Panics
    /// If an index is out of range.
    #[track_caller]
    pub fn pick(&self, rows: &[usize]) -> Self {
        if let Some(row) = rows.iter().find(|&&row| row >= self.rows) {
            panic!("Table::pick: there is no row {row}, only {} rows counted from 0", self.rows);
        }
        let pick = |column: &Named| Named { name: column.name.clone(), values: column.values.pick(rows) };
        Self { rows: rows.len(), columns: self.columns.iter().map(pick).collect() }
    }

    /// Splits the rows into two parts at random, as [`TensorDataset::split`](super::TensorDataset::split)
    /// does: the first part gets the fraction `fraction`, in (0, 1), and each part keeps the order of the rows.
    /// An encoder must be fitted on the training part alone.
    ///
    /// # Errors
    /// If one of the parts would be empty.
    pub fn split(&self, fraction: f64, seed: u64) -> Result<(Self, Self)> {
        let first = (self.rows as f64 * fraction).round();
        if !(first >= 1.0 && first < self.rows as f64) {
            let range = "in (0, 1), with at least one sample in each part";
            return Err(Error::HyperParameter { owner: "split", name: "fraction", value: fraction, range });
        }
        let mut order = permutation(self.rows, Purpose::Split, seed, 0);
        let (some, rest) = order.split_at_mut(first as usize);
        some.sort_unstable();
        rest.sort_unstable();
        Ok((self.pick(some), self.pick(rest)))
    }

    /// Splits the rows like [`split`](Self::split), with the values of a text column in the same proportions
    /// in both parts. Missing values count as one value.
    ///
    /// # Errors
    /// If one of the parts would be empty, or if the column contains numbers.
    pub fn split_stratified(&self, column: &str, fraction: f64, seed: u64) -> Result<(Self, Self)> {
        let labels: Labels = self.text(column)?.1.iter().copied().collect();
        let (first, second) = stratified_split(&labels, fraction, seed)?;
        Ok((self.pick(&first), self.pick(&second)))
    }

    /// The values of number columns, such as the targets of a regression.
    ///
    /// # Shapes
    /// `[rows, columns]`
    ///
    /// # Errors
    /// If a column contains text, or if a value is missing.
    pub fn numbers(&self, columns: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Tensor> {
        let columns: Vec<String> = columns.into_iter().map(|column| column.as_ref().to_owned()).collect();
        let encoder = TableEncoder::new().numbers(columns, Numbers::unscaled());
        encoder.fit(self)?.transform(self)
    }

    /// The different texts in a text column, sorted.
    pub fn class_names(&self, column: &str) -> Result<Vec<String>> {
        let (texts, codes) = self.text(column)?;
        let mut used = vec![false; texts.len()];
        codes.iter().filter(|code| **code != MISSING).for_each(|code| used[*code as usize] = true);
        let mut names: Vec<String> =
            texts.iter().zip(used).filter(|(_, used)| *used).map(|(text, _)| text.clone()).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// The labels of a text column: each text becomes its index in `classes`.
    ///
    /// # Errors
    /// If the column contains numbers, a value is missing, or a text is not in `classes`.
    pub fn labels(&self, column: &str, classes: &[impl AsRef<str>]) -> Result<Labels> {
        let places: BTreeMap<&str, u32> = classes.iter().map(AsRef::as_ref).zip(0..).collect();
        let (texts, codes) = self.text(column)?;
        let known: Vec<Option<u32>> = texts.iter().map(|text| places.get(text.as_str()).copied()).collect();
        let label = |(row, code): (usize, &u32)| {
            if *code == MISSING {
                return Err(problem(column, Some(row), Problem::Missing));
            }
            known[*code as usize].ok_or_else(|| {
                let categories = classes.iter().map(|class| shorten(class.as_ref())).collect();
                let text = shorten(&texts[*code as usize]);
                problem(column, Some(row), Problem::UnknownCategory { text, categories })
            })
        };
        codes.iter().enumerate().map(label).collect()
    }

    /// The labels of a number column, which contains whole numbers from 0 on.
    ///
    /// # Errors
    /// If the column contains text, a value is missing, or a number is not a label below 2²⁴.
    pub fn number_labels(&self, column: &str) -> Result<Labels> {
        let label = |(row, value): (usize, &f64)| {
            if value.is_nan() {
                return Err(problem(column, Some(row), Problem::Missing));
            }
            if value.fract() == 0.0 && (0.0..16_777_216.0).contains(value) {
                return Ok(*value as u32);
            }
            Err(problem(column, Some(row), Problem::NotALabel { text: value.to_string() }))
        };
        self.number_column(column)?.iter().enumerate().map(label).collect()
    }

    fn column(&self, name: &str) -> Result<&Column> {
        let found = self.columns.iter().find(|column| column.name == name);
        let unknown =
            || problem(name, None, Problem::UnknownColumn { present: self.names().map(shorten).collect() });
        found.map(|column| &column.values).ok_or_else(unknown)
    }

    /// The texts and the codes of a text column. A column without any value is a column of text too.
    fn text(&self, name: &str) -> Result<(&[String], &[u32])> {
        match self.column(name)? {
            Column::Text { texts, codes } => Ok((texts, codes)),
            Column::Numbers(_) => Err(problem(name, None, Problem::Numbers)),
        }
    }

    fn number_column(&self, name: &str) -> Result<&[f64]> {
        match self.column(name)? {
            Column::Numbers(values) => Ok(values),
            Column::Text { texts, codes } => {
                let row = codes.iter().position(|code| *code != MISSING);
                let text = row.map_or_else(String::new, |row| shorten(&texts[codes[row] as usize]));
                Err(problem(name, row, Problem::Text { text }))
            }
        }
    }
}

/// An error in a column.
fn problem(column: &str, row: Option<usize>, problem: Problem) -> Error {
    Error::Table { column: shorten(column), row, problem: Box::new(problem) }
}

/// The nearest [`Scalar`].
fn narrow(value: f64) -> Scalar {
    value as Scalar
}

#[cfg(test)]
mod tests;
