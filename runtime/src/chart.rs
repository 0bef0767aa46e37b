//! Line charts as SVG, for reports and for the learning-rate search.
//!
//! A chart uses the CSS variables and classes of [`STYLE`] and [`COLOURS`], which the page must include.

mod scale;
mod thin;

use std::fmt::Write as _;

use scale::Scale;
pub(crate) use scale::short;
use thin::thinned;

/// The width of a chart in user units. On a phone, a unit is a pixel.
const WIDTH: f64 = 340.0;
/// The height of a chart.
const HEIGHT: f64 = 210.0;
/// The left, right, upper and lower edge of the plot.
const PLOT: [f64; 4] = [50.0, 330.0, 18.0, 172.0];

/// The style rules for text and lines in a chart. The page defines the colours.
pub(crate) const STYLE: &str = "\
svg text{fill:var(--text);font:11px system-ui,sans-serif}
svg .quiet{fill:var(--quiet)}
svg .grid{stroke:var(--line);stroke-width:1}
svg .train,svg .valid,svg .other{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}
svg .train{stroke:var(--train)}
svg .valid{stroke:var(--valid)}
svg .other{stroke:var(--other)}
svg circle.train{fill:var(--train)}
svg circle.valid{fill:var(--valid)}
svg circle.other{fill:var(--other)}
svg .mark{stroke:var(--quiet);stroke-width:1;stroke-dasharray:3 3}
";

/// The colours as CSS variables, for light and for dark pages.
pub(crate) const COLOURS: &str = "\
:root{color-scheme:light dark;--page:#ffffff;--panel:#f4f5f7;--text:#1b1f24;--quiet:#57606a;--line:#d0d7de;--train:#1f5fbf;--valid:#a84300;--other:#5b3fa8}
@media (prefers-color-scheme:dark){:root{--page:#14171c;--panel:#1d2229;--text:#e6e9ee;--quiet:#a3adb8;--line:#3a424d;--train:#7db3ff;--valid:#ffab66;--other:#c3adff}}
";

/// A line of a chart.
pub(crate) struct Series<'a> {
    pub(crate) name: &'a str,
    /// The class that colours the line: `train`, `valid` or `other`.
    pub(crate) class: &'static str,
    /// The points with increasing x. A y that is not finite is a gap.
    pub(crate) points: Vec<(f64, f64)>,
}

/// A vertical line with a label.
pub(crate) struct Mark<'a> {
    pub(crate) x: f64,
    pub(crate) text: &'a str,
}

/// A line chart with one horizontal axis.
pub(crate) struct Chart<'a> {
    /// The title of the horizontal axis.
    pub(crate) x_title: &'a str,
    /// Whether x is shown on a logarithmic scale. All x must then be above 0.
    pub(crate) x_is_log: bool,
    /// Whether y may be shown on a logarithmic scale, if its values spread widely.
    pub(crate) y_may_be_log: bool,
    pub(crate) series: Vec<Series<'a>>,
    pub(crate) marks: Vec<Mark<'a>>,
}

