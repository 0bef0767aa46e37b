//! The function as a whole: its parameters, and the closures and blocks that run like functions.

use quote::ToTokens;
use syn::{Expr, ExprClosure, FnArg, GenericParam, Generics, Pat, Type, TypeParamBound};

use crate::cfg::{BlockId, BlockKind, Deps, Origin, PathId};
use crate::diagnostic::Place;
use crate::lower::env::value::{Handed, Kind, Value};
use crate::lower::{FrameKind, Lower};
use crate::vocabulary::rust::{TypeShape, is_number, type_shape};
use crate::vocabulary::{Role, role_of_name, role_of_type};

impl<'a> Lower<'a> {
    pub(super) fn function(&mut self) {
        let function = self.here();
        let name = &function.sig.ident;
        self.note_function(function);
        self.site(0, None, || (Place::of(name), name.to_string().into()));
        for input in &function.sig.inputs {
            match input {
                FnArg::Receiver(receiver) => {
                    let path = self.root("self", crate::lower::address(receiver));
                    self.parameters.insert(path);
                    self.cfg.facts.variable_mut(path).is_parameter = true;
                    let value =
                        Value { place: Some(path), ty: function.owner, ..Value::plain(Deps::one(path)) };
                    self.values.insert(path, value);
                }
                FnArg::Typed(typed) => self.parameter(&typed.pat, &typed.ty, &function.sig.generics),
            }
        }
        let exit = self.block("exit");
        self.cfg.blocks[exit].kind = BlockKind::Exit;
        self.cfg.blocks[exit].ends = Some(function.body.brace_token.span.close().into());
        let value = self.statements(&function.body.stmts);
        self.escapes(&value);
        self.goto(exit);
    }

    /// A variable of this name, the same in all copies of a loop.
    pub(super) fn root(&mut self, name: &str, node: usize) -> PathId {
        let key = (node, self.chain);
        let path = self.roots.get(&key).copied().unwrap_or_else(|| self.cfg.paths.root(name));
        if self.roots.insert(key, path).is_none()
            && let Some(round) = self.rounds.last()
        {
            self.cfg.facts.variable_mut(path).begins = Some(round.of);
        }
        if !self.active.is_empty() {
            let first = *self.firsts.entry(node).or_insert(path);
            self.first_of.insert(path, first);
        }
        self.enter(name, path);
        path
    }

    fn parameter(&mut self, pat: &'a Pat, ty: &Type, generics: &Generics) {
        let Pat::Ident(ident) = pat else {
            let value = Value::nothing();
            self.bind(pat, value);
            return;
        };
        let name = ident.ident.to_string();
        let path = self.root(&name, crate::lower::address(ident));
        self.parameters.insert(path);
        self.cfg.facts.variable_mut(path).is_parameter = true;
        let kind = match self.role(&name, self.role_of_parameter(ty, generics)) {
            Some(Role::Optimizer) => Kind::Optimizer(self.optimizer(path, None, true)),
            Some(Role::Schedule) => Kind::Schedule,
            Some(Role::Scaler) => Kind::Scaler,
            _ if self.holds_optimizers(ty, generics) => Kind::Optimizers(self.several(path, true)),
            Some(Role::Other) | None => Kind::Plain,
        };
        if let Kind::Optimizer(id) = &kind
            && !crate::lower::text::tight(ty).contains('&')
        {
            self.cfg.optimizers[*id].given = true;
        }
        let handed = match ty {
            Type::Reference(by) if by.mutability.is_some() => Handed::Exclusive,
            Type::Reference(_) => Handed::Shared,
            _ => Handed::Value,
        };
        let number = matches!(ty, Type::Path(ty) if ty.path.get_ident().is_some_and(|name| is_number(&name.to_string())));
        let origin = if number { Origin::constant() } else { Origin::default() };
        let typed_schedule = self.role_of_parameter(ty, generics) == Some(Role::Schedule);
        let ty = self.seen.type_of(ty, self.function);
        let value = Value {
            place: Some(path),
            handed,
            ty,
            typed_schedule,
            ..Value::of(kind, Deps::one(path)).with_origin(origin)
        };
        self.values.insert(path, value);
    }

    /// What a name stands for: told, else by type, else by use, else by name.
    pub(super) fn role(&self, name: &str, by_type: Option<Role>) -> Option<Role> {
        let told = &self.here().options;
        if told.optimizers.iter().any(|told| told == name) {
            return Some(Role::Optimizer);
        }
        if told.models.iter().any(|told| told == name) {
            return Some(Role::Other);
        }
        let by_use = || {
            let used = self.survey.uses.get(name).is_some_and(crate::vocabulary::Uses::as_optimizer);
            used.then_some(Role::Optimizer)
        };
        let last = name.rsplit('.').next().unwrap_or(name);
        by_type.or_else(by_use).or_else(|| role_of_name(last))
    }

