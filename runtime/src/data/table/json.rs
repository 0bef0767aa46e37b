//! Fitted encodings as JSON files.

use std::path::Path;

use serde_json::{Value, json};

use super::fitted::{Field, FittedTableEncoder};
use crate::checkpoint::json::{Fields, Read, number, optional};
use crate::file::atomic_write;
use crate::{DataFileProblem, Error, Result, memory};

/// The value of the field `format`, which also has the version.
const FORMAT: &str = "training-loop table encoder 1";
/// The length in bytes of the longest file that is read. A million categories take less.
const BYTES: u64 = 16 << 20;

impl FittedTableEncoder {
    /// Writes the encoder to a JSON file, completely or not at all. Every number comes back bit for bit.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let columns: Vec<Value> = self.fields.iter().map(|(name, field)| column(name, field)).collect();
        let text = json!({ "format": FORMAT, "columns": columns }).to_string();
        atomic_write(path.as_ref(), |file| file.write_all(text.as_bytes())).map(drop)
    }

    /// Reads an encoder that [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read. [`Error::DataFile`] if the file is damaged, of another
    /// format or longer than 16 MiB.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let problem = |problem| Error::DataFile { path: path.to_path_buf(), problem };
        let bytes = crate::data::files::read_whole(path, BYTES)?;
        // A tree of JSON values takes up to about 40 times the memory of its text.
        memory::check(bytes.len() as u64 * 40).map_err(|_| problem(DataFileProblem::Memory))?;
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|error| problem(DataFileProblem::Content { reason: error.to_string() }))?;
        let fields = read(Fields(&value)).map_err(|reason| problem(DataFileProblem::Content { reason }))?;
        Ok(Self { fields })
    }
}

fn column(name: &str, field: &Field) -> Value {
    match field {
        Field::Number { fill, shift, scale } => {
            json!({ "name": name, "kind": "number", "fill": optional(*fill), "shift": number(*shift), "scale": number(*scale) })
        }
        Field::Category { categories, is_one_hot, has_other, fill } => json!({
            "name": name, "kind": if *is_one_hot { "one_hot" } else { "ids" }, "categories": categories,
            "other": has_other, "fill": fill,
        }),
    }
}

fn read(file: Fields) -> Read<Vec<(String, Field)>> {
    let format = file.text("format")?;
    if format != FORMAT {
        return Err(format!("`format` is not `{FORMAT}`"));
    }
    file.list("columns")?.iter().map(|column| read_column(Fields(column))).collect()
}

fn read_column(column: Fields) -> Read<(String, Field)> {
    let name = column.text("name")?.to_owned();
    let kind = column.text("kind")?;
    let field = match kind {
        "number" => {
            let (shift, scale) = (column.number("shift")?, column.number("scale")?);
            let fill = column.optional("fill", Fields::number)?;
            if !(shift.is_finite() && scale.is_finite() && scale != 0.0 && fill.is_none_or(f64::is_finite)) {
                return Err(format!("a number of the column `{name}` is not finite, or the scale is 0"));
            }
            Field::Number { fill, shift, scale }
        }
        "one_hot" | "ids" => {
            let categories = column.texts("categories")?;
            if !categories.is_sorted_by(|a, b| a < b) {
                return Err(format!("the categories of the column `{name}` are not sorted"));
            }
            let fill = column.optional("fill", |column, name| column.text(name).map(str::to_owned))?;
            Field::Category {
                categories,
                is_one_hot: kind == "one_hot",
                has_other: column.flag("other")?,
                fill,
            }
        }
        _ => return Err(format!("the kind of the column `{name}` is unknown")),
    };
    Ok((name, field))
}
