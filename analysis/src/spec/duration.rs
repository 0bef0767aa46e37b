//! Durations: `2 epochs`, `500 steps`, `10 minutes`.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Ident, Lit, Token, UnOp};

use super::read::{Form, Read, Reading, after_equals};
use crate::bag;
use crate::diagnostic::{Diagnostic, Place};

/// An interval: a count and its unit.
#[derive(Clone)]
pub(crate) struct Every {
    pub(crate) count: Expr,
    pub(crate) unit: Unit,
}

/// The unit of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Epochs,
    Steps,
}

/// A time limit: `10 minutes`, or a `Duration`.
#[derive(Clone)]
pub(crate) struct Time {
    pub(crate) value: Expr,
    /// The unit of the value; `None` if the value has the type `Duration`.
    pub(crate) unit: Option<TimeUnit>,
}

/// The unit of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeUnit {
    Seconds,
    Minutes,
    Hours,
}

impl TimeUnit {
    /// The unit with this name, singular or plural.
    pub(super) fn find(name: &str) -> Option<Self> {
        match name {
            "second" | "seconds" => Some(Self::Seconds),
            "minute" | "minutes" => Some(Self::Minutes),
            "hour" | "hours" => Some(Self::Hours),
            _ => None,
        }
    }

    /// The name of the unit in the plural.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Minutes => "minutes",
            Self::Hours => "hours",
        }
    }

    /// The length of the unit in seconds.
    pub(crate) fn seconds(self) -> u32 {
        match self {
            Self::Seconds => 1,
            Self::Minutes => 60,
            Self::Hours => 3600,
        }
    }
}

/// Parses `max_time = 10 minutes`, `max_time = (n) hours` and `max_time = limit`.
impl Read for Time {
    const FORM: Form = Form::Value;
    const FROM_PARAMETER: Option<fn(Expr) -> Self> = Some(|value| Self { value, unit: None });

    fn read(reading: &mut Reading, input: ParseStream) -> Result<Self, Diagnostic> {
        let value = after_equals(input, reading.key, reading.name.example())?;
        if let Some(unit) = unit(input) {
            let found = TimeUnit::find(&unit.to_string());
            let no_unit =
                || no_time_unit(reading, &crate::prose::code(&value), &unit.to_string(), unit.span().into());
            let unit = found.ok_or_else(no_unit)?;
            return Ok(Self { value, unit: Some(unit) });
        }
        match suffix(&value) {
            Some(suffix) => Err(lacks_unit(reading, &value, suffix)),
            None => Ok(Self { value, unit: None }),
        }
    }

    fn expression(&self) -> Option<&Expr> {
        Some(&self.value)
    }
}

/// Parses a unit, such as `epochs`. A name before `=` is not a unit. It is the key of the next
/// clause, after a missing comma.
pub(super) fn unit(input: ParseStream) -> Option<Ident> {
    let ahead = input.fork();
    ahead.call(Ident::parse_any).ok()?;
    if ahead.peek(Token![=]) { None } else { input.call(Ident::parse_any).ok() }
}

/// The suffix of a number, such as `min` of `10min`. The number is a literal, or an operation on
/// literals.
///
/// The suffix is empty for a number without a suffix. The result is `None` for any other value.
pub(super) fn suffix(value: &Expr) -> Option<&str> {
    match value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(int) => Some(int.suffix()),
            Lit::Float(float) => Some(float.suffix()),
            _ => None,
        },
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => suffix(&unary.expr),
        Expr::Paren(paren) => suffix(&paren.expr),
        Expr::Group(group) => suffix(&group.expr),
        Expr::Binary(binary) => suffix(&binary.left).and(suffix(&binary.right)),
        _ => None,
    }
}

