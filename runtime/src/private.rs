//! All names that macro expansions use. Do not use these names directly, because they change with
//! the macros.

use std::fmt::Display;
use std::time::Duration;

pub use crate::nn::{Field, Module, Visitor};
use crate::run::LossParts;
pub use crate::run::Run;

use crate::data::DataLoader;
use crate::metric::{Goal, Metric};
use crate::{Error, Result, Tensor};

/// Visits a field of a module under its name; the derive `Module` calls this function for each field.
pub fn field<F: Field + ?Sized>(visitor: &mut dyn Visitor, name: &str, field: &F) {
    field.visit_field(name, visitor);
}

/// A data loader, or a pointer to one.
#[diagnostic::on_unimplemented(
    message = "a training loop takes its batches from a `DataLoader`, and this is a `{Self}`",
    label = "not a `DataLoader`",
    note = "a loader batches and shuffles a data set: \
            `DataLoader::new(TensorDataset::new(inputs, targets)?, 32).shuffle(0)`, passed as `&DataLoader`, \
            or as `&DataLoader<Tensor>` where the targets are numbers and not classes"
)]
pub trait Loader<Y, X> {
    /// The data loader itself.
    fn loader(&self) -> &DataLoader<Y, X>;
}

impl<Y, X> Loader<Y, X> for DataLoader<Y, X> {
    fn loader(&self) -> &Self {
        self
    }
}

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        impl<Y, X, L: Loader<Y, X> + ?Sized> Loader<Y, X> for $pointer {
            fn loader(&self) -> &DataLoader<Y, X> {
                (**self).loader()
            }
        }
    )*};
}

forward!(&L, &mut L, Box<L>, std::rc::Rc<L>, std::sync::Arc<L>);

/// The data loader of a clause or a parameter such as `train`. `data` is a loader or a pointer to a
/// loader.
pub fn loader<Y, X, L: Loader<Y, X> + ?Sized>(data: &L) -> &DataLoader<Y, X> {
    data.loader()
}

/// The description of a clause's data loader, which checkpoints compare.
pub fn description<Y, X, L: Loader<Y, X> + ?Sized>(data: &L) -> String {
    data.loader().description()
}

/// Checks the value of a clause at run time. `holds` states whether the value satisfies `rule`. If
/// `holds` is false, returns an error.
pub fn require(
    holds: bool,
    clause: &'static str,
    value: impl Display,
    rule: &'static str,
    help: &'static str,
) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::Rule { clause, value: value.to_string(), rule, help }) }
}

/// The duration of `count` units of `unit` seconds each, as in the clause `max_time = 5 minutes`.
///
/// # Errors
/// [`Error::Rule`] if the count is not finite or not above 0.
pub fn duration(
    count: impl TimeCount,
    unit: u32,
    clause: &'static str,
    rule: &'static str,
    help: &'static str,
) -> Result<Duration> {
    let count = count.count();
    require(count > 0.0 && count.is_finite(), clause, count, rule, help)?;
    Ok(Duration::try_from_secs_f64(count * f64::from(unit)).unwrap_or(Duration::MAX))
}

/// The return types of `training_step`: the loss, or the output and the loss, and after it named parts of the loss.
#[diagnostic::on_unimplemented(
    message = "`training_step` cannot return `{Self}`",
    note = "it returns the loss, a `Tensor`, or the output and the loss, `(output, Tensor)`",
    note = "named parts of the loss are last: `(loss, [(\"kl\", kl)])` or `(output, loss, [(\"kl\", kl)])`"
)]
pub trait StepOutput<Loss> {
    /// The loss that `training_step` returned: a tensor, or a loss with parts.
    fn loss(self) -> Loss;
}

