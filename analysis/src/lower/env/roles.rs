//! Roles of names and types: optimizer, schedule, scaler, or something else.

use syn::{GenericParam, Generics, Ident, Type, TypeParamBound, WherePredicate};

use crate::lower::Lower;
use crate::lower::resolve::{TypeId, type_arguments};
use crate::vocabulary::rust::{TypeShape, type_shape};
use crate::vocabulary::{Role, Uses, ignores_mode_argument, role_of_name, role_of_type};

impl Lower<'_> {
    /// The role of a variable or a field.
    ///
    /// The role comes from the first of these sources that determines a role: the options, the
    /// type, the methods called on the variable, the name of the variable.
    pub(in crate::lower) fn role(&self, name: &str, by_type: Option<Role>) -> Option<Role> {
        let options = &self.here().options;
        if options.optimizers.iter().any(|declared| declared == name) {
            return Some(Role::Optimizer);
        }
        if options.models.iter().any(|declared| declared == name) {
            return Some(Role::Other);
        }
        if self.survey().uses.get(name).is_some_and(|uses| uses.takes_gradients) {
            return Some(Role::Other);
        }
        let by_use = || {
            let used = self.survey().uses.get(name).is_some_and(Uses::as_optimizer);
            used.then_some(Role::Optimizer)
        };
        // A scaler with a fused step owns its optimizer.
        let steps = || self.survey().uses.get(name).is_some_and(|uses| uses.steps_fused(self.vocabulary));
        if by_type == Some(Role::Scaler) && steps() {
            return Some(Role::Optimizer);
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        // A list of numbers may be named a schedule.
        let list = || self.survey().uses.get(name).is_some_and(Uses::as_collection);
        // A model that is named after its optimizer, such as `linear_sgd`.
        let model = || self.survey().uses.get(name).is_some_and(Uses::has_forward);
        let by_name = || {
            role_of_name(last).filter(|role| match role {
                Role::Schedule => !list(),
                Role::Optimizer => !model(),
                Role::Scaler | Role::Accumulator | Role::Other => true,
            })
        };
        by_type.or_else(by_use).or_else(by_name)
    }

    /// The role that the type of a `let` or of a field implies.
    pub(in crate::lower) fn role_of_let(&self, ty: &Type) -> Option<Role> {
        self.role_of_parameter(ty, &Generics::default())
    }

    /// The role that the type of a parameter implies.
    pub(in crate::lower) fn role_of_parameter(&self, ty: &Type, generics: &Generics) -> Option<Role> {
        match ty {
            Type::Reference(inner) => self.role_of_parameter(&inner.elem, generics),
            Type::Paren(inner) => self.role_of_parameter(&inner.elem, generics),
            Type::Group(inner) => self.role_of_parameter(&inner.elem, generics),
            Type::ImplTrait(bounds) => self.role_of_bounds(bounds.bounds.iter()),
            Type::TraitObject(bounds) => self.role_of_bounds(bounds.bounds.iter()),
            Type::Slice(_) | Type::Array(_) | Type::Tuple(_) => Some(Role::Other),
            Type::Path(path) => {
                let last = path.path.segments.last()?;
                let name = last.ident.to_string();
                match type_shape(&name) {
                    Some(TypeShape::Wrapper) => {
                        type_arguments(last).find_map(|ty| self.role_of_parameter(ty, generics))
                    }
                    Some(TypeShape::Collection) => Some(Role::Other),
                    None => {
                        let generic = path.path.get_ident();
                        let bounds = generic.and_then(|name| self.role_of_generic(name, generics));
                        let role = bounds.or_else(|| self.role_of_named_type(&name));
                        // `GradScaler<Adam>` owns its optimizer, and steps it.
                        let owned =
                            || type_arguments(last).find_map(|ty| self.role_of_parameter(ty, generics));
                        let owns = role == Some(Role::Scaler) && owned() == Some(Role::Optimizer);
                        if owns { Some(Role::Optimizer) } else { role }
                    }
                }
            }
            _ => None,
        }
    }

    /// The role of a type with this name.
    ///
    /// If the checked code defines the type, and its `step` only updates counters, the type is no
    /// optimizer.
    pub(in crate::lower) fn role_of_named_type(&self, name: &str) -> Option<Role> {
        let role = role_of_type(self.vocabulary, name)?;
        let counts = || {
            let ty = self.resolver.type_named(name, self.inlining.function);
            ty.is_some_and(|ty| self.resolver.only_counts(ty))
        };
        if role == Role::Optimizer && counts() { Some(Role::Other) } else { Some(role) }
    }

    /// The role that the bounds of a type parameter imply.
    fn role_of_generic(&self, name: &Ident, generics: &Generics) -> Option<Role> {
        let inline = generics.params.iter().find_map(|parameter| match parameter {
            GenericParam::Type(parameter) if parameter.ident == *name => {
                self.role_of_bounds(parameter.bounds.iter())
            }
            _ => None,
        });
        inline.or_else(|| {
            let predicates = &generics.where_clause.as_ref()?.predicates;
            predicates.iter().find_map(|predicate| match predicate {
                WherePredicate::Type(bound) if is_parameter(&bound.bounded_ty, name) => {
                    self.role_of_bounds(bound.bounds.iter())
                }
                _ => None,
            })
        })
    }

    fn role_of_bounds<'b>(&self, bounds: impl Iterator<Item = &'b TypeParamBound>) -> Option<Role> {
        let name = |bound: &'b TypeParamBound| match bound {
            TypeParamBound::Trait(bound) => Some(bound.path.segments.last()?.ident.to_string()),
            _ => None,
        };
        bounds.filter_map(name).find_map(|name| role_of_type(self.vocabulary, &name))
    }

    /// Whether the forward of a type ignores its mode argument.
    pub(in crate::lower) fn sets_own_mode(ty: &Type) -> bool {
        match ty {
            Type::Reference(inner) => Self::sets_own_mode(&inner.elem),
            Type::Path(path) => path.path.segments.last().is_some_and(|last| {
                let name = last.ident.to_string();
                let wraps = type_shape(&name) == Some(TypeShape::Wrapper);
                ignores_mode_argument(&name) || wraps && type_arguments(last).any(Self::sets_own_mode)
            }),
            _ => false,
        }
    }

    /// Whether a type is a collection of optimizers.
    pub(in crate::lower) fn holds_optimizers(&self, ty: &Type, generics: &Generics) -> bool {
        let element = match ty {
            Type::Reference(inner) => return self.holds_optimizers(&inner.elem, generics),
            Type::Slice(inner) => &*inner.elem,
            Type::Array(inner) => &*inner.elem,
            Type::Path(path) => {
                let Some(last) = path.path.segments.last() else { return false };
                let Some(element) = type_arguments(last).last() else { return false };
                match type_shape(&last.ident.to_string()) {
                    Some(TypeShape::Collection) => element,
                    Some(TypeShape::Wrapper) => return self.holds_optimizers(element, generics),
                    None => return false,
                }
            }
            _ => return false,
        };
        self.role_of_parameter(element, generics) == Some(Role::Optimizer)
    }

    /// Whether a field of the type `ty` is an optimizer.
    pub(in crate::lower) fn holds_optimizer(&self, ty: TypeId) -> bool {
        let mut fields = self.resolver.fields(ty);
        fields.any(|(name, ty)| self.role(name, self.role_of_let(ty)) == Some(Role::Optimizer))
    }
}

/// Whether a type is the type parameter called `name`.
fn is_parameter(ty: &Type, name: &Ident) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident(name))
}
