//! The text of the bar, fitted to the width of the terminal.

use std::time::Duration;

use crate::Scalar;
use crate::run::history::number;

/// The width of the bar in characters, on a wide and on a narrow terminal.
const WIDTHS: [usize; 2] = [30, 10];

/// The assumed width of a terminal with unknown width.
const USUAL: usize = 80;

/// The contents of a bar.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bar<'a> {
    /// The text for the epoch.
    pub(super) epoch: &'a str,
    /// The number of finished batches.
    pub(super) done: usize,
    /// The number of batches in the epoch.
    pub(super) batches: usize,
    /// The number of batches per second.
    pub(super) rate: Option<f64>,
    pub(super) epoch_left: Option<Duration>,
    pub(super) run_left: Option<Duration>,
    /// The mean loss of the epoch so far.
    pub(super) loss: Option<f64>,
    /// The learning rate of the last update.
    pub(super) learning_rate: Option<Scalar>,
    /// During a validation, the number of finished validation batches.
    pub(super) validated: Option<usize>,
}

impl<'a> Bar<'a> {
    /// The contents during a validation.
    pub(super) fn validation(epoch: &'a str, done: usize) -> Self {
        Self { epoch, validated: Some(done), ..Self::default() }
    }

    /// The longest text that fits into the columns of a terminal. The last column stays empty, because some
    /// terminals wrap after it.
    pub(super) fn fit(&self, columns: usize) -> String {
        let room = columns.saturating_sub(1);
        let fits = |text: &String| text.chars().count() <= room;
        let shortest = || self.text(LEVELS).chars().take(room).collect();
        (0..LEVELS).map(|level| self.text(level)).find(fits).unwrap_or_else(shortest)
    }

    /// The text without a bar, for a line of its own.
    pub(super) fn line(&self) -> String {
        let whole = Self { epoch: "", ..*self };
        format!("{}  {}", self.epoch, whole.parts(None, usize::MAX).join("  "))
    }

    /// The text at a level of shortening. Each level omits one more part.
    fn text(&self, level: usize) -> String {
        if let Some(done) = self.validated {
            let batches = if done == 1 { "batch" } else { "batches" };
            return format!("{}  validation, {done} {batches}", self.epoch);
        }
        let width = match level {
            0 => Some(WIDTHS[0]),
            1..5 => Some(WIDTHS[1]),
            _ => None,
        };
        let mut parts = self.parts(width, LEVELS - level);
        parts.insert(0, self.epoch.to_owned());
        parts.join("  ")
    }

