//! The walk over conditions and branches.

use syn::visit::Visit;
use syn::{BinOp, Expr, Pat};

use super::bindings::{Branch, Fork, Sink};
use super::flow::Flow;
use super::patterns::{bound_names, diverges, jumps};

impl<'a> Flow<'a> {
    /// Walks over a branch, and records its extent.
    pub(super) fn branch(&mut self, empty: bool, visit: impl FnOnce(&mut Self)) -> Branch {
        let before = (self.calls.len(), self.bindings.len());
        self.scoped(visit);
        let after = (self.calls.len(), self.bindings.len());
        Branch { calls: (before.0, after.0), bindings: (before.1, after.1), diverges: false, empty }
    }

    /// Walks over a condition, and enters the variables that it binds.
    pub(super) fn condition(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Let(node) => {
                let ids = self.declare(bound_names(&node.pat), Some(&node.expr), false);
                let sink = if ids.is_empty() { Sink::Looked(false) } else { Sink::Into(ids.clone()) };
                self.expr(&node.expr, sink);
                self.enter(&ids);
            }
            Expr::Binary(node) if matches!(node.op, BinOp::And(_)) => {
                self.condition(&node.left);
                self.condition(&node.right);
            }
            other => self.expr(other, Sink::Looked(false)),
        }
    }

    pub(super) fn fork(&mut self, node: &'a syn::ExprIf) {
        let mark = self.scope.len();
        self.condition(&node.cond);
        let then = &node.then_branch;
        let mut branch = self.branch(then.stmts.is_empty(), |flow| flow.visit_block(then));
        self.scope.truncate(mark);
        let Some((_, other)) = &node.else_branch else { return };
        branch.diverges = diverges(then);
        let (empty, diverges) = match &**other {
            Expr::Block(block) => (block.block.stmts.is_empty(), diverges(&block.block)),
            _ => (false, false),
        };
        let mut rest = self.branch(empty, |flow| flow.visit_expr(other));
        rest.diverges = diverges;
        self.forks.push(Fork { condition: &node.cond, branches: vec![branch, rest] });
    }

    pub(super) fn arms(&mut self, node: &'a syn::ExprMatch) {
        let names = |arm: &syn::Arm| bound_names(&arm.pat);
        let all: Vec<Vec<usize>> =
            node.arms.iter().map(|arm| self.declare(names(arm), Some(&node.expr), false)).collect();
        let ids: Vec<usize> = all.iter().flatten().copied().collect();
        self.expr(&node.expr, if ids.is_empty() { Sink::Looked(false) } else { Sink::Into(ids) });
        let mut branches = Vec::new();
        for (arm, ids) in node.arms.iter().zip(&all) {
            let mark = self.scope.len();
            self.enter(ids);
            if let Pat::Guard(guarded) = &arm.pat {
                self.expr(&guarded.guard, Sink::Looked(false));
            }
            let (empty, diverges) = match &*arm.body {
                Expr::Block(block) => (block.block.stmts.is_empty(), diverges(&block.block)),
                Expr::Tuple(unit) => (unit.elems.is_empty(), false),
                other => (false, jumps(other)),
            };
            let mut branch = self.branch(empty, |flow| flow.visit_expr(&arm.body));
            branch.diverges = diverges;
            branches.push(branch);
            self.scope.truncate(mark);
        }
        self.forks.push(Fork { condition: &node.expr, branches });
    }
}
