//! A process that is killed at random moments and restarted ends bitwise equal to an uninterrupted one.
//!
//! `TRAINING_LOOP_TEST_KILLS=1000 cargo test -p training-loop-tests --test resume killed` kills more often.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use training_loop::prelude::*;

use crate::common::{Net, checkpoints, rows, train_loader, valid_loader};

const PLACE: &str = "TRAINING_LOOP_TEST_PLACE";

#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 0.01),
    scheduler = CosineLr::new(70),
    epochs = 6,
    seed = 4,
    metrics = [accuracy],
    train_metrics = [accuracy],
    warmup = 6 steps,
    ema(decay = 0.9),
    early_stop(patience = 5),
    restore_best,
    checkpoint(every = 1 steps, keep_last = 2),
)]
fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader, run: &RunOptions) -> Result<History>;

#[test]
#[ignore = "a story that the test below tells"]
fn trains_again_and_again() {
    let dir = std::path::PathBuf::from(std::env::var_os(PLACE).expect("where to save"));
    // A run that is killed before its first checkpoint starts anew, and needs the same initial values.
    let is_new = !dir.join("checkpoints").exists() || checkpoints(&dir).is_empty();
    let mut model = if is_new { Net::fresh() } else { Net::other() };
    let options = RunOptions::new().dir(&dir).resume_auto().log_every(1);
    let history = fit(&mut model, &train_loader(), &valid_loader(), &options).unwrap();
    let end = format!("{:?}\n{}\n{}", model.bits(), rows(&history).join("\n"), logged(&dir, &history));
    // The write is atomic, because the process may be killed here too.
    std::fs::write(dir.join("end.tmp"), end).unwrap();
    std::fs::rename(dir.join("end.tmp"), dir.join("end")).unwrap();
}

/// The rows about updates. Those about epochs must be the rows of the history.
fn logged(dir: &Path, history: &History) -> String {
    let saved = dir.join("saved.csv");
    history.save_csv(&saved).unwrap();
    let text = |path: &Path| std::fs::read_to_string(path).unwrap();
    assert_eq!(text(&dir.join("history.csv")), text(&saved));
    assert_eq!(text(&dir.join("history.jsonl")).lines().count(), history.len());
    text(&dir.join("steps.csv")) + &text(&dir.join("steps.jsonl"))
}

fn story(dir: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::trains_again_and_again", "--ignored", "--test-threads=1"])
        .env(PLACE, dir)
        .env("TRAINING_LOOP_PROGRESS", "off")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn end(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("end")).expect("the run has ended")
}

#[test]
fn every_killed_run_is_resumed_and_ends_in_the_same_bits() {
    let kills: usize = std::env::var("TRAINING_LOOP_TEST_KILLS").map_or(50, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let began = Instant::now();
    assert!(story(&whole).wait().unwrap().success());
    let seconds = began.elapsed().as_secs_f64();
    let (mut killed, mut runs, mut finished) = (0, 0, 0);
    while killed < kills {
        let dir = folder.path().join(format!("run{finished}"));
        let mut child = story(&dir);
        runs += 1;
        // The pause varies from run to run. Fractional parts of multiples of the golden ratio replace a
        // random generator.
        let fraction = (f64::from(runs) * 0.618_033_988_75).fract();
        std::thread::sleep(Duration::from_secs_f64(0.7 * seconds * fraction));
        let is_killed = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        if is_killed && !dir.join("end").exists() {
            killed += 1;
            continue;
        }
        assert!(is_killed || output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(end(&dir), end(&whole), "run {finished}");
        finished += 1;
    }
    // The last run is not killed.
    let dir = folder.path().join(format!("run{finished}"));
    let output = story(&dir).wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(end(&dir), end(&whole), "the last run");
    println!("{killed} kills in {runs} starts, {} runs finished", finished + 1);
}
