//! LSTM layer.

use std::fmt;

use super::recurrent::{Cell, Sizes, Stack, joined, row};
use super::{Module, Visitor, trace};
use crate::ops::lstm::run;
use crate::{LstmState, LstmWeights, RecurrentWeights, Scalar, Tensor};

/// A long short-term memory (LSTM) of one or more layers.
///
/// # Shapes
/// `x: [batch, time, in]` → `[batch, time, hidden]`, and a [state](LstmState) of two tensors
/// `[layers, batch, hidden]`. With [`bidirectional`](Self::bidirectional) the output is
/// `[batch, time, 2 · hidden]`, and the first axis of the state has two entries per layer: the
/// forward direction, then the backward direction.
///
/// # Formula
/// With `(i f g o) = x W_ihᵀ + b_ih + h W_hhᵀ + b_hh`: `c' = σ(f) c + σ(i) tanh g`,
/// `h' = σ(o) tanh c'`. All parameters are initialised uniformly over ±1/√hidden.
/// [`seed`](crate::seed) determines the draws.
///
/// # Source
/// Hochreiter and Schmidhuber 1997; PyTorch's `nn.LSTM`, with the same names and initialisation,
/// and the layout of `batch_first=True`. No other layout is supported. Call `permute` on sequences
/// that have another layout.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let layer = Lstm::new(4, 8);
/// let (output, state) = layer.forward(&Tensor::zeros(&[2, 5, 4]), None);
/// assert_eq!(output.shape(), [2, 5, 8]);
/// assert_eq!(state.c.shape(), [1, 2, 8]);
/// let (next, _) = layer.forward(&Tensor::zeros(&[2, 3, 4]), Some(&state.detach()));
/// assert_eq!(next.shape(), [2, 3, 8]);
/// ```
pub struct Lstm(Stack);

impl Lstm {
    /// An LSTM of one layer from `inputs` to `hidden` features.
    ///
    /// # Panics
    /// If the size of the weights overflows or exceeds memory.
    #[track_caller]
    pub fn new(inputs: usize, hidden: usize) -> Self {
        Self(Stack::new("Lstm", 4, inputs, hidden))
    }

    /// Sets the number of stacked layers, at least 1. Each layer reads the output of the previous one.
    ///
    /// # Panics
    /// If `layers` is 0.
    #[track_caller]
    pub fn layers(self, layers: usize) -> Self {
        Self(self.0.layers(layers))
    }

    /// Adds a second direction to each layer. The second direction runs backward in time and has
    /// its own weights.
    #[track_caller]
    pub fn bidirectional(self) -> Self {
        Self(self.0.bidirectional())
    }

    /// The same layer without biases.
    #[track_caller]
    pub fn no_bias(self) -> Self {
        Self(self.0.no_bias())
    }

    /// Sets the dropout probability `p`, in [0, 1]. In training, dropout is applied to the output
    /// of every layer except the last.
    ///
    /// # Panics
    /// If `p` is out of range.
    #[track_caller]
    pub fn dropout(self, p: Scalar) -> Self {
        Self(self.0.dropout(p))
    }

    /// Applies the layer, and returns all outputs and the final state. The initial state is
    /// `start`, or zeros if `start` is `None`.
    ///
    /// # Panics
    /// If the input is not `[batch, time, in]`, or if the shape of `start` does not match the layer
    /// and the batch.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, start: Option<&LstmState>) -> (Tensor, LstmState) {
        let Sizes { hidden, directions, .. } = self.0.sizes;
        let starts = start.map(|start| [&start.h, &start.c]);
        for part in starts.iter().flatten() {
            self.0.check("lstm", x, part);
        }
        let mut output = x.clone();
        let mut ends = Vec::with_capacity(self.0.cells.len());
        for (layer, cells) in self.0.cells.chunks(directions).enumerate() {
            if layer > 0 {
                output = self.0.dropout.forward(&output);
            }
            let mut outputs = Vec::with_capacity(directions);
            for (direction, cell) in cells.iter().enumerate() {
                let number = layer * directions + direction;
                let mut start = None;
                if let Some([h, c]) = starts {
                    let shape = [x.shape()[0], hidden];
                    start = Some(LstmState {
                        h: row(h, number).reshape(&shape),
                        c: row(c, number).reshape(&shape),
                    });
                }
                let (states, end) = run(&output, &weights(cell), start.as_ref(), direction == 1);
                outputs.push(states);
                ends.push(end);
            }
            output = joined(outputs, 2);
        }
        let (mut h, mut c) = (Vec::with_capacity(ends.len()), Vec::with_capacity(ends.len()));
        for end in &ends {
            h.push(row(end, 0));
            c.push(row(end, 1));
        }
        (trace::output(self, output), LstmState { h: joined(h, 0), c: joined(c, 0) })
    }
}

