//! The search for the operation that computed the first number that is not finite.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;

use crate::Parameter;

thread_local! {
    static DETECTING: Cell<u32> = const { Cell::new(0) };
    static FOUND: RefCell<Option<Anomaly>> = const { RefCell::new(None) };
}

/// An operation whose output or gradient is not finite, although all its inputs from the model are.
#[derive(Clone, Debug)]
pub(crate) struct Anomaly {
    /// What is not finite: `output` or `gradient`.
    pub(crate) what: &'static str,
    /// The name of the operation, such as `sqrt`.
    pub(crate) operation: String,
    /// A parameter that the operation uses itself, or the last one before it.
    pub(crate) parameter: Option<Parameter>,
    /// Whether the operation uses the parameter itself.
    pub(crate) is_own: bool,
}

/// Makes this thread search for the operation that computed the first NaN or infinity, until the guard is dropped.
///
/// If the loss is not finite, the search looks through the outputs of its graph. During `backward` each gradient of
/// an operation is checked. Outside of the guard nothing is checked, and nothing is slower.
/// A generated loop with `anomaly = full` has this guard, and its report names the operation. In a loop of your own,
/// [`DetectAnomaly::found`] returns the name after `backward`.
///
/// # Source
/// PyTorch's `torch.autograd.detect_anomaly`, which raises an error from `backward` instead.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let weight = Parameter::new(ndarray::arr1(&[0.0, 4.0]));
/// let anomaly = training_loop::detect_anomaly();
/// (weight.tensor() * 2.0).sqrt().sum().backward();
/// assert_eq!(anomaly.found().unwrap(), "the first gradient that is not finite comes from `sqrt`");
/// ```
#[must_use = "the search ends when the guard is dropped: `let _anomaly = detect_anomaly();`"]
pub fn detect_anomaly() -> DetectAnomaly {
    DETECTING.set(DETECTING.get() + 1);
    DetectAnomaly { thread: PhantomData }
}

/// The search of [`detect_anomaly`] on this thread.
#[derive(Debug)]
pub struct DetectAnomaly {
    thread: PhantomData<*const ()>,
}

impl DetectAnomaly {
    /// The first operation with a gradient that is not finite since the last call, in words; `None` if there was
    /// none.
    pub fn found(&self) -> Option<String> {
        take().map(|found| found.text(|_| None))
    }
}

impl Drop for DetectAnomaly {
    fn drop(&mut self) {
        DETECTING.set(DETECTING.get() - 1);
        if DETECTING.get() == 0 {
            take();
        }
    }
}

impl Anomaly {
    /// The operation in words. `name` returns the name of a parameter in the model.
    pub(crate) fn text(&self, name: impl Fn(&Parameter) -> Option<String>) -> String {
        let name = self.parameter.as_ref().and_then(name);
        let place =
            name.map(|name| if self.is_own { format!(" with `{name}`") } else { format!(" after `{name}`") });
        let (what, operation) = (self.what, &self.operation);
        format!("the first {what} that is not finite comes from `{operation}`{}", place.unwrap_or_default())
    }
}

/// Whether this thread searches.
pub(crate) fn is_detecting() -> bool {
    DETECTING.get() > 0
}

/// Keeps an anomaly, unless an earlier one is kept.
pub(crate) fn keep(anomaly: impl FnOnce() -> Option<Anomaly>) {
    FOUND.with_borrow_mut(|found| {
        if found.is_none() {
            *found = anomaly();
        }
    });
}

/// The first anomaly since the last call.
pub(crate) fn take() -> Option<Anomaly> {
    FOUND.with_borrow_mut(Option::take)
}

/// The operation in the name of a closure's type: `training_loop::ops::sqrt::..` is `sqrt`.
pub(crate) fn operation_of(type_name: &str) -> String {
    let words: Vec<&str> = type_name.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    let is_place = |word: &&str| matches!(*word, "ops" | "loss");
    let after = |at: usize| words[at + 1..].iter().copied().find(|word| !word.is_empty());
    let found = (0..words.len()).rev().filter(|&at| is_place(&words[at])).filter_map(after);
    let mut found = found.filter(|name| !matches!(*name, "by_input" | "by_output"));
    found.next().unwrap_or("an operation").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Scalar, Tensor, mse_loss};

    fn weight(values: &[Scalar]) -> Parameter {
        Parameter::new(ndarray::arr1(values))
    }

    fn first_output(loss: &Tensor) -> Option<(String, bool)> {
        let found = crate::autograd::first_not_finite(loss)?;
        Some((found.operation, found.is_own))
    }

    #[test]
    fn the_first_output_that_is_not_finite_is_named() {
        let (w, x) = (weight(&[-1.0, 4.0]), Tensor::from([1.0, 2.0]));
        let found = |loss: &Tensor| first_output(loss).unwrap();
        assert_eq!(found(&(w.tensor().sqrt() * &x).exp().mean()), ("sqrt".to_owned(), true));
        assert_eq!(found(&((w.tensor() * &x).ln() + 1.0).sum()), ("ln".to_owned(), false));
        assert_eq!(found(&(w.tensor() * 1000.0).exp().sum()), ("exp".to_owned(), false));
        assert_eq!(found(&mse_loss(&(w.tensor() * (Scalar::MAX / 8.0)), &x)), ("mse".to_owned(), false));
        assert_eq!(found(&(&x / (w.tensor() - 4.0)).sum()), ("div".to_owned(), false));
        assert_eq!(first_output(&(w.tensor() * &x).sum()), None);
    }

    #[test]
    fn nothing_is_kept_without_a_guard() {
        let w = weight(&[0.0]);
        w.tensor().sqrt().sum().backward();
        assert!(take().is_none());
        let outer = detect_anomaly();
        drop(detect_anomaly());
        w.tensor().sqrt().sum().backward();
        assert!(outer.found().is_some_and(|text| text.ends_with("`sqrt`")));
        assert!(outer.found().is_none());
        (w.tensor() + 1.0).sqrt().sum().backward();
        assert!(outer.found().is_none());
    }
}
