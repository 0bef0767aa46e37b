//! The tables of training steps: all libraries, the floor, the losses.

use std::fmt::Write as _;

use crate::figures::{Figures, OURS, WORKLOADS, by_workload, cell, count, number, short, table, text};
use crate::profile;

/// Libraries in recorded order, ours first.
fn peers(figures: &Figures) -> Vec<&str> {
    let mut found = vec![OURS];
    for line in &figures.steps {
        let peer = text(line, "peer");
        if !found.contains(&peer) && line.get("ms").is_some() {
            found.push(peer);
        }
    }
    found
}

/// The best result of the other libraries in a cell, and the library's name.
fn best<'a>(figures: &'a Figures, workload: &str, threads: u64, field: &str) -> Option<(&'a str, f64)> {
    let others = peers(figures).into_iter().filter(|peer| *peer != OURS);
    let times = others.filter_map(|peer| Some((peer, figures.least(peer, workload, threads, field)?)));
    times.min_by(|a, b| a.1.total_cmp(&b.1))
}

pub(crate) fn times(figures: &Figures) -> String {
    let mut out = String::new();
    for (threads, name) in [(1, "One thread"), (2, "Two threads")] {
        let _ = write!(out, "{name}, milliseconds per step:\n\n");
        let mut rows = Vec::new();
        for peer in peers(figures) {
            let cells = WORKLOADS.iter().map(|workload| {
                let value = figures.least(peer, workload, threads, "ms");
                let is_best = value.is_some()
                    && peers(figures).iter().all(|other| {
                        figures.least(other, workload, threads, "ms").is_none_or(|time| Some(time) >= value)
                    });
                if is_best { format!("**{}**", cell(value)) } else { cell(value) }
            });
            rows.push(std::iter::once(peer.to_owned()).chain(cells).collect());
        }
        let ahead = WORKLOADS.iter().map(|workload| ratio(figures, workload, threads));
        rows.push(std::iter::once("best of the others ÷ ours".to_owned()).chain(ahead).collect());
        out.push_str(&table(&by_workload(""), &rows));
    }
    out
}

fn ratio(figures: &Figures, workload: &str, threads: u64) -> String {
    match (best(figures, workload, threads, "ms"), figures.ours(workload, threads)) {
        (Some((_, best)), Some(ours)) => format!("{:.2}", best / ours),
        _ => "–".to_owned(),
    }
}

/// Peak memory with one thread.
pub(crate) fn memory(figures: &Figures) -> String {
    let mut rows = Vec::new();
    for peer in peers(figures) {
        let most = WORKLOADS.map(|workload| figures.least(peer, workload, 1, "rss_mb"));
        let cells = most.iter().map(|value| value.map_or("–".to_owned(), |value| format!("{value:.0}")));
        rows.push(std::iter::once(peer.to_owned()).chain(cells).collect());
    }
    table(&by_workload(""), &rows)
}

/// The losses of the compared runs.
pub(crate) fn losses(figures: &Figures) -> String {
    let mut rows = Vec::new();
    for peer in peers(figures) {
        let cells = WORKLOADS.iter().map(|workload| {
            let mut runs = figures.steps.iter().filter(|line| {
                text(line, "peer") == peer
                    && text(line, "workload") == *workload
                    && number(line, "loss50") >= 0.0
            });
            runs.next().map_or("–".to_owned(), |line| {
                format!("{:.2} → {:.2}", number(line, "loss0"), number(line, "loss50"))
            })
        });
        rows.push(std::iter::once(peer.to_owned()).chain(cells).collect());
    }
    table(&by_workload(""), &rows)
}

/// The spread of losses over seeds, for PyTorch and for us.
pub(crate) fn spread(figures: &Figures) -> String {
    let mut rows = Vec::new();
    for (peer, name) in [("torch-eager", "PyTorch"), (OURS, "ours")] {
        for (field, when) in [("loss0", "first step"), ("loss50", "after 50")] {
            let cells = WORKLOADS.iter().map(|workload| {
                let runs = figures
                    .losses
                    .iter()
                    .filter(|line| text(line, "peer") == peer && text(line, "workload") == *workload);
                let mut found: Vec<f64> = runs.map(|line| number(line, field)).collect();
                found.sort_by(f64::total_cmp);
                let digits = if *workload == "w2" && field == "loss50" { 4 } else { 3 };
                match (found.first(), found.last()) {
                    (Some(least), Some(most)) => format!("{least:.digits$} – {most:.digits$}"),
                    _ => "–".to_owned(),
                }
            });
            rows.push(std::iter::once(format!("{name}, {when}")).chain(cells).collect());
        }
    }
    table(&by_workload(""), &rows)
}

