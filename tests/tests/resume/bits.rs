//! A run that is stopped after any update and resumed equals an uninterrupted one, bit for bit.

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
fn plain(
    model: &mut Net,
    train: &DataLoader,
    valid: &DataLoader,
    max_steps: usize,
    run: &RunOptions,
) -> Result<History>;

/// Windows of four batches, the last one short; a schedule per epoch; validation between updates and at first.
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
fn windows(
    model: &mut Net,
    train: &DataLoader,
    valid: &DataLoader,
    max_steps: usize,
    run: &RunOptions,
) -> Result<History>;

/// No validation, the thread's own random draws, also in the training step itself.
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

/// Some layers are frozen and unfrozen while the run goes on.
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

type Fit = fn(&mut Net, &DataLoader, &DataLoader, usize, &RunOptions) -> Result<History>;

/// The values, the history and the random stream after a run.
type End = (Vec<u32>, Vec<String>, training_loop::RandomState);

fn run(fit: Fit, mut model: Net, max_steps: usize, options: &RunOptions) -> (End, History) {
    let history = fit(&mut model, &train_loader(), &valid_loader(), max_steps, options).unwrap();
    ((model.bits(), rows(&history), random_state()), history)
}

/// Stops a run after each of its updates, and resumes it in another model.
fn stop_anywhere(fit: Fit, updates: usize, is_seeded: bool) {
    let folder = tempfile::tempdir().unwrap();
    let options = |name: &str| RunOptions::new().dir(folder.path().join(name));
    let (whole, history) = run(fit, Net::fresh(), 1_000, &options("whole"));
    assert_eq!(history.stop_reason(), StopReason::Completed);
    for stop in 1..updates {
        let options = options(&stop.to_string());
        let (_, part) = run(fit, Net::fresh(), stop, &options);
        assert_eq!(part.stop_reason(), StopReason::MaxSteps, "after {stop} updates");
        let (resumed, history) = run(fit, Net::other(), 1_000, &options.resume_auto());
        assert_eq!(history.stop_reason(), StopReason::Completed);
        assert_eq!(resumed.1, whole.1, "the history, after {stop} updates");
        assert_eq!(resumed.0, whole.0, "the values, after {stop} updates");
        if !is_seeded {
            assert_eq!(resumed.2, whole.2, "the random stream, after {stop} updates");
        }
    }
}

#[test]
fn after_each_update_of_a_plain_loop() {
    stop_anywhere(plain, 18, true);
}

#[test]
fn after_each_window() {
    stop_anywhere(windows, 10, false);
}

#[test]
fn after_each_update_with_draws_of_the_thread() {
    stop_anywhere(draws, 18, false);
}

#[test]
fn with_layers_that_are_frozen_in_between() {
    stop_anywhere(freezes, 18, true);
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

/// A finished run is resumed to train longer, and does not train where nothing is left to do.
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
    // The folder is a model file for others, too.
    let model = Net::other();
    model.load(names.last().unwrap().join("model.safetensors")).unwrap();
}
