//! Resolution of the names of functions, by scopes, modules and imports.

use syn::Path;

use super::{FnId, Resolver, ScopeId, one};
use crate::limits;
use crate::vocabulary::rust::PathRoot;

impl Resolver<'_> {
    /// The function that a path in the body of `from` refers to.
    pub(in crate::lower) fn resolve(&self, path: &Path, from: FnId) -> Option<FnId> {
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

    /// The function called `name` in the module at the path `before`. If the path is empty, the
    /// function is looked up in `scope`.
    fn free(&self, name: &str, before: &[String], scope: ScopeId, depth: usize) -> Option<FnId> {
        if depth > limits::IMPORTS {
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

    /// The module that a path in a scope refers to.
    pub(super) fn module(&self, path: &[String], from: ScopeId) -> Option<ScopeId> {
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
            // The checked code need not be the root of its crate, but its modules are found by their names.
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
}
