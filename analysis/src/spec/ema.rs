//! The clause `ema(decay = 0.999, eval = true)`.

use syn::parse::ParseStream;
use syn::{Expr, LitBool, Token};

use super::monitor::option;
use super::parse::items;
use super::read::{Form, Read, Reading, after_equals, group};
use crate::diagnostic::Diagnostic;

/// An average of the parameters.
#[derive(Clone)]
pub(crate) struct Ema {
    /// The share of the old average in each update.
    pub(crate) decay: Option<Expr>,
    /// Whether evaluations and the final model use the averaged values.
    pub(crate) eval: bool,
}

impl Read for Ema {
    const FORM: Form = Form::Group;

    fn read(reading: &mut Reading, input: ParseStream) -> Result<Self, Diagnostic> {
        let content = group(reading, input)?;
        let (mut value, mut seen) = (Self { decay: None, eval: true }, Vec::new());
        items(reading.bag, &content, "option", |input| {
            let key = option(reading, input, &["decay", "eval"], &mut seen)?;
            if key == "decay" {
                value.decay = Some(after_equals(input, &key, "decay = 0.999")?);
                return Ok(());
            }
            let _: syn::Result<Token![=]> = input.parse();
            let place = input.span();
            value.eval = input.parse::<LitBool>().map(|literal| literal.value).map_err(|_| {
                Diagnostic::error(place, "`eval` is `true` or `false`")
                    .note("it decides which statements the loop has")
                    .help("write `eval = false` to evaluate the model with its own values")
            })?;
            Ok(())
        });
        Ok(value)
    }
}
