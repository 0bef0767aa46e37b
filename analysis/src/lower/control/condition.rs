//! Conditions as questions: when two places ask the same, and which answers exclude each other.
//!
//! `if let Some(opt) = &mut optimizer`, `optimizer.is_none()` and the arms of `match optimizer.as_mut()`
//! all ask whether `optimizer` is `Some`; `precision == P::F32` and an arm `P::F32` ask the same of
//! `precision`, and whoever is `P::F32` is not `P::Bf16`.
//! It knows nothing of control flow: the walker asks, `flow` remembers the answers.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{BinOp, Expr, ExprBinary, ExprMethodCall, Lit, UnOp};

use super::text;
use crate::tokens::names_in;
use crate::vocabulary::rust::{self, Question, Variant, is_view, question};

mod pattern;

pub(in crate::lower) use pattern::{always, each_of_pattern, inner, leaf, parts};

/// A question whose answer stays the same as long as nothing that it mentions changes.
#[derive(Clone, Debug)]
pub(in crate::lower) struct Test {
    /// What is asked about, without the ways to look at it.
    pub subject: String,
    /// What it may be; a truth value has none.
    pub answer: Option<Answer>,
    /// Whether the question holds where the expression that asks it is true.
    pub holds: bool,
    /// The expression that asks, as the source has it.
    pub text: String,
    /// All names in it.
    pub names: BTreeSet<String>,
}

/// A variant, a constant or a literal that a value may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lower) struct Answer {
    /// The same for all ways to write it.
    pub key: String,
    /// As the source writes it.
    pub shown: String,
    /// No other answer with another key holds at the same time.
    pub alone: bool,
}

impl Test {
    fn about(
        subject: &Expr,
        answer: Option<Answer>,
        holds: bool,
        text: impl FnOnce() -> String,
    ) -> Option<Self> {
        // Nothing is written out before it is known to be small.
        let subject = bare(subject);
        is_pure(subject).then(|| {
            let (text, names) = (text(), names_in(subject));
            Self { subject: text::tight(subject), answer, holds, text, names }
        })
    }

    /// The question about a variable of which only the name is known.
    pub(in crate::lower) fn of_name(name: &str, constant: Constant) -> Self {
        let (answer, holds) = match constant {
            Constant::Truth(value) => (None, value),
            Constant::Of(answer, holds) => (Some(answer), holds),
        };
        let names = name.split('.').map(str::to_owned).collect();
        Self { subject: name.to_owned(), answer, holds, text: name.to_owned(), names }
    }

    /// The same for all places that ask the same.
    pub(in crate::lower) fn key(&self) -> String {
        match &self.answer {
            None => self.subject.clone(),
            Some(answer) => format!("{} is {}", self.subject, answer.key),
        }
    }
}

impl Answer {
    fn new(key: &str, shown: &str, alone: bool) -> Self {
        Self { key: key.to_owned(), shown: shown.to_owned(), alone }
    }

    /// Whether a value cannot be both.
    pub(in crate::lower) fn excludes(&self, other: &Self) -> bool {
        self.alone && other.alone && self.key != other.key
    }
}

/// A value that can be told from the source.
#[derive(Clone, Debug)]
pub(in crate::lower) enum Constant {
    /// `true` or `false`.
    Truth(bool),
    /// It is this, or is not.
    Of(Answer, bool),
}

/// What a single condition asks, if it asks the same whenever nothing it mentions has changed.
pub(in crate::lower) fn asked(condition: &Expr) -> Option<Test> {
    match condition {
        Expr::Paren(inner) => asked(&inner.expr),
        Expr::Group(inner) => asked(&inner.expr),
        Expr::Unary(not) if matches!(not.op, UnOp::Not(_)) => asked(&not.expr).map(turned),
        Expr::Binary(node) => compared(node),
        Expr::MethodCall(call) => by_method(call),
        Expr::Lit(_) | Expr::Let(_) => None,
        other => Test::about(other, None, true, || text::tight(other)),
    }
}

/// All questions that `&&`, `||`, `!` and patterns put together.
pub(in crate::lower) fn each(condition: &Expr, found: &mut dyn FnMut(Test)) {
    match condition {
        Expr::Binary(both) if matches!(both.op, BinOp::And(_) | BinOp::Or(_)) => {
            each(&both.left, found);
            each(&both.right, found);
        }
        Expr::Unary(not) if matches!(not.op, UnOp::Not(_)) => each(&not.expr, found),
        Expr::Paren(inner) => each(&inner.expr, found),
        Expr::Group(inner) => each(&inner.expr, found),
        Expr::Let(node) => each_of_pattern(&node.expr, &node.pat, found),
        single => asked(single).into_iter().for_each(found),
    }
}

