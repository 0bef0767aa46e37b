//! Control flow: frames, loops, branches, jumps, and the conditions that lead to a place.

use std::collections::BTreeSet;

use super::env::{bind, value};
use super::{Lower, address, text};
use crate::cfg::{BlockId, LoopId, PathId};
use failure::Errors;
use value::Value;

pub(super) mod ask;
mod branches;
pub(super) mod condition;
mod count;
pub(super) mod differing;
pub(in crate::lower) mod each;
pub(super) mod expression;
pub(super) mod factors;
pub(super) mod failure;
pub(super) mod guard;
mod head;
mod jump;
pub(super) mod known;
mod loops;
mod micro;
mod pipeline;

/// The frames, iterations and branches around the current code.
#[derive(Default)]
pub(super) struct Control<'a> {
    pub frames: Vec<Frame<'a>>,
    /// The copies of loop bodies that are being lowered, outermost first.
    pub iterations: Vec<Iteration>,
    /// Number of open branches.
    pub branches: usize,
    /// The error paths of the functions that are being inlined.
    pub errors: Errors,
}

/// A construct that `break`, `continue`, `return` or `?` can leave.
pub(super) struct Frame<'a> {
    label: Option<String>,
    kind: FrameKind,
    /// The block after the frame.
    break_to: BlockId,
    /// Number of names in scope around the frame.
    scope: usize,
    /// The join of the values of all jumps, such as `break value`, that have left the frame so far.
    value: Option<Value<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameKind {
    Loop {
        continue_to: BlockId,
    },
    /// A labelled block. A `break` with the label ends the frame.
    Labelled,
    /// An inlined function or closure, or an async block that is awaited in place.
    ///
    /// `return` and `?` end the frame.
    Call,
    /// A `try` block. A `?` ends the frame.
    Try,
}

/// A copy of a loop body, for the first or for later iterations, while the copy is being lowered.
pub(super) struct Iteration {
    pub of: LoopId,
    /// Whether this copy of the body is for the first iteration, rather than for later iterations.
    first: bool,
    /// Number of open branches at the start of the body.
    branches: usize,
    /// Whether a `continue` may have skipped the code that follows.
    continued: bool,
    /// Number of open guards at the start of the body.
    guards: usize,
    /// Variables that the copy has incremented so far.
    bumped: BTreeSet<PathId>,
}

impl Control<'_> {
    /// The innermost loop around the current code.
    pub(super) fn innermost(&self) -> Option<LoopId> {
        self.iterations.last().map(|iteration| iteration.of)
    }

    /// All loops around the current code, outermost first.
    pub(super) fn loops(&self) -> Vec<LoopId> {
        self.iterations.iter().map(|iteration| iteration.of).collect()
    }

    /// The number of open branches, and the number of loops around the current code.
    pub(super) fn nesting(&self) -> (usize, usize) {
        (self.branches, self.iterations.len())
    }

    /// Whether a condition inside the innermost loop may skip the code that is being lowered.
    pub(super) fn is_conditional(&self) -> bool {
        self.iterations.last().map_or(self.branches > 0, |iteration| self.may_skip(iteration))
    }

    /// Whether the current code may be skipped in the first iteration of some loop.
    pub(super) fn may_skip_first(&self) -> bool {
        self.iterations.iter().any(|iteration| iteration.first && self.may_skip(iteration))
    }

    /// Whether the current code belongs to the first iteration of the innermost loop.
    pub(super) fn in_first(&self) -> bool {
        self.iterations.last().is_none_or(|iteration| iteration.first)
    }

    fn may_skip(&self, iteration: &Iteration) -> bool {
        self.branches > iteration.branches || iteration.continued
    }

    /// The index of the innermost frame with this property.
    fn frame(&self, is_it: impl Fn(&Frame<'_>) -> bool) -> Option<usize> {
        self.frames.iter().rposition(is_it)
    }
}

impl<'a> Lower<'a> {
    /// Opens a frame. Jumps that leave the open frame go to `break_to`.
    pub(super) fn open_frame(&mut self, label: Option<String>, kind: FrameKind, break_to: BlockId) {
        let scope = self.scope.len();
        self.control.frames.push(Frame { label, kind, break_to, scope, value: None });
    }

    /// Closes the innermost frame.
    ///
    /// The argument `value` is the value at the end of the frame. Returns the join of `value` and
    /// the values of the jumps.
    pub(super) fn close_frame(&mut self, value: Value<'a>) -> Value<'a> {
        let broken = self.control.frames.pop().and_then(|frame| frame.value);
        match broken {
            Some(broken) => self.join_values(value, broken),
            None => value,
        }
    }

    /// The join of two values. Optimizers that the join no longer identifies become unknown.
    pub(super) fn join_values(&mut self, a: Value<'a>, b: Value<'a>) -> Value<'a> {
        let (value, lost) = a.join(b);
        self.lose(lost);
        value
    }

    /// The join of two values. If one value is missing, the result is the other value.
    fn join_options(&mut self, a: Option<Value<'a>>, b: Option<Value<'a>>) -> Option<Value<'a>> {
        match (a, b) {
            (Some(a), Some(b)) => Some(self.join_values(a, b)),
            (a, b) => a.or(b),
        }
    }

    /// Adds an edge to a block and continues in this block. Other edges may lead to the block too.
    pub(super) fn join_at(&mut self, block: BlockId) {
        self.goto(block);
        self.start(block);
    }

    /// Lowers one side of a branch.
    pub(super) fn branched<T>(&mut self, side: impl FnOnce(&mut Self) -> T) -> T {
        self.control.branches += 1;
        let value = side(self);
        self.control.branches -= 1;
        value
    }
}
