//! The last operation of a model's own `forward`, which decides the kind of values that the model returns.
//!
//! A `forward` is not inlined. This module follows the final expression of the `forward` through
//! local variables and helpers. If the checked code does not define the model's type, the last
//! layer is read from the chain of calls that builds the model.

use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprMethodCall, Pat, Stmt};

use super::Call;
use crate::cfg::SiteId;
use crate::limits;
use crate::lower::Lower;
use crate::lower::env::bind::member;
use crate::lower::env::value::Value;
use crate::lower::resolve::survey::is_assignment;
use crate::lower::resolve::{FnId, TypeId};
use crate::tokens::names_in;
use crate::vocabulary::rust::{Variant, is_forced, is_self};
use crate::vocabulary::{CallEffect, FORWARDS, Op, adds_layer, layer_op};

/// The last operation of an expression, and the subexpression that performs this operation.
type Last<'a> = Option<(Op, &'a Expr)>;

/// The position of an expression in a function body, while the expression is being followed.
#[derive(Clone, Copy)]
struct Place<'a> {
    of: FnId,
    /// The statements before the expression, in the innermost block.
    before: &'a [Stmt],
    depth: usize,
}

impl<'a> Lower<'a> {
    /// The last operation of the model's own `forward`, if the operation is a softmax, a sigmoid,
    /// or the logarithm of a softmax or a sigmoid.
    pub(super) fn last_of_forward(
        &mut self,
        call: &Call<'a>,
        model: Option<&Value<'a>>,
    ) -> Option<(Op, SiteId)> {
        let model = model?;
        let Some(ty) = model.ty else {
            let init = self.env.made_of.get(&model.place?)?;
            let (op, expr) = self.last_layer(init, self.inlining.function, 0)?;
            return Some((op, self.site_of(expr, None)));
        };
        let mut names = std::iter::once(call.name.as_str()).chain(FORWARDS.iter().copied());
        let id = names.find_map(|name| self.resolver.method(ty, name))?;
        let (op, expr) = self.last_of_function(id, 0)?;
        Some((op, self.site_of(expr, None)))
    }

