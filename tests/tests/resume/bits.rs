//! A run that is stopped after any update and resumed equals an uninterrupted one, bit for bit.

use std::ops::ControlFlow;

use training_loop::prelude::*;
use training_loop::random_state;

use crate::common::{Net, checkpoints, rows, train_loader, valid_loader};

/// Six batches an epoch, the last one short; a schedule per update; dropout by the run's own seed.
#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 0.02),
    scheduler = CosineLr::new(15),
    epochs = 3,
    seed = 11,
    metrics = [accuracy],
    train_metrics = [accuracy, f1, confusion],
    checkpoint(every = 1 epochs),
)]
pub(crate) fn plain(
    model: &mut Net,
    train: &DataLoader,
    valid: &DataLoader,
    max_steps: usize,
    run: &RunOptions,
) -> Result<History>;

/// Windows of four batches, the last one short; a schedule per epoch; validation between updates and at
/// first.
#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1).momentum(0.9).nesterov(true).weight_decay(0.01),
    scheduler = StepLr::new(2, 0.5).per_epoch(),
    epochs = 5,
    accumulate = 4,
    clip_grad_norm = 0.5,
    metrics = [confusion],
    train_metrics = [accuracy],
    validate(every = 3 steps, first),
    checkpoint(every = 2 steps, keep_last = 2, monitor = valid_loss),
)]
pub(crate) fn windows(
    model: &mut Net,
    train: &DataLoader,
    valid: &DataLoader,
    max_steps: usize,
    run: &RunOptions,
) -> Result<History>;

/// No validation. All random draws come from the thread's own stream, also in the training step.
#[training_loop(
    training_step = |model, batch| {
        let noise = Tensor::randn(batch.input.shape());
        let output = model.forward(&(&batch.input + &(noise * 0.1)));
        let loss = cross_entropy(&output, &batch.target);
        (output, loss)
    },
    optimizer = Adam::new(model.parameters(), 0.01).betas(0.8, 0.9),
    epochs = 3,
    train_metrics = [top_k(2)],
    train_order = [training_step, backward, clip_grad_value(0.1), step, zero_grad, metrics],
    checkpoint(every = 1 steps),
)]
fn draws(
    model: &mut Net,
    train: &DataLoader,
    _valid: &DataLoader,
    max_steps: usize,
    run: &RunOptions,
) -> Result<History>;

/// A schedule that depends on a measurement, and parameter groups.
#[training_loop(
    loss = cross_entropy,
    optimizer = NAdam::new(model.parameters(), 0.02)
        .weight_decay(0.01)
        .no_decay_for_vectors()
        .group(model.hidden.parameters(), |group| group.learning_rate(0.005)),
    scheduler = PlateauLr::new().factor(0.5).patience(0).threshold(0.2).cooldown(1),
    epochs = 5,
    seed = 4,
    validate(every = 2 steps),
    checkpoint(every = 1 steps),
)]
fn groups(
    model: &mut Net,
    train: &DataLoader,
    valid: &DataLoader,
    max_steps: usize,
    run: &RunOptions,
) -> Result<History>;

/// Some layers are frozen and unfrozen during the run.
#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 0.02),
    epochs = 3,
    seed = 3,
    validate(every = 2 epochs),
    on(batch_end = |model, state| match state.step {
        4 => model.hidden.freeze(),
        11 => model.hidden.unfreeze(),
        _ => {}
    }),
    checkpoint(every = 1 hours),
)]
fn freezes(
    model: &mut Net,
    train: &DataLoader,
    valid: &DataLoader,
    max_steps: usize,
    run: &RunOptions,
) -> Result<History>;

/// All clauses that affect the course of a run: parts of the loss, a warmup, averages, and checks after
/// updates. Some validations occur only at the end of the run.
#[training_loop(
    training_step = |model, batch| {
        let output = model.forward(&batch.input);
        let fit = cross_entropy(&output, &batch.target);
        let size = (&output * &output).mean() * 0.01;
        (output, &fit + &size, [("fit", fit), ("size", size)])
    },
    optimizer = AdamW::new(model.parameters(), 0.05),
    scheduler = CosineLr::new(40),
    epochs = 20,
    seed = 5,
    warmup = 4 steps,
    metrics = [accuracy],
    train_metrics = [accuracy],
    validate(every = 2 steps, first),
    ema(decay = 0.8),
    anomaly = full,
    early_stop(monitor = valid_fit, patience = 3, min_delta = 0.1),
    restore_best,
    on(batch_end = |_, state| stop_at(state.step, stop)),
    checkpoint(every = 3 steps),
)]
fn everything(
    model: &mut Net,
    train: &DataLoader,
    valid: &DataLoader,
    stop: usize,
    run: &RunOptions,
) -> Result<History>;

