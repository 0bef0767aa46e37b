//! Arguments of calls in a function, recorded for lints on other functions of the file.

use std::collections::BTreeSet;

use syn::{BinOp, Expr, ExprCall, ExprMethodCall, Path};

use crate::cfg::Expression;
use crate::lower::control::expression::{structure, unreferenced};
use crate::lower::text;
use crate::tokens::names_in;
use crate::vocabulary::{Role, keeps_state, restores_model, role_of_name};

/// The arguments of the calls in one function.
#[derive(Default)]
pub(crate) struct Passed {
    /// The functions that are called with a sum as an argument.
    pub sums: Vec<Path>,
    /// The methods that are called with a sum as an argument.
    pub sums_in_methods: BTreeSet<String>,
    /// The literals and constants that are passed to calls that restore a model.
    pub restored: Vec<Expression>,
    /// Whether a call on an optimizer reads or writes its state.
    pub keeps_optimizer: bool,
}

impl Passed {
    /// Records the arguments of a method call.
    pub(super) fn method(&mut self, call: &ExprMethodCall, name: &str) {
        let of_optimizer = || {
            let receiver = text::tight(&call.receiver);
            receiver.rsplit('.').next().and_then(role_of_name) == Some(Role::Optimizer)
        };
        self.keeps_optimizer |= keeps_state(name) && of_optimizer();
        self.restores(name, call.args.iter());
        if call.args.iter().any(is_sum) {
            self.sums_in_methods.insert(name.to_owned());
        }
    }

    /// Records the arguments of a function call.
    pub(super) fn function(&mut self, path: &Path, call: &ExprCall) {
        if let Some(last) = path.segments.last() {
            self.restores(&last.ident.to_string(), call.args.iter());
        }
        if call.args.iter().any(is_sum) {
            self.sums.push(path.clone());
        }
    }

    /// Records the path from which a call restores a model.
    fn restores<'e>(&mut self, name: &str, arguments: impl Iterator<Item = &'e Expr> + Clone) {
        if !restores_model(name) {
            return;
        }
        let mut names = arguments.clone().flat_map(|argument| names_in(&argument));
        self.keeps_optimizer |= names.any(|name| role_of_name(&name) == Some(Role::Optimizer));
        let fixed = arguments.map(unreferenced).filter(|argument| match argument {
            Expr::Lit(_) => true,
            Expr::Path(path) => {
                let last = path.path.segments.last();
                last.is_some_and(|last| last.ident.to_string().starts_with(char::is_uppercase))
            }
            _ => false,
        });
        self.restored.extend(fixed.map(structure));
    }
}

/// Whether an expression is a sum.
pub(super) fn is_sum(expr: &Expr) -> bool {
    matches!(expr, Expr::Binary(node) if matches!(node.op, BinOp::Add(_)))
}
