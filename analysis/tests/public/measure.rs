//! Checks the listed functions, and the mutants of those that are right.

use std::collections::BTreeMap;
use std::path::Path;

use training_loop_analysis::CheckedFile;
use training_loop_analysis::diagnostic::{Diagnostic, Level};
use training_loop_analysis::prove::{Proof, Verdict};

use crate::edits::Text;
use crate::find::{Function, functions};
use crate::list::{self, Row};
use crate::rules::{Kind, mutants};
use crate::sources::{self, Source};
use crate::stages::Body;

/// What became of a mutant.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    pub id: String,
    pub library: String,
    pub part: &'static str,
    pub kind: Kind,
    pub what: String,
    pub found: Vec<String>,
    /// Whether a fact that the mutation breaks is said to be proved.
    pub proved: bool,
    /// `fault` or `equivalent`, by rule or by judgement; `-` if it is not judged yet.
    pub judged: String,
}

/// A finding in a source.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub library: String,
    pub part: &'static str,
    pub source: String,
    pub path: String,
    pub line: usize,
    pub function: String,
    pub lint: String,
    pub error: bool,
    pub message: String,
}

/// All figures.
#[derive(Clone, Debug, Default)]
pub(crate) struct Results {
    pub rows: Vec<Row>,
    pub findings: Vec<Finding>,
    pub mutants: Vec<Checked>,
    pub missing: usize,
    /// What `--prove` says about the functions that are right or faulty.
    pub proofs: Vec<Said>,
}

/// What `--prove` says about a listed function.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub library: String,
    pub id: String,
    pub faulty: bool,
    /// The numbers of facts that are proved, undecided and broken; `None` if nothing is said.
    pub facts: Option<[usize; 3]>,
}

fn counts(findings: &[Diagnostic]) -> BTreeMap<&'static str, usize> {
    let mut all = BTreeMap::new();
    for finding in findings {
        *all.entry(finding.lint.unwrap_or("")).or_default() += 1;
    }
    all
}

/// The lints with more findings than before.
fn added(before: &BTreeMap<&'static str, usize>, after: &[Diagnostic]) -> Vec<String> {
    let more = |(lint, count): (&'static str, usize)| {
        (count > before.get(lint).copied().unwrap_or_default()).then(|| lint.to_owned())
    };
    counts(after).into_iter().filter_map(more).collect()
}

fn findings_of(
    source: &Source,
    rows: &[&Row],
    path: &str,
    file: &syn::File,
    findings: &[Diagnostic],
) -> Vec<Finding> {
    let all = functions(file);
    let of = |finding: &Diagnostic| {
        let line = finding.place.line();
        // The innermost function, which is the shortest one.
        let inside = all.iter().filter(|function| function.line <= line && line <= function.end);
        let function = inside.min_by_key(|function| function.end - function.line);
        Finding {
            library: rows.first().map_or("-".to_owned(), |row| row.library.clone()),
            part: sources::part(&source.name),
            source: source.name.clone(),
            path: path.to_owned(),
            line,
            function: function.map(|function| function.name.clone()).unwrap_or_default(),
            lint: finding.lint.unwrap_or("-").to_owned(),
            error: finding.level == Level::Error,
            message: finding.message.clone(),
        }
    };
    findings.iter().map(of).collect()
}

/// The proofs of a function.
///
/// A method of two types may have the same name, so the lines decide.
fn proofs_of<'p>(proofs: &'p [Proof], function: &Function<'_>, longer: usize) -> Vec<&'p Proof> {
    let lines = function.line..=function.end + longer;
    let last = function.name.rsplit("::").next();
    proofs
        .iter()
        .filter(|proof| lines.contains(&proof.line) && proof.function.rsplit("::").next() == last)
        .collect()
}

/// Whether the facts that a mutation breaks are all said to be proved.
///
/// With several optimizers the fault may be in one of them, and a mutation may break either of two facts.
fn is_wrong(proofs: &[&Proof], breaks: &[&str]) -> bool {
    let facts = || proofs.iter().flat_map(|proof| &proof.facts).filter(|fact| breaks.contains(&fact.name));
    facts().next().is_some() && facts().all(|fact| matches!(fact.verdict, Verdict::Proved(_)))
}

fn said(row: &Row, proofs: &[&Proof]) -> Said {
    let facts = || proofs.iter().flat_map(|proof| &proof.facts);
    let count = |is: fn(&Verdict) -> bool| facts().filter(|fact| is(&fact.verdict)).count();
    Said {
        library: row.library.clone(),
        id: format!("{} {}:{} {}", row.source, row.path, row.line, row.function),
        faulty: row.verdict == "faulty",
        facts: (!proofs.is_empty()).then(|| {
            [
                count(|verdict| matches!(verdict, Verdict::Proved(_))),
                count(|verdict| matches!(verdict, Verdict::Undecided(_))),
                count(|verdict| matches!(verdict, Verdict::Broken(_))),
            ]
        }),
    }
}

