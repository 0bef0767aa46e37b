//! Lists of misses and findings, and the section of `docs/checker.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::list;
use crate::measure::{Checked, Finding, Results, Said};
use crate::rules::Kind;

const LIBRARIES: [&str; 5] = ["tch", "candle", "burn", "dfdx", "own"];

fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::ZeroDeleted => "`zero_grad` deleted",
        Kind::BackwardDeleted => "backward deleted",
        Kind::StepDeleted => "step deleted",
        Kind::StepDoubled => "step doubled",
        Kind::BackwardDoubled => "backward doubled",
        Kind::BackwardAndStepExchanged => "backward and step exchanged",
        Kind::ZeroExchanged => "`zero_grad` exchanged with its neighbour",
        Kind::ClipAndStepExchanged => "clip and step exchanged",
        Kind::StepMovedOut => "step moved out of the loop",
        Kind::ZeroMovedOut => "`zero_grad` moved out of the loop",
        Kind::BuildMovedIn => "optimizer built in the loop",
        Kind::ResultDropped => "the stepped model dropped",
        Kind::ValidDropped => "`valid` dropped",
        Kind::DetachDropped => "`detach` dropped",
        Kind::NoGradDropped => "`no_grad` dropped",
    }
}

fn out() -> Option<PathBuf> {
    std::env::var_os("PUBLIC_OUT").map(PathBuf::from)
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("the lists can be written");
}

fn line(mutant: &Checked) -> String {
    format!("{}  |  {}  |  {}  |  {}\n", mutant.id, words(mutant.kind), mutant.what, mutant.found.join(", "))
}

fn of_finding(finding: &Finding) -> String {
    format!(
        "{} {}:{} {}  |  {} {}: {}\n",
        finding.source,
        finding.path,
        finding.line,
        finding.function,
        if finding.error { "error" } else { "warning" },
        finding.lint,
        finding.message
    )
}

/// Verdicts of functions by what identifies them.
fn verdicts(results: &Results) -> BTreeMap<(String, String, String), &str> {
    results.rows.iter().map(|row| (row.key(), row.verdict.as_str())).collect()
}

/// What was judged about a finding: `true`, `false`, or `-`.
fn judgement(finding: &Finding, judged: &BTreeMap<String, String>) -> String {
    let id = format!("{} {} {} {}", finding.source, finding.path, finding.function, finding.lint);
    judged.get(&id).cloned().unwrap_or_else(|| "-".to_owned())
}

/// Writes the lists to `PUBLIC_OUT`.
pub(crate) fn lists(results: &Results) {
    let Some(folder) = out() else { return };
    let verdicts = verdicts(results);
    for library in LIBRARIES {
        let mine =
            || results.mutants.iter().filter(|mutant| mutant.library == library && mutant.judged == "fault");
        write(
            &folder,
            &format!("misses-{library}.txt"),
            &mine().filter(|mutant| mutant.found.is_empty()).map(line).collect::<String>(),
        );
        write(
            &folder,
            &format!("found-{library}.txt"),
            &mine().filter(|mutant| !mutant.found.is_empty()).map(line).collect::<String>(),
        );
        let wrong = results.findings.iter().filter(|finding| {
            let key = (finding.source.clone(), finding.path.clone(), finding.function.clone());
            finding.library == library && verdicts.get(&key) == Some(&"right")
        });
        write(&folder, &format!("false-{library}.txt"), &wrong.map(of_finding).collect::<String>());
    }
    let unjudged = results.mutants.iter().filter(|mutant| mutant.judged == "-");
    write(&folder, "unjudged.txt", &unjudged.map(line).collect::<String>());
    let proved = results.mutants.iter().filter(|mutant| mutant.proved);
    write(&folder, "wrong-proofs.txt", &proved.map(line).collect::<String>());
    let of_proof =
        |said: &Said| format!("{} {} faulty {} {:?}\n", said.library, said.id, said.faulty, said.facts);
    write(&folder, "proofs.txt", &results.proofs.iter().map(of_proof).collect::<String>());
    let judged = list::judged("findings.tsv");
    let all = results
        .findings
        .iter()
        .map(|finding| format!("[{}] {}", judgement(finding, &judged), of_finding(finding)));
    write(&folder, "findings.txt", &all.collect::<String>());
}

