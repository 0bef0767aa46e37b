//! Rules for the values of clauses. Literals are checked here. The generated code checks other
//! expressions before the first batch, with the same messages. Each rule is in its clause's row of
//! the table.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, Lit, Path, Type, UnOp};

use crate::bag::Bag;
use crate::diagnostic::{Diagnostic, Place};

/// The kind of number that a rule accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An integer of at least 1, as a `usize`.
    Count,
    /// An integer of at least 0, as a `u64`.
    Seed,
    /// A finite number above 0, as a `Scalar`.
    Positive,
    /// A finite number of at least 0, as an `f64`.
    Difference,
    /// A number above 0 and at most 100, as an `f64`.
    Percent,
    /// A number of at least 0 and below 1, as a `Scalar`.
    Share,
    /// A time above 0, as a `Duration`. A literal is a number in the unit that follows it.
    Time,
}

/// The rule for the value of a clause.
#[derive(Debug)]
pub(crate) struct Rule {
    /// The name of the clause in messages.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The requirement, as a predicate that follows the name in messages.
    pub(crate) text: &'static str,
    /// The help of the error.
    pub(crate) help: &'static str,
}

/// The rule for `every` in `validate(every = ..)`. `every` is not a clause.
pub(crate) const EVERY: Rule = Rule {
    name: "every",
    kind: Kind::Count,
    text: "must be at least 1",
    help: "write `every = 1 epochs`; without `valid` there is no validation",
};

/// The rule for `patience` in `early_stop(patience = ..)`.
pub(crate) const PATIENCE: Rule = Rule {
    name: "patience",
    kind: Kind::Count,
    text: "must be at least 1",
    help: "write after how many checks without improvement to stop: `patience = 3`",
};

/// The rule for `min_delta` in `early_stop(min_delta = ..)`.
pub(crate) const MIN_DELTA: Rule = Rule {
    name: "min_delta",
    kind: Kind::Difference,
    text: "must be finite and at least 0",
    help: "write how much better an improvement is at least, `min_delta = 0.001`, or remove it",
};

/// The rule for `decay` in `ema(decay = ..)`.
pub(crate) const DECAY: Rule = Rule {
    name: "decay",
    kind: Kind::Share,
    text: "must be at least 0 and below 1",
    help: "write `decay = 0.999` to average over about 1000 updates",
};

/// The rule for `warmup` in steps or epochs.
pub(crate) const WARMUP: Rule = Rule {
    name: "warmup",
    kind: Kind::Count,
    text: "must be at least 1",
    help: "write `warmup = 500 steps`, or remove it",
};

/// The rule for `warmup` in percent.
pub(crate) const WARMUP_PERCENT: Rule = Rule {
    name: "warmup",
    kind: Kind::Percent,
    text: "must be above 0 and at most 100",
    help: "write `warmup = 10 percent`, or remove it",
};

/// The rule and the help for a warmup that does not end. `Run::warmup` has the same words.
pub(crate) const WARMUP_TOO_LONG: (&str, &str) =
    ("must not be longer than the run", "write a shorter warmup, as `warmup = 10 percent`, or remove it");

/// The rule and the help for a warmup beside a schedule with one.
pub(crate) const WARMUP_IN_SCHEDULE: (&str, &str) = (
    "the schedule has a warmup of its own",
    "remove `warmup`; `.pct_start(0.3)` of a `OneCycleLr` is its length",
);

/// The value, the rule and the help for a schedule that depends on a measurement in a loop without validation.
pub(crate) const UNWATCHED: (&str, &str, &str) = (
    "a schedule that depends on a measurement of the validation data",
    "there is no validation",
    "add a parameter `valid: &DataLoader`, or write `valid = ...`",
);

/// The rule for `every` in `checkpoint(every = ..)`, counted in epochs or steps.
pub(crate) const CHECKPOINT_EVERY: Rule = Rule {
    name: "every",
    kind: Kind::Count,
    text: "must be at least 1",
    help: "write `every = 1 epochs`; without the clause `checkpoint` nothing is saved",
};

