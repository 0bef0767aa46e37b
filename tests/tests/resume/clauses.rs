//! Clauses that may change in a resumed run, and clauses that must not.

use training_loop::prelude::*;

use crate::common::{Net, checkpoints, train_loader, valid_loader};

#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 0.05),
    epochs = 30,
    seed = 11,
    metrics = [accuracy],
    warmup = 3 steps,
    ema(decay = 0.5),
    early_stop(patience = 1, min_delta = 10.0),
    restore_best,
    checkpoint(every = 1 epochs, keep_last = 2, keep_best = 0),
)]
fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader, run: &RunOptions) -> Result<History>;

/// All clauses that affect the updates have other values, and another measurement selects the best values.
#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 0.05),
    epochs = 30,
    seed = 11,
    metrics = [accuracy],
    warmup = 2 epochs,
    ema(decay = 0.75, eval = false),
    restore_best(monitor = valid_accuracy),
    checkpoint(every = 1 epochs),
)]
fn other(model: &mut Net, train: &DataLoader, valid: &DataLoader, run: &RunOptions) -> Result<History>;

/// More patience, no best values, and another setting of `anomaly`.
#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 0.05),
    epochs = 30,
    seed = 11,
    metrics = [accuracy],
    warmup = 3 steps,
    ema(decay = 0.5),
    anomaly = off,
    early_stop(patience = 4, min_delta = 10.0),
    checkpoint(every = 1 epochs, keep_best = 0),
)]
fn patient(model: &mut Net, train: &DataLoader, valid: &DataLoader, run: &RunOptions) -> Result<History>;

/// The checks compare another measurement, and therefore start again.
#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 0.05),
    epochs = 30,
    seed = 11,
    metrics = [accuracy],
    warmup = 3 steps,
    ema(decay = 0.5),
    early_stop(monitor = valid_accuracy, patience = 2, min_delta = 10.0),
    checkpoint(every = 1 epochs, keep_best = 0),
)]
fn by_accuracy(model: &mut Net, train: &DataLoader, valid: &DataLoader, run: &RunOptions) -> Result<History>;

type Fit = fn(&mut Net, &DataLoader, &DataLoader, &RunOptions) -> Result<History>;

fn run(fit: Fit, model: &mut Net, options: &RunOptions) -> Result<History> {
    fit(model, &train_loader(), &valid_loader(), options)
}

/// A run that was stopped after two epochs, and the options that resume it.
fn stopped() -> (tempfile::TempDir, RunOptions) {
    let folder = tempfile::tempdir().unwrap();
    let options = RunOptions::new().dir(folder.path()).resume_auto();
    let history = run(fit, &mut Net::fresh(), &options).unwrap();
    assert_eq!((history.len(), history.stop_reason()), (2, StopReason::EarlyStop));
    (folder, options)
}

#[test]
fn averages_warmup_and_best_values_must_agree() {
    let (folder, options) = stopped();
    let (mut model, paths) = (Net::other(), checkpoints(folder.path()));
    let before = model.bits();
    let text = run(other, &mut model, &options).unwrap_err().to_string();
    for part in [
        "nothing was changed",
        "`warmup` is 12 here and 3 in the saved state",
        "`ema(decay)` is 0.75 here and 0.5",
        "`ema(eval)` is false here and true",
        "`restore_best` is by the max of valid_accuracy here and by the min of valid_loss",
    ] {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
    assert!(!text.contains("early_stop"), "{text}");
    assert_eq!((model.bits(), checkpoints(folder.path())), (before, paths));
}

#[test]
fn more_patience_continues_the_count() {
    let (_folder, options) = stopped();
    let history = run(patient, &mut Net::other(), &options).unwrap();
    // The first check without an improvement was in the second epoch, so the fourth is in the fifth epoch.
    assert_eq!((history.len(), history.stop_reason()), (5, StopReason::EarlyStop));
    // The best values have not been kept since the change of the spec, so they cannot be restored.
    let text = run(fit, &mut Net::other(), &options).unwrap_err().to_string();
    assert!(text.contains("`restore_best` is by the min of valid_loss here and absent"), "{text}");
}

#[test]
fn another_monitor_begins_again() {
    let (_folder, options) = stopped();
    let history = run(by_accuracy, &mut Net::other(), &options).unwrap();
    assert_eq!((history.len(), history.stop_reason()), (5, StopReason::EarlyStop));
}

#[test]
fn damaged_averages_and_best_values_are_passed_over() {
    for file in ["averages.safetensors", "best.safetensors"] {
        let (folder, options) = stopped();
        let paths = checkpoints(folder.path());
        assert_eq!(paths.len(), 2);
        let path = paths[1].join(file);
        let mut bytes = std::fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 0x10;
        std::fs::write(&path, bytes).unwrap();
        let mut model = Net::other();
        let history = run(fit, &mut model, &options).unwrap();
        assert_eq!((history.len(), history.stop_reason()), (2, StopReason::EarlyStop));
        let mut whole = Net::fresh();
        let elsewhere = tempfile::tempdir().unwrap();
        run(fit, &mut whole, &RunOptions::new().dir(elsewhere.path())).unwrap();
        assert_eq!(model.bits(), whole.bits(), "{file}");
    }
}

/// A checkpoint is ranked by the measurement of its own epoch.
#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.5),
    epochs = 6,
    seed = 4,
    metrics = [accuracy],
    checkpoint(every = 1 epochs, monitor = valid_accuracy),
)]
fn keeps(model: &mut Net, train: &DataLoader, valid: &DataLoader, run: &RunOptions) -> Result<History>;

