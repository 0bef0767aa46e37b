//! Early stopping and the best values, however a run ends.

use std::ops::ControlFlow;

use training_loop::metric::Goal;
use training_loop::prelude::*;

use crate::common::{Mlp, bits, blobs};

/// A user-defined metric that returns the next number of a script and ignores the outputs.
struct Scripted(Option<Goal>);

thread_local! {
    static SCRIPT: std::cell::RefCell<Vec<f64>> = const { std::cell::RefCell::new(Vec::new()) };
}

impl Metric for Scripted {
    fn name(&self) -> String {
        "score".to_owned()
    }

    fn update(&mut self, _: &Tensor, _: &Labels) {}

    fn compute(&self) -> f64 {
        SCRIPT.with_borrow_mut(|script| if script.is_empty() { f64::NAN } else { script.remove(0) })
    }

    fn reset(&mut self) {}

    fn goal(&self) -> Option<Goal> {
        self.0
    }
}

fn score() -> Scripted {
    Scripted(Some(Goal::Max))
}

fn silent() -> Scripted {
    Scripted(None)
}

fn script(values: &[f64]) {
    SCRIPT.with_borrow_mut(|script| *script = values.to_vec());
}

fn fresh() -> Mlp {
    seed(5);
    Mlp::new(4, 8, 3)
}

fn loader() -> DataLoader {
    DataLoader::new(blobs(20, 1), 6)
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 12,
    metrics = [score],
    early_stop(monitor = valid_score, patience = patience, min_delta = min_delta),
    restore_best,
    on(validation_end = |model, state| seen.push((bits(model), state.checks_since_best(), state.is_best()))),
)]
fn scripted(
    model: &mut Mlp,
    train: &DataLoader,
    valid: &DataLoader,
    patience: usize,
    min_delta: f64,
    seen: &mut Vec<(Vec<u32>, usize, bool)>,
) -> Result<History>;

#[test]
fn a_run_ends_after_patience_checks_without_improvement() {
    let nan = f64::NAN;
    let cases: [(&[f64], usize, f64, usize, usize); 5] = [
        // The values, patience, `min_delta`; the number of epochs of the run, and its best epoch.
        (&[1.0, 2.0, 2.0, nan, 1.5, 9.0], 3, 0.0, 5, 1),
        (&[1.0, 1.25, 1.5, 1.75, 2.0, 2.25], 1, 0.25, 2, 1),
        (&[1.0, 1.25, 1.5, 1.75, 2.0, 1.0, 1.0], 2, 0.25, 7, 4),
        (&[nan, nan, nan, nan], 3, 0.0, 4, 99),
        (&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0], 1, 0.0, 12, 11),
    ];
    for (values, patience, min_delta, epochs, best) in cases {
        script(values);
        let (mut model, mut seen) = (fresh(), Vec::new());
        let history = scripted(&mut model, &loader(), &loader(), patience, min_delta, &mut seen).unwrap();
        assert_eq!(history.len(), epochs, "{values:?}");
        let reason = if epochs == 12 { StopReason::Completed } else { StopReason::EarlyStop };
        assert_eq!(history.stop_reason(), reason, "{values:?}");
        assert_eq!(history.best_epoch().unwrap_or(99), best, "{values:?}");
        let kept = seen.get(best).unwrap_or(&seen[epochs - 1]);
        assert!(bits(&model) == kept.0, "the model has the values of epoch {best}: {values:?}");
        for (epoch, (_, since, is_best)) in seen.iter().enumerate() {
            assert_eq!(*since == 0, *is_best, "{values:?} in epoch {epoch}");
        }
        assert_eq!(seen[epochs - 1].1, if best == 99 { epochs } else { epochs - 1 - best });
    }
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    metrics = [silent],
    early_stop(monitor = valid_score),
)]
fn goal_is_missing(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    metrics = [silent],
    early_stop(monitor = valid_scores, mode = min),
)]
fn name_is_wrong(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    early_stop(monitor = valid_loss, patience = patience, min_delta = min_delta),
)]
fn numbers(
    model: &mut Mlp,
    train: &DataLoader,
    valid: Option<&DataLoader>,
    patience: usize,
    min_delta: f64,
) -> Result<History>;

