//! Places: variables, and the fields of variables.

use syn::{Expr, Member};

use crate::cfg::{Deps, PathId, Sites};
use crate::lower::Lower;
use crate::lower::env::value::{Kind, Value};
use crate::tokens::names_in;
use crate::vocabulary::{Role, is_stateful, names_optimizers};

impl<'a> Lower<'a> {
    /// Declares a variable; all copies of a loop body declare the same variable.
    pub(in crate::lower) fn root(&mut self, name: &str, node: usize) -> PathId {
        let key = (node, self.nodes.chain);
        let path = match self.nodes.roots.get(&key) {
            Some(&known) => known,
            None => self.new_root(name, key),
        };
        if self.inlining.is_inside() {
            let first = *self.nodes.firsts.entry(node).or_insert(path);
            self.nodes.first_of.insert(path, first);
        }
        self.scope.enter(name, path);
        path
    }

    fn new_root(&mut self, name: &str, key: (usize, u32)) -> PathId {
        let path = self.cfg.paths.root(name);
        self.nodes.roots.insert(key, path);
        if let Some(of) = self.control.innermost() {
            self.cfg.facts.variable_mut(path).begins = Some(of);
        }
        path
    }

    /// The place that an expression names, if the expression is a variable or a field of a
    /// variable.
    pub(in crate::lower) fn place_of(&mut self, expr: &Expr) -> Option<PathId> {
        match expr {
            Expr::Path(path) => self.lookup(&path.path.get_ident()?.to_string()),
            Expr::Field(field) => {
                let base = self.place_of(&field.base)?;
                Some(self.cfg.paths.field(self.env.place_behind(base), &member(&field.member)))
            }
            Expr::Paren(inner) => self.place_of(&inner.expr),
            Expr::Unary(inner) if matches!(inner.op, syn::UnOp::Deref(_)) => {
                let path = self.place_of(&inner.expr)?;
                Some(self.env.unaliased(path))
            }
            _ => None,
        }
    }

    /// The value in a field of a value.
    pub(in crate::lower) fn project(&mut self, value: &Value<'a>, member: &str) -> Value<'a> {
        // What was stored into the field since takes precedence.
        if let (Kind::Tuple(_) | Kind::Fields(_), Some(place)) = (&value.kind, value.place) {
            let path = self.cfg.paths.field(place, member);
            if let Some(known) = self.env.value(path) {
                return known.clone();
            }
        }
        if let Some(part) = value.field(member) {
            return part.clone();
        }
        if let Some(place) = value.place {
            return self.field(place, member, value);
        }
        let mut part = value.derived().with_origin(value.origin.part());
        part.part = self.whole_graphs(value);
        Value { passing: value.passing, ..part }
    }

    /// The value in a field of a place. It is created if the field has none.
    fn field(&mut self, place: PathId, member: &str, whole: &Value<'a>) -> Value<'a> {
        let path = self.cfg.paths.field(place, member);
        if let Some(known) = self.env.value(path) {
            return known.clone();
        }
        let part = self.whole_graphs(whole);
        let deps = if whole.deps == Deps::one(place) { Deps::one(path) } else { whole.deps.clone() };
        let deps = deps.union(&whole.holds);
        let declared = whole.ty.and_then(|ty| self.resolver.field(ty, member));
        let by_type = declared.and_then(|ty| self.role_of_let(ty));
        let ty = declared.and_then(|ty| self.resolver.type_of(ty, self.inlining.function));
        let kind = self.kind_of_field(path, by_type);
        if let (Kind::Optimizer(_), Some(declared)) = (&kind, declared) {
            self.cfg.facts.variable_mut(path).stateful =
                names_in(declared).iter().any(|name| is_stateful(name));
        }
        let origin = whole.origin.part();
        let mut value = Value { place: Some(path), ty, ..Value::of(kind, deps).with_origin(origin) };
        value.part = part;
        if whole.past.calls != Sites::default() {
            value.past.calls = whole.past.calls.clone();
        }
        if declared.is_some_and(Self::sets_own_mode) {
            value.as_model.sets_own_mode = true;
        }
        self.env.values.insert(path, value.clone());
        value
    }

    fn kind_of_field(&mut self, path: PathId, by_type: Option<Role>) -> Kind<'a> {
        let name = self.cfg.paths.name(path).to_owned();
        match self.role(&name, by_type) {
            Some(Role::Optimizer) => Kind::Optimizer(self.optimizer_of(path)),
            Some(Role::Schedule) => Kind::Schedule,
            Some(Role::Scaler) => Kind::Scaler,
            Some(Role::Accumulator) => Kind::Accumulator(self.accumulator_at(path)),
            None if names_optimizers(&name) => Kind::Optimizers(self.several_of(path)),
            Some(Role::Other) | None => Kind::Plain,
        }
    }
}

/// The name or the number of a field.
pub(in crate::lower) fn member(member: &Member) -> String {
    match member {
        Member::Named(name) => name.to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}
