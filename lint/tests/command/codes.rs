//! Tests of exit codes and of the output on each stream.

use std::io::Read;
use std::process::Stdio;

use crate::program::{DOUBTFUL, FAULTY, Folder, RIGHT, program};

#[test]
fn clean_is_0_and_findings_are_1() {
    let folder = Folder::with(&[("right.rs", RIGHT), ("faulty.rs", FAULTY), ("doubtful.rs", DOUBTFUL)]);
    for (words, code) in [
        ("check right.rs", 0),
        ("check faulty.rs", 1),
        // A warning is a finding.
        ("check doubtful.rs", 1),
        ("check", 1),
        ("training-loop check right.rs", 0),
        ("check --format json right.rs", 0),
        ("check --format json doubtful.rs", 1),
    ] {
        let run = folder.run(words);
        assert_eq!((run.code, run.err.as_str()), (code, ""), "{words}: {run:?}");
    }
}

#[test]
fn what_cannot_be_read_is_2_and_the_rest_is_checked() {
    let folder = Folder::with(&[
        ("faulty.rs", FAULTY),
        ("half.rs", "fn f() {\n    let ä = (1;\n}\n"),
        ("odd.rs", "fn f() {\n    let x = ;\n}\n"),
    ]);
    folder.write("latin.rs", b"// f\xfcr\nfn f() {}\n");
    for (words, said) in [
        ("check nowhere faulty.rs", "error: nowhere: "),
        (
            "check half.rs faulty.rs",
            "error: half.rs:3:1: a bracket, a string or a character is opened and never closed, or a bracket closed and never opened",
        ),
        ("check odd.rs faulty.rs", "error: odd.rs:2:13: "),
        ("check latin.rs faulty.rs", "error: latin.rs:1:5: the text is not UTF-8"),
    ] {
        let run = folder.run(words);
        assert_eq!(run.code, 2, "{words}: {run:?}");
        assert!(run.err.starts_with(said), "{words}: {run:?}");
        assert_eq!(run.err.lines().count(), 1, "{words}: {run:?}");
        assert!(run.out.contains("--> faulty.rs:5:9"), "{words}: {run:?}");
        assert!(run.out.ends_with("checked 1 file, 1 function, 1 loop: 1 error\n"), "{words}: {run:?}");
    }
    let run = folder.run("check --format json");
    assert_eq!((run.code, run.err.lines().count(), run.out.lines().count()), (2, 3, 2), "{run:?}");
}

#[test]
fn wrong_arguments_are_2_and_say_what_is_right() {
    let folder = Folder::with(&[]);
    for (words, said) in [
        ("", "Usage: cargo training-loop"),
        ("training-loop", "Usage: cargo training-loop"),
        ("chek", "a similar subcommand exists: 'check'"),
        ("check --format sarif", "[possible values: human, json]"),
        ("check --colour never", "a similar argument exists: '--color'"),
    ] {
        let run = folder.run(words);
        assert!(run.code == 2 && run.out.is_empty() && run.err.contains(said), "{words}: {run:?}");
    }
    for words in ["--help", "--version", "check --help"] {
        let run = folder.run(words);
        assert!(run.code == 0 && run.err.is_empty() && !run.out.is_empty(), "{words}: {run:?}");
    }
}

/// It is not a failure if the reader closes the stream early, as `head` does.
#[test]
fn a_reader_that_leaves_changes_nothing() {
    let many: String = (0..2000).map(|index| FAULTY.replace("fit", &format!("fit_{index}"))).collect();
    let folder = Folder::with(&[("many.rs", &many)]);
    for format in ["human", "json"] {
        let mut child = program(&folder.path(""))
            .args(["check", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be run");
        let mut start = [0; 100];
        let mut out = child.stdout.take().expect("a pipe");
        out.read_exact(&mut start).expect("some output");
        drop(out);
        let output = child.wait_with_output().expect("it ends");
        assert_eq!((output.status.code(), output.stderr), (Some(1), vec![]), "{format}");
    }
}
