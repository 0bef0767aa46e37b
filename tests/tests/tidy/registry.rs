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

/// The first parts of the recorded names: `relu` of `relu/kinks`.
fn recorded(group: &str) -> BTreeSet<String> {
    let path = format!("tests/golden/{group}.json");
    let file = files("tests/golden", &["json"]).into_iter().find(|file| file.path == path).expect("recorded");
    let json: serde_json::Value = serde_json::from_str(&file.text).expect("JSON");
    let names = json["cases"].as_array().expect("cases").iter();
    names.map(|case| case["name"].as_str().expect("a name").split('/').next().unwrap().to_owned()).collect()
}

/// Every file of these folders has recorded values of PyTorch, except for the listed ones.
#[test]
fn numbers_of_pytorch_are_recorded_for_everything() {
    // Each folder, the groups of its cases, and the files that have no cases, draw random numbers, or are recorded as a
    // layer.
    let folders = [
        (
            "runtime/src/ops",
            &["ops", "attention", "convolution", "recurrent"][..],
            &["operators", "comparison", "extreme", "window", "dropout", "batch_norm"][..],
        ),
        ("runtime/src/loss", &["losses"], &["number_target"]),
        ("runtime/src/optim", &["optimizers"], &["into_parameters"]),
        ("runtime/src/schedule", &["schedules"], &[]),
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
