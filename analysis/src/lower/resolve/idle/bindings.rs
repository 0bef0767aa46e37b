//! The variables, the calls and the branches of a function.

use std::collections::BTreeSet;
use std::rc::Rc;

use syn::Expr;

use super::flow::Flow;

/// A variable of the function.
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
pub(super) struct Binding<'a> {
    pub name: String,
    /// The initializer, or the value that a pattern takes apart.
    pub init: Option<&'a Expr>,
    /// Whether the pattern is the variable alone.
    pub alone: bool,
    /// Whether the value reaches other code: the caller, an unknown call or an object.
    pub flows: bool,
    /// The variables that are computed from this one.
    pub into: Vec<usize>,
    /// Whether the code converts the value to a number.
    pub shown: bool,
    /// Whether the variable is used other than by calls that cannot train, such as `set_lr`.
    pub acts: bool,
    pub mentioned: bool,
    /// Whether autograd is switched off around the variable.
    pub quiet: bool,
    /// The names in the heads of the loops around the variable, for each loop.
    pub over: Vec<Rc<BTreeSet<String>>>,
    /// The loops around the variable, from the outside.
    pub loops: Vec<usize>,
    /// The variable of the innermost scope that was declared last, if there is one.
    pub around: Option<usize>,
    /// The variable that was in scope before this one.
    pub outer: Option<usize>,
}

/// A call, by its name.
pub(super) struct Named<'a> {
    pub expr: &'a Expr,
    pub name: String,
    pub arguments: usize,
    /// The loops around the call, from the outside.
    pub loops: Vec<usize>,
    /// The variable that is the receiver, if it is one.
    pub on: Option<usize>,
    /// The variables in the arguments, for a call that may step.
    pub given: Vec<usize>,
}

/// A branch of an `if` with an `else`, or of a `match`.
#[derive(Debug)]
pub(super) struct Branch {
    /// The numbers of the calls and the variables before the branch and after it.
    pub calls: (usize, usize),
    pub bindings: (usize, usize),
    pub diverges: bool,
    pub empty: bool,
}

/// An `if` with an `else`, or a `match`.
pub(super) struct Fork<'a> {
    pub condition: &'a Expr,
    pub branches: Vec<Branch>,
}

/// The destination of the value of an expression.
#[derive(Clone, Debug)]
pub(super) enum Sink {
    /// Code that may use the value in any way.
    Open,
    /// Nothing: the value is dropped, or only looked at. `true` if it is converted to a number.
    Looked(bool),
    /// Variables of the function.
    Into(Vec<usize>),
    /// For each element of a tuple, the variables that its pattern binds.
    Parts(Vec<Vec<usize>>),
}

impl Flow<'_> {
    /// The variables that are in scope where a variable is declared, from the outside.
    pub(super) fn around(&self, id: usize) -> Vec<usize> {
        let next = |at: &usize| self.bindings[*at].outer;
        let mut all: Vec<usize> = std::iter::successors(self.bindings[id].around, next).collect();
        all.reverse();
        all
    }

    /// Whether the value of a variable reaches other code, directly or through other variables.
    pub(super) fn flows(&self, id: usize) -> bool {
        let mut open = vec![id];
        let mut seen = BTreeSet::new();
        while let Some(at) = open.pop() {
            if seen.insert(at) {
                if self.bindings[at].flows {
                    return true;
                }
                open.extend(&self.bindings[at].into);
            }
        }
        false
    }

    /// Whether a variable, or one that holds it, is used other than by calls that cannot train.
    pub(super) fn may_train(&self, id: usize) -> bool {
        let known = &self.bindings[id];
        known.acts || known.into.iter().any(|other| self.bindings[*other].acts)
    }

    /// Whether a variable, or one that is computed from it, is converted to a number.
    pub(super) fn is_shown(&self, id: usize) -> bool {
        let known = &self.bindings[id];
        known.shown || known.into.iter().any(|other| self.bindings[*other].shown)
    }
}
