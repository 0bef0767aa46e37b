//! Parameters and fields whose types tell that no gradients are reduced behind the scenes.

use syn::Type;

use crate::cfg::PathId;
use crate::lower::Lower;
use crate::lower::resolve::{TypeId, type_arguments};
use crate::tokens::names_in;
use crate::vocabulary::rust::{TypeShape, type_shape};
use crate::vocabulary::{names_communicator, reduces_by_itself};

impl Lower<'_> {
    /// Records whether a parameter trains alone.
    pub(in crate::lower) fn note_alone(&mut self, path: PathId, ty: &Type) {
        if self.is_alone(ty) {
            self.cfg.function.alone.insert(path);
        }
    }

    /// Records the fields of `self` that train alone.
    pub(in crate::lower) fn note_alone_fields(&mut self, path: PathId, ty: TypeId) {
        let alone: Vec<String> = self
            .resolver
            .fields(ty)
            .filter(|(_, ty)| self.is_alone(ty))
            .map(|(name, _)| name.to_owned())
            .collect();
        for name in alone {
            let field = self.cfg.paths.field(path, &name);
            self.cfg.function.alone.insert(field);
        }
    }

    /// Whether a type is an optimizer of a library, or a struct of this file without a wrapper or a communicator
    /// in it. An unknown type may reduce gradients by itself.
    fn is_alone(&self, ty: &Type) -> bool {
        match ty {
            Type::Reference(inner) => self.is_alone(&inner.elem),
            Type::Paren(inner) => self.is_alone(&inner.elem),
            Type::Path(path) => {
                let Some(last) = path.path.segments.last() else { return false };
                let name = last.ident.to_string();
                if type_shape(&name) == Some(TypeShape::Wrapper) {
                    return type_arguments(last).any(|ty| self.is_alone(ty));
                }
                let known = self.vocabulary.is_optimizer_of_library(&name) && !reduces_by_itself(&name);
                known
                    || self
                        .resolver
                        .type_of(ty, self.inlining.function)
                        .is_some_and(|ty| self.holds_no_process(ty))
            }
            _ => false,
        }
    }

    fn holds_no_process(&self, ty: TypeId) -> bool {
        let reduces = |name: &str| reduces_by_itself(name) || names_communicator(name);
        let mut fields = self.resolver.fields(ty).peekable();
        fields.peek().is_some()
            && !fields.any(|(name, ty)| reduces(name) || names_in(ty).iter().any(|name| reduces(name)))
    }
}
