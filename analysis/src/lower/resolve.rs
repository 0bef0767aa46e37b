//! Name resolution: which function or type of the checked code a name refers to.
//!
//! Names are resolved by scope alone, and only where that is certain.
//! Ambiguous names, imports from elsewhere and methods that trait implementations decide stay unresolved.

use std::borrow::Cow;
use std::collections::BTreeMap;

use syn::{Attribute, Block, Item, ItemFn, Signature, Type};

use crate::attribute::{Names, Told};
use crate::items;
use crate::options::CheckOptions;
use crate::vocabulary::Vocabularies;
use survey::Survey;

mod collect;
mod crates;
mod imports;
pub(super) mod macros;
mod names;
mod questions;
mod source;
pub(super) mod survey;
mod types;

pub(super) use source::Mentions;
pub(super) use types::type_arguments;

/// Index into [`Resolver::functions`].
pub(crate) type FnId = usize;
/// Index of a type with inherent functions.
pub(crate) type TypeId = usize;
/// Index of a module, or of a body that holds items.
type ScopeId = usize;

/// Functions, types and scopes of one check.
pub(crate) struct Resolver<'f> {
    /// The vocabularies of the libraries that the code uses.
    pub vocabularies: Vocabularies,
    pub functions: Vec<Function<'f>>,
    types: Vec<TypeDef<'f>>,
    scopes: Vec<Scope>,
    /// Default methods of traits, by the trait's name.
    defaults: BTreeMap<String, Vec<FnId>>,
    /// Expressions of `functions` as messages show them.
    sources: source::Sources,
}

/// A function with a body.
pub(crate) struct Function<'f> {
    pub name: String,
    pub sig: &'f Signature,
    /// Its body, with macros unfolded.
    pub body: Cow<'f, Block>,
    pub survey: Survey,
    /// How it is checked.
    pub options: CheckOptions,
    /// It has the attribute itself.
    pub marked: bool,
    /// The test harness runs it.
    pub tested: bool,
    /// The type of its `impl`.
    pub owner: Option<TypeId>,
    /// The scope of its body.
    scope: ScopeId,
    /// Lines and columns of its first and its last token.
    extent: ((usize, usize), (usize, usize)),
}

/// A type with a definition or an `impl` in the checked code.
struct TypeDef<'f> {
    name: String,
    scope: ScopeId,
    fields: Vec<(String, &'f Type)>,
    functions: BTreeMap<String, Vec<FnId>>,
    /// Traits that it implements.
    traits: Vec<String>,
    /// Several types have this name.
    ambiguous: bool,
    /// Its definition was found.
    defined: bool,
}

impl TypeDef<'_> {
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
    /// The body of a function, which sees the names of the scope around it.
    body: bool,
    modules: BTreeMap<String, ScopeId>,
    functions: BTreeMap<String, Vec<FnId>>,
    /// Names that `use` imports, with their paths.
    imports: Vec<(String, Vec<String>)>,
    /// Modules that `use` imports as a whole.
    globs: Vec<Vec<String>>,
}

impl<'f> Resolver<'f> {
    /// One function, with its nested functions.
    pub(crate) fn of_function(function: &'f ItemFn, options: &CheckOptions) -> Self {
        let mut resolver = Self::with(crates::of_function(function));
        let inside = CheckOptions { annotated: false, ..options.clone() };
        let told = |_: &[Attribute], _: Option<&CheckOptions>, _: Option<Names<'_>>| (inside.clone(), false);
        let mut collect = collect::Collect::new(&mut resolver, &told, None);
        items::walk_function(function, &mut collect);
        resolver.functions[0].options = options.clone();
        resolver.functions[0].marked = options.annotated;
        resolver.link();
        resolver
    }

    /// All functions of some items; `around` are options for all of them.
    ///
    /// `told` returns a function's options and whether it has the attribute, from its attributes and from
    /// the options of the module or `impl` around it.
    pub(crate) fn of_items(items: &'f [Item], told: Told<'_>, around: Option<CheckOptions>) -> Self {
        let mut resolver = Self::with(crates::of_items(items));
        let mut collect = collect::Collect::new(&mut resolver, told, around);
        items::walk(items, &mut collect);
        resolver.link();
        resolver
    }

    fn with(vocabularies: Vocabularies) -> Self {
        Self {
            vocabularies,
            functions: Vec::new(),
            types: Vec::new(),
            scopes: vec![Scope::default()],
            defaults: BTreeMap::new(),
            sources: source::Sources::default(),
        }
    }

    /// The innermost function at a place.
    pub(crate) fn around(&self, line: usize, column: usize) -> Option<FnId> {
        let inside = |id: &FnId| {
            let (start, end) = self.functions[*id].extent;
            start <= (line, column) && (line, column) <= end
        };
        (0..self.functions.len()).filter(inside).max_by_key(|id| self.functions[*id].extent.0)
    }
}

/// The only element.
fn one(found: &[FnId]) -> Option<FnId> {
    match found {
        [id] => Some(*id),
        _ => None,
    }
}
