//! Conditions whose values are statically known.
//!
//! Known values are literals, enum variants, and `Some` and `None` as arguments of resolved functions.

use std::rc::Rc;

use syn::{BinOp, Expr, Lit, Pat, UnOp};

use super::Lower;
use super::value::{Kind, Value};
use crate::vocabulary::rust::{Question, Variant, question, view_of_wrapper};

/// A statically known value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lower) enum Known {
    Bool(bool),
    /// The value `None`.
    Nothing,
    /// A value `Some(..)`.
    Something,
    /// A variant without fields, represented by its name.
    Variant(Rc<str>),
}

impl Known {
    pub(in crate::lower) fn literal(literal: &Lit) -> Option<Self> {
        match literal {
            Lit::Bool(value) => Some(Self::Bool(value.value)),
            _ => None,
        }
    }

    /// The enum variant of a path such as `Mode::Train`.
    ///
    /// Constants such as `Mode::TRAIN` are excluded, because two constants may be equal.
    pub(in crate::lower) fn variant(path: &syn::Path) -> Option<Self> {
        let name = path.segments.last()?.ident.to_string();
        let camel = name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase);
        (camel && Variant::of(&name) != Some(Variant::None)).then(|| Self::Variant(name.into()))
    }
}

impl<'a> Lower<'a> {
    /// The value of a condition, if it is statically known.
    pub(in crate::lower) fn decides(&self, condition: &Expr) -> Option<bool> {
        match condition {
            Expr::Paren(inner) => self.decides(&inner.expr),
            Expr::Group(inner) => self.decides(&inner.expr),
            Expr::Let(node) => {
                let known = self.known(&node.expr)?;
                Self::fits(&node.pat, &Value::nothing().with_known(Some(known)))
            }
            Expr::Binary(node) if matches!(node.op, BinOp::Eq(_) | BinOp::Ne(_)) => {
                let same = self.known(&node.left)? == self.known(&node.right)?;
                Some(same == matches!(node.op, BinOp::Eq(_)))
            }
            Expr::MethodCall(node) => {
                let Some(Question::Variant(asked)) = question(&node.method.to_string(), node.args.len())
                else {
                    return None;
                };
                let known = match self.known(&node.receiver)? {
                    Known::Something => Variant::Some,
                    Known::Nothing => Variant::None,
                    _ => return None,
                };
                (asked.success().0 == Variant::Some).then_some(asked == known)
            }
            other => match self.known(other)? {
                Known::Bool(value) => Some(value),
                _ => None,
            },
        }
    }

    /// The statically known value of an expression without side effects.
    fn known(&self, expr: &Expr) -> Option<Known> {
        match expr {
            Expr::Lit(literal) => Known::literal(&literal.lit),
            Expr::Paren(inner) => self.known(&inner.expr),
            Expr::Group(inner) => self.known(&inner.expr),
            Expr::Reference(inner) => self.known(&inner.expr),
            Expr::Unary(inner) => match (&inner.op, self.known(&inner.expr)?) {
                (UnOp::Deref(_), known) => Some(known),
                (UnOp::Not(_), Known::Bool(value)) => Some(Known::Bool(!value)),
                _ => None,
            },
            Expr::Path(node) => match node.path.get_ident().and_then(|name| self.lookup(&name.to_string())) {
                Some(path) => self.env.values.get(&path)?.known.clone(),
                None if Variant::None.is_path(&node.path) => Some(Known::Nothing),
                None => Known::variant(&node.path),
            },
            Expr::MethodCall(node) if node.args.is_empty() => {
                if view_of_wrapper(&node.method.to_string()) {
                    self.known(&node.receiver)
                } else {
                    None
                }
            }
            _ => None,
        }
    }

    /// Whether a value matches a pattern, if the answer is statically known.
    pub(in crate::lower) fn fits(pat: &Pat, value: &Value<'a>) -> Option<bool> {
        let variant = |name: &syn::Ident| match value.known.as_ref()? {
            Known::Nothing => Some(Variant::None.is(name)),
            Known::Something => Variant::None.is(name).then_some(false),
            Known::Variant(known) => Some(*name == **known),
            Known::Bool(_) => None,
        };
        match pat {
            Pat::Wild(_) | Pat::Rest(_) => Some(true),
            Pat::Ident(ident) if ident.ident.to_string().starts_with(char::is_uppercase) => {
                variant(&ident.ident)
            }
            Pat::Ident(ident) => ident.subpat.is_none().then_some(true),
            Pat::Path(path) => variant(&path.path.segments.last()?.ident),
            Pat::Lit(literal) => {
                let known = value.known.as_ref()?;
                Known::literal(&literal.lit).map(|literal| literal == *known)
            }
            Pat::Reference(inner) => Self::fits(&inner.pat, value),
            Pat::Paren(inner) => Self::fits(&inner.pat, value),
            Pat::Type(inner) => Self::fits(&inner.pat, value),
            Pat::Guard(inner) => Self::fits(&inner.pat, value).filter(|fits| !fits),
            Pat::TupleStruct(wrapped) => {
                let name = &wrapped.path.segments.last()?.ident;
                match value.known.as_ref()? {
                    Known::Nothing => Some(false),
                    Known::Something if Variant::Some.is(name) => {
                        let open = |part: &Pat| Self::fits(part, &Value::nothing()) == Some(true);
                        wrapped.elems.iter().all(open).then_some(true)
                    }
                    Known::Variant(known) if *name != **known => Some(false),
                    _ => None,
                }
            }
            Pat::Tuple(tuple) => {
                let Kind::Tuple(parts) = &value.kind else { return None };
                let parts = tuple.elems.iter().zip(parts).map(|(pat, part)| Self::fits(pat, part));
                let parts: Vec<_> = parts.collect();
                if parts.contains(&Some(false)) {
                    return Some(false);
                }
                (parts.len() == tuple.elems.len() && parts.iter().all(|part| *part == Some(true)))
                    .then_some(true)
            }
            Pat::Or(cases) => {
                let cases: Vec<_> = cases.cases.iter().map(|case| Self::fits(case, value)).collect();
                if cases.contains(&Some(true)) {
                    return Some(true);
                }
                cases.iter().all(|case| *case == Some(false)).then_some(false)
            }
            _ => None,
        }
    }
}