/// The value of an expression, if the source tells it.
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

/// The expression without the ways to look at what it is: references and views.
fn bare(mut expr: &Expr) -> &Expr {
    loop {
        expr = match expr {
            Expr::Paren(inner) => &inner.expr,
            Expr::Group(inner) => &inner.expr,
            Expr::Reference(inner) => &inner.expr,
            Expr::Unary(deref) if matches!(deref.op, UnOp::Deref(_)) => &deref.expr,
            Expr::MethodCall(call) if call.args.is_empty() && is_view(&call.method.to_string()) => {
                &call.receiver
            }
            other => return other,
        };
    }
}

fn turned(test: Test) -> Test {
    Test { holds: !test.holds, ..test }
}

fn compared(node: &ExprBinary) -> Option<Test> {
    let ordered = |less: &Expr, more: &Expr, holds| {
        (is_pure(less) && is_pure(more)).then(|| {
            let names = names_in(less).into_iter().chain(names_in(more)).collect();
            let subject = format!("{} < {}", text::tight(less), text::tight(more));
            Test { subject, answer: None, holds, text: text::tight(node), names }
        })
    };
    match node.op {
        BinOp::Eq(_) => equal(node),
        BinOp::Ne(_) => equal(node).map(turned),
        BinOp::Lt(_) => ordered(&node.left, &node.right, true),
        BinOp::Gt(_) => ordered(&node.right, &node.left, true),
        BinOp::Ge(_) => ordered(&node.left, &node.right, false),
        BinOp::Le(_) => ordered(&node.right, &node.left, false),
        _ => None,
    }
}

fn equal(node: &ExprBinary) -> Option<Test> {
    let (left, right) = (&*node.left, &*node.right);
    for (subject, value) in [(left, right), (right, left)] {
        match constant(value) {
            Some(Constant::Truth(true)) => return asked(subject),
            Some(Constant::Truth(false)) => return asked(subject).map(turned),
            Some(Constant::Of(answer, holds)) if !matches!(bare(value), Expr::Call(_)) => {
                return Test::about(subject, Some(answer), holds, || text::tight(node));
            }
            _ => {}
        }
    }
    (is_pure(left) && is_pure(right)).then(|| {
        let mut sides = [text::tight(bare(left)), text::tight(bare(right))];
        sides.sort();
        let names = names_in(left).into_iter().chain(names_in(right)).collect();
        Test { subject: sides.join(" == "), answer: None, holds: true, text: text::tight(node), names }
    })
}

fn by_method(call: &ExprMethodCall) -> Option<Test> {
    let receiver = &*call.receiver;
    let name = call.method.to_string();
    let whole = || text::tight(call);
    let is = |key: &str, holds| Test::about(receiver, Some(Answer::new(key, key, true)), holds, whole);
    let zero = |subject: &dyn Fn() -> String| {
        let known = is_pure(receiver) && call.args.iter().all(is_pure);
        let names = || names_in(call).into_iter().filter(|name| call.method != name).collect();
        let answer = Some(Answer::new("0", "0", true));
        known.then(|| Test { subject: subject(), answer, holds: true, text: whole(), names: names() })
    };
    match question(&name, call.args.len()) {
        Some(Question::Variant(variant)) => {
            let (variant, holds) = variant.success();
            is(variant.name(), holds)
        }
        Some(Question::IsEmpty) => zero(&|| format!("{}.len()", text::tight(bare(receiver)))),
        Some(Question::IsMultiple) => {
            zero(&|| format!("{} % {}", text::tight(bare(receiver)), text::tight(&call.args[0])))
        }
        None => {
            let pure = rust::is_pure(&name) && is_pure(receiver) && call.args.iter().all(is_pure);
            pure.then(|| Test {
                subject: whole(),
                answer: None,
                holds: true,
                names: names_in(call),
                text: whole(),
            })
        }
    }
}

fn of_path(path: &syn::Path) -> Option<(Answer, bool)> {
    let last = path.segments.last()?.ident.to_string();
    let owned = path.segments.iter().rev().nth(1).is_some_and(|owner| is_constant(&owner.ident.to_string()));
    is_constant(&last).then(|| variant(&last, &text::tight(path), owned))
}

