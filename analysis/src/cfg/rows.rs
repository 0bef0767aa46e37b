//! Ranges of rows of a data set: `data.narrow(0, 0, n)`, `&data[n - 10..]`.

use std::collections::BTreeMap;

use super::{Excerpt, ExpressionId, PathId, Versioned};

/// A sum of sizes and a number, such as `n - 10`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Total {
    /// The sizes, each with its version and the number of times that it is added.
    sizes: BTreeMap<(ExpressionId, u32), i64>,
    plus: i64,
}

impl Total {
    pub(crate) fn number(plus: i64) -> Self {
        Self { sizes: BTreeMap::new(), plus }
    }

    pub(crate) fn size(size: Versioned) -> Self {
        Self { sizes: BTreeMap::from([((size.expression, size.version), 1)]), plus: 0 }
    }

    /// This sum plus `times` the other; `None` if a number is too large.
    pub(crate) fn plus(&self, other: &Self, times: i64) -> Option<Self> {
        let mut all = self.clone();
        all.plus = all.plus.checked_add(other.plus.checked_mul(times)?)?;
        for (size, count) in &other.sizes {
            let known = all.sizes.entry(*size).or_insert(0);
            *known = known.checked_add(count.checked_mul(times)?)?;
        }
        all.sizes.retain(|_, count| *count != 0);
        Some(all)
    }

    /// Whether the sum is at least `least` for all sizes, each of which is at least 1.
    fn is_at_least(&self, least: i64) -> bool {
        let sizes: i64 = self.sizes.values().fold(0, |all, count| all.saturating_add(*count));
        self.sizes.values().all(|count| *count > 0) && self.plus.saturating_add(sizes) >= least
    }

    /// Whether this sum exceeds the other by at least `least`.
    fn exceeds(&self, other: &Self, least: i64) -> bool {
        self.plus(other, -1).is_some_and(|difference| difference.is_at_least(least))
    }

    fn is_zero(&self) -> bool {
        self.sizes.is_empty() && self.plus == 0
    }
}

/// A range of rows that a variable or a field holds.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    /// The name of the variable or of the field; empty if a loop iterates over the rows.
    pub(crate) name: String,
    /// The variable.
    pub(crate) path: Option<PathId>,
    /// The data set.
    pub(crate) of: Versioned,
    /// How often the code before may have changed the data set, as `shuffle` does.
    pub(crate) changes: usize,
    /// The text of the data set.
    pub(crate) text: Excerpt,
    /// Whether a name in the data set suggests a series.
    pub(crate) is_series: bool,
    /// The axis of the rows.
    pub(crate) axis: i64,
    /// The first row.
    pub(crate) from: Total,
    /// The row after the last one; `None` at the end of the data set.
    pub(crate) to: Option<Total>,
}

/// How much of one range is in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shared {
    /// The whole range.
    All,
    /// Some rows, if neither range is empty.
    Some,
}

impl Rows {
    /// Whether both ranges are rows of the same data, along the same axis.
    pub(crate) fn are_of_same_data(&self, other: &Self) -> bool {
        self.of == other.of && self.axis == other.axis && self.changes == other.changes
    }

    /// How much of this range is certainly in `other`; `None` if nothing is certain.
    ///
    /// Neither range is empty, and no row has a negative number.
    pub(crate) fn shared_with(&self, other: &Self) -> Option<Shared> {
        if !self.are_of_same_data(other) {
            return None;
        }
        let starts_inside = other.from.is_zero() || self.from.exceeds(&other.from, 0);
        let ends_inside = match (&self.to, &other.to) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(mine), Some(theirs)) => theirs.exceeds(mine, 0),
        };
        if starts_inside && ends_inside {
            return Some(Shared::All);
        }
        (self.begins_before_end_of(other) && other.begins_before_end_of(self)).then_some(Shared::Some)
    }

    /// Whether the first row of this range is before the end of `other`.
    fn begins_before_end_of(&self, other: &Self) -> bool {
        let Some(end) = &other.to else { return true };
        // What ends before this end begins before it as well.
        let ends_before = self.to.as_ref().is_some_and(|mine| end.exceeds(mine, 0));
        self.from.is_zero() || ends_before || end.exceeds(&self.from, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cfg::{Expression, Expressions};

    /// Ranges of the same data, with `n` and `k` as the sizes.
    fn shared(one: (&[i64; 3], Option<&[i64; 3]>), other: (&[i64; 3], Option<&[i64; 3]>)) -> Option<Shared> {
        let mut names = Expressions::default();
        let [data, n, k] = ["data", "n", "k"].map(|name| names.intern(Expression::Name(name.to_owned())));
        let version = |expression| Versioned { expression, version: 0 };
        let total = |parts: &[i64; 3]| {
            let sizes = Total::number(parts[0]).plus(&Total::size(version(n)), parts[1]);
            sizes.and_then(|all| all.plus(&Total::size(version(k)), parts[2])).expect("small")
        };
        let rows = |(from, to): (&[i64; 3], Option<&[i64; 3]>)| Rows {
            name: String::new(),
            path: None,
            of: version(data),
            changes: 0,
            text: Excerpt::default(),
            is_series: false,
            axis: 0,
            from: total(from),
            to: to.map(total),
        };
        rows(one).shared_with(&rows(other))
    }

    #[test]
    fn ranges_by_numbers_and_sizes() {
        const START: &[i64; 3] = &[0, 0, 0];
        const N: &[i64; 3] = &[0, 1, 0];
        let less = |k: &'static [i64; 3]| k;
        // `data[n - 10..n]`, `data[n - k..]`, `data[..10]` in `data[..n]`.
        assert_eq!(shared((less(&[-10, 1, 0]), Some(N)), (START, Some(N))), Some(Shared::All));
        assert_eq!(shared((less(&[0, 1, -1]), None), (START, Some(N))), Some(Shared::Some));
        assert_eq!(shared((START, Some(&[10, 0, 0])), (START, Some(&[800, 0, 0]))), Some(Shared::All));
        assert_eq!(shared((&[700, 0, 0], None), (START, Some(&[800, 0, 0]))), Some(Shared::Some));
        assert_eq!(shared((&[100, 0, 0], None), (&[50, 0, 0], None)), Some(Shared::All));
        // `data[n..]`, `data[n..n + k]` and `data[k..]` beside `data[..n]`.
        assert_eq!(shared((N, None), (START, Some(N))), None);
        assert_eq!(shared((N, Some(&[0, 1, 1])), (START, Some(N))), None);
        assert_eq!(shared((&[0, 0, 1], None), (START, Some(N))), None);
        assert_eq!(shared((&[800, 0, 0], None), (START, Some(&[800, 0, 0]))), None);
    }
}
