//! The places at which a function updates parameters: steps, updates of one parameter after the other, and
//! assignments that subtract a gradient.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{BinOp, Expr, ExprBinary, ExprField, ExprMethodCall, Member};

use super::faults::Faults;
use super::walk::{Assigned, Call, bare, base};
use crate::lower::resolve::uses::is_rate_expr;
use crate::tokens::{any_name, names_in};
use crate::vocabulary::{
    clips, computes_output, has_gradient, is_loss, is_zero_text, names_gradients_alone, names_loss,
    names_rate, names_zero, only_looks, only_prepares, reads_gradients, returns_parameters, shows_progress,
    subtracts, updates_parameter, writes_parameter,
};

/// A place at which a function updates parameters.
pub(super) struct Update<'r> {
    pub at: &'r Expr,
    /// The call that makes the step, if the function does not write the parameters itself.
    pub step: Option<usize>,
    /// The number of calls before it.
    pub rank: usize,
    pub loops: Vec<usize>,
    /// Whether the function itself reads a stored gradient for it: `p.data -= rate * p.grad`.
    pub reads: bool,
    /// The names in it, and in the values of its variables.
    pub names: BTreeSet<String>,
}

impl<'r> Faults<'r, '_> {
    /// The updates of the function in source order, searched for once.
    pub(super) fn updates(&self) -> &[Update<'r>] {
        self.found.updates.get_or_init(|| self.find_updates())
    }

    fn find_updates(&self) -> Vec<Update<'r>> {
        let calls =
            self.walk.calls.iter().enumerate().filter_map(|(rank, call)| self.update_call(rank, call));
        let assigned = self.walk.assigned.iter().filter_map(|assigned| self.update_by_hand(assigned));
        let mut all: Vec<Update<'r>> = calls.chain(assigned).collect();
        all.sort_by_key(|update| update.rank);
        // A loop that computes nothing goes over the parameters of one update.
        for update in &mut all {
            while let Some(inner) = update.loops.pop() {
                if self.is_iteration(inner) {
                    update.loops.push(inner);
                    break;
                }
                let heads = self.walk.heads.iter().filter(|(id, _)| *id == inner);
                update.names.extend(heads.flat_map(|(_, head)| names_in(head)));
            }
        }
        all
    }

    /// Whether a loop computes an output, a loss or gradients.
    fn is_iteration(&self, id: usize) -> bool {
        let computes = |call: &Call<'r>| {
            call.loops.contains(&id)
                && (computes_output(&call.name) || is_loss(&call.name) || self.may_fill(call))
        };
        let mut bound = self.walk.bound.iter().chain(&self.walk.parts);
        self.walk.calls.iter().any(computes)
            || bound.any(|bound| bound.loops.contains(&id) && names_loss(&bound.name))
            || self.walk.assigned.iter().any(|assigned| {
                assigned.loops.contains(&id) && base(assigned.left).is_some_and(|left| names_loss(&left))
            })
    }

    fn update_call(&self, rank: usize, call: &Call<'r>) -> Option<Update<'r>> {
        let update = |step, reads, names| {
            Some(Update { at: call.expr, step, rank, loops: call.loops.clone(), reads, names })
        };
        let written = || {
            let mut written = Written::default();
            call.arguments.iter().for_each(|argument| self.read_into(&mut written, argument));
            written
        };
        let each = self.updates_each(call);
        if each {
            let written = written();
            if written.gradient {
                return update(None, true, written.names);
            }
        }
        if call.whole && self.steps(call) || each {
            return update(Some(rank), false, names_in(call.expr));
        }
        if !writes_parameter(&call.name) || call.arguments.is_empty() || !call.whole {
            return None;
        }
        let of = call.of().unwrap_or_default();
        let other = names_gradients_alone(&of) || shows_progress(&of) || names_rate(&of);
        if other {
            return None;
        }
        let written = written();
        if !written.is_update() {
            return None;
        }
        update(None, written.gradient, written.names)
    }

    /// Whether a call updates one parameter, in a loop over all parameters: `p.adjust(rate)`.
    fn updates_each(&self, call: &Call<'r>) -> bool {
        if !call.whole || call.receiver.is_none() {
            return false;
        }
        let head = call.loops.last().and_then(|inner| self.walk.heads.iter().find(|(id, _)| id == inner));
        let over = head.is_some_and(|(_, head)| any_name(*head, returns_parameters));
        let rate = || call.arguments.iter().any(|argument| is_rate_expr(argument));
        let other = || only_looks(&call.name) || only_prepares(&call.name) || clips(&call.name);
        over && !other() && (rate() || updates_parameter(&call.name))
    }

    fn update_by_hand(&self, assigned: &Assigned<'r>) -> Option<Update<'r>> {
        let left = base(assigned.left).unwrap_or_default();
        let keeps = names_gradients_alone(&left) || names_rate(&left) || shows_progress(&left);
        if keeps || !self.names_gradient_or_rate() {
            return None;
        }
        let mut written = Written { subtracts: assigned.subtracts, ..Written::default() };
        self.read_into(&mut written, assigned.right);
        written.is_update().then(|| Update {
            at: assigned.expr,
            step: None,
            rank: assigned.rank,
            loops: assigned.loops.clone(),
            reads: written.gradient,
            names: written.names.into_iter().chain(names_in(assigned.left)).collect(),
        })
    }

    /// Whether the function has a name without which no assignment is an update.
    fn names_gradient_or_rate(&self) -> bool {
        let is = |name: &str| has_gradient(name) || names_rate(name);
        *self.found.rated.get_or_init(|| any_name(&*self.function.body, is))
    }

    /// Adds what an expression and the variables in it are computed from.
    fn read_into(&self, written: &mut Written, expr: &Expr) {
        let mut open = vec![expr];
        let mut seen = BTreeSet::new();
        while let Some(expr) = open.pop() {
            written.visit_expr(expr);
            for name in names_in(expr) {
                if seen.insert(name.clone()) {
                    let bound = self.walk.bound.iter().chain(&self.walk.parts);
                    open.extend(bound.filter(|bound| bound.name == name).map(|bound| bound.init));
                }
            }
        }
    }

    /// Whether the function writes a gradient that is not zero, so that its gradients may come from there.
    pub(super) fn writes_gradients(assigned: &[Assigned<'_>]) -> bool {
        assigned.iter().any(|assigned| {
            let of_gradient = match bare(assigned.left) {
                Expr::Field(field) => is_gradient_member(&field.member),
                Expr::Index(_) => base(assigned.left).is_some_and(|name| names_gradients_alone(&name)),
                _ => false,
            };
            of_gradient && !is_nothing(assigned.right)
        })
    }
}

/// What is written into a parameter.
#[derive(Default)]
struct Written {
    /// Whether a stored gradient is read.
    gradient: bool,
    /// Whether a variable has the name of a gradient or of a learning rate.
    scaled: bool,
    subtracts: bool,
    names: BTreeSet<String>,
}

impl Written {
    fn is_update(&self) -> bool {
        self.scaled && (self.gradient || self.subtracts) || self.gradient && self.subtracts
    }
}

impl<'ast> Visit<'ast> for Written {
    fn visit_expr_field(&mut self, node: &'ast ExprField) {
        self.gradient |= is_gradient_member(&node.member);
        if let Member::Named(name) = &node.member {
            self.scaled |= names_rate(&name.to_string());
        }
        visit::visit_expr_field(self, node);
    }

    fn visit_expr_method_call(&mut self, node: &'ast ExprMethodCall) {
        let name = node.method.to_string();
        self.gradient |= reads_gradients(&name, node.args.len());
        self.subtracts |= subtracts(&name);
        visit::visit_expr_method_call(self, node);
    }

    fn visit_expr_binary(&mut self, node: &'ast ExprBinary) {
        self.subtracts |= matches!(node.op, BinOp::Sub(_));
        visit::visit_expr_binary(self, node);
    }

    fn visit_expr_path(&mut self, node: &'ast syn::ExprPath) {
        if let Some(name) = node.path.segments.last() {
            let name = name.ident.to_string();
            self.scaled |= names_rate(&name);
            self.names.insert(name);
        }
    }
}

fn is_gradient_member(member: &Member) -> bool {
    matches!(member, Member::Named(name) if names_gradients_alone(&name.to_string()))
}

/// Whether an expression is a zero, or no value.
fn is_nothing(expr: &Expr) -> bool {
    let text = expr.to_token_stream().to_string();
    is_zero_text(&text) || any_name(expr, names_zero)
}
