//! The description of an encoding, and its fit to a table.

use std::collections::BTreeSet;

use super::fitted::{Field, FittedTableEncoder};
use super::{MISSING, Table, problem};
use crate::error::shorten;
use crate::{Error, Result, TableProblem as Problem};

/// What becomes of number columns: how missing values are filled, and how the numbers are scaled. By default
/// a missing value is an error.
#[derive(Clone, Copy, Debug)]
pub struct Numbers {
    scale: Scale,
    fill: Fill,
}

#[derive(Clone, Copy, Debug)]
enum Scale {
    None,
    Standard,
    MinMax,
}

#[derive(Clone, Copy, Debug)]
enum Fill {
    Error,
    Value(f64),
    Mean,
    Median,
}

impl Numbers {
    /// The numbers as they are.
    pub fn unscaled() -> Self {
        Self { scale: Scale::None, fill: Fill::Error }
    }

    /// Scales to mean 0 and deviation 1 on the fitted table, after missing values were filled. A constant
    /// column is only shifted. The deviation is that of the population, as in scikit-learn.
    pub fn standard() -> Self {
        Self { scale: Scale::Standard, ..Self::unscaled() }
    }

    /// Scales to [0, 1] on the fitted table. A constant column is only shifted.
    pub fn min_max() -> Self {
        Self { scale: Scale::MinMax, ..Self::unscaled() }
    }

    /// Fills missing values with `value`, which is finite.
    pub fn fill(self, value: f64) -> Self {
        Self { fill: Fill::Value(value), ..self }
    }

    /// Fills missing values with the mean of the fitted table.
    pub fn fill_mean(self) -> Self {
        Self { fill: Fill::Mean, ..self }
    }

    /// Fills missing values with the median of the fitted table; of an even number of values, with the mean of
    /// the middle two.
    pub fn fill_median(self) -> Self {
        Self { fill: Fill::Median, ..self }
    }

    fn fit(self, name: &str, table: &Table) -> Result<Field> {
        let values = table.number_column(name)?;
        let mut present: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        if present.is_empty() {
            return Err(problem(name, None, Problem::AllMissing));
        }
        let fill = match self.fill {
            Fill::Error => None,
            Fill::Value(value) if value.is_finite() => Some(value),
            Fill::Value(value) => {
                let range = "finite";
                return Err(Error::HyperParameter { owner: "Numbers", name: "fill", value, range });
            }
            Fill::Mean => Some(mean(&present)),
            Fill::Median => {
                present.sort_unstable_by(f64::total_cmp);
                let (low, high) = (present[(present.len() - 1) / 2], present[present.len() / 2]);
                Some(low / 2.0 + high / 2.0)
            }
        };
        let missing = values.iter().position(|value| value.is_nan());
        if let (Some(row), None) = (missing, fill) {
            return Err(problem(name, Some(row), Problem::Missing));
        }
        let filled =
            values.iter().map(|value| if value.is_nan() { fill.unwrap_or_default() } else { *value });
        let (shift, scale) = self.scale.constants(&filled.collect::<Vec<_>>());
        Ok(Field::Number { fill, shift, scale })
    }
}

