//! Values of several parts: ranges, tuples, arrays and structs, and indices into collections.

use syn::Expr;

use crate::cfg::{Deps, Join};
use crate::diagnostic::Place;
use crate::lower::env::bind::member;
use crate::lower::env::value::{Kind, Value};
use crate::lower::{Lower, address, text};
use crate::vocabulary::{Role, returns_parameters, role_of_type};

impl<'a> Lower<'a> {
    pub(super) fn range(&mut self, node: &'a syn::ExprRange) -> Value<'a> {
        let mut value = Value::number();
        for end in [&node.start, &node.end].into_iter().flatten() {
            let end = self.expr(end);
            value = value.with(&end);
        }
        value.derived()
    }

    pub(super) fn tuple(&mut self, node: &'a syn::ExprTuple) -> Value<'a> {
        let parts = node.elems.iter().map(|part| self.expr(part)).collect();
        Value::of(Kind::Tuple(parts), Deps::none())
    }

    pub(super) fn index(&mut self, node: &'a syn::ExprIndex) -> Value<'a> {
        let base = self.expr(&node.expr);
        self.expr(&node.index);
        self.part_of_several(&base);
        match &*node.index {
            Expr::Lit(literal) => {
                let index = text::tight(literal);
                self.project(&base, &index)
            }
            // One of several: an effect on it may be an effect on any of them.
            _ => base.derived().with_origin(base.origin.part()),
        }
    }

    pub(super) fn collection(&mut self, parts: impl Iterator<Item = &'a Expr>) -> Value<'a> {
        let mut whole = Value::number();
        let parts: Vec<_> = parts.map(|part| self.expr(part)).collect();
        if let Some(kind) = Self::all_new(&parts) {
            return Value::of(kind, Deps::none());
        }
        for value in parts {
            self.escapes(&value);
            whole.origin = whole.origin.with(&value.origin, Join::Other);
            whole = whole.with(&value.derived());
        }
        whole.derived().with_origin(whole.origin.clone())
    }

    pub(super) fn fields(&mut self, node: &'a syn::ExprStruct) -> Value<'a> {
        let mut fields = Vec::new();
        for field in &node.fields {
            let value = self.expr(&field.expr);
            self.note_rows_of(member(&field.member), None, &field.expr);
            fields.push((member(&field.member), value));
        }
        if let Some(rest) = &node.rest {
            let rest = self.expr(rest);
            self.escapes(&rest);
        }
        let name = node.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        // Settings are numbers; a struct that holds parameters is recognized by its methods.
        let numbers = fields.iter().all(|(_, value)| value.derived().deps.is_empty());
        if numbers && role_of_type(self.vocabulary, &name) == Some(Role::Optimizer) {
            let site = self.site(address(node), None, || (Place::of(node), text::tight(node).into()));
            return Value::of(Kind::Settings(site), Deps::none());
        }
        if let Some(optimizer) = self.literal_optimizer(node, &name, &fields) {
            return optimizer;
        }
        let ty = self.resolver.type_named(&name, self.inlining.function);
        Value { ty, ..Value::of(Kind::Fields(fields), Deps::none()) }
    }

    /// The new optimizer that a struct literal constructs, if a field of the literal holds the
    /// parameters: `Sgd { params: model.parameters(), lr }`.
    fn literal_optimizer(
        &mut self,
        node: &'a syn::ExprStruct,
        name: &str,
        fields: &[(String, Value<'a>)],
    ) -> Option<Value<'a>> {
        if self.role_of_named_type(name) != Some(Role::Optimizer) {
            return None;
        }
        let given = fields.iter().filter(|(field, _)| returns_parameters(field));
        let owned = given.fold(Deps::none(), |all, (_, value)| all.union(&value.derived().deps));
        if owned.is_empty() {
            return None;
        }
        let site = self.site(address(node), None, || (Place::of(node), text::tight(node).into()));
        Some(Value::of(Kind::NewOptimizer(owned, site), Deps::none()))
    }
}
