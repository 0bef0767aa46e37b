//! Loops, whose first iteration and whose later iterations are lowered separately.

use std::collections::BTreeSet;

use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Expr, ExprForLoop, ExprWhile, Label};

use super::each::each_step;
use super::{FrameKind, Iteration, head};
use crate::cfg::{Action, BlockId, BlockKind, Head, LoopId};
use crate::limits;
use crate::lower::env::value::{Kind, Value};
use crate::lower::{Lower, address, text};
use crate::stage::{Effect, Stage};
use crate::tokens::names_in;
use crate::vocabulary::rust::is_break;

impl<'a> Lower<'a> {
    pub(super) fn plain_loop(&mut self, node: &'a syn::ExprLoop) -> Value<'a> {
        let id = self.loop_of(address(node), node.loop_token.span().start().line, || {
            ("loop".to_owned().into(), Head::default())
        });
        let breaks = breaks_in_macro(&node.body);
        self.repeat(id, node.label.as_ref(), false, &mut |lower, out| {
            lower.scoped(&node.body);
            if breaks {
                lower.next_or(out, "");
            }
        })
    }

    pub(super) fn while_loop(&mut self, node: &'a ExprWhile) -> Value<'a> {
        let head = || (format!("while {}", text::tight(&node.cond)).into(), head::of_while(&node.cond));
        let id = self.loop_of(address(node), node.while_token.span().start().line, head);
        if self.cfg.loops[id].head.repeats.is_none() {
            self.cfg.loops[id].head.repeats = self.repeats_while(&node.cond);
        }
        if let Expr::Let(fetched) = &*node.cond {
            self.iterates_over(id, Some(&fetched.pat), &fetched.expr);
            self.note_while(id, fetched);
        }
        self.note_epochs_while(id, node);
        self.repeat(id, node.label.as_ref(), true, &mut |lower, out| {
            let body = lower.block("round");
            lower.syntax.while_let = matches!(&*node.cond, Expr::Let(_));
            lower.condition(&node.cond, body, out);
            lower.start(body);
            lower.scoped(&node.body);
        });
        Value::nothing()
    }

    pub(super) fn for_loop(&mut self, node: &'a ExprForLoop) -> Value<'a> {
        if self.for_each_named(node) || self.steps_each(node) {
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
            lower.next_or(out, "round");
            let mut item = match &pipeline {
                Some(pipeline) => lower.through_pipeline(pipeline, &items),
                None => lower.item(&items),
            };
            item.differs = lower.differs_as_item(&item);
            lower.expect_index(&node.pat, &node.expr);
            lower.bind(&node.pat, item);
            lower.binds_item(id, &node.pat, &node.expr);
            lower.scoped(&node.body);
        });
        Value::nothing()
    }

    /// Lowers a loop that applies an optimizer to each parameter as one step. Returns whether it was lowered.
    pub(super) fn steps_each(&mut self, node: &'a ExprForLoop) -> bool {
        let each = each_step(node).filter(|each| self.survey().steps_each(each.key()));
        let Some(each) = each else { return false };
        let Kind::Optimizer(id) = self.expr(&each.step.1.receiver).kind else { return false };
        let deps = self.expr(&node.expr).derived().deps;
        let path = self.cfg.optimizers[id].path;
        self.optimizer(path, Some(deps.clone()).filter(|deps| !deps.is_empty()), false);
        // The gradients add up if the code zeroes them somewhere.
        self.cfg.optimizers[id].adds_up =
            self.resolver.functions.iter().any(|known| known.survey.names_zero());
        let step = self.site_of(each.step.0, Some(Stage::Step));
        self.emit(Action::Effect(id, Effect::Take), step);
        if let Some(zero) = each.zero {
            let zero = self.site_of(zero, Some(Stage::ZeroGrad));
            self.emit(Action::Through(deps, Effect::Zero), zero);
        }
        true
    }

    /// Branches to a new block for the body, and to `out` after the last item; continues in the body.
    pub(super) fn next_or(&mut self, out: BlockId, label: &str) {
        let body = self.block(label);
        self.goto(body);
        self.goto(out);
        self.start(body);
    }

    /// Lowers a loop as its first iteration and its later iterations; returns the join of its `break` values.
    ///
    /// `body` lowers one iteration. It is given the block to which control goes after the last item,
    /// and emits the branch to this block.
    pub(in crate::lower) fn repeat(
        &mut self,
        of: LoopId,
        label: Option<&Label>,
        may_skip: bool,
        body: &mut dyn FnMut(&mut Self, BlockId),
    ) -> Value<'a> {
        let line = self.cfg.loops[of].line;
        let label = label.map(|label| label.name.ident.to_string());
        let twice = self.control.iterations.len() < limits::NESTED_LOOPS;
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
            self.begin_iteration(of, is_first);
            let mark = self.scope.len();
            body(self, if is_first || !twice { skipped } else { out });
            self.leave(mark);
            self.goto(later);
            self.forget_exits();
            self.control.iterations.pop();
            let broken = self.control.frames.pop().and_then(|frame| frame.value);
            value = self.join_options(value, broken);
        }
        self.start(skipped);
        self.edge(out, may_skip && twice);
        self.start(out);
        value.unwrap_or_else(Value::nothing)
    }

    fn begin_iteration(&mut self, of: LoopId, first: bool) {
        self.control.iterations.push(Iteration {
            of,
            first,
            branches: self.control.branches,
            continued: false,
            guards: self.open_guards(),
            bumped: BTreeSet::new(),
        });
    }
}

/// Whether the tokens of a macro in a block contain a `break`: `select! { _ = done => break }`.
///
/// The loop around the block then ends, although no `break` is in its syntax tree.
fn breaks_in_macro(block: &syn::Block) -> bool {
    struct Breaks(bool);
    impl<'ast> Visit<'ast> for Breaks {
        fn visit_macro(&mut self, node: &'ast syn::Macro) {
            self.0 |= names_in(&node.tokens).iter().any(|name| is_break(name));
        }
    }
    let mut found = Breaks(false);
    found.visit_block(block);
    found.0
}
