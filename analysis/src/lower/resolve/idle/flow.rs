//! The variables of a function, and whether their values reach anything but a number or a message.

use std::collections::BTreeSet;
use std::rc::Rc;

use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprCall, ExprMethodCall, Local, Pat, Stmt, Token};

use super::bindings::{Binding, Fork, Named, Sink};
use super::patterns::{bare, bound_names, is_comparison, is_conversion, is_number_of, is_number_type, root};
use crate::attribute::may_leave_out;
use crate::lower::env::bind::member;
use crate::lower::resolve::Mentions;
use crate::lower::resolve::macros::Unfolded;
use crate::lower::resolve::survey::is_assignment;
use crate::tokens::names_in;
use crate::vocabulary::rust::{is_drop, is_self, passes_errors};
use crate::vocabulary::{
    Role, applies_gradients, asks_property, cannot_train, collects, combines_tensors, copies_values,
    fuses_step, hints_at_training, only_looks, only_shows, only_wraps, role_of_name, steps_not,
    stops_recording,
};

/// The walk over a function.
pub(super) struct Flow<'a> {
    pub bindings: Vec<Binding<'a>>,
    pub calls: Vec<Named<'a>>,
    pub forks: Vec<Fork<'a>>,
    /// The fields of `self` that are used other than by calls that cannot train.
    pub acting_fields: BTreeSet<String>,
    pub(super) scope: Vec<(String, usize)>,
    sink: Sink,
    quiet: usize,
    heads: Vec<Rc<BTreeSet<String>>>,
    loops: Vec<usize>,
    all_loops: usize,
}

impl<'a> Flow<'a> {
    /// Walks over a body with these parameters, which are the first bindings.
    pub(super) fn over(parameters: &[String], body: &'a Block) -> Self {
        let mut flow = Self {
            bindings: Vec::new(),
            calls: Vec::new(),
            forks: Vec::new(),
            acting_fields: BTreeSet::new(),
            scope: Vec::new(),
            sink: Sink::Open,
            quiet: 0,
            heads: Vec::new(),
            loops: Vec::new(),
            all_loops: 0,
        };
        let all = flow.declare(parameters.to_vec(), None, false);
        flow.enter(&all);
        flow.visit_block(body);
        flow
    }

    pub(super) fn declare(&mut self, names: Vec<String>, init: Option<&'a Expr>, alone: bool) -> Vec<usize> {
        let first = self.bindings.len();
        for name in names {
            let around = self.scope.last().map(|(_, id)| *id);
            self.bindings.push(Binding {
                name,
                init,
                alone,
                flows: false,
                into: Vec::new(),
                shown: false,
                acts: false,
                mentioned: false,
                quiet: self.quiet > 0,
                over: self.heads.clone(),
                loops: self.loops.clone(),
                around,
                outer: None,
            });
        }
        (first..self.bindings.len()).collect()
    }

    pub(super) fn enter(&mut self, ids: &[usize]) {
        for &id in ids {
            self.bindings[id].outer = self.scope.last().map(|(_, outer)| *outer);
            self.scope.push((self.bindings[id].name.clone(), id));
        }
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.scope.iter().rev().find(|(known, _)| known == name).map(|(_, id)| *id)
    }

