//! The roles of columns: features, target, excluded.

use crate::CsvProblem as Problem;
use crate::error::shorten;

/// A reference to a column, by index or by name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Column {
    /// A column by its index, counted from 0.
    Index(usize),
    /// A column by its name in the header.
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

impl From<&String> for Column {
    fn from(name: &String) -> Self {
        Self::Name(name.clone())
    }
}

impl Column {
    /// The index of this column in a table with `columns` columns and the header `names`. `names`
    /// is empty if the table has no header.
    fn find(&self, names: &[String], columns: usize) -> Result<usize, Problem> {
        let (found, wanted) = match self {
            Self::Index(index) => (Some(*index).filter(|&index| index < columns), index.to_string()),
            Self::Name(name) => (names.iter().position(|own| own == name), format!("`{}`", shorten(name))),
        };
        let Some(index) = found else {
            return Err(Problem::UnknownColumn { wanted, present: names.to_vec(), columns });
        };
        match self {
            Self::Name(name) if names[index + 1..].contains(name) => {
                Err(Problem::RepeatedColumn { name: shorten(name) })
            }
            _ => Ok(index),
        }
    }
}

/// The role of a column: a feature, the target, or excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Feature,
    Target,
    /// An excluded column, whose fields may have any content.
    LeftOut,
}

/// The role of each column. The default target is the last column that is not excluded.
///
/// # Errors
/// If a column is missing or has an ambiguous name, if the target is excluded, or if there are no features.
pub(super) fn roles(
    target: Option<&Column>,
    without: &[Column],
    names: &[String],
    columns: usize,
) -> Result<Vec<Role>, Problem> {
    let mut roles = vec![Role::Feature; columns];
    for column in without {
        roles[column.find(names, columns)?] = Role::LeftOut;
    }
    let target = match target {
        Some(column) => column.find(names, columns)?,
        None => match roles.iter().rposition(|role| *role == Role::Feature) {
            Some(last) => last,
            None => return Err(Problem::NoFeatures),
        },
    };
    if roles[target] == Role::LeftOut {
        let name = names.get(target).map_or_else(|| target.to_string(), |name| shorten(name));
        return Err(Problem::TargetLeftOut { name });
    }
    roles[target] = Role::Target;
    if roles.contains(&Role::Feature) { Ok(roles) } else { Err(Problem::NoFeatures) }
}
