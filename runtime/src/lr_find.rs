//! The learning-rate range test.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::chart::{Chart, Mark, Series, short};
use crate::data::{Batch, DataLoader};
use crate::file::atomic_write;
use crate::gradient_stage::GradientStage;
use crate::nn::{Module, Snapshot, mode};
use crate::optim::{Optimizer, OptimizerState};
use crate::parameter::Parameter;
use crate::random::Restored;
use crate::storage::Buffer;
use crate::value::Value;
use crate::{Error, Result, Scalar, Tensor};

/// The weight of the old average in the smoothed loss.
const SMOOTHING: f64 = 0.98;
/// The search stops when the smoothed loss exceeds this multiple of its minimum.
const DIVERGED: f64 = 4.0;
/// The number of points at the start and at the end that `suggestion` ignores.
const SKIPPED: [usize; 2] = [10, 1];

/// Searches for a learning rate: trains for some updates with an exponentially rising learning rate, and
/// records the losses. Afterwards, the model, the optimizer, the gradients, the modes of the layers and the
/// thread's random generator are restored, even after an error or a panic.
///
/// `loss` computes the loss of a batch. The batches come from the loader's first epochs.
///
/// By default the rate rises from 1e-7 to 10 in 100 updates; [`LrFind`] has the options. The search ends early when
/// the loss diverges.
///
/// # Errors
/// Returns the errors of [`Optimizer::check`] and of the loader's `check`, and [`Error::NotSaved`] for an
/// optimizer without `state_dict`. After an error, nothing is changed.
///
/// # Source
/// Smith, *Cyclical Learning Rates for Training Neural Networks* (arXiv 1506.01186), section 3.3. The
/// smoothing, the stop at four times the smallest loss and the rule of [`LrCurve::suggestion`] are those of
/// Lightning's `lr_find`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// # fn main() -> Result<()> {
/// # let x = Tensor::randn(&[64, 3]);
/// # let y = x.mean_axis(1).reshape(&[64, 1]);
/// let train = DataLoader::new(TensorDataset::new(x, y)?, 16).shuffle(0);
/// let model = Linear::new(3, 1);
/// let mut optimizer = Sgd::new(model.parameters(), 0.1);
/// let curve = lr_find(&model, &mut optimizer, &train, |model, batch| {
///     mse_loss(&model.forward(&batch.input), &batch.target)
/// })?;
/// println!("{curve}");
/// if let Some(rate) = curve.suggestion() {
///     optimizer.set_learning_rate(rate);
/// }
/// # Ok(())
/// # }
/// ```
pub fn lr_find<M: Module + ?Sized, O: Optimizer + ?Sized, Y, X>(
    model: &M,
    optimizer: &mut O,
    train: &DataLoader<Y, X>,
    loss: impl FnMut(&M, &Batch<Y, X>) -> Tensor,
) -> Result<LrCurve> {
    LrFind::new().run(model, optimizer, train, loss)
}

/// The options of [`lr_find`].
///
/// # Example
/// ```
/// use training_loop::LrFind;
///
/// let options = LrFind::new().from(1e-5).to(1.0).updates(200);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LrFind {
    from: f64,
    to: f64,
    updates: usize,
}

impl Default for LrFind {
    fn default() -> Self {
        Self { from: 1e-7, to: 10.0, updates: 100 }
    }
}

impl LrFind {
    /// A search from 1e-7 to 10 in 100 updates.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the learning rate of the first update; must be above 0.
    pub fn from(self, rate: Scalar) -> Self {
        Self { from: f64::from(rate), ..self }
    }

    /// Sets the learning rate of the last update; must be above that of the first.
    pub fn to(self, rate: Scalar) -> Self {
        Self { to: f64::from(rate), ..self }
    }

    /// Sets the number of updates, at least 2. A data set with fewer batches is read several times.
    pub fn updates(self, count: usize) -> Self {
        Self { updates: count, ..self }
    }

    /// Runs the search, as [`lr_find`] does.
    ///
    /// # Errors
    /// The errors of [`lr_find`], and [`Error::HyperParameter`] if an option is out of range.
    #[track_caller]
    pub fn run<M: Module + ?Sized, O: Optimizer + ?Sized, Y, X>(
        &self,
        model: &M,
        optimizer: &mut O,
        train: &DataLoader<Y, X>,
        mut loss: impl FnMut(&M, &Batch<Y, X>) -> Tensor,
    ) -> Result<LrCurve> {
        self.check()?;
        optimizer.check()?;
        train.check("train")?;
        let mut kept = Kept::of(model, optimizer)?;
        model.train();
        let mut curve = LrCurve { points: Vec::new(), has_diverged: false };
        let mut smoothed = Smoothed::default();
        let batches = (0..).flat_map(|epoch| train.epoch(epoch));
        for (update, batch) in batches.take(self.updates).enumerate() {
            let rate = self.rate(update);
            kept.optimizer.set_learning_rate(rate as Scalar);
            let value = loss(model, &batch);
            assert!(
                value.rank() == 0,
                "lr_find: the loss has the shape {:?}, but must be a single number: end it with `.mean()`",
                value.shape()
            );
            let average = smoothed.add(f64::from(value.item()));
            if !average.is_finite() || smoothed.has_diverged() {
                curve.has_diverged = true;
                break;
            }
            curve.points.push((rate, average));
            kept.optimizer.zero_grad();
            value.backward();
            kept.optimizer.step();
        }
        kept.restore()?;
        Ok(curve)
    }
}

