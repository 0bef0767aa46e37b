//! Calls that choose rows of a data set by their numbers.

use super::Lazy;
use super::rust::is_transparent;

/// How a call chooses rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowChoice {
    /// By an axis, the first row and the number of rows: `narrow(0, from, length)`.
    Narrow,
    /// By an axis, the first row, the row after the last one and a step: `slice(0, from, to, 1)`.
    Slice,
    /// By a range, perhaps the first of several: `slice([from..to])`, `i((from..to, ..))`.
    Range,
    /// The first rows: `take(n)`.
    First,
    /// All rows but the first: `skip(n)`.
    Rest,
}

/// How the method with this name chooses rows; `None` if it does not.
pub fn row_choice(method: &str, arguments: usize) -> Option<RowChoice> {
    match (method, arguments) {
        ("narrow", 3) => Some(RowChoice::Narrow),
        ("slice" | "f_slice", 4) => Some(RowChoice::Slice),
        ("slice" | "i" | "f_i" | "get", 1) => Some(RowChoice::Range),
        ("take", 1) => Some(RowChoice::First),
        ("skip", 1) => Some(RowChoice::Rest),
        _ => None,
    }
}

/// Whether a type is a part of a data set: `PartialDataset::new(data, from, to)`.
pub fn is_part_of_data(owner: &str) -> bool {
    owner == "PartialDataset"
}

/// Whether a method returns all rows of its receiver, in the same order.
pub fn keeps_rows(method: &str, arguments: usize) -> bool {
    let moves = matches!(
        method,
        "iter"
            | "into_iter"
            | "collect"
            | "to_vec"
            | "to_owned"
            | "clone"
            | "contiguous"
            | "copy"
            | "shallow_clone"
            | "to_device"
            | "to_dtype"
            | "to_kind"
            | "to_type"
            | "detach"
    );
    moves
        || is_transparent(method)
        || matches!(super::lazy(method, arguments), Some(Lazy::Maps)) && method == "map"
        || matches!((method, arguments), ("cloned" | "copied", 0))
}

/// Whether a name suggests a series, whose validation needs the rows before it as a context.
///
/// The last rows for training are then also the first ones of the validation, on purpose:
/// `&prices[n - lookback..]`. The risk is an overlap by mistake in such a program, which is missed.
pub fn names_series(name: &str) -> bool {
    const WORDS: [&str; 24] = [
        "series",
        "sequence",
        "sequences",
        "seq",
        "window",
        "windows",
        "lookback",
        "look",
        "lag",
        "lags",
        "context",
        "history",
        "horizon",
        "past",
        "time",
        "timesteps",
        "stock",
        "stocks",
        "price",
        "prices",
        "signal",
        "candles",
        "block",
        "warmup",
    ];
    name.to_ascii_lowercase().split('_').any(|word| WORDS.contains(&word))
}
