//! Reading a table from a CSV file.

use std::collections::BTreeMap;

use super::{Column, MISSING, Named, Table};
use crate::data::Csv;
use crate::data::csv::Role;
use crate::error::shorten;
use crate::{CsvProblem as Problem, Result, memory};

/// What is known about a column after the first reading.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// All values so far are missing.
    Empty,
    Numbers,
    Text,
}

impl Csv {
    /// Reads the table with a type for each column: a column is numeric if all of its values are numbers, and
    /// contains text otherwise. [`text_columns`](Csv::text_columns) and
    /// [`number_columns`](Csv::number_columns) set the type. Empty fields and the texts of
    /// [`missing`](Csv::missing) are missing values. The file is read twice.
    ///
    /// All columns are read, except for those of [`without`](Csv::without) or outside of
    /// [`columns`](Csv::columns). The target has no meaning here: [`Table::labels`] and [`Table::numbers`]
    /// take the names of target columns. Numbers are kept in double precision.
    ///
    /// # Errors
    /// The errors of reading a table, except for those about single values of an inferred type. A column whose
    /// name occurs twice is an error, and so is NaN or an infinity in a number column.
    pub fn table(&self) -> Result<Table> {
        let mut kinds: Vec<Kind> = Vec::new();
        let (roles, names) = self.read_fields(false, |column, role, field| {
            if column >= kinds.len() {
                memory::push(&mut kinds, Kind::Empty).map_err(|_| Problem::Memory)?;
            }
            if role == Role::Feature && kinds[column] != Kind::Text && !self.is_missing(field) {
                kinds[column] = if is_number(field) { Kind::Numbers } else { Kind::Text };
            }
            Ok(())
        })?;
        let declared = self.declared(&names, roles.len())?;
        let mut columns = Vec::new();
        // The place of each column of the file in the table.
        let mut places = vec![None; roles.len()];
        let mut seen = BTreeMap::new();
        for (index, role) in roles.iter().enumerate() {
            if *role != Role::Feature {
                continue;
            }
            let name = names.get(index).cloned().unwrap_or_else(|| index.to_string());
            if seen.insert(name.clone(), index).is_some() {
                return Err(self.problem(None, None, Problem::RepeatedColumn { name: shorten(&name) }));
            }
            let is_text = declared[index].unwrap_or(kinds[index] == Kind::Text);
            let values = if is_text {
                Column::Text { texts: Vec::new(), codes: Vec::new() }
            } else {
                Column::Numbers(Vec::new())
            };
            places[index] = Some(columns.len());
            columns.push(Named { name, values });
        }
        let mut dictionaries: Vec<BTreeMap<String, u32>> = vec![BTreeMap::new(); columns.len()];
        self.read_fields(false, |column, _, field| {
            let Some(place) = places.get(column).copied().flatten() else { return Ok(()) };
            let is_missing = self.is_missing(field);
            let pushed = match &mut columns[place].values {
                Column::Numbers(values) => {
                    memory::push(values, if is_missing { f64::NAN } else { number(field)? })
                }
                Column::Text { texts, codes } => {
                    let code =
                        if is_missing { MISSING } else { code(field, texts, &mut dictionaries[place])? };
                    memory::push(codes, code)
                }
            };
            pushed.map_err(|_| Problem::Memory)
        })?;
        let rows = columns.first().map_or(0, |column| match &column.values {
            Column::Numbers(values) => values.len(),
            Column::Text { codes, .. } => codes.len(),
        });
        Ok(Table { rows, columns })
    }
}

/// The code of a text. A new text is added.
fn code(text: &str, texts: &mut Vec<String>, codes: &mut BTreeMap<String, u32>) -> Result<u32, Problem> {
    if let Some(code) = codes.get(text) {
        return Ok(*code);
    }
    memory::check(2 * text.len() as u64).map_err(|_| Problem::Memory)?;
    let code = u32::try_from(texts.len()).ok().filter(|code| *code != MISSING).ok_or(Problem::Memory)?;
    memory::push(texts, text.to_owned()).map_err(|_| Problem::Memory)?;
    codes.insert(text.to_owned(), code);
    Ok(code)
}

/// Whether a field is a number. The words for NaN and infinities are texts, unless all others are numbers.
fn is_number(field: &str) -> bool {
    field.parse::<f64>().is_ok()
}

/// The number of a field of a number column.
fn number(field: &str) -> Result<f64, Problem> {
    let value = field.parse::<f64>().map_err(|_| Problem::NotANumber { text: shorten(field) })?;
    if value.is_finite() { Ok(value) } else { Err(Problem::NotFinite { text: shorten(field) }) }
}
