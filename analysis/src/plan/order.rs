//! The steps of the batch loop and the evaluation loop, from the default order or from an order list.
//!
//! With `accumulate = k`, a window of `k` batches makes one update.
//! `zero_grad`, clips, `step` and `schedule` run once per window. Those before `backward` run at
//! the start of the window, and those after `backward` run at the end of the window.
//! All other entries up to `backward`, and `metrics`, run for every batch.
//! Blocks after `backward` run once per window.
//! A block that runs `backward` itself runs for every batch.

use std::ops::Range;

use proc_macro2::Span;
use syn::{Block, Expr};

use super::parts::{split, unguarded, weighed};
use super::scope::{Rebind, Scope, block_names, hook_names, per_batch, per_epoch};
use super::{Amounts, Local, Number, hook_step, number};
use crate::diagnostic::Place;
use crate::item::SpecFn;
use crate::rules::{Amount, Checked};
use crate::spec::{Anomaly, Clause, ClauseName, Entry, EntryKind, Spec};
use crate::stage::Stage;

/// One step of a loop's body.
#[derive(Clone)]
pub(crate) struct Step {
    /// The span of the step's token in the spec.
    pub(crate) at: Span,
    pub(crate) work: Work,
}

/// The work of a step.
#[derive(Clone)]
pub(crate) enum Work {
    /// Computes the output. Without a value, the step calls the model's own `forward`.
    Forward(Option<Expr>),
    /// Computes the loss.
    Loss(Expr),
    /// Computes output and loss, or the loss alone if the output is unused.
    TrainingStep {
        value: Expr,
        output: bool,
    },
    /// Adds the loss of the batch to the loss of the epoch.
    AddBatch,
    /// Ends the run if the loss of the batch is not finite.
    Guard,
    ZeroGrad,
    Backward,
    ClipNorm(Number),
    ClipValue(Number),
    /// Returns an error if a gradient is not finite. If the norm is already computed, only
    /// the norm is checked.
    GradientGuard {
        grad_norm: bool,
    },
    /// Lowers the learning rate for an update of the warmup.
    BeginWarmup,
    Step,
    /// Raises the learning rate again after an update of the warmup.
    EndWarmup,
    /// Adds the parameters to their average.
    Average,
    /// Reports a finished update to the run.
    EndStep {
        grad_norm: bool,
    },
    Schedule,
    /// Adds the batch to the metrics.
    Metrics,
    Block {
        block: Block,
        rebinds: Vec<Rebind>,
    },
    Hook {
        value: Expr,
        rebinds: Vec<Rebind>,
    },
    /// Adds the batch to the validation loss.
    ValidLoss,
}

/// The training steps of one update, in three parts.
pub(crate) struct Order {
    /// The steps before the first batch of a window.
    pub(crate) window_start: Vec<Step>,
    /// The steps for each batch. Without accumulation, the list contains all steps.
    pub(crate) batch: Vec<Step>,
    /// The range of the batch steps that are skipped if the batch has no weight.
    pub(crate) weighed: Range<usize>,
    /// The steps after the last batch of a window.
    pub(crate) window_end: Vec<Step>,
    /// Whether a hook may end the run after each batch.
    pub(crate) batch_end: bool,
    /// The names of the stages in the three parts of the order, for the doc comment.
    pub(crate) stages: [Vec<&'static str>; 3],
}

impl Order {
    /// All steps, in execution order.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &Step> {
        self.window_start.iter().chain(&self.batch).chain(&self.window_end)
    }
}

/// Plans the steps of an update. `prefix` is a prefix for the names of its numbers.
pub(super) fn plan(
    spec: &Spec,
    item: &SpecFn,
    amounts: &Amounts,
    scope: &Scope,
    prefix: &str,
) -> Result<Order, &'static str> {
    let windows = spec.accumulate.is_some()
        && !matches!(
            amounts.get(ClauseName::Accumulate),
            Some(Checked { amount: Amount::Literal(one), .. }) if one.to_string() == "1"
        );
    let train = train_entries(spec, scope.model.at)?;
    let writer = Writer { spec, item, amounts, scope, prefix };
    let (start, batch, end) = if windows { split(train) } else { (Vec::new(), train, Vec::new()) };
    let stages = [names(&start), names(&batch), names(&end)];
    let mut there = per_epoch(spec);
    let window_start = writer.steps(&start, &mut there, true)?;
    let mut inside = there.clone();
    inside.push(Local::Batch);
    let mut batch = writer.steps(&batch, &mut inside, true)?;
    let mut weighed = weighed(&batch);
    let batch_end = spec.hook("batch_end");
    if let Some(hook) = batch_end {
        batch.push(hook_step(hook, &inside, scope));
        if hook_names(&hook.value, Local::GradNorm) {
            weighed.end = batch.len();
        }
    }
    let batch_end = batch_end.is_some();
    let window_end = writer.steps(&end, &mut there, true)?;
    Ok(Order { window_start, batch, weighed, window_end, batch_end, stages })
}

