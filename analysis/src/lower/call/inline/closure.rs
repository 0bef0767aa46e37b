//! Inlining of closures at their call sites.

use syn::ExprClosure;

use crate::limits;
use crate::lower::control::FrameKind;
use crate::lower::env::value::{Closure, Value};
use crate::lower::{Lower, address};

impl<'a> Lower<'a> {
    /// The closure that `node` defines, with the names in scope at the current place.
    pub(in crate::lower) fn closure_here(&self, node: &'a ExprClosure) -> Closure<'a> {
        Closure { node, scope: self.scope.len() }
    }

    /// Inlines a closure at a call; `call` is the syntax node of the call.
    pub(in crate::lower) fn inline_closure(
        &mut self,
        closure: Closure<'a>,
        call: usize,
        given: Vec<Value<'a>>,
    ) -> Value<'a> {
        let after = self.block("");
        let node = address(closure.node);
        if self.inlining.closures.contains(&node) || self.inlining.closures.len() > limits::NESTED_CLOSURES {
            self.cfg.gave_up = true;
            return Value::nothing();
        }
        let mark = self.scope.len();
        let chain = self.nodes.chain_of(call);
        let chain = std::mem::replace(&mut self.nodes.chain, chain);
        self.inlining.closures.push(node);
        let around = (self.inlining.function, self.inlining.call);
        self.enter_definer(closure.scope);
        let hidden = self.scope.enter_closure(closure.scope);
        let mut given = given.into_iter();
        for input in &closure.node.inputs {
            let value = given.next().unwrap_or_else(Value::nothing);
            self.bind(input, value);
        }
        self.open_frame(None, FrameKind::Call, after);
        let value = self.expr(&closure.node.body);
        let value = self.close_frame(value);
        self.leave(mark);
        self.join_at(after);
        (self.inlining.function, self.inlining.call) = around;
        self.scope.leave_body(hidden);
        self.inlining.closures.pop();
        self.nodes.chain = chain;
        value
    }

    /// Makes the function that defines a closure the current function. The argument `scope` is the
    /// number of names in scope at the closure's definition.
    fn enter_definer(&mut self, scope: usize) {
        if let Some(inner) = self.inlining.stack.iter().find(|active| scope <= active.mark) {
            (self.inlining.function, self.inlining.call) = inner.caller;
        }
    }
}