/// The best values by a metric, once per epoch. Only the checkpoint and the hook read the averages.
#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.2).momentum(0.9),
    epochs = 5,
    accumulate = 2,
    metrics = [accuracy],
    ema(decay = 0.5, eval = false),
    restore_best,
    on(epoch_end = |model, _| {
        let _averaged = ema.scope();
        averages.borrow_mut().push(model.bits());
    }),
    checkpoint(every = 1 epochs, keep_best = 2, monitor = valid_accuracy),
)]
fn averages(
    model: &mut Net,
    train: &DataLoader,
    valid: &DataLoader,
    max_steps: usize,
    run: &RunOptions,
    averages: &std::cell::RefCell<Vec<Vec<u32>>>,
) -> Result<History>;

/// Checks on the training measurements of each epoch.
#[training_loop(
    loss = cross_entropy,
    optimizer = Adam::new(model.parameters(), 0.03),
    epochs = 20,
    seed = 2,
    train_metrics = [accuracy],
    ema(decay = 0.9),
    early_stop(monitor = accuracy, patience = 2, min_delta = 0.02),
    restore_best,
    checkpoint(every = 2 epochs),
)]
fn training_checks(
    model: &mut Net,
    train: &DataLoader,
    _valid: &DataLoader,
    max_steps: usize,
    run: &RunOptions,
) -> Result<History>;