    pub(super) fn role_of_parameter(&self, ty: &Type, generics: &Generics) -> Option<Role> {
        match ty {
            Type::Reference(inner) => self.role_of_parameter(&inner.elem, generics),
            Type::Paren(inner) => self.role_of_parameter(&inner.elem, generics),
            Type::Group(inner) => self.role_of_parameter(&inner.elem, generics),
            Type::ImplTrait(bounds) => self.role_of_bounds(bounds.bounds.iter()),
            Type::TraitObject(bounds) => self.role_of_bounds(bounds.bounds.iter()),
            Type::Slice(_) | Type::Array(_) | Type::Tuple(_) => Some(Role::Other),
            Type::Path(path) => {
                let last = path.path.segments.last()?;
                let name = last.ident.to_string();
                let parameter = path.path.get_ident().and_then(|name| self.role_of_generic(name, generics));
                match type_shape(&name) {
                    Some(TypeShape::Wrapper) => {
                        let syn::PathArguments::AngleBracketed(inner) = &last.arguments else { return None };
                        inner.args.iter().find_map(|argument| match argument {
                            syn::GenericArgument::Type(ty) => self.role_of_parameter(ty, generics),
                            _ => None,
                        })
                    }
                    Some(TypeShape::Collection) => Some(Role::Other),
                    None => parameter.or_else(|| role_of_type(self.vocabulary, &name)),
                }
            }
            _ => None,
        }
    }

    /// The role that the bounds of a type parameter give.
    fn role_of_generic(&self, name: &syn::Ident, generics: &Generics) -> Option<Role> {
        let inline = generics.params.iter().find_map(|parameter| match parameter {
            GenericParam::Type(parameter) if parameter.ident == *name => {
                self.role_of_bounds(parameter.bounds.iter())
            }
            _ => None,
        });
        inline.or_else(|| {
            generics.where_clause.as_ref()?.predicates.iter().find_map(|predicate| match predicate {
                syn::WherePredicate::Type(bound)
                    if *name == bound.bounded_ty.to_token_stream().to_string() =>
                {
                    self.role_of_bounds(bound.bounds.iter())
                }
                _ => None,
            })
        })
    }

    fn role_of_bounds<'b>(&self, bounds: impl Iterator<Item = &'b TypeParamBound>) -> Option<Role> {
        let name = |bound: &'b TypeParamBound| match bound {
            TypeParamBound::Trait(bound) => Some(bound.path.segments.last()?.ident.to_string()),
            _ => None,
        };
        bounds.filter_map(name).find_map(|name| role_of_type(self.vocabulary, &name))
    }

    /// The role of the type of a `let`.
    pub(super) fn role_of_let(&self, ty: &Type) -> Option<Role> {
        self.role_of_parameter(ty, &Generics::default())
    }

    /// What is stored, returned or handed on by value may be stepped by somebody else.
    pub(super) fn escapes(&mut self, value: &Value<'a>) {
        self.given_away(value);
        match &value.kind {
            Kind::Optimizer(id) | Kind::Optimizers(id) => self.cfg.optimizers[*id].escapes = true,
            Kind::Tuple(parts) => parts.iter().for_each(|part| self.escapes(part)),
            Kind::Fields(parts) => parts.iter().for_each(|(_, part)| self.escapes(part)),
            _ => {}
        }
    }

    /// Runs a closure where it is called.
    pub(super) fn run(
        &mut self,
        closure: &'a ExprClosure,
        seen: usize,
        call: usize,
        given: Vec<Value<'a>>,
    ) -> Value<'a> {
        let after = self.block("");
        self.run_to(closure, seen, call, given, after)
    }

    /// Runs a closure, and goes on at `after`.
    pub(super) fn run_to(
        &mut self,
        closure: &'a ExprClosure,
        seen: usize,
        call: usize,
        given: Vec<Value<'a>>,
        after: BlockId,
    ) -> Value<'a> {
        let node = crate::lower::address(closure);
        if self.running.contains(&node) || self.running.len() > 6 {
            self.cfg.gave_up = true;
            return Value::nothing();
        }
        let (mark, outer) = (self.scope.len(), self.chain);
        self.chain = self.chain_of(call);
        self.running.push(node);
        let around = (self.function, self.call);
        self.go_home(seen);
        // It sees what was in sight where it stands, and nothing of what has begun since.
        let sight = self.hidden.iter().copied().filter(|(_, to)| *to < seen).chain([(seen.min(mark), mark)]);
        let sight = sight.collect();
        let hidden = std::mem::replace(&mut self.hidden, sight);
        self.scope.push((String::new(), crate::lower::BORDER));
        let mut given = given.into_iter();
        for input in &closure.inputs {
            let value = given.next().unwrap_or_else(Value::nothing);
            self.bind(input, value);
        }
        let value = self.call_frame(&closure.body, after);
        self.leave(mark);
        self.goto(after);
        self.start(after);
        (self.function, self.call) = around;
        self.survey = &self.here().survey;
        self.hidden = hidden;
        self.running.pop();
        self.chain = outer;
        value
    }

    /// Runs an expression whose `return` and `?` go on at `after`; does not go there itself.
    pub(super) fn call_frame(&mut self, body: &'a Expr, after: BlockId) -> Value<'a> {
        self.open_frame(None, FrameKind::Call, after);
        let value = self.expr(body);
        let returned = self.frames.pop().and_then(|frame| frame.value);
        match returned {
            Some(returned) => self.join_values(value, returned),
            None => value,
        }
    }

    pub(super) fn join_values(&mut self, a: Value<'a>, b: Value<'a>) -> Value<'a> {
        let (value, lost) = a.either(b);
        self.lose(lost);
        value
    }
}
