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
    pub(super) fn find(&self, names: &[String], columns: usize) -> Result<usize, Problem> {
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
pub(in crate::data) enum Role {
    Feature,
    Target,
    /// An excluded column, whose fields may have any content.
    LeftOut,
}

/// The choice of columns by the user.
#[derive(Clone, Copy)]
pub(super) struct Choice<'a> {
    /// The targets; empty for the default, the last column that is not excluded. `None` if the table is read
    /// without a target.
    pub(super) targets: Option<&'a [Column]>,
    pub(super) only: Option<&'a [Column]>,
    pub(super) without: &'a [Column],
}

/// The role of each column.
///
/// # Errors
/// If a column is missing or has an ambiguous name, if a target is excluded or named twice, or if there are no
/// features.
pub(super) fn roles(choice: Choice, names: &[String], columns: usize) -> Result<Vec<Role>, Problem> {
    let Choice { targets, only, without } = choice;
    let mut roles = vec![if only.is_some() { Role::LeftOut } else { Role::Feature }; columns];
    for column in only.unwrap_or_default() {
        roles[column.find(names, columns)?] = Role::Feature;
    }
    let mut excluded = vec![false; columns];
    for column in without {
        let index = column.find(names, columns)?;
        (roles[index], excluded[index]) = (Role::LeftOut, true);
    }
    let named = |index: usize| names.get(index).map_or_else(|| index.to_string(), |name| shorten(name));
    match targets {
        None => {}
        // With `only` the target is the last column of all.
        Some([]) => match excluded.iter().rposition(|excluded| !excluded) {
            Some(last) => roles[last] = Role::Target,
            None => return Err(Problem::NoFeatures),
        },
        Some(targets) => {
            for column in targets {
                let index = column.find(names, columns)?;
                if excluded[index] {
                    return Err(Problem::TargetLeftOut { name: named(index) });
                }
                if roles[index] == Role::Target {
                    return Err(Problem::TargetTwice { name: named(index) });
                }
                roles[index] = Role::Target;
            }
        }
    }
    if roles.contains(&Role::Feature) { Ok(roles) } else { Err(Problem::NoFeatures) }
}
