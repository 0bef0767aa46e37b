//! Order lists: `train_order = [forward, loss, { .. }, clip_grad_norm(1.0), step]`.

use proc_macro2::{Span, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Block, Expr, Ident, Token, token};

use super::names::list;
use super::parse::{items, next_place, next_text};
use super::read::{self, Form, Read, Reading, parentheses};
use crate::bag;
use crate::diagnostic::{Diagnostic, Place};
use crate::stage::{Listed, Stage, TABLE};
use crate::suggest::nearest;

/// One entry of an order.
#[derive(Clone)]
pub(crate) struct Entry {
    /// The place of the entry in the source.
    pub(crate) place: Place,
    pub(crate) kind: EntryKind,
}

/// The kind of an entry.
#[derive(Clone)]
pub(crate) enum EntryKind {
    /// A stage without a value.
    Stage(Stage),
    /// The clause `training_step`, which combines forward and loss.
    TrainingStep,
    /// A clip by norm, `clip_grad_norm(1.0)`. Without a value, the limit is the value of the clause
    /// `clip_grad_norm`.
    ClipNorm(Option<Expr>),
    /// A clip by value, `clip_grad_value(0.5)`. Without a value, the limit is the value of the
    /// clause `clip_grad_value`.
    ClipValue(Option<Expr>),
    /// A block of user statements.
    Block(Block),
}

impl Entry {
    /// The span at which the entry starts.
    pub(crate) fn span(&self) -> Span {
        self.place.start
    }

    /// Whether the entry is this stage.
    pub(crate) fn is(&self, stage: Stage) -> bool {
        matches!(self.kind, EntryKind::Stage(own) if own == stage)
    }

    /// The name of the entry in a list. The name of a block is empty.
    pub(crate) fn name(&self) -> &'static str {
        match self.kind {
            EntryKind::Stage(stage) => stage.name(),
            EntryKind::TrainingStep => TRAINING_STEP,
            EntryKind::ClipNorm(_) => Stage::ClipGradNorm.name(),
            EntryKind::ClipValue(_) => Stage::ClipGradValue.name(),
            EntryKind::Block(_) => "{ ... }",
        }
    }
}

/// The name of the entry that combines forward and loss.
const TRAINING_STEP: &str = "training_step";

/// Other frameworks' names for stages, each with the runtime's name.
const FOREIGN: [(&str, &str); 9] = [
    ("optimizer_step", "step"),
    ("optimizer", "step"),
    ("update", "step"),
    ("zero", "zero_grad"),
    ("clip", "clip_grad_norm(1.0)"),
    ("criterion", "loss"),
    ("scheduler", "schedule"),
    ("scheduler_step", "schedule"),
    ("train_metrics", "metrics"),
];

/// Parses `train_order = [forward, loss, zero_grad, backward, step]`.
impl Read for Vec<Entry> {
    const FORM: Form = Form::List;

    fn read(reading: &mut Reading, input: ParseStream) -> Result<Self, Diagnostic> {
        let content = read::list(reading, input)?;
        let before = reading.bag.len();
        let mut entries = Vec::new();
        items(reading.bag, &content, "entry", |input| {
            entries.push(entry(input, reading.key)?);
            Ok(())
        });
        reading.broken_orders.extend((reading.bag.len() > before).then(|| reading.key.clone()));
        Ok(entries)
    }
}

/// Parses an entry of an order.
fn entry(input: ParseStream, key: &Ident) -> Result<Entry, Diagnostic> {
    if input.peek(token::Brace) {
        let block = input.parse::<Block>().map_err(|error| bag::from_syn(&error))?;
        let place = Place { start: block.brace_token.span.open(), end: block.brace_token.span.close() };
        return Ok(Entry { place, kind: EntryKind::Block(block) });
    }
    let Ok(name) = input.call(Ident::parse_any) else {
        return Err(Diagnostic::error(next_place(input), format!("unexpected {}", next_text(input)))
            .help(format!("`{key}` lists stages and blocks: `[forward, loss, {{ println!(\"..\"); }}]`")));
    };
    let start = name.span();
    if input.peek(Token![.]) && input.peek2(Ident) {
        return Err(called(input, start, &name.to_string()));
    }
    let name = name.to_string();
    let clip = name.starts_with("clip_grad_");
    let value = if input.peek(token::Paren) {
        let end = input.span();
        let content = parentheses(input).map_err(|error| bag::from_syn(&error))?;
        if clip && content.is_empty() {
            return Err(Diagnostic::error(end, format!("`{name}()` has no value"))
                .help(format!("write `{name}(1.0)`")));
        }
        let value = content.parse::<Expr>().map_err(|error| bag::from_syn(&error));
        let _: syn::Result<Option<Token![,]>> = content.parse();
        if !content.is_empty() || (!clip && (listed(&name).is_some() || name == TRAINING_STEP)) {
            let _: syn::Result<proc_macro2::TokenStream> = content.parse();
            return Err(Diagnostic::error(Place { start, end }, format!("`{name}` takes no such arguments"))
                .help(if clip { format!("write `{name}(1.0)`") } else { format!("write `{name}`") }));
        }
        Some(value?)
    } else {
        None
    };
    let kind = match listed(&name) {
        Some(Stage::ClipGradNorm) => EntryKind::ClipNorm(value),
        Some(Stage::ClipGradValue) => EntryKind::ClipValue(value),
        Some(stage) => EntryKind::Stage(stage),
        None if name == TRAINING_STEP => EntryKind::TrainingStep,
        None => return Err(unknown(start, &name)),
    };
    Ok(Entry { place: start.into(), kind })
}

/// The error for `optimizer.step()` in an order. An order lists stages rather than calls.
fn called(input: ParseStream, start: Span, receiver: &str) -> Diagnostic {
    let _: syn::Result<Token![.]> = input.parse();
    let Ok(method) = input.call(Ident::parse_any) else { return unknown(start, receiver) };
    let mut end = method.span();
    if input.peek(token::Paren) {
        end = input.span();
        let _: syn::Result<TokenTree> = input.parse();
    }
    let method = method.to_string();
    let stage = if receiver == "scheduler" && method == "step" { "schedule" } else { method.as_str() };
    let help = match listed(stage) {
        Some(Stage::ClipGradNorm | Stage::ClipGradValue) => format!("write `{stage}(1.0)`"),
        Some(stage) => format!("write `{}`", stage.name()),
        None => format!("put your own statements in braces: `{{ {receiver}.{method}(); }}`"),
    };
    Diagnostic::error(Place { start, end }, "an order lists stages, not calls").help(help)
}

/// The stage with this name, if order lists may name it.
fn listed(name: &str) -> Option<Stage> {
    Stage::find(name).filter(|stage| stage.row().listed != Listed::Neither)
}

/// The error for a name that is no stage, or for a stage that is not allowed in an order.
fn unknown(place: Span, name: &str) -> Diagnostic {
    if let Some(stage) = Stage::find(name) {
        let name = stage.name();
        return Diagnostic::error(place, format!("`{name}` is not a stage of an order"))
            .note("the loop sets the model's mode and the recording itself")
            .help("remove it");
    }
    let listed = TABLE.iter().filter(|row| row.listed != Listed::Neither).map(|row| row.name);
    let stages: Vec<&str> = listed.chain([TRAINING_STEP]).collect();
    let help = match FOREIGN.iter().find(|(foreign, _)| *foreign == name) {
        Some((_, ours)) => format!("here it is `{ours}`"),
        None => match nearest(name, stages.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the stages are {}; put your own statements in braces", list(&stages)),
        },
    };
    Diagnostic::error(place, format!("unknown stage `{name}`")).help(help)
}