/// The rule for `every` in `checkpoint(every = ..)`, counted in time.
pub(crate) const CHECKPOINT_TIME: Rule = Rule {
    name: "every",
    kind: Kind::Time,
    text: "must be finite and above 0",
    help: "write `every = 10 minutes`; without the clause `checkpoint` nothing is saved",
};

/// The rule for `keep_last` in `checkpoint(..)`.
pub(crate) const KEEP_LAST: Rule = Rule {
    name: "keep_last",
    kind: Kind::Count,
    text: "must be at least 1",
    help: "write `keep_last = 1`; a run is resumed from its last checkpoint",
};

/// The rule for `keep_best` in `checkpoint(..)`.
pub(crate) const KEEP_BEST: Rule = Rule {
    name: "keep_best",
    kind: Kind::Seed,
    text: "must be at least 0",
    help: "write `keep_best = 1`, or `keep_best = 0` to keep the last ones only",
};

/// The rule for `every` of a phase in `phases(..)`.
pub(crate) const PHASE_EVERY: Rule = Rule {
    name: "every",
    kind: Kind::Count,
    text: "must be at least 1",
    help: "write on which batches the phase runs: `every = 5` for each fifth batch",
};

/// The rule and the help for phases of which none runs on each batch.
pub(crate) const PHASES_EVERY: (&str, &str) = (
    "must be 1 in one phase, so that each batch is used",
    "remove `every` from the phase that runs most often",
);

/// The rule and the help for `keep_best` if checkpoints are saved more often than the loop validates.
pub(crate) const KEEP_BEST_INTERVAL: (&str, &str) = (
    "checkpoints are saved more often than the loop validates, and one without a validation has no value to compare",
    "give `checkpoint` an interval as long as that of `validate`, or validate more often",
);

/// The value of a clause with the rule that has been applied to it.
#[derive(Clone)]
pub(crate) struct Checked {
    pub(crate) rule: &'static Rule,
    pub(crate) amount: Amount,
}

/// The value of a clause after its rule has been applied.
#[derive(Clone)]
pub(crate) enum Amount {
    /// A literal that satisfies the rule.
    Literal(TokenStream),
    /// Any other expression. The rule is checked at the start of the run.
    Expr(Expr),
}

/// The maximum number of hours. The number of seconds then fits into a `u64`.
const MOST_HOURS: f64 = 5e15;

impl Rule {
    /// Applies the rule to a value. An error in a literal goes into the bag.
    pub(crate) fn check(&'static self, bag: &Bag, value: &Expr) -> Checked {
        Checked { rule: self, amount: self.amount(bag, value) }
    }

    /// The value of a clause as an amount. A literal is checked.
    fn amount(&self, bag: &Bag, value: &Expr) -> Amount {
        let (negative, literal) = match value {
            Expr::Lit(literal) => (false, &literal.lit),
            Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => match &*unary.expr {
                Expr::Lit(literal) => (true, &literal.lit),
                _ => return Amount::Expr(value.clone()),
            },
            Expr::Group(group) => return self.amount(bag, &group.expr),
            Expr::Paren(paren) => return self.amount(bag, &paren.expr),
            _ => return Amount::Expr(value.clone()),
        };
        match self.check_literal(negative, literal) {
            Ok(tokens) => return Amount::Literal(tokens),
            Err(message) => bag.push(Diagnostic::error(Place::of(value), message).help(self.help)),
        }
        Amount::Literal(value.to_token_stream())
    }