impl LrFind {
    /// The learning rate of an update, counted from 0.
    fn rate(&self, update: usize) -> f64 {
        let share = update as f64 / (self.updates - 1) as f64;
        self.from * (self.to / self.from).powf(share)
    }

    fn check(&self) -> Result<()> {
        let error = |name, value, range| Err(Error::HyperParameter { owner: "LrFind", name, value, range });
        if !(self.from > 0.0 && self.from.is_finite()) {
            return error("from", self.from, "above 0 and finite");
        }
        if !(self.to > self.from && self.to.is_finite()) {
            return error("to", self.to, "above `from` and finite");
        }
        if self.updates < 2 {
            return error("updates", self.updates as f64, "at least 2");
        }
        Ok(())
    }
}

/// The exponential average of the losses, with bias correction.
#[derive(Default)]
struct Smoothed {
    average: f64,
    count: i32,
    /// The current and the smallest bias-corrected average.
    now: f64,
    best: Option<f64>,
}

impl Smoothed {
    /// Adds a loss and returns the average.
    fn add(&mut self, loss: f64) -> f64 {
        self.count += 1;
        self.average = SMOOTHING * self.average + (1.0 - SMOOTHING) * loss;
        self.now = self.average / (1.0 - SMOOTHING.powi(self.count));
        self.best = Some(self.best.map_or(self.now, |best| best.min(self.now)));
        self.now
    }

    /// Whether the loss has diverged. The test is undefined if the smallest loss is not above 0; the result
    /// is then false.
    fn has_diverged(&self) -> bool {
        self.count > 1 && self.best.is_some_and(|best| best > 0.0 && self.now > DIVERGED * best)
    }
}

/// The state before the search. It is restored when this value is dropped.
struct Kept<'a, O: Optimizer + ?Sized> {
    optimizer: &'a mut O,
    state: OptimizerState,
    values: Snapshot,
    /// The values and the gradients of all parameters of the model and of the optimizer.
    parameters: Vec<KeptParameter>,
    modes: Vec<(mode::Mode, [bool; 2])>,
    is_restored: bool,
    _random: Restored,
}

/// A parameter with its value and its gradient.
struct KeptParameter {
    parameter: Parameter,
    value: Arc<Buffer>,
    gradient: Option<Value>,
    stage: GradientStage,
}

impl KeptParameter {
    /// Saves the state of a parameter, and removes its gradient.
    fn of(parameter: &Parameter) -> Self {
        let mut state = parameter.lock();
        let stage = std::mem::replace(&mut state.stage, GradientStage::Empty);
        let (value, gradient) = (Arc::clone(&state.value), state.gradient.take());
        drop(state);
        Self { parameter: parameter.clone(), value, gradient, stage }
    }
}

impl<'a, O: Optimizer + ?Sized> Kept<'a, O> {
    fn of<M: Module + ?Sized>(model: &M, optimizer: &'a mut O) -> Result<Self> {
        let state = optimizer.state_dict()?;
        // Before anything is changed, a round trip checks that the state can be restored.
        optimizer.load_state_dict(&state)?;
        let mut parameters = model.parameters();
        for parameter in optimizer.parameters() {
            if !parameters.iter().any(|own| own.is_same(parameter)) {
                parameters.push(parameter.clone());
            }
        }
        Ok(Self {
            state,
            values: Snapshot::of(model),
            parameters: parameters.iter().map(KeptParameter::of).collect(),
            modes: mode::modes(model).into_iter().map(|mode| (mode.clone(), mode.flags())).collect(),
            is_restored: false,
            _random: Restored::here(),
            optimizer,
        })
    }

    /// Restores all state except the random generator, which has its own guard.
    fn restore(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.is_restored, true) {
            return Ok(());
        }
        self.values.restore();
        for KeptParameter { parameter, value, gradient, stage } in &mut self.parameters {
            let mut state = parameter.lock();
            (state.value, state.gradient, state.stage) = (Arc::clone(value), gradient.take(), *stage);
        }
        for (mode, flags) in &self.modes {
            mode.set_flags(*flags);
        }
        self.optimizer.load_state_dict(&self.state)
    }
}

