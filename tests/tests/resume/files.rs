//! Folders and files that are missing, damaged, in use or of another run, and disks that are full.

use std::path::Path;
use std::process::{Command, Stdio};

use training_loop::prelude::*;

use crate::common::{Net, checkpoints, rows, train_loader, valid_loader};

#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 0.02),
    epochs = 3,
    seed = 11,
    checkpoint(every = 1 steps, keep_last = 3, keep_best = 0),
)]
fn fit(model: &mut Net, train: &DataLoader, max_steps: usize, run: &RunOptions) -> Result<History>;

fn started(dir: &Path, updates: usize) {
    fit(&mut Net::fresh(), &train_loader(), updates, &RunOptions::new().dir(dir)).unwrap();
}

fn resumed(dir: &Path) -> Result<(Vec<u32>, Vec<String>)> {
    let mut model = Net::other();
    let options = RunOptions::new().dir(dir).resume_auto();
    let history = fit(&mut model, &train_loader(), 1_000, &options)?;
    Ok((model.bits(), rows(&history)))
}

fn error(result: Result<impl Sized>) -> String {
    result.err().expect("an error").to_string()
}

#[track_caller]
fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[test]
fn a_loop_with_checkpoints_needs_a_folder() {
    let text = error(fit(&mut Net::fresh(), &train_loader(), 9, &RunOptions::new()));
    assert_says(&text, &["`checkpoint` has no folder", "RunOptions::new().dir(", "TRAINING_LOOP_DIR"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"no folder").unwrap();
    assert_says(
        &error(fit(&mut Net::fresh(), &train_loader(), 9, &RunOptions::new().dir(&file))),
        &["create"],
    );
    assert_eq!(std::fs::read(&file).unwrap(), b"no folder");
}

#[test]
fn runs_are_not_mixed() {
    let folder = tempfile::tempdir().unwrap();
    started(folder.path(), 5);
    let text = error(fit(&mut Net::fresh(), &train_loader(), 9, &RunOptions::new().dir(folder.path())));
    assert_says(&text, &["has checkpoints of an earlier run", "resume_auto()"]);
    // A run that resumed from an older checkpoint would collide with the newer ones.
    let paths = checkpoints(folder.path());
    assert_eq!(paths.len(), 3);
    let back = RunOptions::new().dir(folder.path()).resume(&paths[0]);
    assert_says(
        &error(fit(&mut Net::other(), &train_loader(), 9, &back)),
        &["later checkpoints", "step-00000005"],
    );
    let elsewhere = tempfile::tempdir().unwrap();
    let branch = RunOptions::new().dir(elsewhere.path()).resume(&paths[0]);
    let history = fit(&mut Net::other(), &train_loader(), 4, &branch).unwrap();
    assert_eq!((history.stop_reason(), checkpoints(elsewhere.path()).len()), (StopReason::MaxSteps, 1));
    assert_eq!(checkpoints(folder.path()), paths);
}

#[test]
fn there_must_be_something_to_resume_unless_it_may_start_anew() {
    let folder = tempfile::tempdir().unwrap();
    let options = RunOptions::new().dir(folder.path().join("new")).resume(folder.path().join("none"));
    assert_says(
        &error(fit(&mut Net::fresh(), &train_loader(), 2, &options)),
        &["none", "there is no checkpoint"],
    );
    assert!(resumed(&folder.path().join("new")).is_ok());
}

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 1)]
fn without_checkpoints(model: &mut Net, train: &DataLoader, run: &RunOptions) -> Result<History>;

#[test]
fn a_loop_without_checkpoints_cannot_be_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let options = RunOptions::new().dir(&dir);
    let text = error(without_checkpoints(&mut Net::fresh(), &train_loader(), &options.clone().resume_auto()));
    assert_says(&text, &["run", "add the clause `checkpoint(every = 1 epochs)`"]);
    assert!(!dir.exists());
    assert!(without_checkpoints(&mut Net::fresh(), &train_loader(), &options).is_ok());
    assert!(dir.join("history.csv").exists() && !dir.join("checkpoints").exists());
}

