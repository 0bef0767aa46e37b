//! Mutated correct loops: which faults are found.
//!
//! Each module in `loops/` is a correct loop. Every mutant of it runs on the machine, which reports faults that the
//! original does not have, and is checked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::OnceLock;

use syn::Item;
use training_loop_analysis::check_file;
use training_loop_analysis::diagnostic::{Diagnostic, Level};

use crate::machine::{Outcome, outcome};
use crate::mutants::{Kind, mutants};
use crate::page::words;

/// Notes of the machine that are allowed in a correct loop: a generator's loss fills the critic's gradients, which
/// are zeroed before use; a batch is dropped on purpose; each fold has its own optimizer; one function trains and
/// evaluates; a count continues across epochs.
const ALLOWED: [&str; 5] = [
    "gradients are dropped",
    "gradients are left over",
    "an optimizer is built again",
    "records while it evaluates",
    "a sum is not reset",
];

/// The minimal number of faulty mutants found, per thousand.
const LEAST_FOUND: usize = 980;

/// A correct loop with its helpers.
pub(crate) struct Fixture {
    pub name: String,
    pub file: syn::File,
}

impl Fixture {
    /// The items in its module.
    fn items(file: &syn::File) -> &[Item] {
        match &file.items[..] {
            [Item::Mod(module)] => module.content.as_ref().map_or(&[], |(_, items)| items),
            items => items,
        }
    }
}

/// All correct loops to mutate.
pub(crate) fn fixtures() -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/measured/loops");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder of loops is there")
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a file of loops is text");
        let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for item in file.items {
            let Item::Mod(module) = &item else { panic!("{}: a loop stands in a module", path.display()) };
            let name = module.ident.to_string();
            all.push(Fixture {
                name,
                file: syn::File { shebang: None, attrs: Vec::new(), items: vec![item], frontmatter: None },
            });
        }
    }
    all
}

/// The results for mutants of one kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub mutants: usize,
    pub uncompiled: usize,
    pub equivalent: usize,
    pub found: usize,
    pub missed: usize,
    /// Findings on equivalent mutants.
    pub alarms: usize,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        self.mutants += other.mutants;
        self.uncompiled += other.uncompiled;
        self.equivalent += other.equivalent;
        self.found += other.found;
        self.missed += other.missed;
        self.alarms += other.alarms;
    }
}

/// All mutants of all loops.
#[derive(Clone, Debug, Default)]
pub(crate) struct Results {
    pub kinds: BTreeMap<Kind, Tally>,
    pub missed: Vec<String>,
    /// The loop and the mutation, and the faults that the machine recorded.
    pub missed_titles: Vec<(String, String)>,
    pub alarms: Vec<String>,
    pub by_lint: BTreeMap<String, usize>,
}

impl Results {
    fn add(&mut self, other: Self) {
        for (kind, tally) in other.kinds {
            self.kinds.entry(kind).or_default().add(&tally);
        }
        self.missed.extend(other.missed);
        self.missed_titles.extend(other.missed_titles);
        self.alarms.extend(other.alarms);
        for (lint, count) in other.by_lint {
            *self.by_lint.entry(lint).or_default() += count;
        }
    }
}

/// The text of a file as checked, and its findings.
pub(crate) fn findings(file: &syn::File) -> (String, Vec<Diagnostic>) {
    // Printed and parsed again, so that every statement has a unique place.
    let text = prettyplease::unparse(file);
    let file = syn::parse_file(&text).expect("what was printed parses");
    (text, check_file(&file))
}

/// Whether a finding is a warning on code that the machine runs without a fault by decision: an optimizer that
/// each epoch rebuilds, or an optimizer that never steps in a function without a `backward`.
fn is_by_decision(finding: &Diagnostic) -> bool {
    finding.level == Level::Warning && matches!(finding.lint, Some("optimizer_rebuilt" | "missing_step"))
}

fn messages(findings: &[Diagnostic]) -> String {
    let line = |finding: &Diagnostic| {
        format!("{}:{} {}", finding.place.line(), finding.lint.unwrap_or(""), finding.message)
    };
    findings.iter().map(line).collect::<Vec<_>>().join("; ")
}

