//! The recorded lines, and number formatting.

use std::path::Path;

use serde_json::Value;

pub(crate) const WORKLOADS: [&str; 6] = ["w1", "w2", "w3", "w4", "w5", "w6"];
pub(crate) const OURS: &str = "training-loop";

/// Every recorded measurement.
pub(crate) struct Figures {
    /// The comparison of training steps, one line per run.
    pub(crate) steps: Vec<Value>,
    pub(crate) machine: Vec<Value>,
    pub(crate) losses: Vec<Value>,
    pub(crate) stages: Vec<Value>,
    pub(crate) kernels: Vec<Value>,
    pub(crate) growth: Vec<Value>,
    pub(crate) inference: Vec<Value>,
    pub(crate) builds: Vec<Value>,
    /// Known shortfalls, in words.
    pub(crate) notes: String,
}

impl Figures {
    pub(crate) fn read(folder: &Path) -> Self {
        let lines = |name: &str| {
            let text = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
            let parse =
                |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}: {error}: {line}"));
            text.lines().map(parse).collect()
        };
        Self {
            steps: lines("steps.jsonl"),
            machine: lines("machine.jsonl"),
            losses: lines("losses.jsonl"),
            stages: lines("stages.jsonl"),
            kernels: lines("kernels.jsonl"),
            growth: lines("growth.jsonl"),
            inference: lines("inference.jsonl"),
            builds: lines("builds.jsonl"),
            notes: std::fs::read_to_string(folder.join("notes.md")).unwrap_or_default(),
        }
    }

    /// A peak rate of the machine, in the recorded unit.
    pub(crate) fn peak(&self, what: &str, threads: u64) -> Option<f64> {
        let line = self
            .machine
            .iter()
            .find(|line| text(line, "what") == what && count(line, "threads") == threads)?;
        line.get("gflops").or(line.get("gbs"))?.as_f64()
    }

    /// The smallest median of our runs of a workload, in milliseconds.
    pub(crate) fn ours(&self, workload: &str, threads: u64) -> Option<f64> {
        self.least(OURS, workload, threads, "ms")
    }

    /// The minimum over a library's runs of a workload.
    pub(crate) fn least(&self, peer: &str, workload: &str, threads: u64, field: &str) -> Option<f64> {
        let runs = self.steps.iter().filter(|line| {
            text(line, "peer") == peer
                && text(line, "workload") == workload
                && count(line, "threads") == threads
        });
        runs.filter_map(|line| line.get(field)?.as_f64()).reduce(f64::min)
    }
}

pub(crate) fn text<'a>(line: &'a Value, field: &str) -> &'a str {
    line.get(field).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn count(line: &Value, field: &str) -> u64 {
    line.get(field).and_then(Value::as_u64).unwrap_or_default()
}

pub(crate) fn number(line: &Value, field: &str) -> f64 {
    line.get(field).and_then(Value::as_f64).unwrap_or(f64::NAN)
}

/// Three significant digits.
pub(crate) fn short(value: f64) -> String {
    let before = if value == 0.0 { 0 } else { value.abs().log10().floor() as i32 };
    let digits = usize::try_from(2 - before).unwrap_or(0);
    format!("{value:.digits$}")
}

pub(crate) fn cell(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), short)
}

/// A Markdown table.
pub(crate) fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule = "|---".repeat(head.len());
    let rows: String = rows.iter().map(|row| line(row)).collect();
    format!("{}{rule}|\n{rows}\n", line(head))
}

/// The head of a table with one column per workload.
pub(crate) fn by_workload(first: &str) -> Vec<String> {
    let names = WORKLOADS.iter().map(|name| name.to_uppercase());
    std::iter::once(first.to_owned()).chain(names).collect()
}
