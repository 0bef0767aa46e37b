//! Patterns and assignments, which bind names to the parts of a value.

use syn::{Expr, Pat};

pub(in crate::lower) use super::place::member;
use crate::limits;
use crate::lower::env::value::{Kind, Value};
use crate::lower::{Lower, address, text};
use crate::vocabulary::rust::Variant;

impl<'a> Lower<'a> {
    /// Binds the names of a pattern to the parts of a value.
    pub(in crate::lower) fn bind(&mut self, pat: &'a Pat, value: Value<'a>) {
        match pat {
            Pat::Ident(ident) => {
                if let Some((_, inner)) = &ident.subpat {
                    self.bind(inner, value.clone());
                }
                let name = ident.ident.to_string();
                // A constant or a unit variant binds nothing.
                if name.starts_with(char::is_uppercase) {
                    return;
                }
                let known = value.known.clone().filter(|_| ident.mutability.is_none());
                self.variable(&name, address(ident), value.with_known(known), None);
                if let Some(path) = self.lookup(&name).filter(|_| ident.mutability.is_some()) {
                    self.env.exclusive.insert(path);
                }
            }
            Pat::Type(typed) => {
                let role = self.role_of_let(&typed.ty);
                let declared = || self.resolver.type_of(&typed.ty, self.inlining.function);
                let value = Value { ty: value.ty.or_else(declared), ..value };
                match &*typed.pat {
                    Pat::Ident(ident) => {
                        let bare = value.bare || self.is_bare_type(&typed.ty, limits::TYPE_DEPTH);
                        let value = value.with_bare(bare);
                        self.variable(&ident.ident.to_string(), address(ident), value, role);
                    }
                    other => self.bind(other, value),
                }
            }
            Pat::Reference(inner) => self.bind(&inner.pat, value),
            Pat::Paren(inner) => self.bind(&inner.pat, value),
            Pat::Guard(guarded) => self.bind(&guarded.pat, value),
            Pat::Tuple(tuple) => {
                let value = self.common_graph(address(tuple), value);
                self.bind_parts(tuple.elems.iter(), &value);
            }
            Pat::Slice(slice) => {
                let whole = Value { item: value.item, ..value.derived().with_origin(value.origin.part()) };
                self.bind_parts(slice.elems.iter(), &whole);
            }
            // The error of a constructor is no optimizer.
            Pat::TupleStruct(wrapped)
                if Variant::of_path(&wrapped.path) == Some(Variant::Err) && is_optimizer(&value.kind) =>
            {
                self.bind_parts(wrapped.elems.iter(), &Value::nothing());
            }
            Pat::TupleStruct(wrapped) if wrapped.elems.len() == 1 => {
                self.bind(&wrapped.elems[0], value.with_known(None));
            }
            Pat::TupleStruct(wrapped) => self.bind_parts(wrapped.elems.iter(), &value),
            Pat::Struct(fields) => self.bind_fields(fields, &value),
            Pat::Or(cases) => cases.cases.iter().for_each(|case| self.bind(case, value.derived())),
            Pat::Wild(_) => self.dropped(&value),
            _ => {}
        }
    }

    fn bind_fields(&mut self, fields: &'a syn::PatStruct, value: &Value<'a>) {
        let mark = self.scope.len();
        for field in &fields.fields {
            let part = self.project(value, &member(&field.member));
            let item = value.item || part.item;
            self.bind(&field.pat, Value { item, ..part });
        }
        self.are_siblings(mark, value);
    }

    fn bind_parts(&mut self, parts: impl Iterator<Item = &'a Pat>, value: &Value<'a>) {
        let mark = self.scope.len();
        let mut rest = false;
        for (index, part) in parts.enumerate() {
            if matches!(part, Pat::Rest(_)) {
                rest = true;
                continue;
            }
            // The position of a part after `..` is unknown.
            let piece = match &value.kind {
                _ if rest => value.derived().with_origin(value.origin.part()),
                Kind::Tuple(values) if index < values.len() => values[index].clone(),
                _ => value.piece(),
            };
            let item = value.item || piece.item;
            self.bind(part, Value { item, ..piece });
        }
        self.are_siblings(mark, value);
    }

    /// Records that the variables declared after the first `mark` names are parts of one opaque
    /// value.
    ///
    /// Such variables do not count as independent of one another.
    fn are_siblings(&mut self, mark: usize, value: &Value<'a>) {
        let opaque = value.deps.is_empty() && !matches!(value.kind, Kind::Tuple(_) | Kind::Number);
        if let Some(group) = self.scope.since(mark).next().filter(|_| opaque) {
            for path in self.scope.since(mark) {
                self.cfg.facts.variable_mut(path).group = Some(group);
            }
        }
    }

    /// Performs the assignment `left = value`.
    pub(in crate::lower) fn assign(&mut self, left: &'a Expr, value: Value<'a>) {
        match left {
            Expr::Tuple(tuple) => {
                for (index, part) in tuple.elems.iter().enumerate() {
                    let piece = match &value.kind {
                        Kind::Tuple(values) if index < values.len() => values[index].clone(),
                        _ => value.piece(),
                    };
                    self.assign(part, piece);
                }
            }
            Expr::Paren(inner) => self.assign(&inner.expr, value),
            Expr::Path(path) if path.path.is_ident("_") => self.dropped(&value),
            Expr::Infer(_) => self.dropped(&value),
            _ => self.assign_place(left, value),
        }
    }

    fn assign_place(&mut self, left: &'a Expr, mut value: Value<'a>) {
        self.may_write_gradient(left);
        self.note_update(left, &value);
        self.changed_place(left);
        value.differs = self.processes.assigned(value.differs());
        let Some(path) = self.place_of(left) else {
            self.escapes(&value);
            self.expr(left);
            return;
        };
        // An optimizer that is stored in another place may be stepped from there.
        if let Kind::Optimizer(id) | Kind::Optimizers(id) = value.kind
            && self.cfg.optimizers[id].path != path
        {
            self.lose(vec![id]);
        }
        let of_parameter = self.env.parameters.contains(&self.cfg.paths.root_of(path));
        self.cfg.function.stores_graph |= of_parameter && (value.computed || value.has_graphs());
        let name = text::tight(left);
        self.store(path, name.trim_start_matches('*'), value, None);
    }
}

/// Whether a value is an optimizer, or several, whether or not it is in a place already.
fn is_optimizer(kind: &Kind<'_>) -> bool {
    matches!(
        kind,
        Kind::NewOptimizer(..) | Kind::NewOptimizers(..) | Kind::Optimizer(_) | Kind::Optimizers(_)
    )
}