    /// The literal as the loop contains it, or the error message.
    fn check_literal(&self, negative: bool, literal: &Lit) -> Result<TokenStream, String> {
        let name = self.name;
        let found = match literal {
            Lit::Int(int) if !int.suffix().is_empty() => return Err(self.suffix(literal, int.suffix())),
            Lit::Float(float) if !float.suffix().is_empty() => {
                return Err(self.suffix(literal, float.suffix()));
            }
            Lit::Int(int) => {
                let digits = int.base10_digits();
                return match self.kind {
                    Kind::Count => self.whole(negative, digits, literal, 1),
                    Kind::Seed => self.whole(negative, digits, literal, 0),
                    Kind::Positive | Kind::Difference | Kind::Percent | Kind::Share => {
                        self.float(negative, digits, literal)
                    }
                    Kind::Time => self.time(negative, digits, literal),
                };
            }
            Lit::Float(float) => match self.kind {
                Kind::Count | Kind::Seed => "a fraction",
                Kind::Positive | Kind::Difference | Kind::Percent | Kind::Share => {
                    return self.float(negative, float.base10_digits(), literal);
                }
                Kind::Time => return self.time(negative, float.base10_digits(), literal),
            },
            Lit::Str(_) | Lit::ByteStr(_) | Lit::CStr(_) => "a string",
            Lit::Bool(_) => "true or false",
            Lit::Char(_) | Lit::Byte(_) => "a character",
            _ => "something else",
        };
        let wanted = match self.kind {
            Kind::Count | Kind::Seed => "a whole number",
            Kind::Positive | Kind::Difference | Kind::Percent | Kind::Share => "a number",
            Kind::Time => "a number with a unit",
        };
        Err(format!("`{name}` is {wanted}, not {found}"))
    }

    /// Checks an integer that must be at least `least`.
    fn whole(&self, negative: bool, digits: &str, literal: &Lit, least: u64) -> Result<TokenStream, String> {
        let name = self.name;
        match digits.parse::<u64>() {
            Ok(value) if value >= least && (!negative || value == 0) => Ok(literal.to_token_stream()),
            Ok(_) => Err(format!("`{name}` {}", self.text)),
            Err(_) => Err(format!("`{name}` does not fit: it is larger than {}", u64::MAX)),
        }
    }

    /// Checks a number of seconds, minutes or hours, up to [`MOST_HOURS`].
    fn time(&self, negative: bool, digits: &str, literal: &Lit) -> Result<TokenStream, String> {
        let name = self.name;
        match digits.parse::<f64>() {
            Ok(value) if value.is_finite() && value > MOST_HOURS => {
                Err(format!("`{name}` does not fit: it is larger than {MOST_HOURS}"))
            }
            Ok(value) if value.is_finite() && value > 0.0 && !negative => Ok(literal.to_token_stream()),
            _ => Err(format!("`{name}` {}", self.text)),
        }
    }

    /// Checks a number that must be finite and in the range of its kind, and writes it as a floating-point literal.
    fn float(&self, negative: bool, digits: &str, literal: &Lit) -> Result<TokenStream, String> {
        let fits = |value: f32| match self.kind {
            Kind::Difference => value >= 0.0,
            Kind::Share => (0.0..1.0).contains(&value),
            Kind::Percent => value > 0.0 && value <= 100.0,
            _ => value > 0.0,
        };
        match digits.parse::<f32>() {
            Ok(value) if fits(value) && value.is_finite() && !negative => Ok(match literal {
                Lit::Int(int) => {
                    let mut float: Literal = format!("{}.0", int.base10_digits())
                        .parse()
                        .unwrap_or_else(|_| Literal::f32_unsuffixed(value));
                    float.set_span(int.span());
                    float.to_token_stream()
                }
                other => other.to_token_stream(),
            }),
            _ => Err(format!("`{}` {}", self.name, self.text)),
        }
    }

    /// The error for a literal with a suffix, such as `20u32` or `3epochs`.
    fn suffix(&self, literal: &Lit, suffix: &str) -> String {
        let text = literal.to_token_stream().to_string();
        let plain = text.strip_suffix(suffix).unwrap_or(&text).trim_end_matches('_');
        format!("`{}` is a plain number: `{plain}` without `{suffix}`", self.name)
    }

