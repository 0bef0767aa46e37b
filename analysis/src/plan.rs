//! The plan of a generated loop: its steps in order, and the names of its locals. The plan contains all
//! decisions, and `expand` only prints them.
//!
//! A plan contains stages and the user's names, and no path of the runtime.

mod amounts;
mod checkpoint;
mod checks;
mod ema;
mod measure;
pub(crate) mod object;
pub(crate) mod order;
mod outline;
mod parts;
pub(crate) mod scope;
mod update;
mod validation;
mod warmup;
mod watch;

use proc_macro2::Span;
use syn::{Expr, ExprPath, Ident, Path};

use crate::item::SpecFn;
use crate::prose::code;
use crate::rules::{Amount, Checked, Rule};
use crate::spec::{Anomaly, Clause, ClauseName, Hook, Spec, Time, TimeUnit};
pub(crate) use amounts::Amounts;
pub(crate) use checkpoint::{Checkpoint, Interval, Recorded};
pub(crate) use checks::{Checks, Declared};
pub(crate) use ema::Ema;
pub(crate) use measure::Measure;
use measure::measures;
pub(crate) use object::{Names, Object, located};
pub(crate) use order::{Step, Work};
pub(crate) use outline::Outline;
pub(crate) use scope::{Rebind, Scope};
pub(crate) use update::{Phase, Update};
pub(crate) use validation::{Validation, When};
pub(crate) use warmup::Warmup;
pub(crate) use watch::Watch;

/// A local variable of the loop that blocks and hooks may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Local {
    Model,
    Optimizer,
    Scheduler,
    Ema,
    Epoch,
    Batch,
    Output,
    Loss,
    GradNorm,
}

impl Local {
    const ALL: [Self; 9] = [
        Self::Model,
        Self::Optimizer,
        Self::Scheduler,
        Self::Ema,
        Self::Epoch,
        Self::Batch,
        Self::Output,
        Self::Loss,
        Self::GradNorm,
    ];

    /// The name of the local in blocks and hooks.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Optimizer => "optimizer",
            Self::Scheduler => "scheduler",
            Self::Ema => "ema",
            Self::Epoch => "epoch",
            Self::Batch => "batch",
            Self::Output => "output",
            Self::Loss => "loss",
            Self::GradNorm => "grad_norm",
        }
    }
}

/// A number of the spec, in the form that the loop uses.
#[derive(Clone)]
pub(crate) struct Number {
    pub(crate) rule: &'static Rule,
    pub(crate) at: Span,
    pub(crate) value: NumberValue,
    /// The unit of a time that is written as a plain number.
    pub(crate) unit: Option<TimeUnit>,
}

impl Number {
    /// The number as the spec writes it.
    pub(crate) fn text(&self) -> String {
        match &self.value {
            NumberValue::Literal(literal) => literal.to_string(),
            NumberValue::Parameter(name) => name.to_string(),
            NumberValue::Bound(_, value) => code(&**value),
        }
    }
}

/// The source of a number's value in the loop.
#[derive(Clone)]
pub(crate) enum NumberValue {
    /// A literal. The loop contains the literal unchanged.
    Literal(proc_macro2::TokenStream),
    /// A parameter of the function. The loop uses the parameter by name, and checks the value at the start.
    Parameter(Ident),
    /// An expression, with the name of its variable. At the start, the loop stores the result in the variable
    /// and checks it.
    Bound(Ident, Box<Expr>),
}

/// The plan of the whole loop.
pub(crate) struct Plan {
    /// The path of the runtime; `None` for the default path.
    pub(crate) path: Option<Path>,
    pub(crate) names: Names,
    pub(crate) model: Object,
    /// The training data; `None` in an evaluation.
    pub(crate) train: Option<Object>,
    /// The update of the optimizer, or one update per phase; empty in an evaluation.
    pub(crate) updates: Vec<Update>,
    pub(crate) epochs: Option<Number>,
    pub(crate) max_steps: Option<Number>,
    pub(crate) max_time: Option<Number>,
    pub(crate) seed: Option<Number>,
    pub(crate) accumulate: Option<Number>,
    pub(crate) warmup: Option<Warmup>,
    pub(crate) ema: Option<Ema>,
    /// The span of `anomaly = full`, if the loop traces numbers that are not finite.
    pub(crate) traces: Option<Span>,
    /// The divisor of a batch's loss.
    pub(crate) loss_weight: Option<Clause<Expr>>,
    /// The parameters that replace absent clauses of the same name.
    pub(crate) taken: Vec<Ident>,
    pub(crate) unused: Vec<Ident>,
    pub(crate) train_metrics: Vec<Measure>,
    pub(crate) validation: Option<Validation>,
    pub(crate) checks: Option<Checks>,
    pub(crate) epoch_end: Option<Step>,
    /// The hook after the phases of a batch. Without phases, the hook is a step of the batch.
    pub(crate) batch_end: Option<Step>,
    pub(crate) checkpoint: Option<Checkpoint>,
    /// The options of the run.
    pub(crate) options: Option<Object>,
    /// The outline of the loop for reports, if the loop has options.
    pub(crate) outline: Option<Outline>,
}

