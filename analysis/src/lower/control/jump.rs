//! Jumps: `break`, `continue`, `return` and `?`.

use proc_macro2::Span;
use syn::Expr;

use super::FrameKind;
use super::failure::{ErrorExit, is_error};
use crate::lower::Lower;
use crate::lower::env::value::Value;

impl<'a> Lower<'a> {
    pub(super) fn tries(&mut self, node: &'a syn::ExprTry) -> Value<'a> {
        let (exit, mark) = (self.error_exit(), node.question_token.span);
        let target = exit.unwrap_or_else(|| self.function_end(mark));
        if exit.is_none() {
            self.cfg.facts.processes.errors.insert(target.to);
        }
        let value = self.with_error_exit(&node.expr, Some(target));
        let alone = self.fails_alone(&node.expr, &value);
        self.may_fail(exit, mark, alone);
        value
    }

    pub(super) fn breaks(&mut self, expr: &'a Expr, node: &'a syn::ExprBreak) -> Value<'a> {
        self.leaves(expr);
        let value = node.expr.as_ref().map(|value| self.expr(value));
        let label = node.label.as_ref().map(|label| label.ident.to_string());
        let out = self.control.frame(|frame| match &label {
            Some(_) => frame.label == label,
            None => matches!(frame.kind, FrameKind::Loop { .. }),
        });
        self.jump(out, value);
        Value::never()
    }

    pub(super) fn continues(&mut self, expr: &'a Expr, node: &'a syn::ExprContinue) -> Value<'a> {
        self.leaves(expr);
        let label = node.label.as_ref().map(|label| label.ident.to_string());
        self.next_iteration(label.as_deref());
        Value::never()
    }

    pub(super) fn returns(&mut self, node: &'a syn::ExprReturn) -> Value<'a> {
        let value = node.expr.as_ref().map(|value| self.expr(value));
        let out = self.control.frame(|frame| frame.kind == FrameKind::Call);
        if let Some(value) = &value
            && out.is_none()
        {
            self.escapes(value);
        }
        if !self.returns_error(node) {
            if out.is_none() {
                let out = self.function_end(node.return_token.span);
                if node.expr.as_ref().is_some_and(|value| is_error(value)) {
                    self.cfg.facts.processes.errors.insert(out.to);
                }
                self.goto(out.to);
            }
            self.jump(out, value);
        }
        Value::never()
    }

    /// Adds a branch to the error exit, or to an exit of the function if there is no error exit.
    ///
    /// If the call fails on this process `alone`, the processes may take different branches.
    fn may_fail(&mut self, exit: Option<ErrorExit>, mark: Span, alone: bool) {
        let on = self.block("");
        if alone {
            self.divides_here();
        }
        self.goto(on);
        if let Some(exit) = exit {
            let ends = self.block("");
            if !alone {
                self.cfg.facts.processes.failures.insert(ends);
            }
            self.join_at(ends);
            self.unwind(exit.scope);
            self.edge(exit.to, exit.softly);
        } else {
            let out = self.function_end(mark);
            self.cfg.facts.processes.errors.insert(out.to);
            if !alone {
                self.cfg.facts.processes.failures.insert(out.to);
            }
            self.goto(out.to);
        }
        self.start(on);
    }

    /// Adds an exit of the function, at a `?` or a `return`.
    fn function_end(&mut self, mark: Span) -> ErrorExit {
        let to = self.block("returns");
        self.cfg.blocks[to].ends = Some(mark.into());
        ErrorExit { to, scope: self.scope.len(), softly: false }
    }

    /// Jumps out of a frame, or out of the function if there is no frame.
    fn jump(&mut self, frame: Option<usize>, value: Option<Value<'a>>) {
        if let Some(index) = frame {
            let frame = &self.control.frames[index];
            let (to, scope) = (frame.break_to, frame.scope);
            if !matches!(frame.kind, FrameKind::Loop { .. }) {
                self.note_exit(index);
            }
            self.unwind(scope);
            self.goto(to);
            if !self.at.dead {
                let before = self.control.frames[index].value.take();
                self.control.frames[index].value = self.join_options(before, value);
            }
        }
        self.stop();
    }

    /// Jumps to the next iteration of the loop with this label. If `label` is `None`, this is the
    /// innermost loop.
    pub(super) fn next_iteration(&mut self, label: Option<&str>) {
        let is_loop = |kind| matches!(kind, FrameKind::Loop { .. });
        let found = self
            .control
            .frame(|frame| is_loop(frame.kind) && (label.is_none() || frame.label.as_deref() == label));
        if let Some(index) = found {
            let loops = self.control.frames[..index].iter().filter(|frame| is_loop(frame.kind)).count();
            self.skip_rest_of(loops);
            let frame = &self.control.frames[index];
            let (kind, scope) = (frame.kind, frame.scope);
            self.unwind(scope);
            self.note_exit(index);
            if let FrameKind::Loop { continue_to } = kind {
                self.goto(continue_to);
            }
        }
        self.stop();
    }

    /// Records that a jump may skip the rest of the iteration at index `from` and of all iterations
    /// inside it.
    ///
    /// Nothing is recorded if no condition leads to the jump.
    fn skip_rest_of(&mut self, from: usize) {
        let branches = self.control.branches;
        let inner = self.control.iterations.get_mut(from..).unwrap_or_default();
        if inner.first().is_some_and(|iteration| branches > iteration.branches) {
            for iteration in inner {
                iteration.continued = true;
            }
        }
    }
}
