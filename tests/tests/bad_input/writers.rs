//! Concurrent processes that save to one path, each of them process 1 as in a container, and processes that
//! are killed while saving.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use training_loop::prelude::*;

/// Parameters of the model: enough for a save to take several writes.
const NUMBERS: usize = 20_000;

/// The environment variable that tells a process where to save and how often.
const PLACE: &str = "TRAINING_LOOP_TEST_PLACE";
const SAVES: &str = "TRAINING_LOOP_TEST_SAVES";

fn saves() -> usize {
    std::env::var(SAVES).map_or(60, |text| text.parse().expect("a number of saves"))
}

/// This program as a child process that runs the story below, prefixed by another command.
fn story(before: &[&str], path: &Path, saves: usize) -> Command {
    let own = std::env::current_exe().unwrap().into_os_string().into_string().unwrap();
    let mut words = before.iter().map(|word| (*word).to_owned()).chain([own]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args(["--exact", "writers::saves_again_and_again", "--ignored", "--test-threads=1"]);
    command.env(PLACE, path).env(SAVES, saves.to_string()).stdout(Stdio::null());
    command
}

#[test]
#[ignore = "a story that the tests below tell"]
fn saves_again_and_again() {
    let path = PathBuf::from(std::env::var_os(PLACE).expect("where to save"));
    for round in 0..saves() {
        let mut state = StateDict::new();
        state.insert("w", ndarray::ArrayD::from_elem(vec![NUMBERS], round as Scalar));
        state.save(&path).unwrap();
    }
}

/// Reads the file, whose values must all come from one save.
fn read(path: &Path) -> Result<(), String> {
    let state = StateDict::load(path).map_err(|error| error.to_string())?;
    let numbers = state.get("w").ok_or("no `w`")?;
    let first = numbers[[0]];
    if numbers.len() == NUMBERS && numbers.iter().all(|&number| number == first) {
        return Ok(());
    }
    Err(format!("numbers of two saves: {first} and others"))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn ten_writers_that_are_each_process_1() {
    let isolated = ["unshare", "--pid", "--fork"];
    let permitted = Command::new(isolated[0]).args(&isolated[1..]).arg("true").output();
    if !permitted.is_ok_and(|output| output.status.success()) {
        println!("skipped: `unshare --pid --fork` is not permitted here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    story(&[], &path, 1).status().unwrap();
    let mut writers: Vec<Child> =
        (0..10).map(|_| story(&isolated, &path, saves()).stderr(Stdio::piped()).spawn().unwrap()).collect();
    let (mut reads, mut torn) = (0, Vec::new());
    while writers.iter_mut().any(|writer| writer.try_wait().unwrap().is_none()) {
        reads += 1;
        torn.extend(read(&path).err());
    }
    let failed = writers.into_iter().map(|writer| writer.wait_with_output().unwrap());
    let failed: Vec<_> = failed.filter(|output| !output.status.success()).collect();
    println!("{} saves, {} failed writers, {reads} reads, {} torn", 10 * saves(), failed.len(), torn.len());
    assert!(failed.is_empty(), "{failed:?}");
    assert!(reads > 0 && torn.is_empty(), "{} of {reads} reads: {torn:?}", torn.len());
    assert_eq!(names(folder.path()), ["model"]);
}

/// Leftovers of a killed process neither block the next save nor remain.
#[test]
fn writers_that_are_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let mut leftovers = 0;
    for pause in 0..10 {
        let mut writer = story(&[], &path, usize::MAX).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(30 + 7 * pause));
        writer.kill().unwrap();
        writer.wait().unwrap();
        leftovers += names(folder.path()).iter().filter(|name| *name != "model").count();
        story(&[], &path, 1).status().unwrap();
        read(&path).unwrap();
        assert_eq!(names(folder.path()), ["model"], "leftovers of the dead are removed");
    }
    println!("{leftovers} leftovers of 10 kills");
}
