//! The log files of resumed runs.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use training_loop::prelude::*;

use crate::common::{Act, Recorder, bits, model, names, objects, table, train, valid};

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1).momentum(0.9),
    epochs = 4,
    validate(every = 2 epochs),
    checkpoint(every = 5 steps),
)]
fn fit(
    model: &mut Linear,
    train: &DataLoader<Tensor>,
    valid: &DataLoader<Tensor>,
    run: &RunOptions,
) -> Result<History>;

const FILES: [&str; 2] = ["history.csv", "steps.csv"];
const LINES: [&str; 2] = ["history.jsonl", "steps.jsonl"];

/// A run that fails after any update and is resumed writes the same files as an uninterrupted run, even if
/// the last row was truncated.
#[test]
fn a_resumed_run_continues_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let options = RunOptions::new().dir(&whole).log_every(2);
    let mut expected = model();
    fit(&mut expected, &train(), &valid(), &options).unwrap();
    let places: Vec<&'static str> = (1..=24).map(|step| &*format!("step {step}").leak()).collect();
    for at in places {
        let dir = folder.path().join(at);
        let options = RunOptions::new().dir(&dir).log_every(2).resume_auto();
        let failing = options.clone().callback(Recorder::acting(at, Act::Fail));
        fit(&mut model(), &train(), &valid(), &failing).unwrap_err();
        for name in FILES.into_iter().chain(LINES) {
            let mut file = File::options().append(true).open(dir.join(name)).unwrap();
            file.write_all(b"{\"step\": 2,4").unwrap();
        }
        let recorder = Recorder::new();
        let options = options.callback(Arc::clone(&recorder));
        let mut resumed = model();
        fit(&mut resumed, &train(), &valid(), &options).unwrap();
        assert_eq!(bits(&resumed), bits(&expected), "{at}");
        for name in FILES {
            assert_eq!(table(&dir, name), table(&whole, name), "{at}: {name}");
        }
        for name in LINES {
            assert_eq!(objects(&dir, name), objects(&whole, name), "{at}: {name}");
        }
        let began = &recorder.lock().unwrap().calls[0];
        // A failure before the first checkpoint restarts the run.
        assert_eq!(began.starts_with("begin again"), !dir.join("earlier-1").exists(), "{at}: {began}");
    }
}

#[test]
fn another_folder_begins_at_the_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    let options = RunOptions::new().dir(&old).log_every(1);
    let failing = options.clone().callback(Recorder::acting("step 13", Act::Fail));
    fit(&mut model(), &train(), &valid(), &failing).unwrap_err();
    let before = FILES.map(|name| table(&old, name));
    let moved = RunOptions::new().dir(&new).log_every(1).resume(&old);
    fit(&mut model(), &train(), &valid(), &moved).unwrap();
    assert_eq!(FILES.map(|name| table(&old, name)), before);
    assert_eq!(table(&new, "history.csv").len(), 5);
    let steps = table(&new, "steps.csv");
    assert_eq!((steps[1][0].as_str(), steps.len()), ("11", 15));
    assert_eq!(names(&new), ["checkpoints", "history.csv", "history.jsonl", "steps.csv", "steps.jsonl"]);
}