    fn last_of_function(&self, id: FnId, depth: usize) -> Last<'a> {
        let function = &self.resolver.functions[id];
        let body: &'a Block = &function.body;
        let several = depth >= limits::NESTED_CALLS || returns_early(body);
        let at = Place { of: id, before: &[], depth: depth + 1 };
        if several { None } else { self.last_of_block(body, at) }
    }

    fn last_of_block(&self, block: &'a Block, at: Place<'a>) -> Last<'a> {
        match block.stmts.split_last()? {
            (Stmt::Expr(last, None), before) => self.last_of(last, Place { before, ..at }),
            _ => None,
        }
    }

    fn last_of(&self, expr: &'a Expr, at: Place<'a>) -> Last<'a> {
        match expr {
            Expr::Paren(inner) => self.last_of(&inner.expr, at),
            Expr::Group(inner) => self.last_of(&inner.expr, at),
            Expr::Reference(inner) => self.last_of(&inner.expr, at),
            Expr::Try(inner) => self.last_of(&inner.expr, at),
            Expr::Block(inner) => self.last_of_block(&inner.block, at),
            Expr::If(node) => {
                let (_, other) = node.else_branch.as_ref()?;
                let (yes, no) = (self.last_of_block(&node.then_branch, at)?, self.last_of(other, at)?);
                (yes.0 == no.0).then_some(yes)
            }
            Expr::Path(path) => {
                let (init, before) = initializer(at.before, &path.path.get_ident()?.to_string())?;
                self.last_of(init, Place { before, ..at })
            }
            Expr::MethodCall(node) => self.last_of_method(expr, node, at),
            Expr::Call(node) => {
                let Expr::Path(path) = &*node.func else { return None };
                let name = path.path.segments.last()?.ident.to_string();
                if let Some(Variant::Ok | Variant::Some) = Variant::of(&name) {
                    return self.last_of(node.args.first()?, at);
                }
                if let Some(id) = self.resolver.resolve(&path.path, at.of) {
                    return self.last_of_function(id, at.depth);
                }
                if self.resolver.may_be_own(&path.path, at.of) {
                    return None;
                }
                self.last_of_op(&name, expr, node.args.first()?, at)
            }
            _ => None,
        }
    }

    fn last_of_method(&self, expr: &'a Expr, node: &'a ExprMethodCall, at: Place<'a>) -> Last<'a> {
        let name = node.method.to_string();
        let passes =
            is_forced(&name) || self.vocabulary.method(&name, node.args.len()) == Some(CallEffect::Passes);
        if passes {
            return self.last_of(&node.receiver, at);
        }
        let owner = self.resolver.functions[at.of].owner;
        if FORWARDS.contains(&name.as_str()) {
            return self.op_of_layer(&node.receiver, owner).map(|op| (op, expr));
        }
        if is_self(&node.receiver)
            && let Some(id) = owner.and_then(|owner| self.resolver.method(owner, &name))
        {
            return self.last_of_function(id, at.depth);
        }
        self.last_of_op(&name, expr, &node.receiver, at)
    }

    fn last_of_op(&self, name: &str, expr: &'a Expr, operand: &'a Expr, at: Place<'a>) -> Last<'a> {
        match self.vocabulary.op(name) {
            op @ (Op::Softmax | Op::LogSoftmax | Op::Sigmoid | Op::LogSigmoid) => Some((op, expr)),
            Op::Log => self.last_of(operand, at).and_then(|(op, _)| Some((op.log()?, expr))),
            Op::Moves => self.last_of(operand, at),
            Op::Each | Op::Totals | Op::Adds | Op::Multiplies | Op::Other => None,
        }
    }

    /// The operation of the last layer of a model that a chain of calls builds:
    /// `seq().add(linear).add_fn(|x| x.softmax(1))`.
    fn last_layer(&self, built: &'a Expr, of: FnId, depth: usize) -> Last<'a> {
        match built {
            Expr::Paren(inner) => self.last_layer(&inner.expr, of, depth),
            Expr::Reference(inner) => self.last_layer(&inner.expr, of, depth),
            Expr::Try(inner) => self.last_layer(&inner.expr, of, depth),
            Expr::MethodCall(node) if adds_layer(&node.method.to_string()) => match node.args.last()? {
                Expr::Closure(closure) => {
                    let at = Place { of, before: &[], depth };
                    self.last_of(&closure.body, at)
                }
                Expr::Call(layer) => {
                    let Expr::Path(path) = &*layer.func else { return None };
                    let owner = path.path.segments.iter().rev().nth(1)?;
                    layer_op(&owner.ident.to_string()).map(|op| (op, &node.args[0]))
                }
                Expr::Path(layer) => {
                    layer_op(&layer.path.segments.last()?.ident.to_string()).map(|op| (op, &node.args[0]))
                }
                _ => None,
            },
            Expr::Call(node) => {
                let Expr::Path(path) = &*node.func else { return None };
                let id = self.resolver.resolve(&path.path, of).filter(|_| depth < limits::NESTED_CALLS)?;
                let body: &'a Block = &self.resolver.functions[id].body;
                match body.stmts.last()? {
                    Stmt::Expr(last, None) if !returns_early(body) => self.last_layer(last, id, depth + 1),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The operation of a layer in a field of the model: `self.softmax`.
    fn op_of_layer(&self, layer: &Expr, owner: Option<TypeId>) -> Option<Op> {
        let Expr::Field(field) = layer else { return None };
        let syn::Type::Path(ty) = self.resolver.field(owner?, &member(&field.member))? else { return None };
        layer_op(&ty.path.segments.last()?.ident.to_string())
    }
}

/// The initializer of a variable, with the statements before it.
///
/// `None` if the variable is not declared among the statements, or if a later statement assigns it.
fn initializer<'a>(statements: &'a [Stmt], name: &str) -> Option<(&'a Expr, &'a [Stmt])> {
    let declares = |statement: &'a Stmt| {
        let Stmt::Local(local) = statement else { return None };
        let pat = match &local.pat {
            Pat::Type(typed) => &*typed.pat,
            other => other,
        };
        let is_it = matches!(pat, Pat::Ident(ident) if ident.ident == name);
        local.init.as_ref().filter(|_| is_it).map(|init| &*init.expr)
    };
    let at = statements.iter().rposition(|statement| declares(statement).is_some())?;
    let mut assigned = Assigned { name, found: false };
    for statement in &statements[at + 1..] {
        assigned.visit_stmt(statement);
    }
    declares(&statements[at]).filter(|_| !assigned.found).map(|init| (init, &statements[..at]))
}

/// A visitor that looks for assignments of a variable.
struct Assigned<'n> {
    name: &'n str,
    found: bool,
}

impl<'ast> Visit<'ast> for Assigned<'_> {
    fn visit_expr_assign(&mut self, node: &'ast syn::ExprAssign) {
        self.found |= mentions(&node.left, self.name);
        visit::visit_expr_assign(self, node);
    }

    fn visit_expr_binary(&mut self, node: &'ast syn::ExprBinary) {
        self.found |= is_assignment(&node.op) && mentions(&node.left, self.name);
        visit::visit_expr_binary(self, node);
    }
}

/// Whether an expression mentions a variable.
fn mentions(expr: &Expr, name: &str) -> bool {
    names_in(&expr).contains(name)
}

/// Whether a function has a `return`, and thus results other than its final expression.
fn returns_early(body: &Block) -> bool {
    let mut returns = Returns(false);
    returns.visit_block(body);
    returns.0
}

struct Returns(bool);

impl<'ast> Visit<'ast> for Returns {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            Expr::Return(_) => self.0 = true,
            Expr::Closure(_) | Expr::Async(_) => {}
            other => visit::visit_expr(self, other),
        }
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
