//! Walks over items and notes every function, with where it stands.

use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;
use syn::{Block, Fields, Item, ItemImpl, ItemMod, ItemStruct, ItemTrait, Type, UseTree};

use super::{Scope, ScopeId, Seen, SeenFn, SeenType, TypeId};
use crate::attribute::{Told, is_ours};
use crate::items::{Function, Visitor};
use crate::lower::macros::Unfold;
use crate::lower::survey::Survey;
use crate::options::CheckOptions;
use crate::tokens::names_in;
use crate::vocabulary::TRAINING_LOOP;
use crate::vocabulary::rust::{is_test, names_module};

pub(super) struct Collect<'s, 't> {
    seen: &'s mut Seen,
    told: Told<'t>,
    /// The options of the module or `impl` around.
    around: Option<CheckOptions>,
    scope: ScopeId,
    owner: Option<TypeId>,
    /// The trait in whose definition this stands.
    of_trait: Option<String>,
}

impl<'s, 't> Collect<'s, 't> {
    pub(super) fn new(seen: &'s mut Seen, told: Told<'t>, around: Option<CheckOptions>) -> Self {
        Self { seen, told, around, scope: 0, owner: None, of_trait: None }
    }

    /// Notes a function, and gives its scope.
    fn note(&mut self, function: &Function<'_>) -> ScopeId {
        let Function { attributes: attrs, signature: sig, body: block, deep, .. } = *function;
        let names = attrs.iter().any(is_ours).then(|| {
            let mut names = names_in(sig);
            if !deep {
                names.extend(names_in(block));
            }
            names
        });
        let (options, marked) = (self.told)(attrs, self.around.as_ref(), names.as_ref());
        let mut body = Block { brace_token: block.brace_token, stmts: Vec::new() };
        if !deep {
            body.stmts.clone_from(&block.stmts);
            Unfold::new().visit_block_mut(&mut body);
        }
        let start = attrs.first().map_or_else(|| sig.span(), Spanned::span).start();
        let end = block.brace_token.span.close().end();
        let scope = self.open(true);
        let (id, name) = (self.seen.functions.len(), sig.ident.to_string());
        self.seen.functions.push(SeenFn {
            name: name.clone(),
            sig: sig.clone(),
            survey: if deep { Survey::of_deep(&TRAINING_LOOP) } else { Survey::of(&body, &TRAINING_LOOP) },
            body,
            options,
            marked,
            tested: attrs.iter().any(is_test),
            owner: self.owner,
            scope,
            extent: ((start.line, start.column + 1), (end.line, end.column)),
        });
        match (self.owner, &self.of_trait) {
            (Some(owner), _) => self.seen.types[owner].functions.entry(name).or_default().push(id),
            (None, Some(of)) => self.seen.defaults.entry(of.clone()).or_default().push(id),
            (None, None) => self.seen.scopes[self.scope].functions.entry(name).or_default().push(id),
        }
        scope
    }

    fn open(&mut self, body: bool) -> ScopeId {
        self.seen.scopes.push(Scope { parent: Some(self.scope), body, ..Scope::default() });
        self.seen.scopes.len() - 1
    }

    /// The type of this name, new if it was not met before.
    fn type_named(&mut self, name: &str, defines: bool) -> TypeId {
        let known = self.seen.types.iter().position(|ty| ty.name == name && ty.scope == self.scope);
        let id = known.unwrap_or_else(|| {
            self.seen.types.push(SeenType::new(name, self.scope));
            self.seen.types.len() - 1
        });
        let ty = &mut self.seen.types[id];
        ty.ambiguous |= defines && ty.defined;
        ty.defined |= defines;
        id
    }

    fn fields(&mut self, item: &ItemStruct) {
        let ty = self.type_named(&item.ident.to_string(), true);
        let name = |(index, field): (usize, &syn::Field)| {
            let name = field.ident.as_ref().map_or_else(|| index.to_string(), ToString::to_string);
            (name, field.ty.clone())
        };
        if !matches!(item.fields, Fields::Unit) {
            self.seen.types[ty].fields = item.fields.iter().enumerate().map(name).collect();
        }
    }

    fn imports(&mut self, tree: &UseTree, path: &mut Vec<String>) {
        let scope = &mut self.seen.scopes[self.scope];
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

impl Visitor for Collect<'_, '_> {
    /// Notes a function, and those inside it.
    fn function(&mut self, function: &Function<'_>, inside: impl FnOnce(&mut Self)) {
        let scope = self.note(function);
        // Items of the body stand in its own scope; attributes of what is around say nothing of them.
        let outer = (self.around.take(), self.scope, self.owner.take(), self.of_trait.take());
        self.scope = scope;
        inside(self);
        (self.around, self.scope, self.owner, self.of_trait) = outer;
    }

    fn module(&mut self, module: &ItemMod, inside: impl FnOnce(&mut Self)) {
        let scope = self.open(false);
        self.seen.scopes[self.scope].modules.insert(module.ident.to_string(), scope);
        let outer = (self.scope, self.around.clone());
        self.around = Some((self.told)(&module.attrs, self.around.as_ref(), None).0);
        self.scope = scope;
        inside(self);
        (self.scope, self.around) = outer;
    }

    fn implementation(&mut self, block: &ItemImpl, inside: impl FnOnce(&mut Self)) {
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
            self.seen.types[owner].traits.push(last.ident.to_string());
        }
        let outer = (self.owner.replace(owner), self.around.clone());
        self.around = Some((self.told)(&block.attrs, self.around.as_ref(), None).0);
        inside(self);
        (self.owner, self.around) = outer;
    }

    fn definition_of_trait(&mut self, item: &ItemTrait, inside: impl FnOnce(&mut Self)) {
        let outer = (self.owner.take(), self.of_trait.replace(item.ident.to_string()));
        inside(self);
        (self.owner, self.of_trait) = outer;
    }

    fn other(&mut self, item: &Item) {
        match item {
            Item::Struct(item) => self.fields(item),
            Item::Enum(item) => drop(self.type_named(&item.ident.to_string(), true)),
            Item::Use(item) => self.imports(&item.tree, &mut Vec::new()),
            _ => {}
        }
    }
}
