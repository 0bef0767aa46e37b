//! The README's first program as a reader runs it: in a new project outside the workspace, with the README's
//! dependencies, from the packaged crates, in debug and in release.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const README: &str = include_str!("../../README.md");

/// The README's code block in a language that contains a text.
fn block(language: &str, holds: &str) -> &'static str {
    let fence = format!("```{language}\n");
    let blocks = README.split(fence.as_str()).skip(1).filter_map(|rest| rest.split("```").next());
    blocks
        .into_iter()
        .find(|block| block.contains(holds))
        .unwrap_or_else(|| panic!("no block with `{holds}`"))
}

/// Runs a command in a folder, without the environment of this build.
fn run(folder: &Path, command: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(command);
    command.args(arguments).current_dir(folder);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        let own = name.starts_with("CARGO") && name != "CARGO_HOME" || name.starts_with("TRAINING_LOOP");
        if own || name == "RUSTFLAGS" {
            command.env_remove(&*name);
        }
    }
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}\n{words}");
    output
}

/// The crates as published, unpacked.
fn packaged(place: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = place.join("package-target");
    let target = target.to_str().expect("a path in UTF-8");
    let crates = ["-p", "training-loop", "-p", "training-loop-macros", "-p", "training-loop-analysis"];
    let rest = ["--no-verify", "--allow-dirty", "--offline", "--target-dir", target];
    run(&root, "cargo", &[&["package"], &crates[..], &rest[..]].concat());
    let unpacked = place.join("packages");
    let _ = fs::remove_dir_all(&unpacked);
    fs::create_dir_all(&unpacked).expect("a folder");
    for entry in fs::read_dir(place.join("package-target/package")).expect("packages") {
        let path = entry.expect("a package").path();
        if path.extension().is_some_and(|extension| extension == "crate") {
            run(&unpacked, "tar", &["xzf", path.to_str().expect("a path in UTF-8")]);
        }
    }
    unpacked
}

#[test]
fn the_first_program_compiles_and_trains_outside_of_the_workspace() {
    let program = block("rust,no_run", "fn main");
    assert!(program.lines().count() <= 30, "the first program has {} lines", program.lines().count());
    // Kept between runs, so that only changes are rebuilt.
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("first-program");
    fs::create_dir_all(&place).expect("a folder");
    let packages = packaged(&place);
    let version = env!("CARGO_PKG_VERSION");
    let package = |name: &str| packages.join(format!("{name}-{version}")).display().to_string();

    let folder = tempfile::tempdir().expect("a folder");
    run(folder.path(), "cargo", &["new", "first", "--vcs", "none"]);
    let project = folder.path().join("first");
    let manifest = project.join("Cargo.toml");
    let dependency = block("toml", "[dependencies]");
    let [name, path] = ["training-loop = { path = \"", "…/training-loop/runtime"];
    assert!(dependency.contains(&format!("{name}{path}")), "the dependency line has changed: {dependency}");
    let text = fs::read_to_string(&manifest).expect("a manifest").replace("[dependencies]\n", "");
    let patch = format!(
        "\n[patch.crates-io]\ntraining-loop-macros = {{ path = {:?} }}\ntraining-loop-analysis = {{ path = {:?} }}\n",
        package("training-loop-macros"),
        package("training-loop-analysis"),
    );
    fs::write(&manifest, text + &dependency.replace(path, &package("training-loop")) + &patch)
        .expect("written");
    fs::write(project.join("src/main.rs"), program).expect("written");

    let target = place.join("target");
    let target = target.to_str().expect("a path in UTF-8");
    for profile in [&[][..], &["--release"]] {
        let arguments = [&["run", "--offline", "--target-dir", target], profile].concat();
        let said = String::from_utf8(run(&project, "cargo", &arguments).stderr).expect("text");
        assert!(said.contains("epoch 10/10") && said.contains("valid_accuracy 0.9"), "{profile:?}: {said}");
        assert!(!said.contains("warning"), "{profile:?}: {said}");
        assert!(!said.contains("without optimization"), "{profile:?}: {said}");
        fs::remove_file(project.join("model.safetensors")).expect("the program saves its model");
    }
}
