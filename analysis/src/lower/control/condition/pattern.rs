//! What patterns ask of the values that they meet.

use syn::{Expr, Pat};

use super::{Answer, Constant, Test, asked, each, is_constant, literal_constant, of_path, turned, variant};
use crate::lower::text;

/// All questions that a pattern asks of a value.
pub(in crate::lower) fn each_of_pattern(subject: &Expr, pat: &Pat, found: &mut dyn FnMut(Test)) {
    match pat {
        Pat::Paren(inner) => each_of_pattern(subject, &inner.pat, found),
        Pat::Reference(inner) => each_of_pattern(subject, &inner.pat, found),
        Pat::Guard(guarded) => {
            each_of_pattern(subject, &guarded.pat, found);
            each(&guarded.guard, found);
        }
        Pat::Or(cases) => cases.cases.iter().for_each(|case| each_of_pattern(subject, case, found)),
        Pat::Tuple(tuple) => {
            if let Some(parts) = parts(subject, tuple) {
                parts.for_each(|(part, pat)| each_of_pattern(part, pat, found));
            }
        }
        pat if always(pat) => {}
        pat => {
            leaf(subject, pat).into_iter().for_each(&mut *found);
            inner(subject, pat).into_iter().for_each(found);
        }
    }
}

/// The parts of a tuple with their patterns, if both are written out.
pub(in crate::lower) fn parts<'a>(
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

/// Whether a pattern takes whatever comes.
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

/// What the outermost constructor of a pattern asks.
pub(in crate::lower) fn leaf(subject: &Expr, pat: &Pat) -> Option<Test> {
    let shown = || format!("let {} = {}", text::tight(pat), text::tight(subject));
    let (answer, holds) = match pat {
        Pat::Paren(inner) => return leaf(subject, &inner.pat),
        Pat::Reference(inner) => return leaf(subject, &inner.pat),
        Pat::Guard(_) | Pat::Or(_) => return None,
        Pat::Lit(literal) => match literal_constant(&literal.lit)? {
            Constant::Truth(value) => {
                return asked(subject).map(|test| if value { test } else { turned(test) });
            }
            Constant::Of(answer, holds) => (answer, holds),
        },
        Pat::Ident(name) => variant(&name.ident.to_string(), &name.ident.to_string(), false),
        Pat::Path(path) => of_path(&path.path)?,
        Pat::TupleStruct(wrapped) => of_path(&wrapped.path)?,
        Pat::Struct(fields) => of_path(&fields.path)?,
        other => {
            let text = text::tight(other);
            (Answer::new(&text, &text, false), true)
        }
    };
    Test::about(subject, Some(answer), holds, shown)
}

/// What a pattern asks beyond its outermost constructor.
pub(in crate::lower) fn inner(subject: &Expr, pat: &Pat) -> Option<Test> {
    let refutable = match pat {
        Pat::TupleStruct(wrapped) => !wrapped.elems.iter().all(always),
        Pat::Struct(fields) => !fields.fields.iter().all(|field| always(&field.pat)),
        _ => false,
    };
    let text = text::tight(pat);
    let shown = || format!("let {text} = {}", text::tight(subject));
    refutable.then(|| Test::about(subject, Some(Answer::new(&text, &text, false)), true, shown))?
}
