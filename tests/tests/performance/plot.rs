//! SVG plots: points on two logarithmic axes, and a line of slope 1 through the last point.

use std::fmt::Write as _;

/// A curve of measured points.
#[derive(Clone)]
pub(crate) struct Series {
    pub(crate) name: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
}

/// One plot of a figure.
pub(crate) struct Panel<'a> {
    pub(crate) title: &'a str,
    pub(crate) below: &'a str,
    pub(crate) beside: &'a str,
    pub(crate) series: Vec<Series>,
}

const COLOURS: [&str; 2] = ["#0b62a8", "#c8501a"];
/// One panel with its margins, in pixels.
const WIDE: f64 = 430.0;
const HIGH: f64 = 330.0;
/// The margins between the panel's edges and its frame.
const LEFT: f64 = 64.0;
const TOP: f64 = 34.0;
const RIGHT: f64 = 14.0;
const BOTTOM: f64 = 46.0;

/// A logarithmic axis: its range, and its ends in pixels.
struct Axis {
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

impl Axis {
    /// An axis that covers these values and at least a decade, so that nearly constant values look constant.
    fn over(values: impl Iterator<Item = f64> + Clone, start: f64, end: f64) -> Self {
        let least = values.clone().fold(f64::INFINITY, f64::min);
        let most = values.fold(0.0, f64::max);
        let room = (10.0 * least / most).sqrt().max(1.35);
        Self { from: least / room, to: most * room, start, end }
    }

    fn at(&self, value: f64) -> f64 {
        self.start + (value / self.from).ln() / (self.to / self.from).ln() * (self.end - self.start)
    }

    fn holds(&self, value: f64) -> bool {
        (self.from..=self.to).contains(&value)
    }

    /// 1, 2 and 5 of every decade; only 1 if there are many decades.
    fn ticks(&self) -> Vec<f64> {
        let decades = self.from.log10().floor() as i32..=self.to.log10().ceil() as i32;
        let digits: &[f64] = if self.to / self.from > 3000.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let all = decades.flat_map(|decade| digits.iter().map(move |digit| digit * 10_f64.powi(decade)));
        all.filter(|tick| self.holds(*tick)).collect()
    }
}

/// The panels next to each other.
pub(crate) fn draw(panels: &[Panel]) -> String {
    let wide = WIDE * panels.len() as f64;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{HIGH}\" viewBox=\"0 0 {wide} {HIGH}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"{wide}\" height=\"{HIGH}\" fill=\"white\"/>\n"
    );
    for (index, panel) in panels.iter().enumerate() {
        let _ = writeln!(out, "<g transform=\"translate({} 0)\">", WIDE * index as f64);
        one(&mut out, panel);
        out.push_str("</g>\n");
    }
    out.push_str("</svg>\n");
    out
}

fn one(out: &mut String, panel: &Panel) {
    let points = || panel.series.iter().flat_map(|series| series.points.iter().copied());
    let x = Axis::over(points().map(|point| point.0), LEFT, WIDE - RIGHT);
    let y = Axis::over(points().map(|point| point.1), HIGH - BOTTOM, TOP);
    if points().next().is_none() {
        return;
    }
    frame(out, panel, &x, &y);
    for (index, series) in panel.series.iter().enumerate() {
        let Some(last) = series.points.last() else { continue };
        let colour = COLOURS[index % COLOURS.len()];
        // The point where the line of slope 1 through the last point leaves the frame.
        let foot = x.from.max(y.from * last.0 / last.1);
        let _ = writeln!(
            out,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\" stroke-dasharray=\"4 4\" opacity=\"0.6\"/>",
            x.at(foot),
            y.at(last.1 * foot / last.0),
            x.at(last.0),
            y.at(last.1)
        );
        for point in &series.points {
            let _ = writeln!(
                out,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\" fill=\"{colour}\"/>",
                x.at(point.0),
                y.at(point.1)
            );
        }
        let high = TOP + 18.0 + 17.0 * index as f64;
        let _ =
            writeln!(out, "<circle cx=\"{}\" cy=\"{}\" r=\"4\" fill=\"{colour}\"/>", LEFT + 14.0, high - 4.0);
        let _ = writeln!(out, "<text x=\"{}\" y=\"{high}\">{}</text>", LEFT + 24.0, series.name);
    }
    let high = TOP + 18.0 + 17.0 * panel.series.len() as f64;
    let (from, to) = (LEFT + 8.0, LEFT + 20.0);
    let line = high - 4.0;
    let _ = writeln!(
        out,
        "<line x1=\"{from}\" y1=\"{line}\" x2=\"{to}\" y2=\"{line}\" stroke=\"#555\" stroke-dasharray=\"4 4\"/>"
    );
    let _ = writeln!(out, "<text x=\"{}\" y=\"{high}\">slope 1</text>", LEFT + 24.0);
}

/// The frame with its grid, numbers and labels.
fn frame(out: &mut String, panel: &Panel, x: &Axis, y: &Axis) {
    let (right, foot) = (WIDE - RIGHT, HIGH - BOTTOM);
    for tick in x.ticks() {
        let at = x.at(tick);
        let _ = writeln!(
            out,
            "<line x1=\"{at:.1}\" y1=\"{TOP}\" x2=\"{at:.1}\" y2=\"{foot}\" stroke=\"#e4e4e4\"/>"
        );
        let _ = writeln!(
            out,
            "<text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            foot + 16.0,
            label(tick)
        );
    }
    for tick in y.ticks() {
        let at = y.at(tick);
        let _ = writeln!(
            out,
            "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\" stroke=\"#e4e4e4\"/>"
        );
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 6.0,
            at + 4.0,
            label(tick)
        );
    }
    let _ = writeln!(
        out,
        "<rect x=\"{LEFT}\" y=\"{TOP}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"#888\"/>",
        right - LEFT,
        foot - TOP
    );
    let middle = f64::midpoint(LEFT, right);
    let _ = writeln!(
        out,
        "<text x=\"{middle}\" y=\"20\" text-anchor=\"middle\" font-weight=\"bold\">{}</text>",
        panel.title
    );
    let _ = writeln!(
        out,
        "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
        foot + 36.0,
        panel.below
    );
    let middle = f64::midpoint(TOP, foot);
    let _ = writeln!(
        out,
        "<text x=\"16\" y=\"{middle}\" text-anchor=\"middle\" transform=\"rotate(-90 16 {middle})\">{}</text>",
        panel.beside
    );
}

fn label(tick: f64) -> String {
    match tick {
        tick if tick >= 1e6 => format!("{} M", tick / 1e6),
        tick if tick >= 1e4 => format!("{} k", tick / 1e3),
        // A tick has one significant digit.
        tick if tick < 1.0 => format!("{tick:.*}", (-tick.log10()).ceil() as usize),
        tick => format!("{tick:.0}"),
    }
}
