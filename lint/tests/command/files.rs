//! Tests of the file search, and of unusual files.

use crate::program::{FAULTY, Folder, RIGHT};

/// The files with a finding, in the order of the output.
fn told(folder: &Folder, words: &str) -> Vec<String> {
    let run = folder.run(words);
    let path = |line: &str| line.trim().strip_prefix("--> ").map(|path| path.replace('\\', "/"));
    run.out.lines().filter_map(path).collect()
}

#[test]
fn a_folder_stands_for_the_rust_files_below_it() {
    let folder = Folder::with(&[
        ("src/b.rs", FAULTY),
        ("src/a/deep.rs", FAULTY),
        ("src/a.rs", FAULTY),
        ("src/notes.txt", FAULTY),
        ("ignored/c.rs", FAULTY),
        (".gitignore", "/ignored\n*.gen.rs\n"),
        ("src/d.gen.rs", FAULTY),
        (".hidden/e.rs", FAULTY),
        ("Cargo.toml", ""),
        ("target/debug/build/out.rs", FAULTY),
        ("elsewhere/CACHEDIR.TAG", ""),
        ("src/target/mod.rs", FAULTY),
    ]);
    let below = ["src/a/deep.rs:5:9", "src/a.rs:5:9", "src/b.rs:5:9", "src/target/mod.rs:5:9"];
    assert_eq!(told(&folder, "check"), below);
    assert_eq!(told(&folder, "check src"), below);
    // Each file is checked once, even if several paths name it.
    assert_eq!(told(&folder, "check src/b.rs src src/a/../b.rs"), below);
    // Paths on the command line are checked even if ignore rules exclude them.
    assert_eq!(told(&folder, "check ignored/c.rs src/notes.txt"), ["ignored/c.rs:5:9", "src/notes.txt:5:9"]);
}

#[test]
fn a_folder_without_rust_files_is_told() {
    let folder = Folder::with(&[("docs/a.md", "")]);
    let run = folder.run("check docs");
    assert_eq!((run.code, run.err.as_str()), (0, "warning: no Rust file below `docs`\n"));
    assert_eq!(run.out, "checked 0 files, 0 functions, 0 loops: nothing found\n");
    let run = folder.run("check --format json");
    assert_eq!(run.out, "{\"files\":0,\"functions\":0,\"loops\":0,\"errors\":0,\"warnings\":0}\n");
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_below_a_folder() {
    let folder = Folder::with(&[("src/a.rs", FAULTY), ("other/b.rs", FAULTY)]);
    let link = |to: &str, at: &str| {
        std::os::unix::fs::symlink(folder.path(to), folder.path(at)).expect("links can be made");
    };
    link("src", "src/round");
    link("src/self", "src/self");
    link("nowhere", "src/broken.rs");
    link("other", "linked");
    assert_eq!(told(&folder, "check src"), ["src/a.rs:5:9"]);
    // A symbolic link on the command line is followed.
    assert_eq!(told(&folder, "check linked"), ["linked/b.rs:5:9"]);
    let run = folder.run("check src/self");
    assert!(run.code == 2 && run.err.starts_with("error: src/self: "), "{run:?}");
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::with(&[("src/a.rs", FAULTY), ("src/b.rs", RIGHT)]);
    let closed = folder.path("src/b.rs");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o0)).expect("permissions can be set");
    if std::fs::read(&closed).is_ok() {
        return; // This user can read all files, so the test is skipped.
    }
    let run = folder.run("check");
    assert!(run.code == 2 && run.err.starts_with("error: src/b.rs: "), "{run:?}");
    assert!(run.out.contains("--> src/a.rs:5:9"), "{run:?}");
}

