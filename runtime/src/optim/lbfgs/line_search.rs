//! A line search for the strong Wolfe conditions: sufficient decrease of the loss, and the curvature
//! condition.

use crate::Scalar;
use crate::kernel::dot;

/// The constant `c₁` of sufficient decrease: the minimum decrease, as a fraction of the initial slope times
/// the length.
const DECREASE: f64 = 1e-4;
/// The constant `c₂` of the curvature condition: the maximum slope, as a fraction of the initial slope.
const CURVATURE: f64 = 0.9;
/// The minimum width of a bracket, measured by the largest change of a parameter element.
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

    /// The L1 norm of the gradient.
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

/// A trial length, with its point and the slope along the direction.
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

/// The state of a search along a direction.
struct Search<'a, F> {
    /// Returns the point at a length.
    evaluate: F,
    evaluations: usize,
    /// The remaining number of iterations.
    left: usize,
    /// The number of bracketing iterations so far.
    intervals: usize,
    direction: &'a [Scalar],
    start: Trial,
}

/// Searches for a step length along `direction`, from `start` with the slope `slope`. The first trial length
/// is `first`. `evaluate` returns the point at a length. It is called up to `left + 1` times.
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

/// The result of the bracketing phase.
enum Bracket {
    /// An acceptable length.
    Found(Trial),
    /// Two lengths with an acceptable length between them.
    Between([Trial; 2]),
}

impl<F: FnMut(f64) -> Point> Search<'_, F> {
    fn at(&mut self, length: f64) -> Trial {
        let point = (self.evaluate)(length);
        self.evaluations += 1;
        Trial { length, slope: f64::from(dot(&point.gradient, self.direction)), point }
    }

    /// Whether a trial violates the sufficient-decrease condition.
    fn is_too_high(&self, trial: &Trial) -> bool {
        trial.loss() > self.start.loss() + DECREASE * trial.length * self.start.slope
    }

    /// Whether a trial satisfies the curvature condition.
    fn is_flat(&self, trial: &Trial) -> bool {
        trial.slope.abs() <= -CURVATURE * self.start.slope
    }

    /// The bracketing phase: increases the length until it is acceptable, or until two lengths bracket an
    /// acceptable length.
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

    /// The zoom phase: narrows the bracket until the length with the lower loss is acceptable.
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

/// Moves a trial length away from the ends of the interval. A length near an end moves if the previous one
/// was near an end too (`is_slow`), or if it is not within the interval. Returns the length, and whether it
/// is near an end.
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

/// The minimum, within `bounds`, of the cubic interpolation of two trials' losses and slopes. If the cubic
/// has no minimum, returns the midpoint of the bounds.
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