impl Plan {
    /// All numbers, in the order in which the loop computes and checks them.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = &Number> {
        // Without `..`, a new field does not compile until its numbers are listed or excluded here.
        let Self {
            epochs,
            max_steps,
            max_time,
            seed,
            accumulate,
            warmup,
            ema,
            validation,
            updates,
            checks,
            checkpoint,
            options: _,
            outline: _,
            path: _,
            names: _,
            model: _,
            train: _,
            loss_weight: _,
            taken: _,
            unused: _,
            train_metrics: _,
            epoch_end: _,
            batch_end: _,
            traces: _,
        } = self;
        let every = validation.as_ref().and_then(|validation| match &validation.when {
            When::EveryEpoch => None,
            When::Epochs(number) | When::Steps(number) => Some(number),
        });
        let early_stop = checks.iter().filter_map(|checks| checks.early_stop.as_ref());
        let early_stop = early_stop.flat_map(|early_stop| [&early_stop.patience, &early_stop.min_delta]);
        let averaged = warmup.iter().map(|warmup| &warmup.number).chain(ema.iter().map(|ema| &ema.decay));
        let saved = checkpoint.iter().flat_map(|checkpoint| {
            let kept = [&checkpoint.keep_last, &checkpoint.keep_best];
            std::iter::once(checkpoint.every.number()).chain(kept.into_iter().flatten())
        });
        let once = [epochs, max_steps, max_time, seed, accumulate].into_iter().flatten();
        let clauses = once.chain(every).chain(saved).chain(early_stop).chain(averaged);
        clauses.chain(updates.iter().flat_map(Update::numbers))
    }

    /// Whether the loop trains in phases.
    pub(crate) fn has_phases(&self) -> bool {
        self.updates.iter().any(|update| update.phase.is_some())
    }
}

