//! Collects the functions, types and imports of items, each with its scope.

use std::borrow::Cow;

use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Block, Fields, Item, ItemImpl, ItemMod, ItemStruct, ItemTrait, Type, UseTree, Visibility};

use super::crates;
use super::macros::unfolded;
use super::passed::is_sum;
use super::survey::Survey;
use super::words::Words;
use super::{Function, Resolver, Scope, ScopeId, TypeDef, TypeId};
use crate::attribute::Told;
use crate::items::{self, Visitor};
use crate::options::CheckOptions;
use crate::tokens::names_in;
use crate::vocabulary::Vocabularies;
use crate::vocabulary::rust::{is_test, names_module};

pub(super) struct Collect<'s, 't, 'f> {
    resolver: &'s mut Resolver<'f>,
    told: Told<'t>,
    /// The options of the enclosing module or `impl`.
    around: Option<CheckOptions>,
    scope: ScopeId,
    owner: Option<TypeId>,
    /// The name of the trait whose definition is being walked.
    of_trait: Option<String>,
}

impl<'s, 't, 'f> Collect<'s, 't, 'f> {
    pub(super) fn new(resolver: &'s mut Resolver<'f>, told: Told<'t>, around: Option<CheckOptions>) -> Self {
        Self { resolver, told, around, scope: 0, owner: None, of_trait: None }
    }

    /// Adds a function and returns its scope.
    fn add(&mut self, function: &items::Function<'f>) -> ScopeId {
        let items::Function { attributes: attrs, signature: sig, body: block, deep, .. } = *function;
        let names = || {
            let mut names = names_in(&sig.to_token_stream());
            if !deep {
                names.extend(names_in(block));
            }
            names
        };
        let (mut options, marked) = (self.told)(attrs, self.around.as_ref(), Some(&names));
        if options.vocabularies.is_none() && self.resolver.vocabularies == Vocabularies::ALL && !deep {
            let by_methods = crates::of_methods(block);
            options.vocabularies = (by_methods != Vocabularies::ALL).then_some(by_methods);
        }
        let vocabularies = options.vocabularies.unwrap_or(self.resolver.vocabularies);
        let (body, survey) = if deep {
            let body = Block { brace_token: block.brace_token, stmts: Vec::new() };
            (Cow::Owned(body), Survey::of_deep(vocabularies))
        } else {
            let body = unfolded(block);
            let survey = Survey::of(&body, vocabularies);
            (body, survey)
        };
        let start = attrs.first().map_or_else(|| sig.span(), Spanned::span).start();
        let end = block.brace_token.span.close().end();
        let scope = self.open(true);
        let (id, name) = (self.resolver.functions.len(), sig.ident.to_string());
        self.resolver.functions.push(Function {
            name: name.clone(),
            sig,
            survey,
            body,
            words: Words::default(),
            options,
            marked,
            tested: attrs.iter().any(is_test),
            owner: self.owner,
            scope,
            extent: ((start.line, start.column + 1), (end.line, end.column)),
        });
        match (self.owner, &self.of_trait) {
            (Some(owner), _) => self.resolver.types[owner].functions.entry(name).or_default().push(id),
            (None, Some(of)) => self.resolver.defaults.entry(of.clone()).or_default().push(id),
            (None, None) => self.resolver.scopes[self.scope].functions.entry(name).or_default().push(id),
        }
        scope
    }

    fn open(&mut self, body: bool) -> ScopeId {
        self.resolver.scopes.push(Scope { parent: Some(self.scope), body, ..Scope::default() });
        self.resolver.scopes.len() - 1
    }

    /// The type with this name, added if it is new.
    fn type_named(&mut self, name: &str, defines: bool) -> TypeId {
        let known = self.resolver.types.iter().position(|ty| ty.name == name && ty.scope == self.scope);
        let id = known.unwrap_or_else(|| {
            self.resolver.types.push(TypeDef::new(name, self.scope));
            self.resolver.types.len() - 1
        });
        let ty = &mut self.resolver.types[id];
        ty.ambiguous |= defines && ty.defined;
        ty.defined |= defines;
        id
    }