#[test]
fn mistakes_are_found_before_the_first_batch() {
    let mut model = fresh();
    let before = bits(&model);
    let (data, mut messages) = (loader(), Vec::new());
    messages.push(goal_is_missing(&mut model, &data, &data).unwrap_err().to_string());
    messages.push(name_is_wrong(&mut model, &data, &data).unwrap_err().to_string());
    for (valid, patience, min_delta) in
        [(None, 1, 0.0), (Some(&data), 0, 0.0), (Some(&data), 1, -1.0), (Some(&data), 1, f64::INFINITY)]
    {
        messages.push(numbers(&mut model, &data, valid, patience, min_delta).unwrap_err().to_string());
    }
    assert_eq!(
        messages,
        [
            "`mode` is missing: the metric does not say whether lower or higher values are better; write `mode = min` \
             or `mode = max`, or implement `Metric::goal`",
            "`valid_scores` is not measured by this loop; it measures `loss`, `valid_loss`, `valid_score`",
            "`monitor` is valid_loss: no validation, so `valid_loss` never exists; give `valid` data",
            "`patience` is 0: must be at least 1; write after how many checks without improvement to stop: \
             `patience = 3`",
            "`min_delta` is -1: must be finite and at least 0; write how much better an improvement is at least, \
             `min_delta = 0.001`, or remove it",
            "`min_delta` is inf: must be finite and at least 0; write how much better an improvement is at least, \
             `min_delta = 0.001`, or remove it",
        ]
    );
    assert_eq!(bits(&model), before);
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.5).momentum(0.9),
    epochs = 30,
    seed = 1,
    early_stop(monitor = loss, patience = 1, min_delta = 100.0),
)]
fn by_training_loss(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[test]
fn the_training_loss_is_checked_once_an_epoch() {
    let history = by_training_loss(&mut fresh(), &loader()).unwrap();
    assert_eq!((history.len(), history.stop_reason()), (2, StopReason::EarlyStop));
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.5),
    epochs = 6,
    max_steps = max_steps,
    validate(every = 2 steps),
    restore_best,
    on(
        batch_end = |model, state| {
            if state.step == poisoned { model.output.weight.set(ndarray::Array2::from_elem((3, 8), f32::NAN)); }
        },
        validation_end = |model, state| kept.push((state.row.get("valid_loss").unwrap_or(f64::NAN), bits(model))),
        epoch_end = |_, state| {
            if state.epoch == breaks_in { return ControlFlow::Break(()); }
            ControlFlow::Continue(())
        },
    ),
)]
fn ends(
    model: &mut Mlp,
    train: &DataLoader,
    valid: &DataLoader,
    poisoned: usize,
    max_steps: usize,
    breaks_in: usize,
    kept: &mut Vec<(f64, Vec<u32>)>,
) -> Result<History>;

#[test]
fn the_best_values_come_back_however_the_run_ended() {
    for (poisoned, max_steps, breaks_in) in [(0, 1000, 99), (0, 7, 99), (0, 1000, 2), (9, 1000, 99)] {
        let (mut model, mut kept) = (fresh(), Vec::new());
        let history =
            ends(&mut model, &loader(), &loader(), poisoned, max_steps, breaks_in, &mut kept).unwrap();
        let best = kept.iter().filter(|(loss, _)| !loss.is_nan()).min_by(|a, b| a.0.total_cmp(&b.0));
        let best = best.expect("a validation with a loss");
        assert!(bits(&model) == best.1, "{:?}", history.stop_reason());
        let is_expected = match (max_steps, breaks_in) {
            (7, _) => history.stop_reason() == StopReason::MaxSteps,
            (_, 2) => history.stop_reason() == StopReason::Hook,
            _ if poisoned > 0 => matches!(history.stop_reason(), StopReason::NonFinite { .. }),
            _ => history.stop_reason() == StopReason::Completed,
        };
        assert!(is_expected, "{:?}", history.stop_reason());
    }
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 12,
    validate(every = 3 steps),
    early_stop(monitor = loss, patience = 1, min_delta = 100.0),
    on(validation_end = |_, state| validations.push(state.step)),
)]
fn stops_by_training(
    model: &mut Mlp,
    train: &DataLoader,
    valid: &DataLoader,
    validations: &mut Vec<usize>,
) -> Result<History>;

/// Epochs of four batches: the second one has the first check without an improvement.
#[test]
fn an_early_stop_by_the_training_is_validated() {
    let mut validations = Vec::new();
    let history = stops_by_training(&mut fresh(), &loader(), &loader().clone(), &mut validations).unwrap();
    assert_eq!((history.stop_reason(), history.len()), (StopReason::EarlyStop, 2));
    assert_eq!(validations, [3, 6, 8]);
    assert!(history.rows().iter().all(|row| row.get("valid_loss").is_some()));
}