/// Plans the steps of a validation, and their names.
pub(super) fn evaluation(
    spec: &Spec,
    item: &SpecFn,
    amounts: &Amounts,
    scope: &Scope,
) -> Result<(Vec<Step>, Vec<&'static str>), &'static str> {
    let entries = eval_entries(spec, scope.model.at)?;
    let writer = Writer { spec, item, amounts, scope, prefix: "" };
    let steps = writer.steps(&entries, &mut per_batch(spec), false)?;
    Ok((steps, names(&entries)))
}

/// The names of entries.
fn names(entries: &[Entry]) -> Vec<&'static str> {
    entries.iter().map(Entry::name).collect()
}

/// The entries of the training order: the list of the spec, or else the default order. Both include
/// the stages of the optional clauses that are present.
fn train_entries(spec: &Spec, model: Span) -> Result<Vec<Entry>, &'static str> {
    let optimizer = spec.optimizer.as_ref().ok_or("an order without an optimizer")?.span();
    let scheduler = spec.scheduler.as_ref().map(|clause| stage(Stage::Schedule, clause.span()));
    let metrics = spec.train_metrics.as_ref().map(|clause| stage(Stage::Metrics, clause.span()));
    if let Some(order) = &spec.train_order {
        let mut entries = order.value.clone();
        let listed = |stage| order.value.iter().any(|entry| entry.is(stage));
        // By default the schedule advances after the update, followed by the metrics.
        let after = |entries: &[Entry]| {
            entries.iter().rposition(|entry| entry.is(Stage::Step)).map_or(entries.len(), |step| step + 1)
        };
        if let Some(scheduler) = scheduler.filter(|_| !listed(Stage::Schedule)) {
            entries.insert(after(&entries), scheduler);
        }
        entries.extend(metrics.filter(|_| !listed(Stage::Metrics)));
        return Ok(entries);
    }
    let mut entries = output_entries(spec, model)?;
    entries.extend([stage(Stage::ZeroGrad, optimizer), stage(Stage::Backward, optimizer)]);
    let norm = spec.clip_grad_norm.as_ref();
    entries.extend(norm.map(|clause| Entry { place: clause.span().into(), kind: EntryKind::ClipNorm(None) }));
    let value = spec.clip_grad_value.as_ref();
    entries
        .extend(value.map(|clause| Entry { place: clause.span().into(), kind: EntryKind::ClipValue(None) }));
    entries.push(stage(Stage::Step, optimizer));
    entries.extend(scheduler);
    entries.extend(metrics);
    Ok(entries)
}

/// The entries of the evaluation order.
fn eval_entries(spec: &Spec, model: Span) -> Result<Vec<Entry>, &'static str> {
    let metrics = spec.metrics.as_ref().map(|clause| stage(Stage::Metrics, clause.span()));
    let mut entries = match &spec.eval_order {
        Some(order) => order.value.clone(),
        None => output_entries(spec, model)?,
    };
    let listed = entries.iter().any(|entry| entry.is(Stage::Metrics));
    entries.extend(metrics.filter(|_| !listed));
    Ok(entries)
}

/// The entries `forward` and `loss`. If there is a training step, its entry replaces both.
///
/// A default `forward` has the span of the model.
fn output_entries(spec: &Spec, model: Span) -> Result<Vec<Entry>, &'static str> {
    if let Some(step) = &spec.training_step {
        return Ok(vec![Entry { place: step.span().into(), kind: EntryKind::TrainingStep }]);
    }
    let loss = spec.loss.as_ref().ok_or("an order without a loss")?.span();
    let forward = spec.forward.as_ref().map_or(model, Clause::span);
    Ok(vec![stage(Stage::Forward, forward), stage(Stage::Loss, loss)])
}

/// Creates the entry of a stage with this span.
fn stage(stage: Stage, at: Span) -> Entry {
    Entry { place: Place::from(at), kind: EntryKind::Stage(stage) }
}

/// The writer that turns entries of an order into steps.
struct Writer<'a> {
    spec: &'a Spec,
    item: &'a SpecFn,
    amounts: &'a Amounts,
    scope: &'a Scope<'a>,
    /// The prefix of the names of numbers.
    prefix: &'a str,
}

