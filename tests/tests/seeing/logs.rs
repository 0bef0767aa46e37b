//! The log files of a run.

use std::path::Path;
use std::sync::{Arc, Mutex};

use training_loop::prelude::*;
use training_loop::run::{Callback, Row, RunInfo};

use crate::common::{model, names, objects, table, text, train, valid};

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), rate),
    scheduler = StepLr::new(3, 0.5),
    epochs = 7,
    clip_grad_norm = 1e6,
    train_metrics = [rmse],
    metrics = [r2],
    validate(every = 3 epochs),
)]
fn fit(
    model: &mut Linear,
    train: &DataLoader<Tensor>,
    valid: &DataLoader<Tensor>,
    rate: f32,
    run: &RunOptions,
) -> Result<History>;

fn run(dir: &Path, rate: f32) -> History {
    let options = RunOptions::new().dir(dir).log_every(4);
    fit(&mut model(), &train(), &valid(), rate, &options).unwrap()
}

#[test]
fn the_files_have_the_numbers_of_the_history() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let history = run(&dir, 0.1);
    assert_eq!(names(&dir), ["history.csv", "history.jsonl", "steps.csv", "steps.jsonl"]);
    history.save_csv(folder.path().join("saved.csv")).unwrap();
    assert_eq!(text(&dir, "history.csv"), text(folder.path(), "saved.csv"));
    let lines = objects(&dir, "history.jsonl");
    assert_eq!(lines.len(), 7);
    for (row, line) in history.rows().iter().zip(&lines) {
        assert_eq!(line["epoch"], row.epoch + 1);
        // The file contains the shortest decimal, and `serde_json` rounds when it parses the decimal.
        let written = text(&dir, "history.jsonl").lines().nth(row.epoch).unwrap().to_owned();
        let has = |name: &str, value: String| {
            assert!(written.contains(&format!("\"{name}\": {value}")), "{name} {value}: {written}");
        };
        has("grad_norm", format!("{:?}", row.grad_norm.unwrap()));
        has("learning_rate", format!("{:?}", row.learning_rate.unwrap()));
        row.measurements.iter().for_each(|(name, value)| has(name, format!("{value:?}")));
        assert_eq!(line.as_object().unwrap().len(), 3 + row.measurements.len());
    }
    let steps = table(&dir, "steps.csv");
    assert_eq!(steps[0], ["step", "epoch", "loss", "learning_rate", "grad_norm"]);
    let place = |row: &Vec<String>| (row[0].clone(), row[1].clone());
    let places: Vec<_> = steps[1..].iter().map(place).collect();
    let expected: Vec<_> =
        (1..=10).map(|n| ((4 * n).to_string(), ((4 * n - 1) / 6 + 1).to_string())).collect();
    assert_eq!(places, expected);
    for (row, line) in steps[1..].iter().zip(objects(&dir, "steps.jsonl")) {
        for (name, value) in steps[0].iter().zip(row) {
            let (one, other) = (line[name].as_f64().unwrap(), value.parse::<f64>().unwrap());
            assert!((one - other).abs() <= 1e-9 * other.abs(), "{name}: {one} and {other}");
        }
    }
}

#[test]
fn numbers_that_are_not_finite_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let history = run(folder.path(), 1e19);
    let StopReason::NonFinite { .. } = history.stop_reason() else { panic!("{:?}", history.stop_reason()) };
    let last = history.rows().last().unwrap();
    assert!(!last.get("loss").unwrap().is_finite());
    let csv = table(folder.path(), "history.csv");
    let column = csv[0].iter().position(|name| name == "loss").unwrap();
    assert!(["NaN", "inf"].contains(&csv.last().unwrap()[column].as_str()), "{csv:?}");
    let json = objects(folder.path(), "history.jsonl");
    let loss = json.last().unwrap()["loss"].as_str().unwrap().to_owned();
    assert!(["NaN", "Infinity"].contains(&loss.as_str()), "{loss}");
}

