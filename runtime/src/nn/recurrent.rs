//! Code shared by the recurrent layers: the parameters of all layers and directions, and their names.

use std::fmt;

use super::line::{line, when};
use super::{Dropout, Field, Mode, Module, Visitor, init};
use crate::ops::{gru, rnn};
use crate::shape::product;
use crate::{Parameter, RecurrentWeights, Scalar, Tensor, cat};

/// The sizes of a stack of recurrent layers.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub(super) inputs: usize,
    pub(super) hidden: usize,
    pub(super) layers: usize,
    pub(super) directions: usize,
    pub(super) bias: bool,
}

/// The weights and biases of one direction of one layer.
pub(super) struct Cell {
    pub(super) weight_ih: Parameter,
    pub(super) weight_hh: Parameter,
    pub(super) bias: Option<[Parameter; 2]>,
}

/// The cell of a recurrent layer with one state.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Gru,
    Tanh,
    Relu,
}

/// A stack of recurrent layers.
pub(super) struct Stack {
    name: &'static str,
    /// The number of rows of the weights per hidden unit.
    gates: usize,
    pub(super) sizes: Sizes,
    /// The cells of all layers in order. Each layer has the forward direction first, and then the
    /// backward direction if there is one.
    pub(super) cells: Vec<Cell>,
    pub(super) dropout: Dropout,
    mode: Mode,
}

impl Stack {
    /// One layer in one direction, with biases and without dropout.
    #[track_caller]
    pub(super) fn new(name: &'static str, gates: usize, inputs: usize, hidden: usize) -> Self {
        let sizes = Sizes { inputs, hidden, layers: 1, directions: 1, bias: true };
        Self::build(name, gates, sizes, Dropout::new(0.0))
    }

    #[track_caller]
    pub(super) fn layers(self, layers: usize) -> Self {
        assert!(layers > 0, "`layers` of `{}` is 0, but must be at least 1", self.name);
        Self::build(self.name, self.gates, Sizes { layers, ..self.sizes }, self.dropout)
    }

    #[track_caller]
    pub(super) fn bidirectional(self) -> Self {
        Self::build(self.name, self.gates, Sizes { directions: 2, ..self.sizes }, self.dropout)
    }

    #[track_caller]
    pub(super) fn no_bias(self) -> Self {
        Self::build(self.name, self.gates, Sizes { bias: false, ..self.sizes }, self.dropout)
    }

    #[track_caller]
    pub(super) fn dropout(self, p: Scalar) -> Self {
        Self { dropout: Dropout::new(p), ..self }
    }

    #[track_caller]
    fn build(name: &'static str, gates: usize, sizes: Sizes, dropout: Dropout) -> Self {
        let Sizes { inputs, hidden, layers, directions, bias } = sizes;
        let outputs = product(&format!("{name}: the outputs"), &[directions, hidden]);
        let rows = product(&format!("{name}: the rows of its weights"), &[gates, hidden]);
        let mut cells = Vec::new();
        for layer in 0..layers {
            for _ in 0..directions {
                let inputs = if layer == 0 { inputs } else { outputs };
                cells.push(Cell::new(inputs, hidden, rows, bias));
            }
        }
        Self { name, gates, sizes, cells, dropout, mode: Mode::default() }
    }

    /// Applies the layers of a recurrence with one state. Returns all outputs and the final states of
    /// all cells.
    #[track_caller]
    pub(super) fn forward(&self, kind: Kind, x: &Tensor, start: Option<&Tensor>) -> (Tensor, Tensor) {
        let Sizes { hidden, directions, .. } = self.sizes;
        if let Some(start) = start {
            self.check(&self.name.to_lowercase(), x, start);
        }
        let mut output = x.clone();
        let mut ends = Vec::with_capacity(self.cells.len());
        for (layer, cells) in self.cells.chunks(directions).enumerate() {
            if layer > 0 {
                output = self.dropout.forward(&output);
            }
            let mut outputs = Vec::with_capacity(directions);
            for (direction, cell) in cells.iter().enumerate() {
                let (number, reverse) = (layer * directions + direction, direction == 1);
                let mut from = None;
                if let Some(start) = start {
                    from = Some(row(start, number).reshape(&[x.shape()[0], hidden]));
                }
                let (weights, from) = (cell.weights(), from.as_ref());
                let (states, end) = match kind {
                    Kind::Gru => gru::pass(&output, &weights, from, reverse),
                    Kind::Tanh | Kind::Relu => {
                        rnn::pass(&output, &weights, from, kind == Kind::Relu, reverse)
                    }
                };
                outputs.push(states);
                ends.push(end.reshape(&[&[1], end.shape()].concat()));
            }
            output = joined(outputs, 2);
        }
        (output, joined(ends, 0))
    }

