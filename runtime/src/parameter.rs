//! Parameters: values that an optimizer updates, with the gradients that `backward` writes.

mod name;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use name::InLayer;
use name::Name;
use ndarray::{ArrayBase, ArrayView, Data, Dimension, IxDyn};

use crate::autograd::{Graph, Registered, is_recording};
use crate::gradient_stage::GradientStage;
use crate::reduction::Reduction;
use crate::shape::Shape;
use crate::storage::{Buffer, Trim};
use crate::tensor::{Node, Tensor, copied};
use crate::value::Value;
use crate::{Array, Scalar};

/// A handle to a trainable value. A clone refers to the same parameter.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let weight = Parameter::new(ndarray::arr1(&[1.0, 2.0]));
/// (weight.tensor() * 3.0).sum().backward();
/// assert_eq!(weight.grad().unwrap(), ndarray::arr1(&[3.0, 3.0]).into_dyn());
/// assert_eq!(Parameter::new(Tensor::randn(&[3, 2])).shape(), [3, 2]);
/// ```
#[derive(Clone)]
pub struct Parameter(Arc<Inner>);

struct Inner {
    shape: Shape,
    requires_grad: AtomicBool,
    state: Mutex<State>,
    /// A guard. When the parameter is dropped, this guard frees the memory that the thread keeps
    /// for reuse. This field is dropped after the value.
    _trim: Trim,
}

/// The mutable state of a parameter.
pub(crate) struct State {
    /// The elements of the value, shared with the tensors that were made from this parameter. While
    /// such a tensor is alive, a write copies the elements first.
    pub(crate) value: Arc<Buffer>,
    pub(crate) gradient: Option<Value>,
    pub(crate) stage: GradientStage,
    /// The hooks that read or replace the gradients of a backward pass.
    pub(crate) hooks: Vec<Registered>,
    name: Name,
}

impl Parameter {
    /// A parameter with this value and without a gradient. The value may be a tensor or any other
    /// value that `Tensor::from` accepts. The graph of a tensor is discarded.
    #[track_caller]
    pub fn new<T>(value: T) -> Self
    where
        Tensor: From<T>,
    {
        Self::of(Tensor::from(value).value().clone())
    }

    /// A parameter with all elements equal to `value`.
    #[track_caller]
    pub(crate) fn filled(shape: &[usize], value: Scalar) -> Self {
        Self::of(Value::filled(shape, value))
    }