impl Scale {
    fn constants(self, values: &[f64]) -> (f64, f64) {
        let (shift, scale) = match self {
            Self::None => return (0.0, 1.0),
            Self::Standard => {
                let mean = mean(values);
                let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
                (mean, (squares / values.len() as f64).sqrt())
            }
            Self::MinMax => {
                let low = values.iter().copied().fold(f64::INFINITY, f64::min);
                (low, values.iter().copied().fold(f64::NEG_INFINITY, f64::max) - low)
            }
        };
        // A deviation that is lost in the rounding of the mean is that of a constant.
        let is_constant = scale <= shift.abs().max(1e-300) * 1e-14;
        (shift, if is_constant { 1.0 } else { scale })
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// What becomes of text columns. By default a text that the fitted table does not have, and a missing value,
/// are errors.
#[derive(Clone, Debug)]
pub struct Categories {
    is_one_hot: bool,
    has_other: bool,
    fill: Option<String>,
}

impl Categories {
    /// One number per category: 1 for the row's own category, and 0 for the others.
    pub fn one_hot() -> Self {
        Self { is_one_hot: true, has_other: false, fill: None }
    }

    /// The index of the category, counted from 0, for an [`Embedding`](crate::nn::Embedding). The indices are
    /// not part of [`transform`](FittedTableEncoder::transform) but of [`ids`](FittedTableEncoder::ids).
    pub fn ids() -> Self {
        Self { is_one_hot: false, ..Self::one_hot() }
    }

    /// Adds a last category for all texts that the fitted table does not have, and for missing values.
    pub fn with_other(self) -> Self {
        Self { has_other: true, ..self }
    }

    /// Fills missing values with a text.
    pub fn fill(self, text: impl Into<String>) -> Self {
        Self { fill: Some(text.into()), ..self }
    }

    fn fit(&self, name: &str, table: &Table) -> Result<Field> {
        let (_, codes) = table.text(name)?;
        let mut categories = table.class_names(name)?;
        let missing = codes.iter().position(|code| *code == MISSING);
        match (missing, &self.fill) {
            (Some(row), None) if !self.has_other => return Err(problem(name, Some(row), Problem::Missing)),
            (Some(_), Some(text)) => {
                if let Err(place) = categories.binary_search(text) {
                    categories.insert(place, text.clone());
                }
            }
            _ => {}
        }
        if categories.is_empty() && !self.has_other {
            return Err(problem(name, None, Problem::AllMissing));
        }
        let Self { is_one_hot, has_other, fill } = self.clone();
        Ok(Field::Category { categories, is_one_hot, has_other, fill })
    }
}

/// The description of an encoding: which columns a model reads, and how they become numbers.
///
/// [`fit`](Self::fit) computes means, deviations and categories from the training part; the result encodes
/// every other table in the same way. Columns that are not named are not read, so a table of new rows needs
/// no target.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
/// use training_loop::data::{Categories, Numbers, TableEncoder};
///
/// # fn main() -> Result<()> {
/// let table = |rows: &str| Csv::from_bytes("table.csv", format!("size,color\n{rows}").into_bytes()).table();
/// let encoder = TableEncoder::new()
///     .numbers(["size"], Numbers::standard().fill_median())
///     .categories(["color"], Categories::one_hot().with_other())
///     .fit(&table("1,red\n3,blue\n,red\n")?)?;
/// let new = encoder.transform(&table("2,green\n")?)?;
/// assert_eq!(new.as_slice(), [0.0, 0.0, 0.0, 1.0]); // size, blue, red, other
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct TableEncoder {
    columns: Vec<(String, Rule)>,
}

#[derive(Clone, Debug)]
enum Rule {
    Numbers(Numbers),
    Categories(Categories),
}

impl TableEncoder {
    /// An encoding without columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds number columns.
    pub fn numbers(mut self, columns: impl IntoIterator<Item = impl Into<String>>, numbers: Numbers) -> Self {
        self.columns.extend(columns.into_iter().map(|column| (column.into(), Rule::Numbers(numbers))));
        self
    }

    /// Adds text columns.
    pub fn categories(
        mut self,
        columns: impl IntoIterator<Item = impl Into<String>>,
        categories: Categories,
    ) -> Self {
        let columns = columns.into_iter().map(Into::into);
        self.columns.extend(columns.zip(std::iter::repeat(Rule::Categories(categories))));
        self
    }

    /// Fits the encoding to a table, which should be the training part alone.
    ///
    /// # Errors
    /// [`Error::Table`] if a column is absent, named twice or of the other type, if a value is missing and
    /// nothing fills it, or if a column has no values. [`Error::EmptyData`] if the table has no rows.
    pub fn fit(&self, table: &Table) -> Result<FittedTableEncoder> {
        if table.rows() == 0 {
            return Err(Error::EmptyData { what: "the rows of the table".to_owned() });
        }
        let mut seen = BTreeSet::new();
        let mut fields = Vec::with_capacity(self.columns.len());
        for (name, rule) in &self.columns {
            if !seen.insert(name) {
                return Err(problem(&shorten(name), None, Problem::Repeated));
            }
            let field = match rule {
                Rule::Numbers(numbers) => numbers.fit(name, table)?,
                Rule::Categories(categories) => categories.fit(name, table)?,
            };
            fields.push((name.clone(), field));
        }
        Ok(FittedTableEncoder { fields })
    }
}
