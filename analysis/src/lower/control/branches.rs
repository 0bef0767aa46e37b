//! Branches: `if`, `match`, `&&`, `||`, labelled blocks and `try` blocks.

use syn::{Arm, Expr, ExprBinary, ExprIf, ExprMatch, Label, Pat};

use crate::cfg::{BlockId, Deps};
use crate::lower::Lower;
use crate::lower::control::FrameKind;
use crate::lower::env::value::Value;
use crate::vocabulary::is_weight;

impl<'a> Lower<'a> {
    /// Lowers an expression that directs control, such as an `if`, a loop or a jump.
    pub(in crate::lower) fn control(&mut self, expr: &'a Expr) -> Value<'a> {
        match expr {
            // A batch without weight skips only code that has no effect on it.
            Expr::If(node) if asks_for_weight(&node.cond) => self.scoped(&node.then_branch),
            Expr::If(node) => self.branch(node),
            Expr::Match(node) => self.choose(node),
            Expr::Let(_) => self.condition_only(expr),
            Expr::ForLoop(node) => self.for_loop(node),
            Expr::While(node) => self.while_loop(node),
            Expr::Loop(node) => self.plain_loop(node),
            Expr::Block(node) => match &node.label {
                None => self.scoped(&node.block),
                Some(label) => self.labelled(label, &node.block),
            },
            Expr::Unsafe(node) => self.scoped(&node.block),
            Expr::Const(node) => self.scoped(&node.block),
            Expr::TryBlock(node) => self.framed_block(None, FrameKind::Try, &node.block),
            Expr::Try(node) => self.tries(node),
            Expr::Return(node) => self.returns(node),
            Expr::Yield(node) => self.yields(node),
            Expr::Break(node) => self.breaks(expr, node),
            Expr::Continue(node) => self.continues(expr, node),
            _ => Value::nothing(),
        }
    }

    fn labelled(&mut self, label: &Label, block: &'a syn::Block) -> Value<'a> {
        self.framed_block(Some(label.name.ident.to_string()), FrameKind::Labelled, block)
    }

    /// Lowers a block that jumps can leave, such as a labelled block or a `try` block.
    pub(in crate::lower) fn framed_block(
        &mut self,
        label: Option<String>,
        kind: FrameKind,
        block: &'a syn::Block,
    ) -> Value<'a> {
        let after = self.block("");
        self.open_frame(label, kind, after);
        let value = self.scoped(block);
        let value = self.close_frame(value);
        self.join_at(after);
        value
    }

    fn branch(&mut self, node: &'a ExprIf) -> Value<'a> {
        let mark = self.scope.len();
        let (yes, no, after) = (self.block("if"), self.block("else"), self.block(""));
        let outer = self.processes.start_condition();
        self.condition(&node.cond, yes, no);
        let asked = self.processes.end_condition(outer);
        self.note_choice(node);
        let (then, other) = self.branched_by(asked, |lower| {
            lower.start(yes);
            let guards = lower.guard_branch(&node.cond, true);
            let then = lower.scoped(&node.then_branch);
            lower.unguard(guards);
            lower.leave(mark);
            lower.goto(after);
            lower.start(no);
            let guards = lower.guard_branch(&node.cond, false);
            let other = node.else_branch.as_ref().map_or_else(Value::nothing, |(_, other)| lower.expr(other));
            lower.unguard(guards);
            (then, other)
        });
        self.join_at(after);
        self.join_values(then, other)
    }

    /// Lowers `a && b` or `a || b`, used as a value.
    pub(in crate::lower) fn condition_value(&mut self, node: &'a ExprBinary) -> Value<'a> {
        let (right, after) = (self.block(""), self.block(""));
        let left = self.expr(&node.left);
        self.goto(right);
        self.goto(after);
        self.start(right);
        let right = self.branched(|lower| lower.expr(&node.right));
        self.join_at(after);
        let measured = left.measured || right.measured;
        Value { measured, differs: left.differs().with(right.differs()), ..Value::number() }
    }

    /// Lowers a `let` condition that is used as a value. The names of the condition are bound only
    /// inside the expression.
    fn condition_only(&mut self, expr: &'a Expr) -> Value<'a> {
        let mark = self.scope.len();
        let after = self.block("");
        self.condition(expr, after, after);
        self.start(after);
        self.leave(mark);
        Value::number()
    }

    fn choose(&mut self, node: &'a ExprMatch) -> Value<'a> {
        let subject = self.expr(&node.expr);
        let after = self.block("");
        let outer = self.processes.start_condition();
        self.asks_about(&node.expr, &subject);
        let asked = self.processes.end_condition(outer);
        let result = self.branched_by(asked, |lower| lower.arms(node, &subject, after));
        self.join_at(after);
        result.unwrap_or_else(Value::nothing)
    }

    /// Lowers the arms of a `match`, up to the first one that always matches.
    fn arms(&mut self, node: &'a ExprMatch, subject: &Value<'a>, after: BlockId) -> Option<Value<'a>> {
        let mut result: Option<Value<'a>> = None;
        for (index, arm) in node.arms.iter().enumerate() {
            let fits = Self::fits(&arm.pat, subject);
            if fits == Some(false) {
                continue;
            }
            let next = self.block("");
            let guards = self.guard_arm(&node.arms, index, &node.expr, subject);
            let other = (index + 1 < node.arms.len() && fits != Some(true)).then_some(next);
            let value = self.arm(arm, (&node.expr, subject), next, other);
            self.unguard(guards);
            self.goto(after);
            result = self.join_options(result, Some(value));
            self.start(next);
            if fits == Some(true) {
                break;
            }
        }
        result
    }

    /// Lowers an arm of a `match`.
    ///
    /// If the pattern does not match, control continues at `other`, which is `None` if the match is
    /// certain.
    /// If the `if` condition after the pattern is false, control continues at `next`.
    fn arm(
        &mut self,
        arm: &'a Arm,
        (subject, value): (&'a Expr, &Value<'a>),
        next: BlockId,
        other: Option<BlockId>,
    ) -> Value<'a> {
        let mark = self.scope.len();
        let taken = self.block("match");
        self.asks_about(subject, value);
        self.matching(subject, &arm.pat, taken, other);
        self.start(taken);
        self.bind(&arm.pat, value.clone());
        if let Pat::Guard(guarded) = &arm.pat {
            let body = self.block("");
            self.condition(&guarded.guard, body, next);
            self.start(body);
        }
        let value = self.expr(&arm.body);
        self.leave(mark);
        value
    }

    fn yields(&mut self, node: &'a syn::ExprYield) -> Value<'a> {
        if let Some(value) = &node.expr {
            let value = self.expr(value);
            self.escapes(&value);
        }
        Value::plain(Deps::Anything)
    }
}

/// Whether a condition asks a `Run` for the weight of a batch or of a window: `run.batch_weight() > 0.0`.
fn asks_for_weight(condition: &Expr) -> bool {
    let Expr::Binary(condition) = condition else { return false };
    let Expr::MethodCall(call) = &*condition.left else { return false };
    matches!(condition.op, syn::BinOp::Gt(_)) && is_weight(&call.method)
}
