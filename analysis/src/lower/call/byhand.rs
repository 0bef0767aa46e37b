//! Gradients that the code zeroes or writes without an optimizer: `p.grad = None`, `net.zero()`, `tape.reset()`.
//!
//! After such code the gradients are unknown.

use syn::visit::{self, Visit};
use syn::{Expr, ExprAssign, ExprBinary, ExprMethodCall};

use super::Call;
use crate::cfg::{Action, Deps};
use crate::lower::Lower;
use crate::lower::control::expression::unreferenced;
use crate::lower::env::bind::member;
use crate::lower::resolve::survey::is_assignment;
use crate::vocabulary::rust::is_mem_take;
use crate::vocabulary::{
    gives_parameters, may_zero, names_gradients_alone, names_tape, names_values, writes, zeroes_gradients,
};

impl<'a> Lower<'a> {
    /// Records that a call may zero or write gradients by hand.
    pub(super) fn may_zero_by_hand(&mut self, call: &Call<'a>) {
        let reached = Self::zeroed_by(call);
        if let Some(deps) = reached.filter(|deps| !deps.is_empty()) {
            self.emit(Action::Touch(deps), 0);
        }
    }

    /// The places whose gradients a call may zero or write by hand. `None` if the call does
    /// neither.
    fn zeroed_by(call: &Call<'a>) -> Option<Deps> {
        let closures =
            || call.args.iter().map(unreferenced).filter(|argument| matches!(argument, Expr::Closure(_)));
        if closures().any(writes_gradients) {
            return Some(Deps::Anything);
        }
        match call.expr {
            Expr::MethodCall(node) => {
                if writes(&call.name) && is_of_gradient(&node.receiver) {
                    return Some(Deps::Anything);
                }
                let known = zeroes_gradients(&call.name) || call.optimizer().is_some();
                if !may_zero(&call.name) || known {
                    return None;
                }
                let name = last_name(&node.receiver);
                if name.is_some_and(|name| names_tape(&name)) {
                    return Some(Deps::Anything);
                }
                let receiver = call.receiver.as_ref()?.derived().deps;
                let given = call.arguments.iter().fold(receiver, |all, part| all.union(&part.derived().deps));
                // If the call acts on no model, these places belong to no optimizer.
                Some(given)
            }
            Expr::Call(_) => {
                let taken = call.path().is_some_and(|path| is_mem_take(path, call.arguments.len()));
                if (taken || writes(&call.name)) && call.args.first().is_some_and(is_of_gradient) {
                    return Some(Deps::Anything);
                }
                if !may_zero(&call.name) || call.arguments.is_empty() {
                    return None;
                }
                Some(call.arguments.iter().fold(Deps::none(), |all, part| all.union(&part.derived().deps)))
            }
            _ => None,
        }
    }

    /// Records that an assignment may write a gradient: `p.grad = None`, `*p.grad.borrow_mut() = 0.0`.
    ///
    /// A write to a field of a parameter may also write the gradient, unless the name of the field
    /// suggests the values of the parameter, as `data` does.
    pub(in crate::lower) fn may_write_gradient(&mut self, left: &'a Expr) {
        if is_of_gradient(left) {
            self.emit(Action::Touch(Deps::Anything), 0);
            return;
        }
        let (Some(root), Some(field)) = (root(left), last_name(left)) else { return };
        if matches!(left, Expr::Path(_)) || names_values(&field) {
            return;
        }
        let Some(path) = self.lookup(&root) else { return };
        let of_parameters = self.cfg.facts.item_of(path).is_some();
        if let Some(value) = self.env.value(path).filter(|_| of_parameters) {
            let deps = value.derived().deps;
            self.emit(Action::Touch(deps), 0);
        }
    }
}

/// Whether an expression is a gradient, or a part or a view of a gradient.
fn is_of_gradient(expr: &Expr) -> bool {
    match expr {
        Expr::Field(field) => names_gradients_alone(&member(&field.member)) || is_of_gradient(&field.base),
        Expr::MethodCall(call) => {
            names_gradients_alone(&call.method.to_string()) || is_of_gradient(&call.receiver)
        }
        Expr::Index(index) => is_of_gradient(&index.expr),
        Expr::Unary(unary) => is_of_gradient(&unary.expr),
        Expr::Reference(inner) => is_of_gradient(&inner.expr),
        Expr::Paren(inner) => is_of_gradient(&inner.expr),
        Expr::Try(inner) => is_of_gradient(&inner.expr),
        _ => false,
    }
}

/// The last name in a variable or a field: `grad` for `p.grad.borrow_mut()`. Methods without
/// arguments are skipped.
fn last_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        Expr::Field(field) => Some(member(&field.member)),
        Expr::MethodCall(call) if call.args.is_empty() => last_name(&call.receiver),
        Expr::Index(index) => last_name(&index.expr),
        Expr::Unary(unary) => last_name(&unary.expr),
        Expr::Reference(inner) => last_name(&inner.expr),
        Expr::Paren(inner) => last_name(&inner.expr),
        _ => None,
    }
}

/// The variable at the root of a place: `net` for `net.layer(0).weight`. Fields and methods are
/// skipped.
fn root(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        Expr::Field(field) => root(&field.base),
        Expr::MethodCall(call) if !gives_parameters(&call.method.to_string()) || call.args.is_empty() => {
            root(&call.receiver)
        }
        Expr::Index(index) => root(&index.expr),
        Expr::Unary(unary) => root(&unary.expr),
        Expr::Reference(inner) => root(&inner.expr),
        Expr::Paren(inner) => root(&inner.expr),
        _ => None,
    }
}

/// Whether a closure zeroes gradients or assigns to gradients.
fn writes_gradients(closure: &Expr) -> bool {
    let mut search = Search { found: false };
    search.visit_expr(closure);
    search.found
}

/// A visitor that looks for code that writes gradients.
struct Search {
    found: bool,
}

impl<'ast> Visit<'ast> for Search {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let name = call.method.to_string();
        self.found |= may_zero(&name) || writes(&name) && is_of_gradient(&call.receiver);
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_assign(&mut self, assign: &'ast ExprAssign) {
        self.found |= is_of_gradient(&assign.left);
        visit::visit_expr_assign(self, assign);
    }

    fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
        self.found |= is_assignment(&binary.op) && is_of_gradient(&binary.left);
        visit::visit_expr_binary(self, binary);
    }
}
