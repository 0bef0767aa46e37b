//! The charts of the measurements.

use std::fmt::Write as _;

use super::History;
use crate::chart::{Chart, Mark, Series, escaped, is_thinned};
use crate::run::Row;

/// The section with all measurement charts.
pub(super) fn section(history: &History) -> String {
    let mut html = "<h2>Curves</h2>\n".to_owned();
    if history.is_empty() {
        return html + "<p class=\"note\">There are no epochs.</p>\n";
    }
    if is_thinned(history.len()) {
        let _ = writeln!(
            html,
            "<p class=\"note\">A chart of {} epochs shows groups of epochs: the smallest and the largest value of each.</p>",
            history.len()
        );
    }
    html += "<div class=\"cards\">\n";
    for (title, names) in groups(&history.names()) {
        html += &measurement(history, title, &names);
    }
    let rate = |row: &Row| row.learning_rate.map(f64::from);
    html += &other(history, "learning rate", false, rate);
    html += &other(history, "gradient norm", true, |row| row.grad_norm);
    html + "</div>\n"
}

/// Groups the names of measurements: training and validation together, under the training name.
fn groups<'a>(names: &[&'a str]) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for name in names.iter().copied() {
        let title = name.strip_prefix("valid_").unwrap_or(name);
        match groups.iter_mut().find(|(own, _)| *own == title) {
            Some((_, names)) => names.push(name),
            None => groups.push((title, vec![name])),
        }
    }
    groups
}

/// The chart of a measurement, for training data, validation data, or both.
fn measurement(history: &History, title: &str, names: &[&str]) -> String {
    let series = names.iter().map(|name| {
        let class = if name.starts_with("valid_") { "valid" } else { "train" };
        Series { name, class, points: points(history, |row| row.get(name)) }
    });
    let series = series.collect::<Vec<_>>();
    let best = history.best().map(|best| (epoch(best), format!("best: {}", best.number())));
    let marks = best.iter().map(|(x, text)| Mark { x: *x, text }).collect();
    card(title, &Chart { x_title: "epoch", x_is_log: false, y_may_be_log: true, series, marks })
}

/// The chart of another value, if any epoch has the value.
fn other(history: &History, title: &str, y_may_be_log: bool, value: impl Fn(&Row) -> Option<f64>) -> String {
    let points = points(history, value);
    if points.is_empty() {
        return String::new();
    }
    let series = vec![Series { name: title, class: "other", points }];
    card(title, &Chart { x_title: "epoch", x_is_log: false, y_may_be_log, series, marks: Vec::new() })
}

fn card(title: &str, chart: &Chart) -> String {
    let mut html = format!("<figure><h3>{}</h3>\n{}", escaped(title), chart.svg());
    for Series { name, points, .. } in &chart.series {
        if let Some(note) = gaps(points) {
            let _ = writeln!(html, "<p class=\"note\">{}: {note}</p>", escaped(name));
        }
    }
    html + "</figure>\n"
}

/// The note about non-finite values, if there are any.
fn gaps(points: &[(f64, f64)]) -> Option<String> {
    const MOST: usize = 5;
    let gaps = points.iter().filter(|(_, y)| !y.is_finite()).collect::<Vec<_>>();
    let shown = gaps.iter().take(MOST).map(|(x, y)| format!("{x} ({y})")).collect::<Vec<_>>().join(", ");
    let more = if gaps.len() > MOST { ", ..." } else { "" };
    match gaps.len() {
        0 => None,
        1 => Some(format!("the value of epoch {shown} is not finite and is left out")),
        count => Some(format!("the values of {count} epochs are not finite and are left out: {shown}{more}")),
    }
}

/// The epoch of a row, counted from 1; 0 before the first epoch.
fn epoch(row: &Row) -> f64 {
    row.number() as f64
}

/// The points of all epochs that have a value.
fn points(history: &History, value: impl Fn(&Row) -> Option<f64>) -> Vec<(f64, f64)> {
    history.rows().iter().filter_map(|row| Some((epoch(row), value(row)?))).collect()
}
