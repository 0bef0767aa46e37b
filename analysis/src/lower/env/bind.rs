//! Patterns, assignments and places: which name stands for what.

use syn::{Expr, Member, Pat};

use crate::cfg::{Action, Deps, Origin, PathId};
use crate::lower::env::value::{Kind, Value};
use crate::lower::{Lower, address};
use crate::vocabulary::{Role, Uses, names_optimizers};

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
            }
            Pat::Type(typed) => {
                let role = self.role_of_let(&typed.ty);
                let value = Value { ty: value.ty.or(self.seen.type_of(&typed.ty, self.function)), ..value };
                match &*typed.pat {
                    Pat::Ident(ident) => {
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
            Pat::TupleStruct(wrapped) => {
                if wrapped.elems.len() == 1 {
                    self.bind(&wrapped.elems[0], value.with_known(None));
                } else {
                    self.bind_parts(wrapped.elems.iter(), &value);
                }
            }
            Pat::Struct(fields) => {
                let mark = self.scope.len();
                for field in &fields.fields {
                    let part = self.project(&value, &member(&field.member));
                    let item = value.item || part.item;
                    self.bind(&field.pat, Value { item, ..part });
                }
                self.are_siblings(mark, &value);
            }
            Pat::Or(cases) => {
                for case in &cases.cases {
                    self.bind(case, value.derived());
                }
            }
            Pat::Wild(_) => self.dropped(&value),
            _ => {}
        }
    }

    fn bind_parts(&mut self, parts: impl Iterator<Item = &'a Pat>, value: &Value<'a>) {
        let mark = self.scope.len();
        self.bind_each(parts, value);
        self.are_siblings(mark, value);
    }

    /// The variables since `mark` come out of one value; if that is not seen, they may share anything.
    fn are_siblings(&mut self, mark: usize, value: &Value<'a>) {
        let opaque = value.deps.is_empty() && !matches!(value.kind, Kind::Tuple(_) | Kind::Number);
        if let Some((_, first)) = self.scope.get(mark).filter(|_| opaque) {
            let group = *first;
            for (_, path) in &self.scope[mark..] {
                self.cfg.facts.variable_mut(*path).group = Some(group);
            }
        }
    }

    fn bind_each(&mut self, parts: impl Iterator<Item = &'a Pat>, value: &Value<'a>) {
        let mut from = 0;
        for part in parts {
            if matches!(part, Pat::Rest(_)) {
                from = usize::MAX;
                continue;
            }
            let piece = match &value.kind {
                Kind::Tuple(values) if from < values.len() => values[from].clone(),
                _ if from == usize::MAX => value.derived().with_origin(value.origin.part()),
                _ => self.piece(value),
            };
            let item = value.item || piece.item;
            self.bind(part, Value { item, ..piece });
            from = from.saturating_add(1);
        }
    }

    /// One of several values that come out of one expression.
    #[expect(clippy::unused_self, reason = "reads as the other ways to take a value apart")]
    fn piece(&self, value: &Value<'a>) -> Value<'a> {
        let mut piece = value.derived();
        piece.graphs = value.through();
        piece.models = value.models.clone();
        piece.origin = value.origin.part();
        piece.computed = value.computed;
        piece
    }

    /// One of the items that a loop goes through.
    pub(in crate::lower) fn item(&mut self, items: &Value<'a>) -> Value<'a> {
        let overlapping = self.optimizers_in(&items.deps);
        let value = Value { item: true, ..items.derived().with_origin(self.item_origin(items)) };
        // One of several optimizers: nothing is known of any.
        self.lose(overlapping);
        value
    }

    /// A new variable with a value.
    pub(in crate::lower) fn variable(
        &mut self,
        name: &str,
        node: usize,
        mut value: Value<'a>,
        role: Option<Role>,
    ) {
        let path = self.root(name, node);
        self.named(&mut value, path);
        self.declared.insert(path, (self.branches, self.rounds.len()));
        self.note_variable(path, node);
        self.changed_in(path);
        self.store(path, name, value, role);
    }

    /// Puts a value into a place, and says so.
    pub(in crate::lower) fn store(
        &mut self,
        path: PathId,
        name: &str,
        mut value: Value<'a>,
        role: Option<Role>,
    ) {
        let assigned = self.survey.assigned.contains(name);
        if assigned && !self.is_straight(path) {
            value.origin = Origin::default();
            // What another branch put here may still be in it.
            if let Some(before) = self.values.get(&path) {
                value.deps = value.deps.union(&before.deps);
                value.models = value.models.union(&before.models);
            }
        }
        self.close_guard(path);
        if let Kind::Guard(guard) = &mut value.kind {
            guard.certain &= !assigned;
            self.open_guard(*guard);
            self.scope_branches.insert(path, self.branches);
        }
        if value.outcome.is_some() {
            value.outcome = None;
        }
        self.forget_parts(path);
        if assigned {
            value = value.with_known(None);
        }
        self.scatter(path, &mut value);
        if matches!(value.kind, Kind::Plain)
            && !matches!(role, Some(Role::Other))
            && (value.place.is_none() || assigned)
            && self.role(name, role) == Some(Role::Optimizer)
        {
            self.unseen_optimizer(path, &value);
            return;
        }
        match value.kind {
            Kind::NewOptimizer(owned, site) => {
                self.build(path, &owned, site);
                return;
            }
            Kind::NewOptimizers(owned, site) => {
                self.build_several(path, &owned, site);
                return;
            }
            // Its type takes no parameters, or finds them elsewhere.
            Kind::Settings(site) if self.survey.uses.get(name).is_some_and(Uses::as_optimizer) => {
                self.build(path, &Deps::none(), site);
                return;
            }
            Kind::Optimizer(id) | Kind::Optimizers(id)
                if assigned && self.cfg.optimizers[id].path != path =>
            {
                self.lose(vec![id]);
                value = Value::plain(Deps::Anything);
            }
            Kind::Plain if self.role(name, role) == Some(Role::Schedule) => value.kind = Kind::Schedule,
            Kind::Plain if self.role(name, role) == Some(Role::Scaler) => value.kind = Kind::Scaler,
            _ => {}
        }
        self.tensor(path, assigned, &mut value);
        self.store_parts(path, assigned, &mut value);
        if value.place.is_none() || assigned {
            self.new_mode(path, &value);
        }
        if let Some(round) = self.rounds.last().filter(|_| value.item) {
            self.cfg.facts.variable_mut(path).item_of = Some(round.of);
        }
        self.holds_schedule(path, &value);
        if let Some(site) = value.made {
            self.cfg.facts.variable_mut(path).is_constructed = true;
            self.built.insert(path, (site, self.cfg.sites[site].conditional));
        }
        if value.made.is_some()
            || value.item
            || (value.deps.is_empty() && !matches!(value.kind, Kind::Number))
        {
            value.deps = value.deps.union(&Deps::one(path));
        }
        value.item = false;
        // What outlives the round, as a running mean does, says nothing of this round alone.
        value.measured &= self.cfg.bound_in(path) == self.rounds.last().map(|round| round.of);
        if value.place.is_none() || assigned {
            value.place = Some(path);
        }
        self.values.insert(path, value);
    }

    /// What is put together is looked at part by part: each becomes a place of its own.
    fn scatter(&mut self, path: PathId, value: &mut Value<'a>) {
        let parts: Vec<(String, Value<'a>)> = match &value.kind {
            Kind::Fields(parts) => parts.clone(),
            Kind::Tuple(parts) => {
                parts.iter().enumerate().map(|(index, part)| (index.to_string(), part.clone())).collect()
            }
            _ => return,
        };
        if value.place.is_some_and(|place| place != path) {
            return;
        }
        let mut stored = Vec::new();
        for (name, part) in parts {
            let field = self.cfg.paths.field(path, &name);
            let whole = self.cfg.paths.name(field).to_owned();
            self.store(field, &whole, part.with_known(None), None);
            let part = self.values.get(&field).cloned().unwrap_or_else(Value::nothing);
            // Who gets the whole gets what is in it.
            value.deps = value.deps.union(&part.derived().deps);
            stored.push((name, part));
        }
        value.deps = value.deps.union(&Deps::one(path));
        value.kind = match value.kind {
            Kind::Fields(_) => Kind::Fields(stored),
            _ => Kind::Tuple(stored.into_iter().map(|(_, part)| part).collect()),
        };
    }

    /// A new value in a place: what was known of its parts is known no more.
    fn forget_parts(&mut self, path: PathId) {
        let parts: Vec<_> = self
            .objects
            .iter()
            .filter(|(part, _)| **part != path && self.cfg.paths.holds(path, **part))
            .map(|(part, id)| (*part, *id))
            .collect();
        for (part, id) in parts {
            self.emit(Action::Forget(id), 0);
            self.values.remove(&part);
        }
        self.lose_parts(path);
    }

    /// The field of a value.
    pub(in crate::lower) fn project(&mut self, value: &Value<'a>, member: &str) -> Value<'a> {
        // What was put into the field since counts.
        if let (Kind::Tuple(_) | Kind::Fields(_), Some(place)) = (&value.kind, value.place) {
            let path = self.cfg.paths.field(place, member);
            if let Some(known) = self.values.get(&path) {
                return known.clone();
            }
        }
        match &value.kind {
            Kind::Tuple(parts) => {
                if let Some(part) = member.parse::<usize>().ok().and_then(|index| parts.get(index)) {
                    return part.clone();
                }
            }
            Kind::Fields(parts) => {
                if let Some((_, part)) = parts.iter().find(|(name, _)| name == member) {
                    return part.clone();
                }
            }
            _ => {}
        }
        if let Some(place) = value.place {
            return self.field(place, member, value);
        }
        let mut part = value.derived().with_origin(value.origin.part());
        part.part = self.whole_graphs(value);
        Value { handed: value.handed, ..part }
    }

    /// The field of a place: known from before, or met for the first time.
    fn field(&mut self, place: PathId, member: &str, whole: &Value<'a>) -> Value<'a> {
        let path = self.cfg.paths.field(place, member);
        if let Some(known) = self.values.get(&path) {
            return known.clone();
        }
        let part = self.whole_graphs(whole);
        let deps = if whole.deps == Deps::one(place) { Deps::one(path) } else { whole.deps.clone() };
        let deps = deps.union(&whole.holds);
        let name = self.cfg.paths.name(path).to_owned();
        let declared = whole.ty.and_then(|ty| self.seen.field(ty, member));
        let by_type = declared.and_then(|ty| self.role_of_let(ty));
        let ty = declared.and_then(|ty| self.seen.type_of(ty, self.function));
        let kind = match self.role(&name, by_type) {
            Some(Role::Optimizer) => {
                let root = self.cfg.paths.root_of(path);
                let from_caller = self.is_parameter(root);
                Kind::Optimizer(self.optimizer(path, None, from_caller))
            }
            Some(Role::Schedule) => Kind::Schedule,
            Some(Role::Scaler) => Kind::Scaler,
            None if names_optimizers(&name) => {
                let from_caller = self.is_parameter(self.cfg.paths.root_of(path));
                Kind::Optimizers(self.several(path, from_caller))
            }
            _ => Kind::Plain,
        };
        let origin = whole.origin.part();
        let mut value = Value { place: Some(path), ty, ..Value::of(kind, deps).with_origin(origin) };
        value.part = part;
        self.values.insert(path, value.clone());
        value
    }

    /// `left = value`.
    pub(in crate::lower) fn assign(&mut self, left: &'a Expr, value: Value<'a>) {
        match left {
            Expr::Tuple(tuple) => {
                for (index, part) in tuple.elems.iter().enumerate() {
                    let piece = match &value.kind {
                        Kind::Tuple(values) if index < values.len() => values[index].clone(),
                        _ => self.piece(&value),
                    };
                    self.assign(part, piece);
                }
            }
            Expr::Paren(inner) => self.assign(&inner.expr, value),
            Expr::Path(path) if path.path.is_ident("_") => self.dropped(&value),
            Expr::Infer(_) => self.dropped(&value),
            _ => {
                let name = crate::lower::text::tight(left);
                let name = name.trim_start_matches('*').to_owned();
                self.changed_place(left);
                if let Some(path) = self.place_of(left) {
                    self.hold(path, &value);
                    self.store(path, &name, value, None);
                } else {
                    self.escapes(&value);
                    self.expr(left);
                }
            }
        }
    }

    /// An optimizer that is stored in another place may be stepped from there.
    fn hold(&mut self, path: PathId, value: &Value<'a>) {
        if let Kind::Optimizer(id) | Kind::Optimizers(id) = value.kind
            && self.cfg.optimizers[id].path != path
        {
            self.lose(vec![id]);
        }
    }

    /// The place that an expression names, if it is a variable or a field of one.
    pub(in crate::lower) fn place_of(&mut self, expr: &Expr) -> Option<PathId> {
        match expr {
            Expr::Path(path) => self.lookup(&path.path.get_ident()?.to_string()),
            Expr::Field(field) => {
                let base = self.place_of(&field.base)?;
                let base = self.values.get(&base).and_then(|value| value.place).unwrap_or(base);
                Some(self.cfg.paths.field(base, &member(&field.member)))
            }
            Expr::Paren(inner) => self.place_of(&inner.expr),
            Expr::Unary(inner) if matches!(inner.op, syn::UnOp::Deref(_)) => {
                let path = self.place_of(&inner.expr)?;
                Some(self.aliases.get(&path).copied().unwrap_or(path))
            }
            _ => None,
        }
    }

    fn is_parameter(&self, root: PathId) -> bool {
        self.parameters.contains(&root)
    }
}

/// A field's name or number.
pub(in crate::lower) fn member(member: &Member) -> String {
    match member {
        Member::Named(name) => name.to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}