/// Plans the loop of a spec that passed `rules`.
///
/// # Errors
/// Returns the message about a missing clause that `rules` should have reported. The caller reports a bug.
pub(crate) fn plan(spec: &Spec, item: &SpecFn, amounts: &Amounts) -> Result<Plan, &'static str> {
    // Without `..`: a new clause does not compile until it is used here.
    let Spec {
        model,
        train,
        valid,
        epochs,
        max_steps,
        max_time,
        seed,
        accumulate,
        loss_weight,
        train_metrics,
        run,
        path,
        taken,
        unused,
        evaluates,
        // Used in the updates.
        optimizer: _,
        scheduler: _,
        phases: _,
        // Used in the order of the steps.
        loss: _,
        forward: _,
        training_step: _,
        clip_grad_norm: _,
        clip_grad_value: _,
        train_order: _,
        eval_order: _,
        // Used in the validation.
        metrics: _,
        validate: _,
        // Used with the values that the checkpoints record.
        checkpoint: _,
        // Used by the name of each hook.
        on: _,
        // Used in the checks.
        early_stop: _,
        restore_best: _,
        warmup: _,
        ema: _,
        anomaly,
        // Not a part of the loop.
        levels: _,
        broken_orders: _,
        meant: _,
        keys: _,
    } = spec;
    let names = Names::new(&item.parameters(), scope::mentions(spec));
    let object = |name: &str, clause: &Option<Clause<Expr>>| Object::new(name, clause.as_ref(), item, &names);
    let number = |clause: &Option<Clause<Expr>>, name: ClauseName| {
        let at = clause.as_ref()?.span();
        Some(number(amounts.get(name)?, None, name.text(), at, item, &names))
    };
    let measures = |clause: &Option<Clause<Vec<Expr>>>, prefix| measures(clause.as_ref(), prefix, &names);
    let model = object("model", model).ok_or("a plan without a model")?;
    let train = object("train", train);
    if train.is_none() && !evaluates {
        return Err("a plan without training data");
    }
    let valid = object("valid", valid);
    let updates = update::plan(spec, item, amounts, &names, &model, valid.as_ref())?;
    let scope = Scope::of_loop(&names, &model, &updates);
    let hook = |name, there: &[Local]| spec.hook(name).map(|hook| hook_step(hook, there, &scope));
    let checks = checks::plan(spec, valid.as_ref(), item, amounts, &names);
    let validation = valid.map(|data| Validation::of(data, spec, item, amounts, &scope)).transpose()?;
    let seed = number(seed, ClauseName::Seed);
    let accumulate = number(accumulate, ClauseName::Accumulate).filter(|number| !is_one(number));
    let ema = ema::plan(spec, item, amounts, &names);
    let parts = checkpoint::Parts {
        seed: seed.as_ref(),
        accumulate: accumulate.as_ref(),
        updates: &updates,
        checks: checks.as_ref(),
        ema: ema.as_ref(),
    };
    let checkpoint = checkpoint::plan(spec, item, amounts, &names, &parts);
    let batch_end = updates.iter().any(|update| update.phase.is_some());
    let batch_end = batch_end.then(|| hook("batch_end", &scope::per_batch(spec))).flatten();
    let recorded = if checkpoint.is_none() { checkpoint::clauses(spec, &parts) } else { Vec::new() };
    let mut plan = Plan {
        checks,
        path: path.as_ref().map(|clause| clause.value.clone()),
        train,
        epochs: number(epochs, ClauseName::Epochs),
        max_steps: number(max_steps, ClauseName::MaxSteps),
        max_time: max_time.as_ref().and_then(|clause| time(clause, item, amounts, &names)),
        seed,
        accumulate,
        warmup: warmup::plan(spec, item, amounts, &names),
        ema,
        traces: anomaly.as_ref().filter(|clause| clause.value == Anomaly::Full).map(Clause::span),
        loss_weight: loss_weight.clone(),
        taken: taken.clone(),
        unused: unused.iter().map(|unused| unused.name.clone()).collect(),
        train_metrics: measures(train_metrics, "train"),
        epoch_end: hook("epoch_end", &scope::per_epoch(spec)),
        batch_end,
        checkpoint,
        options: object("run", run),
        outline: None,
        validation,
        updates,
        model,
        names,
    };
    plan.outline = outline::plan(spec, item, &plan, recorded);
    Ok(plan)
}

/// Plans the time limit of the run.
fn time(clause: &Clause<Time>, item: &SpecFn, amounts: &Amounts, names: &Names) -> Option<Number> {
    let (name, unit) = (ClauseName::MaxTime, clause.value.unit);
    Some(number(amounts.get(name)?, unit, name.text(), clause.span(), item, names))
}

/// Whether a number is the literal 1.
fn is_one(number: &Number) -> bool {
    matches!(&number.value, NumberValue::Literal(literal) if literal.to_string() == "1")
}

/// Plans a number of the loop: a literal, a parameter of the function, or a local bound to an expression.
pub(crate) fn number(
    checked: &Checked,
    unit: Option<TimeUnit>,
    name: &str,
    at: Span,
    item: &SpecFn,
    names: &Names,
) -> Number {
    let Checked { rule, amount } = checked;
    // A parameter of another type is bound like an expression, so that rustc reports one error, at its name.
    let parameter = |path: &ExprPath| {
        let ident = path.path.get_ident()?;
        let fits = unit.is_none() && item.type_of(&ident.to_string()).is_some_and(|ty| rule.is_type(ty));
        fits.then(|| ident.clone())
    };
    let bound = |value: &Expr| NumberValue::Bound(names.local(name, at), Box::new(value.clone()));
    let value = match amount {
        Amount::Literal(tokens) => NumberValue::Literal(tokens.clone()),
        Amount::Expr(value @ Expr::Path(path)) => {
            parameter(path).map_or_else(|| bound(value), NumberValue::Parameter)
        }
        Amount::Expr(value) => bound(value),
    };
    Number { rule, at, value, unit }
}

/// The step that runs a hook. The loop's locals in `there` are in scope in the hook.
pub(crate) fn hook_step(hook: &Hook, there: &[Local], scope: &Scope) -> Step {
    let rebinds = scope.of_hook(&hook.value, there);
    Step { at: hook.key.span(), work: Work::Hook { value: hook.value.clone(), rebinds } }
}