#[test]
fn a_damaged_checkpoint_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    started(&folder.path().join("whole"), 1_000);
    let whole = resumed(&folder.path().join("whole")).unwrap();
    for (index, file) in ["model.safetensors", "optimizer.safetensors", "state.json"].into_iter().enumerate()
    {
        for harm in ["flip", "cut", "remove"] {
            let dir = folder.path().join(format!("{harm}{index}"));
            started(&dir, 8);
            let paths = checkpoints(&dir);
            for path in &paths[1..] {
                let file = path.join(file);
                let mut bytes = std::fs::read(&file).unwrap();
                match harm {
                    "flip" => *bytes.last_mut().unwrap() ^= 0x10,
                    "cut" => bytes.truncate(100),
                    _ => {}
                }
                if harm == "remove" { std::fs::remove_file(&file) } else { std::fs::write(&file, bytes) }
                    .unwrap();
            }
            assert_eq!(resumed(&dir).unwrap(), whole, "{file} {harm}");
        }
    }
}

#[test]
fn if_no_checkpoint_is_sound_each_is_named_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    started(folder.path(), 4);
    let paths = checkpoints(folder.path());
    std::fs::remove_file(paths[0].join("optimizer.safetensors")).unwrap();
    std::fs::write(paths[1].join("state.json"), b"{}").unwrap();
    std::fs::write(paths[2].join("model.safetensors"), b"").unwrap();
    let text = error(resumed(folder.path()));
    assert_says(
        &text,
        &["no checkpoint is sound", "could not read optimizer.safetensors", "state.json is damaged"],
    );
    assert_says(&text, &["model.safetensors has 0 bytes"]);
    assert_eq!(checkpoints(folder.path()), paths);
}

/// Specs that train differently, each named after the difference.
mod others {
    use training_loop::prelude::*;

    use crate::common::Net;

    #[training_loop(
        loss = |output, batch| cross_entropy(output, &batch.target) * 2.0,
        optimizer = AdamW::new(model.parameters(), 0.02).betas(0.5, 0.999),
        epochs = 9,
        seed = 12,
        accumulate = 2,
        clip_grad_norm = 1.0,
        scheduler = CosineLr::new(10),
        metrics = [accuracy],
        checkpoint(every = 2 epochs),
    )]
    pub(super) fn all(
        model: &mut Net,
        train: &DataLoader,
        valid: &DataLoader,
        run: &RunOptions,
    ) -> Result<History>;

    /// The differences are in clauses that may change.
    #[training_loop(
        loss = cross_entropy,
        optimizer = AdamW::new(model.parameters(), 2e-2),
        max_steps = 20,
        seed = 5 + 6,
        metrics = [accuracy],
        train_metrics = [accuracy],
        validate(every = 3 steps),
        on(epoch_end = |_, _| {}),
        checkpoint(every = 2 epochs),
    )]
    pub(super) fn longer(
        model: &mut Net,
        train: &DataLoader,
        valid: &DataLoader,
        run: &RunOptions,
    ) -> Result<History>;

    #[training_loop(
        loss = cross_entropy,
        optimizer = AdamW::new(model.parameters(), 0.01),
        epochs = 3,
        seed = 11,
        checkpoint(every = 1 epochs),
    )]
    pub(super) fn slower(model: &mut Net, train: &DataLoader, run: &RunOptions) -> Result<History>;

    #[training_loop(
        loss = cross_entropy,
        optimizer = AdamW::new(model.parameters(), 0.02),
        epochs = 3,
        seed = 11,
        checkpoint(every = 1 epochs),
    )]
    pub(super) fn wider(model: &mut Linear, train: &DataLoader, run: &RunOptions) -> Result<History>;
}

#[test]
fn another_spec_is_refused_with_all_that_differs() {
    let folder = tempfile::tempdir().unwrap();
    started(folder.path(), 1_000);
    let options = RunOptions::new().dir(folder.path()).resume_auto();
    let mut model = Net::other();
    let before = model.bits();
    let other = DataLoader::new(crate::common::blobs(44, 1), 4);
    let text = error(others::all(&mut model, &other, &valid_loader(), &options));
    assert_says(
        &text,
        &["of another run, and nothing was changed", "`seed` is 12 here and 11 in the saved state"],
    );
    assert_says(
        &text,
        &["`accumulate` is 2 here and absent", "`clip_grad_norm` is 1 here and absent", "`loss` is |"],
    );
    assert_says(&text, &["`beta1` of `AdamW` is 0.5 here and 0.9", "`scheduler` is present here and absent"]);
    assert_says(
        &text,
        &["`train` is 44 samples in batches of 4, in order here and 44 samples in batches of 8"],
    );
    assert!(!text.contains("epochs") && !text.contains("metrics"), "{text}");
    assert_says(
        &error(others::slower(&mut model, &train_loader(), &options)),
        &["`learning_rate` is 0.01 here"],
    );
    assert_eq!(model.bits(), before);
    let mut linear = Linear::new(4, 3);
    let before = linear.state_dict();
    let text = error(others::wider(&mut linear, &train_loader(), &options));
    assert_says(
        &text,
        &["another architecture, the model is unchanged", "missing: `weight`", "`hidden.weight`"],
    );
    assert_eq!(linear.state_dict(), before);
    assert_eq!(checkpoints(folder.path()).len(), 3);
    let history = others::longer(&mut model, &train_loader(), &valid_loader(), &options).unwrap();
    assert_eq!((history.stop_reason(), history.len()), (StopReason::MaxSteps, 4));
}

