//! The autograd graph: the recording of operations, and back-propagation.
//!
//! A recorded tensor holds the inputs of its operation and a closure that maps the gradient of the
//! tensor to the gradients of the inputs. No function here recurses, so neither `backward` nor
//! dropping a graph can overflow the stack. This module contains no operations. Each operation
//! defines its derivative next to its forward pass.

pub(crate) mod anomaly;
mod first_not_finite;
mod hook;
mod no_grad;
mod pass;

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use anomaly::{DetectAnomaly, detect_anomaly};
pub(crate) use first_not_finite::first_not_finite;
pub use hook::HookHandle;
pub(crate) use hook::Registered;
pub(crate) use no_grad::is_recording;
pub use no_grad::{NoGradGuard, no_grad, no_grad_guard};
pub(crate) use pass::{add_into, backward};

use crate::parameter::Parameter;
use crate::reduction::Reduction;
use crate::tensor::{Node, Tensor};
use crate::value::Value;

/// The origin of a tensor: data, a parameter, or a recorded operation.
pub(crate) enum Graph {
    /// No origin: the tensor is data, or was computed without recording.
    Constant,
    /// The tensor is the value of this parameter. The gradients of the tensor go to the parameter.
    Leaf(Parameter),
    /// The tensor is the value of this parameter, taken without recording. Only messages use the parameter.
    Unrecorded(Parameter),
    /// The tensor is the result of a recorded operation.
    Operation(Mutex<Link>),
}

/// The record of an operation, or the place where a backward pass keeps the record.
pub(crate) enum Link {
    Recorded(Record),
    /// A backward pass has taken the record. `slot` is the index of the record in the entries of that pass.
    Taken {
        pass: u64,
        slot: usize,
    },
}

type Derivative = dyn Fn(Value, &mut Vec<Option<Value>>) + Send + Sync;

/// One recorded operation: its inputs and its derivative.
pub(crate) struct Record {
    inputs: Inputs,
    backward: Box<Derivative>,
    /// The name of the type of the operation's derivative, which contains the operation's module.
    type_name: fn() -> &'static str,
}

/// The inputs of an operation, in the order of its arguments. An input that needs no gradient is `None`.
struct Inputs {
    first: [Option<Tensor>; 3],
    more: Vec<Option<Tensor>>,
    len: usize,
}

impl Inputs {
    /// Selects the elements of `inputs` that need a gradient. Returns `None` if this thread does
    /// not record, or if no input needs a gradient.
    fn recorded(inputs: &[&Tensor]) -> Option<Self> {
        if !is_recording() || !inputs.iter().any(|input| input.requires_grad()) {
            return None;
        }
        let mut this = Self { first: [None, None, None], more: Vec::new(), len: 0 };
        for &tensor in inputs {
            let kept = tensor.requires_grad().then(|| tensor.clone());
            if this.len < 3 {
                this.first[this.len] = kept;
            } else {
                this.more.push(kept);
            }
            this.len += 1;
        }
        Some(this)
    }

    fn get(&self, index: usize) -> Option<&Tensor> {
        if index < 3 { self.first[index].as_ref() } else { self.more[index - 3].as_ref() }
    }

    fn move_into(self, heap: &mut Vec<Tensor>) {
        heap.extend(self.first.into_iter().chain(self.more).flatten());
    }
}

/// Wraps `output` in a tensor, and records its derivative if an input needs a gradient.
///
/// `backward` maps the gradient of the output to one gradient per input, in order. For an input that needs no
/// gradient, `backward` may return `None`. `backward` may run more than once, and must capture values, not
/// tensors.
pub(crate) fn record<const N: usize, G, F>(output: Value, inputs: [&Tensor; N], backward: F) -> Tensor
where
    G: Into<Option<Value>>,
    F: Fn(Value) -> [G; N] + Send + Sync + 'static,
{
    let reduction = Reduction::of_operation(&inputs);
    let Some(inputs) = Inputs::recorded(&inputs) else {
        return Tensor::constant(output).with_reduction(reduction);
    };
    let backward = Box::new(move |gradient, gradients: &mut Vec<Option<Value>>| {
        gradients.extend(backward(gradient).map(Into::into));
    });
    link(output, Record { inputs, backward, type_name: std::any::type_name::<F> }, reduction)
}

/// Does the same as [`record`], for an operation with any number of inputs.
pub(crate) fn record_many<F>(output: Value, inputs: &[&Tensor], backward: F) -> Tensor
where
    F: Fn(Value) -> Vec<Value> + Send + Sync + 'static,
{
    let reduction = Reduction::of_operation(inputs);
    let Some(inputs) = Inputs::recorded(inputs) else {
        return Tensor::constant(output).with_reduction(reduction);
    };
    let backward = Box::new(move |gradient, gradients: &mut Vec<Option<Value>>| {
        gradients.extend(backward(gradient).into_iter().map(Some));
    });
    link(output, Record { inputs, backward, type_name: std::any::type_name::<F> }, reduction)
}

fn link(output: Value, record: Record, reduction: Reduction) -> Tensor {
    let graph = Graph::Operation(Mutex::new(Link::Recorded(record)));
    Tensor::from_node(Node { value: output, graph, reduction })
}

