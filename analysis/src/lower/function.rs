//! The checked function as a whole: its parameters, its body and its end.

use syn::{FnArg, Generics, Pat, PatIdent, Receiver, ReceiverKind, Type};

use crate::cfg::{BlockKind, Deps, Origin, PathId};
use crate::diagnostic::Place;
use crate::lower::env::value::{Kind, Passing, Value};
use crate::lower::{Lower, address, text};
use crate::tokens::names_in;
use crate::vocabulary::rust::{is_number, is_pointer};
use crate::vocabulary::{Role, Vocabularies, is_plain_layer, is_stateful};

impl Lower<'_> {
    pub(super) fn function(&mut self) {
        let function = self.here();
        let name = &function.sig.ident;
        self.note_function(function);
        self.cfg.function.returns_gradients = self.vocabulary.gives_gradients();
        self.cfg.function.optimizer_state = self.vocabulary.optimizer_state();
        self.cfg.function.writes_in_place = self.vocabulary.refuses_recorded_writes();
        self.cfg.function.always_records = self.vocabulary.always_records();
        let stops =
            || self.resolver.functions.iter().any(|function| function.survey.switches.stops_recording);
        self.cfg.function.knows_recording = self.vocabulary != Vocabularies::ALL || stops();
        self.cfg.function.freezes = self.may_freeze();
        self.site(0, None, || (Place::of(name), name.to_string().into()));
        for input in &function.sig.inputs {
            match input {
                FnArg::Receiver(receiver) => self.own_receiver(receiver),
                FnArg::Typed(typed) => match &*typed.pat {
                    Pat::Ident(ident) => self.own_parameter(ident, &typed.ty, &function.sig.generics),
                    pat => self.bind(pat, Value::nothing()),
                },
            }
        }
        let exit = self.block("exit");
        self.cfg.blocks[exit].kind = BlockKind::Exit;
        self.cfg.blocks[exit].ends = Some(function.body.brace_token.span.close().into());
        let value = self.statements(&function.body.stmts);
        self.escapes(&value);
        self.goto(exit);
    }

    fn own_receiver(&mut self, receiver: &Receiver) {
        let path = self.own_variable("self", address(receiver));
        let by_reference = matches!(receiver.kind, ReceiverKind::Reference(_, _, Some(_)));
        self.cfg.facts.variable_mut(path).is_exclusive = by_reference;
        let ty = self.here().owner;
        self.cfg.function.has_optimizer = ty.is_some_and(|ty| self.holds_optimizer(ty));
        if let Some(ty) = ty {
            self.note_alone_fields(path, ty);
        }
        let value = Value { place: Some(path), ty, ..Value::plain(Deps::one(path)) };
        self.env.values.insert(path, value);
    }

    fn own_parameter(&mut self, ident: &PatIdent, ty: &Type, generics: &Generics) {
        let name = ident.ident.to_string();
        let path = self.own_variable(&name, address(ident));
        self.note_type(path, ty);
        self.note_alone(path, ty);
        let by_type = self.role_of_parameter(ty, generics);
        let kind = match self.role(&name, by_type) {
            Some(Role::Optimizer) => Kind::Optimizer(self.optimizer_of(path)),
            Some(Role::Schedule) => Kind::Schedule,
            Some(Role::Scaler) => Kind::Scaler,
            Some(Role::Accumulator) => Kind::Accumulator(self.accumulator_at(path)),
            Some(Role::Other) | None if self.holds_optimizers(ty, generics) => {
                Kind::Optimizers(self.several_of(path))
            }
            Some(Role::Other) | None => Kind::Plain,
        };
        if let Kind::Optimizer(id) = &kind
            && !text::tight(ty).contains('&')
        {
            self.cfg.optimizers[*id].given = true;
        }
        let names = names_in(ty);
        let known = self.cfg.facts.variable_mut(path);
        known.stateful = names.iter().any(|name| is_stateful(name));
        known.without_batch_norm = names.iter().any(|name| is_plain_layer(name));
        if let (Kind::Optimizer(id), Type::Reference(by)) = (&kind, ty) {
            self.cfg.optimizers[*id].exclusive = by.mutability.is_some();
        }
        let passing = match ty {
            Type::Reference(by) if by.mutability.is_some() => Passing::Exclusive,
            Type::Reference(_) => Passing::Shared,
            _ => Passing::Value,
        };
        let number = matches!(ty, Type::Path(ty) if ty.path.get_ident().is_some_and(|name| is_number(&name.to_string())));
        if passing == Passing::Exclusive || ident.mutability.is_some() {
            self.env.exclusive.insert(path);
        }
        self.cfg.facts.variable_mut(path).is_bare = self.holding(&Deps::one(path)).is_empty();
        self.cfg.facts.variable_mut(path).is_exclusive = passing == Passing::Exclusive;
        let given = passing != Passing::Exclusive && matches!(kind, Kind::Plain);
        let origin = if number { Origin::constant() } else { Origin { given, ..Origin::default() } };
        let mut value = Value {
            place: Some(path),
            passing,
            ty: self.resolver.type_of(ty, self.inlining.function),
            typed_schedule: by_type == Some(Role::Schedule),
            ..Value::of(kind, Deps::one(path)).with_origin(origin).with_pointer(points(ty))
        };
        if Self::sets_own_mode(ty) {
            value.as_model.sets_own_mode = true;
        }
        self.env.values.insert(path, value);
    }

    /// Declares a variable that is a parameter of the checked function.
    fn own_variable(&mut self, name: &str, node: usize) -> PathId {
        let path = self.root(name, node);
        self.env.parameters.insert(path);
        self.cfg.facts.variable_mut(path).is_parameter = true;
        path
    }
}

/// Whether a type is a pointer whose clones share one value.
pub(in crate::lower) fn points(ty: &Type) -> bool {
    match ty {
        Type::Reference(inner) => points(&inner.elem),
        Type::Path(path) => path.path.segments.last().is_some_and(|last| is_pointer(&last.ident.to_string())),
        _ => false,
    }
}
