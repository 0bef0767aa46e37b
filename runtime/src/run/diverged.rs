//! The report of a loss or a gradient that is not finite.

use super::epoch::Epoch;
use super::{Run, StopReason};
use crate::autograd::anomaly;
use crate::nn::{Module, Visitor};
use crate::profile::{self, Stage};
use crate::{Optimizer, Parameter, Scalar};

impl Run {
    /// Whether the last loss is NaN or infinite. Such a loss ends the run and is reported on
    /// standard error. The caller must then call neither `backward` nor `step`.
    pub fn diverged<M: Module + ?Sized>(&mut self, model: &M) -> bool {
        let diverged = !self.epoch.is_finite;
        if diverged {
            self.stop_at_batch();
            let phase = self.turn.map(|turn| turn.phase);
            self.explain(by_loss(&self.epoch, phase, model));
        }
        diverged
    }

    /// Whether a gradient is NaN or infinite. Such a gradient ends the run and is reported on
    /// standard error. The caller must then not call `step`. If `norm` is a finite number, no
    /// gradient is checked.
    pub fn exploded<M: Module + ?Sized, O: Optimizer + ?Sized>(
        &mut self,
        model: &M,
        optimizer: &O,
        norm: Option<Scalar>,
    ) -> bool {
        // The step of a user's optimizer may follow, and does not begin a stage.
        profile::begin(Stage::Optimizer);
        if norm.is_some_and(Scalar::is_finite) {
            return false;
        }
        let Some(bad) = optimizer.non_finite_gradient() else { return false };
        self.stop_at_batch();
        self.epoch.grad_norm = norm.map(f64::from).or(self.epoch.grad_norm);
        self.explain(by_gradient(&self.epoch, bad, model, optimizer));
        true
    }

    /// Ends the run, because a loss or a gradient of the last batch is not finite.
    fn stop_at_batch(&mut self) {
        let batch = self.epoch.batch.saturating_sub(1);
        self.stop = Some(StopReason::NonFinite { epoch: self.epoch.number, batch });
    }

    /// Prints the reason for the end of the run, even if progress is off, and stores it in the history.
    fn explain(&mut self, text: String) {
        self.progress.warn(&text);
        self.history.explain(text);
    }
}

/// The report of a loss that is not finite. `phase` is the phase that computed the loss.
pub(super) fn by_loss<M: Module + ?Sized>(epoch: &Epoch, phase: Option<&str>, model: &M) -> String {
    let rate = epoch.learning_rate.map(|rate| format!(", after an update with learning rate {rate}"));
    let norm = epoch.grad_norm.map(|norm| format!(" and gradient norm {norm:.4}"));
    let (rate, norm) = (rate.unwrap_or_default(), norm.unwrap_or_default());
    let of = phase.map(|phase| format!(" of phase `{phase}`")).unwrap_or_default();
    let what = format!("the loss{of} is {}", epoch.last);
    report(&what, epoch, &format!("{rate}{norm}"), model)
}

/// The report of a gradient that is not finite. `bad` is the index of the gradient's parameter in
/// the optimizer.
pub(super) fn by_gradient<M: Module + ?Sized, O: Optimizer + ?Sized>(
    epoch: &Epoch,
    bad: usize,
    model: &M,
    optimizer: &O,
) -> String {
    let named = model.named_parameters();
    let parameter = &optimizer.parameters()[bad];
    let name = named.into_iter().find(|(_, own)| own.is_same(parameter)).map(|(name, _)| format!("`{name}`"));
    let name = name.unwrap_or_else(|| format!("parameter {bad} of the optimizer (counted from 0)"));
    let gradient = parameter.grad();
    let value = gradient.iter().flatten().find(|value| !value.is_finite()).copied().unwrap_or(Scalar::NAN);
    let what = format!("the gradient of {name} is {value}");
    report(
        &what,
        epoch,
        &format!(", before an update with learning rate {}", optimizer.learning_rate()),
        model,
    )
}

fn report<M: Module + ?Sized>(what: &str, epoch: &Epoch, update: &str, model: &M) -> String {
    let state = match first_not_finite(model) {
        None => "and all its values are finite".to_owned(),
        Some((name, value)) => format!("but its `{name}` holds {value} already"),
    };
    let named = model.named_parameters();
    let name = |parameter: &Parameter| {
        named.iter().find(|(_, own)| own.is_same(parameter)).map(|(name, _)| name.clone())
    };
    let first = anomaly::take().map(|found| format!("; {}", found.text(name))).unwrap_or_default();
    format!(
        "stopped: {what} at batch {} of epoch {}{update}{first}; the model was not updated with it, {state}. \
         A smaller learning rate or `clip_grad_norm` may help.",
        epoch.batch,
        epoch.number + 1,
    )
}

/// The name of the first parameter or buffer that contains NaN or an infinity, and the first such
/// value.
fn first_not_finite<M: Module + ?Sized>(model: &M) -> Option<(String, Scalar)> {
    let mut search = Search { path: Vec::new(), found: None };
    model.visit(&mut search);
    search.found
}

struct Search {
    path: Vec<String>,
    found: Option<(String, Scalar)>,
}

impl Search {
    fn look<'a>(&mut self, name: &str, values: impl IntoIterator<Item = &'a Scalar>) {
        if self.found.is_none()
            && let Some(&value) = values.into_iter().find(|value| !value.is_finite())
        {
            let path = self.path.iter().map(String::as_str).chain([name]).collect::<Vec<_>>();
            self.found = Some((path.join("."), value));
        }
    }
}

impl Visitor for Search {
    fn parameter(&mut self, name: &str, parameter: &crate::Parameter) {
        self.look(name, &parameter.value());
    }

    fn buffer(&mut self, name: &str, buffer: &crate::nn::Buffer) {
        self.look(name, &buffer.value());
    }

    fn enter(&mut self, name: &str) {
        self.path.push(name.to_owned());
    }

    fn leave(&mut self) {
        self.path.pop();
    }
}
