//! The confusion matrices: a heat map, and the precision and recall of each class.

use std::fmt::Write as _;

use super::History;
use crate::chart::{escaped, short};
use crate::metric::Confusion;

/// The largest number of classes for a heat map.
const MOST_DRAWN: usize = 40;
/// The largest number of classes in the table.
const MOST_LISTED: usize = 40;
/// The width of the heat map in user units.
const WIDTH: f64 = 340.0;
/// The margin for the labels of rows and columns.
const MARGIN: f64 = 34.0;

/// A section for each named matrix.
pub(super) fn sections(history: &History) -> String {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in history.rows().iter().rev().flat_map(|row| &row.confusions) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names.into_iter().map(|name| section(history, name)).collect()
}

fn section(history: &History, name: &str) -> String {
    let last = history.rows().iter().rev().find_map(|row| Some((row.number(), row.confusion(name)?)));
    let Some((epoch, matrix)) = last else { return String::new() };
    let classes = classes(matrix);
    let mut html = format!("<h2>{}, epoch {epoch}</h2>\n<div class=\"cards\">\n", escaped(name));
    if classes.len() <= MOST_DRAWN {
        html += &picture(matrix);
    } else {
        let _ = writeln!(html, "<p class=\"note\">A matrix of {} classes is not drawn.</p>", classes.len());
    }
    html += &table(&classes);
    html + "</div>\n"
}

/// The counts of a class.
struct Class {
    number: usize,
    right: u64,
    /// The number of samples with this label.
    samples: u64,
    /// The number of predictions of this class.
    predicted: u64,
}

impl Class {
    fn recall(&self) -> Option<f64> {
        ratio(self.right, self.samples)
    }

    fn precision(&self) -> Option<f64> {
        ratio(self.right, self.predicted)
    }

    fn f1(&self) -> Option<f64> {
        ratio(2 * self.right, self.samples + self.predicted)
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn classes(matrix: &Confusion) -> Vec<Class> {
    let counts = matrix.counts();
    let class = |number: usize| Class {
        number,
        right: counts[number][number],
        samples: counts[number].iter().sum(),
        predicted: counts.iter().map(|row| row[number]).sum(),
    };
    (0..counts.len()).map(class).collect()
}

/// The table of the classes. With many classes, only those with the lowest recall are listed.
fn table(classes: &[Class]) -> String {
    let mut shown = classes.iter().filter(|class| class.samples + class.predicted > 0).collect::<Vec<_>>();
    let of_all = shown.len();
    let mut html = "<div class=\"wide\">\n".to_owned();
    if of_all > MOST_LISTED {
        let recall = |class: &Class| class.recall().unwrap_or(2.0);
        shown.sort_by(|one, other| recall(one).total_cmp(&recall(other)));
        shown.truncate(MOST_LISTED);
        let _ = writeln!(
            html,
            "<p class=\"note\">The {MOST_LISTED} of {of_all} classes with the lowest recall.</p>"
        );
    }
    html += "<table>\n<tr><th>class</th><th>samples</th><th>precision</th><th>recall</th><th>F1</th></tr>\n";
    for class in shown {
        let cell = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
        let Class { number, samples, .. } = class;
        let (precision, recall, f1) = (cell(class.precision()), cell(class.recall()), cell(class.f1()));
        let _ = writeln!(
            html,
            "<tr><td>{number}</td><td>{samples}</td><td>{precision}</td><td>{recall}</td><td>{f1}</td></tr>"
        );
    }
    html + "</table>\n</div>\n"
}

/// The heat map. The colour of a cell is the cell's share of the samples with its label.
fn picture(matrix: &Confusion) -> String {
    let counts = matrix.counts();
    let size = ((WIDTH - MARGIN - 2.0) / counts.len().max(1) as f64).min(44.0);
    let height = MARGIN + size * counts.len() as f64 + 4.0;
    let mut svg = format!(
        "<figure>\n<svg viewBox=\"0 0 {WIDTH} {height:.1}\" role=\"img\"><title>Counts by label and predicted class</title>\n\
         <text class=\"quiet\" x=\"{MARGIN}\" y=\"11\">predicted class</text>\n\
         <text class=\"quiet\" x=\"2\" y=\"28\">label</text>\n"
    );
    let every = (14.0 / size).ceil().max(1.0) as usize;
    for class in (0..counts.len()).step_by(every) {
        let middle = MARGIN + size * (class as f64 + 0.5);
        let _ = writeln!(
            svg,
            "<text class=\"quiet\" x=\"{middle:.1}\" y=\"{}\" text-anchor=\"middle\">{class}</text>\
             <text class=\"quiet\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{class}</text>",
            MARGIN - 6.0,
            MARGIN - 5.0,
            middle + 4.0
        );
    }
    for (label, row) in counts.iter().enumerate() {
        let samples = row.iter().sum::<u64>();
        for (class, count) in row.iter().enumerate().filter(|(_, count)| **count > 0) {
            cell(&mut svg, size, [label, class], *count, *count as f64 / samples as f64);
        }
    }
    let end = MARGIN + size * counts.len() as f64;
    let _ = writeln!(svg, "<path class=\"frame\" d=\"M{MARGIN} {MARGIN}H{end:.1}V{end:.1}H{MARGIN}Z\"/>");
    svg + "</svg>\n<p class=\"note\">A stronger colour is a larger share of the samples of the label; cells without samples are empty.</p>\n</figure>\n"
}

/// The opacity of a cell. Below one half, the number has the text colour of the page, and above it the
/// background colour. The opacity jumps at one half, so that the number is readable in both colours.
pub(super) fn opacity(share: f64) -> f64 {
    if share <= 0.5 { 0.06 + 0.78 * share } else { 0.9 + 0.2 * (share - 0.5) }
}

fn cell(svg: &mut String, size: f64, [label, class]: [usize; 2], count: u64, share: f64) {
    let (x, y) = (MARGIN + size * class as f64, MARGIN + size * label as f64);
    let opacity = opacity(share);
    let _ = write!(
        svg,
        "<rect class=\"cell\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{size:.1}\" height=\"{size:.1}\" fill-opacity=\"{opacity:.2}\">\
         <title>label {label}, predicted {class}: {count} ({} %)</title></rect>",
        short(100.0 * share)
    );
    let text = count.to_string();
    // A digit is about 6.5 user units wide.
    if 6.5 * text.len() as f64 + 3.0 <= size {
        let class = if share > 0.5 { " class=\"on\"" } else { "" };
        let (middle, line) = (x + size / 2.0, y + size / 2.0 + 4.0);
        let _ = write!(
            svg,
            "<text{class} x=\"{middle:.1}\" y=\"{line:.1}\" text-anchor=\"middle\">{text}</text>"
        );
    }
    svg.push('\n');
}
