//! Hooks: functions that read or replace a gradient during `backward`.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ndarray::{ArrayViewD, IxDyn};

use super::record;
use crate::tensor::copied;
use crate::value::Value;
use crate::{Array, Parameter, Scalar, Tensor};

/// A function that reads a gradient, and may return another gradient of the same shape.
pub(crate) type Hook = dyn Fn(ArrayViewD<'_, Scalar>) -> Option<Array> + Send + Sync;

/// A registered hook: its function, and the line that registered it.
#[derive(Clone)]
pub(crate) struct Registered {
    id: u64,
    hook: Arc<Hook>,
    place: &'static Location<'static>,
}

impl Registered {
    #[track_caller]
    fn new(hook: impl Fn(ArrayViewD<'_, Scalar>) -> Option<Array> + Send + Sync + 'static) -> Self {
        static HOOKS: AtomicU64 = AtomicU64::new(0);
        Self { id: HOOKS.fetch_add(1, Ordering::Relaxed), hook: Arc::new(hook), place: Location::caller() }
    }

    /// The gradient after the hook.
    pub(crate) fn run(&self, gradient: Value) -> Value {
        let view = ArrayViewD::from_shape(IxDyn(gradient.shape()), gradient.as_slice());
        let Some(other) = (self.hook)(view.expect("the shape counts the numbers")) else { return gradient };
        assert!(
            *other.shape() == gradient.shape()[..],
            "register_hook: the hook registered at {} returned a gradient of shape {:?}, and the gradient has the shape \
             {:?}",
            self.place,
            other.shape(),
            gradient.shape()
        );
        copied(&other)
    }
}

/// A hook of a parameter, from [`Parameter::register_hook`]. The hook stays when the handle is dropped.
pub struct HookHandle {
    parameter: Parameter,
    id: u64,
}

impl HookHandle {
    /// Removes the hook from its parameter.
    pub fn remove(self) {
        self.parameter.lock().hooks.retain(|registered| registered.id != self.id);
    }
}

impl fmt::Debug for HookHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HookHandle({:?})", self.parameter)
    }
}

