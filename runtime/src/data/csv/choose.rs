//! Settings that choose columns, their types and the texts that mean a missing value.

use super::{Column, Csv};
use crate::Result;

impl Csv {
    /// Reads only these columns and the target, by name or by index (counted from 0). The fields of all other
    /// columns may have any content. For [`table`](Csv::table) these are all columns that are read.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// # fn main() -> Result<()> {
    /// let csv = Csv::from_bytes("table.csv", &b"id,a,b,c,y\nA7,1,2,3,0\n"[..]).columns(["c", "a"]);
    /// assert_eq!(csv.classification()?.inputs().as_slice(), [1.0, 3.0]); // In the order of the file.
    /// # Ok(())
    /// # }
    /// ```
    pub fn columns(mut self, columns: impl IntoIterator<Item = impl Into<Column>>) -> Self {
        self.only.get_or_insert_default().extend(columns.into_iter().map(Into::into));
        self
    }

    /// Sets several target columns for [`regression`](Csv::regression), by name or by index. The targets are
    /// `[rows, columns]`, in this order.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// # fn main() -> Result<()> {
    /// let csv = Csv::from_bytes("table.csv", &b"x,low,high\n1,2,3\n4,5,6\n"[..]).target_columns(["high", "low"]);
    /// assert_eq!(csv.regression()?.targets().as_slice(), [3.0, 2.0, 6.0, 5.0]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn target_columns(self, columns: impl IntoIterator<Item = impl Into<Column>>) -> Self {
        Self { targets: columns.into_iter().map(Into::into).collect(), ..self }
    }

    /// Adds texts that mean a missing value for [`table`](Csv::table), such as `NA` and `?`. An empty field is
    /// always a missing value.
    pub fn missing(mut self, texts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.missing.extend(texts.into_iter().map(Into::into));
        self
    }

    /// Columns that [`table`](Csv::table) reads as text even if all values are numbers, such as codes.
    pub fn text_columns(mut self, columns: impl IntoIterator<Item = impl Into<Column>>) -> Self {
        self.types.extend(columns.into_iter().map(|column| (column.into(), true)));
        self
    }

    /// Columns that [`table`](Csv::table) reads as numbers: a value that is not a number is then an error with
    /// its line, and does not turn the column into text.
    pub fn number_columns(mut self, columns: impl IntoIterator<Item = impl Into<Column>>) -> Self {
        self.types.extend(columns.into_iter().map(|column| (column.into(), false)));
        self
    }

    pub(in crate::data) fn is_missing(&self, field: &str) -> bool {
        field.is_empty() || self.missing.iter().any(|text| text == field)
    }

    /// Whether each column was declared to be text or to be numbers.
    ///
    /// # Errors
    /// If a declared column is absent or has an ambiguous name.
    pub(in crate::data) fn declared(&self, names: &[String], columns: usize) -> Result<Vec<Option<bool>>> {
        let mut declared = vec![None; columns];
        for (column, is_text) in &self.types {
            let index = column.find(names, columns).map_err(|problem| self.problem(None, None, problem))?;
            declared[index] = Some(*is_text);
        }
        Ok(declared)
    }
}
