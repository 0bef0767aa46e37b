//! Objects that the loop uses by name: model, data, optimizer, schedule.

use std::collections::BTreeSet;

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Expr, Ident, Type, UnOp};

use crate::diagnostic::Place;
use crate::item::SpecFn;
use crate::spec::Clause;

/// Chooses names for the loop's locals. The names differ from the names of all parameters.
///
/// Hygiene already separates locals from parameters. Distinct names help readers, and make the printed loop
/// valid source code.
pub(crate) struct Names {
    taken: BTreeSet<String>,
    /// Names that blocks and hooks mention, with the hygiene of the first mention.
    mentioned: Vec<Ident>,
}

impl Names {
    /// Creates the names for a function with these parameters. Blocks and hooks can use the locals
    /// in `mentioned`.
    pub(crate) fn new(parameters: &[Ident], mentioned: Vec<Ident>) -> Self {
        Self { taken: parameters.iter().map(ToString::to_string).collect(), mentioned }
    }

    /// Whether a parameter has this name.
    pub(crate) fn is_taken(&self, name: &Ident) -> bool {
        self.taken.contains(&name.to_string())
    }

    /// A local with this name, or with the first free name `name_2`, `name_3`, ...
    pub(crate) fn local(&self, name: &str, at: Span) -> Ident {
        let mut free = name.to_owned();
        let mut count = 1;
        while self.taken.contains(&free) {
            count += 1;
            free = format!("{name}_{count}");
        }
        let mention = self.mentioned.iter().find(|mention| **mention == free);
        let hygiene = mention.map_or_else(Span::mixed_site, Ident::span);
        Ident::new(&free, hygiene.located_at(at))
    }
}

/// An object that the loop uses by name.
#[derive(Clone)]
pub(crate) struct Object {
    /// The span of the object in the spec.
    pub(crate) at: Span,
    /// The place expression of the object in the loop: `model`, `self.model`, `optimizer`.
    pub(crate) place: TokenStream,
    /// A shared reference to the object, as an argument.
    pub(crate) shared: TokenStream,
    /// A shared reference that needs no coercion to the expected type: `&*model` for `model: &mut M`.
    pub(crate) borrowed: TokenStream,
    /// An exclusive reference to the object.
    pub(crate) exclusive: TokenStream,
    /// The initial value of the object, if the loop declares the object.
    pub(crate) made: Option<Expr>,
    /// Whether the object is an `Option`. The steps of an object that is `None` are skipped.
    pub(crate) is_optional: bool,
}

impl Object {
    /// The shared reference, with all spans at the object's place in the spec, so that rustc reports a single
    /// type error at this place.
    pub(crate) fn shared(&self) -> TokenStream {
        located(self.shared.clone(), self.at)
    }

    /// The exclusive reference, with all spans at the object's place in the spec.
    pub(crate) fn exclusively(&self) -> TokenStream {
        located(self.exclusive.clone(), self.at)
    }

    /// The shared reference inside `if let Some(..)`, where the name of an optional object
    /// already is a reference.
    pub(crate) fn shared_inside(&self) -> TokenStream {
        if self.is_optional { located(self.place.clone(), self.at) } else { self.shared() }
    }

    /// The exclusive reference inside `if let Some(..)`.
    pub(crate) fn exclusive_inside(&self) -> TokenStream {
        if self.is_optional { located(self.place.clone(), self.at) } else { self.exclusively() }
    }

    /// The object of a clause.
    pub(crate) fn new(
        name: &str,
        clause: Option<&Clause<Expr>>,
        item: &SpecFn,
        names: &Names,
    ) -> Option<Self> {
        Self::of_loop(name, name, clause, item, names)
    }

    /// The object of a clause. An optimizer or a schedule that the loop declares gets the name `local`.
    pub(crate) fn of_loop(
        name: &str,
        local: &str,
        clause: Option<&Clause<Expr>>,
        item: &SpecFn,
        names: &Names,
    ) -> Option<Self> {
        let clause = clause?;
        let mut value = &clause.value;
        while let Expr::Paren(inner) = value {
            value = &inner.expr;
        }
        let at = clause.span();
        if let Expr::Path(path) = value
            && let Some(ident) = path.path.get_ident()
        {
            let own = matches!(name, "optimizer" | "scheduler") && item.moves(&ident.to_string());
            // An object that the loop changes must be a variable of the loop.
            let made = own.then(|| value.clone());
            return Some(Self { at, made, ..Self::named(ident, item) });
        }
        if let Expr::Reference(reference) = value
            && is_place(&reference.expr)
        {
            // `model = &self.model`: methods and functions take the reference.
            return Some(Self::place(at, &reference.expr, None));
        }
        if is_place(value) {
            return Some(Self::place(at, value, None));
        }
        let at = Place::of(value).start;
        // Optimizer and schedule belong to the loop; other clauses may name the other objects.
        let name = match name {
            "optimizer" | "scheduler" => names.local(local, at),
            "run" => names.local("options", at), // The loop has a local `run`.
            _ => clause.key.clone(),
        };
        Some(Self { is_optional: is_option(value), ..Self::place(at, &name, Some(value.clone())) })
    }

