//! The walk over the items of a file.
//!
//! For every function, the walk passes the owner, the attributes and the enclosing items to the
//! visitor. The walk is recursive. It leaves out bodies nested deeper than
//! [`limits::NESTED_EXPRESSIONS`](crate::limits).

use proc_macro2::{Span, TokenStream};
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Block, Expr, Ident, ImplItem, Item, ItemFn, ItemImpl, ItemMod, ItemTrait, Signature,
    TraitItem, Type,
};

use crate::attribute::is_ours;
use crate::deep::is_deep;
use crate::item::SpecFn;

/// A function with a body.
pub(crate) struct Function<'a> {
    /// The owner of a method: the type of its `impl`, or its trait.
    pub(crate) owner: Option<&'a Ident>,
    pub(crate) attributes: &'a [Attribute],
    pub(crate) signature: &'a Signature,
    pub(crate) body: &'a Block,
    /// Whether the body is nested too deep to be walked.
    pub(crate) deep: bool,
}

impl Function<'_> {
    /// The span of the closing brace.
    pub(crate) fn end(&self) -> Span {
        self.body.brace_token.span.close()
    }
}

/// A free function or an `impl` method without a body, which syn represents as tokens.
pub(crate) struct Bodiless<'a> {
    pub(crate) owner: Option<&'a Ident>,
    pub(crate) function: SpecFn,
    pub(crate) tokens: &'a TokenStream,
}

/// The callbacks of a walk over items. A callback calls `inside` to continue the walk inside the item.
pub(crate) trait Visitor<'f>: Sized {
    /// Called for a function with a body, which may contain other functions.
    fn function(&mut self, _: &Function<'f>, inside: impl FnOnce(&mut Self)) {
        inside(self);
    }

    /// Called for a function without a body.
    fn bodiless(&mut self, _: Bodiless<'f>) {}

    fn module(&mut self, _: &'f ItemMod, inside: impl FnOnce(&mut Self)) {
        inside(self);
    }

    fn implementation(&mut self, _: &'f ItemImpl, inside: impl FnOnce(&mut Self)) {
        inside(self);
    }

    fn definition_of_trait(&mut self, _: &'f ItemTrait, inside: impl FnOnce(&mut Self)) {
        inside(self);
    }

    /// Called for an item of any other kind.
    fn other(&mut self, _: &'f Item) {}

    /// Called for a `for`, `while` or `loop` expression.
    fn repetition(&mut self) {}
}

/// Walks over items in source order.
pub(crate) fn walk<'f>(items: &'f [Item], visitor: &mut impl Visitor<'f>) {
    let mut walk = Walk { visitor, owner: None };
    for item in items {
        walk.visit_item(item);
    }
}

/// Walks over one function, and the items in its body.
pub(crate) fn walk_function<'f>(function: &'f ItemFn, visitor: &mut impl Visitor<'f>) {
    Walk { visitor, owner: None }.body(&function.attrs, &function.sig, &function.block, None);
}

struct Walk<'v, 'f, V> {
    visitor: &'v mut V,
    owner: Option<&'f Ident>,
}

impl<'f, V: Visitor<'f>> Walk<'_, 'f, V> {
    fn function(&mut self, function: &Function<'f>) {
        self.visitor.function(function, |visitor| {
            if !function.deep {
                Walk { visitor, owner: None }.visit_block(function.body);
            }
        });
    }

    fn body(
        &mut self,
        attributes: &'f [Attribute],
        signature: &'f Signature,
        body: &'f Block,
        owner: Option<&'f Ident>,
    ) {
        self.function(&Function { owner, attributes, signature, body, deep: is_deep(body) });
    }

    fn bodiless(&mut self, tokens: &'f TokenStream, owner: Option<&'f Ident>) {
        if let Some(function) = SpecFn::of(tokens) {
            self.visitor.bodiless(Bodiless { owner, function, tokens });
        }
    }

    fn module(&mut self, module: &'f ItemMod) {
        let Some((_, items)) = &module.content else { return };
        self.visitor.module(module, |visitor| walk(items, visitor));
    }

