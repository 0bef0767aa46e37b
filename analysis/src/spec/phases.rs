//! The clause `phases(critic(optimizer = .., training_step = .., every = 1), generator(..))`.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Ident, Token, token};

use super::names::{help_for_clause, list};
use super::parse::items;
use super::read::{Form, Read, Reading, after_equals, check_form, group, parentheses};
use super::{Clause, ClauseName, Hook, Spec};
use crate::bag::{self, Bag};
use crate::diagnostic::Diagnostic;
use crate::suggest::nearest;

/// The clauses of a loop with one optimizer that are also options of a phase.
const CLAUSES: [ClauseName; 5] = [
    ClauseName::Optimizer,
    ClauseName::TrainingStep,
    ClauseName::Scheduler,
    ClauseName::ClipGradNorm,
    ClauseName::ClipGradValue,
];

/// The names of all options of a phase.
const OPTIONS: [&str; 6] =
    ["optimizer", "training_step", "every", "scheduler", "clip_grad_norm", "clip_grad_value"];

/// A phase of a loop: an optimizer with its own loss.
pub(crate) struct Phase {
    pub(crate) name: Ident,
    /// The options that are also clauses of a loop with one optimizer.
    pub(crate) spec: Spec,
    /// The phase runs on the last of every `every` batches.
    pub(crate) every: Option<Expr>,
}

impl Phase {
    /// The clauses for the steps of the phase: its own options, and the clauses that all phases share.
    pub(crate) fn with_common(&self, common: &Spec) -> Spec {
        let of_step = |hook: &Hook| hook.key == "before_step";
        let on = common.on.as_ref().map(|clause| Clause {
            key: clause.key.clone(),
            value: clause.value.iter().filter(|hook| of_step(hook)).cloned().collect(),
        });
        let own = &self.spec;
        Spec {
            optimizer: own.optimizer.clone(),
            training_step: own.training_step.clone(),
            scheduler: own.scheduler.clone(),
            clip_grad_norm: own.clip_grad_norm.clone(),
            clip_grad_value: own.clip_grad_value.clone(),
            warmup: common.warmup.clone(),
            anomaly: common.anomaly.clone(),
            on,
            ..Spec::default()
        }
    }
}

/// Parses `phases(critic(optimizer = .., training_step = ..), generator(..))`.
impl Read for Vec<Phase> {
    const FORM: Form = Form::Group;

    fn read(reading: &mut Reading, input: ParseStream) -> Result<Self, Diagnostic> {
        let content = group(reading, input)?;
        let mut phases: Self = Vec::new();
        items(reading.bag, &content, "phase", |input| {
            let phase = phase(reading.bag, input)?;
            check_name(reading.bag, &phases, &phase.name);
            phases.push(phase);
            Ok(())
        });
        Ok(phases)
    }
}

/// Parses `critic(optimizer = .., training_step = ..)`.
fn phase(bag: &Bag, input: ParseStream) -> Result<Phase, Diagnostic> {
    let form = |name: &str| {
        format!("write `{name}(optimizer = Adam::new(model.{name}.parameters(), 1e-4), training_step = ...)`")
    };
    let name = input.call(Ident::parse_any).map_err(|error| {
        Diagnostic::error(error.span(), "a phase starts with its name").help(form("critic"))
    })?;
    if OPTIONS.iter().any(|option| name == option) && input.peek(Token![=]) {
        let message = format!("`{name}` is an option of a phase, and the phase has no name");
        return Err(Diagnostic::error(name.span(), message).help(form("critic")));
    }
    if !input.peek(token::Paren) {
        let message = format!("the phase `{name}` takes parentheses");
        return Err(Diagnostic::error(name.span(), message).help(form(&name.to_string())));
    }
    let content = parentheses(input).map_err(|error| bag::from_syn(&error))?;
    let mut phase = Phase { name, spec: Spec::default(), every: None };
    items(bag, &content, "option", |input| option(bag, input, &mut phase));
    Ok(phase)
}

/// Parses an option of a phase.
fn option(bag: &Bag, input: ParseStream, phase: &mut Phase) -> Result<(), Diagnostic> {
    let key = input.call(Ident::parse_any).map_err(|error| {
        let message = format!("a phase takes {}", list(&OPTIONS));
        Diagnostic::error(error.span(), message)
            .help("write `optimizer = Adam::new(model.critic.parameters(), 1e-4)`")
    })?;
    let text = key.unraw().to_string();
    if !OPTIONS.contains(&text.as_str()) {
        return Err(unknown(&key, &text, &mut phase.spec.meant));
    }
    if phase.spec.keys.contains(&key) {
        bag.push(
            Diagnostic::error(key.span(), format!("`{text}` of the phase `{}` is given twice", phase.name))
                .help("keep one of them"),
        );
    }
    phase.spec.keys.push(key.clone());
    if let Some(clause) = CLAUSES.into_iter().find(|clause| clause.text() == text) {
        check_form(input, &key, clause)?;
        return phase.spec.read(bag, clause, key, input);
    }
    if !input.peek(Token![=]) {
        return Err(Diagnostic::error(key.span(), "`every` has no value").help("write `every = 5`"));
    }
    phase.every = Some(after_equals(input, &key, "every = 5")?);
    unit(input)
}

/// Skips the unit of `every = 5 batches`. Any other unit is rejected.
fn unit(input: ParseStream) -> Result<(), Diagnostic> {
    match super::duration::unit(input) {
        Some(unit) if unit != "batch" && unit != "batches" => {
            Err(Diagnostic::error(unit.span(), format!("`every` of a phase counts batches, not `{unit}`"))
                .help("write `every = 5` for an update on each fifth batch"))
        }
        _ => Ok(()),
    }
}

/// The error for an unknown option of a phase. Clauses in the help are added to `meant`.
fn unknown(key: &Ident, text: &str, meant: &mut Vec<ClauseName>) -> Diagnostic {
    let error = Diagnostic::error(key.span(), format!("a phase has no option `{text}`"));
    if text == "loss" || text == "forward" {
        meant.push(ClauseName::TrainingStep);
        return error
            .note("a phase computes its loss from the whole model and the batch")
            .help("write `training_step = |model, batch| ...`, which returns the loss");
    }
    if ClauseName::find(text).is_some() {
        return error.help(format!("`{text}` is a clause of the loop: write it beside `phases(...)`"));
    }
    let (help, foreign) = help_for_clause(text);
    if foreign.iter().any(|clause| CLAUSES.contains(clause)) {
        meant.extend(foreign);
        return error.help(help);
    }
    match nearest(text, OPTIONS) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("the options are {}", list(&OPTIONS))),
    }
}

/// Rejects the name of an earlier phase, and a name whose measurements would look like validation
/// measurements.
fn check_name(bag: &Bag, earlier: &[Phase], name: &Ident) {
    if let Some(first) = earlier.iter().find(|first| first.name == *name) {
        let line = first.name.span().start().line;
        bag.push(
            Diagnostic::error(name.span(), format!("two phases have the name `{name}`"))
                .note_at(first.name.span(), format!("the first one is on line {line}"))
                .help("give each phase a name of its own"),
        );
    }
    if name == "valid" || name.to_string().starts_with("valid_") {
        bag.push(
            Diagnostic::error(name.span(), format!("a phase cannot have the name `{name}`"))
                .note(format!(
                    "its loss would be `{name}_loss`, and `valid_` starts the measurements of a validation"
                ))
                .help("choose a name such as `critic`"),
        );
    }
}
