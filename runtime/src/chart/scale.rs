//! Axes: the position of a value in a chart, and the ticks.

/// The smallest ratio of the largest to the smallest value for a logarithmic scale.
const LOG_FROM: f64 = 20.0;

/// An axis.
pub(super) struct Scale {
    /// The smallest and the largest value, or their logarithms.
    low: f64,
    high: f64,
    is_log: bool,
    /// Whether only whole numbers get a label.
    is_whole: bool,
    /// The positions of `low` and `high` in the chart.
    from: f64,
    to: f64,
}

impl Scale {
    /// An axis for measurements, with padding at both ends. It is logarithmic if all values are above 0,
    /// spread widely, and at least half of them would be in the lowest fifth of a linear axis. A falling loss
    /// has such values.
    pub(super) fn of(values: &[f64], from: f64, to: f64) -> Self {
        let (low, high) = range(values);
        let is_low = |value: &&f64| **value < low + 0.2 * (high - low);
        let low_ones = values.iter().filter(is_low).count();
        if low > 0.0 && high / low >= LOG_FROM && 2 * low_ones >= values.len() {
            return Self::log(values, from, to).padded();
        }
        Self::linear(values, from, to)
    }

    /// A linear axis for measurements, with padding at both ends.
    pub(super) fn linear(values: &[f64], from: f64, to: f64) -> Self {
        Self { is_whole: false, ..Self::whole(values, from, to) }.padded()
    }

    /// Adds padding at both ends, so that the stroke of a line stays inside the plot.
    fn padded(self) -> Self {
        let by = (self.high / 2.0 - self.low / 2.0) * 0.08;
        Self { low: (self.low - by).max(f64::MIN), high: (self.high + by).min(f64::MAX), ..self }
    }

    /// A linear axis for whole numbers, such as epochs.
    pub(super) fn whole(values: &[f64], from: f64, to: f64) -> Self {
        let (low, high) = widened(range(values));
        Self { low, high, is_log: false, is_whole: true, from, to }
    }

    /// A logarithmic axis. All values must be above 0.
    pub(super) fn log(values: &[f64], from: f64, to: f64) -> Self {
        let (low, high) = range(values);
        let (low, high) = widened((low.log10(), high.log10()));
        Self { low, high, is_log: true, is_whole: false, from, to }
    }

    pub(super) fn is_log(&self) -> bool {
        self.is_log
    }

    /// The position of a value in the chart.
    pub(super) fn at(&self, value: f64) -> f64 {
        let value = if self.is_log { value.log10() } else { value };
        // Halves first: the difference of the largest and the smallest `f64` would be infinite.
        let share = (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0);
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    /// The tick values, at most `most`, in increasing order.
    pub(super) fn ticks(&self, most: usize) -> Vec<f64> {
        if self.is_log {
            return self.log_ticks(most);
        }
        let least = (self.high / 2.0 - self.low / 2.0) / most as f64 * 2.0;
        let step = nice(least);
        let step = if self.is_whole { step.max(1.0) } else { step };
        let first = (self.low / step).ceil();
        let all = (0..=most).map(|index| (first + index as f64) * step);
        // A rounding error may put the last tick slightly above the end.
        let ticks = all.take_while(|tick| *tick <= self.high + step * 1e-9).collect::<Vec<_>>();
        // If four digits cannot distinguish the ticks, only the lower end gets a label.
        let texts = ticks.iter().map(|tick| short(*tick)).collect::<Vec<_>>();
        if texts.windows(2).any(|pair| pair[0] == pair[1]) { vec![self.low] } else { ticks }
    }

    fn log_ticks(&self, most: usize) -> Vec<f64> {
        let (low, high) = (10_f64.powf(self.low), 10_f64.powf(self.high));
        let is_inside = |tick: &f64| *tick >= low * (1.0 - 1e-9) && *tick <= high * (1.0 + 1e-9);
        let (first, last) = (self.low.floor() as i32, self.high.ceil() as i32);
        let decades = |factors: &'static [f64], step: i32| -> Vec<f64> {
            let all = (first..=last).filter(|decade| decade.rem_euclid(step) == 0);
            let all = all.flat_map(|decade| factors.iter().map(move |factor| factor * 10_f64.powi(decade)));
            all.filter(is_inside).collect()
        };
        let finest = [&[1.0, 2.0, 5.0][..], &[1.0, 3.0]].into_iter().map(|factors| decades(factors, 1));
        let coarser = (1..=700).map(|step| decades(&[1.0], step));
        finest.chain(coarser).find(|ticks| ticks.len() <= most).unwrap_or_default()
    }
}

