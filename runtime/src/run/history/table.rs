//! Text output of a history: the table, and the line of an epoch.

use std::fmt;

use super::{History, Row};
use crate::Scalar;

/// Writes a table with a column per measurement, and a column for the learning rate if the rate
/// changes.
impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.names();
        let rates = self.rows.iter().filter_map(|row| row.learning_rate).collect::<Vec<_>>();
        let moves = rates.windows(2).any(|pair| pair[0] != pair[1]);
        let title = ["epoch", "seconds"].into_iter().chain(moves.then_some("learning_rate"));
        let title = title.chain(names.iter().copied()).map(str::to_owned).collect::<Vec<_>>();
        let cells = self.rows.iter().map(|row| {
            let rate = row.learning_rate.map(|rate| number(f64::from(rate))).unwrap_or_default();
            let values = names.iter().map(|name| row.get(name).map(number).unwrap_or_default());
            let start = [row.number().to_string(), format!("{:.1}", row.seconds)];
            start.into_iter().chain(moves.then_some(rate)).chain(values).collect()
        });
        let table = std::iter::once(title).chain(cells).collect::<Vec<Vec<_>>>();
        let widths: Vec<usize> = (0..table[0].len())
            .map(|column| table.iter().map(|row| row[column].len()).max().unwrap_or(0))
            .collect();
        for (index, row) in table.iter().enumerate() {
            let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:>width$}"));
            let best = if index > 0 && self.best == Some(index - 1) { "  *best" } else { "" };
            writeln!(f, "{}{best}", cells.collect::<Vec<_>>().join("  "))?;
        }
        match &self.explanation {
            Some(explanation) => write!(f, "{explanation}"),
            None => write!(f, "{}", self.stop_reason),
        }
    }
}

/// Writes the names and values in one line: `valid_loss 0.2554  valid_accuracy 0.9312`.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.measurements.iter().map(|(name, value)| format!("{name} {}", number(*value)));
        f.write_str(&values.collect::<Vec<_>>().join("  "))
    }
}

/// The name of an epoch in a line: `epoch  3/10`, or `epoch 3` if the number of epochs is unknown.
pub(in crate::run) fn epoch_of(number: usize, epochs: Option<usize>) -> String {
    match epochs {
        Some(epochs) => format!("epoch {number:>width$}/{epochs}", width = epochs.to_string().len()),
        None => format!("epoch {number}"),
    }
}

/// The line that is printed after an epoch. The line contains the learning rate if the rate has
/// changed.
pub(in crate::run) fn line(
    row: &Row,
    epochs: Option<usize>,
    best: bool,
    first_rate: Option<Scalar>,
) -> String {
    let mut line = format!("{}  {:.1}s", epoch_of(row.number(), epochs), row.seconds);
    for (name, value) in &row.measurements {
        line.extend(["  ", name, " ", &number(*value)]);
    }
    let moved = row.learning_rate.filter(|rate| first_rate.is_some_and(|first| first != *rate));
    line.extend(moved.map(|rate| format!("  learning_rate {}", number(f64::from(rate)))));
    line + if best { "  *best" } else { "" }
}

/// Formats a value with four decimals. Very small and very large values have an exponent instead.
pub(in crate::run) fn number(value: f64) -> String {
    let size = value.abs();
    if value.is_finite() && size != 0.0 && !(1e-3..1e6).contains(&size) {
        format!("{value:.3e}")
    } else {
        format!("{value:.4}")
    }
}
