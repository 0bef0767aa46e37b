//! The variants of `Option` and `Result`.

/// A variant of `Option` or `Result`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// `Some(..)`, the success variant of `Option`.
    Some,
    /// `None`, the other variant of `Option`.
    None,
    /// `Ok(..)`, the success variant of `Result`.
    Ok,
    /// `Err(..)`, the other variant of `Result`.
    Err,
}

impl Variant {
    /// The variant with this name.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "Some" => Some(Self::Some),
            "None" => Some(Self::None),
            "Ok" => Some(Self::Ok),
            "Err" => Some(Self::Err),
            _ => None,
        }
    }

    /// The variant at the end of a path: `None`, `Option::None`.
    pub fn of_path(path: &syn::Path) -> Option<Self> {
        Self::of(&path.segments.last()?.ident.to_string())
    }

    /// Whether a name is the name of this variant.
    pub fn is(self, name: &syn::Ident) -> bool {
        name == self.name()
    }

    /// Whether a path consists only of the name of this variant: `None`, not `Option::None`.
    pub fn is_path(self, path: &syn::Path) -> bool {
        path.is_ident(self.name())
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

    /// The success variant of the same enum. The flag is `true` if this variant is the success
    /// variant: the result is `(Some, false)` for `None`.
    pub const fn success(self) -> (Self, bool) {
        match self {
            Self::Some => (Self::Some, true),
            Self::None => (Self::Some, false),
            Self::Ok => (Self::Ok, true),
            Self::Err => (Self::Ok, false),
        }
    }
}

/// A query of a value. Different methods and operators may express the same query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether an `Option` or a `Result` has this variant: `is_some`.
    Variant(Variant),
    /// Whether the length of a collection is 0.
    IsEmpty,
    /// Whether the remainder of a division by the argument is 0.
    IsMultiple,
}

/// The query that a method expresses.
pub fn question(method: &str, arguments: usize) -> Option<Question> {
    let question = match (method, arguments) {
        ("is_some", 0) => Question::Variant(Variant::Some),
        ("is_none", 0) => Question::Variant(Variant::None),
        ("is_ok", 0) => Question::Variant(Variant::Ok),
        ("is_err", 0) => Question::Variant(Variant::Err),
        ("is_empty", 0) => Question::IsEmpty,
        ("is_multiple_of", 1) => Question::IsMultiple,
        _ => return None,
    };
    Some(question)
}