fn percent(part: usize, whole: usize) -> String {
    if whole == 0 { "–".to_owned() } else { format!("{:.1} %", part as f64 * 100.0 / whole as f64) }
}

/// The figures of one part of the sources as a table by library.
fn by_library(results: &Results, part: &str) -> String {
    let verdicts = verdicts(results);
    let judged = list::judged("findings.tsv");
    let mut text = "| library | sources | functions | right | faulty | undecidable | right with an error | right with a warning | findings | false | mutants | found |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n".to_owned();
    for library in LIBRARIES.into_iter().chain(["all"]) {
        let is = |name: &str| library == "all" || name == library;
        let rows: Vec<_> = results.rows.iter().filter(|row| row.part == part && is(&row.library)).collect();
        let sources: std::collections::BTreeSet<_> = rows.iter().map(|row| &row.source).collect();
        let count = |verdict: &str| rows.iter().filter(|row| row.verdict == verdict).count();
        let findings: Vec<_> =
            results.findings.iter().filter(|finding| finding.part == part && is(&finding.library)).collect();
        let right = |error: bool| {
            let functions: std::collections::BTreeSet<_> = findings
                .iter()
                .filter(|finding| finding.error == error)
                .map(|finding| (finding.source.clone(), finding.path.clone(), finding.function.clone()))
                .filter(|key| verdicts.get(key) == Some(&"right"))
                .collect();
            functions.len()
        };
        let wrong = findings.iter().filter(|finding| judgement(finding, &judged) == "false").count();
        let mutants: Vec<_> = results
            .mutants
            .iter()
            .filter(|mutant| mutant.part == part && is(&mutant.library) && mutant.judged == "fault")
            .collect();
        let found = mutants.iter().filter(|mutant| !mutant.found.is_empty()).count();
        let _ = writeln!(
            text,
            "| {library} | {} | {} | {} | {} | {} | {} | {} | {} | {wrong} | {} | {found} ({}) |",
            sources.len(),
            rows.len(),
            count("right"),
            count("faulty"),
            count("undecidable"),
            right(true),
            right(false),
            findings.len(),
            mutants.len(),
            percent(found, mutants.len())
        );
    }
    text
}

fn by_kind(results: &Results) -> String {
    let mut text =
        format!("| mutation | {} |\n|---|{}\n", LIBRARIES.join(" | "), "---|".repeat(LIBRARIES.len()));
    let mut kinds: Vec<Kind> = results.mutants.iter().map(|mutant| mutant.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        let cells = LIBRARIES.map(|library| {
            let mutants = results.mutants.iter().filter(|mutant| {
                mutant.kind == kind && mutant.library == library && mutant.judged == "fault"
            });
            let (mut all, mut found) = (0, 0);
            for mutant in mutants {
                all += 1;
                found += usize::from(!mutant.found.is_empty());
            }
            if all == 0 { String::new() } else { format!("{found} of {all}") }
        });
        let _ = writeln!(text, "| {} | {} |", words(kind), cells.join(" | "));
    }
    text
}

/// What `--prove` says, by library.
fn of_proofs(results: &Results) -> String {
    let mut text = "What `--prove` says about the functions that are right or faulty, and about the mutants.\nA proof of a mutant is wrong if each fact that the mutation breaks is proved:\n\n| library | functions | nothing said | right with every fact proved | faulty with every fact proved | mutants | wrong proofs |\n|---|---|---|---|---|---|---|\n".to_owned();
    for library in LIBRARIES.into_iter().chain(["all"]) {
        let is = |name: &str| library == "all" || name == library;
        let said: Vec<_> = results.proofs.iter().filter(|said| is(&said.library)).collect();
        let whole = |faulty: bool| {
            said.iter().filter(|said| said.faulty == faulty && matches!(said.facts, Some([_, 0, 0]))).count()
        };
        let mutants =
            || results.mutants.iter().filter(|mutant| is(&mutant.library) && mutant.judged == "fault");
        let _ = writeln!(
            text,
            "| {library} | {} | {} | {} | {} | {} | {} |",
            said.len(),
            said.iter().filter(|said| said.facts.is_none()).count(),
            whole(false),
            whole(true),
            mutants().count(),
            mutants().filter(|mutant| mutant.proved).count()
        );
    }
    text
}

