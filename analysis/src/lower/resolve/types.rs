//! Resolution of types, and of the functions and fields of types.

use syn::{GenericArgument, PathArguments, PathSegment, Type};

use super::survey::Survey;
use super::{FnId, Resolver, ScopeId, TypeDef, TypeId, Zeroes, one};
use crate::vocabulary::rust::{TypeShape, is_self_type, type_shape};

impl Resolver<'_> {
    /// The method or associated function called `name` of the type `ty`.
    pub(in crate::lower) fn method(&self, ty: TypeId, name: &str) -> Option<FnId> {
        let known = &self.types[ty];
        if known.ambiguous {
            return None;
        }
        if let Some(found) = known.functions.get(name) {
            return one(found);
        }
        let defaults = known.traits.iter().filter_map(|of| self.defaults.get(of)).flatten();
        let found: Vec<FnId> = defaults.copied().filter(|id| self.functions[*id].name == name).collect();
        one(&found)
    }

    /// Whether a type of the checked code has a field with this name.
    pub(in crate::lower) fn has_field(&self, name: &str) -> bool {
        self.types.iter().any(|ty| ty.fields.iter().any(|(field, _)| field == name))
    }

    /// The type that a name in the body of `from` refers to.
    pub(in crate::lower) fn type_named(&self, name: &str, from: FnId) -> Option<TypeId> {
        let function = &self.functions[from];
        if is_self_type(name) {
            return function.owner;
        }
        if function.sig.generics.type_params().any(|parameter| parameter.ident == name) {
            return None;
        }
        self.type_in(name, function.scope)
    }

    /// The type that a name in a scope refers to.
    pub(super) fn type_in(&self, name: &str, scope: ScopeId) -> Option<TypeId> {
        let in_scope = |scope: ScopeId, defined: bool| {
            let is_it = |ty: &TypeDef| ty.scope == scope && ty.name == name && ty.defined == defined;
            self.types.iter().position(is_it).filter(|id| !self.types[*id].ambiguous)
        };
        let mut at = scope;
        loop {
            let here = &self.scopes[at];
            if let Some(known) = in_scope(at, true) {
                return Some(known);
            }
            if let Some((_, path)) = here.imports.iter().find(|(alias, _)| alias == name) {
                let (last, before) = path.split_last()?;
                let module = self.module(before, at).filter(|_| last == name);
                return match module {
                    Some(module) => in_scope(module, true),
                    None => in_scope(at, false),
                };
            }
            match here.parent {
                Some(parent) if here.body => at = parent,
                _ => break,
            }
        }
        let modules = self.scopes[at].globs.iter().filter_map(|path| self.module(path, at));
        let found: Vec<TypeId> = modules.filter_map(|module| in_scope(module, true)).collect();
        one(&found).or_else(|| in_scope(at, false))
    }

    /// Moves the functions of each `impl` to the type of the `impl`. The type may be in another
    /// module.
    pub(super) fn link(&mut self) {
        let surveys = || self.functions.iter().map(|function| &function.survey);
        let zeroes = Zeroes {
            models: surveys().flat_map(Survey::zeroes_models).collect(),
            optimizers: surveys().flat_map(Survey::zeroes_applied).collect(),
        };
        self.zeroes = zeroes;
        self.resuming = self.find_resuming();
        for id in 0..self.types.len() {
            if self.types[id].defined {
                continue;
            }
            let home = self.type_in(&self.types[id].name, self.types[id].scope).filter(|home| *home != id);
            let Some(home) = home else { continue };
            let functions = std::mem::take(&mut self.types[id].functions);
            let traits = std::mem::take(&mut self.types[id].traits);
            for (name, ids) in functions {
                for function in &ids {
                    self.functions[*function].owner = Some(home);
                }
                self.types[home].functions.entry(name).or_default().extend(ids);
            }
            self.types[home].traits.extend(traits);
        }
    }

    /// The type inside references and the wrappers of Rust's own library: `Net` for `&Option<Net>`.
    pub(in crate::lower) fn type_of(&self, ty: &Type, from: FnId) -> Option<TypeId> {
        match ty {
            Type::Reference(inner) => self.type_of(&inner.elem, from),
            Type::Paren(inner) => self.type_of(&inner.elem, from),
            Type::Group(inner) => self.type_of(&inner.elem, from),
            Type::Path(path) if path.qself.is_none() => {
                let last = path.path.segments.last()?;
                let name = last.ident.to_string();
                if type_shape(&name) == Some(TypeShape::Wrapper) && !last.arguments.is_none() {
                    return type_arguments(last).find_map(|ty| self.type_of(ty, from));
                }
                self.type_named(&name, from)
            }
            _ => None,
        }
    }

    /// The declared type of a field.
    pub(in crate::lower) fn field(&self, ty: TypeId, name: &str) -> Option<&Type> {
        self.types[ty].fields.iter().find(|(field, _)| field == name).map(|(_, ty)| *ty)
    }

    /// The declared types of all fields.
    pub(in crate::lower) fn fields(&self, ty: TypeId) -> impl Iterator<Item = (&str, &Type)> {
        self.types[ty].fields.iter().map(|(name, ty)| (name.as_str(), *ty))
    }
}

/// The type arguments of a path segment.
pub(in crate::lower) fn type_arguments(segment: &PathSegment) -> impl Iterator<Item = &Type> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(inner) => Some(inner.args.iter()),
        _ => None,
    };
    arguments.into_iter().flatten().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
