//! Error paths: the blocks at which control continues after a failing `?`, or after an error of an
//! inlined function.

use syn::{Expr, Stmt};

use super::FrameKind;
use crate::cfg::BlockId;
use crate::lower::env::value::Value;
use crate::lower::{Lower, address};
use crate::vocabulary::rust::{Variant, passes_errors};

/// The exit of errors: the block at which control continues after an error.
#[derive(Clone, Copy)]
pub(in crate::lower) struct ErrorExit {
    pub to: BlockId,
    /// Number of names in scope at this block.
    pub scope: usize,
    /// Whether the errors and the results without an error join at this block.
    pub softly: bool,
}

/// Error paths of the functions that are being inlined.
#[derive(Default)]
pub(in crate::lower) struct Errors {
    /// Calls whose result is tested by `?` or unwrapped.
    ///
    /// Each entry has the syntax node of the call and the target of its errors.
    asked: Vec<(usize, ErrorExit)>,
    /// The error exits of the functions that are being inlined, outermost first.
    failures: Vec<Failure>,
    /// The errors among the final expressions of inlined functions, by syntax node.
    failing: Vec<usize>,
}

/// The error exit of an inlined function.
struct Failure {
    /// Index of the function's frame.
    frame: usize,
    exit: ErrorExit,
    /// Number of open branches at the start of the function.
    branches: usize,
    /// Whether a `None` from the function is a failure, because a `?` on the call passes the `None`
    /// on.
    none_fails: bool,
}

impl Failure {
    fn fails(&self, expr: &Expr) -> bool {
        is_error(expr) || self.none_fails && is_none(expr)
    }
}

impl<'a> Lower<'a> {
    /// Lowers the body of an inlined function.
    ///
    /// If the function returns an error, control continues at the target of the `?` or `unwrap` on the call.
    /// If the call has neither a `?` nor an `unwrap`, control continues at `after`.
    pub(in crate::lower) fn with_failures(
        &mut self,
        body: &'a [Stmt],
        call: &Expr,
        after: BlockId,
        returns_option: bool,
    ) -> Value<'a> {
        let asked = self.control.errors.asked.iter().rfind(|(asked, _)| *asked == address(call));
        let soft = ErrorExit { to: after, scope: self.scope.len(), softly: true };
        let failure = Failure {
            frame: self.control.frames.len(),
            exit: asked.map_or(soft, |(_, exit)| *exit),
            branches: self.control.branches,
            none_fails: asked.is_some() && returns_option,
        };
        let mut ends = Vec::new();
        tails(body, &mut ends);
        let failing = self.control.errors.failing.len();
        let found = ends.into_iter().filter(|end| failure.fails(end)).map(address);
        self.control.errors.failing.extend(found);
        self.control.errors.failures.push(failure);
        self.open_frame(None, FrameKind::Call, after);
        let value = self.statements(body);
        self.control.errors.failing.truncate(failing);
        self.control.errors.failures.pop();
        self.close_frame(value)
    }

    /// Lowers a closure that a call runs. The argument `run` lowers the closure.
    ///
    /// If the closure returns an error, control continues where the `?` or `unwrap` on the call
    /// leads. Without a `?` or an `unwrap`, control continues at `after`.
    pub(in crate::lower) fn with_failures_of_closure(
        &mut self,
        call: &Expr,
        after: BlockId,
        run: impl FnOnce(&mut Self),
    ) {
        let asked = self.control.errors.asked.iter().rfind(|(asked, _)| *asked == address(call));
        let soft = ErrorExit { to: after, scope: self.scope.len(), softly: true };
        self.control.errors.failures.push(Failure {
            frame: self.control.frames.len(),
            exit: asked.map_or(soft, |(_, exit)| *exit),
            branches: self.control.branches,
            none_fails: false,
        });
        run(self);
        self.control.errors.failures.pop();
    }

    /// Lowers the jump of a `return` from an inlined function, if the `return` returns an error.
    ///
    /// For an error, takes the error exit and returns true. Otherwise returns false.
    pub(super) fn returns_error(&mut self, node: &'a syn::ExprReturn) -> bool {
        let frame = self.control.frame(|frame| frame.kind == FrameKind::Call);
        let failure = self.control.errors.failures.last();
        let Some(failure) = failure.filter(|failure| Some(failure.frame) == frame) else { return false };
        if node.expr.as_ref().is_some_and(|expr| failure.fails(expr)) {
            self.fail(failure.exit);
            return true;
        }
        // It may skip the rest of the function.
        if self.control.branches > failure.branches {
            self.control.branches += 1;
        }
        false
    }

    /// Takes the error exit, if an expression is an error at the end of an inlined function.
    ///
    /// Returns whether the exit was taken.
    pub(in crate::lower) fn ends_in_error(&mut self, expr: &Expr) -> bool {
        let errors = &self.control.errors;
        let failure = errors.failures.last().filter(|_| errors.failing.contains(&address(expr)));
        let Some(exit) = failure.map(|failure| failure.exit) else { return false };
        self.fail(exit);
        true
    }

    /// Jumps to an error exit.
    fn fail(&mut self, exit: ErrorExit) {
        self.unwind(exit.scope);
        self.edge(exit.to, exit.softly);
        self.stop();
    }

    /// Where control continues if a `?` at the current place meets an error; `None` if the `?`
    /// leaves the checked function.
    pub(super) fn error_exit(&self) -> Option<ErrorExit> {
        let index = self.control.frame(|frame| matches!(frame.kind, FrameKind::Call | FrameKind::Try))?;
        match self.control.errors.failures.last() {
            Some(failure) if failure.frame == index => Some(failure.exit),
            _ => {
                let frame = &self.control.frames[index];
                Some(ErrorExit { to: frame.break_to, scope: frame.scope, softly: false })
            }
        }
    }

    /// Lowers an expression whose errors go to `exit`. Without an `exit`, errors end the program.
    pub(in crate::lower) fn with_error_exit(&mut self, expr: &'a Expr, exit: Option<ErrorExit>) -> Value<'a> {
        let Some(call) = head(expr) else { return self.expr(expr) };
        let scope = self.scope.len();
        let exit = exit.unwrap_or_else(|| ErrorExit { to: self.block("returns"), scope, softly: false });
        self.control.errors.asked.push((address(call), exit));
        let value = self.expr(expr);
        self.control.errors.asked.pop();
        value
    }

    /// Lowers an expression that is awaited.
    pub(in crate::lower) fn awaits(&mut self, expr: &'a Expr) -> Value<'a> {
        let Some(call) = head(expr) else { return self.expr(expr) };
        self.inlining.awaited.push(address(call));
        let value = self.expr(expr);
        self.inlining.awaited.pop();
        value
    }
}

/// The call whose result an expression passes on: `f(x)` in `f(x).await.context("..")`.
pub(super) fn head(expr: &Expr) -> Option<&Expr> {
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
pub(super) fn is_error(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => {
            matches!(&*call.func, Expr::Path(path) if Variant::of_path(&path.path) == Some(Variant::Err))
        }
        Expr::Paren(inner) => is_error(&inner.expr),
        _ => false,
    }
}

fn is_none(expr: &Expr) -> bool {
    matches!(expr, Expr::Path(path) if Variant::of_path(&path.path) == Some(Variant::None))
}

/// Collects the final expressions of the branches of a block. Each of these expressions may be the
/// value of the block.
fn tails<'e>(statements: &'e [Stmt], into: &mut Vec<&'e Expr>) {
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
