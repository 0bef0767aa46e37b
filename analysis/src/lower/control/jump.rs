//! Ways out: `break`, `continue`, `return` and `?`.

use syn::Expr;

use crate::cfg::Deps;
use crate::lower::control::failure::Way;
use crate::lower::env::value::{Kind, Value};
use crate::lower::{FrameKind, Lower, Round};

impl<'a> Lower<'a> {
    pub(in crate::lower) fn tries(&mut self, node: &'a syn::ExprTry) -> Value<'a> {
        let (way, mark) = (self.failure(), node.question_token.span);
        let ends = way.unwrap_or_else(|| self.end_by(mark));
        let value = self.asks(&node.expr, Some(ends));
        self.leave_by(way, mark);
        value
    }

    pub(in crate::lower) fn breaks(&mut self, expr: &'a Expr, node: &'a syn::ExprBreak) -> Value<'a> {
        self.leaves(expr);
        let value = node.expr.as_ref().map(|value| self.expr(value));
        let label = node.label.as_ref().map(|label| label.ident.to_string());
        let out = self.frames.iter().rposition(|frame| match &label {
            Some(_) => frame.label == label,
            None => matches!(frame.kind, FrameKind::Loop { .. }),
        });
        self.jump(out, value);
        Value::of(Kind::Absent, Deps::none())
    }

    pub(in crate::lower) fn continues(&mut self, expr: &'a Expr, node: &'a syn::ExprContinue) -> Value<'a> {
        self.leaves(expr);
        let label = node.label.as_ref().map(|label| label.ident.to_string());
        self.next_round(label.as_deref());
        Value::of(Kind::Absent, Deps::none())
    }

    pub(in crate::lower) fn returns(&mut self, node: &'a syn::ExprReturn) -> Value<'a> {
        let value = node.expr.as_ref().map(|value| self.expr(value));
        let out = self.frames.iter().rposition(|frame| frame.kind == FrameKind::Call);
        if let Some(value) = &value
            && out.is_none()
        {
            self.escapes(value);
        }
        if !self.returns_error(node) {
            if out.is_none() {
                let out = self.end_by(node.return_token.span);
                self.goto(out.to);
            }
            self.jump(out, value);
        }
        Value::of(Kind::Absent, Deps::none())
    }

    /// A way out that may be taken here.
    fn leave_by(&mut self, way: Option<Way>, mark: proc_macro2::Span) {
        let on = self.block("");
        self.goto(on);
        if let Some(way) = way {
            let ends = self.block("");
            self.goto(ends);
            self.start(ends);
            self.unwind(way.scope);
            self.edge(way.to, way.softly);
        } else {
            let out = self.end_by(mark);
            self.goto(out.to);
        }
        self.start(on);
    }

    /// The way to an end of the function.
    fn end_by(&mut self, mark: proc_macro2::Span) -> Way {
        let to = self.block("returns");
        self.cfg.blocks[to].ends = Some(mark.into());
        Way { to, scope: self.scope.len(), softly: false }
    }

    /// Jumps out of a frame; out of the function if there is none.
    fn jump(&mut self, frame: Option<usize>, value: Option<Value<'a>>) {
        if let Some(index) = frame {
            if !matches!(self.frames[index].kind, FrameKind::Loop { .. }) {
                self.note_exit(index);
            }
            let to = self.frames[index].break_to;
            self.unwind(self.frames[index].scope);
            self.goto(to);
            if let Some(value) = value.filter(|_| !self.dead) {
                let before = self.frames[index].value.take();
                let joined = match before {
                    Some(before) => self.join_values(before, value),
                    None => value,
                };
                self.frames[index].value = Some(joined);
            }
        }
        self.stop();
    }

    pub(in crate::lower) fn next_round(&mut self, label: Option<&str>) {
        let mut loops = self.rounds.len();
        for index in (0..self.frames.len()).rev() {
            let frame = &self.frames[index];
            if let FrameKind::Loop { continue_to } = frame.kind {
                loops = loops.saturating_sub(1);
                if label.is_none() || frame.label.as_deref() == label {
                    let conditional = |round: &Round| self.branches > round.branches;
                    if self.rounds.get(loops).is_some_and(conditional) {
                        for round in &mut self.rounds[loops..] {
                            round.continued = true;
                        }
                    }
                    self.unwind(self.frames[index].scope);
                    self.note_exit(index);
                    self.goto(continue_to);
                    break;
                }
            }
        }
        self.stop();
    }
}
