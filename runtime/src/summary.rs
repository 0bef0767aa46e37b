//! A table of a model's layers.

use std::fmt;

use crate::nn::trace::{Calls, Trace};
use crate::nn::{Buffer, Module, ModuleId, Visitor};
use crate::{Parameter, Scalar, Tensor, evaluation};

/// Returns a table of the layers of `model`: names, types, output shapes, parameters and bytes. `forward`
/// applies the model to an example input.
///
/// The forward pass runs in an [`evaluation`] scope. It does not change the model, the modes of its layers,
/// the running statistics of batch norm, or the thread's random generator. `RunOptions::summary` prints the
/// same table from the first batch of a run.
///
/// Output shapes are recorded for the layers of this crate and for all modules in a
/// [`Sequential`](crate::nn::Sequential). For a user's struct, only the output shape of the whole model is
/// recorded.
///
/// # Source
/// The package `torchinfo` for PyTorch.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let model = Sequential::new().then(Linear::new(4, 8)).then(Relu).then(Linear::new(8, 3));
/// model.parameters()[0].set_requires_grad(false);
/// let summary = summary(&model, |model| model.forward(&Tensor::zeros(&[5, 4])));
/// assert_eq!(
///     summary.to_string(),
///     "\
/// layer       type    output  trainable  frozen  bytes
/// Sequential          [5, 3]          0       0      0
/// 0           Linear  [5, 8]          8      32    160
/// 1           Relu    [5, 8]          0       0      0
/// 2           Linear  [5, 3]         27       0    108
/// total                              35      32    268"
/// );
/// ```
pub fn summary<M: Module + ?Sized>(model: &M, forward: impl FnOnce(&M) -> Tensor) -> Summary {
    let _evaluation = evaluation(model);
    let layers = Layers::of(model);
    let trace = Trace::start();
    let output = forward(model);
    let mut summary = layers.with_calls(&trace.finish());
    summary.rows[0].output = Some(output.shape().to_vec());
    summary
}

/// The layers of a model, in the order of its fields. Made by [`summary`]; `Display` writes a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    rows: Vec<SummaryRow>,
}

/// A module in a [`Summary`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SummaryRow {
    /// The name of the module, such as `encoder.layers.2.linear1`; empty for the model itself.
    pub name: String,
    /// The name of the module's type.
    pub kind: &'static str,
    /// The shape of the last output; `None` if it was not recorded, or if the module was not called.
    pub output: Option<Vec<usize>>,
    /// The number of calls with a recorded output.
    pub calls: usize,
    /// The number of trainable elements in the module's own parameters. Parameters of inner modules are not
    /// counted, nor are parameters that an earlier module shares.
    pub trainable: usize,
    /// The number of elements in the module's own frozen parameters.
    pub frozen: usize,
    /// The memory of the module's own parameters and buffers, in bytes.
    pub bytes: usize,
}

impl Summary {
    /// The modules. The first row is the model itself.
    pub fn rows(&self) -> &[SummaryRow] {
        &self.rows
    }

    /// The number of trainable elements in all parameters.
    pub fn trainable(&self) -> usize {
        self.rows.iter().map(|row| row.trainable).sum()
    }

    /// The number of elements in all frozen parameters.
    pub fn frozen(&self) -> usize {
        self.rows.iter().map(|row| row.frozen).sum()
    }

    /// The memory of all parameters and buffers, in bytes, without gradients and optimizer state.
    pub fn bytes(&self) -> usize {
        self.rows.iter().map(|row| row.bytes).sum()
    }

    /// The cells of the table, with the header row and the row of totals.
    pub(crate) fn cells(&self) -> Vec<[String; 6]> {
        let title = ["layer", "type", "output", "trainable", "frozen", "bytes"].map(str::to_owned);
        let numbers = |values: [usize; 3]| values.map(grouped);
        let row = |row: &SummaryRow| {
            let [trainable, frozen, bytes] = numbers([row.trainable, row.frozen, row.bytes]);
            let output = match &row.output {
                None => "-".to_owned(),
                Some(shape) if row.calls > 1 => format!("{shape:?} x{}", row.calls),
                Some(shape) => format!("{shape:?}"),
            };
            let is_model = row.name.is_empty();
            let name = if is_model { row.kind } else { &row.name };
            let kind = if is_model { "" } else { row.kind };
            [name.to_owned(), kind.to_owned(), output, trainable, frozen, bytes]
        };
        let [trainable, frozen, bytes] = numbers([self.trainable(), self.frozen(), self.bytes()]);
        let total = ["total".to_owned(), String::new(), String::new(), trainable, frozen, bytes];
        std::iter::once(title).chain(self.rows.iter().map(row)).chain([total]).collect()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells = self.cells();
        let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; 6] = std::array::from_fn(width);
        for (index, row) in cells.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
                let gap = if column == 0 { "" } else { "  " };
                if column < 3 {
                    write!(f, "{gap}{cell:<width$}")?;
                } else {
                    write!(f, "{gap}{cell:>width$}")?;
                }
            }
        }
        Ok(())
    }
}