/// Millions of multiply-adds of a workload, and megabytes that its optimizer moves.
const WORK: [(&str, f64, f64); 5] = [
    ("w2", 64.5, 6.6),
    ("w3", 2450.0, 37.0),
    ("w4", 4580.0, 34.0),
    ("w5", 3960.0, 23.0),
    ("w6", 1310.0, 3.1),
];

/// Our fraction of the lower bound.
pub(crate) fn floor(figures: &Figures) -> String {
    let head =
        ["", "flop", "optimizer", "floor, 1 thread", "ours", "share", "floor, 2 threads", "ours", "share"];
    let mut rows = Vec::new();
    for (workload, megaflop, megabytes) in WORK {
        let mut row = vec![
            workload.to_uppercase(),
            format!("{} M", short(megaflop)),
            format!("{} MB", short(megabytes)),
        ];
        for threads in [1, 2] {
            let floor = figures.peak("fma", threads).zip(figures.peak("update in the caches", threads));
            let floor = floor.map(|(gflops, gbs)| megaflop / gflops + megabytes / gbs);
            let ours = figures.ours(workload, threads);
            let share = floor
                .zip(ours)
                .map_or("–".to_owned(), |(floor, ours)| format!("{:.0} %", 100.0 * floor / ours));
            row.extend([cell(floor), cell(ours), share]);
        }
        rows.push(row);
    }
    table(&head.map(str::to_owned), &rows)
}

/// The time of the multiplying kernels compared with the peak, by `perf`'s samples.
pub(crate) fn arithmetic(figures: &Figures) -> String {
    let head = ["", "at the peak, 1 thread", "ours", "share", "at the peak, 2 threads", "ours", "share"];
    let mut rows = Vec::new();
    for (workload, megaflop, _) in WORK {
        let mut row = vec![workload.to_uppercase()];
        for threads in [1, 2] {
            let peak = figures.peak("fma", threads).map(|gflops| megaflop / gflops);
            let ours = figures.ours(workload, threads).zip(profile::multiplying(figures, workload, threads));
            let ours = ours.map(|(time, percent)| time * percent / 100.0);
            let share = peak
                .zip(ours)
                .map_or("–".to_owned(), |(peak, ours)| format!("{:.0} %", 100.0 * peak / ours));
            row.extend([cell(peak), cell(ours), share]);
        }
        rows.push(row);
    }
    table(&head.map(str::to_owned), &rows)
}

/// Cells in which another library is ahead or within noise, and memory above burn's.
pub(crate) fn shortfalls(figures: &Figures) -> String {
    let mut out = String::new();
    for workload in WORKLOADS {
        for threads in [1, 2] {
            let Some((peer, theirs)) = best(figures, workload, threads, "ms") else { continue };
            let Some(ours) = figures.ours(workload, threads) else {
                let _ = writeln!(
                    out,
                    "- {}, {threads} thread(s): ours is not measured.",
                    workload.to_uppercase()
                );
                continue;
            };
            if theirs < 1.2 * ours {
                let word =
                    if theirs < ours { "is ahead" } else { "is within the 20 % by which figures vary" };
                let _ = writeln!(
                    out,
                    "- {}, {threads} thread(s): {peer} {word}, {} ms against our {}.",
                    workload.to_uppercase(),
                    short(theirs),
                    short(ours)
                );
            }
        }
        let memory = |peer| figures.least(peer, workload, 1, "rss_mb");
        if let (Some(theirs), Some(ours)) = (memory("burn-flex"), memory(OURS))
            && ours > theirs
        {
            let _ = writeln!(
                out,
                "- {}: {ours:.0} MB at the peak, burn's flex {theirs:.0}.",
                workload.to_uppercase()
            );
        }
    }
    if out.is_empty() {
        out.push_str("In no cell is another library ahead, or within the 20 % by which figures vary.\n");
    }
    out
}

/// The maximum number of runs of a cell, and the number of runs that were discarded because the machine was
/// in use.
pub(crate) fn repetitions(figures: &Figures) -> (u64, u64) {
    let most = figures.steps.iter().map(|line| count(line, "rep") + 1).max().unwrap_or(0);
    let again = figures.steps.iter().map(|line| count(line, "attempts").saturating_sub(1)).sum();
    (most, again)
}
