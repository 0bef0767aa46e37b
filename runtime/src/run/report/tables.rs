//! The tables of a report.

use std::fmt::Write as _;

use super::History;
use crate::chart::{escaped, short};
use crate::profile::Stage;
use crate::run::Row;
use crate::run::outline::{About, Outline};

/// The number of last epochs in the table.
const LAST: usize = 20;

/// The table of the last epochs and the best epoch.
pub(super) fn epochs(history: &History) -> String {
    if history.is_empty() {
        return String::new();
    }
    let names = history.names();
    let first = history.len().saturating_sub(LAST);
    let (earlier, last) = history.rows().split_at(first);
    let best = history.best().map(std::ptr::from_ref);
    let is_best = |row: &Row| best == Some(std::ptr::from_ref(row));
    let title = match earlier {
        [] => "Epochs".to_owned(),
        _ if earlier.iter().any(is_best) => format!("The best epoch and the last {LAST}"),
        _ => format!("The last {LAST} epochs"),
    };
    let mut html =
        format!("<h2>{title}</h2>\n<div class=\"wide\">\n<table>\n<tr><th>epoch</th><th>seconds</th>");
    for name in ["learning rate", "gradient norm"].iter().chain(&names) {
        let _ = write!(html, "<th>{}</th>", escaped(name));
    }
    html += "</tr>\n";
    for row in earlier.iter().filter(|row| is_best(row)).chain(last) {
        let class = if is_best(row) { " class=\"best\"" } else { "" };
        let _ = write!(html, "<tr{class}><td>{}</td><td>{:.1}</td>", row.number(), row.seconds);
        let rate = row.learning_rate.map(f64::from);
        let values = names.iter().map(|name| row.get(name));
        for value in [rate, row.grad_norm].into_iter().chain(values) {
            let _ = write!(html, "<td>{}</td>", value.map(short).unwrap_or_default());
        }
        html += "</tr>\n";
    }
    html + "</table>\n</div>\n"
}

/// The table of the profile.
pub(super) fn profile(about: &About) -> String {
    let Some(profile) = &about.profile else { return String::new() };
    let mut html = "<h2>Time per stage</h2>\n<div class=\"wide\">\n<table>\n\
                    <tr><th class=\"text\">stage</th><th>seconds</th><th>share</th><th></th></tr>\n"
        .to_owned();
    for stage in Stage::ALL {
        let share = profile.share(stage);
        let _ = writeln!(
            html,
            "<tr><td class=\"text\">{}</td><td>{:.3}</td><td>{:.1} %</td>\
             <td class=\"text\"><span class=\"bar\" style=\"width:{:.0}px\"></span></td></tr>",
            stage.name(),
            profile.seconds(stage),
            100.0 * share,
            100.0 * share
        );
    }
    let _ = writeln!(
        html,
        "<tr><td class=\"text\">total</td><td>{:.3}</td><td>100.0 %</td><td></td></tr>",
        profile.total()
    );
    html + "</table>\n</div>\n"
}

/// The table of the model's layers.
pub(super) fn model(about: &About) -> String {
    let Some(summary) = &about.summary else { return String::new() };
    let mut html = "<h2>Model</h2>\n<div class=\"wide\">\n<table>\n".to_owned();
    for (index, row) in summary.cells().iter().enumerate() {
        html += "<tr>";
        for (column, cell) in row.iter().enumerate() {
            let (tag, class) =
                (if index == 0 { "th" } else { "td" }, if column < 3 { " class=\"text\"" } else { "" });
            let _ = write!(html, "<{tag}{class}>{}</{tag}>", escaped(cell));
        }
        html += "</tr>\n";
    }
    html + "</table>\n</div>\n"
}

/// The table of the clauses.
pub(super) fn spec(outline: &Outline) -> String {
    if outline.clauses.is_empty() {
        return String::new();
    }
    let clauses = outline.clauses.iter().map(|(name, value)| (*name, value.clone()));
    format!("<h2>Spec</h2>\n{}", pairs(clauses, "code"))
}

/// The table of the machine and the versions.
pub(super) fn machine(about: &About) -> String {
    let cores = std::thread::available_parallelism().map_or_else(|_| "unknown".to_owned(), |n| n.to_string());
    let system = format!("{} on {}", std::env::consts::OS, std::env::consts::ARCH);
    let build = if cfg!(debug_assertions) { " (debug build)" } else { "" };
    let mut rows = vec![
        ("training-loop", format!("{}{build}", env!("CARGO_PKG_VERSION"))),
        ("system", system),
        ("cores", cores),
        ("threads", about.threads.to_string()),
    ];
    if let Some(dir) = &about.dir {
        rows.push(("folder", dir.display().to_string()));
    }
    format!("<h2>Machine</h2>\n{}", pairs(rows.into_iter(), "text"))
}

/// A table with names in the first column and values in the second.
fn pairs<'a>(rows: impl Iterator<Item = (&'a str, String)>, class: &str) -> String {
    let row = |(name, value): (&str, String)| {
        format!(
            "<tr><td class=\"text\">{}</td><td class=\"{class}\">{}</td></tr>\n",
            escaped(name),
            escaped(&value)
        )
    };
    format!("<div class=\"wide\">\n<table>\n{}</table>\n</div>\n", rows.map(row).collect::<String>())
}
