//! Standard error of a run: progress, the report of a diverged run, the watch.
//!
//! Each story runs in its own process, whose standard error is a pipe.

use std::process::{Command, Output};

use training_loop::prelude::*;

/// Runs one of the stories below with these environment variables.
fn tell(story: &str, environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", story, "--ignored", "--nocapture", "--test-threads=1"]);
    command.env_remove("TRAINING_LOOP_PROGRESS").env_remove("TRAINING_LOOP_WATCH");
    command.envs(environment.iter().copied()).output().unwrap()
}

/// Standard error of a story that succeeds.
fn said(story: &str, environment: &[(&str, &str)]) -> String {
    let output = tell(story, environment);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}");
    text
}

fn data(scale: f32) -> DataLoader<Tensor> {
    let inputs = Tensor::from(ndarray::Array2::from_shape_fn((10, 1), |(row, _)| row as f32 * scale));
    let targets = Tensor::from(ndarray::Array2::from_shape_fn((10, 1), |(row, _)| 2.0 * row as f32));
    DataLoader::new(TensorDataset::new(inputs, targets).unwrap(), 5)
}

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), rate),
    epochs = 10,
    clip_grad_norm = 1e30,
)]
fn fit(
    model: &mut Linear,
    train: &DataLoader<Tensor>,
    valid: &DataLoader<Tensor>,
    rate: f32,
) -> Result<History>;

#[test]
#[ignore = "a story that the tests below tell"]
fn learns() {
    let history = fit(&mut Linear::new(1, 1), &data(0.1), &data(0.1), 0.01).unwrap();
    assert_eq!(history.stop_reason(), StopReason::Completed);
}

#[test]
#[ignore = "a story that the tests below tell"]
fn diverges() {
    let history = fit(&mut Linear::new(1, 1), &data(1.0), &data(1.0), 1e15).unwrap();
    assert!(matches!(history.stop_reason(), StopReason::NonFinite { .. }));
}

#[test]
#[ignore = "a story that the tests below tell"]
fn learns_in_silence() {
    training_loop::run::set_progress(training_loop::run::ProgressStyle::Off);
    learns();
}

#[test]
#[ignore = "a story that the tests below tell"]
fn forgets_to_zero() {
    let model = Linear::new(1, 1);
    let mut optimizer = Sgd::new(model.parameters(), 0.01);
    for batch in &data(0.1) {
        mse_loss(&model.forward(&batch.input), &batch.target).backward();
        optimizer.step();
    }
}

#[test]
fn each_epoch_is_one_line_without_escape_codes() {
    for choice in ["auto", "bar", "plain"] {
        let text = said("learns", &[("TRAINING_LOOP_PROGRESS", choice), ("TERM", "xterm")]);
        let lines: Vec<_> = text.lines().filter(|line| line.starts_with("epoch ")).collect();
        assert_eq!(lines.len(), 10, "{text}");
        for (number, line) in lines.iter().enumerate() {
            assert!(line.starts_with(&format!("epoch {:>2}/10  0.0s  loss ", number + 1)), "{line}");
            assert!(line.contains("  valid_loss ") && line.ends_with("  *best"), "{line}");
        }
        assert!(!text.contains('\u{1b}') && !text.contains('\r'), "{text:?}");
    }
    assert_eq!(said("learns", &[]).matches("epoch ").count(), 10);
}

#[test]
fn code_has_the_last_word_about_progress() {
    for choice in ["auto", "bar", "plain"] {
        assert!(!said("learns_in_silence", &[("TRAINING_LOOP_PROGRESS", choice)]).contains("epoch"));
    }
}

#[test]
fn progress_can_be_silenced_and_a_wrong_choice_is_told() {
    assert!(!said("learns", &[("TRAINING_LOOP_PROGRESS", "off")]).contains("epoch"));
    let text = said("learns", &[("TRAINING_LOOP_PROGRESS", "loud")]);
    assert!(text.contains("TRAINING_LOOP_PROGRESS is `loud`, but must be auto, bar, plain or off"), "{text}");
    assert_eq!(text.matches("epoch ").count(), 10);
}

#[test]
fn a_run_that_diverges_says_where_and_after_what() {
    let text = said("diverges", &[]);
    let line = text.lines().find(|line| line.starts_with("stopped: ")).expect(&text);
    assert!(line.contains("stopped: the loss is ") && line.contains(" of epoch "), "{line}");
    assert!(line.contains("after an update with learning rate 1000000000000000 and gradient norm"), "{line}");
}

#[test]
fn the_watch_names_the_lint_and_the_place() {
    let text = said("forgets_to_zero", &[("TRAINING_LOOP_WATCH", "warn")]);
    assert_eq!(text.matches("`missing_zero_grad`").count(), 1, "{text}");
    let unasked = said("forgets_to_zero", &[]).matches("`missing_zero_grad`").count();
    assert_eq!(unasked, usize::from(cfg!(debug_assertions)));
    assert!(text.contains("  --> ") && text.contains("stderr.rs:"), "{text}");
    assert_eq!(said("forgets_to_zero", &[("TRAINING_LOOP_WATCH", "off")]).matches("zero_grad").count(), 0);
    let output = tell("forgets_to_zero", &[("TRAINING_LOOP_WATCH", "panic")]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && text.contains("missing_zero_grad"), "{text}");
}

/// The reader of the pipe has ended.
#[cfg(unix)]
#[test]
fn a_closed_standard_error_ends_no_run() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "learns", "--ignored", "--nocapture"]).stderr(writer);
    assert!(command.output().unwrap().status.success());
}