fn lock(link: &Mutex<Link>) -> MutexGuard<'_, Link> {
    link.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Node {
    /// Frees all nodes of the graph that only this node keeps alive. The function uses a loop, not
    /// recursion.
    fn drop(&mut self) {
        let mut heap = Vec::new();
        release(self, &mut heap);
        while let Some(tensor) = heap.pop() {
            if let Some(mut node) = Arc::into_inner(tensor.into_node()) {
                release(&mut node, &mut heap);
            }
        }
    }
}

/// Moves the inputs of `node` to `heap`, so that dropping the node drops no other node.
fn release(node: &mut Node, heap: &mut Vec<Tensor>) {
    if let Graph::Operation(link) = &mut node.graph {
        let link = link.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Link::Recorded(record) = mem::replace(link, Link::Taken { pass: u64::MAX, slot: 0 }) {
            record.inputs.move_into(heap);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::no_grad;
    use crate::{Parameter, Scalar, Tensor};

    fn weight(values: &[Scalar]) -> Parameter {
        Parameter::new(ndarray::arr1(values))
    }

    #[test]
    fn a_long_chain_overflows_no_stack() {
        let parameter = weight(&[1.0]);
        let run = || {
            let mut x = parameter.tensor();
            for _ in 0..100_000 {
                x = &x + 0.0;
            }
            x
        };
        run().sum().backward();
        assert_eq!(parameter.grad().unwrap()[0], 1.0);
        drop(run());
    }

    #[test]
    fn a_diamond_adds_both_paths_once() {
        let parameter = weight(&[3.0]);
        let x = parameter.tensor();
        let y = &x * &x;
        let z = &y + &y * &x;
        z.sum().backward();
        assert_eq!(parameter.grad().unwrap()[0], 6.0 + 27.0);
    }

    #[test]
    fn gradients_accumulate_until_zeroed() {
        let parameter = weight(&[1.0, 2.0]);
        (parameter.tensor() * 3.0).sum().backward();
        (parameter.tensor() * 4.0).sum().backward();
        assert_eq!(parameter.grad().unwrap().as_slice().unwrap(), [7.0, 7.0]);
        parameter.zero_grad();
        assert!(parameter.grad().is_none());
    }

    #[test]
    fn a_second_backward_is_refused_and_a_retained_one_is_not() {
        let parameter = weight(&[2.0]);
        let loss = (parameter.tensor() * parameter.tensor()).sum();
        loss.backward_retain_graph();
        loss.backward();
        assert_eq!(parameter.grad().unwrap()[0], 8.0);
        let message = panic_message(|| loss.backward());
        assert!(message.contains("freed by an earlier `backward`"), "{message}");
    }

    #[test]
    fn what_cannot_be_differentiated_says_why() {
        let parameter = weight(&[2.0, 1.0]);
        assert!(panic_message(|| parameter.tensor().backward()).contains("shape [2]"));
        let constant = no_grad(|| parameter.tensor().sum());
        assert!(panic_message(|| constant.backward()).contains("not recorded"));
    }

    #[test]
    fn the_graph_of_a_frozen_input_is_not_kept() {
        let parameter = weight(&[2.0]);
        parameter.set_requires_grad(false);
        assert!(!(parameter.tensor() * 2.0).requires_grad());
    }

    /// A training step moves the first gradient of a parameter, adds the second gradient in place,
    /// and changes values in place.
    #[test]
    fn a_training_step_copies_no_buffer() {
        use crate::nn::{Activation, LayerNorm, Linear};
        use crate::storage::COPIES;
        use crate::{Adam, Labels, Module, Optimizer, cross_entropy};

        let (hidden, norm) = (Linear::new(8, 8).activation(Activation::Relu), LayerNorm::new(8));
        let parameters = [hidden.parameters(), norm.parameters()].concat();
        let mut optimizer = Adam::new(parameters, 1e-3);
        let labels = Labels::from(vec![3_usize, 1, 0, 7, 2]);
        for step in 0..4 {
            let before = COPIES.get();
            let x = Tensor::from(ndarray::Array2::from_elem((5, 8), 0.1 * step as Scalar));
            // The layer is used twice, so its gradients have two sources.
            let y = hidden.forward(&norm.forward(&hidden.forward(&x)).relu());
            let loss = cross_entropy(&y.reshape(&[5, 8]), &labels);
            optimizer.zero_grad();
            loss.backward();
            optimizer.clip_grad_norm(0.1);
            optimizer.step();
            assert!(loss.item().is_finite());
            assert_eq!(COPIES.get(), before, "in step {step}");
        }
    }

    #[test]
    fn two_threads_share_a_parameter() {
        let parameter = weight(&[1.0; 64]);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        (parameter.tensor() * 1.0).sum().backward();
                    }
                });
            }
        });
        assert_eq!(parameter.grad().unwrap()[63], 200.0);
    }

    fn panic_message(work: impl FnOnce()) -> String {
        let payload = catch_unwind(AssertUnwindSafe(work)).unwrap_err();
        payload
            .downcast_ref::<String>()
            .cloned()
            .unwrap_or_else(|| (*payload.downcast_ref::<&str>().unwrap()).into())
    }

    const _: () = {
        const fn is_shared<T: Send + Sync>() {}
        is_shared::<Tensor>();
        is_shared::<Parameter>();
    };
}
