//! The functions that a check can see, and which of them a call means.
//!
//! A call is resolved by name and scope alone, as far as that is certain: what is ambiguous, imported from
//! elsewhere or decided by a trait's implementations stays unseen.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Attribute, Block, Item, ItemFn, Path, Signature, Type};

use super::survey::Survey;
use crate::attribute::Told;
use crate::items;
use crate::options::CheckOptions;
use crate::vocabulary::rust::{PathRoot, TypeShape, is_self_type, type_shape};

mod collect;
mod imports;

/// Index into [`Seen::functions`].
pub(crate) type FnId = usize;
/// Index of a type that has functions of its own.
pub(crate) type TypeId = usize;
/// Index of a module, or of a body that holds items.
type ScopeId = usize;

/// All functions that one check sees.
pub(crate) struct Seen {
    pub functions: Vec<SeenFn>,
    types: Vec<SeenType>,
    scopes: Vec<Scope>,
    /// Default methods of traits, by the trait's name.
    defaults: BTreeMap<String, Vec<FnId>>,
}

/// A function with a body.
pub(crate) struct SeenFn {
    pub name: String,
    pub sig: Signature,
    /// Its body, macros unfolded.
    pub body: Block,
    pub survey: Survey,
    /// How it is checked.
    pub options: CheckOptions,
    /// It carries the attribute itself.
    pub marked: bool,
    /// The test harness runs it.
    pub tested: bool,
    /// The type whose `impl` it stands in.
    pub owner: Option<TypeId>,
    /// Where its names are looked up: its own body.
    scope: ScopeId,
    /// Line and column of its first and its last token.
    extent: ((usize, usize), (usize, usize)),
}

/// A type that is defined here, or has an `impl` here.
struct SeenType {
    name: String,
    scope: ScopeId,
    fields: Vec<(String, Type)>,
    functions: BTreeMap<String, Vec<FnId>>,
    /// Traits that are implemented for it here.
    traits: Vec<String>,
    /// Several types have this name here.
    ambiguous: bool,
    /// Its definition was met.
    defined: bool,
}

impl SeenType {
    fn new(name: &str, scope: ScopeId) -> Self {
        Self {
            name: name.to_owned(),
            scope,
            fields: Vec::new(),
            functions: BTreeMap::new(),
            traits: Vec::new(),
            ambiguous: false,
            defined: false,
        }
    }
}

#[derive(Default)]
struct Scope {
    parent: Option<ScopeId>,
    /// A function's body, in which the names of the scope around it can be used as they are.
    body: bool,
    modules: BTreeMap<String, ScopeId>,
    functions: BTreeMap<String, Vec<FnId>>,
    /// What `use` brings in: each name with its path.
    imports: Vec<(String, Vec<String>)>,
    /// Modules of which `use` brings in everything.
    globs: Vec<Vec<String>>,
}

impl Seen {
    /// A function alone, with those inside it.
    pub(crate) fn of_function(function: &ItemFn, options: &CheckOptions) -> Self {
        let mut seen = Self::empty();
        let inside = CheckOptions { annotated: false, ..options.clone() };
        let told =
            |_: &[Attribute], _: Option<&CheckOptions>, _: Option<&BTreeSet<String>>| (inside.clone(), false);
        let mut collect = collect::Collect::new(&mut seen, &told, None);
        items::walk_function(function, &mut collect);
        seen.functions[0].options = options.clone();
        seen.functions[0].marked = options.annotated;
        seen.link();
        seen
    }

    /// All functions of some items; `around` is what holds for all of them.
    ///
    /// `told` gives a function's options and whether it carries the attribute, from its attributes and from
    /// the options of the module or `impl` around it.
    pub(crate) fn of_items(items: &[Item], told: Told<'_>, around: Option<CheckOptions>) -> Self {
        let mut seen = Self::empty();
        let mut collect = collect::Collect::new(&mut seen, told, around);
        items::walk(items, &mut collect);
        seen.link();
        seen
    }

    fn empty() -> Self {
        Self {
            functions: Vec::new(),
            types: Vec::new(),
            scopes: vec![Scope::default()],
            defaults: BTreeMap::new(),
        }
    }

    /// The innermost function around a place.
    pub(crate) fn around(&self, line: usize, column: usize) -> Option<FnId> {
        let inside = |id: &FnId| {
            let (start, end) = self.functions[*id].extent;
            start <= (line, column) && (line, column) <= end
        };
        (0..self.functions.len()).filter(inside).max_by_key(|id| self.functions[*id].extent.0)
    }

    /// The function that a path means where it stands in the body of `from`.
    pub(super) fn resolve(&self, path: &Path, from: FnId) -> Option<FnId> {
        if path.leading_colon.is_some() {
            return None;
        }
        let names: Vec<String> = path.segments.iter().map(|part| part.ident.to_string()).collect();
        let (last, before) = names.split_last()?;
        if let Some(owner) = before.last()
            && owner.starts_with(char::is_uppercase)
        {
            return self.method(self.type_named(owner, from)?, last);
        }
        self.free(last, before, self.functions[from].scope, 0)
    }

