//! Tensors: numbers with a shape and, where they were computed from parameters, the graph behind them.

use std::fmt;
use std::sync::Arc;

use ndarray::{ArrayBase, ArrayViewD, Data, Dimension, IxDyn};

use crate::autograd::{self, Graph};
use crate::reduction::Reduction;
use crate::shape::Shape;
use crate::storage::Buffer;
use crate::value::Value;
use crate::{Array, Scalar, watch};

/// A cheap handle to numbers in row-major order; a clone shares them.
///
/// # Example
/// ```
/// use training_loop::Tensor;
///
/// let x = Tensor::from(ndarray::arr2(&[[1.0, -2.0], [3.0, 4.0]]));
/// assert_eq!(x.relu().sum().item(), 8.0);
/// assert_eq!(x.shape(), [2, 2]);
/// ```
#[derive(Clone)]
pub struct Tensor(Arc<Node>);

/// The value of a tensor and its place in the graph.
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

    /// How the number came from the elements of a batch.
    pub(crate) fn reduction(&self) -> Reduction {
        self.0.reduction
    }

    /// Says how the number came about; for a result that nobody else holds yet.
    pub(crate) fn with_reduction(mut self, reduction: Reduction) -> Self {
        if let Some(node) = Arc::get_mut(&mut self.0) {
            node.reduction = reduction;
        }
        self
    }

    pub(crate) fn into_node(self) -> Arc<Node> {
        self.0
    }

    /// Whether two handles are the same tensor.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// A tensor of zeros.
    #[track_caller]
    pub fn zeros(shape: &[usize]) -> Self {
        Self::constant(Value::filled(shape, 0.0))
    }

    /// A tensor of ones.
    #[track_caller]
    pub fn ones(shape: &[usize]) -> Self {
        Self::constant(Value::filled(shape, 1.0))
    }

    /// The lengths of the axes, outermost first.
    pub fn shape(&self) -> &[usize] {
        self.0.value.shape()
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.shape().len()
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.0.value.len()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers, in row-major order.
    pub fn as_slice(&self) -> &[Scalar] {
        self.0.value.as_slice()
    }

    /// The numbers as an `ndarray` view, without a copy.
    pub fn view(&self) -> ArrayViewD<'_, Scalar> {
        ArrayViewD::from_shape(IxDyn(self.shape()), self.as_slice()).expect("the shape counts the numbers")
    }

    /// A copy of the numbers as an `ndarray` array.
    pub fn to_array(&self) -> Array {
        self.view().to_owned()
    }

    /// The number of a tensor of one element.
    ///
    /// # Panics
    /// If there are none or several.
    #[track_caller]
    pub fn item(&self) -> Scalar {
        match self.as_slice() {
            [value] => *value,
            _ => panic!("item: a tensor of shape {:?} is not a single number", self.shape()),
        }
    }

    /// The same numbers without the graph behind them.
    pub fn detach(&self) -> Self {
        Self::constant(self.0.value.clone()).with_reduction(self.reduction())
    }

    /// What the sum behind a mean was divided by, where that is known: of a loss the number of samples, without
    /// ignored ones, or the sum of their class weights.
    ///
    /// Means of several batches, each times its denominator, add up to the mean over all of them. A sum has
    /// none.
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

    /// Whether a gradient flows through this tensor to some parameter.
    pub fn requires_grad(&self) -> bool {
        !matches!(self.0.graph, Graph::Constant)
    }

    /// Adds the derivative of this number by each parameter to the parameter's gradient, and frees the graph.
    ///
    /// # Panics
    /// If this is not a single number, if it depends on no parameter, or if its graph was freed before.
    #[track_caller]
    pub fn backward(&self) {
        watch::begin_backward();
        autograd::backward(self, false);
    }

    /// As [`Tensor::backward`], and keeps the graph so that `backward` can run again.
    ///
    /// # Panics
    /// As [`Tensor::backward`].
    #[track_caller]
    pub fn backward_retain_graph(&self) {
        watch::begin_backward();
        autograd::backward(self, true);
    }
}

/// Copies an array or a view of any layout.
impl<S: Data<Elem = Scalar>, D: Dimension> From<ArrayBase<S, D>> for Tensor {
    #[track_caller]
    fn from(array: ArrayBase<S, D>) -> Self {
        Self::constant(copied(&array))
    }
}

/// The numbers of an array or a view in row-major order.
#[track_caller]
pub(crate) fn copied<S: Data<Elem = Scalar>, D: Dimension>(array: &ArrayBase<S, D>) -> Value {
    let shape = Shape::new(array.shape());
    if let Some(numbers) = array.as_slice() {
        return Value::new(shape, Buffer::copied(numbers));
    }
    Value::build(shape, |numbers| {
        for (to, from) in numbers.iter_mut().zip(array) {
            *to = *from;
        }
    })
}

/// A tensor without axes.
impl From<Scalar> for Tensor {
    #[track_caller]
    fn from(value: Scalar) -> Self {
        Self::constant(Value::scalar(value))
    }
}

impl From<&Tensor> for Tensor {
    #[track_caller]
    fn from(tensor: &Tensor) -> Self {
        tensor.clone()
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
    use ndarray::{Array2, s};

    use super::Tensor;
    use crate::Scalar;

    #[test]
    fn any_layout_comes_in_row_by_row() {
        let array = Array2::from_shape_fn((4, 6), |(i, j)| (10 * i + j) as Scalar);
        let view = array.slice(s![..;2, 1..;-2]);
        let tensor = Tensor::from(view.t());
        assert_eq!(tensor.shape(), [3, 2]);
        assert_eq!(tensor.as_slice(), [5.0, 25.0, 3.0, 23.0, 1.0, 21.0]);
        assert_eq!(tensor.to_array(), view.t().to_owned().into_dyn());
    }

    #[test]
    fn a_number_has_no_axes() {
        let number = Tensor::from(2.5);
        assert_eq!((number.rank(), number.len(), number.item()), (0, 1, 2.5));
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
