//! Trial runs with few batches.

use std::sync::{Arc, Mutex};

use training_loop::data::{Batch, Dataset};
use training_loop::prelude::*;
use training_loop::run::{Callback, RunInfo};

use crate::common::{Recorder, bits, data, model, names, train, valid};

/// The data set of the common tests, with a record of the samples that are read.
struct Watched(TensorDataset<Tensor>, Arc<Mutex<Vec<Vec<usize>>>>);

impl Dataset for Watched {
    type Input = Tensor;
    type Target = Tensor;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn batch(&self, indices: &[usize]) -> Batch<Tensor, Tensor> {
        self.1.lock().unwrap().push(indices.to_vec());
        self.0.batch(indices)
    }
}

/// The indices of the batches that were read.
type Read = Arc<Mutex<Vec<Vec<usize>>>>;

/// A loader with batches of four, and the record of its reads.
fn watched() -> (DataLoader<Tensor>, Read) {
    let seen = Arc::default();
    (DataLoader::new(Watched(data(), Arc::clone(&seen)), 4), seen)
}

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    accumulate = 2,
    warmup = 6 steps,
    validate(every = 3 epochs),
    checkpoint(every = 1 epochs),
)]
fn fit(
    model: &mut Linear,
    train: &DataLoader<Tensor>,
    valid: Option<&DataLoader<Tensor>>,
    run: &RunOptions,
) -> Result<History>;

#[test]
fn a_fast_dev_run_is_one_epoch_without_files() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let ((train, seen), (valid, validated)) = (watched(), watched());
    let options = RunOptions::new().dir(&dir).resume_auto().log_every(1).tensorboard().fast_dev_run(3);
    let history = fit(&mut model(), &train.shuffle(1), Some(&valid), &options).unwrap();
    assert_eq!((history.len(), history.stop_reason()), (1, StopReason::Completed));
    assert!(history.last("valid_loss").is_some());
    assert_eq!((seen.lock().unwrap().len(), validated.lock().unwrap().len()), (3, 3));
    assert!(!dir.exists());
    // With `fast_dev_run`, checkpoints need no folder, and the validation data may be absent.
    let history = fit(&mut model(), &valid, None, &RunOptions::new().fast_dev_run(1)).unwrap();
    assert_eq!(history.names(), ["loss"]);
}

#[test]
fn overfitting_repeats_the_first_batches() {
    let folder = tempfile::tempdir().unwrap();
    let ((train, seen), (valid, validated)) = (watched(), watched());
    let options = RunOptions::new().dir(folder.path()).overfit_batches(2);
    fit(&mut model(), &train.shuffle(1), Some(&valid), &options).unwrap_err(); // A warmup of 6 of 3 updates.
    let loop_of = |options: &RunOptions| {
        plain(&mut model(), &train_of(&seen), Some(&valid), options).unwrap();
    };
    seen.lock().unwrap().clear();
    loop_of(&RunOptions::new().overfit_batches(2));
    let batches = [vec![0, 1, 2, 3], vec![4, 5, 6, 7]];
    let expected: Vec<_> = batches.iter().cycle().take(6).cloned().collect();
    assert_eq!(*seen.lock().unwrap(), expected);
    assert_eq!(*validated.lock().unwrap(), expected);
}

/// A shuffled loader with this record.
fn train_of(seen: &Arc<Mutex<Vec<Vec<usize>>>>) -> DataLoader<Tensor> {
    DataLoader::new(Watched(data(), Arc::clone(seen)), 4).shuffle(1)
}

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3)]
fn plain(
    model: &mut Linear,
    train: &DataLoader<Tensor>,
    valid: Option<&DataLoader<Tensor>>,
    run: &RunOptions,
) -> Result<History>;

#[test]
fn limits_are_the_first_batches_of_each_epoch() {
    let seen = Arc::default();
    let (valid, validated) = watched();
    let options = RunOptions::new().limit_batches(4, 1);
    let recorder = Recorder::new();
    let options = options.callback(Arc::clone(&recorder));
    let history = plain(&mut model(), &train_of(&seen), Some(&valid), &options).unwrap();
    assert_eq!(history.len(), 3);
    assert_eq!(recorder.lock().unwrap().steps.len(), 12);
    assert_eq!(*validated.lock().unwrap(), [vec![0, 1, 2, 3], vec![0, 1, 2, 3], vec![0, 1, 2, 3]]);
    let whole = Arc::default();
    plain(&mut model(), &train_of(&whole), None, &RunOptions::new()).unwrap();
    let whole = whole.lock().unwrap();
    let expected: Vec<_> = whole.chunks(6).flat_map(|epoch| epoch[..4].to_vec()).collect();
    assert_eq!(*seen.lock().unwrap(), expected);
    // A limit above the number of batches has no effect.
    let (mut one, mut other) = (model(), model());
    plain(&mut one, &train(), None, &RunOptions::new().limit_batches(100, 100)).unwrap();
    plain(&mut other, &train(), None, &RunOptions::new()).unwrap();
    assert_eq!(bits(&one), bits(&other));
}

#[test]
fn the_smallest_limit_wins() {
    let (train, seen) = watched();
    let options = RunOptions::new().limit_batches(5, 5).overfit_batches(3).fast_dev_run(2);
    plain(&mut model(), &train, None, &options).unwrap();
    assert_eq!(seen.lock().unwrap().len(), 2);
}

#[test]
fn a_limited_run_does_not_resume_a_full_one() {
    let folder = tempfile::tempdir().unwrap();
    let options = RunOptions::new().dir(folder.path()).resume_auto();
    fit(&mut model(), &train(), Some(&valid()), &options.clone().limit_batches(4, 1)).unwrap();
    let error = fit(&mut model(), &train(), Some(&valid()), &options).unwrap_err().to_string();
    assert!(error.contains("this checkpoint is of another run") && error.contains("`train`"), "{error}");
    assert!(error.contains("the first 4 batches of an epoch"), "{error}");
    // The validation may have another limit.
    let history = fit(&mut model(), &train(), Some(&valid()), &options.limit_batches(4, 2)).unwrap();
    assert_eq!(history.len(), 3);
    assert_eq!(names(folder.path()), ["checkpoints", "history.csv", "history.jsonl"]);
}

/// Records the number of threads during a run.
struct Threads(Arc<Mutex<usize>>);

impl Callback for Threads {
    fn run_begins(&mut self, _: &RunInfo) -> Result<()> {
        *self.0.lock().unwrap() = training_loop::num_threads();
        Ok(())
    }
}

#[test]
fn the_number_of_threads_is_that_of_the_run() {
    let (before, during) = (training_loop::num_threads(), Arc::default());
    let options = RunOptions::new().threads(before + 1).callback(Threads(Arc::clone(&during)));
    plain(&mut model(), &train(), None, &options).unwrap();
    assert_eq!(*during.lock().unwrap(), before + 1);
    assert_eq!(training_loop::num_threads(), before);
    plain(&mut model(), &train(), None, &RunOptions::new().threads(0)).unwrap_err();
    assert_eq!(training_loop::num_threads(), before);
}
