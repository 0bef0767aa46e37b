//! `#[derive(Module)]`: an implementation that visits each field by name.
//!
//! rustc checks the types: each field is passed to the runtime with the span of its type.
//! A field that is not a module, a parameter or a plain value is an error at this span.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::visit::Visit;
use syn::{Attribute, Field, Fields, Generics, Ident, Item, Meta, Path, Token, parse_quote};

use crate::bag::Bag;
use crate::diagnostic::{Diagnostic, Place};
use crate::report;

/// Expands the derive on `item`, which rustc has parsed as a struct, an enum or a union.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let bag = Bag::new();
    let user = report::hygiene(&item);
    let code = match syn::parse2::<Item>(item) {
        Ok(Item::Struct(item)) => expand_struct(&bag, &item.attrs, &item.ident, &item.generics, &item.fields),
        Ok(Item::Enum(item)) => {
            bag.push(not_a_struct(Place { start: item.enum_token.span, end: item.ident.span() }, "an enum"));
            expand_struct(&bag, &item.attrs, &item.ident, &item.generics, &Fields::Unit)
        }
        Ok(Item::Union(item)) => {
            bag.push(not_a_struct(Place { start: item.union_token.span, end: item.ident.span() }, "a union"));
            expand_struct(&bag, &item.attrs, &item.ident, &item.generics, &Fields::Unit)
        }
        Ok(other) => {
            bag.push(not_a_struct(Place::of(&other), "this item"));
            TokenStream::new()
        }
        Err(error) => {
            bag.parse(&error);
            TokenStream::new()
        }
    };
    let errors = report::errors(&bag.check(), user);
    quote!(#code #errors)
}

/// The error about an item that is not a struct.
fn not_a_struct(place: Place, what: &str) -> Diagnostic {
    Diagnostic::error(place, format!("`Module` cannot be derived for {what}"))
        .note("a module is a struct whose fields are layers, parameters and plain values")
        .help("derive it for a struct, or write `impl Module` by hand and visit what is there")
}

