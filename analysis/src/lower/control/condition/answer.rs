//! Answers: the variants, constants and literals that conditions compare values with.

use syn::{Expr, Lit};

use super::text;
use crate::lower::control::expression::literal_key;
use crate::vocabulary::rust::Variant;

/// A variant, a constant or a literal that a value may equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lower) struct Answer {
    /// The answer in a normalized form, independent of its spelling in the source.
    pub(super) key: String,
    /// The name of the answer in messages; `None` if messages show the code that asks instead.
    pub(super) wording: Option<Name>,
    /// Whether the answer is exclusive. Two exclusive answers with different keys exclude each
    /// other.
    alone: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Variant(Variant),
    Constant(String),
}

impl Answer {
    pub(super) fn variant(variant: Variant) -> Self {
        Self { key: variant.name().to_owned(), wording: Some(Name::Variant(variant)), alone: true }
    }

    /// The answer for a literal or a pattern.
    pub(super) fn plain(key: String, alone: bool) -> Self {
        Self { key, wording: None, alone }
    }

    /// Whether no value can equal both answers.
    pub(in crate::lower::control) fn excludes(&self, other: &Self) -> bool {
        self.alone && other.alone && self.key != other.key
    }
}

/// The statically known part of the value of an expression.
#[derive(Clone, Debug)]
pub(in crate::lower) enum Constant {
    /// The value is `true` or `false`.
    Truth(bool),
    /// The value equals this answer (`true`), or differs from it (`false`).
    Of(Answer, bool),
}

/// The value of an expression, if it is known from the source.
pub(in crate::lower) fn constant(expr: &Expr) -> Option<Constant> {
    let of = |(answer, holds)| Constant::Of(answer, holds);
    match expr {
        Expr::Paren(inner) => constant(&inner.expr),
        Expr::Reference(inner) => constant(&inner.expr),
        Expr::Lit(literal) => literal_constant(&literal.lit),
        Expr::Path(path) => of_path(&path.path).map(of),
        Expr::Call(call) => match &*call.func {
            Expr::Path(path)
                if path.path.get_ident().and_then(|_| Variant::of_path(&path.path)).is_some() =>
            {
                of_path(&path.path).map(of)
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether an expression is a constant, such as `P::F32`, but not `true` or `false`.
pub(super) fn is_of_constant(expr: &Expr) -> bool {
    matches!(constant(expr), Some(Constant::Of(..)))
}

/// The answer that a path to a variant or constant affirms (`true`) or denies (`false`).
///
/// The path `None` denies the answer `Some`.
pub(super) fn of_path(path: &syn::Path) -> Option<(Answer, bool)> {
    let last = path.segments.last()?.ident.to_string();
    let owned = path.segments.iter().rev().nth(1).is_some_and(|owner| is_constant(&owner.ident.to_string()));
    is_constant(&last).then(|| variant(&last, &text::tight(path), owned))
}

/// The answer that the name of a variant or constant affirms (`true`) or denies (`false`).
pub(super) fn variant(name: &str, shown: &str, owned: bool) -> (Answer, bool) {
    if let Some(variant) = Variant::of(name) {
        let (success, holds) = variant.success();
        return (Answer::variant(success), holds);
    }
    // Two constants may have one value; two variants are two.
    let wording = is_constant(shown).then(|| Name::Constant(shown.to_owned()));
    let alone = owned || name.contains(char::is_lowercase);
    (Answer { key: name.to_owned(), wording, alone }, true)
}

/// The value of a literal.
pub(super) fn literal_constant(literal: &Lit) -> Option<Constant> {
    let alone = match literal {
        Lit::Bool(value) => return Some(Constant::Truth(value.value)),
        Lit::Int(_) | Lit::Str(_) | Lit::Char(_) => true,
        Lit::Float(_) => false,
        _ => return None,
    };
    Some(Constant::Of(Answer::plain(literal_key(literal), alone), true))
}

/// Whether a name has the spelling of a type, a variant or a constant.
pub(super) fn is_constant(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
}
