//! SIGINT and SIGTERM: the update is finished, a checkpoint is saved, and a second signal ends the process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use training_loop::prelude::*;

use crate::common::{Net, checkpoints, rows, train_loader, valid_loader};

const PLACE: &str = "TRAINING_LOOP_TEST_PLACE";
/// The milliseconds that the third update takes.
const PAUSE: &str = "TRAINING_LOOP_TEST_PAUSE";

fn pause() -> Duration {
    Duration::from_millis(std::env::var(PAUSE).map_or(0, |text| text.parse().expect("milliseconds")))
}

#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 0.01),
    epochs = 4,
    seed = 4,
    on(before_step = |_, state| { println!("update {}", state.step); if state.step == 2 { std::thread::sleep(pause()); } }),
    checkpoint(every = 1 epochs),
)]
fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader, run: &RunOptions) -> Result<History>;

#[test]
#[ignore = "a story that the tests below tell"]
fn handles_signals() {
    let dir = PathBuf::from(std::env::var_os(PLACE).expect("where to save"));
    let options = RunOptions::new().dir(dir).handle_signals();
    let history = fit(&mut Net::fresh(), &train_loader(), &valid_loader(), &options).unwrap();
    println!("stopped: {:?} with {} rows", history.stop_reason(), history.len());
}

/// A run that has begun its third update.
fn running(dir: &Path, pause: u32) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "signals::handles_signals", "--ignored", "--nocapture", "--test-threads=1"])
        .env(PLACE, dir)
        .env(PAUSE, pause.to_string())
        .env("TRAINING_LOOP_PROGRESS", "off")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("update 2") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "the run has ended early");
    }
    (child, lines)
}

fn signal(child: &Child, name: &str) {
    let kill = format!("kill -{name} {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

#[test]
fn a_signal_finishes_the_update_and_saves() {
    let whole_folder = tempfile::tempdir().unwrap();
    let mut whole = Net::fresh();
    let history =
        fit(&mut whole, &train_loader(), &valid_loader(), &RunOptions::new().dir(whole_folder.path()))
            .unwrap();
    for name in ["INT", "TERM"] {
        let folder = tempfile::tempdir().unwrap();
        let (child, mut lines) = running(folder.path(), 2_000);
        signal(&child, name);
        let mut rest = String::new();
        while lines.read_line(&mut rest).unwrap() > 0 {}
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success() && rest.contains("stopped: Interrupted with 0 rows"),
            "{name}: {rest}"
        );
        assert!(String::from_utf8_lossy(&output.stderr).contains("the run ends after this update"));
        let saved = checkpoints(folder.path());
        assert!(saved.len() == 1 && saved[0].ends_with("step-00000003"), "{saved:?}");
        let mut model = Net::other();
        let options = RunOptions::new().dir(folder.path()).resume_auto();
        let resumed = fit(&mut model, &train_loader(), &valid_loader(), &options).unwrap();
        assert_eq!((model.bits(), rows(&resumed)), (whole.bits(), rows(&history)));
    }
}

#[test]
fn a_second_signal_ends_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let (child, _lines) = running(folder.path(), 60_000);
    signal(&child, "INT");
    std::thread::sleep(Duration::from_millis(300));
    signal(&child, "INT");
    let status = child.wait_with_output().unwrap().status;
    assert_eq!(status.code(), Some(130));
    assert_eq!(checkpoints(folder.path()).len(), 0);
}
