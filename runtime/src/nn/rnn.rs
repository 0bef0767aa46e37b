//! Plain recurrent layer.

use std::fmt;

use super::line::when;
use super::recurrent::{Kind, Stack};
use super::{Module, Visitor, trace};
use crate::{Scalar, Tensor};

/// A plain (Elman) recurrent network of one or more layers.
///
/// # Shapes
/// `x: [batch, time, in]` → `[batch, time, hidden]`, and a state `[layers, batch, hidden]`. With
/// [`bidirectional`](Self::bidirectional) the output is `[batch, time, 2 · hidden]`, and the first
/// axis of the state has two entries per layer: the forward direction, then the backward direction.
///
/// # Formula
/// `h' = tanh(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh)`, with [`relu`](Self::relu) a ReLU instead of `tanh`.
/// All parameters are initialised uniformly over ±1/√hidden. [`seed`](crate::seed) determines the
/// draws.
///
/// # Source
/// Elman 1990; PyTorch's `nn.RNN`, with the same names and initialisation, and the layout of
/// `batch_first=True`. No other layout is supported. Call `permute` on sequences that have another
/// layout.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let layer = Rnn::new(4, 8).relu();
/// let (output, state) = layer.forward(&Tensor::zeros(&[2, 5, 4]), None);
/// assert_eq!((output.shape(), state.shape()), (&[2, 5, 8][..], &[1, 2, 8][..]));
/// ```
pub struct Rnn {
    stack: Stack,
    kind: Kind,
}

impl Rnn {
    /// A recurrent network of one layer from `inputs` to `hidden` features.
    ///
    /// # Panics
    /// If the size of the weights overflows or exceeds memory.
    #[track_caller]
    pub fn new(inputs: usize, hidden: usize) -> Self {
        Self { stack: Stack::new("Rnn", 1, inputs, hidden), kind: Kind::Tanh }
    }

    /// Sets the number of stacked layers, at least 1. Each layer reads the output of the previous one.
    ///
    /// # Panics
    /// If `layers` is 0.
    #[track_caller]
    pub fn layers(self, layers: usize) -> Self {
        Self { stack: self.stack.layers(layers), ..self }
    }

    /// Adds a second direction to each layer. The second direction runs backward in time and has
    /// its own weights.
    #[track_caller]
    pub fn bidirectional(self) -> Self {
        Self { stack: self.stack.bidirectional(), ..self }
    }

    /// The same layer without biases.
    #[track_caller]
    pub fn no_bias(self) -> Self {
        Self { stack: self.stack.no_bias(), ..self }
    }

    /// Sets the dropout probability `p`, in [0, 1]. In training, dropout is applied to the output
    /// of every layer except the last.
    ///
    /// # Panics
    /// If `p` is out of range.
    #[track_caller]
    pub fn dropout(self, p: Scalar) -> Self {
        Self { stack: self.stack.dropout(p), ..self }
    }

    /// Uses a ReLU instead of `tanh`, as PyTorch's `nonlinearity="relu"`.
    pub fn relu(self) -> Self {
        Self { kind: Kind::Relu, ..self }
    }

    /// Applies the layer, and returns all outputs and the final state. The initial state is
    /// `start`, or zeros if `start` is `None`.
    ///
    /// # Panics
    /// If the input is not `[batch, time, in]`, or if the shape of `start` does not match the layer
    /// and the batch.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, start: Option<&Tensor>) -> (Tensor, Tensor) {
        let (output, end) = self.stack.forward(self.kind, x, start);
        (trace::output(self, output), end)
    }
}

impl Module for Rnn {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.stack.visit(visitor);
    }
}

impl fmt::Debug for Rnn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stack.describe(f, when(self.kind == Kind::Relu, "Relu"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_kept_by_later_ones() {
        let layer = Rnn::new(3, 4).relu().layers(2).bidirectional().dropout(0.5).no_bias();
        assert_eq!(format!("{layer:?}"), "Rnn(3 -> 4, 2 layers, bidirectional, no bias, dropout 0.5, Relu)");
        let names: Vec<_> = layer.named_parameters().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names[..3], ["weight_ih_l0", "weight_hh_l0", "weight_ih_l0_reverse"]);
        let (output, state) = layer.forward(&Tensor::ones(&[2, 3, 3]), Some(&Tensor::ones(&[4, 2, 4])));
        assert_eq!((output.shape(), state.shape()), (&[2, 3, 8][..], &[4, 2, 4][..]));
        assert!(output.as_slice().iter().all(|y| *y >= 0.0));
    }
}