/// Checks one file, and the mutants of its right functions.
fn of_file(source: &Source, path: &Path, rows: &[&Row], judged: &BTreeMap<String, String>) -> Results {
    let mut results = Results::default();
    let Ok(text) = std::fs::read_to_string(path) else { return results };
    let Ok(file) = syn::parse_file(&text) else { return results };
    let name = path.strip_prefix(&source.folder).unwrap_or(path).display().to_string();
    let CheckedFile { findings: before, proofs, .. } = CheckedFile::with_proofs(&file);
    results.findings = findings_of(source, rows, &name, &file, &before);
    let before = counts(&before);
    let places = Text::of(&text);
    for function in functions(&file) {
        let row = rows.iter().find(|row| row.function == function.name && row.path == name);
        let Some(row) = row.filter(|row| ["right", "faulty"].contains(&&*row.verdict)) else { continue };
        results.proofs.push(said(row, &proofs_of(&proofs, &function, 0)));
        if row.verdict == "faulty" {
            continue;
        }
        let mut seen: BTreeMap<(Kind, usize), usize> = BTreeMap::new();
        for mutant in mutants(&places, &Body::of(function.body)) {
            let nth = seen.entry((mutant.kind, mutant.line)).and_modify(|nth| *nth += 1).or_default();
            let id = format!(
                "{} {}:{} {} {:?}{}",
                row.source,
                row.path,
                mutant.line,
                row.function,
                mutant.kind,
                match nth {
                    0 => String::new(),
                    nth => format!(" {nth}"),
                }
            );
            let judgement = judged.get(&id).cloned().unwrap_or_else(|| match mutant.kind {
                Kind::DetachDropped | Kind::NoGradDropped => "-".to_owned(),
                _ => "fault".to_owned(),
            });
            let Ok(changed) = syn::parse_file(&places.edited(&mutant.edits)) else { continue };
            let after = CheckedFile::with_proofs(&changed);
            let found = added(&before, &after.findings);
            // A doubled line makes the function longer.
            let of_mutant = proofs_of(&after.proofs, &function, 8);
            let proved = judgement == "fault" && is_wrong(&of_mutant, mutant.breaks);
            results.mutants.push(Checked {
                id,
                library: row.library.clone(),
                part: row.part,
                kind: mutant.kind,
                what: mutant.what,
                found,
                proved,
                judged: judgement,
            });
        }
    }
    results
}

/// Whether the environment asks for a part of the sources.
fn wanted(part: &str) -> bool {
    let wanted = std::env::var("PUBLIC_PART").unwrap_or_else(|_| "seen".to_owned());
    wanted == "all" || wanted == part
}

/// Checks every file that has a listed function, or all files with `PUBLIC_ALL`.
pub(crate) fn measure(root: &Path) -> Results {
    let rows: Vec<Row> = list::read().into_iter().filter(|row| wanted(row.part)).collect();
    let judged = list::judged("mutants.tsv");
    let every = std::env::var_os("PUBLIC_ALL").is_some();
    let mut work = Vec::new();
    for source in sources::all(root).into_iter().filter(|source| wanted(sources::part(&source.name))) {
        let of: Vec<&Row> = rows.iter().filter(|row| row.source == source.name).collect();
        let paths: std::collections::BTreeSet<_> =
            of.iter().map(|row| source.folder.join(&row.path)).collect();
        for path in if every { source.files().into_iter().collect() } else { paths } {
            work.push((source.clone(), path, of.clone()));
        }
    }
    let next = std::sync::atomic::AtomicUsize::new(0);
    let parts = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2)
            .map(|_| {
                // The walk over a deep file is recursive.
                let run = || {
                    let mut done = Vec::new();
                    loop {
                        let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        let Some((source, path, of)) = work.get(index) else { break done };
                        done.push((index, of_file(source, path, of, &judged)));
                    }
                };
                std::thread::Builder::new()
                    .stack_size(1 << 28)
                    .spawn_scoped(scope, run)
                    .expect("a thread starts")
            })
            .collect();
        let mut parts: Vec<_> =
            threads.into_iter().flat_map(|thread| thread.join().expect("no check panics")).collect();
        parts.sort_by_key(|(index, _)| *index);
        parts
    });
    let mut all = Results::default();
    for (_, part) in parts {
        all.findings.extend(part.findings);
        all.mutants.extend(part.mutants);
        all.proofs.extend(part.proofs);
    }
    all.missing =
        rows.iter().filter(|row| !work.iter().any(|(source, _, _)| source.name == row.source)).count();
    all.rows = rows;
    all
}
