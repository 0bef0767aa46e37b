//! Loops of every shape, correct and faulty, and correct loops that look faulty.
//!
//! `shapes/<shape>.rs` has loops of one shape, at least one with a fault and one without;
//! `silent/<line>.rs` has correct loops that look faulty, with a faulty counterpart.
//! A line with a finding ends in a mark, `//~ error missing_zero_grad` or `//~ warning graph_kept`; no
//! other line may have a finding. These files are not compiled; they are checked as the command does.
//! `shapes/conditions.txt` records the messages on conditions; `UPDATE=1 cargo test -p
//! training-loop-analysis --test shapes` rewrites it.

use std::fmt::Write as _;

use training_loop_analysis::check_file;

mod common;

use common::{differences, folder, functions, level, marks};

/// Names and texts of the files in a folder.
fn cases(name: &str) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder(name)).expect("the folder is there");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    paths.sort();
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).expect("it is text");
        (path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned()), text)
    };
    paths.into_iter().map(read).collect()
}

fn parse(name: &str, text: &str) -> syn::File {
    syn::parse_file(text).unwrap_or_else(|error| panic!("{name}.rs:{}: {error}", error.span().start().line))
}

#[test]
fn findings_are_what_the_marks_say() {
    let mut wrong = String::new();
    for folder in ["shapes", "silent"] {
        for (name, text) in cases(folder) {
            wrong.push_str(&differences(&name, &text, &check_file(&parse(&name, &text))));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_shape_has_cases_that_fail_and_cases_that_pass() {
    for (folder, failing_ones, passing_ones) in [("shapes", 1, 1), ("silent", 1, 3)] {
        for (name, text) in cases(folder) {
            let marks = marks(&text);
            let fails = |(first, last): &(usize, usize)| {
                marks.iter().any(|(line, _, _)| (first..=last).contains(&line))
            };
            let (failing, passing): (Vec<_>, Vec<_>) =
                functions(&parse(&name, &text)).into_iter().partition(fails);
            assert!(failing.len() >= failing_ones, "{folder}/{name}: {} that fail", failing.len());
            assert!(passing.len() >= passing_ones, "{folder}/{name}: {} that pass", passing.len());
        }
    }
}

#[test]
fn warnings_name_the_condition() {
    let mut told = String::new();
    for (name, text) in cases("shapes").into_iter().filter(|(name, _)| name.starts_with("conditions")) {
        for finding in check_file(&parse(&name, &text)) {
            let _ =
                writeln!(told, "{name}:{}: {}: {}", finding.place.line(), level(&finding), finding.message);
        }
    }
    let path = folder("shapes").join("conditions.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &told).expect("the record can be written");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), told);
}

/// A loop with many flags, each tested twice, and many arms.
fn many_conditions(flags: usize) -> String {
    let parameters: Vec<String> = (0..flags).map(|flag| format!("f{flag}: bool")).collect();
    let parameters = parameters.join(", ");
    let mut text = format!(
        "#[training_loop] fn fit(model: &mut Net, train: &DataLoader, kind: Kind, {parameters}) {{
             let mut optimizer = Sgd::new(model.parameters(), 0.1);
             for batch in train {{\n"
    );
    for flag in 0..flags {
        let _ = writeln!(text, "if f{flag} {{ optimizer.zero_grad(); }}");
        let _ = writeln!(text, "match kind {{ Kind::K{flag} => optimizer.zero_grad(), _ => {{}} }}");
    }
    text.push_str("let loss = mse_loss(&model.forward(&batch.input), &batch.target);\n");
    for flag in (0..flags).rev() {
        let _ = writeln!(text, "if !f{flag} {{ optimizer.zero_grad(); }}");
    }
    text.push_str("loss.backward(); optimizer.step(); optimizer.step(); } }");
    text
}

#[test]
fn many_conditions_stay_cheap() {
    let time = |flags: usize| {
        let file = parse("many", &many_conditions(flags));
        let start = std::time::Instant::now();
        let findings = check_file(&file);
        // Certain faults are found with any number of conditions.
        assert_eq!(findings.iter().filter_map(|finding| finding.lint).collect::<Vec<_>>(), ["step_repeated"]);
        start.elapsed()
    };
    let least = |flags: usize| (0..3).map(|_| time(flags)).min().expect("three runs were made");
    let (short, long) = (least(40), least(160));
    println!("{short:?} for 40 flags, {long:?} for 160");
    assert!(long < short * 12, "four times the conditions: {short:?} became {long:?}");
}
