//! The calls of a function in source order, with the statements and the loops around them.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprCall, ExprMethodCall, Pat, Stmt};

use crate::lower::control::expression::unreferenced;
use crate::lower::env::bind::member;
use crate::lower::resolve::survey::is_assignment;
use crate::lower::{address, text};
use crate::tokens::{any_name, names_in};
use crate::vocabulary::rust::is_forced;
use crate::vocabulary::{fuses_step, names_backward, zeroes_gradients};

/// A call of a function or a method.
pub(super) struct Call<'a> {
    pub expr: &'a Expr,
    pub name: String,
    /// The receiver of a method.
    pub receiver: Option<&'a Expr>,
    pub arguments: Vec<&'a Expr>,
    /// The block with the statement of the call, and the position of the statement in the block.
    pub statement: (usize, usize),
    /// The loops around the call, from the outside.
    pub loops: Vec<usize>,
    /// Whether the call is a whole statement, or one that only discards the result.
    pub whole: bool,
    /// The variable that a `let` binds to the result.
    pub bound: Option<String>,
    /// Whether the statement assigns the result: `grad = layer.backward(&grad)?;`.
    pub assigned: bool,
}

impl Call<'_> {
    /// Whether the name of the call says that it runs `backward`.
    pub(super) fn is_backward(&self) -> bool {
        names_backward(&self.name)
    }

    pub(super) fn is_zero(&self) -> bool {
        zeroes_gradients(&self.name)
    }

    /// The last name of the receiver.
    pub(super) fn of(&self) -> Option<String> {
        base(self.receiver?)
    }

    /// The names in the arguments.
    pub(super) fn given(&self) -> BTreeSet<String> {
        self.arguments.iter().flat_map(names_in).collect()
    }

    /// Whether a name in the arguments has a property.
    pub(super) fn gives(&self, is: impl Fn(&str) -> bool) -> bool {
        self.arguments.iter().any(|argument| any_name(*argument, &is))
    }

    /// The names of the variables at the start of the receiver and of each argument.
    pub(super) fn roots(&self) -> BTreeSet<String> {
        self.receiver.into_iter().chain(self.arguments.iter().copied()).filter_map(root).collect()
    }
}

/// An assignment, alone or with an operation.
pub(super) struct Assigned<'a> {
    pub expr: &'a Expr,
    pub left: &'a Expr,
    pub right: &'a Expr,
    /// Whether the assignment subtracts: `-=`.
    pub subtracts: bool,
    /// The number of calls before the end of the assignment.
    pub rank: usize,
    /// The loops around the assignment, from the outside.
    pub loops: Vec<usize>,
}

/// A `let` of one variable.
pub(super) struct Bound<'a> {
    pub name: String,
    pub init: &'a Expr,
    /// The block with the `let`, and its position in the block.
    pub statement: (usize, usize),
    /// The number of calls before the end of the `let`.
    pub rank: usize,
    /// The loops around the `let`, from the outside.
    pub loops: Vec<usize>,
}

/// The calls of a function in source order.
#[derive(Default)]
pub(super) struct Walk<'a> {
    pub calls: Vec<Call<'a>>,
    pub bound: Vec<Bound<'a>>,
    /// The variables that patterns of several variables bind: `let (loss, grad) = ..`.
    pub parts: Vec<Bound<'a>>,
    /// Whether a call runs `backward` and steps.
    pub fused: bool,
    pub assigned: Vec<Assigned<'a>>,
    /// The loops around each `break` and each `return`.
    pub ends: Vec<Vec<usize>>,
    /// The expressions that loops go over, each with its loop.
    pub heads: Vec<(usize, &'a Expr)>,
    blocks: usize,
    statement: (usize, usize),
    /// The node of the statement without a `?` or an `unwrap` around it.
    whole: usize,
    /// The right side of the statement, if it is an assignment.
    right: usize,
    variable: Option<(usize, String)>,
    loops: Vec<usize>,
    all_loops: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn over(block: &'a Block) -> Self {
        let mut walk = Self::default();
        walk.visit_block(block);
        walk
    }

    fn add(&mut self, call: Call<'a>) {
        self.fused |= fuses_step(&call.name);
        self.calls.push(call);
    }

    fn call(
        &self,
        expr: &'a Expr,
        name: String,
        receiver: Option<&'a Expr>,
        arguments: Vec<&'a Expr>,
    ) -> Call<'a> {
        let node = address(expr);
        let bound = self.variable.as_ref().filter(|(init, _)| *init == node).map(|(_, name)| name.clone());
        Call {
            expr,
            name,
            receiver,
            arguments,
            statement: self.statement,
            loops: self.loops.clone(),
            whole: self.whole == node,
            bound,
            assigned: self.right == node,
        }
    }

    fn assign(&mut self, expr: &'a Expr, left: &'a Expr, right: &'a Expr, subtracts: bool) {
        let (rank, loops) = (self.calls.len(), self.loops.clone());
        self.assigned.push(Assigned { expr, left, right, subtracts, rank, loops });
    }

    fn in_loop(&mut self, head: Option<&'a Expr>, inside: impl FnOnce(&mut Self)) {
        self.all_loops += 1;
        self.heads.extend(head.map(|head| (self.all_loops, head)));
        self.loops.push(self.all_loops);
        inside(self);
        self.loops.pop();
    }
}

