//! The recorded lists: functions with verdicts, and judgements of single mutants and findings.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use crate::sources;

/// A training function.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub part: &'static str,
    pub library: String,
    pub source: String,
    pub version: String,
    pub path: String,
    pub line: usize,
    pub function: String,
    /// `right`, `faulty`, `undecidable`, or `-` for a function that was not read.
    pub verdict: String,
    pub note: String,
}

impl Row {
    /// What identifies a function in every version of its source.
    pub(crate) fn key(&self) -> (String, String, String) {
        (self.source.clone(), self.path.clone(), self.function.clone())
    }
}

pub(crate) fn recorded(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/public/recorded").join(name)
}

/// The cells of a file of tab-separated lines, without its head.
pub(crate) fn table(name: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(recorded(name)).unwrap_or_default();
    text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// The recorded functions.
pub(crate) fn read() -> Vec<Row> {
    table("functions.tsv")
        .into_iter()
        .map(|cells| {
            let cell = |index: usize| cells.get(index).cloned().unwrap_or_default();
            Row {
                part: sources::part(&cell(2)),
                library: cell(1),
                source: cell(2),
                version: cell(3),
                path: cell(4),
                line: cell(5).parse().unwrap_or_default(),
                function: cell(6),
                verdict: cell(7),
                note: cell(8),
            }
        })
        .collect()
}

/// The found functions with the verdicts of the known ones. Known ones whose source is missing stay.
pub(crate) fn merge(found: Vec<Row>, known: &[Row]) -> Vec<Row> {
    let verdicts: BTreeMap<_, _> = known.iter().map(|row| (row.key(), row)).collect();
    let there: std::collections::BTreeSet<_> = found.iter().map(|row| row.source.clone()).collect();
    let mut all: Vec<Row> = known.iter().filter(|row| !there.contains(&row.source)).cloned().collect();
    all.extend(found.into_iter().map(|mut row| {
        if let Some(known) = verdicts.get(&row.key()) {
            row.verdict.clone_from(&known.verdict);
            row.note.clone_from(&known.note);
        }
        row
    }));
    all.sort_by(|one, other| {
        let place = |row: &Row| {
            (
                sources::PARTS.iter().position(|part| *part == row.part),
                row.library.clone(),
                row.source.clone(),
                row.path.clone(),
                row.line,
            )
        };
        place(one).cmp(&place(other))
    });
    all
}

pub(crate) fn write(rows: &[Row]) {
    let mut text =
        "part\tlibrary\tsource\tcommit or version\tpath\tline\tfunction\tverdict\tnote\n".to_owned();
    for row in rows {
        let _ = writeln!(
            text,
            "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
            row.part,
            row.library,
            row.source,
            row.version,
            row.path,
            row.line,
            row.function,
            row.verdict,
            row.note
        );
    }
    std::fs::write(recorded("functions.tsv"), text).expect("the list can be written");
}

pub(crate) fn summary(rows: &[Row]) -> String {
    let mut counts: BTreeMap<(&str, &str), (usize, std::collections::BTreeSet<&str>)> = BTreeMap::new();
    for row in rows {
        let (functions, sources) = counts.entry((row.part, &row.library)).or_default();
        *functions += 1;
        sources.insert(&row.source);
    }
    let mut text = String::new();
    for ((part, library), (functions, sources)) in counts {
        let _ = writeln!(text, "{part} {library}: {functions} functions of {} sources", sources.len());
    }
    text
}

/// What somebody judged, by an identifier in the first cells: `fault` or `equivalent` for mutants, `true` or
/// `false` for findings.
pub(crate) fn judged(name: &str) -> BTreeMap<String, String> {
    table(name)
        .into_iter()
        .filter_map(|cells| Some((cells.first()?.clone(), cells.get(1)?.clone())))
        .collect()
}
