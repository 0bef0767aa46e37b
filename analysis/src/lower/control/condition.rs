//! Conditions as formulas over questions.
//!
//! Two places in the code may ask the same question, and one answer may exclude another.
//! `if let Some(opt) = &mut optimizer`, `optimizer.is_none()` and the arms of `match optimizer.as_mut()`
//! all ask whether `optimizer` is `Some`.
//! The condition `precision == P::F32` and an arm `P::F32` ask the same of `precision`.
//! A value that is `P::F32` is not `P::Bf16`.
//!
//! This module does not depend on control flow or scopes.
//! The module [`super::ask`] resolves the questions and branches on them.

use syn::{BinOp, Expr, ExprBinary, ExprLet, ExprMethodCall, Pat, UnOp};

use super::expression::{method, named, structure};
use super::text;
use crate::cfg::{Excerpt, Expression, Formula, Wording};
use crate::vocabulary::rust::{self, Question, is_view, question};

mod answer;
mod pattern;
mod pure;

pub(in crate::lower) use answer::{Answer, Constant, constant};
use answer::{Name, is_of_constant};
use pure::is_pure;

pub(in crate::lower) use pattern::{always, of_pattern};

/// The outermost structure of a condition.
pub(super) enum Shape<'e> {
    Not(&'e Expr),
    All(&'e Expr, &'e Expr),
    Any(&'e Expr, &'e Expr),
    Fits(&'e ExprLet),
    Single(&'e Expr),
}

impl<'e> Shape<'e> {
    pub(super) fn of(condition: &'e Expr) -> Self {
        match condition {
            Expr::Paren(inner) => Self::of(&inner.expr),
            Expr::Group(inner) => Self::of(&inner.expr),
            Expr::Unary(not) if matches!(not.op, UnOp::Not(_)) => Self::Not(&not.expr),
            Expr::Binary(both) if matches!(both.op, BinOp::And(_)) => Self::All(&both.left, &both.right),
            Expr::Binary(either) if matches!(either.op, BinOp::Or(_)) => {
                Self::Any(&either.left, &either.right)
            }
            Expr::Let(node) => Self::Fits(node),
            single => Self::Single(single),
        }
    }
}

/// A question with the code that asks it.
#[derive(Clone)]
pub(in crate::lower) struct Test<'e> {
    /// The key that identifies the question.
    pub(in crate::lower) key: Key,
    /// The value that the question asks for, such as `Some`; `None` if it asks whether an expression is true.
    answer: Option<Answer>,
    /// Whether the answer to the question is yes if the test succeeds.
    pub(in crate::lower) holds: bool,
    /// The code that asks the question.
    pub(super) code: Code<'e>,
    /// Whether the answer to the question is yes if the code is true.
    pub(super) code_holds: bool,
    /// Whether the answer changes only if a variable in the question changes.
    pub(in crate::lower) is_pure: bool,
}

/// The identity of a question, independent of its form in the source.
///
/// In some keys the names are resolved to variables; in other keys they are not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// The expression that the question is about, without references and view methods.
    pub(crate) subject: Expression,
    /// The key of the value that the question asks for; `None` if it asks whether the subject is true.
    pub(crate) answer: Option<String>,
}

/// The code that asks a question.
#[derive(Clone, Copy)]
pub(super) enum Code<'e> {
    /// An expression that is true or false.
    Truth(&'e Expr),
    /// A match of a value with a pattern.
    Fits(&'e Expr, &'e Pat),
    /// A variable that is assigned.
    Variable(&'e str),
}

impl<'e> Test<'e> {
    fn about(subject: &Expr, answer: Option<Answer>, holds: bool, code: Code<'e>) -> Self {
        let subject = bare(subject);
        Self::of(structure(subject), answer, holds, code, is_pure(subject))
    }

    fn of(subject: Expression, answer: Option<Answer>, holds: bool, code: Code<'e>, is_pure: bool) -> Self {
        let key = Key { subject, answer: answer.as_ref().map(|answer| answer.key.clone()) };
        Self { key, answer, holds, code, code_holds: holds, is_pure }
    }

    /// The test of a question that no other code asks.
    pub(super) fn alone(node: usize, code: Code<'e>) -> Self {
        Self::of(Expression::Node(node), None, true, code, false)
    }

    /// The test of whether an assigned variable or field has this value.
    pub(super) fn of_variable(name: &'e str, constant: Constant) -> Self {
        let (answer, holds) = match constant {
            Constant::Truth(value) => (None, value),
            Constant::Of(answer, holds) => (Some(answer), holds),
        };
        Self { code_holds: true, ..Self::of(named(name), answer, holds, Code::Variable(name), true) }
    }

    /// The test that succeeds if this test fails.
    pub(super) fn turned(self) -> Self {
        Self { holds: !self.holds, ..self }
    }

    /// The test of the same question, but with `code` as the code that asks it.
    fn asked_by(self, code: Code<'e>) -> Self {
        Self { code, code_holds: self.holds, ..self }
    }

    /// The test as a formula over questions.
    pub(super) fn formula(self) -> Formula<Self> {
        let holds = self.holds;
        let single = Formula::Is(Self { holds: true, ..self });
        if holds { single } else { single.negated() }
    }

    /// The value that the question asks for; `None` if it asks whether an expression is true.
    pub(super) fn answer(&self) -> Option<&Answer> {
        self.answer.as_ref()
    }

    /// The expression that the question is about, as a message shows it.
    pub(super) fn subject(&self) -> Excerpt {
        match self.code {
            Code::Truth(Expr::MethodCall(call)) => text::tight(bare(&call.receiver)),
            Code::Truth(Expr::Binary(node)) if is_of_constant(&node.right) => text::tight(bare(&node.left)),
            Code::Truth(Expr::Binary(node)) => text::tight(bare(&node.right)),
            Code::Truth(other) => text::tight(other),
            Code::Fits(subject, _) => text::tight(bare(subject)),
            Code::Variable(name) => name.to_owned(),
        }
        .into()
    }

    /// The wording of the answer in messages.
    pub(super) fn wording(&self) -> Wording {
        let yes = self.code_holds;
        match (self.answer.as_ref().and_then(|answer| answer.wording.as_ref()), self.code) {
            (Some(Name::Variant(variant)), _) => Wording::Variant(*variant),
            (Some(Name::Constant(constant)), _) => Wording::Constant(constant.clone().into()),
            (None, Code::Fits(_, pat)) => Wording::Pattern { pattern: text::tight(pat).into(), yes },
            (None, Code::Truth(expr)) => Wording::Truth { text: text::tight(expr).into(), yes },
            (None, Code::Variable(name)) => Wording::Truth { text: name.to_owned().into(), yes },
        }
    }
}

/// A condition as a formula over tests.
pub(in crate::lower) fn tests(condition: &Expr) -> Formula<Test<'_>> {
    match Shape::of(condition) {
        Shape::Not(inner) => tests(inner).negated(),
        Shape::All(left, right) => Formula::All(vec![tests(left), tests(right)]),
        Shape::Any(left, right) => Formula::Any(vec![tests(left), tests(right)]),
        Shape::Fits(node) => of_pattern(&node.expr, &node.pat),
        Shape::Single(single) => asked(single).formula(),
    }
}

