//! How time and memory grow: the curves and their table.

use std::fmt::Write as _;

use crate::figures::{Figures, count, number, short, table, text};
use crate::plot::{Panel, Series, draw};

/// An axis of growth: its name, the label below the plot, and the recorded field with the size of a point.
const AXES: [(&str, &str, &str); 4] = [
    ("batch", "samples in a batch", "batch"),
    ("width", "parameters, as the layers become wider", "parameters"),
    ("depth", "hidden layers", "depth"),
    ("steps", "training steps", "steps"),
];

/// A curve: the size of each point, and its measurement.
fn curve(figures: &Figures, axis: &str, size: &str, threads: u64, field: &str) -> Vec<(f64, f64)> {
    let lines =
        figures.growth.iter().filter(|line| text(line, "axis") == axis && count(line, "threads") == threads);
    let mut points: Vec<_> = lines.map(|line| (number(line, size), number(line, field))).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points
}

/// What is timed along an axis: a step or a whole run.
fn timed(axis: &str) -> (&'static str, &'static str) {
    if axis == "steps" { ("total_ms", "ms, the whole run") } else { ("ms", "ms a step") }
}

/// A plot per axis, with its name.
pub(crate) fn plots(figures: &Figures) -> Vec<(String, String)> {
    let plot = |(axis, words, size): &(&str, &str, &str)| {
        let (field, unit) = timed(axis);
        let series = |field| {
            [(1, "1 thread"), (2, "2 threads")]
                .map(|(threads, name)| Series { name, points: curve(figures, axis, size, threads, field) })
        };
        let panels = [
            Panel { title: "Time", below: words, beside: unit, series: series(field).to_vec() },
            Panel {
                title: "Memory at the peak",
                below: words,
                beside: "MB",
                series: series("memory_mb").to_vec(),
            },
        ];
        (format!("growth-{axis}"), draw(&panels))
    };
    AXES.iter().map(plot).collect()
}

/// The factors by which time and memory grow from the first point of each curve to the last.
pub(crate) fn factors(figures: &Figures) -> String {
    let head = ["", "from", "to", "factor", "time, 1 thread", "time, 2 threads", "memory, 1 thread"];
    let mut rows = Vec::new();
    for (axis, words, size) in AXES {
        let (field, _) = timed(axis);
        let ends = |threads, field| {
            let points = curve(figures, axis, size, threads, field);
            Some((*points.first()?, *points.last()?))
        };
        let Some((first, last)) = ends(1, field) else { continue };
        let grows = |threads, field| {
            ends(threads, field)
                .map_or("–".to_owned(), |(first, last)| format!("× {}", short(last.1 / first.1)))
        };
        rows.push(vec![
            words.to_owned(),
            format!("{:.0}", first.0),
            format!("{:.0}", last.0),
            format!("× {}", short(last.0 / first.0)),
            grows(1, field),
            grows(2, field),
            grows(1, "memory_mb"),
        ]);
    }
    table(&head.map(str::to_owned), &rows)
}

/// The plots as Markdown images.
pub(crate) fn images() -> String {
    let mut out = String::new();
    for (axis, words, _) in AXES {
        let _ = write!(out, "![Time and memory by {words}](performance/growth-{axis}.svg)\n\n");
    }
    out
}
