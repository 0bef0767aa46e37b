//! The variants of `Option` and `Result`.

/// A variant of `Option` or `Result`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// `Some(..)`.
    Some,
    /// `None`.
    None,
    /// `Ok(..)`.
    Ok,
    /// `Err(..)`.
    Err,
}

impl Variant {
    /// The variant of this name.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "Some" => Some(Self::Some),
            "None" => Some(Self::None),
            "Ok" => Some(Self::Ok),
            "Err" => Some(Self::Err),
            _ => None,
        }
    }

    /// The variant that a path ends in, be it written `None` or `Option::None`.
    pub fn of_path(path: &syn::Path) -> Option<Self> {
        Self::of(&path.segments.last()?.ident.to_string())
    }

    /// The name of the variant.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Some => "Some",
            Self::None => "None",
            Self::Ok => "Ok",
            Self::Err => "Err",
        }
    }

    /// The variant that holds the value, and whether it is this one: `None` is the failure of `Some`.
    pub const fn success(self) -> (Self, bool) {
        match self {
            Self::Some => (Self::Some, true),
            Self::None => (Self::Some, false),
            Self::Ok => (Self::Ok, true),
            Self::Err => (Self::Ok, false),
        }
    }
}

/// The variant whose presence a method without arguments tells: `is_some`, `is_err`.
pub fn asks_variant(method: &str) -> Option<Variant> {
    match method {
        "is_some" => Some(Variant::Some),
        "is_none" => Some(Variant::None),
        "is_ok" => Some(Variant::Ok),
        "is_err" => Some(Variant::Err),
        _ => None,
    }
}
