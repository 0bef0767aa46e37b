//! Functions that are seen: lowered in place where they are called.
//!
//! A call binds the parameters to what it is given, so that the callee acts on the caller's objects; `return`
//! ends the callee, and `?` goes on where the call itself is asked by `?`.
//! What calls itself, and what would make too much of one function, is left unseen.

use syn::{Expr, FnArg, Pat, ReceiverKind, ReturnType, Type};

use crate::cfg::{BlockId, Call, CallId, Deps, SiteId};
use crate::limits;
use crate::lower::control::failure::{Failure, Way, is_error, is_none, tails};
use crate::lower::env::value::{Handed, Kind, Value};
use crate::lower::resolve::survey;
use crate::lower::resolve::{FnId, SeenFn, TypeId};
use crate::lower::{FrameKind, Lower, address};
use crate::tokens::identifiers;
use crate::vocabulary::rust::is_option;
use crate::vocabulary::{CallEffect, Role};

impl<'a> Lower<'a> {
    /// The function that is being run.
    pub(in crate::lower) fn here(&self) -> &'a SeenFn {
        &self.seen.functions[self.function]
    }

    /// Whether a call of this function is followed from here.
    pub(in crate::lower) fn follows(&self, id: FnId, call: &Expr) -> bool {
        let function = &self.seen.functions[id];
        let awaited = function.sig.asyncness.is_none() || self.awaited.contains(&address(call));
        awaited
            && id != self.root
            && !self.active.contains(&id)
            && self.active.len() < limits::NESTED_CALLS
            && self.followed_calls < limits::CALLS
            && self.events < limits::EVENTS_TO_FOLLOW_IN
            && self.cfg.optimizers.len() < limits::OPTIMIZERS_TO_FOLLOW_IN
            && self.depth + function.survey.deepest + 8 < limits::NESTED_EXPRESSIONS
    }

    /// A call of a function that is seen, if it can be followed.
    pub(in crate::lower) fn seen_call(
        &mut self,
        expr: &'a Expr,
        node: &'a syn::ExprCall,
    ) -> Option<Value<'a>> {
        let Expr::Path(path) = &*node.func else { return None };
        let id = self.seen.resolve(&path.path, self.function)?;
        let last = path.path.segments.last()?.ident.to_string();
        let table = self.vocabulary.function(&last).filter(|_| path.path.segments.len() == 1);
        if matches!(
            table,
            Some(
                CallEffect::Gradients(_)
                    | CallEffect::NoGrad
                    | CallEffect::WithGrad
                    | CallEffect::SwitchesRecording
            )
        ) {
            return None;
        }
        self.called.insert(id);
        if !self.follows(id, expr) {
            return None;
        }
        let given: Vec<_> = node.args.iter().map(|argument| self.expr(argument)).collect();
        let value = self.follow(id, expr, given.clone());
        Some(match table {
            // Arithmetic that is not understood leaves the graph to the table.
            Some(CallEffect::Computes(stage)) if !value.computed => self.computes(expr, stage, None, &given),
            _ => value,
        })
    }

    /// A method call on a value whose type is seen, if it can be followed.
    pub(in crate::lower) fn seen_method(
        &mut self,
        expr: &'a Expr,
        node: &'a syn::ExprMethodCall,
        receiver: &Value<'a>,
        arguments: &[Value<'a>],
    ) -> Option<Value<'a>> {
        let ty = receiver.ty?;
        let name = node.method.to_string();
        let id = self.seen.method(ty, &name)?;
        let function = &self.seen.functions[id];
        if !matches!(function.sig.inputs.first(), Some(FnArg::Receiver(_))) {
            return None;
        }
        match self.vocabulary.method(&name, arguments.len()) {
            // What a model calls its own `forward`, `train` or `zero_grad` is what the table says.
            Some(CallEffect::Gradients(_)) if !self.holds_optimizer(ty) => return None,
            Some(CallEffect::Computes(crate::stage::Stage::Forward)) => return None,
            Some(CallEffect::Gradients(_) | CallEffect::Backward { .. } | CallEffect::Computes(_)) | None => {
            }
            Some(_) if !function.survey.trains => return None,
            Some(_) => {}
        }
        self.called.insert(id);
        if !self.follows(id, expr) {
            return None;
        }
        let mut given = vec![receiver.clone()];
        given.extend(arguments.iter().cloned());
        let value = self.follow(id, expr, given);
        Some(match self.vocabulary.method(&name, arguments.len()) {
            Some(CallEffect::Computes(stage)) if !value.computed => {
                self.computes(expr, stage, Some(receiver), arguments)
            }
            _ => value,
        })
    }

    /// Whether a field of the type is an optimizer.
    fn holds_optimizer(&self, ty: TypeId) -> bool {
        let mut fields = self.seen.fields(ty);
        fields.any(|(name, ty)| self.role(name, self.role_of_let(ty)) == Some(Role::Optimizer))
    }

    /// Runs a function where it is called.
    pub(in crate::lower) fn follow(&mut self, id: FnId, call: &'a Expr, given: Vec<Value<'a>>) -> Value<'a> {
        let function = &self.seen.functions[id];
        let site = self.site_of(call, None);
        let after = self.block("");
        let (mark, chain) = (self.scope.len(), self.chain);
        let outer = (self.function, self.call, self.branches);
        let hidden = std::mem::replace(&mut self.hidden, vec![(0, mark)]);
        // The arguments are looked at where the call stands; everything below is the callee's.
        self.chain = self.chain_of(address(call));
        let call_id = self.call_of(site, id);
        self.call = Some(call_id);
        self.function = id;
        self.survey = &function.survey;
        self.scope.push((String::new(), crate::lower::BORDER));
        self.active.push(id);
        self.entered.push((mark, outer.0, outer.1));
        self.followed_calls += 1;

        let mut given = given.into_iter();
        for input in &function.sig.inputs {
            let value = given.next().unwrap_or_else(Value::nothing);
            match input {
                FnArg::Receiver(receiver) => self.receiver(address(receiver), receiver, value),
                FnArg::Typed(typed) => self.bind_argument(&typed.pat, &typed.ty, value),
            }
        }
        let value = self.body(function, call, after);
        let value = self.handed_back(value);
        self.leave_with(mark, &value);
        self.goto(after);
        self.start(after);

        self.active.pop();
        self.entered.pop();
        (self.function, self.call, self.branches) = outer;
        self.survey = &self.here().survey;
        self.hidden = hidden;
        self.chain = chain;
        let ty = match &function.sig.output {
            ReturnType::Type(_, ty) => self.seen.type_of(ty, id),
            ReturnType::Default => None,
        };
        Value { ty: value.ty.or(ty), ..value.with_known(None) }
    }

    /// A closure acts in the function in which it stands, wherever that calls it from.
    pub(in crate::lower) fn go_home(&mut self, seen: usize) {
        if let Some((_, function, call)) = self.entered.iter().find(|(mark, ..)| seen <= *mark) {
            (self.function, self.call) = (*function, *call);
            self.survey = &self.here().survey;
        }
    }

    /// The body of a function that is run, up to where its results meet.
    fn body(&mut self, function: &'a SeenFn, call: &Expr, after: BlockId) -> Value<'a> {
        let asked = self.asked.iter().rfind(|asked| asked.call == address(call));
        let scope = self.scope.len();
        let way = asked.map_or(Way { to: after, scope, softly: true }, |asked| asked.way);
        let frame = self.frames.len();
        let none_fails = asked.is_some()
            && matches!(&function.sig.output, ReturnType::Type(_, ty) if is_option(&survey::type_name(ty)));
        self.failures.push(Failure { frame, way, branches: self.branches, none_fails });
        self.open_frame(None, FrameKind::Call, after);
        let mut ends = Vec::new();
        tails(&function.body.stmts, &mut ends);
        let fails = |end: &&&Expr| is_error(end) || none_fails && is_none(end);
        let failing = self.failing.len();
        self.failing.extend(ends.iter().filter(fails).map(|end| address(*end)));
        let value = self.statements(&function.body.stmts);
        self.failing.truncate(failing);
        self.failures.pop();
        let returned = self.frames.pop().and_then(|frame| frame.value);
        match returned {
            Some(returned) => self.join_values(value, returned),
            None => value,
        }
    }

    /// What comes out of a function: a closure's variables are gone by then.
    fn handed_back(&mut self, value: Value<'a>) -> Value<'a> {
        match &value.kind {
            Kind::Closure(closure, _) => {
                let tokens = quote::ToTokens::to_token_stream(&closure.body);
                let mut names = std::collections::BTreeSet::new();
                identifiers(tokens.clone(), &mut names);
                let held = names.iter().filter_map(|name| self.lookup(name));
                let held = held.filter_map(|path| match self.values.get(&path).map(|value| &value.kind) {
                    Some(Kind::Optimizer(id)) => Some(*id),
                    _ => None,
                });
                let held = held.collect();
                self.lose(held);
                self.touch_tokens(tokens);
                Value::plain(Deps::Anything)
            }
            Kind::Tuple(parts) => {
                let parts = parts.clone().into_iter().map(|part| self.handed_back(part)).collect();
                Value { kind: Kind::Tuple(parts), ..value }
            }
            Kind::Fields(parts) => {
                let parts = parts.clone().into_iter();
                let parts = parts.map(|(name, part)| (name, self.handed_back(part))).collect();
                Value { kind: Kind::Fields(parts), ..value }
            }
            _ => value,
        }
    }

    fn receiver(&mut self, node: usize, receiver: &syn::Receiver, value: Value<'a>) {
        let handed = match &receiver.kind {
            ReceiverKind::Reference(_, _, Some(_)) => Handed::Exclusive,
            ReceiverKind::Reference(_, _, None) => Handed::Shared,
            _ => Handed::Value,
        };
        let value = Value { ty: value.ty.or(self.here().owner), handed, ..value };
        self.alias("self", node, value, None);
    }

    /// Binds a parameter to what the call gives it.
    fn bind_argument(&mut self, pat: &'a Pat, ty: &'a Type, value: Value<'a>) {
        let role = self.role_of_parameter(ty, &self.here().sig.generics);
        let ty_of = self.seen.type_of(ty, self.function);
        let value = Value { ty: value.ty.or(ty_of), ..value };
        let Pat::Ident(ident) = pat else { return self.bind(pat, value) };
        let name = ident.ident.to_string();
        let value = self.promoted(&name, role, value);
        if matches!(ty, Type::Reference(by) if by.mutability.is_some()) {
            self.alias(&name, address(ident), value, role);
        } else {
            self.variable(&name, address(ident), value, role);
        }
    }

    /// What the caller does not know to be an optimizer, the callee may.
    fn promoted(&mut self, name: &str, role: Option<Role>, value: Value<'a>) -> Value<'a> {
        let Some(place) = value.place.filter(|place| value.deps == Deps::one(*place)) else { return value };
        let known = value.ty.is_some() && role != Some(Role::Optimizer);
        if !matches!(value.kind, Kind::Plain) || known || self.role(name, role) != Some(Role::Optimizer) {
            return value;
        }
        let from_caller = self.parameters.contains(&self.cfg.paths.root_of(place));
        let kind = Kind::Optimizer(self.optimizer(place, None, from_caller));
        if let Some(known) = self.values.get_mut(&place) {
            known.kind = kind.clone();
        }
        Value { kind, ..value }
    }

    /// A variable that is another name for a place: what is stored through it is stored there.
    fn alias(&mut self, name: &str, node: usize, value: Value<'a>, role: Option<Role>) {
        let Some(place) = value.place else { return self.variable(name, node, value, role) };
        let path = self.root(name, node);
        self.changed(name);
        self.aliases.insert(path, place);
        self.values.entry(place).or_insert_with(|| value.clone());
        self.values.insert(path, value);
    }

    /// The chain of calls that this call makes of the one being run.
    pub(in crate::lower) fn chain_of(&mut self, call: usize) -> u32 {
        let next = u32::try_from(self.calls.len()).unwrap_or(u32::MAX) + 1;
        *self.calls.entry((call, self.chain)).or_insert(next)
    }

    /// The call of the chain that is being run.
    fn call_of(&mut self, site: SiteId, id: FnId) -> CallId {
        let names = (self.here().name.clone(), self.seen.functions[id].name.clone());
        let calls = &mut self.cfg.calls;
        *self.call_ids.entry(self.chain).or_insert_with(|| {
            calls.push(Call { site, caller: names.0, callee: names.1 });
            calls.len() - 1
        })
    }
}
