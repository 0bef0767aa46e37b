//! Name resolution: maps the names in the checked code to its functions and types.
//!
//! Names are resolved by scope alone, and only if the result is certain.
//! Ambiguous names stay unresolved.
//! Imports from outside the checked code, and methods that depend on trait implementations, stay
//! unresolved too.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use syn::{Attribute, Block, Item, ItemFn, Signature, Type};

use crate::attribute::{Names, Told};
use crate::items;
use crate::options::CheckOptions;
use crate::vocabulary::Vocabularies;
use survey::Survey;

mod collect;
mod contents;
mod counters;
mod crates;
mod effects;
mod idle;
mod imports;
mod kept;
mod layers;
pub(super) mod macros;
mod names;
mod order;
mod passed;
mod questions;
mod relevant;
mod shapes;
mod source;
mod stages;
pub(super) mod survey;
mod types;
pub(super) mod uses;
mod words;

pub(super) use idle::Idle;
pub(super) use source::Mentions;
pub(super) use types::type_arguments;

/// Index into [`Resolver::functions`].
pub(crate) type FnId = usize;
/// Index of a type with inherent functions.
pub(crate) type TypeId = usize;
/// The index of a module, or of a body that contains items.
type ScopeId = usize;

/// The functions, types and scopes of one check.
pub(crate) struct Resolver<'f> {
    /// The vocabularies of the libraries that the checked code uses.
    pub vocabularies: Vocabularies,
    /// The models and optimizers whose gradients some function of the checked code zeroes.
    pub zeroes: Zeroes,
    /// The functions that restore a model and train it, without restoring the optimizer.
    resuming: Vec<FnId>,
    pub functions: Vec<Function<'f>>,
    types: Vec<TypeDef<'f>>,
    scopes: Vec<Scope>,
    /// The default methods of traits, by the name of the trait.
    defaults: BTreeMap<String, Vec<FnId>>,
    /// The names of constants that are sums.
    pub sums: BTreeSet<String>,
    /// The expressions of `functions` as messages show them.
    sources: source::Sources,
    /// The answers about all functions that the rules by name share.
    order: order::Shared,
}

/// The models and optimizers whose gradients some function zeroes. `backward` therefore adds to
/// these gradients.
#[derive(Clone, Default)]
pub(crate) struct Zeroes {
    /// The names of models that update themselves.
    pub models: BTreeSet<String>,
    /// The names of models that are arguments of an optimizer's step, each with the name of the
    /// step's method.
    pub optimizers: BTreeSet<(String, String)>,
}

/// A function of the checked code that has a body.
pub(crate) struct Function<'f> {
    pub name: String,
    pub sig: &'f Signature,
    /// The body of the function, with macros unfolded.
    pub body: Cow<'f, Block>,
    /// The names in the body, collected when they are first needed.
    words: words::Words,
    pub survey: Survey,
    /// The options with which the function is checked.
    pub options: CheckOptions,
    /// Whether the function itself has the attribute that requests a check.
    pub marked: bool,
    /// Whether the test harness runs the function.
    pub tested: bool,
    /// The type of the `impl` that contains the function.
    pub owner: Option<TypeId>,
    /// The scope of the function's body.
    scope: ScopeId,
    /// Lines and columns of the first and the last token of the function.
    extent: ((usize, usize), (usize, usize)),
}

/// A type with a definition or an `impl` in the checked code.
struct TypeDef<'f> {
    name: String,
    scope: ScopeId,
    fields: Vec<(String, &'f Type)>,
    /// The fields that only code of the same module can reach.
    private: BTreeSet<String>,
    functions: BTreeMap<String, Vec<FnId>>,
    /// The traits that the type implements.
    traits: Vec<String>,
    /// Whether several types have this name.
    ambiguous: bool,
    /// Whether the definition of the type was found.
    defined: bool,
}

impl TypeDef<'_> {
    fn new(name: &str, scope: ScopeId) -> Self {
        Self {
            name: name.to_owned(),
            scope,
            fields: Vec::new(),
            private: BTreeSet::new(),
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
    /// Whether the scope is the body of a function. The names of the enclosing scope are visible in
    /// a body.
    body: bool,
    modules: BTreeMap<String, ScopeId>,
    functions: BTreeMap<String, Vec<FnId>>,
    /// The names that `use` imports, with their paths.
    imports: Vec<(String, Vec<String>)>,
    /// The modules from which `use` imports everything.
    globs: Vec<Vec<String>>,
}

impl<'f> Resolver<'f> {
    /// A resolver for one function, with its nested functions.
    pub(crate) fn of_function(function: &'f ItemFn, options: &CheckOptions) -> Self {
        let mut resolver = Self::with(crates::of_function(function));
        let inside = CheckOptions { annotated: false, ..options.clone() };
        let told = |_: &[Attribute], _: Option<&CheckOptions>, _: Option<Names<'_>>| (inside.clone(), false);
        let mut collect = collect::Collect::new(&mut resolver, &told, None);
        items::walk_function(function, &mut collect);
        let by_methods = resolver.functions[0].options.vocabularies;
        let vocabularies = options.vocabularies.or(by_methods);
        resolver.functions[0].options = CheckOptions { vocabularies, ..options.clone() };
        resolver.functions[0].marked = options.annotated;
        resolver.link();
        resolver
    }

    /// A resolver for all functions of some items. The options in `around` apply to all these
    /// functions.
    ///
    /// For each function, `told` returns its options and whether it has the attribute.
    /// Both depend on the function's attributes, and on the options of the module or `impl` around
    /// the function.
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
            zeroes: Zeroes::default(),
            resuming: Vec::new(),
            functions: Vec::new(),
            types: Vec::new(),
            scopes: vec![Scope::default()],
            defaults: BTreeMap::new(),
            sums: BTreeSet::new(),
            sources: source::Sources::default(),
            order: order::Shared::default(),
        }
    }

    /// Whether some function calls this one with a sum as an argument.
    pub(in crate::lower) fn is_raised(&self, id: FnId) -> bool {
        let function = &self.functions[id];
        self.functions.iter().enumerate().any(|(from, caller)| {
            let passed = &caller.survey.passed;
            let as_method = function.owner.is_some() && passed.sums_in_methods.contains(&function.name);
            as_method || passed.sums.iter().any(|path| self.resolve(path, from) == Some(id))
        })
    }

    /// The innermost function around a position in the source.
    pub(crate) fn around(&self, line: usize, column: usize) -> Option<FnId> {
        let inside = |id: &FnId| {
            let (start, end) = self.functions[*id].extent;
            start <= (line, column) && (line, column) <= end
        };
        (0..self.functions.len()).filter(inside).max_by_key(|id| self.functions[*id].extent.0)
    }
}

/// The element of a list with a single element; `None` for any other list.
fn one(found: &[FnId]) -> Option<FnId> {
    match found {
        [id] => Some(*id),
        _ => None,
    }
}