    /// The type of the numbers that the rule accepts, as tokens.
    pub(crate) fn number_type(&self, path: &Path, at: Span) -> TokenStream {
        match self.kind {
            Kind::Count => quote_spanned!(at=> usize),
            Kind::Seed => quote_spanned!(at=> u64),
            Kind::Positive | Kind::Share => quote_spanned!(at=> #path::Scalar),
            Kind::Difference | Kind::Percent => quote_spanned!(at=> f64),
            Kind::Time => quote_spanned!(at=> ::core::time::Duration),
        }
    }

    /// Whether a parameter with this declared type needs no conversion.
    pub(crate) fn is_type(&self, ty: &Type) -> bool {
        let Type::Path(path) = ty else { return false };
        let Some(last) = path.path.segments.last() else { return false };
        match self.kind {
            Kind::Count => last.ident == "usize",
            Kind::Seed => last.ident == "u64",
            Kind::Positive | Kind::Share => last.ident == "Scalar" || last.ident == "f32",
            Kind::Difference | Kind::Percent => last.ident == "f64",
            Kind::Time => last.ident == "Duration",
        }
    }

    /// The type that a parameter should have instead of its declared type `ty`, if `ty` is
    /// certainly wrong for the clause.
    pub(crate) fn instead_of(&self, ty: &Type) -> Option<&'static str> {
        const OTHERS: [&str; 18] = [
            "Option", "String", "str", "bool", "char", "usize", "u8", "u16", "u32", "u64", "u128", "isize",
            "i8", "i16", "i32", "i64", "f32", "f64",
        ];
        let is_other = match ty {
            Type::Paren(inner) => return self.instead_of(&inner.elem),
            Type::Group(inner) => return self.instead_of(&inner.elem),
            Type::Path(path) => {
                path.path.segments.last().is_some_and(|last| OTHERS.iter().any(|name| last.ident == name))
            }
            Type::Reference(_) | Type::Tuple(_) | Type::Slice(_) | Type::Array(_) => true,
            _ => false,
        };
        // In a build with `f64`, the scalar type is `f64`.
        let is_scalar = matches!(self.kind, Kind::Positive | Kind::Share)
            && matches!(ty, Type::Path(path) if path.path.is_ident("f64"));
        (is_other && !is_scalar && !self.is_type(ty)).then_some(self.type_name())
    }

    /// The name of the type that a parameter for the clause has.
    pub(crate) fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Count => "usize",
            Kind::Seed => "u64",
            Kind::Positive | Kind::Share => "f32",
            Kind::Difference | Kind::Percent => "f64",
            Kind::Time => "Duration",
        }
    }

    /// The condition that the generated code checks at the start of the run.
    pub(crate) fn condition(&self, value: &TokenStream, at: Span) -> Option<TokenStream> {
        match self.kind {
            Kind::Count => Some(quote_spanned!(at=> #value >= 1)),
            Kind::Seed => None, // Every `u64` is a valid seed.
            Kind::Positive => Some(quote_spanned!(at=> #value > 0.0 && #value.is_finite())),
            Kind::Difference => Some(quote_spanned!(at=> #value >= 0.0 && #value.is_finite())),
            Kind::Percent => Some(quote_spanned!(at=> #value > 0.0 && #value <= 100.0)),
            Kind::Share => Some(quote_spanned!(at=> (0.0..1.0).contains(&#value))),
            Kind::Time => Some(quote_spanned!(at=> !#value.is_zero())),
        }
    }

    /// The value as the error message at run time displays it.
    pub(crate) fn shown(&self, value: &TokenStream, at: Span) -> TokenStream {
        match self.kind {
            Kind::Count | Kind::Seed | Kind::Positive | Kind::Difference | Kind::Percent | Kind::Share => {
                value.clone()
            }
            Kind::Time => quote_spanned!(at=> #value.as_secs_f64()),
        }
    }
}

#[cfg(test)]
mod tests;
