//! Questions about initializers and calls that names answer.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{Expr, ExprMethodCall};

use super::bindings::Binding;
use super::patterns::bare;
use crate::lower::env::bind::member;
use crate::tokens::names_in;
use crate::vocabulary::{
    copies_values, detaches, is_plain_sgd, may_hold_parameters, passes_number, shows_progress,
};

/// The types whose functions an initializer calls: `AdamConfig` for `AdamConfig::new().init()`.
pub(super) fn constructed_by(init: &Expr) -> BTreeSet<String> {
    match bare(init) {
        Expr::MethodCall(call) => constructed_by(&call.receiver),
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => {
                let mut names: Vec<String> =
                    path.path.segments.iter().map(|part| part.ident.to_string()).collect();
                names.pop();
                names.into_iter().collect()
            }
            _ => BTreeSet::new(),
        },
        Expr::Struct(node) => {
            node.path.segments.last().map(|last| last.ident.to_string()).into_iter().collect()
        }
        _ => BTreeSet::new(),
    }
}

/// Whether the value of an expression is a number that was read from a tensor.
pub(super) fn ends_in_number(expr: &Expr) -> bool {
    match bare(expr) {
        Expr::MethodCall(call) => {
            let name = call.method.to_string();
            copies_values(&name) || passes_number(&name) && ends_in_number(&call.receiver)
        }
        Expr::Lit(_) | Expr::Cast(_) => true,
        Expr::Unary(inner) => ends_in_number(&inner.expr),
        Expr::Binary(node) => ends_in_number(&node.left) || ends_in_number(&node.right),
        _ => false,
    }
}

/// Whether a variable may hold parameters, by its name.
pub(super) fn names_model(known: &Binding<'_>) -> bool {
    may_hold_parameters(&known.name)
}

/// Whether an initializer calls a function that is named after plain gradient descent: `nn::sgd(..)`.
pub(super) fn plain_function(init: &Expr) -> bool {
    names_in(init).iter().any(|name| is_plain_sgd(name))
}

/// Whether all arguments of a call are detached, so that the call cannot train with their graphs.
pub(super) fn gets_detached(expr: &Expr) -> bool {
    matches!(expr, Expr::MethodCall(call) if has_detached_arguments(call))
}

fn has_detached_arguments(call: &ExprMethodCall) -> bool {
    let detached = |argument: &Expr| matches!(bare(argument), Expr::MethodCall(inner) if detaches(&inner.method.to_string()));
    !call.args.is_empty() && call.args.iter().all(detached)
}

/// Whether a call acts on an object that shows progress, or counts.
pub(super) fn of_progress(expr: &Expr) -> bool {
    let Expr::MethodCall(call) = expr else { return false };
    match bare(&call.receiver) {
        Expr::Path(path) => path.path.get_ident().is_some_and(|name| shows_progress(&name.to_string())),
        Expr::Field(field) => shows_progress(&member(&field.member)),
        _ => false,
    }
}

/// The names of the functions and methods that an expression calls, except for those that get only detached values.
pub(super) fn calls_in(expr: &Expr) -> BTreeSet<String> {
    struct Calls(BTreeSet<String>);
    impl<'a> Visit<'a> for Calls {
        fn visit_expr_method_call(&mut self, node: &'a ExprMethodCall) {
            if !has_detached_arguments(node) {
                self.0.insert(node.method.to_string());
            }
            visit::visit_expr_method_call(self, node);
        }

        fn visit_expr_call(&mut self, node: &'a syn::ExprCall) {
            if let Expr::Path(path) = &*node.func {
                self.0.extend(path.path.segments.last().map(|last| last.ident.to_string()));
            }
            visit::visit_expr_call(self, node);
        }
    }
    let mut calls = Calls(BTreeSet::new());
    calls.visit_expr(expr);
    calls.0
}