    /// A function by its name and the modules before it.
    fn free(&self, name: &str, before: &[String], scope: ScopeId, depth: usize) -> Option<FnId> {
        if depth > 8 {
            return None;
        }
        if !before.is_empty() {
            return one(self.scopes[self.module(before, scope)?].functions.get(name)?);
        }
        let mut at = Some(scope);
        while let Some(id) = at {
            let here = &self.scopes[id];
            if let Some(known) = here.functions.get(name) {
                return one(known);
            }
            if let Some((_, path)) = here.imports.iter().find(|(alias, _)| alias == name) {
                let (last, before) = path.split_last()?;
                return if before.is_empty() { None } else { self.free(last, before, id, depth + 1) };
            }
            if !here.body {
                let found = here.globs.iter().filter_map(|path| {
                    let module = self.module(path, id)?;
                    one(self.scopes[module].functions.get(name)?)
                });
                let found: Vec<FnId> = found.collect();
                return one(&found);
            }
            at = here.parent;
        }
        None
    }

    /// The module that a path means.
    fn module(&self, path: &[String], from: ScopeId) -> Option<ScopeId> {
        let nearest = |mut at: ScopeId| {
            while self.scopes[at].body {
                at = self.scopes[at].parent?;
            }
            Some(at)
        };
        let (first, mut rest) = path.split_first()?;
        let mut at = match PathRoot::of(first) {
            Some(PathRoot::Module) => nearest(from)?,
            Some(PathRoot::Parent) => nearest(self.scopes[nearest(from)?].parent?)?,
            // What is at hand need not be the root of its crate, but a module in it is found by its name.
            Some(PathRoot::Crate) if rest.is_empty() => return None,
            Some(PathRoot::Crate) => 0,
            None => {
                let mut at = Some(from);
                loop {
                    let here = &self.scopes[at?];
                    match here.modules.get(first) {
                        Some(&module) => break module,
                        None if here.body => at = here.parent,
                        None => return None,
                    }
                }
            }
        };
        while let Some((name, more)) = rest.split_first() {
            at = if PathRoot::of(name) == Some(PathRoot::Parent) {
                nearest(self.scopes[at].parent?)?
            } else {
                *self.scopes[at].modules.get(name)?
            };
            rest = more;
        }
        Some(at)
    }

    /// The method or associated function of a type.
    pub(super) fn method(&self, ty: TypeId, name: &str) -> Option<FnId> {
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

    /// The type of this name, as the body of `from` means it.
    pub(super) fn type_named(&self, name: &str, from: FnId) -> Option<TypeId> {
        let function = &self.functions[from];
        if is_self_type(name) {
            return function.owner;
        }
        if function.sig.generics.type_params().any(|parameter| parameter.ident == name) {
            return None;
        }
        self.type_in(name, function.scope)
    }

    /// The type of this name, as a scope means it.
    fn type_in(&self, name: &str, scope: ScopeId) -> Option<TypeId> {
        let in_scope = |scope: ScopeId, defined: bool| {
            let is_it = |ty: &SeenType| ty.scope == scope && ty.name == name && ty.defined == defined;
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

    /// An `impl` may stand in another module than its type.
    fn link(&mut self) {
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

    /// The type behind references and Rust's own wrappers.
    pub(super) fn type_of(&self, ty: &Type, from: FnId) -> Option<TypeId> {
        match ty {
            Type::Reference(inner) => self.type_of(&inner.elem, from),
            Type::Paren(inner) => self.type_of(&inner.elem, from),
            Type::Group(inner) => self.type_of(&inner.elem, from),
            Type::Path(path) if path.qself.is_none() => {
                let last = path.path.segments.last()?;
                let name = last.ident.to_string();
                if type_shape(&name) == Some(TypeShape::Wrapper)
                    && let syn::PathArguments::AngleBracketed(inner) = &last.arguments
                {
                    return inner.args.iter().find_map(|argument| match argument {
                        syn::GenericArgument::Type(ty) => self.type_of(ty, from),
                        _ => None,
                    });
                }
                self.type_named(&name, from)
            }
            _ => None,
        }
    }

    /// The declared type of a field.
    pub(super) fn field(&self, ty: TypeId, name: &str) -> Option<&Type> {
        self.types[ty].fields.iter().find(|(field, _)| field == name).map(|(_, ty)| ty)
    }

    /// The declared types of all fields.
    pub(super) fn fields(&self, ty: TypeId) -> impl Iterator<Item = (&str, &Type)> {
        self.types[ty].fields.iter().map(|(name, ty)| (name.as_str(), ty))
    }
}

/// The only one of several.
fn one(found: &[FnId]) -> Option<FnId> {
    match found {
        [id] => Some(*id),
        _ => None,
    }
}
