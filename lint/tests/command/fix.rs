//! Fixes in the JSON output: after a fix is applied, the finding is gone.

use std::path::Path;

use serde_json::Value;

use crate::program::{FAULTY, Folder};

/// The lints with mechanical fixes.
const MENDED: [&str; 5] =
    ["missing_zero_grad", "missing_step", "step_before_backward", "clip_after_step", "step_repeated"];

fn findings(folder: &Folder) -> Vec<Value> {
    let run = folder.run("check --format json");
    assert!(run.code < 2, "{run:?}");
    let lines: Vec<&str> = run.out.lines().collect();
    let (_, findings) = lines.split_last().expect("a summary");
    findings.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().expect("a count")).expect("small")
}

/// The byte offset of a line and a column, both counted from 1.
fn byte(text: &str, line: usize, column: usize) -> usize {
    let start = text.split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>();
    let rest = &text[start..];
    start + rest.char_indices().nth(column - 1).map_or(rest.len(), |(at, _)| at)
}

/// Applies the edits of a fix to a text, the last edit first.
fn apply(text: &str, fix: &Value) -> String {
    let mut mended = text.to_owned();
    let edits = fix["edits"].as_array().expect("edits");
    assert!(!edits.is_empty());
    for edit in edits.iter().rev() {
        let at = |line: &str, column: &str| byte(text, number(&edit[line]), number(&edit[column]));
        let (start, end) = (at("line", "column"), at("end_line", "end_column"));
        mended.replace_range(start..end, edit["text"].as_str().expect("text"));
    }
    mended
}

fn mended(text: &str) -> String {
    let folder = Folder::with(&[("a.rs", text)]);
    let found = findings(&folder);
    let fix = &found.first().expect("a finding")["fix"];
    assert!(fix.is_object(), "{found:?}");
    apply(text, fix)
}

#[test]
fn a_line_comes_with_its_indentation() {
    let right =
        FAULTY.replace("        loss.backward", "        optimizer.zero_grad();\n        loss.backward");
    assert_eq!(mended(FAULTY), right);
    let tabs = FAULTY.replace("        ", "\t\t").replace('\n', "\r\n");
    assert_eq!(mended(&tabs), right.replace("        ", "\t\t").replace('\n', "\r\n"));
    let one_line = FAULTY.replace("\n        ", " /* ä */ ");
    assert!(mended(&one_line).contains("/* ä */ optimizer.zero_grad(); loss.backward(); /* ä */"));
    let late = FAULTY.replace("        optimizer.step();\n", "").replace(
        "        let loss",
        "        optimizer.zero_grad();\n        optimizer.step();\n        let loss",
    );
    let right = FAULTY.replace("        let loss", "        optimizer.zero_grad();\n        let loss");
    assert_eq!(mended(&late), right);
}

#[test]
fn what_is_no_statement_of_its_own_is_not_mended() {
    let again = "optimizer.step(); match 1 { _ => optimizer.step() }; optimizer.zero_grad();";
    let in_arm = FAULTY.replace("optimizer.step();", again);
    let folder = Folder::with(&[("a.rs", &in_arm)]);
    let found = findings(&folder);
    assert!(
        found.len() == 1 && found[0]["lint"] == "step_repeated" && found[0]["fix"].is_null(),
        "{found:?}"
    );
}

#[test]
fn applied_fixes_leave_no_finding_of_their_lint() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../analysis/tests/lints");
    for lint in MENDED {
        let text = std::fs::read_to_string(cases.join(format!("{lint}.rs"))).expect("a case is text");
        let folder = Folder::with(&[("a.rs", &text)]);
        let faults: Vec<Value> =
            findings(&folder).into_iter().filter(|finding| finding["lint"] == *lint).collect();
        let (mut fixed, mut left) = (0, 0);
        for fault in &faults {
            if fault["fix"].is_null() {
                left += 1;
                continue;
            }
            fixed += 1;
            folder.write("a.rs", apply(&text, &fault["fix"]).as_bytes());
            let now = findings(&folder);
            // Edits move lines but keep the names of functions, so the findings of the lint are counted.
            let others = now.iter().filter(|finding| finding["lint"] == *lint).count();
            assert!(others < faults.len(), "{lint}, line {}: {now:#?}", fault["line"]);
            let safe = fault["fix"]["applicability"] == "safe";
            if safe {
                assert!(now.len() < findings_of(&text), "{lint}, line {}: {now:#?}", fault["line"]);
            }
        }
        assert!(fixed > left, "{lint}: {fixed} of {} have a fix", faults.len());
    }
}

fn findings_of(text: &str) -> usize {
    findings(&Folder::with(&[("a.rs", text)])).len()
}
