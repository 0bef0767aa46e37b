//! The clause `checkpoint(every = 1 epochs, keep_last = 1, keep_best = 1, monitor = valid_loss, mode = auto)`.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Ident};

use super::duration::{TimeUnit, Unit};
use super::measured::{is_validation, monitored};
use super::monitor::{self, Monitor};
use super::parse::items;
use super::read::{Form, Read, Reading, after_equals, group};
use super::{ClauseName, Spec};
use crate::bag;
use crate::diagnostic::{Diagnostic, Place};

/// The checkpoints of a run.
#[derive(Clone, Default)]
pub(crate) struct Checkpoint {
    pub(crate) every: Option<Interval>,
    pub(crate) keep_last: Option<Kept>,
    pub(crate) keep_best: Option<Kept>,
    /// The measurement that ranks checkpoints.
    pub(crate) monitor: Monitor,
}

/// The number of checkpoints to keep, with the option's key.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) key: Ident,
    pub(crate) count: Expr,
}

/// An interval of checkpoints.
#[derive(Clone)]
pub(crate) struct Interval {
    pub(crate) key: Ident,
    pub(crate) count: Expr,
    pub(crate) unit: IntervalUnit,
}

/// The unit of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IntervalUnit {
    Epochs,
    Steps,
    Time(TimeUnit),
}

impl Spec {
    /// The intervals of checkpoints and of validations, in this order. `None` if their units differ, or if no
    /// validation ranks the checkpoints. An inner `None` is the default, 1.
    pub(crate) fn intervals(&self) -> Option<(Unit, [Option<&Expr>; 2])> {
        let saves = self.checkpoint.as_ref()?.value.every.as_ref();
        let by_training = monitored(self).is_some_and(|(name, _)| !is_validation(&name));
        if by_training || !self.mentions(ClauseName::Valid) {
            return None;
        }
        let validates = self.validate.as_ref().and_then(|clause| clause.value.every.as_ref());
        let unit = validates.map_or(Unit::Epochs, |every| every.unit);
        let is_same = matches!(
            (saves.map_or(IntervalUnit::Epochs, |every| every.unit), unit),
            (IntervalUnit::Epochs, Unit::Epochs) | (IntervalUnit::Steps, Unit::Steps)
        );
        is_same.then(|| (unit, [saves.map(|every| &every.count), validates.map(|every| &every.count)]))
    }
}

/// Parses `checkpoint(every = 1 epochs, keep_last = 1)`.
impl Read for Checkpoint {
    const FORM: Form = Form::Group;

    fn read(reading: &mut Reading, input: ParseStream) -> Result<Self, Diagnostic> {
        let content = group(reading, input)?;
        let (mut value, mut seen) = (Self::default(), Vec::new());
        items(reading.bag, &content, "option", |input| {
            check_folder(input)?;
            let known = ["every", "keep_last", "keep_best", "monitor", "mode"];
            let key = monitor::option(reading, input, &known, &mut seen)?;
            match key.to_string().as_str() {
                "every" => value.every = Some(interval(input, &key)?),
                name @ ("keep_last" | "keep_best") => {
                    let count = after_equals(input, &key, &format!("{name} = 1"))?;
                    let slot = if name == "keep_last" { &mut value.keep_last } else { &mut value.keep_best };
                    *slot = Some(Kept { key, count });
                }
                _ => value.monitor.read(&key, input)?,
            }
            Ok(())
        });
        Ok(value)
    }
}

/// Rejects a folder as an option of the clause.
fn check_folder(input: ParseStream) -> Result<(), Diagnostic> {
    match input.fork().call(Ident::parse_any) {
        Ok(key) if ["dir", "path", "folder"].iter().any(|name| key == name) => {
            let message = format!("unknown option `{key}` of `checkpoint`");
            Err(Diagnostic::error(key.span(), message)
                .help("the folder is an option of the run: `run = RunOptions::new().dir(\"runs/1\")`"))
        }
        _ => Ok(()),
    }
}

/// Parses the interval of `every = 500 steps`, starting at the `=`.
fn interval(input: ParseStream, key: &Ident) -> Result<Interval, Diagnostic> {
    let count = after_equals(input, key, "every = 1 epochs")?;
    let Ok(unit) = input.call(Ident::parse_any) else {
        let number = crate::prose::code(&count);
        return Err(Diagnostic::error(Place::of(&count), "`every` needs a unit").help(format!(
            "write `every = {number} epochs`, `every = {number} steps` or `every = {number} minutes`"
        )));
    };
    let name = unit.to_string();
    let unit = match name.as_str() {
        "epoch" | "epochs" => IntervalUnit::Epochs,
        "step" | "steps" => IntervalUnit::Steps,
        _ => match TimeUnit::find(&name) {
            Some(unit) => IntervalUnit::Time(unit),
            None => return Err(unknown_unit(&unit)),
        },
    };
    Ok(Interval { key: key.clone(), count, unit })
}

/// The error for `every = 100 batches` and the like.
fn unknown_unit(unit: &Ident) -> Diagnostic {
    let message = format!("checkpoints are counted in epochs, steps or time, not in `{unit}`");
    let error = bag::from_syn(&syn::Error::new(unit.span(), message));
    if unit == "batch" || unit == "batches" {
        return error
            .note("a step is one update of the optimizer; with `accumulate` it takes several batches")
            .help("write `every = 500 steps`");
    }
    error.help("write `every = 1 epochs`, `every = 500 steps` or `every = 10 minutes`")
}
