//! The messages of errors.

use std::fmt;

use super::difference::write_differences;
use super::io::write_where;
use super::short::Names;
use super::state::write_state;
use super::{Error, Short};

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HyperParameter { owner, name, value, range } => {
                write!(f, "`{name}` of `{owner}` is {}, but must be {range}", decimal(*value))
            }
            Self::NoParameters { owner } => {
                write!(
                    f,
                    "`{owner}` has no parameters to train; give it `model.parameters()` of a model with layers"
                )
            }
            Self::NotAMatrix { owner, index, shape } => {
                write!(
                    f,
                    "`{owner}` is for matrices, and parameter {index} has the shape {shape:?}; give it the parameters \
                     with two axes, and the rest to another optimizer, as `AdamW`"
                )
            }
            Self::Rule { clause, value, rule, help } => {
                write!(f, "`{clause}` is {value}: {rule}")?;
                if help.is_empty() { Ok(()) } else { write!(f, "; {help}") }
            }
            Self::Unmeasured { name, measured } => {
                let measured: Vec<String> = measured.iter().map(|name| format!("`{name}`")).collect();
                write!(f, "`{name}` is not measured by this loop; it measures {}", measured.join(", "))
            }
            Self::EmptyLoader { name, samples, batch_size } => {
                write_empty_loader(f, name, *samples, *batch_size)
            }
            Self::NoUpdate { epoch } => write!(
                f,
                "epoch {} made no update that the loop counts: either no sample has a weight, as when all labels are \
                 ignored, or a block steps the optimizer itself; name `step` in `train_order` instead",
                epoch + 1
            ),
            Self::EmptyData { what } => write!(f, "{what} hold no samples; at least one is needed"),
            Self::Lengths { inputs, targets } => {
                write!(f, "{inputs} inputs but {targets} targets; each input needs exactly one target")
            }
            Self::Ragged { row, expected, found } => write!(
                f,
                "row {row} (counted from 0) holds {found} numbers, and row 0 holds {expected}; make all rows as long"
            ),
            Self::NotFinite { what, column, value, whole_column: true, .. } => write!(
                f,
                "{what}: column {column} (counted from 0) holds no finite number, but {value} in row 0; a column that \
                 is constant has the deviation 0, by which nothing is scaled: divide it by 1, or leave it out"
            ),
            Self::NotFinite { what, row, column, value, .. } => write!(
                f,
                "{what}: {value} in row {row}, column {column} (counted from 0); replace it or leave the row out"
            ),
            Self::Label { row, label, classes } => write!(
                f,
                "label {label} in row {row} (counted from 0) is not below the number of classes, {classes}"
            ),
            Self::UnknownClass { row, name, classes } => {
                write!(f, "`{}` in row {row} (counted from 0) ", Short(name))?;
                write_none_of(f, classes)
            }
            Self::Csv { path, line, column, problem } => {
                write!(f, "{}", path.display())?;
                if let Some(line) = line {
                    write!(f, ":{line}")?;
                }
                match column {
                    Some((index, Some(name))) => write!(f, ", column {} (`{}`)", index + 1, Short(name))?,
                    Some((index, None)) => write!(f, ", column {}", index + 1)?,
                    None => {}
                }
                write!(f, ": {problem}")
            }
            Self::Table { column, row: Some(row), problem } => {
                write!(f, "column `{}`, row {row} (counted from 0): {problem}", Short(column))
            }
            Self::Table { column, row: None, problem } => write!(f, "column `{}`: {problem}", Short(column)),
            Self::DataFile { path, problem } => write!(f, "{}: {problem}", path.display()),
            Self::ModelFile { path, problem } => write!(f, "{}: {problem}", path.display()),
            Self::State { path, missing, unexpected, misshapen } => {
                if let Some(path) = path {
                    write!(f, "{}: ", path.display())?;
                }
                write_state(f, missing, unexpected, misshapen)
            }
            Self::Checkpoint { path, problem } if path.as_os_str().is_empty() => write!(f, "{problem}"),
            Self::Checkpoint { path, problem } => write!(f, "{}: {problem}", path.display()),
            Self::NotSaved { owner, method } => {
                let inverse = if method.ends_with("counts") { "set_counts" } else { "load_state_dict" };
                write!(f, "`{owner}` has no state to save: implement `{method}` and `{inverse}`")
            }
            Self::OptimizerState { differences } => {
                write!(f, "this state does not belong to the optimizer, which is unchanged")?;
                write_differences(f, differences)
            }
            Self::Io { path, doing, source } => {
                write!(f, "could not {doing} {}: {source}", path.display())?;
                write_where(f, path, source)
            }
            Self::Other(error) => write!(f, "{error}"),
        }
    }
}

/// Writes the end of a message about an unknown class name. The end lists the names in `classes`.
pub(super) fn write_none_of(f: &mut fmt::Formatter<'_>, classes: &[String]) -> fmt::Result {
    if classes.is_empty() {
        write!(f, "is not a class, because no classes are given")
    } else {
        write!(f, "is none of the classes {}", Names(classes))
    }
}

/// Formats `value` as the decimal that the user wrote: 0.1, not the digits of the nearest `f32`.
fn decimal(value: f64) -> String {
    let narrow = value as f32;
    if f64::from(narrow) == value { narrow.to_string() } else { value.to_string() }
}

fn write_empty_loader(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    samples: usize,
    batch_size: usize,
) -> fmt::Result {
    write!(f, "the loader `{name}` yields no batch: ")?;
    if samples == 0 {
        write!(f, "its data set has no samples")
    } else {
        write!(
            f,
            "`drop_last` drops its only batch of {samples} samples, as a full one has {batch_size}; \
             make the batch smaller or leave `drop_last` out"
        )
    }
}