    /// Creates an object that is not visibly a reference.
    fn place(at: Span, place: &impl ToTokens, made: Option<Expr>) -> Self {
        let shared = quote!(&#place);
        Self {
            at,
            place: quote!(#place),
            borrowed: shared.clone(),
            shared,
            exclusive: quote!(&mut #place),
            made,
            is_optional: false,
        }
    }

    /// Creates the object of a parameter, or of another variable in scope.
    fn named(name: &Ident, item: &SpecFn) -> Self {
        let at = name.span();
        let ty = item.type_of(&name.to_string());
        let is_optional = ty.is_some_and(is_option_type);
        let (shared, borrowed, exclusive) = match ty {
            Some(Type::Reference(reference)) if reference.mutability.is_some() => {
                (quote!(#name), quote!(&*#name), quote!(&mut *#name))
            }
            Some(Type::Reference(_)) => (quote!(#name), quote!(#name), quote!(#name)),
            _ => (quote!(&#name), quote!(&#name), quote!(&mut #name)),
        };
        Self { at, place: quote!(#name), shared, borrowed, exclusive, made: None, is_optional }
    }
}

/// Whether the value of a clause is visibly an `Option`.
pub(crate) fn is_optional(value: &Expr, item: &SpecFn) -> bool {
    let declared = match crate::spec::plain(value) {
        Expr::Path(path) => path.path.get_ident().and_then(|name| item.type_of(&name.to_string())),
        _ => None,
    };
    declared.is_some_and(is_option_type) || is_option(value)
}

/// Moves tokens to the location of one span. Identifiers keep their hygiene, so that they still
/// name the same variables.
pub(crate) fn located(tokens: TokenStream, place: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            if let TokenTree::Group(group) = &token {
                let mut moved = Group::new(group.delimiter(), located(group.stream(), place));
                moved.set_span(place);
                return TokenTree::Group(moved);
            }
            let span = match &token {
                TokenTree::Ident(ident) => ident.span().located_at(place),
                _ => Span::mixed_site().located_at(place),
            };
            token.set_span(span);
            token
        })
        .collect()
}

/// Whether a type is an `Option`, or a reference to an `Option`.
fn is_option_type(ty: &Type) -> bool {
    match ty {
        Type::Reference(reference) => is_option_type(&reference.elem),
        Type::Paren(paren) => is_option_type(&paren.elem),
        Type::Group(group) => is_option_type(&group.elem),
        Type::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == "Option"),
        _ => false,
    }
}

/// Whether an expression is visibly an `Option`.
fn is_option(value: &Expr) -> bool {
    let is = |name: &Ident, names: &[&str]| names.iter().any(|own| name == own);
    let last = |path: &syn::ExprPath| path.path.segments.last().map(|last| last.ident.clone());
    let tail = |block: &syn::Block| match block.stmts.last() {
        Some(syn::Stmt::Expr(value, None)) => is_option(value),
        _ => false,
    };
    match value {
        Expr::Paren(paren) => is_option(&paren.expr),
        Expr::Block(block) => tail(&block.block),
        Expr::If(choice) => tail(&choice.then_branch),
        Expr::Path(path) => last(path).is_some_and(|name| name == "None"),
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => last(path).is_some_and(|name| name == "Some"),
            _ => false,
        },
        Expr::MethodCall(call) => {
            let makes = ["as_ref", "as_mut", "as_deref", "as_deref_mut", "then", "then_some", "ok", "take"];
            is(&call.method, &makes)
        }
        _ => false,
    }
}

/// Whether an expression is a place expression, so that the loop may repeat it.
fn is_place(value: &Expr) -> bool {
    match value {
        Expr::Path(_) => true,
        Expr::Field(field) => is_place(&field.base),
        Expr::Paren(paren) => is_place(&paren.expr),
        Expr::Unary(unary) => matches!(unary.op, UnOp::Deref(_)) && is_place(&unary.expr),
        Expr::Index(index) => is_place(&index.expr) && matches!(&*index.index, Expr::Lit(_) | Expr::Path(_)),
        _ => false,
    }
}