/// Named parts of a loss.
type Parts<const N: usize> = [(&'static str, Tensor); N];

impl StepOutput<Self> for Tensor {
    fn loss(self) -> Self {
        self
    }
}

impl<O> StepOutput<Tensor> for (O, Tensor) {
    fn loss(self) -> Tensor {
        self.1
    }
}

impl<const N: usize> StepOutput<LossParts> for (Tensor, Parts<N>) {
    fn loss(self) -> LossParts {
        LossParts::new(self.0, self.1)
    }
}

impl<O, const N: usize> StepOutput<LossParts> for (O, Tensor, Parts<N>) {
    fn loss(self) -> LossParts {
        LossParts::new(self.1, self.2)
    }
}

/// The return type of `training_step` if a metric or a block needs the output.
#[diagnostic::on_unimplemented(
    message = "`training_step` returns `{Self}`, and the metrics, or a block, need the output too",
    label = "the output is missing",
    note = "return the output and the loss, `(output, loss)`, and named parts of the loss last"
)]
pub trait StepParts<O, Loss> {
    /// The output that `training_step` returned, and the loss: a tensor, or a loss with parts.
    fn parts(self) -> (O, Loss);
}

impl<O> StepParts<O, Tensor> for (O, Tensor) {
    fn parts(self) -> Self {
        self
    }
}

impl<O, const N: usize> StepParts<O, LossParts> for (O, Tensor, Parts<N>) {
    fn parts(self) -> (O, LossParts) {
        (self.0, LossParts::new(self.1, self.2))
    }
}

/// The output and the loss that a `training_step` returned.
pub fn output_and_loss<O, Loss>(returned: impl StepParts<O, Loss>) -> (O, Loss) {
    returned.parts()
}

/// Calls `make`, which creates a metric. If a clause names a function with another signature, rustc
/// shows the signature of `metric`. The type parameter is therefore named after the trait that the
/// returned value must implement.
pub fn metric<ImplementsMetric>(make: fn() -> ImplementsMetric) -> ImplementsMetric {
    make()
}

/// Calls a loss function that has the name of a metric, such as `mse`. The function takes the output and the
/// target, like `mse_loss`.
#[track_caller]
pub fn loss<Y>(loss: fn(&Tensor, &Y) -> Tensor, output: &Tensor, target: &Y) -> Tensor {
    loss(output, target)
}

/// Adds a batch to a metric. The target is the first argument, so that the data determines the type
/// `Y` before rustc checks the metric.
#[track_caller]
pub fn measure<Y, M: Metric<Y> + ?Sized>(target: &Y, output: &Tensor, metric: &mut M) {
    metric.update(output, target);
}

/// The name and the goal of a metric, for the monitor of a run.
pub fn measured<Y, M: Metric<Y>>(prefix: &str, metric: &M) -> (String, Option<Goal>) {
    (format!("{prefix}{}", metric.name()), metric.goal())
}

/// The number types that the function of the clause `loss_weight` may return.
#[diagnostic::on_unimplemented(
    message = "`loss_weight` cannot return `{Self}`",
    note = "it returns what the loss of the batch was divided by: a `usize`, `u32`, `f32` or `f64`"
)]
pub trait LossWeight {
    /// The weight as a float.
    fn weight(self) -> f64;
}

/// The number types allowed as `count` in `max_time = count minutes`.
#[diagnostic::on_unimplemented(
    message = "`max_time` cannot count `{Self}`",
    note = "seconds, minutes and hours are counted by a `usize`, `u64`, `u32`, `i32`, `f32` or `f64`; a `Duration` \
            takes no unit"
)]
pub trait TimeCount {
    /// The count as a float.
    fn count(self) -> f64;
}

macro_rules! numbers {
    ($($number:ty => $float:expr),*) => {$(
        impl LossWeight for $number {
            fn weight(self) -> f64 {
                let float: fn($number) -> f64 = $float;
                float(self)
            }
        }

        impl TimeCount for $number {
            fn count(self) -> f64 {
                self.weight()
            }
        }
    )*};
}

numbers!(usize => |n| n as f64, u64 => |n| n as f64, u32 => f64::from, i32 => f64::from, f32 => f64::from, f64 => |n| n);

/// The weight of a batch, converted from the return value of the function in the clause
/// `loss_weight`.
pub fn weight(given: impl LossWeight) -> f64 {
    given.weight()
}

/// The loss from the return value of `training_step`.
pub fn loss_of<Loss>(returned: impl StepOutput<Loss>) -> Loss {
    returned.loss()
}
