//! Snapshots of the human-readable output.

use crate::program::{DOUBTFUL, FAULTY, Folder, RIGHT, program};

#[test]
fn findings_look_as_rustc_prints_them() {
    let two = FAULTY.replace("fit", "gan").replace(
        "    for batch in train {\n",
        "    optimizer.zero_grad();\n    for (index, batch) in train.iter().enumerate() {\n        // \t tab, é and 🎉\n",
    );
    let folder = Folder::with(&[
        ("src/a.rs", FAULTY),
        ("src/b.rs", RIGHT),
        ("src/c.rs", DOUBTFUL),
        ("src/d.rs", &two),
    ]);
    insta::assert_snapshot!(folder.run("check").out);
    insta::assert_snapshot!(folder.run("check src/b.rs").out);
}

#[test]
fn proofs_stand_behind_the_findings() {
    let folder = Folder::with(&[("a.rs", FAULTY), ("b.rs", RIGHT), ("c.rs", "fn f() {}")]);
    let run = folder.run("check --prove");
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(run.out);
}

#[test]
fn colours_when_they_are_asked_for() {
    let folder = Folder::with(&[("a.rs", FAULTY)]);
    assert!(!folder.run("check").out.contains('\u{1b}'), "this is no terminal");
    assert!(!folder.run("check --color never").out.contains('\u{1b}'));
    assert!(folder.run("check --color always").out.contains('\u{1b}'));
    let mut asked = program(&folder.path(""));
    let output = asked.args(["check", "--color", "always"]).env("NO_COLOR", "1").output().expect("it runs");
    assert!(output.stdout.contains(&0x1b), "what is said on the command line counts more");
}