#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 0.02),
    epochs = 3,
    seed = 11,
    on(batch_end = |_, state| assert!(state.step < 9, "on purpose")),
    checkpoint(every = 2 steps),
)]
fn panics(model: &mut Net, train: &DataLoader, run: &RunOptions) -> Result<History>;

#[test]
fn a_panic_leaves_the_last_checkpoint_and_its_history() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    started(&whole, 1_000);
    let dir = folder.path().join("panics");
    let panicked = std::panic::catch_unwind(|| {
        panics(&mut Net::fresh(), &train_loader(), &RunOptions::new().dir(&dir)).map(drop)
    });
    assert!(panicked.is_err());
    assert!(checkpoints(&dir).last().unwrap().ends_with("step-00000008"));
    assert_eq!(resumed(&dir).unwrap(), resumed(&whole).unwrap());
}

#[test]
#[ignore = "a story that the test below tells"]
fn trains_until_the_disk_is_full() {
    let dir = std::env::var_os("TRAINING_LOOP_TEST_PLACE").expect("where to save");
    let mut model = Net::fresh();
    let options = RunOptions::new().dir(dir);
    let error = fit(&mut model, &train_loader(), 1_000, &options).unwrap_err();
    panic!("{error}");
}

#[test]
fn a_full_disk_ends_the_run_and_keeps_what_was_saved() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    started(&dir, 3);
    let before = checkpoints(&dir);
    // No file may be larger than one block of 512 bytes, as if the disk were full. SIGXFSZ is ignored.
    let own = std::env::current_exe().unwrap();
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" --exact files::trains_until_the_disk_is_full --ignored \
                  --nocapture";
    let output = Command::new("sh")
        .args(["-c", script])
        .arg(own)
        .env("TRAINING_LOOP_TEST_PLACE", &dir)
        .env("TRAINING_LOOP_RESUME", "auto")
        .env("TRAINING_LOOP_PROGRESS", "off")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains("could not write"), "{text}");
    assert_eq!(checkpoints(&dir), before, "{text}");
    let whole = folder.path().join("whole");
    started(&whole, 1_000);
    assert_eq!(resumed(&dir).unwrap(), resumed(&whole).unwrap());
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_an_error_before_the_first_batch_or_ends_the_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let permit = |path: &Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    permit(folder.path(), 0o555);
    if std::fs::write(folder.path().join("file"), b"").is_ok() {
        println!("skipped: an administrator may write to every folder");
        permit(folder.path(), 0o755);
        return;
    }
    let text = error(fit(&mut Net::fresh(), &train_loader(), 9, &RunOptions::new().dir(folder.path())));
    assert_says(&text, &["could not create", "checkpoints"]);
    permit(folder.path(), 0o755);
    started(folder.path(), 3);
    let before = checkpoints(folder.path());
    permit(&folder.path().join("checkpoints"), 0o555);
    assert_says(&error(resumed(folder.path())), &["could not create", "step-00000004"]);
    permit(&folder.path().join("checkpoints"), 0o755);
    assert_eq!(checkpoints(folder.path()), before);
    assert!(resumed(folder.path()).is_ok());
}

#[test]
fn a_folder_that_is_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    started(folder.path(), 1);
    let lock = std::fs::File::open(folder.path().join("checkpoints/.lock")).unwrap();
    lock.lock().unwrap();
    assert_says(&error(resumed(folder.path())), &["another run uses this folder"]);
    drop(lock);
    assert!(resumed(folder.path()).is_ok());
}