impl Parameter {
    /// Calls `hook` with the gradient that each `backward` computes for this parameter, before the gradient is added
    /// to [`grad`](Self::grad). If the hook returns an array, the array replaces the gradient.
    ///
    /// The gradient is complete: it is the sum over all uses of the parameter in one `backward`. Hooks run at the end
    /// of the pass, and several hooks in the order of their registration. Parameters without hooks cost nothing.
    ///
    /// # Panics
    /// `backward` panics if the hook returns another shape.
    ///
    /// # Source
    /// PyTorch's `Tensor.register_hook` on a parameter.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let weight = Parameter::new([3.0, -4.0]);
    /// let handle = weight.register_hook(|gradient| Some(gradient.mapv(|g| g.clamp(-1.0, 1.0))));
    /// (weight.tensor() * weight.tensor()).sum().backward();
    /// assert_eq!(weight.grad().unwrap().as_slice().unwrap(), [1.0, -1.0]);
    /// handle.remove();
    /// ```
    #[track_caller]
    pub fn register_hook(
        &self,
        hook: impl Fn(ArrayViewD<'_, Scalar>) -> Option<Array> + Send + Sync + 'static,
    ) -> HookHandle {
        let registered = Registered::new(hook);
        let id = registered.id;
        self.lock().hooks.push(registered);
        HookHandle { parameter: self.clone(), id }
    }
}

impl Tensor {
    /// The same tensor, whose gradient is passed to `hook` during `backward`. If the hook returns an array, the array
    /// replaces the gradient for everything before this tensor.
    ///
    /// The gradient is the sum over all uses of the returned tensor.
    ///
    /// # Panics
    /// `backward` panics if the hook returns another shape.
    ///
    /// # Source
    /// PyTorch's `Tensor.register_hook`, which changes the tensor itself. Here the tensor without the hook stays as it
    /// is.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let x = Parameter::new([1.0, 2.0]);
    /// // The gradient of what comes before is turned round, as for an adversary.
    /// let reversed = (x.tensor() * 3.0).with_hook(|gradient| Some(gradient.mapv(|g| -g)));
    /// reversed.sum().backward();
    /// assert_eq!(x.grad().unwrap().as_slice().unwrap(), [-3.0, -3.0]);
    /// ```
    #[doc(alias("register_hook", "retain_grad"))]
    #[track_caller]
    pub fn with_hook(
        &self,
        hook: impl Fn(ArrayViewD<'_, Scalar>) -> Option<Array> + Send + Sync + 'static,
    ) -> Self {
        let registered = Registered::new(hook);
        record(self.value().clone(), [self], move |gradient| [registered.run(gradient)])
            .with_reduction(self.reduction())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use crate::{Array, Parameter, Scalar, mse_loss};

    type Seen = Arc<Mutex<Vec<Vec<Scalar>>>>;

    fn reader(
        seen: &Seen,
    ) -> impl Fn(ndarray::ArrayViewD<'_, Scalar>) -> Option<Array> + Send + Sync + 'static {
        let seen = Arc::clone(seen);
        move |gradient| {
            seen.lock().unwrap().push(gradient.iter().copied().collect());
            None
        }
    }

    #[test]
    fn a_hook_gets_the_sum_over_all_uses_once_for_each_backward() {
        let (weight, seen) = (Parameter::new([1.0, 2.0]), Seen::default());
        let handle = weight.register_hook(reader(&seen));
        weight.register_hook(|gradient| Some(gradient.mapv(|g| 10.0 * g)));
        let loss = || (weight.tensor() * weight.tensor() + weight.tensor()).sum();
        loss().backward();
        loss().backward();
        assert_eq!(*seen.lock().unwrap(), [[3.0, 5.0], [3.0, 5.0]]);
        assert_eq!(weight.grad().unwrap().as_slice().unwrap(), [60.0, 100.0]);
        handle.remove();
        weight.zero_grad();
        weight.tensor().sum().backward();
        assert_eq!((seen.lock().unwrap().len(), weight.grad().unwrap()[0]), (2, 10.0));
    }

    #[test]
    fn a_frozen_parameter_calls_no_hook() {
        let (weight, seen) = (Parameter::new([1.0]), Seen::default());
        weight.register_hook(reader(&seen));
        let loss = (weight.tensor() * 2.0).sum();
        weight.set_requires_grad(false);
        loss.backward();
        assert!(seen.lock().unwrap().is_empty() && weight.grad().is_none());
        weight.set_requires_grad(true);
        weight.tensor().backward();
        assert_eq!(*seen.lock().unwrap(), [[1.0]]);
    }

    #[test]
    fn a_hook_may_use_its_parameter_and_run_a_backward_of_its_own() {
        let (weight, other) = (Parameter::new([3.0]), Parameter::new([1.0]));
        let (inside, seen) = (other.clone(), weight.clone());
        weight.register_hook(move |gradient| {
            (inside.tensor() * 2.0).sum().backward();
            Some(&gradient * &seen.value())
        });
        weight.tensor().sum().backward();
        assert_eq!((weight.grad().unwrap()[0], other.grad().unwrap()[0]), (3.0, 2.0));
    }

    #[test]
    fn a_tensor_with_a_hook_stays_what_it_was() {
        let (weight, seen) = (Parameter::new([1.0, 3.0]), Seen::default());
        let x = weight.tensor();
        let loss = mse_loss(&x.with_hook(reader(&seen)), &(&x * 0.0).detach()).with_hook(|_| None);
        assert_eq!(loss.denominator(), Some(2.0));
        loss.backward();
        assert_eq!(*seen.lock().unwrap(), [[1.0, 3.0]]);
    }

    #[test]
    #[should_panic(expected = "returned a gradient of shape [1], and the gradient has the shape [2]")]
    fn another_shape_is_refused() {
        let weight = Parameter::new([1.0, 3.0]);
        weight.register_hook(|_| Some(Array::zeros(vec![1])));
        weight.tensor().sum().backward();
    }
}