    /// The parts after the epoch: a bar of this width, and the parts whose rank is below `room`.
    fn parts(&self, width: Option<usize>, room: usize) -> Vec<String> {
        let bar = width.map(|width| format!("{} ", self.filled(width))).unwrap_or_default();
        let counts = format!("{bar}{}/{}", self.done, self.batches);
        let has = |rank: usize| room > rank;
        let left = self.epoch_left.filter(|_| has(2)).map(|left| {
            let run = self.run_left.filter(|_| has(6));
            let run = run.map(|run| format!(", run {}", time(run))).unwrap_or_default();
            format!("{} left{run}", time(left))
        });
        [
            Some(counts),
            self.rate.filter(|_| has(4)).map(rate),
            left,
            self.loss.filter(|_| has(1)).map(|loss| format!("loss {}", number(loss))),
            self.learning_rate.filter(|_| has(5)).map(|rate| format!("lr {}", number(f64::from(rate)))),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn filled(&self, width: usize) -> String {
        let full = (width * self.done).checked_div(self.batches).unwrap_or(0).min(width);
        format!("{}{}", "#".repeat(full), "-".repeat(width - full))
    }
}

/// The number of levels of shortening.
const LEVELS: usize = 8;

/// A rate as text: `31.2 batches/s`, or `4.5 s/batch` if a batch takes longer than a second.
fn rate(rate: f64) -> String {
    if rate >= 100.0 {
        format!("{rate:.0} batches/s")
    } else if rate >= 1.0 {
        format!("{rate:.1} batches/s")
    } else {
        format!("{:.1} s/batch", 1.0 / rate)
    }
}

/// A duration as text: `0:09`, `4:12`, `1:02:03`, `3d 04h`.
fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match hours {
        0 => format!("{minutes}:{:02}", seconds % 60),
        1..48 => format!("{hours}:{:02}:{:02}", minutes % 60, seconds % 60),
        _ => format!("{}d {:02}h", hours / 24, hours % 24),
    }
}

/// The number of columns of the terminal, or the smaller number in the environment variable `COLUMNS`.
pub(super) fn columns() -> usize {
    let variable = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    terminal().into_iter().chain(variable).filter(|&columns| columns > 0).min().unwrap_or(USUAL)
}

#[cfg(feature = "terminal")]
fn terminal() -> Option<usize> {
    terminal_size::terminal_size_of(std::io::stderr()).map(|(width, _)| usize::from(width.0))
}

/// Without the feature, the width of the terminal is unknown.
#[cfg(not(feature = "terminal"))]
fn terminal() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar() -> Bar<'static> {
        Bar {
            epoch: "epoch  3/10",
            done: 120,
            batches: 400,
            rate: Some(31.16),
            epoch_left: Some(Duration::from_secs(9)),
            run_left: Some(Duration::from_secs(252)),
            loss: Some(0.231),
            learning_rate: Some(0.1),
            validated: None,
        }
    }

    #[test]
    fn parts_are_left_out_where_the_terminal_is_narrow() {
        let short = "###-------";
        let long = format!("{}{}", "#".repeat(9), "-".repeat(21));
        let expected = [
            format!(
                "epoch  3/10  {long} 120/400  31.2 batches/s  0:09 left, run 4:12  loss 0.2310  lr 0.1000"
            ),
            format!(
                "epoch  3/10  {short} 120/400  31.2 batches/s  0:09 left, run 4:12  loss 0.2310  lr 0.1000"
            ),
            format!("epoch  3/10  {short} 120/400  31.2 batches/s  0:09 left  loss 0.2310  lr 0.1000"),
            format!("epoch  3/10  {short} 120/400  31.2 batches/s  0:09 left  loss 0.2310"),
            format!("epoch  3/10  {short} 120/400  0:09 left  loss 0.2310"),
            "epoch  3/10  120/400  0:09 left  loss 0.2310".to_owned(),
            "epoch  3/10  120/400  loss 0.2310".to_owned(),
            "epoch  3/10  120/400".to_owned(),
        ];
        for text in &expected {
            let columns = text.len() + 1;
            assert_eq!(&bar().fit(columns), text, "{columns} columns");
            assert!(bar().fit(columns - 1).len() < text.len(), "{columns} columns");
        }
        assert_eq!(bar().fit(10), "epoch  3/");
        assert_eq!((bar().fit(1), bar().fit(0)), (String::new(), String::new()));
        assert!(bar().fit(80).contains("batches/s"), "{}", bar().fit(80));
        assert_eq!(
            bar().line(),
            "epoch  3/10  120/400  31.2 batches/s  0:09 left, run 4:12  loss 0.2310  lr 0.1000"
        );
    }

    #[test]
    fn a_bar_fills_up() {
        let at = |done, batches| Bar { done, batches, ..Bar::default() }.filled(30);
        assert_eq!(at(0, 12), "-".repeat(30));
        assert_eq!(at(4, 12), format!("{}{}", "#".repeat(10), "-".repeat(20)));
        assert_eq!(at(12, 12), "#".repeat(30));
        assert_eq!(at(0, 0), "-".repeat(30));
        assert_eq!(Bar::validation("epoch 1", 12).fit(80), "epoch 1  validation, 12 batches");
    }

    #[test]
    fn rates_and_times_are_short() {
        assert_eq!(
            [1234.5, 99.96, 1.0, 0.2].map(rate),
            ["1234 batches/s", "100.0 batches/s", "1.0 batches/s", "5.0 s/batch"]
        );
        let times = [0, 9, 252, 3723, 172_799, 273_600].map(|seconds| time(Duration::from_secs(seconds)));
        assert_eq!(times, ["0:00", "0:09", "4:12", "1:02:03", "47:59:59", "3d 04h"]);
    }
}