impl<'a> Visit<'a> for Walk<'a> {
    fn visit_item(&mut self, _: &'a syn::Item) {}

    fn visit_block(&mut self, block: &'a Block) {
        self.blocks += 1;
        let number = self.blocks;
        let outer = (self.statement, self.whole, self.right, self.variable.take());
        for (index, statement) in block.stmts.iter().enumerate() {
            self.statement = (number, index);
            (self.whole, self.right) = (0, 0);
            self.variable = None;
            match statement {
                Stmt::Expr(Expr::Assign(node), _) => self.right = address(bare(&node.right)),
                Stmt::Expr(expr, _) => self.whole = address(bare(expr)),
                Stmt::Local(local) => {
                    if let Some(init) = &local.init {
                        match named(&local.pat) {
                            Some(name) => self.variable = Some((address(bare(&init.expr)), name)),
                            None if matches!(local.pat, Pat::Wild(_)) => {
                                self.whole = address(bare(&init.expr));
                            }
                            None => {}
                        }
                    }
                }
                Stmt::Item(_) | Stmt::Macro(_) => {}
            }
            self.visit_stmt(statement);
            if let Stmt::Local(local) = statement
                && let Some(init) = &local.init
            {
                let rank = self.calls.len();
                let bind = |name| Bound {
                    name,
                    init: &init.expr,
                    statement: (number, index),
                    rank,
                    loops: self.loops.clone(),
                };
                match named(&local.pat) {
                    Some(name) => self.bound.push(bind(name)),
                    None => self.parts.extend(parts(&local.pat).into_iter().map(bind)),
                }
            }
        }
        (self.statement, self.whole, self.right, self.variable) = outer;
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        visit::visit_expr(self, expr);
        match expr {
            Expr::MethodCall(ExprMethodCall { method, receiver, args, .. }) => {
                let call = self.call(expr, method.to_string(), Some(receiver), args.iter().collect());
                self.add(call);
            }
            Expr::Call(ExprCall { func, args, .. }) => {
                if let Expr::Path(path) = &**func
                    && let Some(last) = path.path.segments.last()
                {
                    let call = self.call(expr, last.ident.to_string(), None, args.iter().collect());
                    self.add(call);
                }
            }
            Expr::Break(_) | Expr::Return(_) => self.ends.push(self.loops.clone()),
            Expr::Assign(node) => self.assign(expr, &node.left, &node.right, false),
            Expr::Binary(node) if is_assignment(&node.op) => {
                let subtracts = matches!(node.op, syn::BinOp::SubAssign(_));
                self.assign(expr, &node.left, &node.right, subtracts);
            }
            _ => {}
        }
    }

    fn visit_expr_for_loop(&mut self, node: &'a syn::ExprForLoop) {
        self.visit_expr(&node.expr);
        self.in_loop(Some(&node.expr), |walk| walk.visit_block(&node.body));
    }

    fn visit_expr_while(&mut self, node: &'a syn::ExprWhile) {
        self.visit_expr(&node.cond);
        self.in_loop(None, |walk| walk.visit_block(&node.body));
    }

    fn visit_expr_loop(&mut self, node: &'a syn::ExprLoop) {
        self.in_loop(None, |walk| walk.visit_block(&node.body));
    }
}

/// An expression without the `?`, the `unwrap`, the references and the parentheses around it.
pub(super) fn bare(expr: &Expr) -> &Expr {
    match unreferenced(expr) {
        Expr::Try(inner) => bare(&inner.expr),
        Expr::Await(inner) => bare(&inner.base),
        Expr::MethodCall(call) if is_forced(&call.method.to_string()) => bare(&call.receiver),
        other => other,
    }
}

/// The variable that a pattern binds, if it binds one.
fn named(pat: &Pat) -> Option<String> {
    match pat {
        Pat::Ident(name) => Some(name.ident.to_string()),
        Pat::Type(typed) => named(&typed.pat),
        _ => None,
    }
}

/// The variables that a pattern of several parts binds.
fn parts(pat: &Pat) -> Vec<String> {
    match pat {
        Pat::Tuple(tuple) => tuple
            .elems
            .iter()
            .flat_map(|part| named(part).map_or_else(|| parts(part), |name| vec![name]))
            .collect(),
        Pat::Type(typed) => parts(&typed.pat),
        _ => Vec::new(),
    }
}

/// The last name in a variable or a field: `optimizer` for `self.optimizer.as_mut().unwrap()`.
pub(super) fn base(expr: &Expr) -> Option<String> {
    match bare(expr) {
        Expr::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        Expr::Field(field) => Some(member(&field.member)),
        Expr::MethodCall(call) if call.args.is_empty() => base(&call.receiver),
        Expr::Index(index) => base(&index.expr),
        Expr::Unary(unary) => base(&unary.expr),
        _ => None,
    }
}

/// The variable at the start of a place.
pub(super) fn root(expr: &Expr) -> Option<String> {
    match bare(expr) {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        Expr::Field(field) => root(&field.base),
        Expr::MethodCall(call) => root(&call.receiver),
        Expr::Index(index) => root(&index.expr),
        Expr::Unary(unary) => root(&unary.expr),
        _ => None,
    }
}

/// The source text of a call, by which two calls are compared.
pub(super) fn source(call: &Call<'_>) -> String {
    text::tight(call.expr)
}
