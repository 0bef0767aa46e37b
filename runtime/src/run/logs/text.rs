//! Rows of log files as text.

use std::fmt::Write;

use crate::Scalar;
use crate::run::{Row, StepInfo};

/// The fixed columns of the epoch log.
const EPOCH: [&str; 4] = ["epoch", "seconds", "learning_rate", "grad_norm"];

/// The column names of the epoch log: the fixed columns, followed by the measurements. A measurement with the
/// name of a fixed column gets a number, such as `seconds_2`.
pub(in crate::run) fn columns(names: &[&str]) -> Vec<String> {
    let mut columns: Vec<String> = EPOCH.map(str::to_owned).into();
    for name in names {
        let (mut own, mut number) = ((*name).to_owned(), 1);
        while columns.contains(&own) || number > 1 && names.contains(&own.as_str()) {
            number += 1;
            own = format!("{name}_{number}");
        }
        columns.push(own);
    }
    columns
}

/// The fields of an epoch's CSV row, in the order of [`columns`]. Missing values are empty.
pub(in crate::run) fn csv_fields(row: &Row, names: &[&str]) -> Vec<String> {
    let text = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let rate = row.learning_rate.map(|rate| rate.to_string()).unwrap_or_default();
    let start = [row.number().to_string(), row.seconds.to_string(), rate, text(row.grad_norm)];
    start.into_iter().chain(names.iter().map(|name| text(row.get(name)))).collect()
}

/// A CSV row, including the line break.
pub(in crate::run) fn csv_line<T: AsRef<[u8]>>(fields: &[T]) -> Vec<u8> {
    let mut line = csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail.
    let _ = line.write_record(fields);
    line.into_inner().unwrap_or_default()
}

/// An epoch as a line of JSON.
pub(super) fn json_row(row: &Row) -> Vec<u8> {
    let names: Vec<&str> = row.measurements.iter().map(|(name, _)| name.as_str()).collect();
    let columns = columns(&names);
    let mut object = Object::new();
    object.field(&columns[0], &row.number().to_string());
    object.field(&columns[1], &json_number(row.seconds));
    object.field(&columns[2], &json_scalar(row.learning_rate));
    object.field(&columns[3], &row.grad_norm.map_or_else(null, json_number));
    for (name, (_, value)) in columns[EPOCH.len()..].iter().zip(&row.measurements) {
        object.field(name, &json_number(*value));
    }
    object.line()
}

/// The columns of the step log.
pub(super) const STEP: [&str; 5] = ["step", "epoch", "loss", "learning_rate", "grad_norm"];

/// An update as a CSV row.
pub(super) fn csv_step(step: &StepInfo) -> Vec<u8> {
    let norm = step.grad_norm.map(|norm| norm.to_string()).unwrap_or_default();
    let (number, epoch) = (step.step.to_string(), (step.epoch + 1).to_string());
    csv_line(&[number, epoch, step.loss.to_string(), step.learning_rate.to_string(), norm])
}

/// An update as a line of JSON.
pub(super) fn json_step(step: &StepInfo) -> Vec<u8> {
    let values = [
        step.step.to_string(),
        (step.epoch + 1).to_string(),
        json_number(step.loss),
        json_scalar(Some(step.learning_rate)),
        step.grad_norm.map_or_else(null, json_number),
    ];
    let mut object = Object::new();
    STEP.iter().zip(values).for_each(|(name, value)| object.field(name, &value));
    object.line()
}

/// A number as JSON. NaN and infinities are the texts `"NaN"`, `"Infinity"` and `"-Infinity"`, because JSON
/// has no numbers for them.
///
/// # Source
/// The JSON format of Protocol Buffers uses the same texts.
fn json_number(value: f64) -> String {
    let text = if value.is_nan() {
        "\"NaN\""
    } else if value == f64::INFINITY {
        "\"Infinity\""
    } else if value == f64::NEG_INFINITY {
        "\"-Infinity\""
    } else {
        return format!("{value:?}");
    };
    text.to_owned()
}

/// A learning rate as JSON: the shortest decimal that parses to the same value.
fn json_scalar(value: Option<Scalar>) -> String {
    let text = |value: Scalar| {
        if value.is_finite() { format!("{value:?}") } else { json_number(f64::from(value)) }
    };
    value.map_or_else(null, text)
}

fn null() -> String {
    "null".to_owned()
}

/// A JSON object on one line, with its fields in insertion order.
struct Object(String);

impl Object {
    fn new() -> Self {
        Self(String::new())
    }

    /// Adds a field. `value` must be valid JSON.
    fn field(&mut self, name: &str, value: &str) {
        let start = if self.0.is_empty() { "{" } else { ", " };
        // Writing to memory cannot fail.
        let _ = write!(self.0, "{start}{}: {value}", serde_json::Value::from(name));
    }

    fn line(self) -> Vec<u8> {
        format!("{}}}\n", self.0).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_columns_have_one_name() {
        let names = ["loss", "seconds", "seconds_2", "epoch"];
        assert_eq!(
            columns(&names)[EPOCH.len()..],
            ["loss", "seconds_3", "seconds_2", "epoch_2"].map(str::to_owned)
        );
    }

    #[test]
    fn every_number_is_read_back() {
        for value in [0.1, 1e300, -1e-300, 5e-324, f64::MAX, 0.0, -0.0, 3.0, 0.1 + 0.2] {
            let text = json_number(value);
            serde_json::from_str::<serde_json::Value>(&text).unwrap();
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits(), "{text}");
        }
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let text: String = serde_json::from_str(&json_number(value)).unwrap();
            let read: f64 = text.parse().unwrap();
            assert!(read == value || read.is_nan() && value.is_nan(), "{text}");
        }
    }
}
