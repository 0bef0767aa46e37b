//! Branches and loops.

use syn::spanned::Spanned;
use syn::{Arm, Expr, ExprBinary, ExprForLoop, ExprIf, ExprMatch, ExprWhile, Label, Pat};

use crate::cfg::{BlockId, BlockKind, Deps, Head};
use crate::limits;
use crate::lower::control::head;
use crate::lower::env::value::Value;
use crate::lower::{FrameKind, Lower, address, text};

impl<'a> Lower<'a> {
    pub(in crate::lower) fn control(&mut self, expr: &'a Expr) -> Value<'a> {
        match expr {
            // What a batch without weight leaves out changes nothing.
            Expr::If(node) if crate::lower::call::method::asks_for_weight(&node.cond) => {
                self.scoped(&node.then_branch)
            }
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
            Expr::TryBlock(node) => self.try_block(node),
            Expr::Try(node) => self.tries(node),
            Expr::Return(node) => self.returns(node),
            Expr::Yield(node) => self.yields(node),
            Expr::Break(node) => self.breaks(expr, node),
            Expr::Continue(node) => self.continues(expr, node),
            _ => Value::nothing(),
        }
    }

    fn plain_loop(&mut self, node: &'a syn::ExprLoop) -> Value<'a> {
        let id = self.loop_of(address(node), node.loop_token.span().start().line, || {
            ("loop".to_owned().into(), Head::default())
        });
        self.repeat(id, node.label.as_ref(), false, &mut |lower, _| {
            lower.scoped(&node.body);
        })
    }

    fn try_block(&mut self, node: &'a syn::ExprTryBlock) -> Value<'a> {
        let after = self.block("");
        self.open_frame(None, FrameKind::Try, after);
        let value = self.scoped(&node.block);
        self.frames.pop();
        self.goto(after);
        self.start(after);
        value
    }

    fn yields(&mut self, node: &'a syn::ExprYield) -> Value<'a> {
        if let Some(value) = &node.expr {
            let value = self.expr(value);
            self.escapes(&value);
        }
        Value::plain(Deps::Anything)
    }

    fn while_loop(&mut self, node: &'a ExprWhile) -> Value<'a> {
        let head = || (format!("while {}", text::tight(&node.cond)).into(), head::of_while(&node.cond));
        let id = self.loop_of(address(node), node.while_token.span().start().line, head);
        if let Expr::Let(fetched) = &*node.cond {
            self.iterates_over(id, Some(&fetched.pat), &fetched.expr);
            self.note_while(id, fetched);
        }
        self.repeat(id, node.label.as_ref(), true, &mut |lower, out| {
            let body = lower.block("round");
            lower.while_let = matches!(&*node.cond, Expr::Let(_));
            lower.condition(&node.cond, body, out);
            lower.start(body);
            lower.scoped(&node.body);
        });
        Value::nothing()
    }

    fn for_loop(&mut self, node: &'a ExprForLoop) -> Value<'a> {
        if self.for_each_named(node) {
            return Value::nothing();
        }
        let pipeline = self.pipeline(&node.expr);
        let items = match &pipeline {
            Some(pipeline) => self.pipeline_items(pipeline),
            None => self.expr(&node.expr),
        };
        if self.for_all(node, &items) {
            return Value::nothing();
        }
        let head = || {
            let text = format!("for {} in {}", text::tight(&node.pat), text::tight(&node.expr));
            (text.into(), head::of_for(&node.pat, &node.expr))
        };
        let id = self.loop_of(address(node), node.for_token.span().start().line, head);
        self.note_for(id, &node.pat, &node.expr);
        self.repeat(id, node.label.as_ref(), true, &mut |lower, out| {
            let body = lower.block("round");
            lower.goto(body);
            lower.goto(out);
            lower.start(body);
            let item = match &pipeline {
                Some(pipeline) => lower.through_pipeline(pipeline, &items),
                None => lower.item(&items),
            };
            lower.expect_index(&node.pat, &node.expr);
            lower.bind(&node.pat, item);
            lower.binds_item(id, &node.pat);
            lower.scoped(&node.body);
        });
        Value::nothing()
    }

    fn labelled(&mut self, label: &Label, block: &'a syn::Block) -> Value<'a> {
        let after = self.block("");
        let label = Some(label.name.ident.to_string());
        self.open_frame(label, FrameKind::Labelled, after);
        let value = self.scoped(block);
        let broken = self.frames.pop().and_then(|frame| frame.value);
        self.goto(after);
        self.start(after);
        match broken {
            Some(broken) => self.join_values(value, broken),
            None => value,
        }
    }

    /// A loop, first round and later rounds.
    ///
    /// `round` lowers one round, and goes to the given block when there is no further one.
    pub(in crate::lower) fn repeat(
        &mut self,
        of: usize,
        label: Option<&Label>,
        may_skip: bool,
        round: &mut dyn FnMut(&mut Self, BlockId),
    ) -> Value<'a> {
        let line = self.cfg.loops[of].line;
        let label = label.map(|label| label.name.ident.to_string());
        let twice = self.rounds.len() < limits::NESTED_LOOPS;
        let first = self.block(&format!("line {line}, first round"));
        let later = if twice { self.block(&format!("line {line}, later rounds")) } else { first };
        for head in [first, later] {
            self.cfg.blocks[head].kind = BlockKind::Head;
        }
        self.cfg.blocks[later].iterates = Some(of);
        let (skipped, out) = (self.block(""), self.block(&format!("after line {line}")));
        self.goto(first);
        let mut value = None;
        for (is_first, head) in [(true, first), (false, later)] {
            if is_first && !twice {
                continue;
            }
            self.start(head);
            self.open_frame(label.clone(), FrameKind::Loop { continue_to: later }, out);
            self.begin_round(of, is_first);
            let mark = self.scope.len();
            round(self, if is_first || !twice { skipped } else { out });
            self.leave(mark);
            self.goto(later);
            self.forget_exits();
            self.rounds.pop();
            let broken = self.frames.pop().and_then(|frame| frame.value);
            value = match (value, broken) {
                (Some(a), Some(b)) => Some(self.join_values(a, b)),
                (a, b) => a.or(b),
            };
        }
        self.start(skipped);
        self.edge(out, may_skip && twice);
        self.start(out);
        value.unwrap_or_else(Value::nothing)
    }

    fn branch(&mut self, node: &'a ExprIf) -> Value<'a> {
        let mark = self.scope.len();
        let (yes, no, after) = (self.block("if"), self.block("else"), self.block(""));
        self.condition(&node.cond, yes, no);
        self.note_choice(node);
        self.branches += 1;
        self.start(yes);
        let guards = self.guard_branch(&node.cond, true);
        let then = self.scoped(&node.then_branch);
        self.unguard(guards);
        self.leave(mark);
        self.goto(after);
        self.start(no);
        let guards = self.guard_branch(&node.cond, false);
        let other = match &node.else_branch {
            Some((_, other)) => self.expr(other),
            None => Value::nothing(),
        };
        self.unguard(guards);
        self.branches -= 1;
        self.goto(after);
        self.start(after);
        self.join_values(then, other)
    }

    /// `a && b` as a value.
    pub(in crate::lower) fn condition_value(&mut self, node: &'a ExprBinary) -> Value<'a> {
        let (right, after) = (self.block(""), self.block(""));
        let left = self.expr(&node.left);
        self.goto(right);
        self.goto(after);
        self.start(right);
        self.branches += 1;
        let right = self.expr(&node.right);
        self.branches -= 1;
        self.goto(after);
        self.start(after);
        Value { measured: left.measured || right.measured, ..Value::number() }
    }

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
        let mut result: Option<Value<'a>> = None;
        self.branches += 1;
        for (index, arm) in node.arms.iter().enumerate() {
            let fits = Self::fits(&arm.pat, &subject);
            if fits == Some(false) {
                continue;
            }
            let next = self.block("");
            let guards = self.guard_arm(&node.arms, index, &node.expr, &subject);
            let other = (index + 1 < node.arms.len() && fits != Some(true)).then_some(next);
            let value = self.arm(arm, (&node.expr, &subject), next, other);
            self.unguard(guards);
            self.goto(after);
            result = Some(match result {
                Some(before) => self.join_values(before, value),
                None => value,
            });
            self.start(next);
            if fits == Some(true) {
                break;
            }
        }
        self.branches -= 1;
        self.goto(after);
        self.start(after);
        result.unwrap_or_else(Value::nothing)
    }

    /// One arm; control that does not take it goes on at `next`, if there is another.
    fn arm(
        &mut self,
        arm: &'a Arm,
        (subject, value): (&'a Expr, &Value<'a>),
        next: BlockId,
        other: Option<BlockId>,
    ) -> Value<'a> {
        let mark = self.scope.len();
        let taken = self.block("match");
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
}
