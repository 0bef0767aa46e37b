//! Tuples and structs, whose fields have their own places.

use crate::cfg::{Deps, PathId};
use crate::lower::Lower;
use crate::lower::env::value::{Kind, Value};

impl<'a> Lower<'a> {
    /// Stores each part of a tuple or a struct in its own place.
    pub(super) fn scatter(&mut self, path: PathId, value: &mut Value<'a>) {
        if value.place.is_some_and(|place| place != path) {
            return;
        }
        let mut kind = std::mem::replace(&mut value.kind, Kind::Plain);
        for (name, part) in kind.parts_mut() {
            let field = self.cfg.paths.field(path, &name);
            let whole = self.cfg.paths.name(field).to_owned();
            let declared = value.ty.and_then(|ty| self.resolver.field(ty, &name));
            let role = declared.and_then(|ty| self.role_of_let(ty));
            self.store(field, &whole, part.clone().with_known(None), role);
            *part = self.env.value(field).cloned().unwrap_or_else(Value::nothing);
            // Whoever gets the whole gets its parts.
            value.deps = value.deps.union(&part.derived().deps);
        }
        if matches!(kind, Kind::Tuple(_) | Kind::Fields(_)) {
            value.deps = value.deps.union(&Deps::one(path));
        }
        value.kind = kind;
    }

    /// Stores those parts of a value that are new optimizers or new tensors. Each part is stored in
    /// a field of `path`, even if the value itself is in another place.
    pub(super) fn store_fields(&mut self, path: PathId, assigned: bool, value: &mut Value<'a>) {
        for (name, part) in value.kind.parts_mut() {
            if part.place.is_none() {
                self.store_field(path, &name, assigned, part);
            }
        }
    }

    fn store_field(&mut self, whole: PathId, name: &str, assigned: bool, part: &mut Value<'a>) {
        match &part.kind {
            Kind::NewOptimizer(owned, site) => {
                let path = self.cfg.paths.field(whole, name);
                self.build(path, owned, *site);
                if let Some(built) = self.env.value(path) {
                    *part = built.clone();
                }
            }
            Kind::Plain if part.computed && part.tensor.is_none() => {
                let path = self.cfg.paths.field(whole, name);
                self.tensor(path, assigned, part);
                part.place = Some(path);
            }
            _ => {}
        }
    }
}
