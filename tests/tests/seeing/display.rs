//! The progress display: in a pipe, on terminals of several kinds, and under the options of a run.

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use training_loop::prelude::*;
use training_loop::run::ProgressStyle;

use crate::common::{model, train, valid};

/// The environment variable that selects the display style of the story.
const STYLE: &str = "TRAINING_LOOP_TEST_STYLE";

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    on(batch_end = |_, _| std::thread::sleep(Duration::from_millis(60))),
)]
fn slow(
    model: &mut Linear,
    train: &DataLoader<Tensor>,
    valid: &DataLoader<Tensor>,
    run: &RunOptions,
) -> Result<History>;

#[test]
#[ignore = "a story that the tests below tell"]
fn trains_slowly() {
    let options = match std::env::var(STYLE).as_deref() {
        Ok("off") => RunOptions::new().progress(ProgressStyle::Off),
        Ok("plain") => RunOptions::new().progress(ProgressStyle::Plain),
        Ok("try") => RunOptions::new().fast_dev_run(2),
        _ => RunOptions::new(),
    };
    slow(&mut model(), &train(), &valid(), &options).unwrap();
}

/// The environment variables that affect the display.
const VARIABLES: [&str; 6] =
    ["TRAINING_LOOP_PROGRESS", "TERM", "CI", "COLUMNS", STYLE, "TRAINING_LOOP_FAST_DEV_RUN"];

/// Standard error of the story, written to a pipe.
fn piped(variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "display::trains_slowly", "--ignored", "--nocapture", "--test-threads=1"]);
    text(under(&mut command, variables).output().unwrap(), |output| output.stderr)
}

/// The output of the story on a terminal with this many columns. `None` if the command `script`, which
/// creates the terminal, is missing.
fn on_terminal(columns: u16, variables: &[(&str, &str)]) -> Option<String> {
    let program = std::env::current_exe().unwrap();
    // Some shells set `COLUMNS` themselves, so the variables are set after the last command of the shell.
    let variables: Vec<String> = variables.iter().map(|(name, value)| format!(" {name}={value}")).collect();
    let variables = variables.concat();
    let story = format!(
        "stty cols {columns} rows 24; env{variables} '{}' --exact display::trains_slowly --ignored --nocapture --test-threads=1",
        program.display()
    );
    let mut command = Command::new("script");
    command.args(["-qec", &story, "/dev/null"]).stdin(Stdio::null());
    let Ok(output) = under(&mut command, &[]).output() else {
        println!("skipped: there is no command `script`");
        return None;
    };
    Some(text(output, |output| output.stdout))
}

fn under<'a>(command: &'a mut Command, variables: &[(&str, &str)]) -> &'a mut Command {
    for name in VARIABLES {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied())
}

fn text(output: Output, stream: fn(Output) -> Vec<u8>) -> String {
    let (status, text) = (output.status, String::from_utf8(stream(output)).unwrap());
    assert!(status.success(), "{text}");
    text
}

/// The bars that were drawn.
fn bars(text: &str) -> Vec<&str> {
    text.split("\r\u{1b}[2K\u{1b}[?7l").skip(1).map(|bar| bar.split('\u{1b}').next().unwrap()).collect()
}

#[test]
fn a_terminal_has_a_bar_that_fits() {
    for columns in [200, 80, 59, 30, 12] {
        let Some(text) = on_terminal(columns, &[("TERM", "xterm")]) else { return };
        let bars = bars(&text);
        assert!(bars.len() >= 4, "{text:?}");
        for bar in &bars {
            assert!(bar.chars().count() < usize::from(columns), "{columns} columns: {bar}");
            assert!(bar.starts_with("epoch 1/2") || bar.starts_with("epoch 2/2"), "{bar}");
        }
        let has = |part| bars.iter().any(|bar| bar.contains(part));
        assert_eq!(has("batches/s") && has(" left"), columns >= 80, "{columns}: {bars:?}");
        assert_eq!(has(", run 0:0") && has("  lr 0.1000"), columns == 200, "{columns}: {bars:?}");
        assert_eq!(has("/6"), columns > 12, "{columns}: {bars:?}");
        // The line of an epoch replaces the bar.
        assert_eq!(text.matches("\r\u{1b}[2Kepoch ").count(), 2, "{text:?}");
        assert!(text.contains("  valid_loss "), "{text:?}");
    }
    let Some(text) = on_terminal(200, &[("TERM", "xterm"), ("COLUMNS", "40")]) else { return };
    assert!(bars(&text).iter().all(|bar| bar.len() < 40), "{text:?}");
}

#[test]
fn no_escape_code_is_written_elsewhere() {
    let variables: [&[(&str, &str)]; 4] = [
        &[("TERM", "dumb")],
        &[("TERM", "dumb"), ("TRAINING_LOOP_PROGRESS", "bar")],
        &[("TERM", "xterm"), ("CI", "true")],
        &[("TERM", "xterm"), ("TRAINING_LOOP_PROGRESS", "plain")],
    ];
    let texts = variables.iter().filter_map(|variables| on_terminal(80, variables));
    let pipes = [&[][..], &[("TRAINING_LOOP_PROGRESS", "bar")], &[("TERM", "xterm")]].map(piped);
    for text in texts.chain(pipes) {
        assert!(!text.contains('\u{1b}') && text.matches("epoch ").count() == 2, "{text:?}");
    }
    if let Some(text) =
        on_terminal(80, &[("TERM", "xterm"), ("CI", "true"), ("TRAINING_LOOP_PROGRESS", "bar")])
    {
        assert!(!bars(&text).is_empty(), "{text:?}");
    }
}

#[test]
fn the_environment_overrides_the_style_of_the_options() {
    assert!(!piped(&[(STYLE, "off")]).contains("epoch"));
    assert_eq!(piped(&[(STYLE, "off"), ("TRAINING_LOOP_PROGRESS", "plain")]).matches("epoch ").count(), 2);
    assert!(!piped(&[(STYLE, "plain"), ("TRAINING_LOOP_PROGRESS", "off")]).contains("epoch"));
    if let Some(text) = on_terminal(80, &[("TERM", "xterm"), (STYLE, "plain")]) {
        assert!(bars(&text).is_empty() && text.matches("epoch ").count() == 2, "{text:?}");
    }
}

#[test]
fn a_try_says_that_it_is_one() {
    let line = "fast_dev_run: one epoch with the first 2 batches of the training and the validation data, without \
                files and checkpoints\n";
    for text in [piped(&[(STYLE, "try")]), piped(&[("TRAINING_LOOP_FAST_DEV_RUN", "2")])] {
        assert!(text.contains(line) && text.matches("epoch 1/1").count() == 1, "{text}");
    }
    assert_eq!(piped(&[(STYLE, "try"), ("TRAINING_LOOP_FAST_DEV_RUN", "off")]).matches("epoch ").count(), 2);
}