/// Visits the pure tests of a formula.
pub(in crate::lower) fn each_pure(formula: Formula<Test<'_>>, found: &mut dyn FnMut(&Test<'_>)) {
    formula.each(&mut |test| {
        if test.is_pure {
            found(&test);
        }
    });
}

/// The test of a single condition.
pub(super) fn asked(condition: &Expr) -> Test<'_> {
    let special = match condition {
        Expr::Paren(inner) => Some(asked(&inner.expr)),
        Expr::Group(inner) => Some(asked(&inner.expr)),
        Expr::Unary(not) if matches!(not.op, UnOp::Not(_)) => Some(asked(&not.expr).turned()),
        Expr::Binary(node) => compared(node).map(|test| test.asked_by(Code::Truth(condition))),
        Expr::MethodCall(call) => by_method(condition, call),
        _ => None,
    };
    special.unwrap_or_else(|| Test::about(condition, None, true, Code::Truth(condition)))
}

/// An expression without the references and view methods around it: `opt` for `&opt.as_ref()`.
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

fn compared(node: &ExprBinary) -> Option<Test<'_>> {
    let (left, right) = (&*node.left, &*node.right);
    match node.op {
        BinOp::Eq(_) => Some(equal(left, right)),
        BinOp::Ne(_) => Some(equal(left, right).turned()),
        BinOp::Lt(_) => Some(ordered(left, right, true)),
        BinOp::Gt(_) => Some(ordered(right, left, true)),
        BinOp::Ge(_) => Some(ordered(left, right, false)),
        BinOp::Le(_) => Some(ordered(right, left, false)),
        _ => None,
    }
}

/// The test that `less < more` has the value `holds`.
fn ordered<'e>(less: &'e Expr, more: &'e Expr, holds: bool) -> Test<'e> {
    let subject = Expression::Apply("<".to_owned(), vec![structure(less), structure(more)]);
    Test::of(subject, None, holds, Code::Truth(less), is_pure(less) && is_pure(more))
}

fn equal<'e>(left: &'e Expr, right: &'e Expr) -> Test<'e> {
    for (subject, value) in [(left, right), (right, left)] {
        match constant(value) {
            Some(Constant::Truth(true)) => return asked(subject),
            Some(Constant::Truth(false)) => return asked(subject).turned(),
            Some(Constant::Of(answer, holds)) if !matches!(bare(value), Expr::Call(_)) => {
                return Test::about(subject, Some(answer), holds, Code::Truth(subject));
            }
            _ => {}
        }
    }
    let mut sides = vec![structure(bare(left)), structure(bare(right))];
    sides.sort();
    let subject = Expression::Apply("==".to_owned(), sides);
    Test::of(subject, None, true, Code::Truth(left), is_pure(left) && is_pure(right))
}

/// The test of a method that asks a question, such as `is_some` or `is_empty`.
fn by_method<'e>(condition: &'e Expr, call: &'e ExprMethodCall) -> Option<Test<'e>> {
    let code = Code::Truth(condition);
    let receiver = || structure(bare(&call.receiver));
    let is_pure = || is_pure(&call.receiver) && call.args.iter().all(is_pure);
    let zero = |subject| Test::of(subject, Some(Answer::plain("0".to_owned(), true)), true, code, is_pure());
    match question(&call.method.to_string(), call.args.len())? {
        Question::Variant(variant) => {
            let (variant, holds) = variant.success();
            Some(Test::about(&call.receiver, Some(Answer::variant(variant)), holds, code))
        }
        Question::IsEmpty => Some(zero(method(rust::LENGTH, vec![receiver()]))),
        Question::IsMultiple => {
            Some(zero(Expression::Apply("%".to_owned(), vec![receiver(), structure(call.args.first()?)])))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(source: &str) -> (String, bool) {
        let condition = syn::parse_str(source).expect("the test's source parses");
        let test = asked(&condition);
        if test.is_pure { (format!("{:?}", test.key), test.holds) } else { (String::new(), true) }
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
        for source in ["rng.gen_bool(0.5)", "next()", "it.next() == None", "x? > 0", "{ x }"] {
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