    fn fields(&mut self, item: &'f ItemStruct) {
        let ty = self.type_named(&item.ident.to_string(), true);
        let name = |(index, field): (usize, &'f syn::Field)| {
            let name = field.ident.as_ref().map_or_else(|| index.to_string(), ToString::to_string);
            (name, field)
        };
        let known = &mut self.resolver.types[ty];
        let fields = || item.fields.iter().enumerate().map(name);
        known.private = fields()
            .filter(|(_, field)| matches!(field.vis, Visibility::Inherited))
            .map(|(name, _)| name)
            .collect();
        if !matches!(item.fields, Fields::Unit) {
            known.fields = fields().map(|(name, field)| (name, &field.ty)).collect();
        }
    }

    fn imports(&mut self, tree: &UseTree, path: &mut Vec<String>) {
        let scope = &mut self.resolver.scopes[self.scope];
        match tree {
            UseTree::Path(part) => {
                path.push(part.ident.to_string());
                self.imports(&part.tree, path);
                path.pop();
            }
            UseTree::Name(name) => {
                let mut whole = path.clone();
                // `use steps::{self}` names the module.
                if !names_module(&name.ident) {
                    whole.push(name.ident.to_string());
                    scope.imports.push((name.ident.to_string(), whole));
                }
            }
            UseTree::Rename(name) => {
                let whole = path.iter().cloned().chain([name.ident.to_string()]).collect();
                scope.imports.push((name.rename.to_string(), whole));
            }
            UseTree::Glob(_) => scope.globs.push(path.clone()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.imports(tree, path)),
        }
    }
}

impl<'f> Visitor<'f> for Collect<'_, '_, 'f> {
    /// Adds a function and its nested functions.
    fn function(&mut self, function: &items::Function<'f>, inside: impl FnOnce(&mut Self)) {
        let scope = self.add(function);
        // Items of the body are in its own scope; attributes outside do not apply to them.
        let outer = (self.around.take(), self.scope, self.owner.take(), self.of_trait.take());
        self.scope = scope;
        inside(self);
        (self.around, self.scope, self.owner, self.of_trait) = outer;
    }

    fn module(&mut self, module: &'f ItemMod, inside: impl FnOnce(&mut Self)) {
        let scope = self.open(false);
        self.resolver.scopes[self.scope].modules.insert(module.ident.to_string(), scope);
        let outer = (self.scope, self.around.clone());
        self.around = Some((self.told)(&module.attrs, self.around.as_ref(), None).0);
        self.scope = scope;
        inside(self);
        (self.scope, self.around) = outer;
    }

    fn implementation(&mut self, block: &'f ItemImpl, inside: impl FnOnce(&mut Self)) {
        let mut of = &*block.self_ty;
        while let Type::Reference(inner) = of {
            of = &inner.elem;
        }
        let name = match of {
            Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
            _ => None,
        };
        let generic = |name: &String| block.generics.type_params().any(|parameter| parameter.ident == name);
        // `impl<T> Trait for T` is an implementation for whatever there is.
        let name = name.filter(|name| !generic(name)).unwrap_or_default();
        let owner = self.type_named(&name, name.is_empty());
        if let Some((of, _)) = &block.trait_
            && let Some(last) = of.segments.last()
        {
            self.resolver.types[owner].traits.push(last.ident.to_string());
        }
        let outer = (self.owner.replace(owner), self.around.clone());
        self.around = Some((self.told)(&block.attrs, self.around.as_ref(), None).0);
        inside(self);
        (self.owner, self.around) = outer;
    }

    fn definition_of_trait(&mut self, item: &'f ItemTrait, inside: impl FnOnce(&mut Self)) {
        let outer = (self.owner.take(), self.of_trait.replace(item.ident.to_string()));
        inside(self);
        (self.owner, self.of_trait) = outer;
    }

    fn other(&mut self, item: &'f Item) {
        match item {
            Item::Struct(item) => self.fields(item),
            Item::Enum(item) => drop(self.type_named(&item.ident.to_string(), true)),
            Item::Use(item) => self.imports(&item.tree, &mut Vec::new()),
            Item::Const(item) if is_sum(&item.expr) => {
                self.resolver.sums.insert(item.ident.to_string());
            }
            _ => {}
        }
    }
}
