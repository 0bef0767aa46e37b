//! Loops that apply an optimizer to one parameter after the other: `for p in &params { optimizer.step(p, &p.grad()); }`.
//!
//! Together the calls of such a loop are one step of the optimizer.

use std::collections::BTreeMap;

use syn::visit::{self, Visit};
use syn::{Expr, ExprForLoop, ExprLet, ExprMethodCall, Local, Pat};

use crate::lower::address;
use crate::lower::env::bind::member;
use crate::tokens::names_in;
use crate::vocabulary::{applies_gradients, names_backward, names_gradients_alone, zeroes_gradients};

/// What a variable of the loop body was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// The parameter of the iteration, or a part of it.
    Parameter,
    /// The gradient of this parameter.
    Gradient,
}

/// A method call, as an expression and as its node.
type Method<'a> = (&'a Expr, &'a ExprMethodCall);

/// The stages in the body of such a loop.
pub(in crate::lower) struct EachStep<'a> {
    /// The call that applies the optimizer to the parameter of the iteration.
    pub(super) step: Method<'a>,
    /// A later call that zeroes the gradient of the parameter.
    pub(super) zero: Option<&'a Expr>,
}

impl EachStep<'_> {
    /// The address of the call that applies the optimizer.
    pub(in crate::lower) fn key(&self) -> usize {
        address(self.step.1)
    }
}

/// The stages of a loop that does nothing else than apply one optimizer to each parameter with the
/// parameter's own gradient.
///
/// The risk is a loop that leaves out parameters by a condition on something else than their gradients. Its step
/// still uses the gradients, so no finding is wrong.
pub(in crate::lower) fn each_step(node: &ExprForLoop) -> Option<EachStep<'_>> {
    let mut search = Search { parts: BTreeMap::new(), step: None, zero: None, other: false };
    search.bind(last_of(&node.pat), Part::Parameter);
    search.visit_block(&node.body);
    let step = search.step.filter(|_| !search.other)?;
    Some(EachStep { step, zero: search.zero })
}

/// The second part of a pair such as `(name, parameter)`.
fn last_of(pat: &Pat) -> &Pat {
    match pat {
        Pat::Tuple(tuple) => tuple.elems.last().map_or(pat, last_of),
        _ => pat,
    }
}

struct Search<'a> {
    parts: BTreeMap<String, Part>,
    step: Option<Method<'a>>,
    zero: Option<&'a Expr>,
    /// Whether the body has another stage, or code that is not understood.
    other: bool,
}

impl<'a> Search<'a> {
    fn method(&mut self, expr: &'a Expr, call: &'a ExprMethodCall) {
        let name = call.method.to_string();
        let arguments: Vec<Option<Part>> = call.args.iter().map(|argument| self.part(argument)).collect();
        if applies_gradients(&name) {
            let own = arguments[..] == [Some(Part::Parameter), Some(Part::Gradient)];
            let of_optimizer = self.part(&call.receiver).is_none();
            self.other |= !own || !of_optimizer || self.step.is_some();
            self.step = Some((expr, call));
        } else if zeroes_gradients(&name) {
            self.other |= self.step.is_none() || self.part(&call.receiver).is_none();
            self.zero = Some(expr);
        } else {
            self.other |= names_backward(&name);
        }
    }

    fn bind(&mut self, pat: &Pat, part: Part) {
        for name in names_in(pat) {
            self.parts.insert(name, part);
        }
    }

    /// What an expression was taken from; `None` if it is no part of the parameter of the iteration.
    ///
    /// An index into a list takes the parameter and the gradient from two lists, which need not belong together.
    fn part(&self, expr: &Expr) -> Option<Part> {
        let (of, named) = match expr {
            Expr::Path(path) => return self.parts.get(&path.path.get_ident()?.to_string()).copied(),
            Expr::Field(field) => (&*field.base, names_gradients_alone(&member(&field.member))),
            Expr::MethodCall(call) => (&*call.receiver, names_gradients_alone(&call.method.to_string())),
            Expr::Call(call) if call.args.len() == 1 => (&call.args[0], false),
            Expr::Reference(inner) => (&*inner.expr, false),
            Expr::Unary(inner) => (&*inner.expr, false),
            Expr::Paren(inner) => (&*inner.expr, false),
            Expr::Try(inner) => (&*inner.expr, false),
            _ => return None,
        };
        self.part(of).map(|part| if named { Part::Gradient } else { part })
    }
}

impl<'a> Visit<'a> for Search<'a> {
    fn visit_local(&mut self, local: &'a Local) {
        visit::visit_local(self, local);
        if let Some(part) = local.init.as_ref().and_then(|init| self.part(&init.expr)) {
            self.bind(&local.pat, part);
        }
    }

    fn visit_expr_let(&mut self, node: &'a ExprLet) {
        visit::visit_expr_let(self, node);
        if let Some(part) = self.part(&node.expr) {
            self.bind(&node.pat, part);
        }
    }

    fn visit_expr_call(&mut self, call: &'a syn::ExprCall) {
        // A function that gets the gradient or the parameter may change it.
        self.other |= call.args.iter().any(|argument| self.part(argument).is_some());
        visit::visit_expr_call(self, call);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.other |= matches!(
            expr,
            Expr::ForLoop(_)
                | Expr::While(_)
                | Expr::Loop(_)
                | Expr::Closure(_)
                | Expr::Break(_)
                | Expr::Return(_)
                | Expr::Assign(_)
                | Expr::Async(_)
                | Expr::Macro(_)
        );
        if let Expr::MethodCall(call) = expr {
            self.method(expr, call);
        }
        if !self.other {
            visit::visit_expr(self, expr);
        }
    }
}
