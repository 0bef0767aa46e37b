//! Facts about one variable or field.

use std::collections::BTreeSet;

use super::{Cfg, LoopId, PathId, Schedule, SiteId};

/// Facts about one variable or field.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing, whatever the others say")]
pub(crate) struct Variable {
    /// The loop that declares the variable in every iteration.
    pub(crate) begins: Option<LoopId>,
    /// The loop whose items the variable holds.
    pub(crate) item_of: Option<LoopId>,
    /// Whether the variable is a parameter of the function.
    pub(crate) is_parameter: bool,
    /// Whether the variable can hold no parameters of a model, because its type or its name is that of settings, a
    /// device or data.
    pub(crate) is_bare: bool,
    /// Whether the variable is a parameter whose type is a `&mut` reference, so that no other
    /// parameter is an alias of it.
    pub(crate) is_exclusive: bool,
    /// Whether the variable holds the result of a constructor that the function calls.
    pub(crate) is_constructed: bool,
    /// The first variable that is bound to a part of the same opaque value.
    ///
    /// In `let (a, b) = build();`, this is `a` for both variables.
    pub(crate) group: Option<PathId>,
    /// Whether the variable's value is passed to the caller or to opaque code.
    pub(crate) is_handed_on: bool,
    /// The loops whose iterations assign or empty the variable.
    pub(crate) emptied_in: BTreeSet<LoopId>,
    /// The schedule that the variable holds.
    pub(crate) schedule: Option<Schedule>,
    /// The uses of the variable. They are recorded only for a variable that is assigned, that holds
    /// a model constructed in the function, or that holds a model after a step.
    pub(crate) uses: Vec<Use>,
    /// Whether a call freezes the parameters in the variable.
    pub(crate) frozen: bool,
    /// Whether a call makes the parameters in the variable trainable again.
    pub(crate) thawed: bool,
    /// Whether the type of the variable is a known layer without batch norm.
    pub(crate) without_batch_norm: bool,
    /// Whether the type of the variable is an optimizer that keeps state for each parameter.
    pub(crate) stateful: bool,
    /// The variables in the expressions by which this variable is divided.
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
    /// The variable's value is read.
    Read,
    /// The variable is the target of `+=`.
    Add {
        /// Whether the added value is computed by a forward or a loss, or is named like a loss.
        measured: bool,
    },
    /// The variable is assigned.
    Set,
    /// The variable is borrowed mutably.
    Lent,
    /// The model in the variable computes a forward.
    Forward,
    /// The model in the variable is trained: its mode is set, its parameters are read, or its
    /// gradients are changed.
    Train,
}

impl Cfg {
    /// Whether the iterations of a loop declare or change a variable with this name.
    pub(crate) fn changes_in(&self, name: &str, around: LoopId) -> bool {
        self.facts.variables().any(|(path, known)| {
            let changes = |used: &Use| {
                matches!(used.kind, UseKind::Set | UseKind::Add { .. } | UseKind::Lent)
                    && self.sites[used.site].loops.contains(&around)
            };
            self.paths.name(path) == name && (known.begins == Some(around) || known.uses.iter().any(changes))
        })
    }
}
