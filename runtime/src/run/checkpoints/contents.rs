//! The contents of a checkpoint: what is saved, compared and restored.

use serde_json::{Map, Value, json};

use super::{BeforeLast, Saving};
use crate::checkpoint::json::{Fields, Read, as_number, number, optional};
use crate::checkpoint::{AVERAGES, BEST, MODEL, Saved};
use crate::nn::{Module, Snapshot, mode, state};
use crate::optim::{Optimizer, OptimizerState};
use crate::random::{RandomState, random_state, set_random_state};
use crate::run::checks::{Checks, Monitor, Patience};
use crate::run::epoch::Epoch;
use crate::run::saved::ago;
use crate::run::{Row, Run, StopReason};
use crate::schedule::{Plateau, Position, Schedule};
use crate::{CheckpointProblem, Difference, Error, Result};

/// Clauses that may differ in a resumed run. They do not affect the updates, or are compared in more detail
/// elsewhere.
const FREE: [&str; 17] = [
    "model",
    "optimizer",
    "scheduler",
    "epochs",
    "max_steps",
    "max_time",
    "valid",
    "validate",
    "metrics",
    "train_metrics",
    "eval_order",
    "on",
    "checkpoint",
    "early_stop(patience)",
    "early_stop(min_delta)",
    "restore_best",
    "anomaly",
];

/// The numbers of updates at which the learning rates of two schedules are compared.
const POINTS: [usize; 8] = [0, 1, 2, 5, 10, 100, 1_000, 100_000];

/// The state of a run, as fields of the checkpoint's JSON.
pub(super) fn saved_run<M: Module + ?Sized>(
    run: &Run,
    saving: &mut Saving,
    model: &M,
    scheduler: Option<&mut dyn Schedule>,
    is_end: bool,
    before_last: Option<&BeforeLast>,
) -> Map<String, Value> {
    // Without `..`, a new field of `Run` does not compile until it is saved or excluded here.
    let Run {
        history,
        epoch,
        checks,
        step,
        steps_before,
        validated_at,
        max_steps: _,
        max_time: _, // The elapsed time is in `seconds`.
        validates: _,
        factor: _, // Belongs to one batch.
        turn: _,
        window: _, // A checkpoint is saved between windows.
        stop: _,
        progress: _,
        outside: _,
        saving: _,
    } = run;
    let (epoch, checks, validated_at) = before_last.map_or((epoch, checks, validated_at), |before| {
        (&before.epoch, &before.checks, &before.validated_at)
    });
    let random = random_state();
    let metrics = std::mem::take(&mut saving.metrics);
    let metric = |(name, counts): (String, Vec<f64>)| {
        json!([name, counts.into_iter().map(number).collect::<Vec<_>>()])
    };
    let fields = json!({
        "spec": saving.plan.clauses.iter().map(|(name, text)| json!([name, text])).collect::<Vec<_>>(),
        "step": step,
        "steps_before": steps_before,
        "validated_at": validated_at,
        "checks": checks.to_json(),
        "epoch": epoch.to_json(),
        "is_end_of_epoch": is_end,
        "history": history.rows().iter().map(Row::to_json).collect::<Vec<_>>(),
        "metrics": metrics.into_iter().map(metric).collect::<Vec<_>>(),
        "schedule": scheduler.map_or(Value::Null, schedule_json),
        "random": {"seed": random.seed, "update": random.update, "index": random.index},
        "seconds": number(saving.began.elapsed().as_secs_f64()),
        "initial_learning_rate": number(saving.initial_rate),
        "frozen_parameters": state::frozen(model),
        "modes": mode::modes(model).iter().map(|mode| json!(mode.flags())).collect::<Vec<_>>(),
    });
    let Value::Object(fields) = fields else { return Map::new() };
    fields
}

/// The position of a schedule, and some of its learning rates to distinguish it from other schedules.
fn schedule_json(schedule: &mut dyn Schedule) -> Value {
    let Position { base, done, plateau } = schedule.state_dict();
    let rates: Vec<Value> = rates(schedule).into_iter().map(number).collect();
    let plateau = plateau.map(|Plateau { rate, best, bad, cooldown }| {
        json!({"rate": number(rate), "best": number(best), "bad": bad, "cooldown": cooldown})
    });
    let per_epoch = schedule.is_per_epoch();
    json!({"base": optional(base), "done": done, "per_epoch": per_epoch, "plateau": plateau, "rates": rates})
}

fn rates(schedule: &mut dyn Schedule) -> Vec<f64> {
    let base = schedule.state_dict().base.unwrap_or(1.0);
    POINTS.iter().map(|&point| schedule.rate(base, point)).collect()
}