/// Formats a number with a comma between groups of three digits.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The modules of a model, before a forward pass.
#[derive(Debug)]
pub(crate) struct Layers {
    rows: Vec<(SummaryRow, ModuleId)>,
    /// For each row, the row of the enclosing module and the index of the field, if the field has an index.
    places: Vec<Option<(usize, usize)>>,
}

impl Layers {
    pub(crate) fn of<M: Module + ?Sized>(model: &M) -> Self {
        let mut collector = Collector::new(model.identity());
        model.visit(&mut collector);
        collector.layers
    }

    /// The summary, with the outputs recorded in a forward pass.
    pub(crate) fn with_calls(self, calls: &Calls) -> Summary {
        let identities = self.rows.iter().map(|(_, identity)| *identity).collect::<Vec<_>>();
        let of_row = |((mut row, identity), place): ((SummaryRow, ModuleId), Option<(usize, usize)>)| {
            let place = place.map(|(parent, index)| (identities[parent], index));
            if let Some((shape, times)) = calls.output(identity, place) {
                (row.output, row.calls) = (Some(shape), times);
            }
            row
        };
        Summary { rows: self.rows.into_iter().zip(self.places).map(of_row).collect() }
    }
}

/// A visitor that collects the modules of a model.
struct Collector {
    layers: Layers,
    /// The names of the enclosing fields.
    path: Vec<String>,
    /// For each enclosing field, its row; `None` for a collection.
    open: Vec<Option<usize>>,
    /// The parameters that are already counted.
    seen: Vec<Parameter>,
}

impl Collector {
    fn new(model: ModuleId) -> Self {
        let layers = Layers { rows: vec![(row(String::new(), model), model)], places: vec![None] };
        Self { layers, path: Vec::new(), open: Vec::new(), seen: Vec::new() }
    }

    /// The row of the innermost enclosing module.
    fn innermost(&self) -> usize {
        self.open.iter().rev().find_map(|row| *row).unwrap_or(0)
    }
}

fn row(name: String, identity: ModuleId) -> SummaryRow {
    let kind = identity.kind();
    SummaryRow { name, kind, output: None, calls: 0, trainable: 0, frozen: 0, bytes: 0 }
}

impl Visitor for Collector {
    fn parameter(&mut self, _: &str, parameter: &Parameter) {
        if self.seen.iter().any(|other| other.is_same(parameter)) {
            return;
        }
        self.seen.push(parameter.clone());
        let innermost = self.innermost();
        let row = &mut self.layers.rows[innermost].0;
        *(if parameter.requires_grad() { &mut row.trainable } else { &mut row.frozen }) += parameter.len();
        row.bytes += parameter.len() * size_of::<Scalar>();
    }

    fn buffer(&mut self, _: &str, buffer: &Buffer) {
        let innermost = self.innermost();
        let elements: usize = buffer.shape().iter().product();
        self.layers.rows[innermost].0.bytes += elements * size_of::<Scalar>();
    }

    fn enter(&mut self, name: &str) {
        self.path.push(name.to_owned());
        self.open.push(None);
    }

    fn module(&mut self, identity: ModuleId) {
        let parent = self.innermost();
        let index = self.path.last().and_then(|name| name.parse().ok());
        self.layers.rows.push((row(self.path.join("."), identity), identity));
        self.layers.places.push(index.map(|index| (parent, index)));
        if let Some(open) = self.open.last_mut() {
            *open = Some(self.layers.rows.len() - 1);
        }
    }

    fn leave(&mut self) {
        self.path.pop();
        self.open.pop();
    }
}

#[cfg(test)]
mod tests;
