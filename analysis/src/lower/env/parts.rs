//! Values that are put together from others: tuples and structs, each part in a place of its own.

use crate::cfg::PathId;
use crate::lower::Lower;
use crate::lower::env::value::{Kind, Value};

impl<'a> Lower<'a> {
    /// Gives the parts of a value that has a name places of their own.
    pub(in crate::lower) fn store_parts(&mut self, path: PathId, assigned: bool, value: &mut Value<'a>) {
        match &mut value.kind {
            Kind::Tuple(parts) => {
                for (index, part) in parts.iter_mut().enumerate() {
                    self.store_part(path, &index.to_string(), assigned, part);
                }
            }
            Kind::Fields(parts) => {
                for (name, part) in parts {
                    self.store_part(path, name, assigned, part);
                }
            }
            _ => {}
        }
    }

    fn store_part(&mut self, whole: PathId, name: &str, assigned: bool, part: &mut Value<'a>) {
        if part.place.is_some() {
            return;
        }
        match &part.kind {
            Kind::NewOptimizer(owned, site) => {
                let (owned, site) = (owned.clone(), *site);
                let path = self.cfg.paths.field(whole, name);
                self.build(path, &owned, site);
                if let Some(built) = self.values.get(&path) {
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
