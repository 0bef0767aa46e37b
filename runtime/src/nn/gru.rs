//! GRU layer.

use std::fmt;

use super::recurrent::{Kind, Stack};
use super::{Module, Visitor, trace};
use crate::{Scalar, Tensor};

/// A gated recurrent unit (GRU) of one or more layers.
///
/// # Shapes
/// `x: [batch, time, in]` → `[batch, time, hidden]`, and a state `[layers, batch, hidden]`. With
/// [`bidirectional`](Self::bidirectional) the output is `[batch, time, 2 · hidden]`, and the first
/// axis of the state has two entries per layer: the forward direction, then the backward direction.
///
/// # Formula
/// With `(i_r i_z i_n) = x W_ihᵀ + b_ih` and `(h_r h_z h_n) = h W_hhᵀ + b_hh`: `r = σ(i_r + h_r)`,
/// `z = σ(i_z + h_z)`, `n = tanh(i_n + r h_n)`, `h' = (1 - z) n + z h`. All parameters are
/// initialised uniformly over ±1/√hidden. [`seed`](crate::seed) determines the draws.
///
/// # Source
/// Cho et al. 2014; PyTorch's `nn.GRU`, with the same names and initialisation, and the layout of
/// `batch_first=True`. No other layout is supported. Call `permute` on sequences that have another
/// layout.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let layer = Gru::new(4, 8).layers(2);
/// let (output, state) = layer.forward(&Tensor::zeros(&[2, 5, 4]), None);
/// assert_eq!((output.shape(), state.shape()), (&[2, 5, 8][..], &[2, 2, 8][..]));
/// let (next, _) = layer.forward(&Tensor::zeros(&[2, 3, 4]), Some(&state.detach()));
/// assert_eq!(next.shape(), [2, 3, 8]);
/// ```
pub struct Gru {
    stack: Stack,
}

impl Gru {
    /// A GRU of one layer from `inputs` to `hidden` features.
    ///
    /// # Panics
    /// If the size of the weights overflows or exceeds memory.
    #[track_caller]
    pub fn new(inputs: usize, hidden: usize) -> Self {
        Self { stack: Stack::new("Gru", 3, inputs, hidden) }
    }

    /// Sets the number of stacked layers, at least 1. Each layer reads the output of the previous one.
    ///
    /// # Panics
    /// If `layers` is 0.
    #[track_caller]
    pub fn layers(self, layers: usize) -> Self {
        Self { stack: self.stack.layers(layers) }
    }

    /// Adds a second direction to each layer. The second direction runs backward in time and has
    /// its own weights.
    #[track_caller]
    pub fn bidirectional(self) -> Self {
        Self { stack: self.stack.bidirectional() }
    }

    /// The same layer without biases.
    #[track_caller]
    pub fn no_bias(self) -> Self {
        Self { stack: self.stack.no_bias() }
    }

    /// Sets the dropout probability `p`, in [0, 1]. In training, dropout is applied to the output
    /// of every layer except the last.
    ///
    /// # Panics
    /// If `p` is out of range.
    #[track_caller]
    pub fn dropout(self, p: Scalar) -> Self {
        Self { stack: self.stack.dropout(p) }
    }

    /// Applies the layer, and returns all outputs and the final state. The initial state is
    /// `start`, or zeros if `start` is `None`.
    ///
    /// # Panics
    /// If the input is not `[batch, time, in]`, or if the shape of `start` does not match the layer
    /// and the batch.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, start: Option<&Tensor>) -> (Tensor, Tensor) {
        let (output, end) = self.stack.forward(Kind::Gru, x, start);
        (trace::output(self, output), end)
    }
}

impl Module for Gru {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.stack.visit(visitor);
    }
}

impl fmt::Debug for Gru {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stack.describe(f, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cat, seed};

    fn numbers(shape: &[usize]) -> Tensor {
        let count: usize = shape.iter().product();
        let values = (0..count).map(|i| ((i * 7919) % 1999) as Scalar / 1000.0 - 1.0).collect();
        Tensor::from(ndarray::ArrayD::from_shape_vec(shape, values).unwrap())
    }

    #[test]
    fn names_and_first_values_are_pytorchs() {
        let layer = Gru::new(3, 16).layers(2).bidirectional();
        let named = layer.named_parameters();
        let names: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names[..4], ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]);
        assert_eq!(names[4..6], ["weight_ih_l0_reverse", "weight_hh_l0_reverse"]);
        assert_eq!((names[8], named[8].1.shape()), ("weight_ih_l1", &[48, 32][..]));
        let largest = named[1].1.value().iter().fold(0.0, |most: Scalar, value| most.max(value.abs()));
        assert!(largest <= 0.25 && largest > 0.24, "{largest}");
        assert_eq!(Gru::new(3, 4).no_bias().parameters().len(), 2);
    }

    #[test]
    fn a_sequence_in_two_pieces_gives_what_it_gives_in_one() {
        seed(1);
        let layer = Gru::new(3, 5).layers(2);
        let x = numbers(&[2, 7, 3]);
        let (whole, end) = layer.forward(&x, None);
        let (first, middle) = layer.forward(&x.slice(1, 0..4), None);
        let (second, last) = layer.forward(&x.slice(1, 4..7), Some(&middle));
        let near =
            |a: &Tensor, b: &Tensor| a.as_slice().iter().zip(b.as_slice()).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(near(&cat(&[&first, &second], 1), &whole) && near(&last, &end));
        let (nothing, same) = layer.forward(&numbers(&[2, 0, 3]), Some(&end));
        assert_eq!((nothing.shape(), same.as_slice()), (&[2, 0, 5][..], end.as_slice()));
    }

    #[test]
    fn dropout_works_between_layers_and_in_training_only() {
        seed(2);
        let x = numbers(&[2, 3, 4]);
        let layer = Gru::new(4, 8).layers(2).dropout(0.5);
        let output = || layer.forward(&x, None).0.to_array();
        assert_ne!(output(), output());
        layer.eval();
        assert_eq!(output(), output());
    }

    #[test]
    fn what_only_reads_the_last_state_learns_too() {
        let layer = Gru::new(3, 4).bidirectional();
        layer.forward(&numbers(&[2, 5, 3]), None).1.sum().backward();
        assert!(layer.parameters().iter().all(|parameter| parameter.grad().is_some()));
    }

    #[test]
    #[should_panic(
        expected = "gru: the state to start from has the shape [1, 3, 4], and this layer and the input [3, 5, 2] need [2, 3, 4]"
    )]
    fn another_start_is_named() {
        let _ =
            Gru::new(2, 4).layers(2).forward(&Tensor::zeros(&[3, 5, 2]), Some(&Tensor::zeros(&[1, 3, 4])));
    }
}
