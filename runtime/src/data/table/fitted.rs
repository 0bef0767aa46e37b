//! A fitted encoding: it turns tables into inputs of a model, and is saved beside the model.

use ndarray::Array2;

use super::{MISSING, Table, narrow, problem};
use crate::error::shorten;
use crate::{Labels, Result, Scalar, TableProblem as Problem, Tensor};

/// A fitted encoding of tables; made by [`TableEncoder::fit`](super::TableEncoder::fit).
///
/// # Example
/// ```
/// use training_loop::prelude::*;
/// use training_loop::data::{FittedTableEncoder, Numbers, TableEncoder};
///
/// # fn main() -> Result<()> {
/// # let path = std::env::temp_dir().join(format!("columns-{}.json", std::process::id()));
/// let table = Csv::from_bytes("prices.csv", &b"rooms,price\n1,100\n3,200\n"[..]).table()?;
/// let target = TableEncoder::new().numbers(["price"], Numbers::standard()).fit(&table)?;
/// assert_eq!(target.transform(&table)?.as_slice(), [-1.0, 1.0]);
/// target.save(&path)?; // Beside the model.
/// let target = FittedTableEncoder::load(&path)?;
/// let predicted = Tensor::from([[0.5]]);
/// assert_eq!(target.inverse(&predicted)?.as_slice(), [175.0]);
/// # std::fs::remove_file(&path).map_err(|error| Error::io(&path, "remove", error))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FittedTableEncoder {
    pub(super) fields: Vec<(String, Field)>,
}

/// The encoding of a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Field {
    Number {
        fill: Option<f64>,
        shift: f64,
        scale: f64,
    },
    /// The categories are sorted.
    Category {
        categories: Vec<String>,
        is_one_hot: bool,
        has_other: bool,
        fill: Option<String>,
    },
}

impl Field {
    /// The number of values per row in the inputs.
    fn width(&self) -> usize {
        match self {
            Self::Number { .. } => 1,
            Self::Category { is_one_hot: false, .. } => 0,
            Self::Category { categories, has_other, .. } => categories.len() + usize::from(*has_other),
        }
    }
}

impl FittedTableEncoder {
    /// The number of values per row that [`transform`](Self::transform) returns: the width of the model's
    /// first layer.
    pub fn width(&self) -> usize {
        self.fields.iter().map(|(_, field)| field.width()).sum()
    }

