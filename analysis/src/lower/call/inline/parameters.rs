//! Binding of the parameters of inlined functions to arguments.

use syn::{FnArg, Pat, ReceiverKind, Type};

use crate::cfg::Deps;
use crate::limits;
use crate::lower::env::value::{Kind, Passing, Value};
use crate::lower::resolve::Function;
use crate::lower::{Lower, address};
use crate::vocabulary::Role;

impl<'a> Lower<'a> {
    pub(super) fn bind_parameters(
        &mut self,
        function: &'a Function,
        mut given: impl Iterator<Item = Value<'a>>,
    ) {
        for input in &function.sig.inputs {
            let value = given.next().unwrap_or_else(Value::nothing);
            match input {
                FnArg::Receiver(receiver) => self.bind_receiver(receiver, value),
                FnArg::Typed(typed) => self.bind_parameter(&typed.pat, &typed.ty, value),
            }
        }
    }

    fn bind_receiver(&mut self, receiver: &syn::Receiver, value: Value<'a>) {
        let passing = match &receiver.kind {
            ReceiverKind::Reference(_, _, Some(_)) => Passing::Exclusive,
            ReceiverKind::Reference(_, _, None) => Passing::Shared,
            _ => Passing::Value,
        };
        let value = Value { ty: value.ty.or(self.here().owner), passing, ..value };
        self.alias("self", address(receiver), value, None);
    }

    fn bind_parameter(&mut self, pat: &'a Pat, ty: &'a Type, value: Value<'a>) {
        let role = self.role_of_parameter(ty, &self.here().sig.generics);
        let declared = || self.resolver.type_of(ty, self.inlining.function);
        let value = Value { ty: value.ty.or_else(declared), ..value };
        let bare = value.bare || self.is_bare_type(ty, limits::TYPE_DEPTH);
        let value = value.with_bare(bare);
        let Pat::Ident(ident) = pat else { return self.bind(pat, value) };
        let name = ident.ident.to_string();
        let value = self.promoted(&name, role, value);
        if matches!(ty, Type::Reference(by) if by.mutability.is_some()) {
            self.alias(&name, address(ident), value, role);
        } else {
            self.variable(&name, address(ident), value, role);
        }
    }

    /// The value of an argument. If the role of the parameter is an optimizer, the value becomes an
    /// optimizer.
    fn promoted(&mut self, name: &str, role: Option<Role>, value: Value<'a>) -> Value<'a> {
        let Some(place) = value.place.filter(|place| value.deps == Deps::one(*place)) else { return value };
        let known = value.ty.is_some() && role != Some(Role::Optimizer);
        if !matches!(value.kind, Kind::Plain) || known || self.role(name, role) != Some(Role::Optimizer) {
            return value;
        }
        let kind = Kind::Optimizer(self.optimizer_of(place));
        if let Some(known) = self.env.values.get_mut(&place) {
            known.kind = kind.clone();
        }
        Value { kind, ..value }
    }

    /// Declares a variable as an alias of a place, so that a store to the variable is a store to the place.
    fn alias(&mut self, name: &str, node: usize, value: Value<'a>, role: Option<Role>) {
        let Some(place) = value.place else { return self.variable(name, node, value, role) };
        let path = self.root(name, node);
        self.changed(name);
        self.env.aliases.insert(path, place);
        self.env.values.entry(place).or_insert_with(|| value.clone());
        self.env.values.insert(path, value);
    }
}