/// The section of `docs/checker.md`.
pub(crate) fn section(results: &Results) -> String {
    let mut text = HEAD.to_owned();
    for (part, title) in [
        ("seen", "The first part, which was looked at while the checker was written:"),
        ("kept", "The second part, which was looked at once its first figures were known:"),
        ("later", "The third part, which was looked at once its first figures were known:"),
        ("last", "The fourth part, which was looked at once its first figures were known:"),
    ] {
        if results.rows.iter().any(|row| row.part == part) {
            let _ = writeln!(text, "{title}\n\n{}", by_library(results, part));
        }
    }
    text += FIRST;
    let _ = writeln!(text, "Mutants found, by mutation:\n\n{}", by_kind(results));
    let equivalent = results.mutants.iter().filter(|mutant| mutant.judged == "equivalent").count();
    let unjudged = results.mutants.iter().filter(|mutant| mutant.judged == "-").count();
    let _ = writeln!(
        text,
        "{equivalent} mutants are judged equivalent and do not count; {unjudged} are not judged and do not count either.\n"
    );
    text += &of_proofs(results);
    if results.missing > 0 {
        let _ = writeln!(text, "\n{} listed functions were not there to be measured.", results.missing);
    }
    text
}

const HEAD: &str = "## Public code

Training functions of published crates and public repositories, written by others, are checked as the command does.
`analysis/tests/public/recorded/functions.tsv` lists them, with commit, path, line and verdict; the sources are not in this repository.
`analysis/tests/public` finds them, checks them and mutates those that are right; its head says how to repeat the measurement.
A function is listed if its calls include a backward and a step by name, at most sixteen functions of a source.
Sources are in four parts: the first two are halves by a hash of the name, the third and then the fourth were collected later, from other repositories.
The verdicts on all parts but the first were given before the checker ran on them.
The verdicts are by reading, without running the code; a function whose fault depends on code elsewhere is undecidable.

A mutant has one line deleted, doubled, exchanged or moved, or one call dropped.
Public functions cannot be run, so rules decide which mutations are faults (`analysis/tests/public/rules.rs`), and single judgements in `recorded/mutants.tsv`.
A mutant is found if some lint has more findings in its file than before.
Findings are those of all functions in the measured files; `recorded/findings.tsv` judges them.

";

/// What cannot be measured again: the figures of a part before anybody looked at what the checker says about it.
const FIRST: &str = "The misses of a part were looked at after its first measurement, and the checker was improved by what they showed.
The first figures are those to expect on other code:

| part | tch | candle | burn | dfdx | own |
|---|---|---|---|---|---|
| second | 113 of 136 (83.1 %) | 18 of 48 (37.5 %) | 48 of 54 (88.9 %) | 7 of 8 | 309 of 457 (67.6 %) |
| third | 127 of 155 (81.9 %) | 68 of 88 (77.3 %) | 82 of 102 (80.4 %) | 12 of 17 | 279 of 539 (51.8 %) |
| fourth | 194 of 225 (86.2 %) | 14 of 21 (66.7 %) | 46 of 54 (85.2 %) | 7 of 11 | 74 of 101 (73.3 %) |

In these measurements, right functions with an error were none of 131 in the second part, 7 of 319 in the third and 2 of 109 in the fourth.

";

/// Records the section for `docs/checker.md`, and the figures that the page shows beside those of our own loops.
pub(crate) fn record(results: &Results) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/measured/recorded");
    write(&folder, "public.md", &section(results));
    let mut figures = String::new();
    for library in LIBRARIES {
        let right =
            results.rows.iter().filter(|row| row.library == library && row.verdict == "right").count();
        let faulty =
            || results.mutants.iter().filter(|mutant| mutant.library == library && mutant.judged == "fault");
        let found = faulty().filter(|mutant| !mutant.found.is_empty()).count();
        let _ = writeln!(figures, "{library}\t{right}\t{}\t{found}", faulty().count());
    }
    write(&folder, "public.tsv", &figures);
}
