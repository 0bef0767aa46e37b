//! The plan of a generated loop: its steps in order, with names chosen.
//! All decisions are made here, and `expand` only prints.
//!
//! A plan contains stages and the user's names, and no path of the runtime.

mod amounts;
mod checkpoint;
pub(crate) mod object;
pub(crate) mod order;
mod parts;
pub(crate) mod scope;

use proc_macro2::Span;
use syn::{Expr, ExprPath, Ident, Path};

use crate::item::SpecFn;
use crate::rules::{Amount, Checked, Rule};
use crate::spec::{Clause, ClauseName, Hook, Spec, TimeUnit, Unit};
pub(crate) use amounts::Amounts;
pub(crate) use checkpoint::{Checkpoint, Interval, Recorded};
pub(crate) use object::{Names, Object, located};
pub(crate) use order::{Order, Step, Work};
pub(crate) use scope::{Rebind, Scope};

/// A local variable of the loop that blocks and hooks may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Local {
    Model,
    Optimizer,
    Scheduler,
    Epoch,
    Batch,
    Output,
    Loss,
    GradNorm,
}

impl Local {
    const ALL: [Self; 8] = [
        Self::Model,
        Self::Optimizer,
        Self::Scheduler,
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
            Self::Epoch => "epoch",
            Self::Batch => "batch",
            Self::Output => "output",
            Self::Loss => "loss",
            Self::GradNorm => "grad_norm",
        }
    }
}

/// A number of the spec, in the form in which the loop uses it.
#[derive(Clone)]
pub(crate) struct Number {
    pub(crate) rule: &'static Rule,
    pub(crate) at: Span,
    pub(crate) value: NumberValue,
    /// The unit of a time that is written as a plain number.
    pub(crate) unit: Option<TimeUnit>,
}

/// The source of a number's value in the loop.
#[derive(Clone)]
pub(crate) enum NumberValue {
    /// A literal. The loop contains the literal unchanged.
    Literal(proc_macro2::TokenStream),
    /// A parameter of the function. The loop uses the parameter by its name, and checks it at the
    /// start.
    Parameter(Ident),
    /// An expression, with the name of its variable. At its start, the loop stores the result of
    /// the expression in the variable and checks it.
    Bound(Ident, Box<Expr>),
}

/// A metric, with its local variable and the expression that creates it.
#[derive(Clone)]
pub(crate) struct Measure {
    pub(crate) name: Ident,
    pub(crate) value: Expr,
    pub(crate) at: Span,
}

/// The interval of validation. Validation also runs at the end of the run.
pub(crate) enum When {
    /// Validation after each epoch.
    EveryEpoch,
    /// Validation after every `n` epochs.
    Epochs(Number),
    /// Validation after every `n` updates.
    Steps(Number),
}

/// The validation pass.
pub(crate) struct Validation {
    pub(crate) at: Span,
    pub(crate) data: Object,
    pub(crate) when: When,
    /// Whether validation also runs before the first epoch.
    pub(crate) first: bool,
    pub(crate) order: Vec<Step>,
    pub(crate) metrics: Vec<Measure>,
    /// The hook after the validation pass.
    pub(crate) end: Option<Step>,
    /// The hook after the validation pass before the first epoch. The model is the only local in this hook.
    pub(crate) first_end: Option<Step>,
}

/// The plan of the whole loop.
pub(crate) struct Plan {
    /// The path of the runtime; `None` for the default path.
    pub(crate) path: Option<Path>,
    pub(crate) names: Names,
    pub(crate) model: Object,
    pub(crate) train: Object,
    pub(crate) optimizer: Object,
    pub(crate) scheduler: Option<Object>,
    pub(crate) epochs: Option<Number>,
    pub(crate) max_steps: Option<Number>,
    pub(crate) max_time: Option<Number>,
    pub(crate) seed: Option<Number>,
    pub(crate) accumulate: Option<Number>,
    /// The divisor of a batch's loss.
    pub(crate) loss_weight: Option<Clause<Expr>>,
    /// The parameters that replace absent clauses of the same name.
    pub(crate) taken: Vec<Ident>,
    pub(crate) unused: Vec<Ident>,
    pub(crate) order: Order,
    pub(crate) train_metrics: Vec<Measure>,
    pub(crate) validation: Option<Validation>,
    pub(crate) epoch_end: Option<Step>,
    pub(crate) checkpoint: Option<Checkpoint>,
    /// The options of the run.
    pub(crate) options: Option<Object>,
}

