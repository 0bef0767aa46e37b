//! Decides from the `use` items in scope whether a name may belong to the user rather than to a
//! library.

use syn::Path;

use super::{FnId, Resolver, Scope};
use crate::vocabulary::CRATES;
use crate::vocabulary::rust::PathRoot;

impl Resolver<'_> {
    /// Whether a path may refer to an unknown function of the user, although a library has a
    /// function with the same name.
    ///
    /// A function of the user is imported from a module of the user's crate, or from an unknown
    /// crate. If there are no imports, names belong to the library. This is so when a single
    /// function is checked.
    pub(in crate::lower) fn may_be_own(&self, path: &Path, from: FnId) -> bool {
        let Some(first) = path.segments.first().map(|part| part.ident.to_string()) else { return true };
        let mut scopes = Vec::new();
        let mut at = Some(self.functions[from].scope);
        while let Some(scope) = at {
            let here: &Scope = &self.scopes[scope];
            scopes.push(here);
            // A module sees the names around it only through `use super::*`.
            let through = here.body
                || here
                    .globs
                    .iter()
                    .any(|glob| glob.len() == 1 && PathRoot::of(&glob[0]) == Some(PathRoot::Parent));
            at = here.parent.filter(|_| through);
        }
        let library = |whole: &[String]| whole.first().is_some_and(|root| CRATES.contains(&root.as_str()));
        let mut named = scopes.iter().flat_map(|scope| &scope.imports);
        if let Some((_, whole)) = named.find(|(alias, _)| *alias == first) {
            return !library(whole);
        }
        let nothing = scopes.iter().all(|scope| scope.imports.is_empty() && scope.globs.is_empty());
        if nothing || CRATES.contains(&first.as_str()) {
            return false;
        }
        let mut globs = scopes.iter().flat_map(|scope| &scope.globs);
        path.segments.len() > 1 || !globs.any(|glob| library(glob))
    }
}
