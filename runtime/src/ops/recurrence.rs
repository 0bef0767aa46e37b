//! The recurrence that GRU and the plain recurrent cell share: one operation for a whole sequence.

use std::sync::{Arc, Mutex, PoisonError};

use crate::autograd::record;
use crate::kernel::gemm::{matmul, plain, transposed};
use crate::kernel::recurrence::{Backward, Cell, Forward, Sizes, workspace};
use crate::parameter::InLayer;
use crate::shape::{Shape, product};
use crate::storage::Buffer;
use crate::value::Value;
use crate::{Scalar, Tensor, kernel};

/// The weights and biases of one direction of one layer of a GRU or of a plain recurrent network.
///
/// A GRU has three rows of weights per hidden unit, in the order reset, update, new: `gates` is 3. A
/// plain recurrent network has one.
#[derive(Clone, Debug)]
pub struct RecurrentWeights {
    /// The input weights `[gates · hidden, in]`.
    pub weight_ih: Tensor,
    /// The recurrent weights `[gates · hidden, hidden]`.
    pub weight_hh: Tensor,
    /// The biases `[gates · hidden]` of the input part and of the recurrent part.
    pub bias: Option<[Tensor; 2]>,
}

/// Runs a recurrence over a sequence. If `reverse` is set, the pass goes from the end to the start. Returns
/// all states `[batch, time, hidden]` and the final state `[batch, hidden]`. `op` names the caller in a
/// panic.
#[track_caller]
pub(crate) fn run<C: Cell>(
    op: &str,
    x: &Tensor,
    weights: &RecurrentWeights,
    start: Option<&Tensor>,
    reverse: bool,
) -> (Tensor, Tensor) {
    let (sizes, inputs) = check::<C>(op, x, weights, start, reverse);
    let Sizes { batch, time, hidden, .. } = sizes;
    let (rows, width) = (batch * time, C::GATES * hidden);
    let [bias_ih, bias_hh] = match &weights.bias {
        Some(bias) => bias.clone(),
        None => [Tensor::zeros(&[width]), Tensor::zeros(&[width])],
    };
    let start = match start {
        Some(start) => start.clone(),
        None => Tensor::zeros(&[batch, hidden]),
    };
    let given = Value::build([rows, inputs], |to| sizes.sort(inputs, x.as_slice(), to));
    let (w_ih, w_hh) = (weights.weight_ih.value().clone(), weights.weight_hh.value().clone());
    let [mut gates, mut recurrent] = [(); 2].map(|()| Buffer::stale(rows * width));
    let [mut before, mut output] = [(); 2].map(|()| Buffer::stale(rows * hidden));
    kernel::repeat(bias_ih.as_slice(), gates.as_mut_slice());
    let sides = (plain(given.as_slice()), transposed(w_ih.as_slice()));
    matmul((rows, inputs, width), sides.0, sides.1, gates.as_mut_slice(), true);
    let mut packed = Buffer::stale(workspace::<C>(hidden)[0]);
    let last = Value::build([batch, hidden], |last| {
        let pass = Forward {
            sizes,
            weight: w_hh.as_slice(),
            workspace: packed.as_mut_slice(),
            bias: bias_hh.as_slice(),
            start: start.as_slice(),
            gates: gates.as_mut_slice(),
            recurrent: recurrent.as_mut_slice(),
            before: before.as_mut_slice(),
            output: output.as_mut_slice(),
            last,
        };
        pass.run::<C>();
    });
    let inputs = [x, &weights.weight_ih, &weights.weight_hh, &bias_ih, &bias_hh, &start];
    let needs = inputs.map(Tensor::requires_grad);
    let saved = Saved { sizes, needs, given, w_ih, w_hh, gates, recurrent, before };
    // The final state is a second output. Its gradient is stored here until the gradient of the
    // first output arrives.
    let waiting = Arc::new(Mutex::new(None));
    let taken = Arc::clone(&waiting);
    let output = record(Value::new([batch, time, hidden], output), inputs, move |gradient| {
        let last = taken.lock().unwrap_or_else(PoisonError::into_inner).take();
        saved.backward::<C>(&gradient, last)
    });
    let last = record(last, [&output], move |gradient| {
        *waiting.lock().unwrap_or_else(PoisonError::into_inner) = Some(gradient);
        [Value::filled([batch, time, hidden], 0.0)]
    });
    (output, last)
}

/// The values that the forward pass saves for `backward`.
struct Saved {
    sizes: Sizes,
    /// Whether each input of the operation requires a gradient.
    needs: [bool; 6],
    /// The inputs of all steps, in the order of `Sizes::sort`.
    given: Value,
    w_ih: Value,
    w_hh: Value,
    gates: Buffer,
    recurrent: Buffer,
    /// The state before each step.
    before: Buffer,
}

