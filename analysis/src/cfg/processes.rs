//! Distributed runs: collective operations, and the branches that processes may take differently.

use std::collections::BTreeSet;

use super::{BlockId, Deps, SiteId};
use crate::vocabulary::CollectiveKind;

/// How a value may differ between the processes of a distributed run. The variants are ordered from
/// the weakest difference to the strongest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Differs {
    /// Nothing suggests that the value differs.
    #[default]
    Unknown,
    /// A collective operation gave every process the same value.
    Agreed,
    /// The value depends on an item of a loop, such as a batch of this process.
    Item,
    /// The value is computed by a forward, a loss or a backward of this process.
    Measured,
    /// The value is named like the number of this process.
    Named,
    /// The value depends on the number of this process.
    Rank,
    /// The value is, or comes from, a communicator of some of the processes.
    Part,
}

impl Differs {
    /// How the result of an operation on two values differs.
    pub(crate) fn with(self, other: Self) -> Self {
        self.max(other)
    }

    /// How a value differs if it comes from one of two paths.
    ///
    /// A value that is reduced on one path counts as reduced, because the other path may belong to a run with
    /// one process.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Agreed, Self::Item | Self::Measured) | (Self::Item | Self::Measured, Self::Agreed) => {
                Self::Agreed
            }
            _ => self.max(other),
        }
    }

    /// How the result of an opaque call differs if this value is an argument of the call.
    ///
    /// A value that is built for a rank, such as a device or a shard, is not itself a rank.
    pub(crate) fn through_call(self) -> Self {
        match self {
            Self::Named | Self::Rank => Self::Unknown,
            Self::Unknown | Self::Agreed | Self::Item | Self::Measured | Self::Part => self,
        }
    }

    /// Whether processes may evaluate a condition on this value differently.
    pub(crate) fn divides(self) -> bool {
        match self {
            Self::Item | Self::Measured | Self::Named | Self::Rank => true,
            Self::Unknown | Self::Agreed | Self::Part => false,
        }
    }
}

/// A collective operation.
#[derive(Clone, Debug)]
pub struct Collective {
    /// The kind of the operation; `None` for an opaque call that may run operations of any kind.
    pub kind: Option<CollectiveKind>,
    /// The places of the gradients that the operation combines. `None` if it combines no gradients.
    pub gradients: Option<Deps>,
    /// Whether the operation is known, and not only suggested by a name.
    pub known: bool,
}

/// A branch that the processes of a distributed run may take differently.
#[derive(Clone, Copy, Debug)]
pub struct Divide {
    /// The block that ends with the branch.
    pub block: BlockId,
    /// The condition.
    pub site: SiteId,
    /// The way in which the condition differs between processes.
    pub differs: Differs,
}

/// Facts about the processes of a distributed run.
#[derive(Debug, Default)]
pub(crate) struct Processes {
    /// The branches that processes may take differently.
    pub(crate) divides: Vec<Divide>,
    /// The first block on the error path of each `?` whose call fails on all processes or on none.
    pub(crate) failures: BTreeSet<BlockId>,
    /// The blocks in which the function returns an error.
    pub(crate) errors: BTreeSet<BlockId>,
    /// Whether the file has code that ends all processes if one fails.
    pub(crate) aborts: bool,
}
