//! Operators and assignments.

use syn::{BinOp, Expr, ExprBinary, UnOp};

use crate::cfg::{Differs, Join, Origin, UseKind};
use crate::diagnostic::Place;
use crate::lower::env::origin::join_of;
use crate::lower::env::value::Value;
use crate::lower::resolve::survey::is_assignment;
use crate::lower::{Lower, address, text};
use crate::vocabulary::GradientStop;

impl<'a> Lower<'a> {
    pub(super) fn unary(&mut self, node: &'a syn::ExprUnary) -> Value<'a> {
        match node.op {
            UnOp::Deref(_) => self.expr(&node.expr),
            UnOp::Neg(_) => {
                let value = self.expr(&node.expr);
                let origin = Origin { last: None, ..value.origin.part() };
                self.combine(std::iter::once(&value)).with_origin(origin)
            }
            _ => self.derived_of(&node.expr),
        }
    }

    pub(super) fn assignment(&mut self, node: &'a syn::ExprAssign) -> Value<'a> {
        let mut value = self.expr(&node.right);
        self.replaces(&node.left, &node.right, &value);
        self.adds_to_itself(&node.left, &node.right, &mut value);
        self.note_assignment(&node.left, None, &node.right);
        self.note_use(&node.left, UseKind::Set);
        self.note_sum(&node.left, &node.right);
        self.note_frozen_field(&node.left, &node.right);
        self.assign(&node.left, value);
        self.learn(&text::tight(&node.left), &node.right);
        Value::nothing()
    }

    pub(super) fn binary(&mut self, expr: &'a Expr, node: &'a ExprBinary) -> Value<'a> {
        match node.op {
            op if is_assignment(&op) => self.compound_assignment(expr, node),
            BinOp::And(_) | BinOp::Or(_) => self.condition_value(node),
            BinOp::Add(_) | BinOp::Sub(_) | BinOp::Mul(_) | BinOp::Div(_) => {
                let (left, right) = (self.expr(&node.left), self.expr(&node.right));
                let weighting = match node.op {
                    BinOp::Mul(_) => self.note_weighting(expr, (&node.left, &left), (&node.right, &right)),
                    _ => None,
                };
                let comparison = self.note_difference(node, &left, &right).or(weighting);
                self.note_division(node);
                let mut origin = left.origin.with(&right.origin, join_of(&node.op));
                if let Some(site) = comparison {
                    origin.add_comparison(site);
                }
                self.combine([&left, &right].into_iter()).with_origin(origin)
            }
            _ => {
                let left = self.expr(&node.left);
                let right = self.expr(&node.right);
                let mut origin = left.origin.with(&right.origin, Join::Other);
                if is_comparison(&node.op) && (left.is_tensor() || right.is_tensor()) {
                    let site = self.site(address(node), None, || (Place::of(node), text::tight(node).into()));
                    origin = origin.ended(GradientStop::Choice, site);
                }
                let value = left.derived().with(&right.derived()).with_origin(origin);
                Value { differs: compared(&node.op, value.differs), ..value }
            }
        }
    }

    /// Lowers `left += right` and other compound assignments.
    fn compound_assignment(&mut self, expr: &'a Expr, node: &'a ExprBinary) -> Value<'a> {
        let right = self.expr(&node.right);
        self.note_write(expr, &node.left);
        let left = self.expr(&node.left);
        self.note_added(node, &right);
        let origin = left.origin.with(&right.origin, join_of(&node.op));
        let mut value = self.combine([&left, &right].into_iter()).with_origin(origin);
        if matches!(node.op, BinOp::AddAssign(_)) {
            self.adds_up(&node.left, &node.right, &right, &mut value, "+=");
        }
        self.note_assignment(&node.left, Some(&node.op), &node.right);
        self.assign(&node.left, value);
        Value::nothing()
    }
}

/// The way in which a comparison differs between processes.
///
/// A value with the name of a rank is treated as the rank of this process only in a test for
/// equality.
fn compared(op: &BinOp, differs: Differs) -> Differs {
    match (op, differs) {
        (BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_), Differs::Named) => Differs::Unknown,
        (BinOp::Eq(_) | BinOp::Ne(_), Differs::Named) => Differs::Rank,
        _ => differs,
    }
}

/// Whether an operator compares its operands.
fn is_comparison(op: &BinOp) -> bool {
    matches!(op, BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_))
}