impl Chart<'_> {
    /// The SVG element without a namespace, for use in an HTML page.
    pub(crate) fn svg(&self) -> String {
        self.element("")
    }

    /// A complete SVG file.
    pub(crate) fn file(&self) -> String {
        let page = "svg{background:var(--page)}\n";
        let svg = self.element(" xmlns=\"http://www.w3.org/2000/svg\" width=\"680\" height=\"420\"");
        svg.replacen('>', &format!(">\n<style>\n{COLOURS}{STYLE}{page}</style>\n"), 1)
    }

    fn element(&self, attributes: &str) -> String {
        let values = |of: fn(&(f64, f64)) -> f64| {
            let points = self.series.iter().flat_map(|series| &series.points);
            points.filter(|(_, y)| y.is_finite()).map(of).collect::<Vec<_>>()
        };
        let (xs, ys) = (values(|point| point.0), values(|point| point.1));
        let names = self.series.iter().map(|series| series.name).collect::<Vec<_>>().join(", ");
        let mut svg = format!(
            "<svg{attributes} viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\"><title>{}</title>\n",
            escaped(&names)
        );
        let [left, right, top, bottom] = PLOT;
        if xs.is_empty() {
            let (x, y) = (f64::midpoint(left, right), f64::midpoint(top, bottom));
            let _ = writeln!(
                svg,
                "<text class=\"quiet\" x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">no finite values</text>"
            );
        } else {
            let x = if self.x_is_log { Scale::log(&xs, left, right) } else { Scale::whole(&xs, left, right) };
            let y =
                if self.y_may_be_log { Scale::of(&ys, bottom, top) } else { Scale::linear(&ys, bottom, top) };
            self.axes(&mut svg, &x, &y);
            self.marks(&mut svg, &x);
            self.series.iter().for_each(|series| series.draw(&mut svg, &x, &y));
        }
        self.legend(&mut svg);
        svg + "</svg>\n"
    }

    fn axes(&self, svg: &mut String, x: &Scale, y: &Scale) {
        let [left, right, _, bottom] = PLOT;
        for tick in y.ticks(5) {
            let at = y.at(tick);
            let (text, under) = (short(tick), at + 3.5);
            let _ = writeln!(
                svg,
                "<path class=\"grid\" d=\"M{left} {at:.1}H{right}\"/><text class=\"quiet\" x=\"{}\" y=\"{under:.1}\" \
                 text-anchor=\"end\">{text}</text>",
                left - 5.0
            );
        }
        for tick in x.ticks(6) {
            let (at, text) = (x.at(tick), short(tick));
            let under = bottom + 14.0;
            let _ = writeln!(
                svg,
                "<text class=\"quiet\" x=\"{at:.1}\" y=\"{under}\" text-anchor=\"middle\">{text}</text>"
            );
        }
        let under = bottom + 28.0;
        let title = escaped(self.x_title);
        let scale = if y.is_log() { ", log scale" } else { "" };
        let _ = writeln!(
            svg,
            "<text class=\"quiet\" x=\"{right}\" y=\"{under}\" text-anchor=\"end\">{title}{scale}</text>"
        );
    }

    fn marks(&self, svg: &mut String, x: &Scale) {
        let [left, right, top, bottom] = PLOT;
        for Mark { x: value, text } in &self.marks {
            let at = x.at(*value);
            let (text_at, anchor) = match at {
                near if near > right - 40.0 => (right, "end"),
                near if near < left + 40.0 => (left, "start"),
                middle => (middle, "middle"),
            };
            let _ = writeln!(
                svg,
                "<path class=\"mark\" d=\"M{at:.1} {top}V{bottom}\"/><text class=\"quiet\" x=\"{text_at:.1}\" y=\"{:.1}\" \
                 text-anchor=\"{anchor}\">{}</text>",
                top - 5.0,
                escaped(text)
            );
        }
    }

    fn legend(&self, svg: &mut String) {
        let mut x = PLOT[0];
        let y = PLOT[3] + 28.0;
        for Series { name, class, .. } in &self.series {
            let shown = shortened(name, if self.series.len() > 1 { 16 } else { 30 });
            let _ = writeln!(
                svg,
                "<path class=\"{class}\" d=\"M{x} {:.1}h14\"/><text x=\"{}\" y=\"{y}\">{}</text>",
                y - 3.5,
                x + 18.0,
                escaped(&shown)
            );
            x += 28.0 + 6.2 * shown.chars().count() as f64;
        }
    }
}

impl Series<'_> {
    fn draw(&self, svg: &mut String, x: &Scale, y: &Scale) {
        let points = thinned(&self.points);
        for part in points.split(|(_, y)| !y.is_finite()).filter(|part| !part.is_empty()) {
            let class = self.class;
            if let [(at, value)] = part {
                let _ = writeln!(
                    svg,
                    "<circle class=\"{class}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.5\"/>",
                    x.at(*at),
                    y.at(*value)
                );
                continue;
            }
            let _ = write!(svg, "<path class=\"{class}\" d=\"");
            for (index, (at, value)) in part.iter().enumerate() {
                let letter = if index == 0 { 'M' } else { 'L' };
                let _ = write!(svg, "{letter}{:.1} {:.1}", x.at(*at), y.at(*value));
            }
            let _ = writeln!(svg, "\"/>");
        }
    }
}

/// At most `most` characters of a text, with an ellipsis if it is longer.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// Escapes a text for HTML and SVG, in content and in quoted attributes. Replaces characters that XML does
/// not allow.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(character),
            other if other.is_control() => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}

/// Whether a series is so long that only some of its points are drawn.
pub(crate) fn is_thinned(points: usize) -> bool {
    points > thin::MOST
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: Vec<(f64, f64)>) -> Chart<'static> {
        let series = vec![Series { name: "a<b>", class: "train", points }];
        Chart {
            x_title: "epoch",
            x_is_log: false,
            y_may_be_log: true,
            series,
            marks: vec![Mark { x: 2.0, text: "best" }],
        }
    }

    #[test]
    fn a_gap_splits_the_line_and_a_lone_point_is_a_dot() {
        let svg = chart(vec![(1.0, 4.0), (2.0, 3.0), (3.0, f64::NAN), (4.0, 2.0)]).svg();
        assert!(svg.contains("class=\"train\" d=\"M50.0 23.7L143.3 95.0\""), "{svg}");
        assert!(svg.contains("<circle class=\"train\" cx=\"330.0\" cy=\"166.3\""), "{svg}");
        assert!(svg.contains("a&lt;b&gt;") && !svg.contains("NaN") && !svg.contains("http"), "{svg}");
    }

    #[test]
    fn no_finite_value_is_said() {
        for points in [vec![], vec![(1.0, f64::INFINITY)]] {
            let svg = chart(points).svg();
            assert!(svg.contains("no finite values") && !svg.contains("inf\""), "{svg}");
        }
    }

    #[test]
    fn a_file_has_its_own_colours() {
        let file = chart(vec![(1.0, 4.0)]).file();
        assert!(file.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
        assert!(file.contains("prefers-color-scheme:dark"));
    }

    #[test]
    fn texts_are_escaped() {
        assert_eq!(escaped("<b a=\"1\">&'\u{1}"), "&lt;b a=&quot;1&quot;&gt;&amp;&#39;\u{fffd}");
        assert_eq!(shortened("valid_accuracy", 6), "valid…");
    }
}
