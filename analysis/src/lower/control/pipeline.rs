//! Chains of iterator methods as loops: a closure that runs once for each item is the body of one.

use syn::visit::Visit;
use syn::{Expr, ExprClosure, ExprMethodCall};

use crate::lower::control::head;
use crate::lower::env::value::Value;
use crate::lower::resolve::survey::Survey;
use crate::lower::{Lower, address, text};
use crate::vocabulary::{Drive, Lazy, drive, lazy};

/// `base.adaptor(..).adaptor(|item| ..)`, not driven yet.
pub(in crate::lower) struct Pipeline<'a> {
    base: &'a Expr,
    /// The closures, in the order in which an item goes through them.
    steps: Vec<(Lazy, &'a ExprClosure)>,
    /// What the adaptors are given beside closures.
    given: Vec<&'a Expr>,
}

impl<'a> Pipeline<'a> {
    fn of(expr: &'a Expr) -> Self {
        let mut pipeline = Self { base: expr, steps: Vec::new(), given: Vec::new() };
        while let Expr::MethodCall(call) = pipeline.base {
            let Some(kind) = lazy(&call.method.to_string(), call.args.len()) else { break };
            match (kind, call.args.first()) {
                (Lazy::Keeps, given) => pipeline.given.extend(given),
                (_, Some(Expr::Closure(closure))) => pipeline.steps.push((kind, closure)),
                _ => break,
            }
            pipeline.base = &call.receiver;
        }
        pipeline.steps.reverse();
        pipeline
    }
}

impl<'a> Lower<'a> {
    /// The chain in front of a loop, if a stage runs in one of its closures.
    pub(in crate::lower) fn pipeline(&self, expr: &'a Expr) -> Option<Pipeline<'a>> {
        let pipeline = Pipeline::of(expr);
        let stages = pipeline.steps.iter().any(|(_, closure)| self.has_stage(closure));
        stages.then_some(pipeline)
    }

    fn has_stage(&self, closure: &ExprClosure) -> bool {
        let mut survey = Survey::empty(self.vocabulary);
        survey.visit_expr(&closure.body);
        survey.stages > 0
    }

    /// What a chain goes through.
    pub(in crate::lower) fn pipeline_items(&mut self, pipeline: &Pipeline<'a>) -> Value<'a> {
        let mut items = self.expr(pipeline.base);
        for given in &pipeline.given {
            let given = self.expr(given);
            items = items.with(&given.derived());
        }
        items
    }

    /// One item on its way through a chain.
    pub(in crate::lower) fn through_pipeline(
        &mut self,
        pipeline: &Pipeline<'a>,
        items: &Value<'a>,
    ) -> Value<'a> {
        let mut item = self.item(items);
        for (kind, closure) in &pipeline.steps {
            let seen = self.scope.len();
            let value = self.run(closure, seen, address(*closure), vec![item.clone()]);
            match kind {
                Lazy::Maps => item = value,
                Lazy::Filters | Lazy::Keeps => {
                    let on = self.block("");
                    self.goto(on);
                    self.branches += 1;
                    self.next_round(None);
                    self.branches -= 1;
                    self.start(on);
                }
            }
        }
        item
    }

    /// `items.map(|item| ..).sum()` and its like, as the loop that it is.
    pub(in crate::lower) fn driven(&mut self, expr: &'a Expr, node: &'a ExprMethodCall) -> Option<Value<'a>> {
        let how = drive(&node.method.to_string(), node.args.len())?;
        let closure = match node.args.last() {
            Some(Expr::Closure(closure)) => Some(closure),
            _ if how == Drive::Plain => None,
            _ => return None,
        };
        let pipeline = Pipeline::of(&node.receiver);
        let simple = matches!(how, Drive::Each { answers: false, .. });
        let staged = pipeline.steps.iter().map(|(_, closure)| *closure).chain(closure);
        if !simple && !staged.into_iter().any(|closure| self.has_stage(closure)) {
            return None;
        }
        let items = self.pipeline_items(&pipeline);
        if let (Some(closure), true) = (closure, pipeline.steps.is_empty() && pipeline.given.is_empty())
            && self.for_all_by_closure(node, closure, &items)
        {
            return Some(Value::nothing());
        }
        let start = match how {
            Drive::Folds => self.expr(&node.args[0]),
            _ => Value::nothing(),
        };
        let line = node.method.span().start().line;
        let id = self
            .loop_of(address(node), line, || (text::call(expr).into(), head::of_items(expr, pipeline.base)));
        self.iterates_over(id, None, pipeline.base);
        let mut result = Value::nothing();
        self.repeat(id, None, true, &mut |lower, out| {
            let body = lower.block("");
            lower.goto(body);
            lower.goto(out);
            lower.start(body);
            if let Some(pat) =
                closure.and_then(|closure| closure.inputs.first()).filter(|_| pipeline.steps.is_empty())
            {
                lower.expect_index(pat, &node.receiver);
            }
            let item = lower.through_pipeline(&pipeline, &items);
            let given = match how {
                Drive::Folds => vec![start.derived(), item],
                _ => vec![item],
            };
            let value = match closure {
                None => given.into_iter().next().unwrap_or_else(Value::nothing),
                Some(closure) => {
                    let (seen, after) = (lower.scope.len(), lower.block(""));
                    lower.run_to(closure, seen, address(expr), given, after)
                }
            };
            result = std::mem::replace(&mut result, Value::nothing()).with(&value.derived());
            if matches!(how, Drive::Each { may_stop: true, .. }) {
                lower.goto(out);
            }
        });
        Some(result.with(&start.derived()))
    }
}
