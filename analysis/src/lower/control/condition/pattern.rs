//! Tests that a value matches a pattern.

use syn::{Expr, Pat};

use super::answer::{is_constant, literal_constant, of_path, variant};
use super::{Answer, Code, Constant, Formula, Test, asked, structure};
use crate::lower::text;

/// The formula over tests that is true if a value matches a pattern. The formula leaves out the
/// condition of a match guard.
pub(in crate::lower) fn of_pattern<'e>(subject: &'e Expr, pat: &'e Pat) -> Formula<Test<'e>> {
    match pat {
        Pat::Paren(inner) => of_pattern(subject, &inner.pat),
        Pat::Reference(inner) => of_pattern(subject, &inner.pat),
        Pat::Type(inner) => of_pattern(subject, &inner.pat),
        Pat::Guard(guarded) => of_pattern(subject, &guarded.pat),
        Pat::Or(cases) => Formula::Any(cases.cases.iter().map(|case| of_pattern(subject, case)).collect()),
        pat if always(pat) => Formula::All(Vec::new()),
        Pat::Tuple(tuple) => match parts(subject, tuple) {
            Some(parts) => Formula::All(parts.map(|(part, pat)| of_pattern(part, pat)).collect()),
            None => opaque(subject, pat).formula(),
        },
        pat => {
            let outer = leaf(subject, pat).formula();
            match inner(subject, pat) {
                Some(inner) => Formula::All(vec![outer, inner.formula()]),
                None => outer,
            }
        }
    }
}

/// The parts of a tuple, each with its pattern. The value and the pattern must list their parts, as
/// `(a, b)` and `(Some(x), None)` do.
fn parts<'a>(
    subject: &'a Expr,
    pats: &'a syn::PatTuple,
) -> Option<impl Iterator<Item = (&'a Expr, &'a Pat)>> {
    let subject = match subject {
        Expr::Paren(inner) => &*inner.expr,
        other => other,
    };
    match subject {
        Expr::Tuple(tuple) if tuple.elems.len() == pats.elems.len() => {
            let rest = pats.elems.iter().any(|pat| matches!(pat, Pat::Rest(_)));
            (!rest).then(|| tuple.elems.iter().zip(&pats.elems))
        }
        _ => None,
    }
}

/// Whether a pattern matches every value.
pub(in crate::lower) fn always(pat: &Pat) -> bool {
    match pat {
        Pat::Wild(_) | Pat::Rest(_) => true,
        Pat::Ident(name) => {
            !is_constant(&name.ident.to_string())
                && name.subpat.as_ref().is_none_or(|(_, inner)| always(inner))
        }
        Pat::Paren(inner) => always(&inner.pat),
        Pat::Reference(inner) => always(&inner.pat),
        Pat::Type(inner) => always(&inner.pat),
        Pat::Tuple(tuple) => tuple.elems.iter().all(always),
        _ => false,
    }
}

/// The test that a value has the outermost constructor of a pattern: `Some` for `Some(1)`.
fn leaf<'e>(subject: &'e Expr, pat: &'e Pat) -> Test<'e> {
    let named = match pat {
        Pat::Lit(literal) => match literal_constant(&literal.lit) {
            Some(Constant::Truth(true)) => return asked(subject),
            Some(Constant::Truth(false)) => return asked(subject).turned(),
            Some(Constant::Of(answer, holds)) => Some((answer, holds)),
            None => return opaque(subject, pat),
        },
        Pat::Ident(name) => Some(variant(&name.ident.to_string(), &name.ident.to_string(), false)),
        Pat::Path(path) => of_path(&path.path),
        Pat::TupleStruct(wrapped) => of_path(&wrapped.path),
        Pat::Struct(fields) => of_path(&fields.path),
        other => Some((Answer::plain(text::tight(other), false), true)),
    };
    match named {
        Some((answer, holds)) => Test::about(subject, Some(answer), holds, Code::Fits(subject, pat)),
        None => opaque(subject, pat),
    }
}

/// The test that a value matches the whole of a pattern such as `Some(1)`, and not only `Some`.
///
/// `None` if the constructor alone decides the match, as for `Some(x)`.
fn inner<'e>(subject: &'e Expr, pat: &'e Pat) -> Option<Test<'e>> {
    let refutable = match pat {
        Pat::TupleStruct(wrapped) => !wrapped.elems.iter().all(always),
        Pat::Struct(fields) => !fields.fields.iter().all(|field| always(&field.pat)),
        _ => false,
    };
    let answer = || Answer::plain(text::tight(pat), false);
    refutable.then(|| Test::about(subject, Some(answer()), true, Code::Fits(subject, pat)))
}

/// The test that a value matches a pattern that is not understood.
fn opaque<'e>(subject: &'e Expr, pat: &'e Pat) -> Test<'e> {
    let answer = Answer::plain(text::tight(pat), false);
    Test::of(structure(subject), Some(answer), true, Code::Fits(subject, pat), false)
}