/// Compares the clauses, the optimizer and the schedule of this program with those in a checkpoint.
///
/// # Errors
/// [`Error::Checkpoint`] with all differences.
pub(super) fn check(
    saving: &Saving,
    saved: &Saved,
    optimizer: &OptimizerState,
    schedule: Option<&mut dyn Schedule>,
    monitor: &Monitor,
) -> Result<()> {
    let fields = saved.fields();
    let unsound = |reason| saved.unsound(reason);
    let mut differences = clauses(saving, fields).map_err(unsound)?;
    if saving.plan.has("restore_best") {
        differences.extend(best(saved, monitor).map_err(unsound)?);
    }
    differences.extend(optimizer.differences(&saved.optimizer_settings()?));
    let rate = fields.number("initial_learning_rate").map_err(unsound)?;
    if rate.to_bits() != saving.initial_rate.to_bits() && schedule.is_none() {
        let [own, found] = [saving.initial_rate, rate].map(|rate| (rate as f32).to_string());
        differences.push(Difference::new("learning_rate", &own, &found));
    }
    differences.extend(scheduler(schedule, fields).map_err(unsound)?);
    if differences.is_empty() {
        return Ok(());
    }
    let problem = CheckpointProblem::Different { differences };
    Err(Error::Checkpoint { path: saved.path.clone(), problem })
}

/// The clauses whose text or value differs.
fn clauses(saving: &Saving, fields: Fields) -> Read<Vec<Difference>> {
    let read = |entry: &Value| Some((entry.get(0)?.as_str()?.to_owned(), entry.get(1)?.as_str()?.to_owned()));
    let found: Option<Vec<(String, String)>> = fields.list("spec")?.iter().map(read).collect();
    let found = found.ok_or("`spec` is not a list of clauses")?;
    let own: Vec<(String, String)> =
        saving.plan.clauses.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect();
    let text = |clauses: &[(String, String)], name: &str| {
        let clause = clauses.iter().find(|(own, _)| own == name);
        clause.map_or_else(|| "absent".to_owned(), |(_, text)| text.clone())
    };
    let added = found.iter().filter(|(name, _)| own.iter().all(|(other, _)| other != name));
    let names = own.iter().chain(added).map(|(name, _)| name.as_str());
    let difference = |name: &str| {
        let (own, found) = (text(&own, name), text(&found, name));
        (own != found).then(|| Difference::new(name, &own, &found))
    };
    Ok(names.filter(|name| !FREE.contains(name)).filter_map(difference).collect())
}

/// The difference in the best values. Best values cannot be restored if another measurement ranked them, or
/// if the earlier run did not keep them.
fn best(saved: &Saved, monitor: &Monitor) -> Read<Option<Difference>> {
    let fields = saved.fields();
    let found = fields.inside("monitor")?;
    let found = (found.text("name")?, found.text("goal")?);
    let own = monitor.to_json();
    let own = (Fields(&own).text("name")?, Fields(&own).text("goal")?);
    let text = |(name, goal): (&str, &str)| format!("by the {goal} of {name}");
    let is_kept =
        fields.list("spec")?.iter().any(|entry| entry.get(0).is_some_and(|name| name == "restore_best"));
    let found = if is_kept { text(found) } else { "absent".to_owned() };
    let own = text(own);
    Ok((own != found).then(|| Difference::new("restore_best", &own, &found)))
}

/// The difference between two schedules, at the first point where their learning rates differ.
fn scheduler(schedule: Option<&mut dyn Schedule>, fields: Fields) -> Read<Option<Difference>> {
    let difference = |own: &str, found: &str| Ok(Some(Difference::new("scheduler", own, found)));
    let saved = fields.optional("schedule", Fields::inside)?;
    let (schedule, saved) = match (schedule, saved) {
        (None, None) => return Ok(None),
        (Some(_), None) => return difference("present", "absent"),
        (None, Some(_)) => return difference("absent", "present"),
        (Some(schedule), Some(saved)) => (schedule, saved),
    };
    let unit = |per_epoch: bool| if per_epoch { "epochs" } else { "updates" };
    let (own, found) = (unit(schedule.is_per_epoch()), unit(saved.flag("per_epoch")?));
    if own != found {
        return difference(&format!("counting {own}"), &format!("counting {found}"));
    }
    let found = saved.list("rates")?.iter().map(as_number).collect::<Option<Vec<f64>>>();
    let found = found.ok_or("`rates` is not a list of numbers")?;
    for ((own, found), point) in rates(schedule).into_iter().zip(found).zip(POINTS) {
        if own.to_bits() != found.to_bits() {
            let text = |rate: f64| format!("{rate} after {point} {}", unit(schedule.is_per_epoch()));
            return difference(&text(own), &text(found));
        }
    }
    Ok(None)
}

/// The parsed state of a checkpoint, before it is restored.
struct Parsed {
    epoch: Epoch,
    is_end: bool,
    history: Vec<Row>,
    metrics: Vec<(String, Vec<f64>)>,
    step: usize,
    steps_before: usize,
    validated_at: Option<usize>,
    checks: Checks,
    schedule: Option<Position>,
    random: RandomState,
    seconds: f64,
    frozen: Vec<String>,
    modes: Vec<[bool; 2]>,
}

