//! The tables of a step's time profile, of inference and of builds.

use std::fmt::Write as _;

use serde_json::Value;

use crate::figures::{Figures, OURS, WORKLOADS, by_workload, cell, count, number, short, table, text};

const STAGES: [(&str, &str); 8] = [
    ("batch", "take the batch"),
    ("forward", "forward"),
    ("loss", "loss"),
    ("zero_grad", "`zero_grad`"),
    ("backward", "`backward`"),
    ("step", "`step`"),
    ("item", "read the loss"),
    ("drop", "drop the rest"),
];

fn of<'a>(lines: &'a [Value], workload: &str, threads: u64, field: &str) -> Option<&'a Value> {
    let line =
        lines.iter().find(|line| text(line, "workload") == workload && count(line, "threads") == threads)?;
    line.get(field)
}

/// Milliseconds and percentage of each stage.
pub(crate) fn stages(figures: &Figures) -> String {
    let mut out = String::new();
    for (threads, name) in [(1, "One thread"), (2, "Two threads")] {
        let _ = write!(out, "{name}, milliseconds:\n\n");
        let rows: Vec<Vec<String>> = STAGES
            .iter()
            .map(|(stage, words)| {
                let cells = WORKLOADS.iter().map(|workload| {
                    let times = of(&figures.stages, workload, threads, "stages");
                    let total: f64 = times
                        .map_or(f64::NAN, |times| STAGES.iter().map(|(name, _)| number(times, name)).sum());
                    times.map_or("–".to_owned(), |times| {
                        let time = number(times, stage);
                        format!("{} ({:.0} %)", decimals(time), 100.0 * time / total)
                    })
                });
                std::iter::once((*words).to_owned()).chain(cells).collect()
            })
            .collect();
        out.push_str(&table(&by_workload(""), &rows));
    }
    out
}

/// The number of significant decimals of a time.
fn decimals(milliseconds: f64) -> String {
    if milliseconds < 0.01 { format!("{milliseconds:.5}") } else { short(milliseconds) }
}

/// The percentage of samples in kernels that multiply.
pub(crate) fn multiplying(figures: &Figures, workload: &str, threads: u64) -> Option<f64> {
    let shares = of(&figures.kernels, workload, threads, "kernels")?;
    let share = |kind: &str| shares.get(kind).and_then(Value::as_f64).unwrap_or_default();
    Some(share("products") + share("convolution and pooling") + share("attention"))
}

/// The percentage of each kind of kernel.
pub(crate) fn kernels(figures: &Figures) -> String {
    let mut out = String::new();
    for (threads, name) in [(1, "One thread"), (2, "Two threads")] {
        let share = |workload: &str, kind: &str| {
            of(&figures.kernels, workload, threads, "kernels")?.get(kind)?.as_f64()
        };
        let mut kinds: Vec<&String> = Vec::new();
        for line in &figures.kernels {
            for kind in line["kernels"].as_object().into_iter().flat_map(serde_json::Map::keys) {
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
        }
        let weight = |kind: &str| WORKLOADS.iter().filter_map(|workload| share(workload, kind)).sum::<f64>();
        kinds.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
        let _ = write!(out, "{name}, percent of the samples:\n\n");
        let rows: Vec<Vec<String>> = kinds
            .into_iter()
            .map(|kind| {
                let cells = WORKLOADS.iter().map(|workload| {
                    share(workload, kind).map_or("–".to_owned(), |share| format!("{share:.1}"))
                });
                let name = if kind == "products" { "matmul" } else { kind };
                std::iter::once(name.to_owned()).chain(cells).collect()
            })
            .collect();
        out.push_str(&table(&by_workload(""), &rows));
    }
    out
}

/// Inference in samples per second.
pub(crate) fn inference(figures: &Figures) -> String {
    let head = [
        "",
        "batch",
        "ours, 1 thread",
        "PyTorch",
        "ours ÷ PyTorch",
        "ours, 2 threads",
        "PyTorch",
        "ours ÷ PyTorch",
    ];
    let mut rows = Vec::new();
    for workload in ["w2", "w4"] {
        for batch in [1, 64, 256] {
            let mut row = vec![workload.to_uppercase(), batch.to_string()];
            for threads in [1, 2] {
                let rate = |peer: &str| {
                    let line = figures.inference.iter().find(|line| {
                        (text(line, "peer"), text(line, "workload")) == (peer, workload)
                            && (count(line, "threads"), count(line, "batch")) == (threads, batch)
                    })?;
                    Some(number(line, "samples_per_second"))
                };
                let (ours, theirs) = (rate(OURS), rate("torch"));
                let ratio = ours
                    .zip(theirs)
                    .map_or("–".to_owned(), |(ours, theirs)| format!("{:.2}", ours / theirs));
                row.extend([rounded(ours), rounded(theirs), ratio]);
            }
            rows.push(row);
        }
    }
    table(&head.map(str::to_owned), &rows)
}

/// A number of samples with three significant digits.
fn rounded(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| {
        let unit = 10_f64.powf((value.log10().floor() - 2.0).max(0.0));
        format!("{:.0}", (value / unit).round() * unit)
    })
}

/// Build time and binary size.
pub(crate) fn builds(figures: &Figures) -> String {
    let fields = [
        ("crates", "crates in the tree"),
        ("build_s", "cold release build, s"),
        ("build_cpu_s", "processor time of it, s"),
        ("rebuild_s", "release build after touching `main.rs`, s"),
        ("check_s", "`cargo check` after touching `main.rs`, s"),
        ("binary_mb", "program, MB"),
        ("stripped_mb", "program, stripped, MB"),
    ];
    let names = figures.builds.iter().map(|line| text(line, "peer").to_owned());
    let head: Vec<String> = std::iter::once(String::new()).chain(names).collect();
    let rows: Vec<Vec<String>> = fields
        .iter()
        .map(|(field, words)| {
            let cells = figures.builds.iter().map(|line| {
                let value = line.get(*field).and_then(Value::as_f64);
                if *field == "crates" {
                    value.map_or("–".to_owned(), |v| format!("{v:.0}"))
                } else {
                    cell(value)
                }
            });
            std::iter::once((*words).to_owned()).chain(cells).collect()
        })
        .collect();
    table(&head, &rows)
}
