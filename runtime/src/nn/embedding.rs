//! Embedding layer.

use std::fmt;

use super::line::line;
use super::{Field, Module, Visitor, init, trace};
use crate::{Labels, Parameter, Tensor, embedding};

/// Looks up a vector for each id.
///
/// # Shapes
/// `ids: [..]`, `weight: [rows, width]` → `[.., width]`
///
/// # Formula
/// `y[i] = weight[ids[i]]`. The weight is initialised from a normal distribution with mean 0 and deviation 1.
///
/// # Source
/// PyTorch's `nn.Embedding`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let layer = Embedding::new(65, 8);
/// let tokens = Labels::from([[5, 9, 0], [3, 0, 0]]);
/// assert_eq!(layer.forward(&tokens).shape(), [2, 3, 8]);
/// ```
pub struct Embedding {
    /// The table of vectors, `[rows, width]`.
    pub weight: Parameter,
    padding: Option<usize>,
}

impl Embedding {
    /// A layer with `rows` rows of `width` elements, one row per id.
    ///
    /// # Panics
    /// If the size of the parameters overflows or exceeds memory.
    #[track_caller]
    pub fn new(rows: usize, width: usize) -> Self {
        let weight = Parameter::filled(&[rows, width], 0.0);
        init::normal(&weight, 0.0, 1.0);
        Self { weight, padding: None }
    }

    /// Declares `id` as the padding id, as PyTorch's `padding_idx` does. The row of `id` is set to
    /// 0 and gets no gradient.
    ///
    /// # Panics
    /// If `id` is not below the number of rows.
    #[track_caller]
    pub fn padding(self, id: usize) -> Self {
        let mut weight = self.weight.value();
        let rows = weight.shape()[0];
        assert!(id < rows, "padding: the id {id} is not below the layer's {rows} rows");
        weight.index_axis_mut(ndarray::Axis(0), id).fill(0.0);
        self.weight.set(weight);
        Self { padding: Some(id), ..self }
    }

    /// Applies the layer.
    ///
    /// # Panics
    /// If an id is not below the number of rows.
    #[track_caller]
    pub fn forward(&self, ids: &Labels) -> Tensor {
        trace::output(self, embedding(ids, &self.weight.tensor(), self.padding))
    }
}

impl Module for Embedding {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.weight.visit_field("weight", visitor);
    }
}

impl fmt::Debug for Embedding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let &[rows, width] = self.weight.shape() else { return f.write_str("Embedding") };
        let padding = self.padding.map(|id| format!("padding {id}"));
        line(f, "Embedding", [Some(format!("{rows} -> {width}")), padding])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_starts_at_zero_and_stays() {
        let layer = Embedding::new(4, 3).padding(2);
        let y = layer.forward(&Labels::from(vec![2_u32, 1, 2]));
        assert_eq!((&y.as_slice()[..3], &y.as_slice()[6..]), (&[0.0; 3][..], &[0.0; 3][..]));
        y.sum().backward();
        let gradient = layer.weight.grad().unwrap();
        assert_eq!(gradient.sum(), 3.0);
        assert_eq!(gradient[[2, 0]], 0.0);
    }
}