    fn of(value: Value) -> Self {
        let shape = value.shape().clone();
        let state = State {
            value: value.into_data(),
            gradient: None,
            stage: GradientStage::Empty,
            hooks: Vec::new(),
            name: Name::Unknown,
        };
        Self(Arc::new(Inner {
            shape,
            requires_grad: AtomicBool::new(true),
            state: Mutex::new(state),
            _trim: Trim,
        }))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether two handles refer to the same parameter.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The lengths of the axes, outermost first.
    pub fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.0.shape.count()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value as a tensor whose gradient is accumulated in this parameter.
    pub fn tensor(&self) -> Tensor {
        let value = Value::shared(self.0.shape.clone(), Arc::clone(&self.lock().value));
        let recorded = self.requires_grad() && is_recording();
        let graph = if recorded { Graph::Leaf(self.clone()) } else { Graph::Unrecorded(self.clone()) };
        Tensor::from_node(Node { value, graph, reduction: Reduction::None })
    }

    /// A copy of the value.
    pub fn value(&self) -> Array {
        self.array(self.lock().value.as_slice())
    }

    /// A copy of the value; the same as [`Parameter::value`].
    pub fn to_array(&self) -> Array {
        self.value()
    }

    /// Replaces the value; the gradient and optimizer state are kept.
    ///
    /// # Panics
    /// If the shape differs.
    #[track_caller]
    #[allow(clippy::needless_pass_by_value)] // As in `new`.
    pub fn set<S: Data<Elem = Scalar>, D: Dimension>(&self, array: ArrayBase<S, D>) {
        assert!(
            array.shape() == self.shape(),
            "set: the new value has the shape {:?}, and the parameter has {:?}",
            array.shape(),
            self.shape()
        );
        self.replace(copied(&array));
    }

    /// Replaces the value by another value of the same shape.
    pub(crate) fn replace(&self, value: Value) {
        debug_assert!(*value.shape() == self.0.shape);
        self.lock().value = value.into_data();
    }

    /// A copy of the gradient; `None` before the first `backward` and after `zero_grad`.
    pub fn grad(&self) -> Option<Array> {
        let state = self.lock();
        state.gradient.as_ref().map(|gradient| self.array(gradient.as_slice()))
    }

    /// Removes the gradient. The next `backward` writes a new gradient.
    #[track_caller]
    pub fn zero_grad(&self) {
        let mut state = self.lock();
        state.gradient = None;
        state.stage = state.stage.after_zero_grad();
    }

    /// Whether `backward` computes a gradient for this parameter.
    pub fn requires_grad(&self) -> bool {
        self.0.requires_grad.load(Ordering::Relaxed)
    }

    /// Unfreezes (`true`) or freezes (`false`) this parameter; [`Module::freeze`](crate::Module::freeze) freezes a part
    /// of a model.
    ///
    /// While a parameter is frozen, `backward` writes no gradient to it, and optimizers do not
    /// update it. An existing gradient is kept. After unfreezing, training of the parameter resumes
    /// with the next forward pass.
    pub fn set_requires_grad(&self, requires_grad: bool) {
        self.0.requires_grad.store(requires_grad, Ordering::Relaxed);
    }

    /// Removes the gradient and resets its stage. Only `Module::freeze` calls this method.
    pub(crate) fn remove_grad(&self) {
        let mut state = self.lock();
        state.gradient = None;
        state.stage = GradientStage::Empty;
    }

    /// Sets the gradient, or adds to an existing gradient. If the parameter has hooks, which need the sum over all
    /// uses, returns the gradient instead.
    #[must_use]
    pub(crate) fn accumulate(&self, gradient: Value) -> Option<Value> {
        let mut state = self.lock();
        if !state.hooks.is_empty() {
            return Some(gradient);
        }
        self.add(&mut state, gradient);
        None
    }

    /// Runs the hooks on the gradient of a whole backward pass, and accumulates the result.
    pub(crate) fn accumulate_after_hooks(&self, mut gradient: Value) {
        if !self.requires_grad() {
            return;
        }
        // The hooks run without the lock, because they may use the parameter.
        let hooks = self.lock().hooks.clone();
        for hook in hooks {
            gradient = hook.run(gradient);
        }
        self.add(&mut self.lock(), gradient);
    }

    fn add(&self, state: &mut State, gradient: Value) {
        // The parameter may have been frozen after the graph was recorded. The check needs the
        // lock, because a freeze removes the gradient under the same lock.
        if self.requires_grad() {
            crate::autograd::add_into(&mut state.gradient, gradient);
            state.stage = state.stage.after_backward();
        }
    }

    fn array(&self, numbers: &[Scalar]) -> Array {
        let view = ArrayView::from_shape(IxDyn(self.shape()), numbers);
        view.expect("a parameter's numbers have its shape").to_owned()
    }
}

impl From<&Parameter> for Tensor {
    #[track_caller]
    fn from(parameter: &Parameter) -> Self {
        parameter.tensor()
    }
}

impl<D: Dimension> From<ndarray::Array<Scalar, D>> for Parameter {
    #[track_caller]
    fn from(array: ndarray::Array<Scalar, D>) -> Self {
        Self::new(array)
    }
}

/// The elements, as formatted by `ndarray`.
impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}

/// Writes only the shape, because the `Debug` output of a model shows its structure.
impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frozen = if self.requires_grad() { "" } else { ", frozen" };
        write!(f, "Parameter({:?}{frozen})", self.shape())
    }
}

#[cfg(test)]
mod tests {
    use super::Parameter;

    #[test]
    fn tensors_keep_the_value_they_were_made_of() {
        let parameter = Parameter::new(ndarray::arr1(&[1.0, 2.0]));
        let before = parameter.tensor();
        parameter.set(ndarray::arr1(&[5.0, 6.0]));
        assert_eq!(before.as_slice(), [1.0, 2.0]);
        assert_eq!(parameter.tensor().as_slice(), [5.0, 6.0]);
    }

    #[test]
    fn is_made_of_what_a_tensor_is_made_of() {
        let tensor = crate::Tensor::from([1.0, 2.0]);
        let parameter = Parameter::new(&tensor);
        parameter.set(ndarray::arr1(&[5.0, 6.0]));
        assert_eq!((tensor.as_slice(), parameter.tensor().as_slice()), (&[1.0, 2.0][..], &[5.0, 6.0][..]));
        assert_eq!(Parameter::new(vec![1.0, 2.0]).value(), Parameter::new([1.0, 2.0]).value());
        assert!(!Parameter::new(parameter.tensor()).is_same(&parameter));
    }

    #[test]
    #[should_panic(expected = "new value has the shape [3], and the parameter has [2]")]
    fn another_shape_is_refused() {
        Parameter::new(ndarray::arr1(&[1.0, 2.0])).set(ndarray::arr1(&[1.0, 2.0, 3.0]));
    }
}
