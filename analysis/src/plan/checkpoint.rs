//! The checkpoints of a loop, and the clauses that they record.

use proc_macro2::Span;
use syn::Expr;

use super::order::{Order, Work};
use super::{Amounts, Checks, Ema, Names, Number, is_one, number};
use crate::item::SpecFn;
use crate::prose::code;
use crate::rules::Checked;
use crate::spec::{Clause, ClauseName, IntervalUnit, Spec};

/// The checkpoints of a loop.
pub(crate) struct Checkpoint {
    pub(crate) at: Span,
    pub(crate) every: Interval,
    /// The number of the newest checkpoints that are kept; `None` for the default, 1.
    pub(crate) keep_last: Option<Number>,
    /// The number of the best checkpoints that are kept; `None` for the default, 1.
    pub(crate) keep_best: Option<Number>,
    /// The clauses that a checkpoint records, in the order of the table.
    pub(crate) clauses: Vec<(&'static str, Recorded)>,
}

/// The interval of checkpoints.
pub(crate) enum Interval {
    Epochs(Number),
    Steps(Number),
    Time(Number),
}

impl Interval {
    /// The count of the interval.
    pub(crate) fn number(&self) -> &Number {
        let (Self::Epochs(number) | Self::Steps(number) | Self::Time(number)) = self;
        number
    }
}

/// The value of a clause, as a checkpoint records it.
pub(crate) enum Recorded {
    /// The text of the clause in the spec.
    Text(String),
    /// The number at run time.
    Number(Number),
    /// The description of the training data at run time.
    Train,
    /// The description of the validation data at run time, which is not optional.
    Valid,
    /// The number of updates of the warmup at run time.
    Warmup,
}

/// The parts of the plan whose values the checkpoints record.
pub(super) struct Parts<'a> {
    pub(super) seed: Option<&'a Number>,
    pub(super) accumulate: Option<&'a Number>,
    pub(super) order: &'a Order,
    pub(super) checks: Option<&'a Checks>,
    pub(super) ema: Option<&'a Ema>,
}

/// The numbers of the clause, with their rules applied.
pub(crate) struct CheckpointAmounts {
    pub(crate) every: Checked,
    pub(crate) keep_last: Option<Checked>,
    pub(crate) keep_best: Option<Checked>,
}

/// Plans the checkpoints.
pub(super) fn plan(
    spec: &Spec,
    item: &SpecFn,
    amounts: &Amounts,
    names: &Names,
    parts: &Parts,
) -> Option<Checkpoint> {
    let clause = spec.checkpoint.as_ref()?;
    let CheckpointAmounts { every, keep_last, keep_best } = amounts.checkpoint.as_ref()?;
    let at = clause.span();
    let interval = clause.value.every.as_ref();
    let unit = interval.map_or(IntervalUnit::Epochs, |interval| interval.unit);
    let every_at = interval.map_or(at, |interval| interval.key.span());
    let every = |unit| number(every, unit, "checkpoint_every", every_at, item, names);
    let kept = |checked: &Option<Checked>, name| {
        let number = number(checked.as_ref()?, None, name, at, item, names);
        (!is_one(&number)).then_some(number)
    };
    Some(Checkpoint {
        at,
        every: match unit {
            IntervalUnit::Epochs => Interval::Epochs(every(None)),
            IntervalUnit::Steps => Interval::Steps(every(None)),
            IntervalUnit::Time(unit) => Interval::Time(every(Some(unit))),
        },
        keep_last: kept(keep_last, "keep_last"),
        keep_best: kept(keep_best, "keep_best"),
        clauses: clauses(spec, parts),
    })
}

/// The clauses that determine a run, with their values.
pub(super) fn clauses(spec: &Spec, parts: &Parts) -> Vec<(&'static str, Recorded)> {
    let text = |name: ClauseName, clause: &Option<Clause<Expr>>| {
        Some((name.text(), Recorded::Text(code(&clause.as_ref()?.value))))
    };
    let texts = [
        text(ClauseName::Loss, &spec.loss),
        text(ClauseName::LossWeight, &spec.loss_weight),
        text(ClauseName::Forward, &spec.forward),
        text(ClauseName::TrainingStep, &spec.training_step),
        text(ClauseName::Optimizer, &spec.optimizer),
        text(ClauseName::Scheduler, &spec.scheduler),
        spec.warmup.as_ref().map(|_| (ClauseName::Warmup.text(), Recorded::Warmup)),
    ];
    let order = parts.order;
    let train_order = spec.train_order.as_ref().map(|_| {
        let stages = order.stages.iter().flatten().filter(|stage| **stage != "metrics");
        let stages: Vec<&str> = stages.copied().collect();
        (ClauseName::TrainOrder.text(), Recorded::Text(stages.join(", ")))
    });
    let clip = |name| order.steps().find_map(|step| clip_number(&step.work, name));
    let numbers = [
        (ClauseName::Seed, parts.seed),
        (ClauseName::Accumulate, parts.accumulate),
        (ClauseName::ClipGradNorm, clip(ClauseName::ClipGradNorm)),
        (ClauseName::ClipGradValue, clip(ClauseName::ClipGradValue)),
    ];
    let numbers = numbers
        .into_iter()
        .filter_map(|(name, number)| Some((name.text(), Recorded::Number(number?.clone()))));
    let train = (ClauseName::Train.text(), Recorded::Train);
    let texts = std::iter::once(train).chain(texts.into_iter().flatten());
    texts.chain(train_order).chain(numbers).chain(options(spec, parts)).collect()
}

/// The clauses whose options checkpoints record under names of their own.
fn options(spec: &Spec, parts: &Parts) -> Vec<(&'static str, Recorded)> {
    let number = |number: &Number| Recorded::Number(number.clone());
    let mut options = Vec::new();
    if let Some(ema) = parts.ema {
        options.push(("ema(decay)", number(&ema.decay)));
        options.push(("ema(eval)", Recorded::Text(ema.eval.to_string())));
    }
    if let Some(anomaly) = &spec.anomaly {
        options.push((ClauseName::Anomaly.text(), Recorded::Text(anomaly.value.text().to_owned())));
    }
    if let Some(early_stop) = parts.checks.and_then(|checks| checks.early_stop.as_ref()) {
        options.push(("early_stop(patience)", number(&early_stop.patience)));
        options.push(("early_stop(min_delta)", number(&early_stop.min_delta)));
    }
    if let Some(checks) = parts.checks.filter(|checks| checks.restore_best.is_some()) {
        options.push((ClauseName::RestoreBest.text(), Recorded::Text(checks.name.clone())));
    }
    options
}

/// The number of a clip by norm or by value.
fn clip_number(work: &Work, name: ClauseName) -> Option<&Number> {
    match work {
        Work::ClipNorm(number) if name == ClauseName::ClipGradNorm => Some(number),
        Work::ClipValue(number) if name == ClauseName::ClipGradValue => Some(number),
        _ => None,
    }
}