/// A variant or a constant by its name.
fn variant(name: &str, shown: &str, owned: bool) -> (Answer, bool) {
    if let Some(variant) = Variant::of(name) {
        let (success, holds) = variant.success();
        return (Answer::new(success.name(), success.name(), true), holds);
    }
    // Two constants may have one value; two variants are two.
    (Answer::new(name, shown, owned || name.contains(char::is_lowercase)), true)
}

fn literal_constant(literal: &Lit) -> Option<Constant> {
    let (key, alone) = match literal {
        Lit::Bool(value) => return Some(Constant::Truth(value.value)),
        Lit::Int(value) => (value.base10_digits().to_owned(), true),
        Lit::Float(value) => (value.base10_digits().to_owned(), false),
        Lit::Str(value) => (format!("{:?}", value.value()), true),
        Lit::Char(value) => (format!("{:?}", value.value()), true),
        _ => return None,
    };
    Some(Constant::Of(Answer::new(&key, &text::tight(literal), alone), true))
}

/// Whether a name is written as types, variants and constants are.
fn is_constant(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
}

/// Whether an expression gives the same whenever nothing it mentions has changed.
fn is_pure(expr: &Expr) -> bool {
    let mut pure = Pure { yes: true, depth: 0 };
    pure.visit_expr(expr);
    pure.yes
}

struct Pure {
    yes: bool,
    depth: usize,
}

impl<'ast> Visit<'ast> for Pure {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            Expr::MethodCall(call) if !rust::is_pure(&call.method.to_string()) => self.yes = false,
            Expr::Path(_)
            | Expr::Field(_)
            | Expr::Lit(_)
            | Expr::MethodCall(_)
            | Expr::Unary(_)
            | Expr::Binary(_)
            | Expr::Paren(_)
            | Expr::Group(_)
            | Expr::Reference(_)
            | Expr::Index(_)
            | Expr::Cast(_)
            | Expr::Range(_)
            | Expr::Tuple(_) => {}
            _ => self.yes = false,
        }
        self.depth += 1;
        if self.yes && self.depth < 24 {
            visit::visit_expr(self, expr);
        } else {
            self.yes = false;
        }
        self.depth -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(source: &str) -> (String, bool) {
        let test = asked(&syn::parse_str(source).expect("the test's source parses"));
        test.map_or_else(|| (String::new(), true), |test| (test.key(), test.holds))
    }

    #[test]
    fn one_question_has_many_forms() {
        for (forms, negations) in [
            (
                vec!["training", "(training)", "training == true", "!!training"],
                vec!["!training", "training == false"],
            ),
            (vec!["a < b", "b > a"], vec!["a >= b", "b <= a", "!(a < b)"]),
            (vec!["x == y", "y == x"], vec!["x != y"]),
            (vec!["precision == Precision::Bf16", "P::Bf16 == precision"], vec!["precision != P::Bf16"]),
            (
                vec!["opt.is_some()", "opt.as_mut().is_some()", "opt != None"],
                vec!["opt.is_none()", "opt == None"],
            ),
            (vec!["i % k == 0", "i.is_multiple_of(k)"], vec!["i % k != 0"]),
            (vec!["rows.is_empty()", "rows.len() == 0"], vec!["rows.len() != 0"]),
        ] {
            let (first, holds) = key(forms[0]);
            assert!(!first.is_empty() && holds, "{}", forms[0]);
            for form in forms {
                assert_eq!(key(form), (first.clone(), true), "{form}");
            }
            for form in negations {
                assert_eq!(key(form), (first.clone(), false), "{form}");
            }
        }
    }

    #[test]
    fn what_may_answer_otherwise_is_no_question() {
        for source in ["rng.gen_bool(0.5)", "next()", "it.next() == None", "x? > 0", "true", "{ x }"] {
            assert_eq!(key(source).0, "", "{source}");
        }
    }

    #[test]
    fn variants_exclude_each_other_and_constants_do_not() {
        let answer = |source: &str| match constant(&syn::parse_str(source).expect("it parses")) {
            Some(Constant::Of(answer, _)) => answer,
            other => panic!("{other:?}"),
        };
        assert!(answer("Mode::Train").excludes(&answer("Mode::Eval")));
        assert!(answer("P::F32").excludes(&answer("P::BF16")));
        assert!(answer("0").excludes(&answer("1")));
        assert!(!answer("MOST").excludes(&answer("LEAST")));
        assert!(!answer("Mode::Train").excludes(&answer("Train")));
    }
}