    fn with(&mut self, sink: Sink, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.sink, sink);
        visit(self);
        self.sink = outer;
    }

    pub(super) fn expr(&mut self, expr: &'a Expr, sink: Sink) {
        self.with(sink, |flow| flow.visit_expr(expr));
    }

    pub(super) fn scoped(&mut self, visit: impl FnOnce(&mut Self)) {
        let mark = self.scope.len();
        visit(self);
        self.scope.truncate(mark);
    }

    fn uses(&mut self, id: usize, sink: &Sink) {
        let known = &mut self.bindings[id];
        known.mentioned = true;
        known.acts |= matches!(sink, Sink::Open);
        match sink {
            Sink::Open => known.flows = true,
            Sink::Looked(number) => known.shown |= number,
            Sink::Into(others) => known.into.extend(others.iter().filter(|other| **other != id)),
            Sink::Parts(parts) => known.into.extend(parts.iter().flatten().filter(|other| **other != id)),
        }
    }

    /// Records a method call that may train with its receiver. A method such as `optimizer_mut` only returns it.
    fn acts(&mut self, receiver: &Expr, name: &str) {
        if role_of_name(name) == Some(Role::Optimizer) {
            return;
        }
        if let Some(id) = root(receiver).and_then(|name| self.find(&name)) {
            self.bindings[id].acts = true;
        }
    }

    /// The destination of values that are put into a place.
    fn place(&self, place: &Expr) -> Sink {
        match root(place).and_then(|name| self.find(&name)) {
            Some(id) => Sink::Into(vec![id]),
            None => Sink::Open,
        }
    }

    /// Records a method call that cannot train, on a variable or a field of `self`.
    ///
    /// Returns whether the receiver is such a place.
    fn handles(&mut self, receiver: &Expr) -> bool {
        match bare(receiver) {
            Expr::Path(path) => {
                let id = path.path.get_ident().and_then(|name| self.find(&name.to_string()));
                if let Some(id) = id {
                    self.bindings[id].mentioned = true;
                }
                id.is_some()
            }
            Expr::Field(field) => is_self(&field.base),
            _ => false,
        }
    }

    fn method(&mut self, expr: &'a Expr, node: &'a ExprMethodCall) {
        let name = node.method.to_string();
        if cannot_train(&name) && self.handles(&node.receiver) {
            node.args.iter().for_each(|argument| self.expr(argument, Sink::Looked(false)));
        } else if copies_values(&name) || asks_property(&name) {
            let number = copies_values(&name);
            self.expr(&node.receiver, Sink::Looked(number));
            node.args.iter().for_each(|argument| self.expr(argument, Sink::Looked(false)));
        } else if node.args.len() == 1 && is_conversion(&node.args[0]) {
            self.expr(&node.receiver, Sink::Looked(true));
        } else if only_shows(&name) {
            self.expr(&node.receiver, Sink::Looked(false));
            node.args.iter().for_each(|argument| self.expr(argument, Sink::Looked(false)));
        } else if hints_at_training(&name) && !steps_not(&name) {
            self.expr(&node.receiver, Sink::Open);
            node.args.iter().for_each(|argument| self.expr(argument, Sink::Open));
        } else {
            self.acts(&node.receiver, &name);
            self.visit_expr(&node.receiver);
            let writes = name.ends_with('_');
            let sink = match () {
                () if collects(&name) || combines_tensors(&name) && writes => self.place(&node.receiver),
                () if combines_tensors(&name) || only_looks(&name) || passes_errors(&name) => {
                    self.sink.clone()
                }
                () => Sink::Open,
            };
            node.args.iter().for_each(|argument| self.expr(argument, sink.clone()));
        }
        let on = root(&node.receiver).and_then(|name| self.find(&name));
        self.record(expr, name, on, &node.args);
    }

    /// Records a call.
    fn record(
        &mut self,
        expr: &'a Expr,
        name: String,
        on: Option<usize>,
        args: &Punctuated<Expr, Token![,]>,
    ) {
        let may_step = applies_gradients(&name) || fuses_step(&name);
        let named = |argument: &Expr| names_in(argument).into_iter();
        let given = args.iter().filter(|_| may_step).flat_map(named);
        let given = given.filter_map(|name| self.find(&name)).collect();
        let loops = self.loops.clone();
        self.calls.push(Named { expr, name, arguments: args.len(), loops, on, given });
    }

    fn call(&mut self, expr: &'a Expr, node: &'a ExprCall) {
        if Unfolded::of(node) == Some(Unfolded::Reads) {
            node.args.iter().for_each(|argument| self.expr(argument, Sink::Looked(false)));
            return;
        }
        let Expr::Path(path) = &*node.func else {
            visit::visit_expr_call(self, node);
            return;
        };
        let mut segments = path.path.segments.iter().rev().map(|part| part.ident.to_string());
        let name = segments.next().unwrap_or_default();
        let owner = segments.next().unwrap_or_default();
        let sink = if is_number_of(&owner, &name) || copies_values(&name) {
            Sink::Looked(true)
        } else if is_drop(&name) || only_shows(&name) {
            Sink::Looked(false)
        } else if name.starts_with(char::is_uppercase)
            || combines_tensors(&name)
            || only_looks(&name)
            || only_wraps(&owner)
        {
            self.sink.clone()
        } else {
            Sink::Open
        };
        let quiet = stops_recording(&name);
        self.quiet += usize::from(quiet);
        if owner.is_empty()
            && let Some(id) = self.find(&name)
        {
            let open = Sink::Open;
            self.uses(id, &open);
        }
        node.args.iter().for_each(|argument| self.expr(argument, sink.clone()));
        self.quiet -= usize::from(quiet);
        self.record(expr, name, None, &node.args);
    }

    fn body(&mut self, head: BTreeSet<String>, body: &'a Block) {
        self.all_loops += 1;
        self.heads.push(Rc::new(head));
        self.loops.push(self.all_loops);
        self.with(Sink::Looked(false), |flow| flow.visit_block(body));
        self.loops.pop();
        self.heads.pop();
    }

    /// The destinations of the elements of a tuple that a pattern takes apart.
    fn parts(&self, pat: &Pat, ids: &[usize]) -> Option<Sink> {
        let Pat::Tuple(tuple) = pat else { return None };
        let of = |pat: &Pat| {
            let names = bound_names(pat);
            ids.iter().copied().filter(|id| names.contains(&self.bindings[*id].name)).collect()
        };
        Some(Sink::Parts(tuple.elems.iter().map(of).collect()))
    }

    fn local(&mut self, local: &'a Local) {
        let names = bound_names(&local.pat);
        let alone = matches!(&local.pat, Pat::Ident(_))
            || matches!(&local.pat, Pat::Type(typed) if matches!(&*typed.pat, Pat::Ident(_)));
        let ids = self.declare(names, local.init.as_ref().map(|init| &*init.expr), alone);
        // The code that uses it may be left out too.
        if may_leave_out(&local.attrs) {
            for id in &ids {
                self.bindings[*id].mentioned = true;
            }
        }
        if let Some(init) = &local.init {
            let number = matches!(&local.pat, Pat::Type(typed) if is_number_type(&typed.ty));
            let sink = match () {
                () if number => Sink::Looked(true),
                () if ids.is_empty() => Sink::Looked(false),
                () => self.parts(&local.pat, &ids).unwrap_or_else(|| Sink::Into(ids.clone())),
            };
            self.expr(&init.expr, sink);
            if let Some((_, other)) = &init.diverge {
                self.expr(other, Sink::Looked(false));
            }
        }
        self.enter(&ids);
    }
}

