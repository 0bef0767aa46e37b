//! The checkpoints of a loop, and the clauses that they record.

use proc_macro2::Span;
use syn::Expr;

use super::order::{Order, Work};
use super::{Amounts, Names, Number, is_one, number};
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
    /// The measurement that the best checkpoints are compared by; `None` for the default.
    pub(crate) monitor: Option<String>,
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
}

/// The numbers of the clause, with their rules applied.
pub(crate) struct CheckpointAmounts {
    pub(crate) every: Checked,
    pub(crate) keep_last: Option<Checked>,
    pub(crate) keep_best: Option<Checked>,
}

/// Plans the checkpoints. `numbers` are those of `seed` and `accumulate`.
pub(super) fn plan(
    spec: &Spec,
    item: &SpecFn,
    amounts: &Amounts,
    names: &Names,
    numbers: [Option<&Number>; 2],
    order: &Order,
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
        monitor: clause.value.monitor.as_ref().map(ToString::to_string),
        clauses: clauses(spec, numbers, order),
    })
}

/// The clauses that determine the updates of a run, with their values.
fn clauses(spec: &Spec, numbers: [Option<&Number>; 2], order: &Order) -> Vec<(&'static str, Recorded)> {
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
    ];
    let train_order = spec.train_order.as_ref().map(|_| {
        let stages = order.stages.iter().flatten().filter(|stage| **stage != "metrics");
        let stages: Vec<&str> = stages.copied().collect();
        (ClauseName::TrainOrder.text(), Recorded::Text(stages.join(", ")))
    });
    let [seed, accumulate] = numbers;
    let clip = |name| order.steps().find_map(|step| clip_number(&step.work, name));
    let numbers = [
        (ClauseName::Seed, seed),
        (ClauseName::Accumulate, accumulate),
        (ClauseName::ClipGradNorm, clip(ClauseName::ClipGradNorm)),
        (ClauseName::ClipGradValue, clip(ClauseName::ClipGradValue)),
    ];
    let numbers = numbers
        .into_iter()
        .filter_map(|(name, number)| Some((name.text(), Recorded::Number(number?.clone()))));
    let train = (ClauseName::Train.text(), Recorded::Train);
    std::iter::once(train).chain(texts.into_iter().flatten()).chain(train_order).chain(numbers).collect()
}

/// The number of a clip by norm or by value.
fn clip_number(work: &Work, name: ClauseName) -> Option<&Number> {
    match work {
        Work::ClipNorm(number) if name == ClauseName::ClipGradNorm => Some(number),
        Work::ClipValue(number) if name == ClauseName::ClipGradValue => Some(number),
        _ => None,
    }
}