fn weights(cell: &Cell) -> LstmWeights {
    let RecurrentWeights { weight_ih, weight_hh, bias } = cell.weights();
    LstmWeights { weight_ih, weight_hh, bias }
}

impl Module for Lstm {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.0.visit(visitor);
    }
}

impl fmt::Debug for Lstm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f, None)
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
        let layer = Lstm::new(3, 16).layers(2).bidirectional();
        let named = layer.named_parameters();
        let names: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names[..4], ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]);
        assert_eq!(names[4..6], ["weight_ih_l0_reverse", "weight_hh_l0_reverse"]);
        assert_eq!((names[8], named[8].1.shape()), ("weight_ih_l1", &[64, 32][..]));
        let largest = named[1].1.value().iter().fold(0.0, |most: Scalar, value| most.max(value.abs()));
        assert!(largest <= 0.25 && largest > 0.24, "{largest}");
        assert_eq!(Lstm::new(3, 4).no_bias().parameters().len(), 2);
    }

    #[track_caller]
    fn assert_near(ours: &Tensor, theirs: &Tensor) {
        assert!(ours.as_slice().iter().zip(theirs.as_slice()).all(|(a, b)| (a - b).abs() < 1e-6));
        assert_eq!(ours.shape(), theirs.shape());
    }

    #[test]
    fn a_sequence_in_two_pieces_gives_what_it_gives_in_one() {
        seed(1);
        let layer = Lstm::new(3, 5).layers(2);
        let x = numbers(&[2, 7, 3]);
        let (whole, end) = layer.forward(&x, None);
        let (first, middle) = layer.forward(&x.slice(1, 0..4), None);
        let (second, last) = layer.forward(&x.slice(1, 4..7), Some(&middle));
        assert_near(&cat(&[&first, &second], 1), &whole);
        assert_near(&last.c, &end.c);
        assert_eq!(end.h.slice(0, 1..2).as_slice(), whole.slice(1, 6..7).as_slice());
        let (nothing, same) = layer.forward(&numbers(&[2, 0, 3]), Some(&end));
        assert_eq!((nothing.shape(), same.h.as_slice()), (&[2, 0, 5][..], end.h.as_slice()));
    }

    #[test]
    fn dropout_works_between_layers_and_in_training_only() {
        seed(2);
        let x = numbers(&[2, 3, 4]);
        let layer = Lstm::new(4, 8).layers(2).dropout(0.5);
        let output = || layer.forward(&x, None).0.to_array();
        assert_ne!(output(), output());
        layer.eval();
        assert_eq!(output(), output());
        let single = Lstm::new(4, 8).dropout(0.9);
        assert_eq!(single.forward(&x, None).0.to_array(), single.forward(&x, None).0.to_array());
    }

    #[test]
    fn what_only_reads_the_last_cell_learns_too() {
        let layer = Lstm::new(3, 4);
        layer.forward(&numbers(&[2, 5, 3]), None).1.c.sum().backward();
        assert!(layer.parameters().iter().all(|parameter| parameter.grad().is_some()));
    }

    #[test]
    #[should_panic(expected = "need [2, 3, 4], [layers and directions, batch, hidden]")]
    fn another_start_is_named() {
        let state = LstmState { h: Tensor::zeros(&[1, 3, 4]), c: Tensor::zeros(&[1, 3, 4]) };
        let _ = Lstm::new(2, 4).layers(2).forward(&Tensor::zeros(&[3, 5, 2]), Some(&state));
    }
}