fn break_one(fixture: &Fixture, stride: usize) -> Results {
    let mut results = Results::default();
    let Outcome::Runs { faults: before, reach } = outcome(Fixture::items(&fixture.file)) else {
        panic!("{} uses a variable that is not there", fixture.name)
    };
    for mutant in mutants(&fixture.file).into_iter().step_by(stride) {
        let tally = results.kinds.entry(mutant.kind).or_default();
        tally.mutants += 1;
        let Outcome::Runs { faults, reach: now } = outcome(Fixture::items(&mutant.file)) else {
            tally.uncompiled += 1;
            continue;
        };
        let mut new: BTreeSet<&String> = faults.difference(&before).collect();
        if mutant.kind == Kind::Detach {
            new.extend(now.difference(&reach));
        }
        let (text, found) = findings(&mutant.file);
        let title = format!("{}: {:?}: {}", fixture.name, mutant.kind, mutant.what);
        match (new.is_empty(), found.is_empty()) {
            (true, true) => tally.equivalent += 1,
            (true, false) if found.iter().all(is_by_decision) => tally.equivalent += 1,
            (true, false) => {
                tally.equivalent += 1;
                tally.alarms += 1;
                results.alarms.push(format!("{title}\n   {}\n{text}", messages(&found)));
            }
            (false, true) => {
                tally.missed += 1;
                let line = format!("`{}`, {}: `{}`", fixture.name, words(mutant.kind), mutant.what);
                let why: Vec<&str> = new.iter().map(|fault| fault.as_str()).collect();
                results.missed_titles.push((line, why.join("; ")));
                results.missed.push(format!("{title}\n   {new:?}\n{text}"));
            }
            (false, false) => {
                tally.found += 1;
                for finding in &found {
                    *results.by_lint.entry(finding.lint.unwrap_or("").to_owned()).or_default() += 1;
                }
            }
        }
    }
    results
}

/// Every mutant of every loop, checked once for all tests.
pub(crate) fn results() -> &'static Results {
    static RESULTS: OnceLock<Results> = OnceLock::new();
    RESULTS.get_or_init(|| every(1))
}

/// Every `stride`th mutant of every loop, on all cores.
fn every(stride: usize) -> Results {
    let count = fixtures().len();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = move |first: usize| {
        // Syntax trees must stay on the thread that parsed them.
        let fixtures = fixtures();
        let mine = fixtures.iter().skip(first).step_by(threads);
        let all: Vec<(usize, Results)> = (first..count)
            .step_by(threads)
            .zip(mine)
            .map(|(index, fixture)| (index, break_one(fixture, stride)))
            .collect();
        all
    };
    let mut parts = std::thread::scope(|scope| {
        let work: Vec<_> = (0..threads).map(|first| scope.spawn(move || share(first))).collect();
        work.into_iter().flat_map(|part| part.join().expect("no check panics")).collect::<Vec<_>>()
    });
    parts.sort_by_key(|(index, _)| *index);
    let mut all = Results::default();
    for (_, part) in parts {
        all.add(part);
    }
    all
}

#[test]
fn right_loops_run_without_a_fault_and_without_a_finding() {
    let mut wrong = String::new();
    let all = fixtures();
    assert!(all.len() >= 40, "{} loops", all.len());
    for fixture in all {
        match outcome(Fixture::items(&fixture.file)) {
            Outcome::DoesNotCompile => {
                let _ = writeln!(wrong, "{}: a variable is not there", fixture.name);
            }
            Outcome::Runs { faults, reach } => {
                let bad: Vec<_> = faults
                    .iter()
                    .filter(|fault| !ALLOWED.iter().any(|kind| fault.starts_with(kind)))
                    .collect();
                if !bad.is_empty() {
                    let _ = writeln!(wrong, "{}: {bad:?}", fixture.name);
                }
                if reach.is_empty() {
                    let _ = writeln!(wrong, "{}: nothing is trained", fixture.name);
                }
            }
        }
        let (_, found) = findings(&fixture.file);
        if !found.is_empty() {
            let _ = writeln!(wrong, "{}: {}", fixture.name, messages(&found));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn a_sample_has_no_finding_on_an_equivalent_one() {
    let results = every(11);
    assert!(results.alarms.is_empty(), "\n{}", results.alarms.join("\n"));
}

#[test]
#[ignore = "takes half a minute; CI runs it"]
fn broken_loops_are_found() {
    let results = results();
    if let Some(path) = std::env::var_os("MUTANTS") {
        let all = [
            vec!["MISSED".to_owned()],
            results.missed.clone(),
            vec!["ALARMS".to_owned()],
            results.alarms.clone(),
        ];
        let text = format!("{:#?}\n{:#?}\n{}", results.kinds, results.by_lint, all.concat().join("\n"));
        std::fs::write(path, text).expect("the list of mutants can be written");
    }
    let sum = |count: fn(&Tally) -> usize| results.kinds.values().map(count).sum::<usize>();
    let (found, missed) = (sum(|tally| tally.found), sum(|tally| tally.missed));
    assert!(results.alarms.is_empty(), "\n{}", results.alarms.join("\n"));
    assert!(
        found * 1000 >= LEAST_FOUND * (found + missed),
        "{missed} of {} missed\n{}",
        found + missed,
        results.missed.join("\n")
    );
}