    fn implementation(&mut self, item: &'f ItemImpl) {
        let owner = type_name(&item.self_ty);
        self.visitor.implementation(item, |visitor| {
            let mut walk = Walk { visitor, owner };
            for item in &item.items {
                walk.visit_impl_item(item);
            }
        });
    }

    fn definition_of_trait(&mut self, item: &'f ItemTrait) {
        let owner = Some(&item.ident);
        self.visitor.definition_of_trait(item, |visitor| {
            let mut walk = Walk { visitor, owner };
            for item in &item.items {
                walk.visit_trait_item(item);
            }
        });
    }
}

impl<'f, V: Visitor<'f>> Visit<'f> for Walk<'_, 'f, V> {
    fn visit_item(&mut self, item: &'f Item) {
        match item {
            Item::Fn(function) => self.body(&function.attrs, &function.sig, &function.block, None),
            Item::Mod(module) => self.module(module),
            Item::Impl(item) => self.implementation(item),
            Item::Trait(item) => self.definition_of_trait(item),
            Item::Verbatim(tokens) => self.bodiless(tokens, None),
            other => {
                self.visitor.other(other);
                visit::visit_item(self, other);
            }
        }
    }

    fn visit_impl_item(&mut self, item: &'f ImplItem) {
        match item {
            ImplItem::Fn(method) => self.body(&method.attrs, &method.sig, &method.block, self.owner),
            ImplItem::Verbatim(tokens) => self.bodiless(tokens, self.owner),
            other => visit::visit_impl_item(self, other),
        }
    }

    fn visit_trait_item(&mut self, item: &'f TraitItem) {
        match item {
            TraitItem::Fn(method) => {
                if let Some(body) = &method.default {
                    self.body(&method.attrs, &method.sig, body, self.owner);
                }
            }
            other => visit::visit_trait_item(self, other),
        }
    }

    fn visit_expr(&mut self, expr: &'f Expr) {
        if matches!(expr, Expr::ForLoop(_) | Expr::While(_) | Expr::Loop(_)) {
            self.visitor.repetition();
        }
        visit::visit_expr(self, expr);
    }
}

/// The last name of a type's path.
fn type_name(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| &last.ident),
        _ => None,
    }
}

/// Removes each `#[training_loop]` that a check of the whole item has read. Returns whether there was one.
pub(crate) fn strip(item: &mut Item) -> bool {
    let mut strip = Strip { found: false };
    strip.visit_item_mut(item);
    strip.found
}

struct Strip {
    found: bool,
}

impl Strip {
    fn strip(&mut self, attributes: &mut Vec<Attribute>) {
        let before = attributes.len();
        attributes.retain(|attribute| !is_ours(attribute));
        self.found |= attributes.len() < before;
    }

    fn function(&mut self, attributes: &mut Vec<Attribute>, body: &mut Block) {
        self.strip(attributes);
        if !is_deep(body) {
            self.visit_block_mut(body);
        }
    }
}

impl VisitMut for Strip {
    fn visit_item_mut(&mut self, item: &mut Item) {
        match item {
            Item::Fn(function) => self.function(&mut function.attrs, &mut function.block),
            Item::Mod(module) if module.content.is_none() => {}
            Item::Mod(ItemMod { attrs, .. }) | Item::Impl(ItemImpl { attrs, .. }) => {
                self.strip(attrs);
                visit_mut::visit_item_mut(self, item);
            }
            other => visit_mut::visit_item_mut(self, other),
        }
    }

    fn visit_impl_item_mut(&mut self, item: &mut ImplItem) {
        match item {
            ImplItem::Fn(method) => self.function(&mut method.attrs, &mut method.block),
            other => visit_mut::visit_impl_item_mut(self, other),
        }
    }

    fn visit_trait_item_mut(&mut self, item: &mut TraitItem) {
        match item {
            TraitItem::Fn(method) => {
                if let Some(body) = &mut method.default {
                    self.function(&mut method.attrs, body);
                }
            }
            other => visit_mut::visit_trait_item_mut(self, other),
        }
    }
}
