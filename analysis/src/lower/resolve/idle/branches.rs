//! Branches that do not train, beside a branch that does.

use super::bindings::{Branch, Fork, Named};
use super::{Idle, Search};
use crate::cfg::IdleKind;
use crate::tokens::{any_name, names_in};
use crate::vocabulary::{fuses_step, is_step, limits_gradients, speaks_of_evaluation};

impl<'r> Search<'r, '_> {
    /// A loss of a branch that trains nothing, beside a branch that trains with its own loss.
    pub(super) fn loss_of_branch(&self) -> Option<Idle<'r>> {
        self.one_sided().find_map(|(fork, branch)| {
            let branch = &fork.branches[branch];
            let (from, to) = branch.bindings;
            let mut losses = self.bindings().skip(from).take(to - from);
            let (_, known) = losses.find(|(id, known)| known.alone && self.is_idle_loss(*id, known))?;
            let (kind, about) = (IdleKind::LossOfBranch, known.name.clone());
            Some(Idle { kind, at: known.init, about, optimizer: String::new() })
        })
    }

    /// The forks with a branch that trains by a fused step, and a branch that does not train although it goes on.
    pub(super) fn one_sided(&self) -> impl Iterator<Item = (&Fork<'r>, usize)> {
        self.flow.forks.iter().filter_map(|fork| {
            let steps = |branch: &Branch| {
                self.flow.calls[branch.calls.0..branch.calls.1].iter().any(|call| fuses_step(&call.name))
            };
            let idle = |branch: &Branch| !branch.diverges && !self.trains(branch.calls);
            if !fork.branches.iter().any(steps) {
                return None;
            }
            let other = fork.branches.iter().position(idle)?;
            (!speaks_of_evaluation(&names_in(fork.condition))).then_some((fork, other))
        })
    }

    /// A branch that does nothing, beside a branch that trains.
    pub(super) fn empty_branch(&self) -> Option<Idle<'r>> {
        self.one_sided().find(|(fork, other)| fork.branches[*other].empty).map(|_| Idle {
            kind: IdleKind::EmptyBranch,
            at: None,
            about: String::new(),
            optimizer: String::new(),
        })
    }

    /// A step that runs only if gradients are clipped.
    pub(super) fn clipped_alone(&self) -> Option<Idle<'r>> {
        let steps = |call: &Named<'_>| fuses_step(&call.name) || is_step(&call.name);
        let all = self.flow.calls.iter().filter(|call| steps(call)).count();
        self.flow.forks.iter().filter(|fork| any_name(fork.condition, limits_gradients)).find_map(|fork| {
            let nothing = fork.branches.iter().any(|branch| branch.empty && !branch.diverges);
            let inside = |branch: &Branch| {
                self.flow.calls[branch.calls.0..branch.calls.1].iter().filter(|call| steps(call)).collect()
            };
            let found: Vec<&Named<'r>> =
                fork.branches.iter().flat_map(|branch: &Branch| -> Vec<_> { inside(branch) }).collect();
            let first = found.first().filter(|_| nothing && found.len() == all)?;
            let (kind, about) = (IdleKind::ClippedAlone, String::new());
            Some(Idle { kind, at: Some(first.expr), about, optimizer: String::new() })
        })
    }
}