/// The smallest and the largest value.
fn range(values: &[f64]) -> (f64, f64) {
    let ends = (f64::INFINITY, f64::NEG_INFINITY);
    values.iter().fold(ends, |(low, high), value| (low.min(*value), high.max(*value)))
}

/// Widens a range so that it is not empty.
fn widened((low, high): (f64, f64)) -> (f64, f64) {
    let least = f64::max(low.abs(), high.abs()) * 1e-9;
    if high - low > least {
        return (low, high);
    }
    let by = if low == 0.0 { 1.0 } else { (low.abs() * 0.1).max(f64::MIN_POSITIVE) };
    ((low - by).max(f64::MIN), (high + by).min(f64::MAX))
}

/// The smallest number of the form 1, 2 or 5 times a power of ten that is at least `least`.
fn nice(least: f64) -> f64 {
    let unit = 10_f64.powf(least.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * unit >= least);
    factor.unwrap_or(10.0) * unit
}

/// A number with at most four digits.
pub(crate) fn short(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return value.to_string();
    }
    if !(1e-3..1e5).contains(&value.abs()) {
        let text = format!("{value:.3e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{exponent}", trimmed(digits));
    }
    let whole = value.abs().log10().floor() as i32 + 1;
    let digits = usize::try_from(4 - whole).unwrap_or(0).min(6);
    trimmed(&format!("{value:.digits$}")).to_owned()
}

/// Removes trailing zeros from a fraction.
fn trimmed(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        let scale = |values: &[f64]| Scale::of(values, 0.0, 100.0);
        let texts = |values: &[f64]| scale(values).ticks(5).into_iter().map(short).collect::<Vec<_>>();
        assert_eq!(texts(&[0.0, 1.0]), ["0", "0.5", "1"]);
        assert_eq!(texts(&[0.31, 0.62]), ["0.3", "0.4", "0.5", "0.6"]);
        assert_eq!(texts(&[1e-4, 1.0]), ["1e-4", "0.001", "0.01", "0.1", "1"]);
        assert_eq!(texts(&[1e-30, 1e30]).len(), 5);
        assert!(scale(&[1.0, 0.1, 0.01]).is_log() && !scale(&[0.01, 0.5, 0.9, 0.95]).is_log());
        assert_eq!(Scale::whole(&[1.0, 3.0], 0.0, 1.0).ticks(6), [1.0, 2.0, 3.0]);
        assert_eq!(
            Scale::whole(&[1.0, 10_000.0], 0.0, 1.0).ticks(6),
            [2000.0, 4000.0, 6000.0, 8000.0, 10_000.0]
        );
    }

    /// Every value of every range has a finite position, and no range has too many ticks.
    #[test]
    fn extreme_ranges_have_places() {
        let ends = [f64::MIN, -1.0, -1e-300, 0.0, f64::MIN_POSITIVE, 1e-9, 1.0, 1.0 + 1e-12, 1e300, f64::MAX];
        for low in ends {
            for high in ends.into_iter().filter(|high| *high >= low) {
                for scale in [Scale::of(&[low, high], 0.0, 100.0), Scale::whole(&[low, high], 0.0, 100.0)] {
                    for value in [low, high] {
                        let at = scale.at(value);
                        assert!((0.0..=100.0).contains(&at), "{value} in {low}..{high} is at {at}");
                    }
                    let ticks = scale.ticks(5);
                    assert!(ticks.len() <= 6 && ticks.iter().all(|tick| tick.is_finite()), "{ticks:?}");
                }
            }
        }
    }

    #[test]
    fn numbers_are_short() {
        let said = [
            (0.0, "0"),
            (1.0, "1"),
            (-0.25, "-0.25"),
            (0.123_456, "0.1235"),
            (12.345_678, "12.35"),
            (1234.5, "1234"),
            (99_999.0, "99999"),
            (1e5, "1e5"),
            (1.5e-5, "1.5e-5"),
            (f64::NAN, "NaN"),
        ];
        for (value, text) in said {
            assert_eq!(short(value), text);
        }
    }
}