impl<O: Optimizer + ?Sized> Drop for Kept<'_, O> {
    fn drop(&mut self) {
        // The state was loaded once before the search, so this load succeeds.
        let _ = self.restore();
    }
}

/// The losses of a learning-rate search. Made by [`lr_find`]; `Display` writes the suggestions and the curve.
#[derive(Clone, Debug, PartialEq)]
pub struct LrCurve {
    points: Vec<(f64, f64)>,
    has_diverged: bool,
}

impl LrCurve {
    /// The learning rates in increasing order, each with the smoothed loss before its update.
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }

    /// Whether the search ended because the loss diverged.
    pub fn has_diverged(&self) -> bool {
        self.has_diverged
    }

    /// The learning rate at which the smoothed loss falls fastest. The first 10 points and the last one are
    /// ignored. `None` if the loss never falls, or if there are fewer than 13 points.
    ///
    /// # Source
    /// The rule `suggestion` of Lightning's `lr_find`: the smallest central difference of the losses.
    pub fn suggestion(&self) -> Option<Scalar> {
        let [start, end] = SKIPPED;
        let points = self.points.get(start..self.points.len().checked_sub(end)?)?;
        if points.len() < 2 {
            return None;
        }
        let slope = |index: usize| {
            let (before, after) = (index.saturating_sub(1), (index + 1).min(points.len() - 1));
            (points[after].1 - points[before].1) / (after - before) as f64
        };
        let steepest = (0..points.len()).map(|index| (slope(index), points[index].0));
        let (slope, rate) = steepest.min_by(|one, other| one.0.total_cmp(&other.0))?;
        (slope < 0.0).then_some(rate as Scalar)
    }

    /// The learning rate in the middle of the longest valley; usually lower than
    /// [`suggestion`](Self::suggestion). `None` if the loss never falls.
    ///
    /// The valley is the longest subsequence of falling losses. Its middle is counted in points.
    ///
    /// # Source
    /// fastai's rule `valley`.
    pub fn valley(&self) -> Option<Scalar> {
        let losses = self.points.iter().map(|(_, loss)| *loss).collect::<Vec<_>>();
        // The length of the longest falling subsequence that ends at each point.
        let mut lengths = vec![1_usize; losses.len()];
        for end in 1..losses.len() {
            let before = (0..end).filter(|before| losses[*before] > losses[end]);
            lengths[end] = 1 + before.map(|before| lengths[before]).max().unwrap_or(0);
        }
        let longest = lengths.iter().copied().max().filter(|length| *length > 1)?;
        let end = lengths.iter().position(|length| *length == longest)?;
        let third = (longest as f64 / 3.0) as usize;
        let index = (end + 1 - longest) + third + third / 2;
        Some(self.points[index].0 as Scalar)
    }

    /// The curve as an SVG file, with the loss over the learning rate and the suggestion.
    pub fn svg(&self) -> String {
        let suggestion = self.suggestion().map(|rate| (f64::from(rate), short(f64::from(rate))));
        let marks = suggestion.iter().map(|(x, text)| Mark { x: *x, text }).collect();
        let series = vec![Series { name: "smoothed loss", class: "train", points: self.points.clone() }];
        Chart { x_title: "learning rate", x_is_log: true, y_may_be_log: true, series, marks }.file()
    }

    /// Writes [`svg`](Self::svg) to a file, completely or not at all.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written, or if the path is not a regular file.
    pub fn save_svg(&self, path: impl AsRef<Path>) -> Result<()> {
        let svg = self.svg();
        atomic_write(path.as_ref(), |file| file.write_all(svg.as_bytes()))
    }
}

impl fmt::Display for LrCurve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// The number of points that are listed.
        const LISTED: usize = 12;
        writeln!(f, "{:>13}  {:>13}", "learning rate", "smoothed loss")?;
        let every = self.points.len().div_ceil(LISTED).max(1);
        for (rate, loss) in self.points.iter().step_by(every) {
            writeln!(f, "{rate:>13.2e}  {:>13}", short(*loss))?;
        }
        if self.has_diverged {
            writeln!(f, "the loss diverged after {} updates", self.points.len())?;
        }
        match (self.suggestion(), self.valley()) {
            (Some(steepest), valley) => {
                write!(f, "suggestion: {steepest:.2e}, where the loss falls fastest")?;
                valley.map_or(Ok(()), |valley| write!(f, "; {valley:.2e} by the longest valley"))
            }
            (None, Some(valley)) => write!(f, "suggestion: {valley:.2e}, by the longest valley"),
            (None, None) => write!(f, "no suggestion: the loss falls nowhere"),
        }
    }
}

#[cfg(test)]
mod tests;
