//! The use of graphs: whether a backward has freed the graph of a tensor.

use crate::cfg::{Certain, SiteId};

/// Whether a graph was freed by a backward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraphUse {
    /// The states over all paths: fresh, freed and unknown, as bits.
    all: u8,
    /// The states over the paths on which every loop runs at least once.
    direct: u8,
    /// The backward that freed the graph.
    pub by: Option<SiteId>,
}

const FRESH: u8 = 1;
const FREED: u8 = 2;
const LOST: u8 = 4;

impl GraphUse {
    /// The state of a graph that a backward has freed, as bits.
    pub const BAD: u8 = FREED;

    /// The use of a fresh graph.
    ///
    /// The argument `direct` tells whether the point is reached by a path on which every loop runs
    /// at least once.
    pub(super) fn fresh(direct: bool) -> Self {
        Self::of(FRESH, direct, None)
    }

    /// The use of a graph that a backward freed.
    pub(super) fn freed(direct: bool, by: SiteId) -> Self {
        Self::of(FREED, direct, Some(by))
    }

    /// The use of a graph whose state is unknown: a backward may have freed it.
    pub(super) fn lost(direct: bool) -> Self {
        Self::of(LOST, direct, None)
    }

    fn of(all: u8, direct: bool, by: Option<SiteId>) -> Self {
        Self { all, direct: if direct { all } else { 0 }, by }
    }

    /// Whether the graph is fresh on every path.
    pub fn is_fresh(&self) -> bool {
        self.all == FRESH
    }

    pub(super) fn is_lost(&self) -> bool {
        self.all & LOST != 0
    }

    /// The states over the paths on which every loop runs at least once, as bits.
    pub(super) fn direct(&self) -> u8 {
        self.direct
    }

    /// Updates the use along an edge that bypasses a loop: `direct` becomes empty.
    pub(super) fn skip(&mut self) {
        self.direct = 0;
    }

    /// The join of the uses on two paths.
    pub(super) fn join(self, other: Self) -> Self {
        let by = match (self.by, other.by) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self { all: self.all | other.all, direct: self.direct | other.direct, by }
    }

    /// The use of a tensor computed from graphs with these two uses: fresh only if both graphs are fresh.
    pub(super) fn computed_from(self, other: Self) -> Self {
        let all = if other.all & FRESH == 0 { other.all } else { other.all | self.all };
        Self { all: all | (self.all & !FRESH), direct: other.direct, by: self.by.or(other.by) }
    }

    /// Whether the graph is freed on every path or on some path; `None` if this is unknown.
    pub fn certainty(&self) -> Option<Certain> {
        if self.is_lost() {
            None
        } else if self.all == FREED {
            Some(Certain::Every)
        } else {
            (self.direct & FREED != 0).then_some(Certain::Some)
        }
    }
}
