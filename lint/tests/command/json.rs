//! Tests of the fields of the JSON output.

use serde_json::Value;

use crate::program::{DOUBTFUL, FAULTY, Folder};

/// The fields of a finding in order, each with its JSON type.
const FINDING: [(&str, &str); 13] = [
    ("lint", "string or null"),
    ("level", "string"),
    ("certain", "bool"),
    ("file", "string"),
    ("function", "string"),
    ("line", "count"),
    ("column", "count"),
    ("end_line", "count"),
    ("end_column", "count"),
    ("message", "string"),
    ("notes", "array"),
    ("help", "string or null"),
    ("fix", "object or null"),
];

fn is(value: &Value, kind: &str) -> bool {
    kind.split(" or ").any(|kind| match kind {
        "string" => value.is_string(),
        "bool" => value.is_boolean(),
        "count" => value.as_u64().is_some_and(|count| count > 0),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => false,
    })
}

fn check_shape(line: &str) -> Value {
    let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let object = value.as_object().expect("an object");
    assert_eq!(object.len(), FINDING.len(), "{line}");
    let mut last = 0;
    for (name, kind) in FINDING {
        assert!(is(&value[name], kind), "`{name}` is no {kind}: {line}");
        let at = line.find(&format!("\"{name}\":")).expect("it is there");
        assert!(at >= last, "`{name}` stands too early: {line}");
        last = at;
    }
    assert!(["error", "warning"].contains(&value["level"].as_str().unwrap()), "{line}");
    for note in value["notes"].as_array().unwrap() {
        let fields: Vec<_> = note.as_object().expect("an object").keys().collect();
        assert_eq!(fields, ["line", "message"], "{line}");
        assert!(is(&note["line"], "count or null") && note["message"].is_string(), "{line}");
    }
    value
}

#[test]
fn each_line_has_the_fields_and_the_last_is_the_summary() {
    let folder = Folder::with(&[("a.rs", FAULTY), ("b.rs", DOUBTFUL)]);
    let run = folder.run("check --format json --color always");
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines.len(), 3, "{run:?}");
    let (error, warning) = (check_shape(lines[0]), check_shape(lines[1]));
    assert_eq!((&error["level"], &error["certain"]), (&"error".into(), &true.into()));
    assert_eq!((&warning["level"], &warning["certain"]), (&"warning".into(), &false.into()));
    assert_eq!((&error["lint"], &error["function"]), (&"missing_zero_grad".into(), &"fit".into()));
    assert_eq!((&error["file"], &warning["file"]), (&"a.rs".into(), &"b.rs".into()));
    assert_eq!(lines[2], r#"{"files":2,"functions":2,"loops":2,"errors":1,"warnings":1}"#);
}

/// `end_column` is the column after the last character, as in rustc's JSON.
#[test]
fn the_end_is_behind_the_place() {
    let over_lines = FAULTY.replace("loss.backward()", "/* é */ loss\n            .backward()");
    let method = format!("impl Trainer<'_> {{\n{FAULTY}}}\n");
    for (text, place, function) in [
        (FAULTY, [5, 9, 5, 24], "fit"),
        (over_lines.as_str(), [5, 17, 6, 24], "fit"),
        (method.as_str(), [6, 9, 6, 24], "Trainer::fit"),
    ] {
        let folder = Folder::with(&[("a.rs", text)]);
        let run = folder.run("check --format json");
        let found = check_shape(run.out.lines().next().expect("a finding"));
        let at = ["line", "column", "end_line", "end_column"].map(|name| found[name].as_u64().unwrap());
        assert_eq!((at, found["function"].as_str()), (place, Some(function)), "{run:?}");
    }
}