/// Reads the files during the run, as another program does.
struct Follows(Arc<Mutex<Vec<(usize, usize)>>>);

impl Callback for Follows {
    fn epoch_ends(&mut self, run: &RunInfo, row: &Row) -> Result<std::ops::ControlFlow<()>> {
        let dir = run.dir.unwrap();
        let rows = table(dir, "history.csv");
        assert!(rows.iter().all(|fields| fields.len() == rows[0].len()), "{rows:?}");
        assert_eq!(rows.last().unwrap()[0], (row.epoch + 1).to_string());
        self.0.lock().unwrap().push((rows.len() - 1, rows[0].len()));
        assert_eq!(objects(dir, "history.jsonl").len(), rows.len() - 1);
        assert_eq!(table(dir, "steps.csv").len() - 1, run.step / 4);
        Ok(std::ops::ControlFlow::Continue(()))
    }
}

#[test]
fn rows_are_in_the_files_when_an_epoch_ends() {
    let folder = tempfile::tempdir().unwrap();
    let seen = Arc::default();
    let options = RunOptions::new().dir(folder.path()).log_every(4).callback(Follows(Arc::clone(&seen)));
    fit(&mut model(), &train(), &valid(), 0.1, &options).unwrap();
    // The validations after epochs 3, 6 and 7 have two columns more; `seconds` is not counted.
    assert_eq!(*seen.lock().unwrap(), [(1, 5), (2, 5), (3, 7), (4, 7), (5, 7), (6, 7), (7, 7)]);
    let rows = table(folder.path(), "history.csv");
    assert_eq!(rows[1][5..], ["", ""]);
    assert!(rows[4][5..] == ["", ""] && rows[3][5..].iter().all(|field| !field.is_empty()));
}

#[test]
fn earlier_files_are_moved_and_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), 0.1);
    let first = text(folder.path(), "history.csv");
    std::fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    run(folder.path(), 0.2);
    run(folder.path(), 0.3);
    let files = ["history.csv", "history.jsonl", "steps.csv", "steps.jsonl"];
    let all = ["earlier-1", "earlier-2"].into_iter().chain(files[..2].iter().copied());
    let all: Vec<_> = all.chain(["notes.txt"]).chain(files[2..].iter().copied()).collect();
    assert_eq!(names(folder.path()), all);
    assert_eq!(names(&folder.path().join("earlier-2")), files);
    assert_eq!(text(&folder.path().join("earlier-1"), "history.csv"), first);
    assert_eq!(table(folder.path(), "steps.csv").len(), 11);
}

#[test]
fn a_folder_that_cannot_be_used_is_an_error_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let options = RunOptions::new().dir(&file);
    let error = fit(&mut model(), &train(), &valid(), 0.1, &options).unwrap_err();
    assert!(error.to_string().starts_with("could not create "), "{error}");

    std::fs::create_dir_all(folder.path().join("run/history.jsonl/full")).unwrap();
    let options = RunOptions::new().dir(folder.path().join("run"));
    fit(&mut model(), &train(), &valid(), 0.1, &options).unwrap();
    assert!(folder.path().join("run/earlier-1/history.jsonl/full").exists());
}

/// Begins a second run in the folder of the first.
struct Nested;

impl Callback for Nested {
    fn run_begins(&mut self, run: &RunInfo) -> Result<()> {
        let options = RunOptions::new().dir(run.dir.unwrap());
        let error = fit(&mut model(), &train(), &valid(), 0.1, &options).unwrap_err();
        assert!(error.to_string().ends_with("another run uses this folder; choose another one"), "{error}");
        Ok(())
    }
}

#[test]
fn two_runs_cannot_use_a_folder_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let options = RunOptions::new().dir(folder.path()).callback(Nested);
    fit(&mut model(), &train(), &valid(), 0.1, &options).unwrap();
    assert_eq!(table(folder.path(), "history.csv").len(), 8);
}