impl Saved {
    #[track_caller]
    fn backward<C: Cell>(&self, output: &Value, last: Option<Value>) -> [Option<Value>; 6] {
        let Sizes { batch, time, hidden, .. } = self.sizes;
        let (rows, inputs, width) = (batch * time, self.given.shape()[1], C::GATES * hidden);
        let [dx, dw_ih, dw_hh, db_ih, db_hh, dh] = self.needs;
        let mut carry = last.unwrap_or_else(|| Value::filled([batch, hidden], 0.0));
        let mut packed = Buffer::stale(workspace::<C>(hidden)[1]);
        let [mut to_gates, mut to_recurrent] = [(); 2].map(|()| Buffer::stale(rows * width));
        let pass = Backward {
            sizes: self.sizes,
            weight: self.w_hh.as_slice(),
            workspace: packed.as_mut_slice(),
            saved: [self.gates.as_slice(), self.recurrent.as_slice(), self.before.as_slice()],
            output: output.as_slice(),
            carry: carry.make_mut(),
            sums: [to_gates.as_mut_slice(), to_recurrent.as_mut_slice()],
        };
        pass.run::<C>();
        let (to_gates, to_recurrent) = (to_gates.as_slice(), to_recurrent.as_slice());
        let weight = |g: &[Scalar], other: &[Scalar], columns| {
            Value::build([width, columns], |dw| {
                matmul((width, rows, columns), transposed(g), plain(other), dw, false);
            })
        };
        let bias = |g: &[Scalar]| {
            let mut sums = Value::filled([width], 0.0);
            kernel::add_rows(g, sums.make_mut());
            sums
        };
        let dx = dx.then(|| {
            let mut sorted = Buffer::stale(rows * inputs);
            let to = sorted.as_mut_slice();
            matmul((rows, width, inputs), plain(to_gates), plain(self.w_ih.as_slice()), to, false);
            Value::build([batch, time, inputs], |dx| self.sizes.unsort(inputs, sorted.as_slice(), dx))
        });
        [
            dx,
            dw_ih.then(|| weight(to_gates, self.given.as_slice(), inputs)),
            dw_hh.then(|| weight(to_recurrent, self.before.as_slice(), hidden)),
            db_ih.then(|| bias(to_gates)),
            db_hh.then(|| bias(to_recurrent)),
            dh.then_some(carry),
        ]
    }
}

/// Checks the shapes. Returns the sizes of the pass and the number of input features.
#[track_caller]
fn check<C: Cell>(
    op: &str,
    x: &Tensor,
    weights: &RecurrentWeights,
    start: Option<&Tensor>,
    reverse: bool,
) -> (Sizes, usize) {
    let op = InLayer::of(op, &weights.weight_ih);
    let &[batch, time, inputs] = x.shape() else {
        panic!("{op}: the input must be [batch, time, in], and its shape is {:?}", x.shape());
    };
    let (ih, hh) = (weights.weight_ih.shape(), weights.weight_hh.shape());
    let rows = match C::GATES {
        1 => "hidden".to_owned(),
        gates => format!("{gates} hidden"),
    };
    let hidden = match *hh {
        [all, hidden] if hidden.checked_mul(C::GATES) == Some(all) => hidden,
        _ => panic!("{op}: `weight_hh` must be [{rows}, hidden], and its shape is {hh:?}"),
    };
    let width = hh[0];
    assert!(
        ih == [width, inputs],
        "{op}: for the input {:?} [batch, time, in] and `weight_hh` {hh:?} the shape of `weight_ih` must be \
         [{width}, {inputs}], and is {ih:?}",
        x.shape()
    );
    for bias in weights.bias.iter().flatten() {
        assert!(
            bias.shape() == [width],
            "{op}: a bias has the shape {:?}, and must have [{width}]",
            bias.shape()
        );
    }
    if let Some(start) = start {
        assert!(
            start.shape() == [batch, hidden],
            "{op}: the state to start from has the shape {:?}, and must have [{batch}, {hidden}], [batch, hidden]",
            start.shape()
        );
    }
    // No buffer of the pass is larger than this shape.
    Shape::new(&[batch, time, product("the gates of a recurrence", &[C::GATES, hidden])]);
    (Sizes { batch, time, hidden, reverse }, inputs)
}

/// The outputs and the final state of a pass, flattened and concatenated, for the gradient checks.
pub(crate) fn flat((output, state): &(Tensor, Tensor)) -> Tensor {
    crate::cat(&[&output.reshape(&[output.len()]), &state.reshape(&[state.len()])], 0)
}

/// The weights of a layer from the inputs of a gradient check. The inputs are the sequence, `weight_ih`,
/// `weight_hh`, and, for a layer with biases, `bias_ih` and `bias_hh`.
pub(crate) fn weights(x: &[Tensor]) -> RecurrentWeights {
    let bias = x.get(4).map(|b| [x[3].clone(), b.clone()]);
    RecurrentWeights { weight_ih: x[1].clone(), weight_hh: x[2].clone(), bias }
}
