//! Conversion of a field to a number or a label. A conversion that would change the value is an
//! error.

use std::collections::BTreeMap;

use crate::error::shorten;
use crate::{CsvProblem as Problem, Scalar};

/// One more than the largest accepted label. No output layer has this many classes.
const LABELS: f64 = 16_777_216.0;

/// Reads a number. A number with a decimal point or an exponent is rounded to the nearest [`Scalar`]. An
/// integer is rounded only if `may_round`.
pub(super) fn number(field: &str, may_round: bool) -> Result<Scalar, Problem> {
    if field.is_empty() {
        return Err(Problem::Missing);
    }
    let value = field.parse::<Scalar>().map_err(|_| Problem::NotANumber { text: shorten(field) })?;
    if !value.is_finite() {
        return Err(Problem::NotFinite { text: shorten(field) });
    }
    if !may_round && value.abs() >= exact_below() && is_rounded(field, value) {
        return Err(Problem::Rounded { text: shorten(field) });
    }
    Ok(value)
}

/// Reads a numeric target. A field that is not a number is likely a class name, so this function
/// returns a separate error for such a field.
pub(super) fn target_number(field: &str, may_round: bool) -> Result<Scalar, Problem> {
    number(field, may_round).map_err(|problem| match problem {
        Problem::NotANumber { text } => Problem::NotATarget { text },
        other => other,
    })
}

/// The number below which [`Scalar`] represents every integer exactly.
fn exact_below() -> Scalar {
    (1_u64 << Scalar::MANTISSA_DIGITS) as Scalar
}

/// Whether `field` is written as an integer (without a decimal point or an exponent), and rounding
/// made `value` differ from that integer.
fn is_rounded(field: &str, value: Scalar) -> bool {
    let digits = field.strip_prefix(['+', '-']).unwrap_or(field);
    digits.bytes().all(|byte| byte.is_ascii_digit()) && field.parse::<i128>() != Ok(value as i128)
}

/// Reads a label, which may also have the form `3.0` or `3e0`.
pub(super) fn label(field: &str) -> Result<u32, Problem> {
    if field.is_empty() {
        return Err(Problem::Missing);
    }
    let not_a_label = || Problem::NotALabel { text: shorten(field) };
    let value = field.parse::<f64>().map_err(|_| not_a_label())?;
    if !value.is_finite() && !field.contains(|c: char| c.is_ascii_digit()) {
        return Err(Problem::NotFinite { text: shorten(field) });
    }
    if (0.0..LABELS).contains(&value) && is_whole(field) { Ok(value as u32) } else { Err(not_a_label()) }
}

/// Whether a decimal number is an integer. The function examines the digits, because parsing would
/// round `0.99999999999999999999` to 1.
fn is_whole(field: &str) -> bool {
    let (mantissa, exponent) = field.split_once(['e', 'E']).unwrap_or((field, "0"));
    let Ok(exponent) = exponent.parse::<i128>() else { return false };
    let mantissa = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let behind_point = (fraction.len() as i128).saturating_sub(exponent).max(0) as usize;
    whole.bytes().chain(fraction.bytes()).rev().take(behind_point).all(|digit| digit == b'0')
}

/// A map from each class name to its label, which is its index in `classes`.
pub(super) fn places(classes: &[String]) -> Result<BTreeMap<&str, u32>, Problem> {
    let mut places = BTreeMap::new();
    for (class, label) in classes.iter().zip(0..) {
        if places.insert(class.as_str(), label).is_some() {
            return Err(Problem::RepeatedClass { name: shorten(class) });
        }
    }
    Ok(places)
}

/// The label of the class whose name is `field`.
pub(super) fn class(field: &str, classes: &[String], labels: &BTreeMap<&str, u32>) -> Result<u32, Problem> {
    if field.is_empty() {
        return Err(Problem::Missing);
    }
    let unknown = || Problem::UnknownClass { text: shorten(field), classes: classes.to_vec() };
    labels.get(field).copied().ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_told_by_their_digits() {
        for whole in ["0", "7", "+7", "3.0", "3.", "30e-1", "1.5e1", "1.000e+00", "0e-9", "-0.0", "0.00e-3"] {
            assert!(is_whole(whole), "{whole}");
        }
        for other in ["0.5", ".5", "3e-1", "1.25e1", "0.99999999999999999999", "1.00000000000000000001"] {
            assert!(!is_whole(other), "{other}");
        }
    }

    #[test]
    fn labels_are_exact() {
        for (field, expected) in [("0", 0), ("3.0", 3), ("1.2e1", 12), ("16777215", 16_777_215)] {
            assert_eq!(label(field), Ok(expected), "{field}");
        }
        for field in ["16777216", "16777217", "16777215.4", "1e39", "1e999", "-1", "0.99999999999", "a"] {
            assert_eq!(label(field), Err(Problem::NotALabel { text: field.into() }));
        }
        assert_eq!(label("NaN"), Err(Problem::NotFinite { text: "NaN".into() }));
        assert_eq!(label(""), Err(Problem::Missing));
    }

    /// Tests the first integer that [`Scalar`] rounds, with either sign, and some integers that are exact.
    #[test]
    fn whole_numbers_are_not_rounded() {
        let first = (1_u64 << Scalar::MANTISSA_DIGITS) + 1;
        for sign in ["", "+", "-"] {
            let field = format!("{sign}{first}");
            assert_eq!(number(&field, false), Err(Problem::Rounded { text: field.clone() }));
            assert!(number(&field, true).is_ok() && number(&format!("{field}.0"), false).is_ok());
            assert!(number(&format!("{sign}{}", first - 1), false).is_ok());
            assert!(number(&format!("{sign}{}", 2 * (first - 1)), false).is_ok());
        }
        assert!(matches!(number(&"9".repeat(38), false), Err(Problem::Rounded { .. })));
        assert_eq!(number("0.1", false), Ok(0.1));
        assert_eq!(number("1e400", true), Err(Problem::NotFinite { text: "1e400".into() }));
    }
}