#[test]
fn odd_files_are_read_as_rustc_reads_them() {
    let crlf = FAULTY.replace('\n', "\r\n");
    for (what, text, place) in [
        ("byte order mark", format!("\u{feff}{FAULTY}"), "5:9"),
        ("byte order mark, one line", format!("\u{feff}{}", FAULTY.replace('\n', " ")), "1:214"),
        ("shebang", format!("#!/usr/bin/env rust-script\n{FAULTY}"), "6:9"),
        ("inner attributes", format!("#![cfg(unix)]\n#![allow(unused)]\n{FAULTY}"), "7:9"),
        ("line ends of Windows", crlf, "5:9"),
        ("a tab is one column", FAULTY.replace("        loss.b", "\tloss.b"), "5:2"),
        ("characters, not bytes", FAULTY.replace("        loss.b", "/* äß🎉 */ loss.b"), "5:11"),
        ("edition 2024", format!("fn g() -> impl Sized + use<> {{ async || {{}} }}\n{FAULTY}"), "6:9"),
        (
            "edition 2015",
            format!("fn g(f: &mut fn(u8) -> Box<dyn Fn()>) {{ let dyn_ = 1; }}\n{FAULTY}"),
            "6:9",
        ),
    ] {
        let folder = Folder::with(&[("a.rs", &text)]);
        let run = folder.run("check a.rs");
        assert!(run.out.contains(&format!("--> a.rs:{place}\n")), "{what}: {run:?}");
    }
    for text in ["", "\n", "\u{feff}", "// nothing\n", "#!/bin/sh"] {
        let folder = Folder::with(&[("a.rs", text)]);
        assert_eq!(folder.run("check").code, 0, "{text:?}");
    }
}

#[test]
fn large_and_deep_files_end() {
    let many: String = (0..2_000).map(|index| FAULTY.replace("fit", &format!("fit_{index}"))).collect();
    let deep = format!("fn f() {{ let x = {}1{}; }}", "(".repeat(3_000), ")".repeat(3_000));
    let chain = format!("fn f() {{ let x = 1{}; }}", " + 1".repeat(20_000));
    let calls = format!("fn f() {{ x{}; }}", ".g()".repeat(2_000));
    let too_deep = format!("fn f() {{ let x = {}1{}; }}", "(".repeat(100_000), ")".repeat(100_000));
    let folder = Folder::with(&[
        ("many.rs", &many),
        ("deep.rs", &deep),
        ("chain.rs", &chain),
        ("calls.rs", &calls),
        ("too_deep.rs", &too_deep),
    ]);
    let run = folder.run("check many.rs");
    assert!(run.out.ends_with("checked 1 file, 2000 functions, 2000 loops: 2000 errors\n"));
    for path in ["deep.rs", "chain.rs", "calls.rs"] {
        let run = folder.run(&format!("check {path}"));
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{path}");
    }
    let run = folder.run("check too_deep.rs");
    assert!(run.code == 2 && run.err.contains("100001 brackets stand in one another"), "{run:?}");
}

#[test]
fn nests_without_brackets_are_told_and_the_other_files_are_checked() {
    let nests = [("Box<", ">"), ("fn() -> ", ""), ("impl Fn() -> ", ""), ("& ", ""), ("*const ", "")].map(
        |(open, close)| format!("fn f() {{ let a: {}T{}; }}", open.repeat(100_000), close.repeat(100_000)),
    );
    let signs = ["-", "!", "& ", "|| ", "return ", "break ", "x = "]
        .map(|open| format!("fn f() {{ {}x; }}", open.repeat(100_000)));
    for nest in nests.iter().chain(&signs) {
        let folder = Folder::with(&[("a.rs", nest), ("b.rs", FAULTY)]);
        let run = folder.run("check");
        assert!(
            run.code == 2 && run.err.contains("this is nested too deep to be read"),
            "{nest:.60}: {run:?}"
        );
        assert!(run.out.contains("b.rs:5:9"), "{nest:.60}: {run:?}");
    }
}

#[test]
fn two_runs_say_the_same() {
    let files: Vec<(String, &str)> = (0..30).map(|i| (format!("{}/{i}.rs", i % 4), FAULTY)).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let folder = Folder::with(&files);
    assert_eq!(folder.run("check").out, folder.run("check").out);
}
