//! A backward pass: from a scalar to the gradients of all parameters that the scalar depends on.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Graph, Link, Record, anomaly, lock};
use crate::kernel;
use crate::parameter::Parameter;
use crate::profile::{self, Stage};
use crate::tensor::Tensor;
use crate::value::Value;

/// An operation that takes part in a backward pass.
struct Entry {
    /// The output tensor of the operation, which gets the record back after the pass. `None` if the pass does
    /// not retain the graph.
    owner: Option<Tensor>,
    record: Option<Record>,
    /// The number of gradients that are still missing. Each use of the operation's output
    /// contributes one gradient.
    uses: usize,
    gradient: Option<Value>,
}

/// A backward pass over all operations that the root depends on. The root is usually the loss.
struct Pass {
    id: u64,
    retain: bool,
    /// Whether each gradient is checked for NaN and infinities.
    checks: bool,
    entries: Vec<Entry>,
    /// The parameters with hooks, and the sums of their gradients.
    hooked: Vec<(Parameter, Option<Value>)>,
}

/// For each parameter that `root` depends on, computes the derivative of `root` and adds it to the
/// parameter's gradient.
#[track_caller]
pub(crate) fn backward(root: &Tensor, retain: bool) {
    let _stage = profile::scope(Stage::Backward);
    #[cfg(unoptimized)]
    crate::unoptimized::notice();
    assert!(
        root.len() == 1,
        "backward: only a single number can be differentiated, and this tensor has the shape {:?}; \
         reduce it first, for example with `.mean()` or `.sum()`",
        root.shape()
    );
    let seed = Value::filled(root.shape(), 1.0);
    match root.graph() {
        Graph::Constant | Graph::Unrecorded(_) => panic!(
            "backward: this tensor was not recorded; it depends on no parameter, or was computed under \
             `no_grad`, or detached"
        ),
        Graph::Leaf(parameter) => {
            if let Some(seed) = parameter.accumulate(seed) {
                parameter.accumulate_after_hooks(seed);
            }
        }
        Graph::Operation(_) => {
            let mut pass = Pass::discover(root, retain);
            pass.entries[0].gradient = Some(seed);
            pass.run();
            for (parameter, gradient) in pass.hooked {
                if let Some(gradient) = gradient {
                    parameter.accumulate_after_hooks(gradient);
                }
            }
        }
    }
}

impl Pass {
    #[track_caller]
    fn discover(root: &Tensor, retain: bool) -> Self {
        static PASSES: AtomicU64 = AtomicU64::new(0);
        let id = PASSES.fetch_add(1, Ordering::Relaxed);
        let checks = anomaly::is_detecting();
        let mut pass = Self { id, retain, checks, entries: Vec::with_capacity(16), hooked: Vec::new() };
        pass.visit(root);
        let mut slot = 0;
        while slot < pass.entries.len() {
            // Takes the record out of its entry, so that `visit` may push entries.
            let record = pass.entries[slot].record.take().expect("each entry is expanded once");
            for index in 0..record.inputs.len {
                if let Some(input) = record.inputs.get(index) {
                    pass.visit(input);
                }
            }
            pass.entries[slot].record = Some(record);
            slot += 1;
        }
        pass
    }

    /// Takes the record of `tensor` into this pass, or counts another use of a record that is
    /// already in this pass.
    #[track_caller]
    fn visit(&mut self, tensor: &Tensor) {
        let Graph::Operation(link) = tensor.graph() else { return };
        let mut link = lock(link);
        match *link {
            Link::Taken { pass, slot } if pass == self.id => self.entries[slot].uses += 1,
            Link::Taken { .. } => {
                drop(link);
                panic!(
                    "backward: the graph behind this tensor was freed by an earlier `backward`; compute the \
                     forward pass again, add the losses and call `backward` once, or keep the graph with \
                     `backward_retain_graph`"
                );
            }
            Link::Recorded(_) => {
                let taken = Link::Taken { pass: self.id, slot: self.entries.len() };
                let Link::Recorded(record) = mem::replace(&mut *link, taken) else { unreachable!() };
                let owner = self.retain.then(|| tensor.clone());
                self.entries.push(Entry { owner, record: Some(record), uses: 1, gradient: None });
            }
        }
    }

    /// Runs the derivatives of all operations. An operation's derivative runs when the gradients of all uses
    /// of its output are known.
    fn run(&mut self) {
        let mut ready = vec![0];
        let mut gradients = Vec::with_capacity(4);
        while let Some(slot) = ready.pop() {
            let entry = &mut self.entries[slot];
            let record = entry.record.take().expect("each entry runs once");
            let owner = entry.owner.take();
            match entry.gradient.take() {
                Some(gradient) => (record.backward)(gradient, &mut gradients),
                None => gradients.resize_with(record.inputs.len, || None),
            }
            debug_assert_eq!(gradients.len(), record.inputs.len);
            if self.checks && gradients.iter().flatten().any(|gradient| !gradient.is_finite()) {
                anomaly::keep(|| Some(record.anomaly("gradient")));
            }
            for (index, gradient) in gradients.drain(..).enumerate() {
                if let Some(input) = record.inputs.get(index) {
                    self.deliver(input, gradient, &mut ready);
                }
            }
            if let Some(Graph::Operation(link)) = owner.as_ref().map(Tensor::graph) {
                *lock(link) = Link::Recorded(record);
            }
        }
    }

    fn deliver(&mut self, input: &Tensor, gradient: Option<Value>, ready: &mut Vec<usize>) {
        if let Some(gradient) = &gradient {
            debug_assert_eq!(gradient.shape()[..], *input.shape(), "a gradient has the shape of its input");
        }
        match input.graph() {
            Graph::Constant | Graph::Unrecorded(_) => {}
            Graph::Leaf(parameter) => {
                if let Some(gradient) = gradient.and_then(|gradient| parameter.accumulate(gradient)) {
                    self.keep_for_hooks(parameter, gradient);
                }
            }
            Graph::Operation(link) => {
                let Link::Taken { slot, .. } = *lock(link) else { unreachable!("taken by `discover`") };
                let entry = &mut self.entries[slot];
                if let Some(gradient) = gradient {
                    add_into(&mut entry.gradient, gradient);
                }
                entry.uses -= 1;
                if entry.uses == 0 {
                    ready.push(slot);
                }
            }
        }
    }
}

impl Pass {
    /// Adds to the gradient of a parameter whose hooks run at the end of the pass.
    #[cold]
    fn keep_for_hooks(&mut self, parameter: &Parameter, gradient: Value) {
        let found = self.hooked.iter().position(|(other, _)| other.is_same(parameter));
        let place = found.unwrap_or_else(|| {
            self.hooked.push((parameter.clone(), None));
            self.hooked.len() - 1
        });
        add_into(&mut self.hooked[place].1, gradient);
    }
}

/// Adds `gradient` to `sum`. The first gradient is moved in, and later ones are added in place.
pub(crate) fn add_into(sum: &mut Option<Value>, gradient: Value) {
    match sum {
        None => *sum = Some(gradient),
        Some(sum) => kernel::zip_in_place(sum.make_mut(), gradient.as_slice(), |a, b| a + b),
    }
}
