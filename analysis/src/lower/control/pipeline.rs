//! Chains of iterator methods as loops.
//!
//! A closure that runs once for each item is the body of such a loop.

use syn::visit::Visit;
use syn::{Expr, ExprClosure, ExprMethodCall};

use super::head;
use crate::cfg::LoopId;
use crate::lower::env::value::Value;
use crate::lower::resolve::survey::Survey;
use crate::lower::{Lower, address, text};
use crate::vocabulary::{Drive, Lazy, drive, lazy};

/// A chain of lazy adaptors without the call that runs it: `base.adaptor(..).adaptor(|item| ..)`.
pub(super) struct Pipeline<'a> {
    base: &'a Expr,
    /// The closures of the adaptors, in the order in which an item passes through them.
    steps: Vec<(Lazy, &'a ExprClosure)>,
    /// The arguments of the adaptors, apart from the closures.
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

    /// Whether the chain has no adaptors, and is just a collection.
    fn is_bare(&self) -> bool {
        self.steps.is_empty() && self.given.is_empty()
    }
}

/// A method that runs a chain: `for_each`, `fold`, `sum`.
struct Driver<'a> {
    how: Drive,
    closure: Option<&'a ExprClosure>,
    /// The initial value of a fold.
    start: Value<'a>,
    node: &'a ExprMethodCall,
    /// The syntax node of the call.
    call: usize,
}

impl<'a> Lower<'a> {
    /// The chain that a `for` loop iterates over, if a stage runs in one of its closures.
    pub(super) fn pipeline(&self, expr: &'a Expr) -> Option<Pipeline<'a>> {
        let pipeline = Pipeline::of(expr);
        let stages = pipeline.steps.iter().any(|(_, closure)| self.has_stage(closure));
        stages.then_some(pipeline)
    }

    fn has_stage(&self, closure: &ExprClosure) -> bool {
        let mut survey = Survey::empty(self.vocabulary);
        survey.visit_expr(&closure.body);
        survey.stages > 0
    }

    /// Evaluates the base and the other arguments of a chain; returns the items that enter its first step.
    pub(super) fn pipeline_items(&mut self, pipeline: &Pipeline<'a>) -> Value<'a> {
        let mut items = self.expr(pipeline.base);
        for given in &pipeline.given {
            let given = self.expr(given);
            items = items.with(&given.derived());
        }
        items
    }

    /// Evaluates the steps of a chain for one item.
    pub(super) fn through_pipeline(&mut self, pipeline: &Pipeline<'a>, items: &Value<'a>) -> Value<'a> {
        let mut item = self.item(items);
        for (kind, closure) in &pipeline.steps {
            let value =
                self.inline_closure(self.closure_here(closure), address(*closure), vec![item.clone()]);
            match kind {
                Lazy::Maps => item = value,
                Lazy::Filters | Lazy::Keeps => {
                    let on = self.block("");
                    self.goto(on);
                    self.branched(|lower| lower.next_iteration(None));
                    self.start(on);
                }
            }
        }
        item
    }

    /// Lowers `items.map(|item| ..).sum()` and similar chains as a loop.
    pub(in crate::lower) fn driven(
        &mut self,
        expr: &'a Expr,
        node: &'a ExprMethodCall,
        name: &str,
    ) -> Option<Value<'a>> {
        let how = drive(name, node.args.len())?;
        let closure = match node.args.last() {
            Some(Expr::Closure(closure)) => Some(closure),
            _ if how == Drive::Plain => None,
            _ => return None,
        };
        let pipeline = Pipeline::of(&node.receiver);
        let simple = matches!(how, Drive::Each { answers: false, .. });
        let mut staged = pipeline.steps.iter().map(|(_, closure)| *closure).chain(closure);
        if !simple && !staged.any(|closure| self.has_stage(closure)) {
            return None;
        }
        let items = self.pipeline_items(&pipeline);
        if let (Some(closure), true) = (closure, pipeline.is_bare())
            && self.for_all_by_closure(node, closure, &items)
        {
            return Some(Value::nothing());
        }
        let start = match how {
            Drive::Folds => self.expr(&node.args[0]),
            _ => Value::nothing(),
        };
        let line = node.method.span().start().line;
        let head = || (text::call(expr).into(), head::of_items(expr, pipeline.base));
        let id = self.loop_of(address(node), line, head);
        self.iterates_over(id, None, pipeline.base);
        if pipeline.is_bare() {
            self.note_epochs(id, pipeline.base);
        }
        let driver = Driver { how, closure, start, node, call: address(expr) };
        Some(self.drive(id, &driver, &pipeline, &items))
    }

    /// Lowers the loop in which the driver, such as `sum` or `for_each`, consumes the items of a pipeline.
    ///
    /// Returns the join of the values that the iterations compute.
    fn drive(
        &mut self,
        of: LoopId,
        driver: &Driver<'a>,
        pipeline: &Pipeline<'a>,
        items: &Value<'a>,
    ) -> Value<'a> {
        let mut result = Value::nothing();
        self.repeat(of, None, true, &mut |lower, out| {
            lower.next_or(out, "");
            if let Some(pat) = driver
                .closure
                .and_then(|closure| closure.inputs.first())
                .filter(|_| pipeline.steps.is_empty())
            {
                lower.expect_index(pat, &driver.node.receiver);
            }
            let item = lower.through_pipeline(pipeline, items);
            let value = match driver.closure {
                None => item,
                Some(closure) => {
                    let given = match driver.how {
                        Drive::Folds => vec![driver.start.derived(), item],
                        _ => vec![item],
                    };
                    lower.inline_closure(lower.closure_here(closure), driver.call, given)
                }
            };
            result = std::mem::replace(&mut result, Value::nothing()).with(&value.derived());
            if matches!(driver.how, Drive::Each { may_stop: true, .. }) {
                lower.goto(out);
            }
        });
        result.with(&driver.start.derived())
    }
}
