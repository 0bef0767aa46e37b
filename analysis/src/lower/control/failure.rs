//! Errors: where a function that is followed goes when it fails, and where `?` goes.

use syn::{Expr, Stmt};

use crate::cfg::BlockId;
use crate::lower::env::value::Value;
use crate::lower::{FrameKind, Lower, address};
use crate::vocabulary::rust::{Variant, passes_errors};

/// Where errors go.
#[derive(Clone, Copy)]
pub(in crate::lower) struct Way {
    pub to: BlockId,
    /// Names in scope there.
    pub scope: usize,
    /// Errors meet the other results there.
    pub softly: bool,
}

/// A call that is asked by `?` or unwrapped, and where its errors go.
pub(in crate::lower) struct Asked {
    pub call: usize,
    pub way: Way,
}

/// Where the errors of the function go that is being run.
pub(in crate::lower) struct Failure {
    /// The function's frame.
    pub frame: usize,
    pub way: Way,
    /// Branches open where the function starts.
    pub branches: usize,
    /// It gives `None` for a failure that `?` hands on.
    pub none_fails: bool,
}

/// The call whose result an expression passes on, as `f(x)` in `f(x).await.context("..")`.
fn head(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::Paren(inner) => head(&inner.expr),
        Expr::Group(inner) => head(&inner.expr),
        Expr::Await(inner) => head(&inner.base),
        Expr::MethodCall(node) if passes_errors(&node.method.to_string()) => head(&node.receiver),
        Expr::Call(_) | Expr::MethodCall(_) => Some(expr),
        _ => None,
    }
}

/// Whether an expression is `Err(..)`.
pub(in crate::lower) fn is_error(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => {
            matches!(&*call.func, Expr::Path(path) if Variant::of_path(&path.path) == Some(Variant::Err))
        }
        Expr::Paren(inner) => is_error(&inner.expr),
        _ => false,
    }
}

pub(in crate::lower) fn is_none(expr: &Expr) -> bool {
    matches!(expr, Expr::Path(path) if Variant::of_path(&path.path) == Some(Variant::None))
}

/// The expressions of which one is what a block gives.
pub(in crate::lower) fn tails<'e>(statements: &'e [Stmt], into: &mut Vec<&'e Expr>) {
    if let Some(Stmt::Expr(last, None)) = statements.last() {
        tail(last, into);
    }
}

fn tail<'e>(expr: &'e Expr, into: &mut Vec<&'e Expr>) {
    match expr {
        Expr::If(node) => {
            tails(&node.then_branch.stmts, into);
            if let Some((_, other)) = &node.else_branch {
                tail(other, into);
            }
        }
        Expr::Match(node) => node.arms.iter().for_each(|arm| tail(&arm.body, into)),
        Expr::Block(node) => tails(&node.block.stmts, into),
        Expr::Unsafe(node) => tails(&node.block.stmts, into),
        other => into.push(other),
    }
}

impl<'a> Lower<'a> {
    /// A `return` of a function that is being run: says whether an error goes another way than results do.
    pub(in crate::lower) fn returns_error(&mut self, node: &'a syn::ExprReturn) -> bool {
        let Some(frame) = self.frames.iter().rposition(|frame| frame.kind == FrameKind::Call) else {
            return false;
        };
        let Some(failure) = self.failures.last().filter(|failure| failure.frame == frame) else {
            return false;
        };
        let fails = |expr: &Expr| is_error(expr) || failure.none_fails && is_none(expr);
        if node.expr.as_ref().is_some_and(|expr| fails(expr)) {
            let way = failure.way;
            self.fail(way);
            return true;
        }
        // What follows in the function may be left out.
        if self.branches > failure.branches {
            self.branches += 1;
        }
        false
    }

    /// Whether an expression is the error that a function ends with; control has left if so.
    pub(in crate::lower) fn ends_in_error(&mut self, expr: &Expr) -> bool {
        let Some(failure) = self.failures.last().filter(|_| self.failing.contains(&address(expr))) else {
            return false;
        };
        let way = failure.way;
        self.fail(way);
        true
    }

    /// Leaves with an error.
    fn fail(&mut self, way: Way) {
        self.unwind(way.scope);
        self.edge(way.to, way.softly);
        self.stop();
    }

    /// Where `?` goes; out of everything if there is nothing around.
    pub(in crate::lower) fn failure(&self) -> Option<Way> {
        let kinds = [FrameKind::Call, FrameKind::Try];
        let frame = self.frames.iter().rposition(|frame| kinds.contains(&frame.kind))?;
        match self.failures.last() {
            Some(failure) if failure.frame == frame => Some(failure.way),
            _ => {
                let frame = &self.frames[frame];
                Some(Way { to: frame.break_to, scope: frame.scope, softly: false })
            }
        }
    }

    /// Lowers an expression whose errors go to a block.
    pub(in crate::lower) fn asks(&mut self, expr: &'a Expr, way: Option<Way>) -> Value<'a> {
        let Some(call) = head(expr) else { return self.expr(expr) };
        let scope = self.scope.len();
        let way = way.unwrap_or_else(|| Way { to: self.block("returns"), scope, softly: false });
        self.asked.push(Asked { call: address(call), way });
        let value = self.expr(expr);
        self.asked.pop();
        value
    }

    /// Lowers an expression that is awaited.
    pub(in crate::lower) fn awaits(&mut self, expr: &'a Expr) -> Value<'a> {
        let Some(call) = head(expr) else { return self.expr(expr) };
        self.awaited.push(address(call));
        let value = self.expr(expr);
        self.awaited.pop();
        value
    }
}
