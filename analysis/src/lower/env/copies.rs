//! Clones of models, which have parameters of their own.

use crate::cfg::{Deps, PathId};
use crate::lower::Lower;
use crate::lower::env::value::{Kind, Value};
use crate::lower::resolve::TypeId;
use crate::vocabulary::Uses;
use crate::vocabulary::rust::{TypeShape, is_pointer, type_shape};

impl<'a> Lower<'a> {
    /// Separates a clone of a model from the original, when the clone is stored in a new variable.
    ///
    /// A clone that shares its parameters with the original is not separated. This is the case for
    /// an `Rc` or an `Arc`, and in libraries whose tensors are handles.
    pub(super) fn separate(&mut self, name: &str, path: PathId, value: &mut Value<'a>) {
        let of_model = !value.computed && !value.item && !value.gradient;
        let plain = matches!(value.kind, Kind::Plain | Kind::Fields(_)) && of_model;
        if !value.copied || !plain || !self.is_model_value(name, value) || self.shares_clones(value) {
            return;
        }
        let whole = Value { ty: value.ty, passing: value.passing, ..Value::plain(Deps::one(path)) };
        *value = whole;
    }

    /// Whether a value is a model: an optimizer has its parameters, or a model's methods are called on it.
    fn is_model_value(&self, name: &str, value: &Value<'a>) -> bool {
        let used = self.survey().uses.get(name).is_some_and(|uses: &Uses| uses.as_model(self.vocabulary));
        let known = self.cfg.function.models.overlaps(&value.deps, &self.cfg.paths) == Some(true);
        used || known || self.is_owned(&value.deps)
    }

    fn shares_clones(&self, value: &Value<'a>) -> bool {
        let unseen =
            value.place.is_some_and(|place| self.cfg.paths.root_of(place) != place && value.ty.is_none());
        value.pointer
            || unseen
            || self.vocabulary.clones_share()
            || value.ty.is_some_and(|ty| self.has_pointer(ty))
    }

    /// Whether some field of a struct is a pointer, as handles of tensors are.
    fn has_pointer(&self, ty: TypeId) -> bool {
        let last = |ty: &syn::Type| match ty {
            syn::Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
            _ => None,
        };
        let mut names = self.resolver.fields(ty).filter_map(|(_, ty)| last(ty));
        names.any(|name| is_pointer(&name) || type_shape(&name) == Some(TypeShape::Wrapper))
    }
}