impl Plan {
    /// All numbers, in the order of their computation and check.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = &Number> {
        // Without `..`: a number that is not listed here would be neither computed nor checked.
        let Self {
            epochs,
            max_steps,
            max_time,
            seed,
            accumulate,
            validation,
            order,
            checkpoint,
            options: _,
            path: _,
            names: _,
            model: _,
            train: _,
            optimizer: _,
            scheduler: _,
            loss_weight: _,
            taken: _,
            unused: _,
            train_metrics: _,
            epoch_end: _,
        } = self;
        let every = validation.as_ref().and_then(|validation| match &validation.when {
            When::EveryEpoch => None,
            When::Epochs(number) | When::Steps(number) => Some(number),
        });
        let saved = checkpoint.iter().flat_map(|checkpoint| {
            let kept = [&checkpoint.keep_last, &checkpoint.keep_best];
            std::iter::once(checkpoint.every.number()).chain(kept.into_iter().flatten())
        });
        [epochs, max_steps, max_time, seed, accumulate].into_iter().flatten().chain(every).chain(saved).chain(
            order.steps().filter_map(|step| match &step.work {
                Work::ClipNorm(number) | Work::ClipValue(number) => Some(number),
                _ => None,
            }),
        )
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
        optimizer,
        scheduler,
        epochs,
        max_steps,
        max_time,
        seed,
        accumulate,
        loss_weight,
        metrics,
        train_metrics,
        validate,
        run,
        path,
        taken,
        unused,
        // Used in the order of the steps.
        loss: _,
        forward: _,
        training_step: _,
        clip_grad_norm: _,
        clip_grad_value: _,
        train_order: _,
        eval_order: _,
        // Used with the values that the checkpoints record.
        checkpoint: _,
        // Used by the name of each hook.
        on: _,
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
    let max_time = max_time.as_ref().and_then(|clause| {
        let (name, unit) = (ClauseName::MaxTime, clause.value.unit);
        Some(self::number(amounts.get(name)?, unit, name.text(), clause.span(), item, &names))
    });
    let measures = |clause: &Option<Clause<Vec<Expr>>>, prefix| measures(clause.as_ref(), prefix, &names);
    let optimizer = object("optimizer", optimizer).ok_or("a plan without an optimizer")?;
    let scheduler = object("scheduler", scheduler);
    let model = object("model", model).ok_or("a plan without a model")?;
    let scope = Scope { names: &names, model: &model, optimizer: &optimizer, scheduler: scheduler.as_ref() };
    let (order, eval_order) = order::plan(spec, item, amounts, &scope)?;
    let hook = |name, there: &[Local]| spec.hook(name).map(|hook| hook_step(hook, there, &scope));
    let validation = object("valid", valid).map(|data| {
        let at = validate.as_ref().map_or(data.at, Clause::span);
        let validate = validate.as_ref().map(|clause| &clause.value);
        let when = match (validate.and_then(|validate| validate.every.as_ref()), &amounts.every) {
            (Some(every), Some(count)) if !is_one_epoch(every.unit, &count.amount) => {
                let number = self::number(count, None, "validate_every", at, item, &names);
                if every.unit == Unit::Epochs { When::Epochs(number) } else { When::Steps(number) }
            }
            _ => When::EveryEpoch,
        };
        Validation {
            at,
            first: validate.is_some_and(|validate| validate.first),
            when,
            order: eval_order,
            metrics: measures(metrics, "valid"),
            end: hook("validation_end", &order::per_epoch(spec)),
            first_end: hook("validation_end", &order::before_training(spec)),
            data,
        }
    });
    let seed = number(seed, ClauseName::Seed);
    let accumulate = number(accumulate, ClauseName::Accumulate).filter(|number| !is_one(number));
    let numbers = [seed.as_ref(), accumulate.as_ref()];
    let checkpoint = checkpoint::plan(spec, item, amounts, &names, numbers, &order);
    Ok(Plan {
        path: path.as_ref().map(|clause| clause.value.clone()),
        train: object("train", train).ok_or("a plan without training data")?,
        epochs: number(epochs, ClauseName::Epochs),
        max_steps: number(max_steps, ClauseName::MaxSteps),
        max_time,
        seed,
        accumulate,
        loss_weight: loss_weight.clone(),
        taken: taken.clone(),
        unused: unused.iter().map(|unused| unused.name.clone()).collect(),
        train_metrics: measures(train_metrics, "train"),
        epoch_end: hook("epoch_end", &order::per_epoch(spec)),
        checkpoint,
        options: object("run", run),
        order,
        validation,
        model,
        optimizer,
        scheduler,
        names,
    })
}

/// Whether validation runs after each epoch. Such a validation needs no condition.
fn is_one_epoch(unit: Unit, amount: &Amount) -> bool {
    unit == Unit::Epochs && matches!(amount, Amount::Literal(literal) if literal.to_string() == "1")
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

/// The metrics of a list, each with a unique local variable.
fn measures(clause: Option<&Clause<Vec<Expr>>>, prefix: &str, names: &Names) -> Vec<Measure> {
    let mut taken: Vec<String> = Vec::new();
    let mut measures = Vec::new();
    for metric in clause.into_iter().flat_map(|clause| &clause.value) {
        let (base, value, at) = metric_parts(metric);
        let base = format!("{prefix}_{base}");
        let count = taken.iter().filter(|name| **name == base).count();
        let name = if count == 0 { base.clone() } else { format!("{base}_{}", count + 1) };
        taken.push(base);
        measures.push(Measure { name: names.local(&name, at), value, at });
    }
    measures
}

/// The name of a metric, the expression that creates the metric, and its span.
fn metric_parts(metric: &Expr) -> (String, Expr, Span) {
    let at = crate::diagnostic::Place::of(metric).start;
    let last = |path: &Path| {
        path.segments.last().map(|segment| syn::ext::IdentExt::unraw(&segment.ident).to_string())
    };
    let name = |function: &Expr| match function {
        Expr::Path(path) => last(&path.path),
        _ => None,
    };
    let mut inner = metric;
    while let Expr::MethodCall(call) = inner {
        inner = &call.receiver;
    }
    let base = match inner {
        Expr::Path(_) => name(inner),
        Expr::Call(call) => name(&call.func),
        _ => None,
    };
    let base = base.map_or_else(|| "metric".to_owned(), |name| name.to_lowercase());
    (base, metric.clone(), at)
}
