//! The search of a graph for the first output that is not finite.

use super::anomaly::{Anomaly, operation_of};
use super::{Graph, Link, Record, lock};
use crate::Parameter;
use crate::tensor::Tensor;

impl Record {
    /// The anomaly of this operation, with the parameter that is nearest to it.
    pub(super) fn anomaly(&self, what: &'static str) -> Anomaly {
        let own = self.tensors().find_map(parameter);
        let is_own = own.is_some();
        let parameter = own.or_else(|| self.tensors().find_map(nearest));
        Anomaly { what, operation: operation_of((self.type_name)()), parameter, is_own }
    }

    /// The inputs that need a gradient.
    fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        (0..self.inputs.len).filter_map(|index| self.inputs.get(index))
    }
}

/// The parameter that a tensor is the value of.
fn parameter(tensor: &Tensor) -> Option<Parameter> {
    match tensor.graph() {
        Graph::Leaf(parameter) => Some(parameter.clone()),
        Graph::Constant | Graph::Unrecorded(_) | Graph::Operation(_) => None,
    }
}

/// The parameter that the last operation with one before this tensor uses. The search follows the first input, in
/// graphs whose records are not in use by a backward pass.
fn nearest(tensor: &Tensor) -> Option<Parameter> {
    let mut tensor = tensor.clone();
    loop {
        if let Some(parameter) = parameter(&tensor) {
            return Some(parameter);
        }
        let next = with_record(&tensor, |record| {
            let own = record.tensors().find(|tensor| parameter(tensor).is_some());
            own.or_else(|| record.tensors().next()).cloned()
        })??;
        tensor = next;
    }
}

/// Calls `f` with the record of the tensor's operation, if the graph has it.
fn with_record<R>(tensor: &Tensor, f: impl FnOnce(&Record) -> R) -> Option<R> {
    let Graph::Operation(link) = tensor.graph() else { return None };
    match &*lock(link) {
        Link::Recorded(record) => Some(f(record)),
        Link::Taken { .. } => None,
    }
}

/// The operation before `loss` whose output is not finite, although its inputs from the model are.
pub(crate) fn first_not_finite(loss: &Tensor) -> Option<Anomaly> {
    let is_bad = |tensor: &&Tensor| !tensor.value().is_finite();
    let mut tensor = Some(loss).filter(is_bad)?.clone();
    loop {
        let step = with_record(&tensor, |record| match record.tensors().find(is_bad) {
            Some(input) => Err(input.clone()),
            None => Ok(record.anomaly("output")),
        })?;
        match step {
            Ok(found) => return Some(found),
            Err(input) => tensor = input,
        }
    }
}
