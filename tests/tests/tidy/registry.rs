//! Requirements for a new file of a registry.

use std::collections::BTreeSet;

use crate::tree::{demand, files, idents, published};

/// A file without a `mod` is never compiled, and its tests never run.
#[test]
fn every_file_is_part_of_its_crate() {
    let sources = published();
    let mut broken = Vec::new();
    for file in &sources {
        let (folder, name) = file.path.rsplit_once('/').expect("in a folder");
        let name = name.trim_end_matches(".rs");
        if name == "lib" || name == "main" {
            continue;
        }
        let parents = [format!("{folder}.rs"), format!("{folder}/lib.rs")];
        let Some(parent) = sources.iter().find(|source| parents.contains(&source.path)) else {
            broken.push(format!("{}: its folder has no file of its own", file.path));
            continue;
        };
        let mut is_named = false;
        idents(parent.tokens(), &mut |_, ident, _| is_named |= ident == name);
        if !is_named {
            broken.push(format!("{}: `{}` does not name it", file.path, parent.path));
        }
    }
    demand("each file is a module of its crate", &broken);
}

/// The text of a file; empty if there is none.
fn text(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
    let extension = name.rsplit('.').next().unwrap_or_default();
    let file = files(folder, &[extension]).into_iter().find(|file| file.path == path);
    file.map(|file| file.text).unwrap_or_default()
}

/// The names of a folder's files.
fn names(folder: &str) -> impl Iterator<Item = String> {
    let name = |path: &str| path.rsplit('/').next().unwrap_or(path).trim_end_matches(".rs").to_owned();
    files(folder, &["rs"]).into_iter().map(move |file| name(&file.path))
}

/// A library that is selected by its crates has example loops, including faulty ones, and is in the
/// attribute's documentation.
#[test]
fn every_library_has_loops() {
    let attribute = text("macros/src/lib.rs");
    let mut broken = Vec::new();
    let mut seen = 0;
    for name in names("analysis/src/vocabulary") {
        let table = format!("analysis/src/vocabulary/{name}.rs");
        if !text(&table).contains("    crates: &[\"") {
            continue;
        }
        seen += 1;
        let loops = format!("analysis/tests/dialects/{name}.rs");
        if !text(&loops).contains("//~ ") {
            broken.push(format!("{table}: no faulty loop in {loops}"));
        }
        if !attribute.contains(&format!("`{name}`")) {
            broken.push(format!("{table}: macros/src/lib.rs does not name `{name}`"));
        }
    }
    assert!(seen > 0, "the tables of libraries are not found any more");
    demand("each library has loops and is documented", &broken);
}

/// Each output format has a test that runs, and all but the default are in the README.
#[test]
fn every_output_format_is_tested() {
    let (tests, readme) = (text("lint/tests/command.rs"), text("README.md"));
    let mut broken = Vec::new();
    for name in names("lint/src/output") {
        let test = format!("lint/tests/command/{name}.rs");
        if text(&test).is_empty() || !tests.contains(&format!("\nmod {name};")) {
            broken.push(format!("lint/src/output/{name}.rs: no {test}, or no `mod` for it"));
        }
        if name != "human" && !readme.contains(&format!("--format {name}")) {
            broken.push(format!("lint/src/output/{name}.rs: README.md has no `--format {name}`"));
        }
    }
    demand("each output format is tested and documented", &broken);
}

/// The first parts of the recorded names: `relu` of `relu/kinks`.
fn recorded(group: &str) -> BTreeSet<String> {
    let path = format!("tests/golden/{group}.json");
    let file = files("tests/golden", &["json"]).into_iter().find(|file| file.path == path).expect("recorded");
    let json: serde_json::Value = serde_json::from_str(&file.text).expect("JSON");
    let names = json["cases"].as_array().expect("cases").iter();
    names.map(|case| case["name"].as_str().expect("a name").split('/').next().unwrap().to_owned()).collect()
}

/// Every file of these folders has recorded values of PyTorch, except for the listed files.
#[test]
fn numbers_of_pytorch_are_recorded_for_everything() {
    // Each folder, the groups of its cases, and the files without a record: they have no cases, draw random
    // numbers, are recorded as a layer, or do not exist in PyTorch.
    let folders = [
        (
            "runtime/src/ops",
            &[
                "ops",
                "attention",
                "convolution",
                "recurrent",
                "activations",
                "normalisation",
                "resolution",
                "transformer",
                "rearranging",
            ][..],
            &["operators", "comparison", "extreme", "window", "dropout", "recurrence", "custom_op", "fold"][..],
        ),
        ("runtime/src/loss", &["losses", "margins"], &["number_target", "unreduced"]),
        (
            "runtime/src/optim",
            &["optimizers"],
            &["into_parameters", "state", "rule", "group", "line_search", "memory"],
        ),
        ("runtime/src/schedule", &["schedules"], &["inverse_sqrt", "warmup_stable_decay"]),
    ];
    let mut broken = Vec::new();
    for (folder, groups, others) in folders {
        let recorded: BTreeSet<String> = groups.iter().flat_map(|group| recorded(group)).collect();
        for file in files(folder, &["rs"]) {
            let name = file.path.rsplit('/').next().unwrap().trim_end_matches(".rs").to_owned();
            let is_known = recorded.iter().any(|case| case.starts_with(&name));
            if !is_known && !others.contains(&name.as_str()) {
                broken.push(format!(
                    "{}: no case `{name}` in tests/golden/ ({})",
                    file.path,
                    groups.join(", ")
                ));
            }
        }
    }
    demand("PyTorch's numbers are recorded for each operation, loss, optimizer and schedule", &broken);
}
