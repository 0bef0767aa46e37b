//! Clauses that compare checks by a measurement: `early_stop(monitor = valid_loss, patience = 3)`, `restore_best`.
//! The options `monitor` and `mode` are those of `checkpoint`, too.

use proc_macro2::{Span, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Ident, LitStr, Token};

use super::names::list;
use super::parse::items;
use super::read::{Form, Read, Reading, after_equals, group};
use crate::diagnostic::Diagnostic;
use crate::suggest::nearest;

/// The measurement by which checks are compared: `monitor = valid_loss, mode = max`.
#[derive(Clone, Default)]
pub(crate) struct Monitor {
    /// The name of the measurement, with its span.
    pub(crate) name: Option<(String, Span)>,
    /// Which values are better; `None` for the metric's own goal.
    pub(crate) mode: Option<(Goal, Span)>,
}

/// The better values of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// Lower values are better.
    Min,
    /// Higher values are better.
    Max,
}

/// When a run stops because it no longer improves.
#[derive(Clone, Default)]
pub(crate) struct EarlyStop {
    pub(crate) monitor: Monitor,
    /// The number of checks without improvement after which the run stops.
    pub(crate) patience: Option<Expr>,
    /// The smallest difference that counts as an improvement.
    pub(crate) min_delta: Option<Expr>,
}

/// Which values the model has after the run: those of the best check by `monitor`.
#[derive(Clone, Default)]
pub(crate) struct RestoreBest {
    pub(crate) monitor: Monitor,
}

/// Parses `early_stop(monitor = valid_loss, patience = 3, min_delta = 0, mode = max)`.
impl Read for EarlyStop {
    const FORM: Form = Form::Group;

    fn read(reading: &mut Reading, input: ParseStream) -> Result<Self, Diagnostic> {
        let content = group(reading, input)?;
        let (mut value, mut seen) = (Self::default(), Vec::new());
        items(reading.bag, &content, "option", |input| {
            let key = option(reading, input, &["monitor", "patience", "min_delta", "mode"], &mut seen)?;
            match key.to_string().as_str() {
                "patience" => value.patience = Some(after_equals(input, &key, "patience = 3")?),
                "min_delta" => value.min_delta = Some(after_equals(input, &key, "min_delta = 0.001")?),
                _ => value.monitor.read(&key, input)?,
            }
            Ok(())
        });
        Ok(value)
    }
}

/// Parses `restore_best` and `restore_best(monitor = valid_loss, mode = max)`.
impl Read for RestoreBest {
    const FORM: Form = Form::Flag;

    fn read(reading: &mut Reading, input: ParseStream) -> Result<Self, Diagnostic> {
        let (mut value, mut seen) = (Self::default(), Vec::new());
        if input.is_empty() || input.peek(Token![,]) {
            return Ok(value);
        }
        let content = group(reading, input)?;
        items(reading.bag, &content, "option", |input| {
            let key = option(reading, input, &["monitor", "mode"], &mut seen)?;
            value.monitor.read(&key, input)
        });
        Ok(value)
    }
}

impl Monitor {
    /// Parses the value of `monitor` or `mode`, starting at the `=`.
    pub(super) fn read(&mut self, key: &Ident, input: ParseStream) -> Result<(), Diagnostic> {
        let _: syn::Result<Token![=]> = input.parse();
        if key == "mode" {
            self.mode = mode(key, input)?;
            return Ok(());
        }
        self.name = Some(match input.peek(LitStr).then(|| input.parse::<LitStr>()) {
            Some(Ok(text)) => (text.value(), text.span()),
            _ => name(key, input, "name a measurement: `monitor = valid_loss`")?,
        });
        Ok(())
    }
}

/// Parses `min`, `max` or `auto`.
fn mode(key: &Ident, input: ParseStream) -> Result<Option<(Goal, Span)>, Diagnostic> {
    let help = "write `mode = min` or `mode = max`, or remove it: a metric says which of them it is";
    let (word, at) = name(key, input, help)?;
    match word.as_str() {
        "min" => Ok(Some((Goal::Min, at))),
        "max" => Ok(Some((Goal::Max, at))),
        "auto" => Ok(None),
        other => Err(Diagnostic::error(at, format!("unknown mode `{other}`")).help(help)),
    }
}

/// Parses a name as the value of an option.
fn name(key: &Ident, input: ParseStream, help: &str) -> Result<(String, Span), Diagnostic> {
    match input.call(Ident::parse_any) {
        Ok(name) => Ok((name.unraw().to_string(), name.span())),
        Err(_) if input.is_empty() || input.peek(Token![,]) => {
            Err(Diagnostic::error(key.span(), format!("`{key}` has no value")).help(help))
        }
        Err(error) => Err(Diagnostic::error(error.span(), format!("`{key}` is a name")).help(help)),
    }
}

/// Parses the key of an option of a clause. An unknown key, a repeated key and a key without `=` are errors.
pub(super) fn option(
    reading: &Reading,
    input: ParseStream,
    known: &[&str],
    seen: &mut Vec<String>,
) -> Result<Ident, Diagnostic> {
    let clause = reading.key;
    let key = input.call(Ident::parse_any).map_err(|error| {
        Diagnostic::error(error.span(), format!("`{clause}` takes {}", list(known))).help(reading.example())
    })?;
    let text = key.to_string();
    if !known.contains(&text.as_str()) {
        let help = match nearest(&text, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the options are {}", list(known)),
        };
        return Err(
            Diagnostic::error(key.span(), format!("unknown option `{text}` of `{clause}`")).help(help)
        );
    }
    if seen.contains(&text) {
        while !input.is_empty() && !input.peek(Token![,]) {
            let _: syn::Result<TokenTree> = input.parse();
        }
        return Err(
            Diagnostic::error(key.span(), format!("`{text}` is given twice")).help("keep one of them")
        );
    }
    if !input.peek(Token![=]) {
        return Err(Diagnostic::error(key.span(), format!("`{text}` has no value")).help(reading.example()));
    }
    seen.push(text);
    Ok(key)
}