fn stop_at(step: usize, stop: usize) -> ControlFlow<()> {
    if step >= stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

pub(crate) type Fit = fn(&mut Net, &DataLoader, &DataLoader, usize, &RunOptions) -> Result<History>;

/// The values, the history and the random stream after a run.
type End = (Vec<u32>, Vec<String>, training_loop::RandomState);

fn run(fit: Fit, mut model: Net, max_steps: usize, options: &RunOptions) -> (End, History) {
    let history = fit(&mut model, &train_loader(), &valid_loader(), max_steps, options).unwrap();
    ((model.bits(), rows(&history), random_state()), history)
}

/// Stops a run after each of its updates, and resumes it in another model. Returns the history of the whole
/// run.
fn stop_anywhere(fit: Fit, updates: usize, is_seeded: bool) -> History {
    let folder = tempfile::tempdir().unwrap();
    let options = |name: &str| RunOptions::new().dir(folder.path().join(name));
    let (whole, history) = run(fit, Net::fresh(), 1_000, &options("whole"));
    for stop in 1..updates {
        let options = options(&stop.to_string());
        let (_, part) = run(fit, Net::fresh(), stop, &options);
        let reason = part.stop_reason();
        assert!(matches!(reason, StopReason::MaxSteps | StopReason::Hook), "{reason} after {stop} updates");
        let (resumed, resumed_history) = run(fit, Net::other(), 1_000, &options.resume_auto());
        assert_eq!(resumed_history.stop_reason(), history.stop_reason(), "after {stop} updates");
        assert_eq!(resumed.1, whole.1, "the history, after {stop} updates");
        assert_eq!(resumed.0, whole.0, "the values, after {stop} updates");
        if !is_seeded {
            assert_eq!(resumed.2, whole.2, "the random stream, after {stop} updates");
        }
    }
    // Resuming a finished run makes no further update.
    let (again, again_history) = run(fit, Net::other(), 1_000, &options("whole").resume_auto());
    assert_eq!(again_history.stop_reason(), history.stop_reason());
    assert_eq!((again.0, again.1), (whole.0, whole.1));
    history
}

#[test]
fn after_each_update_of_a_plain_loop() {
    let history = stop_anywhere(plain, 18, true);
    assert_eq!(history.stop_reason(), StopReason::Completed);
}

#[test]
fn after_each_window() {
    let history = stop_anywhere(windows, 10, false);
    assert_eq!(history.stop_reason(), StopReason::Completed);
}

#[test]
fn after_each_update_with_draws_of_the_thread() {
    let history = stop_anywhere(draws, 18, false);
    assert_eq!(history.stop_reason(), StopReason::Completed);
}

#[test]
fn with_groups_and_a_schedule_by_a_measurement() {
    let history = stop_anywhere(groups, 18, true);
    assert_eq!(history.stop_reason(), StopReason::Completed);
    let rates: Vec<_> = history.rows().iter().filter_map(|row| row.learning_rate).collect();
    assert!(rates[4] < rates[0], "{rates:?}");
}

#[test]
fn with_layers_that_are_frozen_in_between() {
    let history = stop_anywhere(freezes, 18, true);
    assert_eq!(history.stop_reason(), StopReason::Completed);
}

#[test]
fn with_everything_that_shapes_a_run() {
    let history = stop_anywhere(everything, 18, true);
    assert_eq!(history.stop_reason(), StopReason::EarlyStop);
    assert!(history.last("fit").is_some() && history.last("valid_size").is_some());
}

#[test]
fn with_checks_of_the_training() {
    let history = stop_anywhere(training_checks, 18, true);
    assert_eq!(history.stop_reason(), StopReason::EarlyStop);
}

#[test]
fn with_averages_and_the_best_values() {
    let folder = tempfile::tempdir().unwrap();
    let fit = |mut model: Net, stop: usize, options: &RunOptions| {
        let seen = std::cell::RefCell::default();
        let history = averages(&mut model, &train_loader(), &valid_loader(), stop, options, &seen).unwrap();
        (model.bits(), rows(&history), seen.into_inner())
    };
    let options = |name: &str| RunOptions::new().dir(folder.path().join(name));
    let whole = fit(Net::fresh(), 1_000, &options("whole"));
    assert_eq!(whole.2.len(), 5);
    for stop in 1..15 {
        let options = options(&stop.to_string());
        fit(Net::fresh(), stop, &options);
        let resumed = fit(Net::other(), 1_000, &options.resume_auto());
        assert_eq!((&resumed.0, &resumed.1), (&whole.0, &whole.1), "after {stop} updates");
        assert!(!resumed.2.is_empty() && whole.2.ends_with(&resumed.2), "the averages, after {stop} updates");
    }
}

#[test]
fn a_run_is_resumed_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, _) = run(windows, Net::fresh(), 1_000, &RunOptions::new().dir(folder.path().join("whole")));
    let options = RunOptions::new().dir(folder.path().join("parts")).resume_auto();
    for stop in 1..10 {
        let model = if stop == 1 { Net::fresh() } else { Net::other() };
        let (_, part) = run(windows, model, stop, &options);
        assert_eq!(part.stop_reason(), StopReason::MaxSteps);
    }
    let (last, _) = run(windows, Net::other(), 1_000, &options);
    assert_eq!((last.0, last.1), (whole.0, whole.1));
}

/// Resumes a finished run to train longer. A run with nothing left to do does not train.
#[test]
fn more_updates_are_added_and_none_are_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let options = RunOptions::new().dir(folder.path()).resume_auto();
    let (part, _) = run(plain, Net::fresh(), 7, &options);
    let (again, history) = run(plain, Net::other(), 7, &options);
    assert_eq!(history.stop_reason(), StopReason::MaxSteps);
    assert_eq!((again.0, again.1), (part.0, part.1));
    let (whole, _) = run(plain, Net::other(), 1_000, &options);
    let (again, history) = run(plain, Net::other(), 1_000, &options);
    assert_eq!(history.stop_reason(), StopReason::Completed);
    assert_eq!((again.0, again.1), (whole.0, whole.1));
}

#[test]
fn the_newest_and_the_best_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (_, history) = run(plain, Net::fresh(), 1_000, &RunOptions::new().dir(folder.path()));
    let names: Vec<_> = checkpoints(folder.path());
    let name = |epoch: usize| format!("step-{:08}-epoch-{:04}", 6 * (epoch + 1), epoch + 1);
    let mut kept = vec![name(history.best_epoch().unwrap()), name(2)];
    kept.dedup();
    assert_eq!(
        names.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect::<Vec<_>>(),
        kept
    );
    // The model file of a checkpoint can also be loaded separately.
    let model = Net::other();
    model.load(names.last().unwrap().join("model.safetensors")).unwrap();
}