/// The `impl` of `Module`. It is emitted even after an error, so that no further errors follow.
fn expand_struct(
    bag: &Bag,
    attributes: &[Attribute],
    name: &Ident,
    generics: &Generics,
    fields: &Fields,
) -> TokenStream {
    let options = parse_options(bag, attributes, Target::Struct);
    let path = options.path.unwrap_or_else(|| parse_quote!(::training_loop));
    let visited: Vec<_> = fields
        .members()
        .zip(fields)
        .filter(|(_, field)| !parse_options(bag, &field.attrs, Target::Field).skip)
        .collect();

    let generics = bounded(generics, &path, visited.iter().map(|(_, field)| *field));
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let here = Span::mixed_site();
    let visits = visited.iter().map(|(member, field)| {
        // The argument has the place of the type, where rustc reports a missing `Module`.
        let Place { start, end } = Place::of(&field.ty);
        let (start, end) = (here.located_at(start), here.located_at(end));
        let key = match member {
            syn::Member::Named(name) => name.unraw().to_string(),
            syn::Member::Unnamed(index) => index.index.to_string(),
        };
        let mut member = member.clone();
        match &mut member {
            syn::Member::Named(name) => name.set_span(name.span().located_at(end)),
            syn::Member::Unnamed(index) => index.span = end,
        }
        let value = quote_spanned!(start=> &self.#member);
        quote_spanned!(here=> #path::private::field(visitor, #key, #value);)
    });
    let visitor = if visited.is_empty() { quote_spanned!(here=> _) } else { quote_spanned!(here=> visitor) };
    quote_spanned! {here=>
        #[automatically_derived]
        impl #impl_generics #path::Module for #name #type_generics #where_clause {
            fn visit(&self, #visitor: &mut dyn #path::Visitor) {
                #(#visits)*
            }
        }
    }
}

/// The generics of the struct, with a bound `T: Field` for each type parameter in the
/// type of a visited field.
fn bounded<'a>(generics: &Generics, path: &Path, fields: impl Iterator<Item = &'a Field>) -> Generics {
    let mut used = Used { names: generics.type_params().map(|param| (&param.ident, false)).collect() };
    fields.for_each(|field| used.visit_type(&field.ty));
    let mut generics = generics.clone();
    let bounds: Vec<syn::WherePredicate> = used
        .names
        .iter()
        .filter(|(_, used)| *used)
        .map(|(name, _)| parse_quote!(#name: #path::private::Field))
        .collect();
    if !bounds.is_empty() {
        generics.make_where_clause().predicates.extend(bounds);
    }
    generics
}

/// A visitor that collects the type parameters in the types of fields, except in a `PhantomData`.
struct Used<'a> {
    names: Vec<(&'a Ident, bool)>,
}

impl<'ast> Visit<'ast> for Used<'_> {
    fn visit_path(&mut self, path: &'ast Path) {
        if path.segments.last().is_some_and(|last| last.ident == "PhantomData") {
            return;
        }
        // `T` and not `T::Output`: the associated type is another type.
        if let Some(name) = path.get_ident() {
            for (param, used) in &mut self.names {
                *used |= *param == name;
            }
        }
        syn::visit::visit_path(self, path);
    }
}

/// The kind of item on which a `#[module(...)]` is written.
#[derive(Clone, Copy, PartialEq)]
enum Target {
    Struct,
    Field,
}

/// The options of `#[module(...)]`.
#[derive(Default)]
struct Options {
    skip: bool,
    path: Option<Path>,
}

/// Reads all `#[module(...)]` attributes of a struct or a field.
fn parse_options(bag: &Bag, attributes: &[Attribute], target: Target) -> Options {
    let mut options = Options::default();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("module")) {
        let Meta::List(list) = &attribute.meta else {
            bag.push(
                Diagnostic::error(Place::of(&attribute.meta), "`#[module]` has no effect here")
                    .help("write `#[module(skip)]` on a field or `#[module(crate = path)]` on the struct"),
            );
            continue;
        };
        let parser = |input: syn::parse::ParseStream| {
            while !input.is_empty() {
                parse_option(bag, input, target, &mut options)?;
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        if let Err(error) = parser.parse2(list.tokens.clone()) {
            bag.parse(&error);
        }
    }
    options
}

/// Reads one option of a `#[module(...)]`.
fn parse_option(
    bag: &Bag,
    input: syn::parse::ParseStream,
    target: Target,
    options: &mut Options,
) -> syn::Result<()> {
    let key = input.call(Ident::parse_any)?;
    let twice = |already: bool| {
        if already {
            bag.push(Diagnostic::error(key.span(), format!("`{key}` is given twice")));
        }
    };
    match (key.to_string().as_str(), target) {
        ("skip", Target::Field) => {
            twice(options.skip);
            options.skip = true;
        }
        ("crate", Target::Struct) => {
            input.parse::<Token![=]>()?;
            twice(options.path.is_some());
            options.path = Some(input.call(Path::parse_mod_style)?);
        }
        ("skip", Target::Struct) => {
            bag.push(Diagnostic::error(key.span(), "`skip` belongs on a field, not on the struct"));
        }
        ("crate", Target::Field) => {
            let help = "write `#[module(crate = path)]` above the struct";
            bag.push(Diagnostic::error(key.span(), "`crate` belongs on the struct").help(help));
            input.parse::<Token![=]>()?;
            input.call(Path::parse_mod_style)?;
        }
        (_, target) => {
            let known = if target == Target::Field { "`skip`" } else { "`crate = path`" };
            return Err(syn::Error::new(
                key.span(),
                format!("unknown option `{key}` of `#[module(...)]`\n  = help: the option here is {known}"),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The derive's output without spaces, so that tests do not depend on the spacing of tokens.
    fn derive(item: &str) -> String {
        let tokens = item.parse().unwrap_or_else(|error| panic!("{item}: {error}"));
        expand(tokens).to_string().replace([' ', '\n'], "")
    }

    #[test]
    fn visits_each_field_by_name() {
        let code = derive("struct Mlp { hidden: Linear, r#type: Linear }");
        assert!(code.contains("::private::field(visitor,\"hidden\",&self.hidden);"), "{code}");
        assert!(code.contains("::private::field(visitor,\"type\",&self.r#type);"), "{code}");
    }

    #[test]
    fn visits_tuple_fields_by_position() {
        assert!(derive("struct Pair(Linear, Linear);").contains("field(visitor,\"1\",&self.1)"));
    }

    #[test]
    fn unit_structs_have_nothing_to_visit() {
        assert!(derive("struct Relu;").contains("fnvisit(&self,_:&mutdyn::training_loop::Visitor){}"));
    }

    #[test]
    fn generics_get_a_bound_where_a_field_holds_them() {
        let code = derive(
            "struct Net<'a, T: Clone, U, const N: usize> where U: Copy { a: &'a [T; N], u: PhantomData<U> }",
        );
        assert!(
            code.contains("impl<'a,T:Clone,U,constN:usize>::training_loop::ModuleforNet<'a,T,U,N>"),
            "{code}"
        );
        assert!(code.contains("whereU:Copy,T:::training_loop::private::Field{"), "{code}");
    }

    #[test]
    fn skipped_fields_need_nothing() {
        let code = derive("struct Net<T> { #[module(skip)] cache: T, layer: Linear }");
        assert!(!code.contains("cache") && !code.contains("where"), "{code}");
    }

    #[test]
    fn the_runtime_may_live_elsewhere() {
        let code = derive("#[module(crate = crate::ml)] struct Net { layer: Linear }");
        assert!(code.contains("impl crate::ml::Module".replace(' ', "").as_str()), "{code}");
        assert!(code.contains("crate::ml::private::field("), "{code}");
    }

    #[test]
    fn mistakes_come_with_an_impl() {
        for item in [
            "enum E { A, B }",
            "union U { a: f32 }",
            "struct S { #[module(skp)] a: Linear }",
            "struct S { #[module(crate = x)] a: Linear }",
            "#[module(skip)] struct S;",
            "struct S { #[module] a: Linear }",
            "struct S { #[module(skip, skip)] a: Linear }",
        ] {
            let code = derive(item);
            assert!(
                code.contains("compile_error") && code.contains("::training_loop::Modulefor"),
                "{item}: {code}"
            );
        }
    }
}
