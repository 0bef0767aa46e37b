//! Which places can hold the parameters of a model.

use syn::Type;

use crate::cfg::{Deps, PathId};
use crate::limits;
use crate::lower::Lower;
use crate::lower::env::objects::Says;
use crate::lower::env::value::Value;
use crate::lower::resolve::{TypeId, type_arguments};
use crate::vocabulary::rust::{TypeShape, type_shape};
use crate::vocabulary::{names_bare_data, names_bare_settings, names_store, type_holds_no_parameters};

impl<'a> Lower<'a> {
    /// A copy of a value without the places that hold settings or a device. Such places can hold no
    /// parameters.
    pub(in crate::lower) fn without_settings(&self, value: Value<'a>) -> Value<'a> {
        let keeps = |path: PathId| !self.is_bare(path, false);
        Value { deps: kept(&value.deps, &keeps), ..value }
    }

    /// Whether a value is in a place that holds settings, which train nothing:
    /// `training_config.accumulation_steps()`.
    pub(in crate::lower) fn are_settings(&self, value: &Value<'a>) -> bool {
        value.place.is_some_and(|place| self.is_bare(place, false))
    }

    /// The places in `deps` that can hold parameters. A value that is constructed from `deps` can
    /// share parameters with these places only.
    pub(in crate::lower) fn holding(&self, deps: &Deps) -> Deps {
        kept(deps, &|path| !self.is_bare(path, true))
    }

    /// Whether a place can hold no parameters. With `data`, neither can places that are named after data.
    ///
    /// The type of the place, the type of a value that contains the place, or the name of the place
    /// can show this.
    fn is_bare(&self, path: PathId, data: bool) -> bool {
        let known = self.objects.by_name.borrow().get(&path).copied();
        let says = known.unwrap_or_else(|| {
            let says = self.says(path);
            self.objects.by_name.borrow_mut().insert(path, says);
            says
        });
        let by_name = says.settings || data && says.data;
        !says.store && (by_name || self.env.bare.iter().any(|whole| self.cfg.paths.holds(*whole, path)))
    }

    /// What the name of a place says about parameters in it.
    fn says(&self, path: PathId) -> Says {
        let name = self.cfg.paths.name(path);
        let any = |is: fn(&str) -> bool| name.split('.').any(is);
        Says { store: any(names_store), settings: any(names_bare_settings), data: any(names_bare_data) }
    }

    /// If the declared type of a variable can hold no parameters, records this for the variable's
    /// place.
    pub(in crate::lower) fn note_type(&mut self, path: PathId, ty: &Type) {
        if self.is_bare_type(ty, limits::TYPE_DEPTH) {
            self.env.bare.insert(path);
        }
    }

    /// Whether values of a type can hold no parameters.
    pub(in crate::lower) fn is_bare_type(&self, ty: &Type, depth: usize) -> bool {
        let all = |types: &mut dyn Iterator<Item = &Type>| {
            let mut types = types.peekable();
            types.peek().is_some() && types.all(|ty| self.is_bare_type(ty, depth))
        };
        match ty {
            Type::Reference(inner) => self.is_bare_type(&inner.elem, depth),
            Type::Paren(inner) => self.is_bare_type(&inner.elem, depth),
            Type::Group(inner) => self.is_bare_type(&inner.elem, depth),
            Type::Slice(inner) => self.is_bare_type(&inner.elem, depth),
            Type::Array(inner) => self.is_bare_type(&inner.elem, depth),
            Type::Tuple(parts) => all(&mut parts.elems.iter()),
            Type::Path(path) => {
                let Some(last) = path.path.segments.last() else { return false };
                let name = last.ident.to_string();
                if matches!(type_shape(&name), Some(TypeShape::Wrapper | TypeShape::Collection)) {
                    return all(&mut type_arguments(last));
                }
                type_holds_no_parameters(&name) || self.is_bare_struct(ty, depth)
            }
            _ => false,
        }
    }

    /// Whether a type is a struct of this file, and none of its fields can hold parameters.
    fn is_bare_struct(&self, ty: &Type, depth: usize) -> bool {
        let Some(id) = self.resolver.type_of(ty, self.inlining.function).filter(|_| depth > 0) else {
            return false;
        };
        self.has_bare_fields(id, depth)
    }

    fn has_bare_fields(&self, id: TypeId, depth: usize) -> bool {
        let mut fields = self.resolver.fields(id).peekable();
        fields.peek().is_some() && fields.all(|(_, ty)| self.is_bare_type(ty, depth - 1))
    }
}

fn kept(deps: &Deps, keeps: &dyn Fn(PathId) -> bool) -> Deps {
    if deps.paths().iter().all(|path| keeps(*path)) {
        return deps.clone();
    }
    let places = deps.paths().iter().copied().filter(|path| keeps(*path));
    places.fold(Deps::none(), |all, path| all.union(&Deps::one(path)))
}