impl Writer<'_> {
    /// The steps of several entries. The locals that the steps declare are added to `there`.
    fn steps(
        &self,
        entries: &[Entry],
        there: &mut Vec<Local>,
        train: bool,
    ) -> Result<Vec<Step>, &'static str> {
        let mut steps = Vec::new();
        for entry in entries {
            let at = entry.span();
            let mut push = |work| steps.push(Step { at, work });
            match &entry.kind {
                EntryKind::TrainingStep => {
                    let value = Self::value(self.spec.training_step.as_ref())?;
                    let output = self.output_is_used(train);
                    push(Work::TrainingStep { value, output });
                    self.measured(at, train, &mut steps);
                    there.extend(output.then_some(Local::Output));
                    there.push(Local::Loss);
                }
                EntryKind::ClipNorm(value) => {
                    push(Work::ClipNorm(self.clip(
                        ClauseName::ClipGradNorm,
                        "max_norm",
                        value.as_ref(),
                        at,
                    )?));
                    there.push(Local::GradNorm);
                }
                EntryKind::ClipValue(value) => {
                    let value = self.clip(ClauseName::ClipGradValue, "max_value", value.as_ref(), at)?;
                    // Clipping would turn an infinity into a finite number.
                    if self.guards() {
                        push(Work::GradientGuard { grad_norm: false });
                    }
                    push(Work::ClipValue(value));
                }
                EntryKind::Block(block) => {
                    push(Work::Block { block: block.clone(), rebinds: self.scope.of_block(block, there) });
                }
                EntryKind::Stage(stage) => self.stage(*stage, at, there, train, &mut steps)?,
            }
        }
        Ok(steps)
    }

    /// The steps of a stage without a value.
    fn stage(
        &self,
        stage: Stage,
        at: Span,
        there: &mut Vec<Local>,
        train: bool,
        steps: &mut Vec<Step>,
    ) -> Result<(), &'static str> {
        let mut push = |work| steps.push(Step { at, work });
        match stage {
            Stage::Forward => {
                push(Work::Forward(self.spec.forward.as_ref().map(|clause| clause.value.clone())));
                there.push(Local::Output);
            }
            Stage::Loss => {
                push(Work::Loss(Self::value(self.spec.loss.as_ref())?));
                self.measured(at, train, steps);
                there.push(Local::Loss);
            }
            Stage::ZeroGrad => push(Work::ZeroGrad),
            Stage::Backward => push(Work::Backward),
            Stage::Step => {
                if let Some(hook) = self.spec.hook("before_step") {
                    steps.push(hook_step(hook, there, self.scope));
                }
                if let Some(grad_norm) = unguarded(steps).filter(|_| self.guards()) {
                    steps.push(Step { at, work: Work::GradientGuard { grad_norm } });
                }
                let warmup = self.spec.warmup.as_ref().map(Clause::span);
                steps.extend(warmup.map(|at| Step { at, work: Work::BeginWarmup }));
                steps.push(Step { at, work: Work::Step });
                steps.push(Step { at, work: Work::EndStep { grad_norm: there.contains(&Local::GradNorm) } });
                steps.extend(warmup.map(|at| Step { at, work: Work::EndWarmup }));
                let ema = self.spec.ema.as_ref().map(Clause::span);
                steps.extend(ema.map(|at| Step { at, work: Work::Average }));
            }
            Stage::Schedule => push(Work::Schedule),
            Stage::Metrics => push(Work::Metrics),
            Stage::TrainMode
            | Stage::EvalMode
            | Stage::NoGrad
            | Stage::AllReduce
            | Stage::ClipGradNorm
            | Stage::ClipGradValue => {
                return Err("a stage without a place in an order");
            }
        }
        Ok(())
    }

    /// The steps after the computation of a loss.
    fn measured(&self, at: Span, train: bool, steps: &mut Vec<Step>) {
        steps.push(Step { at, work: if train { Work::AddBatch } else { Work::ValidLoss } });
        if train && self.guards() {
            steps.push(Step { at, work: Work::Guard });
        }
    }

    /// Whether the loop ends at a number that is not finite.
    fn guards(&self) -> bool {
        self.spec.anomaly.as_ref().is_none_or(|clause| clause.value != Anomaly::Off)
    }

    /// The value of a clause that the order requires.
    fn value(clause: Option<&Clause<Expr>>) -> Result<Expr, &'static str> {
        Ok(clause.ok_or("an order that needs a clause")?.value.clone())
    }

    /// The limit of a clip: the value in the order, or else the value of the clause.
    fn clip(
        &self,
        clause: ClauseName,
        name: &str,
        own: Option<&Expr>,
        at: Span,
    ) -> Result<Number, &'static str> {
        let checked = match own {
            Some(value) => {
                let bag = crate::bag::Bag::new();
                let checked = clause.rule().ok_or("a clip without a rule")?.check(&bag, value);
                bag.check();
                checked
            }
            None => self.amounts.get(clause).ok_or("a clip without a value")?.clone(),
        };
        let name = format!("{}{name}", self.prefix);
        Ok(number(&checked, None, &name, at, self.item, self.scope.names))
    }

    /// Whether metrics, blocks or hooks use the output of a training step.
    fn output_is_used(&self, train: bool) -> bool {
        let (metrics, order) = if train {
            (&self.spec.train_metrics, &self.spec.train_order)
        } else {
            (&self.spec.metrics, &self.spec.eval_order)
        };
        let blocks = order.iter().flat_map(|order| &order.value).any(|entry| match &entry.kind {
            EntryKind::Block(block) => block_names(block, Local::Output),
            _ => false,
        });
        let hooks = ["batch_end", "before_step"].iter().filter_map(|name| self.spec.hook(name));
        let hooks = train && hooks.into_iter().any(|hook| hook_names(&hook.value, Local::Output));
        metrics.as_ref().is_some_and(|clause| !clause.value.is_empty()) || blocks || hooks
    }
}