impl<'a> Visit<'a> for Flow<'a> {
    fn visit_item(&mut self, _: &'a syn::Item) {}

    fn visit_block(&mut self, block: &'a Block) {
        let mark = self.scope.len();
        let last = block.stmts.len();
        for (index, statement) in block.stmts.iter().enumerate() {
            match statement {
                Stmt::Local(local) => self.local(local),
                Stmt::Expr(expr, None) if index + 1 == last => self.visit_expr(expr),
                Stmt::Expr(expr, _) => self.expr(expr, Sink::Looked(false)),
                Stmt::Macro(node) => self.visit_macro(&node.mac),
                Stmt::Item(_) => {}
            }
        }
        self.scope.truncate(mark);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Path(path) => {
                let id = path.path.get_ident().and_then(|name| self.find(&name.to_string()));
                if let Some(id) = id {
                    let sink = self.sink.clone();
                    self.uses(id, &sink);
                }
            }
            Expr::Field(field) => {
                if is_self(&field.base) {
                    self.acting_fields.insert(member(&field.member));
                }
                self.visit_expr(&field.base);
            }
            Expr::Tuple(node) => match self.sink.clone() {
                Sink::Parts(parts) if parts.len() == node.elems.len() => {
                    node.elems.iter().zip(parts).for_each(|(part, ids)| self.expr(part, Sink::Into(ids)));
                }
                _ => visit::visit_expr(self, expr),
            },
            Expr::MethodCall(node) => self.method(expr, node),
            Expr::Call(node) => self.call(expr, node),
            Expr::If(node) => self.fork(node),
            Expr::Match(node) => self.arms(node),
            Expr::While(node) => self.scoped(|flow| {
                flow.condition(&node.cond);
                flow.body(BTreeSet::new(), &node.body);
            }),
            Expr::Loop(node) => self.body(BTreeSet::new(), &node.body),
            Expr::ForLoop(node) => self.scoped(|flow| {
                let ids = flow.declare(bound_names(&node.pat), Some(&node.expr), false);
                flow.expr(
                    &node.expr,
                    if ids.is_empty() { Sink::Looked(false) } else { Sink::Into(ids.clone()) },
                );
                flow.enter(&ids);
                flow.body(names_in(&node.expr), &node.body);
            }),
            Expr::Closure(node) => self.scoped(|flow| {
                let names = node.inputs.iter().flat_map(bound_names).collect();
                let ids = flow.declare(names, None, false);
                flow.enter(&ids);
                let sink = if flow.quiet > 0 { flow.sink.clone() } else { Sink::Open };
                flow.expr(&node.body, sink);
            }),
            Expr::Assign(node) => {
                let sink = self.place(&node.left);
                self.expr(&node.right, sink);
                if root(&node.left).and_then(|name| self.find(&name)).is_none() {
                    self.expr(&node.left, Sink::Looked(false));
                }
            }
            Expr::Binary(node) if is_assignment(&node.op) => {
                let sink = self.place(&node.left);
                self.expr(&node.right, sink);
            }
            Expr::Binary(node) if is_comparison(&node.op) => {
                self.expr(&node.left, Sink::Looked(false));
                self.expr(&node.right, Sink::Looked(false));
            }
            Expr::Index(node) => {
                self.visit_expr(&node.expr);
                self.expr(&node.index, Sink::Looked(false));
            }
            Expr::Return(_) | Expr::Break(_) | Expr::Yield(_) => {
                self.with(Sink::Open, |flow| visit::visit_expr(flow, expr));
            }
            other => visit::visit_expr(self, other),
        }
    }

    fn visit_macro(&mut self, node: &'a syn::Macro) {
        let names = Mentions::of(node.tokens.clone()).names;
        let ids: Vec<usize> = names.iter().filter_map(|name| self.find(name)).collect();
        for id in ids {
            self.uses(id, &Sink::Open);
        }
        self.acting_fields.extend(names.iter().cloned());
    }
}
