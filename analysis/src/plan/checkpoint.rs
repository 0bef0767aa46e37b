//! The checkpoints of a loop, and the clauses recorded in a checkpoint.

use proc_macro2::Span;
use syn::Expr;

use super::order::{Order, Work};
use super::{Amounts, Checks, Ema, Names, Number, Update, is_one, number};
use crate::item::SpecFn;
use crate::prose::code;
use crate::rules::Checked;
use crate::spec::{Clause, ClauseName, IntervalUnit, Spec};

/// The checkpoints of a loop.
pub(crate) struct Checkpoint {
    pub(crate) at: Span,
    pub(crate) every: Interval,
    /// The number of newest checkpoints to keep; `None` for the default, 1.
    pub(crate) keep_last: Option<Number>,
    /// The number of best checkpoints to keep; `None` for the default, 1.
    pub(crate) keep_best: Option<Number>,
    /// Whether the loop checks at its start that it validates at least as often as it saves, as `keep_best`
    /// requires.
    pub(crate) checks_interval: bool,
    /// The clauses to record, in the order of the table.
    pub(crate) clauses: Vec<(String, Recorded)>,
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

/// The value of a clause in a checkpoint.
pub(crate) enum Recorded {
    /// The text of the clause in the spec.
    Text(String),
    /// The number at run time.
    Number(Number),
    /// The description of the training data at run time.
    Train,
    /// The description of the validation data at run time. The data are not optional.
    Valid,
    /// The number of updates of the warmup at run time.
    Warmup,
    /// The learning rate of a phase's optimizer before the first update. The field is the index of the phase.
    LearningRate(usize),
}

/// The parts of the plan from which the recorded values come.
pub(super) struct Parts<'a> {
    pub(super) seed: Option<&'a Number>,
    pub(super) accumulate: Option<&'a Number>,
    pub(super) updates: &'a [Update],
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
        checks_interval: clause.value.keep_best.is_some() && spec.intervals().is_some(),
        clauses: clauses(spec, parts),
    })
}

/// The clauses that determine the result of a run, with their values.
pub(super) fn clauses(spec: &Spec, parts: &Parts) -> Vec<(String, Recorded)> {
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
    // In a loop with phases, `loss` is the validation loss, which does not affect the updates.
    let texts = texts.into_iter().flatten().filter(|(name, _)| {
        let of_validation = [ClauseName::Loss, ClauseName::LossWeight, ClauseName::Forward];
        spec.phases.is_none() || !of_validation.iter().any(|clause| clause.text() == *name)
    });
    let only = parts.updates.first().filter(|update| update.phase.is_none()).map(|update| &update.order);
    let train_order = spec.train_order.as_ref().zip(only).map(|(_, order)| {
        let stages = order.stages.iter().flatten().filter(|stage| **stage != "metrics");
        let stages: Vec<&str> = stages.copied().collect();
        (ClauseName::TrainOrder.text(), Recorded::Text(stages.join(", ")))
    });
    let once = [(ClauseName::Seed, parts.seed), (ClauseName::Accumulate, parts.accumulate)];
    let once = once.into_iter().filter_map(|(name, number)| Some((name, number?)));
    let numbers = once.chain(only.into_iter().flat_map(clips));
    let numbers = numbers.map(|(name, number)| (name.text(), Recorded::Number(number.clone())));
    let train = (ClauseName::Train.text(), Recorded::Train);
    let texts = std::iter::once(train).chain(texts);
    let all = texts.chain(train_order).chain(numbers).chain(options(spec, parts));
    all.map(|(name, value)| (name.to_owned(), value)).chain(phases(spec, parts.updates)).collect()
}

/// The clips of an order, with the names of their clauses.
fn clips(order: &Order) -> impl Iterator<Item = (ClauseName, &Number)> {
    order.steps().filter_map(|step| match &step.work {
        Work::ClipNorm(number) => Some((ClauseName::ClipGradNorm, number)),
        Work::ClipValue(number) => Some((ClauseName::ClipGradValue, number)),
        _ => None,
    })
}

/// The options of phases, under names such as `phases(critic(every))`. The states of optimizers and schedules
/// contain their settings.
fn phases(spec: &Spec, updates: &[Update]) -> Vec<(String, Recorded)> {
    let mut recorded = Vec::new();
    let phases = spec.phases.iter().flat_map(|clause| &clause.value);
    for (index, (update, phase)) in updates.iter().zip(phases).enumerate() {
        let name = |option: &str| format!("phases({}({option}))", phase.name);
        let step = phase.spec.training_step.as_ref();
        recorded.extend(step.map(|step| (name("training_step"), Recorded::Text(code(&step.value)))));
        let every = update.phase.as_ref().and_then(|phase| phase.every.as_ref());
        recorded.extend(every.map(|every| (name("every"), Recorded::Number(every.clone()))));
        let clips = clips(&update.order);
        recorded.extend(clips.map(|(clip, number)| (name(clip.text()), Recorded::Number(number.clone()))));
        recorded.push((name("learning_rate"), Recorded::LearningRate(index)));
    }
    recorded
}

/// The clauses whose options are recorded under their own names.
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