#[test]
fn the_best_checkpoint_by_a_metric_is_the_highest() {
    let folder = tempfile::tempdir().unwrap();
    let history = run(keeps, &mut Net::fresh(), &RunOptions::new().dir(folder.path())).unwrap();
    let values = history.get("valid_accuracy");
    let best = history.best_epoch().unwrap();
    assert!(values.iter().all(|value| value <= &values[best]), "{values:?}");
    let mut kept = vec![format!("epoch-{:04}", best + 1), "epoch-0006".to_owned()];
    kept.dedup();
    let paths = checkpoints(folder.path());
    assert_eq!(paths.len(), kept.len());
    for (path, end) in paths.iter().zip(kept) {
        assert!(path.to_str().unwrap().ends_with(&end), "{path:?}");
    }
}

/// A validation is due after every fourth update. A run that is stopped in between also validates at its end.
#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    seed = 4,
    validate(every = 4 steps, first),
    restore_best,
    checkpoint(every = 1 steps, keep_last = 20, keep_best = 0),
)]
fn saves(
    model: &mut Net,
    train: &DataLoader,
    valid: &DataLoader,
    max_steps: usize,
    run: &RunOptions,
) -> Result<History>;

#[test]
fn a_validation_that_only_the_end_makes_due_is_not_saved() {
    let folder = tempfile::tempdir().unwrap();
    let save = |name: &str, max_steps: usize| {
        let dir = folder.path().join(name);
        let options = RunOptions::new().dir(&dir);
        saves(&mut Net::fresh(), &train_loader(), &valid_loader(), max_steps, &options).unwrap();
        dir
    };
    let whole = save("whole", 1_000);
    for stop in 1..=11 {
        let part = save(&stop.to_string(), stop);
        for file in ["model", "optimizer", "best"] {
            let file = format!("checkpoints/step-{stop:08}/{file}.safetensors");
            let [own, expected] = [&part, &whole].map(|dir| std::fs::read(dir.join(&file)).unwrap());
            assert!(own == expected, "{file}");
        }
        let checks = [&part, &whole].map(|dir| {
            let path = dir.join(format!("checkpoints/step-{stop:08}/state.json"));
            let text = std::fs::read_to_string(path).unwrap();
            let start = text.find("\"checks\": {").expect("the checks");
            text[start..].split('}').next().unwrap().to_owned()
        });
        assert_eq!(checks[0], checks[1], "after {stop} updates");
    }
}

#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 0.05),
    epochs = 4,
    validate(every = validate_every epochs),
    checkpoint(every = save_every epochs, keep_best = keep_best),
)]
fn intervals(
    model: &mut Net,
    train: &DataLoader,
    valid: Option<&DataLoader>,
    validate_every: usize,
    save_every: usize,
    keep_best: u64,
    run: &RunOptions,
) -> Result<History>;

#[test]
fn best_checkpoints_more_often_than_validations_are_refused() {
    let fit = |valid: Option<&DataLoader>, validate_every, save_every, keep_best| {
        let folder = tempfile::tempdir().unwrap();
        let options = RunOptions::new().dir(folder.path());
        let mut model = Net::fresh();
        intervals(&mut model, &train_loader(), valid, validate_every, save_every, keep_best, &options)
    };
    let valid = valid_loader();
    let text = fit(Some(&valid), 2, 1, 3).unwrap_err().to_string();
    let expected = "`keep_best` is 3: checkpoints are saved more often than the loop validates";
    assert!(text.starts_with(expected), "{text}");
    for (valid, validate_every, save_every, keep_best) in
        [(None, 2, 1, 1), (Some(&valid), 2, 1, 0), (Some(&valid), 2, 2, 1), (Some(&valid), 1, 2, 1)]
    {
        assert_eq!(fit(valid, validate_every, save_every, keep_best).unwrap().len(), 4);
    }
}
