//! The layers in the types of the checked code.

use syn::{Type, TypePath};

use super::{Resolver, TypeId, type_arguments};
use crate::limits;
use crate::vocabulary::rust::type_shape;
use crate::vocabulary::{changes_with_mode, is_same_in_every_mode};

impl Resolver<'_> {
    /// Whether a model of this type certainly computes the same result in training mode and in
    /// evaluation mode. This is the case if each field is known, and no method of the type mentions
    /// a computation that depends on the mode.
    pub(in crate::lower) fn is_same_in_every_mode(&self, ty: TypeId) -> bool {
        self.is_same(ty, 0)
    }

    fn is_same(&self, ty: TypeId, depth: usize) -> bool {
        let known = &self.types[ty];
        let resolved = known.defined && !known.ambiguous && !known.fields.is_empty();
        resolved
            && depth < limits::WRAPPERS
            && known.fields.iter().all(|(_, field)| self.is_same_field(field, ty, depth))
            && known.functions.values().flatten().all(|id| {
                let names = self.functions[*id].names();
                names.iter().all(|name| !changes_with_mode(name))
            })
    }

    fn is_same_field(&self, field: &Type, of: TypeId, depth: usize) -> bool {
        match field {
            Type::Reference(inner) => self.is_same_field(&inner.elem, of, depth),
            Type::Tuple(parts) => parts.elems.iter().all(|part| self.is_same_field(part, of, depth)),
            Type::Array(array) => self.is_same_field(&array.elem, of, depth),
            Type::Path(TypePath { path, qself: None, .. }) => {
                let Some(last) = path.segments.last() else { return false };
                let name = last.ident.to_string();
                if type_shape(&name).is_some() {
                    return type_arguments(last).all(|part| self.is_same_field(part, of, depth));
                }
                match self.type_in(&name, self.types[of].scope) {
                    Some(own) => self.is_same(own, depth + 1),
                    None => is_same_in_every_mode(&name),
                }
            }
            _ => false,
        }
    }
}