    /// Checks the shape of an initial state for the input `x`.
    #[track_caller]
    pub(super) fn check(&self, op: &str, x: &Tensor, start: &Tensor) {
        let wanted = [self.cells.len(), x.shape().first().copied().unwrap_or(0), self.sizes.hidden];
        assert!(
            start.shape() == wanted,
            "{op}: the state to start from has the shape {:?}, and this layer and the input {:?} need \
             {wanted:?}, [layers and directions, batch, hidden]",
            start.shape(),
            x.shape()
        );
    }

    /// Writes the layer for `Debug`. `extra` is appended to the options.
    pub(super) fn describe(&self, f: &mut fmt::Formatter<'_>, extra: Option<String>) -> fmt::Result {
        let Sizes { inputs, hidden, layers, directions, bias } = self.sizes;
        let parts = [
            Some(format!("{inputs} -> {hidden}")),
            when(layers > 1, &format!("{layers} layers")),
            when(directions > 1, "bidirectional"),
            when(!bias, "no bias"),
            when(self.dropout.p() > 0.0, &format!("dropout {}", self.dropout.p())),
            extra,
        ];
        line(f, self.name, parts)
    }
}

/// The slice of a tensor at index `number` of the first axis. The first axis is kept with length 1.
#[track_caller]
pub(super) fn row(of: &Tensor, number: usize) -> Tensor {
    of.slice(0, number..=number)
}

/// Concatenates tensors along an axis. A single tensor is returned unchanged.
#[track_caller]
pub(super) fn joined(mut tensors: Vec<Tensor>, axis: isize) -> Tensor {
    if tensors.len() == 1 { tensors.remove(0) } else { cat(&tensors.iter().collect::<Vec<_>>(), axis) }
}

impl Cell {
    #[track_caller]
    fn new(inputs: usize, hidden: usize, rows: usize, bias: bool) -> Self {
        let bound = if hidden == 0 { 0.0 } else { 1.0 / (hidden as f64).sqrt() };
        let weight_ih = init::drawn(&[rows, inputs], bound);
        let weight_hh = init::drawn(&[rows, hidden], bound);
        let bias = if bias { Some([init::drawn(&[rows], bound), init::drawn(&[rows], bound)]) } else { None };
        Self { weight_ih, weight_hh, bias }
    }

    pub(super) fn weights(&self) -> RecurrentWeights {
        RecurrentWeights {
            weight_ih: self.weight_ih.tensor(),
            weight_hh: self.weight_hh.tensor(),
            bias: self.bias.as_ref().map(|pair| pair.each_ref().map(Parameter::tensor)),
        }
    }
}

impl Module for Stack {
    fn visit(&self, visitor: &mut dyn Visitor) {
        for (number, cell) in self.cells.iter().enumerate() {
            let layer = number / self.sizes.directions;
            let suffix = if number % self.sizes.directions == 1 { "_reverse" } else { "" };
            let mut show = |kind: &str, parameter: &Parameter| {
                visitor.parameter(&format!("{kind}_l{layer}{suffix}"), parameter);
            };
            show("weight_ih", &cell.weight_ih);
            show("weight_hh", &cell.weight_hh);
            if let Some([ih, hh]) = &cell.bias {
                show("bias_ih", ih);
                show("bias_hh", hh);
            }
        }
        self.dropout.visit(visitor);
        self.mode.visit_field("mode", visitor);
    }
}
