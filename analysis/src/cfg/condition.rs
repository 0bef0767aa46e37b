//! Conditions: questions with the answer yes or no, and formulas over them.
//!
//! ```text
//! if let Some(opt) = &mut optimizer { .. }     // question 0: is `optimizer` a `Some`?
//! if optimizer.is_none() || !ready { .. }      // Any(Not(0), Not(1)), question 1: is `ready` true?
//! ```
//!
//! The solver distinguishes states by the answers to questions. Lints compare the conditions of
//! guards.

use super::{Counter, Excerpt};
use crate::vocabulary::rust::Variant;

/// The identity of a question. All places that ask the same question share the identity.
pub type QuestionId = usize;

/// The questions whose answers are part of the state.
#[derive(Debug, Default)]
pub(crate) struct Questions {
    /// The questions that the solver follows, in the order of their bits in the state.
    pub(crate) followed: Vec<Question>,
    /// Whether some repeated questions are left out of the state. A fault on some path may then be a false
    /// alarm.
    pub(crate) too_many: bool,
}

/// A question with the answer yes or no.
///
/// The question is whether an expression is true, or whether it equals a given constant.
/// All places that ask the same question about the same variables share one `Question`.
#[derive(Clone, Debug)]
pub struct Question {
    /// The expression that the question is about.
    pub subject: Excerpt,
    /// The wording of the answer in messages.
    pub wording: Wording,
    /// Whether the question compares a value with a constant. The answer yes is then more specific
    /// than the answer no.
    pub of_constant: bool,
    /// A bit set of followed questions. If the answer to this question is yes, the answer to each
    /// followed question in the set is no.
    pub excludes: u32,
}

/// The wording of the answer to a question in messages.
#[derive(Clone, Debug)]
pub enum Wording {
    /// The answer tells whether the subject is this variant of `Option` or `Result`.
    Variant(Variant),
    /// The answer tells whether the subject equals this constant.
    Constant(Excerpt),
    /// The answer tells whether the subject matches a pattern.
    Pattern {
        /// The pattern.
        pattern: Excerpt,
        /// The answer to the question if the subject matches.
        yes: bool,
    },
    /// The answer tells whether an expression is true.
    Truth {
        /// The expression.
        text: Excerpt,
        /// The answer to the question if the expression is true.
        yes: bool,
    },
}

impl Question {
    /// Words for the end of a message, such as "when `optimizer` is `Some`". The argument `yes` is
    /// the answer to the question.
    pub fn when(&self, yes: bool) -> String {
        let subject = &self.subject;
        match &self.wording {
            Wording::Variant(variant) => {
                let other = if *variant == Variant::Some { Variant::None } else { Variant::Err };
                format!("when `{subject}` is `{}`", if yes { *variant } else { other }.name())
            }
            Wording::Constant(constant) => {
                format!("when `{subject}` is {}`{constant}`", if yes { "" } else { "not " })
            }
            Wording::Pattern { pattern, yes: matches } => {
                format!("when `{subject}` is {}`{pattern}`", if yes == *matches { "" } else { "not " })
            }
            Wording::Truth { text, yes: holds } => {
                format!("when `{text}` {}", if yes == *holds { "holds" } else { "does not hold" })
            }
        }
    }
}

/// A question asked at one place in the source.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The question.
    pub question: QuestionId,
    /// The version of the question's variables.
    ///
    /// Conditions with the same question and version have the same value.
    pub version: u32,
    /// The kind of value that decides the condition.
    pub kind: ConditionKind,
}

/// The kind of value that decides a condition.
#[derive(Clone, Debug)]
pub enum ConditionKind {
    /// The number of iterations: `(i + 1) % k == 0`, `count == k`, `i.is_multiple_of(k)`.
    Counter(Counter),
    /// The presence of a value: `if let Some(optimizer)`, `optimizer.is_some()`.
    Absent,
    /// Values computed in this iteration, such as `loss.is_finite()` or the norm of a gradient.
    Measured,
    /// A single variable or field.
    Flag,
    /// A call without arguments, such as `engine.should_step()`, that depends on no computed value.
    Asks,
    /// A condition that fits none of the other kinds.
    Other,
}

/// A formula over conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Formula<T> {
    /// A single condition.
    Is(T),
    /// The negation of a formula.
    Not(Box<Formula<T>>),
    /// The conjunction of formulas.
    All(Vec<Formula<T>>),
    /// The disjunction of formulas.
    Any(Vec<Formula<T>>),
}

impl<T> Formula<T> {
    /// The negation of the formula.
    pub(crate) fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// The formula with each condition replaced by a formula.
    pub(crate) fn replaced<U>(self, replace: &mut dyn FnMut(T) -> Formula<U>) -> Formula<U> {
        match self {
            Self::Is(single) => replace(single),
            Self::Not(inner) => inner.replaced(replace).negated(),
            Self::All(parts) => Formula::All(parts.into_iter().map(|part| part.replaced(replace)).collect()),
            Self::Any(parts) => Formula::Any(parts.into_iter().map(|part| part.replaced(replace)).collect()),
        }
    }

    /// Calls `found` for each condition, in the order of the source.
    pub(crate) fn each(self, found: &mut dyn FnMut(T)) {
        match self {
            Self::Is(single) => found(single),
            Self::Not(inner) => inner.each(found),
            Self::All(parts) | Self::Any(parts) => parts.into_iter().for_each(|part| part.each(found)),
        }
    }
}

impl Formula<Condition> {
    /// Whether two formulas have the same value wherever both are evaluated.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        let all = |some: &[Self], others: &[Self]| {
            some.len() == others.len() && some.iter().zip(others).all(|(one, other)| one.agrees(other))
        };
        match (self, other) {
            (Self::Is(one), Self::Is(other)) => {
                one.question == other.question && one.version == other.version
            }
            (Self::Not(one), Self::Not(other)) => one.agrees(other),
            (Self::All(some), Self::All(others)) | (Self::Any(some), Self::Any(others)) => all(some, others),
            _ => false,
        }
    }

    /// The kind of the formula as a whole, determined from the kinds of its conditions.
    pub(crate) fn kind(&self) -> ConditionKind {
        match self {
            Self::Is(condition) => condition.kind.clone(),
            Self::Not(inner) => match inner.kind() {
                ConditionKind::Counter(counter) => {
                    ConditionKind::Counter(Counter { fires: !counter.fires, ..counter })
                }
                kind => kind,
            },
            // Each part alone can make a conjunction false, and a disjunction true.
            Self::All(parts) => ConditionKind::of_parts(parts, false),
            Self::Any(parts) => ConditionKind::of_parts(parts, true),
        }
    }
}

impl ConditionKind {
    fn of_parts(parts: &[Formula<Condition>], fires: bool) -> Self {
        let mut kinds: Vec<Self> = parts.iter().map(Formula::kind).collect();
        if !kinds.is_empty() && kinds.iter().all(|kind| matches!(kind, Self::Absent)) {
            return Self::Absent;
        }
        if kinds.iter().any(|kind| matches!(kind, Self::Measured)) {
            return Self::Measured;
        }
        let fitting = |kind: &Self| matches!(kind, Self::Counter(counter) if counter.fires == fires);
        match kinds.iter().position(fitting).map(|index| kinds.swap_remove(index)) {
            Some(Self::Counter(counter)) => Self::Counter(Counter { or_else: true, ..counter }),
            _ => Self::Other,
        }
    }
}
