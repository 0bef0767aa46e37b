//! A line search for the strong Wolfe conditions: the loss falls enough, and its slope is flat enough.

use crate::Scalar;
use crate::kernel::dot;

/// The least part of the first slope by which the loss falls.
const DECREASE: f64 = 1e-4;
/// The largest part of the first slope that is left.
const CURVATURE: f64 = 0.9;
/// The smallest interval, as the largest change of an element.
const NARROW: f64 = 1e-9;

/// The loss and the gradient at a point.
#[derive(Clone)]
pub(super) struct Point {
    pub(super) loss: f64,
    pub(super) gradient: Vec<Scalar>,
}

impl Point {
    pub(super) fn new(loss: f64, gradient: Vec<Scalar>) -> Self {
        Self { loss, gradient }
    }

    /// The largest absolute element of the gradient.
    pub(super) fn steepest(&self) -> f64 {
        largest(&self.gradient)
    }

    /// The sum of the absolute elements of the gradient.
    pub(super) fn steepness(&self) -> f64 {
        self.gradient.iter().map(|g| f64::from(g.abs())).sum()
    }
}

/// The largest absolute element.
fn largest(values: &[Scalar]) -> f64 {
    values.iter().fold(0.0, |most, value| f64::from(value.abs()).max(most))
}

/// The result of a search.
pub(super) struct Found {
    pub(super) point: Point,
    pub(super) length: f64,
    pub(super) evaluations: usize,
}

/// A length that was tried, with its point and the slope along the direction there.
#[derive(Clone)]
struct Trial {
    length: f64,
    slope: f64,
    point: Point,
}

impl Trial {
    fn loss(&self) -> f64 {
        self.point.loss
    }
}

/// A search along a direction.
struct Search<'a, F> {
    /// Returns the point at a length.
    evaluate: F,
    evaluations: usize,
    /// The number of intervals that are left.
    left: usize,
    /// The number of intervals so far.
    intervals: usize,
    direction: &'a [Scalar],
    start: Trial,
}

/// Searches a length along `direction`, from `start` with the slope `slope`, and begins with `first`. `evaluate` returns
/// the point at a length; it is called up to `left + 1` times.
pub(super) fn search(
    evaluate: impl FnMut(f64) -> Point,
    first: f64,
    direction: &[Scalar],
    start: &Point,
    slope: f64,
    left: usize,
) -> Found {
    let start = Trial { length: 0.0, slope, point: start.clone() };
    let mut search = Search { evaluate, evaluations: 0, left, intervals: 0, direction, start };
    let found = match search.bracket(first) {
        Bracket::Found(trial) => trial,
        Bracket::Between(bracket) => search.narrow(bracket),
    };
    Found { length: found.length, point: found.point, evaluations: search.evaluations }
}

/// The result of the first phase of a search.
enum Bracket {
    /// An acceptable length.
    Found(Trial),
    /// Two lengths with an acceptable one between them.
    Between([Trial; 2]),
}

impl<F: FnMut(f64) -> Point> Search<'_, F> {
    fn at(&mut self, length: f64) -> Trial {
        let point = (self.evaluate)(length);
        self.evaluations += 1;
        Trial { length, slope: f64::from(dot(&point.gradient, self.direction)), point }
    }

    /// Whether the loss of a trial has not fallen enough.
    fn is_too_high(&self, trial: &Trial) -> bool {
        trial.loss() > self.start.loss() + DECREASE * trial.length * self.start.slope
    }

    /// Whether the slope of a trial is flat enough.
    fn is_flat(&self, trial: &Trial) -> bool {
        trial.slope.abs() <= -CURVATURE * self.start.slope
    }

    /// Makes longer and longer steps, until one is acceptable or two of them have an acceptable length between them.
    fn bracket(&mut self, first: f64) -> Bracket {
        let (mut previous, mut trial) = (self.start.clone(), self.at(first));
        loop {
            if self.left == 0 {
                return Bracket::Between([self.start.clone(), trial]);
            }
            let rises = self.intervals > 1 && trial.loss() >= previous.loss();
            if self.is_too_high(&trial) || rises {
                return Bracket::Between([previous, trial]);
            }
            if self.is_flat(&trial) {
                return Bracket::Found(trial);
            }
            if trial.slope >= 0.0 {
                return Bracket::Between([previous, trial]);
            }
            let bounds = (trial.length + 0.01 * (trial.length - previous.length), trial.length * 10.0);
            let next = self.at(cubic_minimum(&previous, &trial, bounds));
            previous = std::mem::replace(&mut trial, next);
            self.intervals += 1;
            self.left -= 1;
        }
    }

    /// Makes the interval smaller, until the length with the lowest loss is acceptable.
    fn narrow(&mut self, mut bracket: [Trial; 2]) -> Trial {
        let size = largest(self.direction);
        let order =
            |bracket: &[Trial; 2]| if bracket[0].loss() <= bracket[1].loss() { (0, 1) } else { (1, 0) };
        let (mut low, mut high) = order(&bracket);
        let mut is_slow = false;
        while self.left > 0 {
            let (left, right) = ends(&bracket);
            if (right - left) * size < NARROW {
                break;
            }
            let best = cubic_minimum(&bracket[0], &bracket[1], (left, right));
            let (length, is_near_end) = inside(best, (left, right), is_slow);
            is_slow = is_near_end;
            let trial = self.at(length);
            self.left -= 1;
            if self.is_too_high(&trial) || trial.loss() >= bracket[low].loss() {
                bracket[high] = trial;
                (low, high) = order(&bracket);
                continue;
            }
            let is_done = self.is_flat(&trial);
            if !is_done && trial.slope * (bracket[high].length - bracket[low].length) >= 0.0 {
                bracket[high] = bracket[low].clone();
            }
            bracket[low] = trial;
            if is_done {
                break;
            }
        }
        let [first, second] = bracket;
        if low == 0 { first } else { second }
    }
}

/// A length near an end of the interval is moved inside if it is the second in a row (`is_slow`), or not within the interval.
/// Returns the length, and whether it is near an end.
fn inside(length: f64, (left, right): (f64, f64), is_slow: bool) -> (f64, bool) {
    let margin = 0.1 * (right - left);
    if (right - length).min(length - left) >= margin {
        (length, false)
    } else if !is_slow && left < length && length < right {
        (length, true)
    } else {
        let is_right = (length - right).abs() < (length - left).abs();
        (if is_right { right - margin } else { left + margin }, false)
    }
}

/// The lengths of a bracket in ascending order.
fn ends(bracket: &[Trial; 2]) -> (f64, f64) {
    let [a, b] = [bracket[0].length, bracket[1].length];
    (a.min(b), a.max(b))
}

/// The minimum, within `bounds`, of the cubic polynomial with the losses and slopes of two trials; the middle of the bounds
/// if it has none.
fn cubic_minimum(a: &Trial, b: &Trial, (least, most): (f64, f64)) -> f64 {
    let mean = a.slope + b.slope - 3.0 * (a.loss() - b.loss()) / (a.length - b.length);
    let square = mean * mean - a.slope * b.slope;
    if square < 0.0 || square.is_nan() {
        return f64::midpoint(least, most);
    }
    let root = square.sqrt();
    let (left, right) = if a.length <= b.length { (a, b) } else { (b, a) };
    let share = (right.slope + root - mean) / (right.slope - left.slope + 2.0 * root);
    let place = right.length - (right.length - left.length) * share;
    place.max(least).min(most)
}