impl Parsed {
    fn read(fields: Fields) -> Read<Self> {
        let random = fields.inside("random")?;
        let plateau = |seen: Fields| {
            Ok::<_, String>(Plateau {
                rate: seen.number("rate")?,
                best: seen.number("best")?,
                bad: seen.count("bad")?,
                cooldown: seen.count("cooldown")?,
            })
        };
        let position = |schedule: Fields| {
            Ok::<_, String>(Position {
                base: schedule.optional("base", Fields::number)?,
                done: schedule.count("done")?,
                plateau: schedule.optional("plateau", Fields::inside)?.map(plateau).transpose()?,
            })
        };
        let metric = |value: &Value| {
            let counts = value.get(1)?.as_array()?.iter().map(as_number).collect::<Option<_>>()?;
            Some((value.get(0)?.as_str()?.to_owned(), counts))
        };
        let flags = |value: &Value| Some([value.get(0)?.as_bool()?, value.get(1)?.as_bool()?]);
        let metrics = fields.list("metrics")?.iter().map(metric).collect::<Option<_>>();
        let modes = fields.list("modes")?.iter().map(flags).collect::<Option<_>>();
        Ok(Self {
            epoch: Epoch::from_json(fields.inside("epoch")?)?,
            is_end: fields.flag("is_end_of_epoch")?,
            history: fields.list("history")?.iter().map(Row::from_json).collect::<Read<_>>()?,
            metrics: metrics.ok_or("`metrics` is not a list of counts")?,
            step: fields.count("step")?,
            steps_before: fields.count("steps_before")?,
            validated_at: fields.optional("validated_at", Fields::count)?,
            checks: Checks::from_json(fields.inside("checks")?)?,
            schedule: fields.optional("schedule", Fields::inside)?.map(position).transpose()?,
            random: RandomState {
                seed: random.integer("seed")?,
                update: random.integer("update")?,
                index: random.integer("index")?,
            },
            seconds: fields.number("seconds")?,
            frozen: fields.texts("frozen_parameters")?,
            modes: modes.ok_or("`modes` is not a list of flags")?,
        })
    }
}

/// Restores the state of a checkpoint. All data are parsed before anything is changed.
pub(super) fn restore<M: Module + ?Sized, O: Optimizer + ?Sized>(
    run: &mut Run,
    saving: &mut Saving,
    saved: &Saved,
    model: &M,
    optimizer: &mut O,
    scheduler: Option<&mut dyn Schedule>,
) -> Result<()> {
    let parsed = Parsed::read(saved.fields()).map_err(|reason| saved.unsound(reason))?;
    let read = |name| state::read_module(model, &saved.path.join(name));
    let values = read(MODEL)?;
    let best = (saving.plan.has("restore_best") && saved.has(BEST)).then(|| read(BEST)).transpose()?;
    let averages = saved.tensors(AVERAGES)?;
    optimizer.load_state_dict(&saved.optimizer()?)?;
    if let Some(best) = best {
        model.load_state_dict(&best)?;
        saving.best = Some(Snapshot::of(model));
    }
    model.load_state_dict(&values)?;
    saving.averages = averages;
    state::set_frozen(model, &parsed.frozen);
    mode::modes(model).iter().zip(&parsed.modes).for_each(|(mode, flags)| mode.set_flags(*flags));
    if let (Some(schedule), Some(position)) = (scheduler, parsed.schedule) {
        schedule.load_state_dict(position);
    }
    set_random_state(parsed.random);
    saving.first_epoch = parsed.epoch.number + usize::from(parsed.is_end);
    saving.is_in_epoch = !parsed.is_end;
    saving.to_restore = parsed.metrics.into();
    saving.began = ago(parsed.seconds);
    saving.saved.1 = parsed.step;
    parsed.history.into_iter().for_each(|row| run.history.push(row));
    (run.epoch, run.checks) = (parsed.epoch, parsed.checks);
    if saved.fields().get("monitor") != Ok(&run.history.declared().to_json()) {
        // Values of different measurements are not comparable, so the checks start again.
        (run.checks, run.epoch.is_best) = (Checks::default(), None);
    } else if !saving.plan.has("early_stop(patience)") {
        run.checks.patience = Patience::default();
    }
    (run.step, run.steps_before, run.validated_at) = (parsed.step, parsed.steps_before, parsed.validated_at);
    if let Some(limit) = &mut run.max_time {
        limit.use_up(parsed.seconds);
    }
    if run.max_steps.is_some_and(|most| run.step >= most) {
        run.stop = Some(StopReason::MaxSteps);
    }
    run.stop_in_time();
    saving.is_stop_saved = run.is_over();
    Ok(())
}
