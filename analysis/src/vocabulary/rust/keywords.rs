//! Keywords and attributes of the Rust language.

use syn::{Attribute, Expr, Ident};

/// The keyword at the start of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathRoot {
    /// `self::`, the current module.
    Module,
    /// `super::`, the parent module.
    Parent,
    /// `crate::`, the root module.
    Crate,
}

impl PathRoot {
    /// The root of a path that starts with this keyword.
    pub fn of(segment: &str) -> Option<Self> {
        match segment {
            "self" => Some(Self::Module),
            "super" => Some(Self::Parent),
            "crate" => Some(Self::Crate),
            _ => None,
        }
    }
}

/// Whether an expression is `self`.
pub fn is_self(expr: &Expr) -> bool {
    matches!(expr, Expr::Path(path) if path.path.is_ident("self"))
}

/// Whether a name is `self`.
pub fn is_self_name(name: &str) -> bool {
    name == "self"
}

/// Whether a token is the keyword that ends a loop.
pub fn is_break(name: &str) -> bool {
    name == "break"
}

/// Whether a name in a `use` tree is `self`, which refers to the module itself.
pub fn names_module(name: &Ident) -> bool {
    name == "self"
}

/// Whether a type is `Self`.
pub fn is_self_type(name: &str) -> bool {
    name == "Self"
}

/// Whether an attribute marks a test: `#[test]`, `#[tokio::test]`, `#[bench]`.
pub fn is_test(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|last| last.ident == "test" || last.ident == "bench")
}

/// Whether the name of a variable says that it is not used: `_loss`.
pub fn is_meant_unused(name: &str) -> bool {
    name.starts_with('_')
}

/// The field that the text of a place expression names, if it is a field of `self`: `optimizer` of `self.optimizer`.
pub fn own_field(place: &str) -> Option<&str> {
    place.strip_prefix("self.").filter(|field| !field.contains('.'))
}

/// Whether the text of a place expression is a field of `self`: `self.optimizer`.
pub fn is_field_of_self(place: &str) -> bool {
    place.starts_with("self.")
}
