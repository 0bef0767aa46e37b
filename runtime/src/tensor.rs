//! Tensors: values with a shape. A tensor that was computed from parameters also has a graph.

mod create;
mod from;
mod number;

use std::fmt;
use std::sync::Arc;

pub(crate) use from::copied;
use ndarray::{ArrayViewD, IxDyn};
pub use number::Number;

use crate::autograd::{self, Graph};
use crate::reduction::Reduction;
use crate::value::Value;
use crate::{Array, Scalar, gradient_stage};

/// A cheap handle to scalars in row-major order; a clone shares the scalars.
///
/// `from` converts a number, a slice, a vector or an array of numbers, nested arrays, and any
/// `ndarray` array or view. `collect` converts an iterator. `try_from` converts rows, and checks
/// that their lengths are equal. `Display` formats as `ndarray` does, with an optional precision
/// (`{:.3}`), and abbreviates long tensors.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let x = Tensor::from([[1.0, -2.0], [3.0, 4.0]]);
/// assert_eq!(x.relu().sum().item(), 8.0);
/// assert_eq!(x.shape(), [2, 2]);
/// assert_eq!(format!("{x:.1}"), "[[1.0, -2.0],\n [3.0, 4.0]]");
/// assert_eq!(Tensor::from(ndarray::arr1(&[1.0, 2.0])).shape(), Tensor::from(vec![1.0, 2.0]).shape());
/// ```
#[derive(Clone)]
pub struct Tensor(Arc<Node>);

/// A node in the graph: the value of a tensor and its origin.
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) graph: Graph,
    pub(crate) reduction: Reduction,
}

impl Tensor {
    pub(crate) fn from_node(node: Node) -> Self {
        Self(Arc::new(node))
    }

    pub(crate) fn constant(value: Value) -> Self {
        Self::from_node(Node { value, graph: Graph::Constant, reduction: Reduction::None })
    }

    pub(crate) fn value(&self) -> &Value {
        &self.0.value
    }

    pub(crate) fn graph(&self) -> &Graph {
        &self.0.graph
    }

    /// How this tensor was reduced from a batch: as a mean, as a sum, or not at all.
    pub(crate) fn reduction(&self) -> Reduction {
        self.0.reduction
    }

    /// Sets the reduction of this tensor. The tensor must be a new result without other handles.
    pub(crate) fn with_reduction(mut self, reduction: Reduction) -> Self {
        if let Some(node) = Arc::get_mut(&mut self.0) {
            node.reduction = reduction;
        }
        self
    }

    pub(crate) fn into_node(self) -> Arc<Node> {
        self.0
    }

    /// Whether two handles refer to the same tensor.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The lengths of the axes, outermost first.
    #[doc(alias("size"))]
    pub fn shape(&self) -> &[usize] {
        self.0.value.shape()
    }

    /// The number of axes.
    #[doc(alias("dim", "ndim"))]
    pub fn rank(&self) -> usize {
        self.shape().len()
    }

    /// The number of elements.
    #[doc(alias("numel"))]
    pub fn len(&self) -> usize {
        self.0.value.len()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements, in row-major order.
    #[doc(alias("to_vec", "tolist"))]
    pub fn as_slice(&self) -> &[Scalar] {
        self.0.value.as_slice()
    }

    /// The elements as an `ndarray` view, without a copy.
    pub fn view(&self) -> ArrayViewD<'_, Scalar> {
        ArrayViewD::from_shape(IxDyn(self.shape()), self.as_slice()).expect("the shape counts the numbers")
    }

    /// A copy of the elements as an `ndarray` array.
    #[doc(alias("numpy"))]
    pub fn to_array(&self) -> Array {
        self.view().to_owned()
    }

    /// The value of a tensor with one element.
    ///
    /// # Panics
    /// If there is not exactly one element.
    #[track_caller]
    pub fn item(&self) -> Scalar {
        match self.as_slice() {
            [value] => *value,
            _ => panic!("item: a tensor of shape {:?} is not a single number", self.shape()),
        }
    }

    /// The same values without the graph.
    pub fn detach(&self) -> Self {
        Self::constant(self.0.value.clone()).with_reduction(self.reduction())
    }

    /// The denominator of a mean, if known. For a loss this is the number of samples that are not
    /// ignored, or the sum of their class weights.
    ///
    /// The mean over several batches is the average of their means, weighted by the denominators. A
    /// sum has no denominator.
    ///
    /// # Example
    /// ```
    /// use training_loop::{CrossEntropy, Labels, Tensor};
    ///
    /// let labels = Labels::from(vec![0_u32, 1, 1]);
    /// let loss = CrossEntropy::new().ignore(0).loss(&Tensor::zeros(&[3, 2]), &labels);
    /// assert_eq!((loss * 0.5).denominator(), Some(2.0));
    /// ```
    pub fn denominator(&self) -> Option<f64> {
        match self.reduction() {
            Reduction::Mean(denominator) => Some(denominator),
            _ => None,
        }
    }

    /// Whether this tensor depends on a parameter that requires a gradient.
    pub fn requires_grad(&self) -> bool {
        matches!(self.0.graph, Graph::Leaf(_) | Graph::Operation(_))
    }

    /// Computes the derivative of this scalar with respect to each parameter, adds the derivative
    /// to the parameter's gradient, and frees the graph.
    ///
    /// # Panics
    /// If this is not a scalar, if it depends on no parameter, or if its graph was freed before.
    #[track_caller]
    pub fn backward(&self) {
        gradient_stage::begin_backward();
        autograd::backward(self, false);
    }

    /// As [`Tensor::backward`], but keeps the graph, so that `backward` can run again.
    ///
    /// # Panics
    /// As [`Tensor::backward`].
    #[track_caller]
    pub fn backward_retain_graph(&self) {
        gradient_stage::begin_backward();
        autograd::backward(self, true);
    }
}

/// The elements, as formatted by `ndarray`.
impl fmt::Display for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor({}", self.view())?;
        if self.requires_grad() {
            write!(f, ", requires_grad")?;
        }
        write!(f, ")")
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::Tensor;
    use crate::Scalar;

    #[test]
    fn a_number_has_no_axes() {
        let number = Tensor::from(2.5);
        assert_eq!((number.rank(), number.len(), number.item()), (0, 1, 2.5));
    }

    #[test]
    fn many_numbers_are_shortened() {
        assert_eq!(Tensor::from(1.5).to_string(), "1.5");
        assert_eq!(format!("{:.2}", Tensor::from([0.5, 2.0])), "[0.50, 2.00]");
        assert_eq!(Tensor::zeros(&[2, 0]).to_string(), "[[]]");
        let long = Tensor::zeros(&[100, 100]).to_string();
        assert!(long.contains("...") && long.len() < 2000, "{long}");
    }

    #[test]
    #[should_panic(expected = "shape [2, 3] is not a single number")]
    fn several_numbers_are_no_item() {
        Tensor::zeros(&[2, 3]).item();
    }

    #[test]
    fn empty_arrays_are_tensors() {
        let empty = Tensor::from(Array2::<Scalar>::zeros((0, 3)));
        assert!(empty.is_empty());
        assert_eq!(empty.view().shape(), [0, 3]);
    }
}
