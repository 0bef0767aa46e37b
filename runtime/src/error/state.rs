//! Differences between a state and a model.

use std::collections::BTreeSet;
use std::fmt;

use super::Short;
use super::short::{Names, shown, write_more};

/// An entry whose shapes differ between the model and the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misshapen {
    /// The name of the entry, such as `hidden.weight`.
    pub name: String,
    /// The shape in the model.
    pub expected: Vec<usize>,
    /// The shape in the state.
    pub found: Vec<usize>,
}

pub(super) fn write_state(
    f: &mut fmt::Formatter<'_>,
    missing: &[String],
    unexpected: &[String],
    misshapen: &[Misshapen],
) -> fmt::Result {
    write!(f, "this state belongs to another architecture, the model is unchanged")?;
    write_differing(f, missing, unexpected, misshapen)?;
    match Difference::of(missing, unexpected) {
        Some(Difference::InState(prefix)) => write!(
            f,
            "; the names of the state begin with `{0}`: load the file by \
             `ModelFile::new(path).strip_prefix(\"{0}\").load_into(&model)`",
            Short(prefix)
        ),
        Some(Difference::InModel(prefix)) => write!(
            f,
            "; the names of the model begin with `{0}`: load the file by \
             `ModelFile::new(path).add_prefix(\"{0}\").load_into(&model)`",
            Short(prefix)
        ),
        None => Ok(()),
    }
}

/// Writes the lists of names and shapes that differ, each after a semicolon.
pub(crate) fn write_differing(
    f: &mut fmt::Formatter<'_>,
    missing: &[String],
    unexpected: &[String],
    misshapen: &[Misshapen],
) -> fmt::Result {
    if !missing.is_empty() {
        write!(f, "; missing: {}", Names(missing))?;
    }
    if !unexpected.is_empty() {
        write!(f, "; unexpected: {}", Names(unexpected))?;
    }
    for Misshapen { name, expected, found } in shown(misshapen) {
        write!(f, "; `{}` is {expected:?} in the model and {found:?} in the state", Short(name))?;
    }
    write_more(f, misshapen.len())
}

/// A prefix by which most names of a state and a model differ.
#[derive(Debug, PartialEq)]
enum Difference<'a> {
    InState(&'a str),
    InModel(&'a str),
}

impl<'a> Difference<'a> {
    fn of(missing: &'a [String], unexpected: &'a [String]) -> Option<Self> {
        let in_state = prefix(missing, unexpected).map(Self::InState);
        in_state.or_else(|| prefix(unexpected, missing).map(Self::InModel))
    }
}

/// The prefix, ending in a dot, that turns at least half of the names in `short` into names in `long`.
fn prefix<'a>(short: &[String], long: &'a [String]) -> Option<&'a str> {
    /// The number of names that candidates are made of, and of candidates that are tried, so that the cost
    /// is linear for hostile names too.
    const TRIED: usize = 4;
    let all: BTreeSet<&str> = long.iter().map(String::as_str).collect();
    let candidates = short.iter().take(TRIED).flat_map(|name| {
        let starts = long.iter().filter_map(move |other| other.strip_suffix(name.as_str()));
        starts.filter(|start| start.ends_with('.')).take(TRIED)
    });
    candidates.into_iter().find(|start| {
        let found = short.iter().filter(|name| all.contains(format!("{start}{name}").as_str())).count();
        2 * found >= short.len()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<const N: usize>(names: [&str; N]) -> Vec<String> {
        names.map(str::to_owned).into()
    }

    #[test]
    fn a_common_prefix_is_found_on_either_side() {
        let plain = names(["hidden.weight", "hidden.bias", "output.weight"]);
        let wrapped = names(["step", "model.hidden.weight", "model.hidden.bias", "model.output.weight"]);
        assert_eq!(Difference::of(&plain, &wrapped), Some(Difference::InState("model.")));
        assert_eq!(Difference::of(&wrapped[1..], &plain), Some(Difference::InModel("model.")));
        // One name of many, a part of a word, and nothing in common.
        assert_eq!(Difference::of(&plain, &names(["model.hidden.bias"])), None);
        assert_eq!(Difference::of(&names(["weight"]), &names(["myweight"])), None);
        assert_eq!(Difference::of(&plain, &[]), None);
        assert_eq!(Difference::of(&[], &[]), None);
    }
}
