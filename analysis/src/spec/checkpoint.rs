//! The clause `checkpoint(every = 1 epochs, keep_last = 1, keep_best = 1, monitor = valid_loss)`.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Ident};

use super::duration::TimeUnit;
use super::names::list;
use super::parse::items;
use super::read::{Form, Read, Reading, after_equals, group};
use crate::bag;
use crate::diagnostic::{Diagnostic, Place};
use crate::suggest::nearest;

/// The checkpoints of a run.
#[derive(Clone, Default)]
pub(crate) struct Checkpoint {
    pub(crate) every: Option<Interval>,
    pub(crate) keep_last: Option<Kept>,
    pub(crate) keep_best: Option<Kept>,
    /// The measurement that the best checkpoints are compared by.
    pub(crate) monitor: Option<Ident>,
}

/// The number of checkpoints that are kept, with the option's key.
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

const OPTIONS: [&str; 4] = ["every", "keep_last", "keep_best", "monitor"];
const HELP: &str = "write `checkpoint(every = 1 epochs, keep_last = 1, keep_best = 1, monitor = valid_loss)`";

/// Parses `checkpoint(every = 1 epochs, keep_last = 1)`.
impl Read for Checkpoint {
    const FORM: Form = Form::Group;

    fn read(reading: &mut Reading, input: ParseStream) -> Result<Self, Diagnostic> {
        let content = group(reading, input)?;
        let mut value = Self::default();
        items(reading.bag, &content, "option", |input| option(input, &mut value));
        Ok(value)
    }
}

/// Parses one option, such as `keep_last = 2`.
fn option(input: ParseStream, value: &mut Checkpoint) -> Result<(), Diagnostic> {
    let key = input.call(Ident::parse_any).map_err(|error| {
        Diagnostic::error(error.span(), format!("`checkpoint` takes {}", list(&OPTIONS))).help(HELP)
    })?;
    let twice = || Diagnostic::error(key.span(), format!("`{key}` is given twice")).help("keep one of them");
    match key.to_string().as_str() {
        "every" => {
            let interval = interval(input, &key)?;
            if value.every.is_some() {
                return Err(twice());
            }
            value.every = Some(interval);
        }
        name @ ("keep_last" | "keep_best") => {
            let count = after_equals(input, &key, &format!("{name} = 1"))?;
            let slot = if name == "keep_last" { &mut value.keep_last } else { &mut value.keep_best };
            if slot.is_some() {
                return Err(twice());
            }
            *slot = Some(Kept { key, count });
        }
        "monitor" => {
            let name = measurement(input, &key)?;
            if value.monitor.is_some() {
                return Err(twice());
            }
            value.monitor = Some(name);
        }
        other => {
            let help = match (other, nearest(other, OPTIONS)) {
                ("dir" | "path" | "folder", _) => {
                    "the folder is an option of the run: `run = RunOptions::new().dir(\"runs/1\")`".to_owned()
                }
                (_, Some(near)) => format!("did you mean `{near}`?"),
                (_, None) => HELP.to_owned(),
            };
            let message = format!("unknown option `{other}` of `checkpoint`");
            return Err(Diagnostic::error(key.span(), message).help(help));
        }
    }
    Ok(())
}

/// Parses the name of a measurement in `monitor = valid_loss`, starting at the `=`.
fn measurement(input: ParseStream, key: &Ident) -> Result<Ident, Diagnostic> {
    let value = after_equals(input, key, "monitor = valid_loss")?;
    let name = match &value {
        Expr::Path(path) => path.path.get_ident().cloned(),
        _ => None,
    };
    name.ok_or_else(|| {
        Diagnostic::error(Place::of(&value), "`monitor` is the name of a measurement")
            .help("write `monitor = valid_loss`")
    })
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
