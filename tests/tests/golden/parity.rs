//! The page `docs/parity.md`: each operation, layer, loss, optimizer, schedule and metric with recorded numbers.
//!
//! `parity.txt` gives the names, and the groups and kinds of the recorded cases. The numbers of cases and the largest
//! differences are those that the tests of the groups measured.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use crate::cases::{self, cases};

const HEAD: &str = "# Parity with PyTorch

A test generates this page and checks that it is up to date; `UPDATE=1 cargo test -p training-loop-tests --test golden parity` regenerates it.
Each row compares our numbers with those that `tests/golden/record.py` recorded from PyTorch 2, or from scikit-learn for metrics: outputs, and gradients under an uneven output gradient.
The cases have odd shapes, broadcasts, axes of length 1 and 0, and extreme values, as far as they apply.
The difference is relative to the recorded number, or to 0.1 if the number is smaller; the largest over all numbers of all cases is at most the stated bound.
One unit in the last place of a number in single precision is about 10⁻⁷; the tests allow 10⁻⁵.
Where rounding errors of long sums grow with the largest number, as in attention, the difference is relative to a tenth of the largest number of the array.
Schedules are equal to all digits of double precision.
";

/// The schedules, which their test compares exactly.
const SCHEDULES: &[(&str, &str, &str)] = &[
    ("step_lr", "StepLr", "StepLR"),
    ("multi_step_lr", "MultiStepLr", "MultiStepLR"),
    ("exponential_lr", "ExponentialLr", "ExponentialLR"),
    ("linear_lr", "LinearLr", "LinearLR"),
    ("polynomial_lr", "PolynomialLr", "PolynomialLR"),
    ("cosine_lr", "CosineLr", "CosineAnnealingLR"),
    ("cosine_restarts_lr", "CosineRestartsLr", "CosineAnnealingWarmRestarts"),
    ("one_cycle_lr", "OneCycleLr", "OneCycleLR"),
    ("cyclic_lr", "CyclicLr", "CyclicLR"),
    ("constant_lr", "ConstantLr", "ConstantLR"),
    ("lambda_lr", "LambdaLr", "LambdaLR"),
    ("sequential_lr", "SequentialLr", "SequentialLR"),
    ("chained_lr", "ChainedLr", "ChainedScheduler"),
    ("plateau_lr", "PlateauLr", "ReduceLROnPlateau"),
];

/// The group and the kind of a case.
type Key = (String, String);

#[test]
fn parity() {
    for group in [
        crate::ops::operations,
        crate::rearranging::rearranging,
        crate::constructors::constructors,
        crate::losses::losses,
        crate::margins::margins,
        crate::convolution::convolutions_and_pooling,
        crate::padded::padded_convolutions,
        crate::layers::layers,
        crate::recurrent::recurrent_layers,
        crate::attention::attention,
        crate::activations::activations,
        crate::normalisation::normalisation,
        crate::resolution::resolutions,
        crate::transformer::transformers,
        crate::optimizers::optimizers,
        crate::metrics::metrics,
        crate::scores::scores,
        crate::training::trainings,
        crate::schedules::schedules,
    ] {
        group();
    }
    let measured = cases::measured();
    let mut unlisted: BTreeSet<Key> = measured.keys().cloned().collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/parity.md");
    let update = std::env::var_os("UPDATE").is_some();
    let page = if update { String::new() } else { std::fs::read_to_string(&path).expect("docs/parity.md") };
    let mut text = HEAD.to_owned();
    for line in include_str!("parity.txt").lines() {
        if let Some(section) = line.strip_prefix("## ") {
            if section == "Metrics" {
                text += &schedules();
            }
            let theirs = if section == "Metrics" { "scikit-learn" } else { "PyTorch" };
            let _ = write!(
                text,
                "\n## {section}\n\n| ours | {theirs} | cases | difference |\n|---|---|---|---|\n"
            );
            continue;
        }
        let [ours, theirs, kinds] = line.split(" | ").collect::<Vec<_>>()[..] else {
            panic!("not a row: {line}")
        };
        let (mut count, mut worst) = (0, 0.0_f64);
        for key in keys(kinds) {
            let (cases, largest) = measured.get(&key).unwrap_or_else(|| panic!("{ours}: no case {key:?}"));
            assert!(unlisted.remove(&key), "{key:?} is listed twice");
            count += cases;
            worst = worst.max(*largest);
        }
        let row = format!("| {ours} | {theirs} | {count} |");
        let _ = writeln!(text, "{row} ≤ {} |", bound(&row, worst, &page));
    }
    assert!(unlisted.is_empty(), "recorded, and not in tests/tests/golden/parity.txt: {unlisted:?}");
    if update {
        std::fs::write(&path, &text).expect("docs/parity.md can be written");
    } else {
        assert_eq!(text, page, "run again with UPDATE=1");
    }
}

/// The groups and kinds of `ops: add sub; losses: mse`.
fn keys(kinds: &str) -> Vec<Key> {
    let groups = kinds.split("; ").map(|part| part.split_once(": ").expect("a group and its kinds"));
    groups
        .flat_map(|(group, kinds)| kinds.split(' ').map(move |kind| (group.to_owned(), kind.to_owned())))
        .collect()
}

/// A power of ten that the difference does not exceed. The bound on the page stays if it holds and is not loose: the last
/// digits depend on the processor.
fn bound(row: &str, worst: f64, page: &str) -> String {
    let smallest = |least: f64| (-7..=-5).map(|power| 10_f64.powi(power)).find(|bound| least <= *bound);
    let stated = page
        .lines()
        .find_map(|line| line.strip_prefix(row)?.trim_matches([' ', '≤', '|']).parse::<f64>().ok());
    let bound = match stated {
        Some(stated) if worst <= stated && (stated < 2e-7 || worst * 1000.0 > stated) => stated,
        // Half of the bound is left for other processors.
        _ => smallest(2.0 * worst).unwrap_or(1e-5),
    };
    format!("{bound:e}")
}

fn schedules() -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for case in cases("schedules") {
        *counts.entry(case.kind().to_owned()).or_default() += 1;
    }
    let mut text =
        "\n## Schedules\n\n| ours | PyTorch | cases | difference |\n|---|---|---|---|\n".to_owned();
    for (kind, ours, theirs) in SCHEDULES {
        let count = counts.remove(*kind).unwrap_or_else(|| panic!("no case of {kind}"));
        let _ = writeln!(text, "| `{ours}` | `lr_scheduler.{theirs}` | {count} | 0 |");
    }
    assert!(counts.is_empty(), "recorded, and not in `SCHEDULES`: {counts:?}");
    text
}
