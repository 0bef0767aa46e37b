//! The clauses `warmup = 500 steps` and `anomaly = full`.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Ident, Token};

use super::duration::{suffix, unit};
use super::read::{Form, Read, Reading, after_equals};
use crate::diagnostic::{Diagnostic, Place};

/// The length of a warmup.
#[derive(Clone)]
pub(crate) struct Warmup {
    pub(crate) count: Expr,
    pub(crate) unit: WarmupUnit,
}

/// The unit of a warmup's length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WarmupUnit {
    Steps,
    Epochs,
    /// Hundredths of the run's updates.
    Percent,
}

/// What a loop does about numbers that are not finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anomaly {
    /// Nothing.
    Off,
    /// It ends the run at a loss or a gradient that is not finite.
    Loss,
    /// It also names the operation that computed the first such number.
    Full,
}

impl Anomaly {
    /// The word of the clause.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Loss => "loss",
            Self::Full => "full",
        }
    }
}

impl WarmupUnit {
    /// The unit with this name.
    fn find(name: &str) -> Option<Self> {
        match name {
            "step" | "steps" => Some(Self::Steps),
            "epoch" | "epochs" => Some(Self::Epochs),
            "percent" => Some(Self::Percent),
            _ => None,
        }
    }

    /// The name of the unit in the plural.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Steps => "steps",
            Self::Epochs => "epochs",
            Self::Percent => "percent",
        }
    }
}

/// Parses `warmup = 500 steps`, `warmup = (n) epochs` and `warmup = 10 percent`.
impl Read for Warmup {
    const FORM: Form = Form::Value;

    fn read(reading: &mut Reading, input: ParseStream) -> Result<Self, Diagnostic> {
        let count = after_equals(input, reading.key, reading.name.example())?;
        let text = crate::prose::code(&count);
        let key = reading.key;
        let Some(unit) = unit(input) else {
            let suffix = suffix(&count).unwrap_or_default();
            if let Some(plain) = text.strip_suffix(suffix).filter(|_| WarmupUnit::find(suffix).is_some()) {
                let message = format!("a space is missing before `{suffix}`");
                return Err(Diagnostic::error(Place::of(&count), message)
                    .help(format!("write `{key} = {plain} {suffix}`")));
            }
            return Err(Diagnostic::error(Place::of(&count), format!("`{key}` needs a unit"))
                .help(format!("write `{text} steps`, `{text} epochs` or `{text} percent`")));
        };
        let message = format!("`{key}` counts steps, epochs or percent, not `{unit}`");
        let found = WarmupUnit::find(&unit.to_string());
        let unit = found.ok_or_else(|| Diagnostic::error(unit.span(), message).help(reading.example()))?;
        Ok(Self { count, unit })
    }
}

/// Parses `anomaly = off`, `anomaly = loss` and `anomaly = full`.
impl Read for Anomaly {
    const FORM: Form = Form::Value;

    fn read(reading: &mut Reading, input: ParseStream) -> Result<Self, Diagnostic> {
        let _: syn::Result<Token![=]> = input.parse();
        let help = "write `anomaly = off`, `anomaly = loss` or `anomaly = full`";
        let Ok(word) = input.call(Ident::parse_any) else {
            let is_absent = input.is_empty() || input.peek(Token![,]);
            let (place, message) = if is_absent {
                (reading.key.span(), "`anomaly` has no value")
            } else {
                (input.span(), "`anomaly` is a word")
            };
            return Err(Diagnostic::error(place, message).help(help));
        };
        match word.to_string().as_str() {
            "off" => Ok(Self::Off),
            "loss" => Ok(Self::Loss),
            "full" => Ok(Self::Full),
            other => {
                Err(Diagnostic::error(word.span(), format!("unknown word `{other}` for `anomaly`"))
                    .help(help))
            }
        }
    }
}