/// The error for `max_time = 10 epochs` and `max_time = 10 min`.
fn no_time_unit(reading: &Reading, value: &str, unit: &str, place: Place) -> Diagnostic {
    let message = format!("`{}` counts seconds, minutes or hours, not `{unit}`", reading.key);
    let help = match unit {
        "epoch" | "epochs" => format!("write `epochs = {value}`"),
        "step" | "steps" => format!("write `max_steps = {value}`"),
        "s" | "sec" | "secs" => format!("write `{value} seconds`"),
        "m" | "min" | "mins" => format!("write `{value} minutes`"),
        "h" | "hr" | "hrs" => format!("write `{value} hours`"),
        _ => reading.example(),
    };
    Diagnostic::error(place, message).help(help)
}

/// The error for `max_time = 10`, `max_time = 10min` and `max_time = 10minutes`.
fn lacks_unit(reading: &Reading, value: &Expr, suffix: &str) -> Diagnostic {
    const TYPES: [&str; 14] =
        ["", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "isize", "f32", "f64"];
    let place = Place::of(value);
    let text = crate::prose::code(value);
    let plain = text.strip_suffix(suffix).unwrap_or(&text);
    if TimeUnit::find(suffix).is_some() {
        return Diagnostic::error(place, format!("a space is missing before `{suffix}`"))
            .help(format!("write `{} = {plain} {suffix}`", reading.key));
    }
    if !TYPES.contains(&suffix) {
        return no_time_unit(reading, plain, suffix, place);
    }
    Diagnostic::error(place, format!("`{}` needs a unit", reading.key))
        .help(format!("write `{plain} seconds`, `{plain} minutes` or `{plain} hours`"))
}

/// Parses the interval of `every = 2 epochs`, starting at the `=`.
pub(super) fn every(input: ParseStream, key: &Ident) -> Result<Every, Diagnostic> {
    let help = "write `every = 1 epochs` or `every = 500 steps`";
    if !input.peek(Token![=]) || input.peek2(Token![,]) {
        return Err(Diagnostic::error(key.span(), "`every` has no value").help(help));
    }
    let _: syn::Result<Token![=]> = input.parse();
    if input.is_empty() {
        return Err(Diagnostic::error(key.span(), "`every` has no value").help(help));
    }
    let mut count = input.parse::<Expr>().map_err(|error| bag::from_syn(&error))?;
    while let Expr::Paren(inner) = count {
        count = *inner.expr;
    }
    let Ok(unit) = input.call(Ident::parse_any) else {
        let number = crate::prose::code(&count);
        return Err(Diagnostic::error(Place::of(&count), "`every` needs a unit")
            .help(format!("write `every = {number} epochs` or `every = {number} steps`")));
    };
    match unit.to_string().as_str() {
        "epoch" | "epochs" => Ok(Every { count, unit: Unit::Epochs }),
        "step" | "steps" => Ok(Every { count, unit: Unit::Steps }),
        "batch" | "batches" => {
            Err(Diagnostic::error(unit.span(), "validation is counted in epochs or steps, not in batches")
                .note("a step is one update of the optimizer; with `accumulate` it takes several batches")
                .help(help))
        }
        other => Err(Diagnostic::error(
            unit.span(),
            format!("validation is counted in epochs or steps, not in `{other}`"),
        )
        .help(help)),
    }
}

/// Skips the clause's own unit, as in `epochs = 10 epochs`. A missing unit is accepted, and any
/// other unit is rejected.
pub(super) fn drop_unit(reading: &Reading, input: ParseStream) -> Result<(), Diagnostic> {
    let ahead = input.fork();
    let Ok(unit) = ahead.call(Ident::parse_any) else { return Ok(()) };
    if ahead.peek(Token![=]) {
        return Ok(()); // A comma is missing; the next clause reports it.
    }
    let _ = input.call(Ident::parse_any);
    let own = reading.name.row().units;
    if own.iter().any(|own| unit == own) {
        return Ok(());
    }
    let key = reading.key;
    let message = match own.last() {
        None => format!("`{key}` has no unit"),
        Some(own) => format!("`{key}` counts {own}, not `{unit}`"),
    };
    Err(Diagnostic::error(unit.span(), message).help(reading.example()))
}