    /// The names of these values, such as `age` and `color=red`; the name of a last category for all others
    /// ends in `=other`, with as many `=` as needed to be unique.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for (name, field) in &self.fields {
            match field {
                Field::Number { .. } => names.push(name.clone()),
                Field::Category { is_one_hot: false, .. } => {}
                Field::Category { categories, has_other, .. } => {
                    names.extend(categories.iter().map(|category| format!("{name}={category}")));
                    if *has_other {
                        let mut other = format!("{name}=other");
                        while names.contains(&other) {
                            other.insert(name.len(), '=');
                        }
                        names.push(other);
                    }
                }
            }
        }
        names
    }

    /// For each column of [`ids`](Self::ids), the number of categories: the sizes of the embeddings.
    pub fn id_counts(&self) -> Vec<usize> {
        let count = |field: &Field| match field {
            Field::Category { categories, is_one_hot: false, has_other, .. } => {
                Some(categories.len() + usize::from(*has_other))
            }
            _ => None,
        };
        self.fields.iter().filter_map(|(_, field)| count(field)).collect()
    }

    /// The inputs of a model: the scaled numbers and the one-hot categories, in the order of the encoder's
    /// columns.
    ///
    /// # Shapes
    /// `[rows, width]`
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table) if a column is absent or of the other type, if a value is missing
    /// and nothing fills it, or if a text is unknown and there is no category for others.
    pub fn transform(&self, table: &Table) -> Result<Tensor> {
        let width = self.width();
        let mut values = Array2::<Scalar>::zeros((table.rows(), width));
        let mut start = 0;
        for (name, field) in &self.fields {
            match field {
                Field::Number { fill, shift, scale } => {
                    for (row, value) in table.number_column(name)?.iter().enumerate() {
                        let value = if value.is_nan() { *fill } else { Some(*value) };
                        let value = value.ok_or_else(|| problem(name, Some(row), Problem::Missing))?;
                        values[[row, start]] = narrow((value - shift) / scale);
                    }
                }
                Field::Category { is_one_hot: false, .. } => {}
                Field::Category { .. } => {
                    for (row, place) in places(name, field, table)?.into_iter().enumerate() {
                        values[[row, start + place as usize]] = 1.0;
                    }
                }
            }
            start += field.width();
        }
        Ok(Tensor::from(values))
    }

    /// The indices of the categories of the columns with [`Categories::ids`](super::Categories::ids), in the
    /// order of the encoder's columns. A `(Tensor, Labels)` pair is an input of a
    /// [`TensorDataset`](crate::data::TensorDataset).
    ///
    /// # Shapes
    /// `[rows, columns]`
    ///
    /// # Errors
    /// The errors of [`transform`](Self::transform).
    pub fn ids(&self, table: &Table) -> Result<Labels> {
        let columns = self
            .fields
            .iter()
            .filter(|(_, field)| matches!(field, Field::Category { is_one_hot: false, .. }));
        let columns: Vec<Vec<u32>> =
            columns.map(|(name, field)| places(name, field, table)).collect::<Result<_>>()?;
        let ids: Labels =
            (0..table.rows()).flat_map(|row| columns.iter().map(move |column| column[row])).collect();
        Ok(ids.reshape(&[table.rows(), columns.len()]))
    }

    /// Converts scaled numbers back: the inverse of [`transform`](Self::transform) for an encoder of number
    /// columns alone, such as the encoder of the targets.
    ///
    /// # Shapes
    /// `[rows, width]` → `[rows, width]`
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table) if a column of the encoder is a category.
    ///
    /// # Panics
    /// If `values` does not have `width` columns.
    #[track_caller]
    pub fn inverse(&self, values: &Tensor) -> Result<Tensor> {
        let (shape, width) = (values.shape(), self.width());
        let constants = self.fields.iter().map(|(name, field)| match field {
            Field::Number { shift, scale, .. } => Ok((*shift, *scale)),
            Field::Category { .. } => Err(problem(name, None, Problem::NoInverse)),
        });
        let constants: Vec<(f64, f64)> = constants.collect::<Result<_>>()?;
        assert!(
            shape.len() == 2 && shape[1] == width,
            "inverse: the values have the shape {shape:?}, but must be [rows, {width}]"
        );
        let mut values = values.to_array();
        for mut row in values.rows_mut() {
            for (value, (shift, scale)) in row.iter_mut().zip(&constants) {
                *value = narrow(f64::from(*value) * scale + shift);
            }
        }
        Ok(Tensor::from(values))
    }
}

/// The index of each row's category.
fn places(name: &str, field: &Field, table: &Table) -> Result<Vec<u32>> {
    let Field::Category { categories, has_other, fill, .. } = field else { return Ok(Vec::new()) };
    let (texts, codes) = table.text(name)?;
    let find = |text: &String| categories.binary_search(text).ok();
    let known: Vec<Option<usize>> = texts.iter().map(find).collect();
    let filled = fill.as_ref().and_then(find);
    let place = |(row, code): (usize, &u32)| {
        let (place, text) = match *code {
            MISSING => (filled, None),
            code => (known[code as usize], Some(&texts[code as usize])),
        };
        let place = place.or(has_other.then_some(categories.len()));
        place.map(|place| place as u32).ok_or_else(|| {
            let what = match text.or(fill.as_ref()) {
                Some(text) => Problem::UnknownCategory {
                    text: shorten(text),
                    categories: categories.iter().map(|category| shorten(category)).collect(),
                },
                None => Problem::Missing,
            };
            problem(name, Some(row), what)
        })
    };
    codes.iter().enumerate().map(place).collect()
}
