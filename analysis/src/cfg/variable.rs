//! Facts about one variable or field.

use std::collections::BTreeSet;

use super::{LoopId, PathId, Schedule, SiteId};

/// Facts about one variable or field.
#[derive(Debug, Default)]
pub(crate) struct Variable {
    /// The loop in whose iterations it is declared.
    pub(crate) begins: Option<LoopId>,
    /// The loop whose items it holds.
    pub(crate) item_of: Option<LoopId>,
    /// It is a parameter of the function.
    pub(crate) is_parameter: bool,
    /// It holds the result of a constructor that the function calls.
    pub(crate) is_constructed: bool,
    /// The first of the variables that are bound to parts of the same opaque value.
    pub(crate) group: Option<PathId>,
    /// Its value is passed to the caller or to opaque code.
    pub(crate) is_handed_on: bool,
    /// The loops in whose iterations it is assigned or emptied.
    pub(crate) emptied_in: BTreeSet<LoopId>,
    /// The schedule that it holds.
    pub(crate) schedule: Option<Schedule>,
    /// Its uses, if it is assigned or holds a model that is constructed in the function.
    pub(crate) uses: Vec<Use>,
    /// The variables in the expressions that it is divided by.
    pub(crate) divisors: Vec<PathId>,
}

/// One use of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// The place of the use.
    pub site: SiteId,
    /// The purpose of the use.
    pub kind: UseKind,
}

/// The purpose of a use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UseKind {
    /// Its value is read.
    Read,
    /// It is the target of `+=`.
    Add {
        /// The added value is computed by a forward or a loss, or named like a loss.
        measured: bool,
    },
    /// It is assigned.
    Set,
    /// It is borrowed mutably.
    Lent,
    /// Its forward is computed.
    Forward,
    /// It is trained: its mode is set, its parameters are read, its gradients are changed.
    Train,
}
