//! LSTM over a whole sequence, in one operation.

use std::sync::{Arc, Mutex, PoisonError};

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::kernel::gemm::{transposed, plain, matmul};
use crate::kernel::lstm::{Backward, Forward, Sizes};
use crate::shape::Shape;
use crate::storage::Buffer;
use crate::parameter::InLayer;
use crate::value::Value;
use crate::{Scalar, Tensor, kernel};

/// The weights and biases of one direction of one LSTM layer.
#[derive(Clone, Debug)]
pub struct LstmWeights {
    /// The input weights `[4 hidden, in]` of the gates, in the order input, forget, cell, output.
    pub weight_ih: Tensor,
    /// The recurrent weights `[4 hidden, hidden]` of the gates.
    pub weight_hh: Tensor,
    /// The two biases `[4 hidden]`. The LSTM adds their sum.
    pub bias: Option<[Tensor; 2]>,
}

/// The state of an LSTM after a step. Pass it to the next call to continue the sequence.
///
/// Call `detach` on the state to stop the gradient there, as in truncated back-propagation through
/// time.
#[derive(Clone, Debug)]
pub struct LstmState {
    /// The hidden state, which is also the output of the step.
    pub h: Tensor,
    /// The cell state.
    pub c: Tensor,
}

impl LstmState {
    /// A state with the same values, through which no gradient flows.
    #[track_caller]
    pub fn detach(&self) -> Self {
        Self { h: self.h.detach(), c: self.c.detach() }
    }
}

/// Runs an LSTM over a sequence and returns all hidden states and the final state.
///
/// # Shapes
/// `x: [batch, time, in]`, `start.h` and `start.c: [batch, hidden]` → all hidden states
/// `[batch, time, hidden]`, and a final state with the shapes of `start`. Without `start` the
/// initial state is zero.
///
/// # Formula
/// With `(i f g o) = x W_ihᵀ + h W_hhᵀ + b`: `c' = σ(f) c + σ(i) tanh g`, `h' = σ(o) tanh c'`.
/// Back-propagation through time computes for each step `dc += dh σ(o) (1 - tanh² c')`, then the
/// gradient `d(i f g o)` of the gates' pre-activations, then `dh = d(i f g o) W_hh`. Afterwards it
/// computes `dW = d(i f g o)ᵀ [x h]` for all steps at once.
///
/// # Panics
/// If the shapes do not fit.
///
/// # Source
/// Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000; PyTorch's `nn.LSTM` with
/// `batch_first=True`. An empty sequence returns the initial state.
#[track_caller]
pub fn lstm(x: &Tensor, weights: &LstmWeights, start: Option<&LstmState>) -> (Tensor, LstmState) {
    let (output, last) = run(x, weights, start, false);
    let state = split(&last);
    (output, state)
}

/// Splits a tensor `[2, batch, hidden]` into hidden state and cell state.
#[track_caller]
fn split(last: &Tensor) -> LstmState {
    let shape = &last.shape()[1..];
    LstmState { h: last.slice(0, 0..1).reshape(shape), c: last.slice(0, 1..2).reshape(shape) }
}

/// As [`lstm`], but runs from the end to the start of the sequence if `reverse` is set. Returns two
/// tensors: all hidden states, and the final hidden and cell state as `[2, batch, hidden]`.
#[track_caller]
pub(crate) fn run(
    x: &Tensor,
    weights: &LstmWeights,
    start: Option<&LstmState>,
    reverse: bool,
) -> (Tensor, Tensor) {
    let (sizes, inputs) = check(x, weights, start, reverse);
    let Sizes { batch, time, hidden, .. } = sizes;
    let [bias_ih, bias_hh] = match &weights.bias {
        Some(bias) => bias.clone(),
        None => [Tensor::zeros(&[4 * hidden]), Tensor::zeros(&[4 * hidden])],
    };
    let LstmState { h, c } = match start {
        Some(start) => start.clone(),
        None => LstmState { h: Tensor::zeros(&[batch, hidden]), c: Tensor::zeros(&[batch, hidden]) },
    };
    let rows = batch * time;
    let given = Value::build([rows, inputs], |to| sizes.sort(inputs, x.as_slice(), to));
    let (w_ih, w_hh) = (weights.weight_ih.value().clone(), weights.weight_hh.value().clone());
    let mut gates = Buffer::stale(rows * 4 * hidden);
    let into_gates = gates.as_mut_slice();
    matmul((rows, inputs, 4 * hidden), plain(given.as_slice()), transposed(w_ih.as_slice()), into_gates, false);
    let bias = Value::build([4 * hidden], |sum| {
        kernel::zip(bias_ih.as_slice(), bias_hh.as_slice(), sum, |a, b| a + b);
    });
    let (mut states, mut cells, mut bounded) =
        (Buffer::stale(rows * hidden), Buffer::stale(rows * hidden), Buffer::stale(rows * hidden));
    let mut output = Buffer::stale(rows * hidden);
    let mut workspace = Buffer::stale(sizes.workspace()[0]);
    let last = Value::build([2, batch, hidden], |last| {
        let (last_state, last_cell) = last.split_at_mut(batch * hidden);
        let pass = Forward {
            sizes,
            weight: w_hh.as_slice(),
            workspace: workspace.as_mut_slice(),
            bias: bias.as_slice(),
            start: [h.as_slice(), c.as_slice()],
            gates: gates.as_mut_slice(),
            before: [states.as_mut_slice(), cells.as_mut_slice()],
            bounded: bounded.as_mut_slice(),
            output: output.as_mut_slice(),
            last: [last_state, last_cell],
        };
        pass.run();
    });
    let inputs = [x, &weights.weight_ih, &weights.weight_hh, &bias_ih, &bias_hh, &h, &c];
    let saved = Saved { sizes, needs: inputs.map(Tensor::requires_grad), given, w_ih, w_hh, gates, states, cells, bounded };
    // The final state is a second output. Its gradient is stored here until the gradient of the
    // first output arrives.
    let waiting = Arc::new(Mutex::new(None));
    let taken = Arc::clone(&waiting);
    let output = record(Value::new([batch, time, hidden], output), inputs, move |gradient| {
        let last = taken.lock().unwrap_or_else(PoisonError::into_inner).take();
        saved.backward(&gradient, last.as_ref())
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
    needs: [bool; 7],
    /// The input of all steps, in the order of `Sizes::sort`.
    given: Value,
    w_ih: Value,
    w_hh: Value,
    gates: Buffer,
    states: Buffer,
    cells: Buffer,
    bounded: Buffer,
}

impl Saved {
    #[track_caller]
    fn backward(&self, output: &Value, last: Option<&Value>) -> [Option<Value>; 7] {
        let Sizes { batch, time, hidden, .. } = self.sizes;
        let (rows, inputs) = (batch * time, self.given.shape()[1]);
        let [dx, dw_ih, dw_hh, db_ih, db_hh, dh, dc] = self.needs;
        let half = |number: usize| match last {
            Some(last) => Buffer::copied(&last.as_slice()[number * batch * hidden..][..batch * hidden]),
            None => Buffer::filled(batch * hidden, 0.0),
        };
        let (mut state, mut cell) = (half(0), half(1));
        let mut workspace = Buffer::stale(self.sizes.workspace()[1]);
        let mut sums = Buffer::stale(rows * 4 * hidden);
        let pass = Backward {
            sizes: self.sizes,
            weight: self.w_hh.as_slice(),
            workspace: workspace.as_mut_slice(),
            gates: self.gates.as_slice(),
            cells: self.cells.as_slice(),
            bounded: self.bounded.as_slice(),
            output: output.as_slice(),
            carry: [state.as_mut_slice(), cell.as_mut_slice()],
            to_the_start: dh,
            sums: sums.as_mut_slice(),
        };
        pass.run();
        let g = sums.as_slice();
        let weight = |other: &[Scalar], width| {
            Value::build([4 * hidden, width], |dw| {
                matmul((4 * hidden, rows, width), transposed(g), plain(other), dw, false);
            })
        };
        let dx = dx.then(|| {
            let mut sorted = Buffer::stale(rows * inputs);
            let to = sorted.as_mut_slice();
            matmul((rows, 4 * hidden, inputs), plain(g), plain(self.w_ih.as_slice()), to, false);
            Value::build([batch, time, inputs], |dx| self.sizes.unsort(inputs, sorted.as_slice(), dx))
        });
        let db = (db_ih || db_hh).then(|| {
            let mut sums = Value::filled([4 * hidden], 0.0);
            kernel::add_rows(g, sums.make_mut());
            sums
        });
        [
            dx,
            dw_ih.then(|| weight(self.given.as_slice(), inputs)),
            dw_hh.then(|| weight(self.states.as_slice(), hidden)),
            db.clone().filter(|_| db_ih),
            db.filter(|_| db_hh),
            dh.then(|| Value::new([batch, hidden], state)),
            dc.then(|| Value::new([batch, hidden], cell)),
        ]
    }
}

/// Checks the shapes. Returns the sizes of the pass and the number of input features.
#[track_caller]
fn check(x: &Tensor, weights: &LstmWeights, start: Option<&LstmState>, reverse: bool) -> (Sizes, usize) {
    let op = InLayer::of("lstm", &weights.weight_ih);
    let &[batch, time, inputs] = x.shape() else {
        panic!("{op}: the input must be [batch, time, in], and its shape is {:?}", x.shape());
    };
    let (ih, hh) = (weights.weight_ih.shape(), weights.weight_hh.shape());
    let &[four, hidden] = hh else {
        panic!("{op}: `weight_hh` must be [4 hidden, hidden], and its shape is {hh:?}");
    };
    assert!(hidden.checked_mul(4) == Some(four), "{op}: `weight_hh` must be [4 hidden, hidden], and its shape is {hh:?}");
    assert!(
        ih == [four, inputs],
        "{op}: for the input {:?} [batch, time, in] and `weight_hh` {hh:?} the shape of `weight_ih` must be \
         [{four}, {inputs}], and is {ih:?}",
        x.shape()
    );
    for bias in weights.bias.iter().flatten() {
        assert!(bias.shape() == [four], "{op}: a bias has the shape {:?}, and must have [{four}]", bias.shape());
    }
    for part in start.iter().flat_map(|start| [&start.h, &start.c]) {
        assert!(
            part.shape() == [batch, hidden],
            "{op}: the state to start from has the shape {:?}, and must have [{batch}, {hidden}], \
             [batch, hidden]",
            part.shape()
        );
    }
    // No buffer of the pass is larger than this shape.
    Shape::new(&[batch, time, 4, hidden]);
    (Sizes { batch, time, hidden, reverse }, inputs)
}

/// The outputs and the final state of a pass, flattened and concatenated, for the gradient checks.
fn flat((output, state): (Tensor, LstmState)) -> Tensor {
    let parts = [output, state.h, state.c].map(|part| part.reshape(&[part.len()]));
    crate::cat(&parts.each_ref(), 0)
}

fn weights(x: &[Tensor]) -> LstmWeights {
    let bias = x.get(4).map(|b| [x[3].clone(), b.clone()]);
    LstmWeights { weight_ih: x[1].clone(), weight_hh: x[2].clone(), bias }
}

/// Runs an LSTM for the gradient checks. `x` contains the sequence, two weights, two biases, and the initial
/// hidden state and cell state.
fn from_start(x: &[Tensor], reverse: bool) -> Tensor {
    let start = LstmState { h: x[5].clone(), c: x[6].clone() };
    let (output, last) = run(&x[0], &weights(&x[..5]), Some(&start), reverse);
    flat((output, split(&last)))
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        &[
            &[&[2, 3, 5], &[12, 5], &[12, 3], &[12], &[12], &[2, 3], &[2, 3]],
            &[&[19, 2, 1], &[8, 1], &[8, 2], &[8], &[8], &[19, 2], &[19, 2]],
            &[&[1, 4, 2], &[4, 2], &[4, 1], &[4], &[4], &[1, 1], &[1, 1]],
            &[&[3, 1, 2], &[36, 2], &[36, 9], &[36], &[36], &[3, 9], &[3, 9]],
            &[&[2, 0, 3], &[8, 3], &[8, 2], &[8], &[8], &[2, 2], &[2, 2]],
            &[&[0, 2, 3], &[8, 3], &[8, 2], &[8], &[8], &[0, 2], &[0, 2]],
            &[&[2, 3, 0], &[8, 0], &[8, 2], &[8], &[8], &[2, 2], &[2, 2]],
            &[&[2, 3, 2], &[0, 2], &[0, 0], &[0], &[0], &[2, 0], &[2, 0]],
        ],
        |x| from_start(x, false),
    ),
    Case::new(&[&[&[2, 3, 2], &[12, 2], &[12, 3], &[12], &[12], &[2, 3], &[2, 3]]], |x| from_start(x, true)),
    Case::new(&[&[&[2, 3, 2], &[12, 2], &[12, 3]]], |x| lstm(&x[0], &weights(x), None).0),
    Case::new(&[&[&[2, 3, 2], &[12, 2], &[12, 3]]], |x| lstm(&x[0], &weights(x), None).1.c),
];

#[cfg(test)]
mod tests {
    use super::{LstmState, LstmWeights, lstm};
    use crate::kernel::pool::tests::with_threads;
    use crate::kernel::simd::forced::on_each_level;
    use crate::{Parameter, Scalar, Tensor};

    fn parameter(shape: &[usize], seed: usize) -> Parameter {
        let count: usize = shape.iter().product();
        let values = (0..count).map(|i| ((i * 7919 + seed * 104_729) % 1999) as Scalar / 1999.0 - 0.5).collect();
        Parameter::new(ndarray::ArrayD::from_shape_vec(shape, values).unwrap())
    }

    /// The outputs and the gradients of a pass.
    fn pass(batch: usize, time: usize, inputs: usize, hidden: usize) -> Vec<Vec<Scalar>> {
        let four = 4 * hidden;
        let shapes: [&[usize]; 7] =
            [&[batch, time, inputs], &[four, inputs], &[four, hidden], &[four], &[four], &[batch, hidden], &[batch, hidden]];
        let parameters: Vec<Parameter> = shapes.iter().zip(1..).map(|(shape, seed)| parameter(shape, seed)).collect();
        let [x, weight_ih, weight_hh, b_ih, b_hh, h, c] = std::array::from_fn(|i| parameters[i].tensor());
        let weights = LstmWeights { weight_ih, weight_hh, bias: Some([b_ih, b_hh]) };
        let (output, end) = lstm(&x, &weights, Some(&LstmState { h, c }));
        ((&output * &output).sum() + end.c.sum()).backward();
        let mut all = vec![output.as_slice().to_vec(), end.h.as_slice().to_vec(), end.c.as_slice().to_vec()];
        all.extend(parameters.iter().map(|p| p.grad().unwrap().iter().copied().collect()));
        all
    }

    #[test]
    fn every_level_agrees() {
        for (batch, time, inputs, hidden) in [(1, 1, 1, 1), (3, 4, 5, 7), (9, 3, 2, 8), (33, 5, 17, 19)] {
            let results = on_each_level(|| pass(batch, time, inputs, hidden));
            for (ours, plain) in results.iter().flat_map(|result| result.iter().zip(&results[0])) {
                let near = |(a, b): (&Scalar, &Scalar)| (a - b).abs() < 1e-4 * (1.0 + b.abs());
                assert!(ours.iter().zip(plain).all(near), "{batch} {time} {inputs} {hidden}");
            }
        }
    }

    #[test]
    fn the_bits_are_the_same_for_any_number_of_threads() {
        for (batch, time, inputs, hidden) in [(33, 6, 40, 64), (5, 9, 3, 33), (2, 3, 8, 200)] {
            let alone = with_threads(1, || pass(batch, time, inputs, hidden));
            for threads in [2, 3] {
                assert!(with_threads(threads, || pass(batch, time, inputs, hidden)) == alone, "{threads} threads");
            }
        }
    }

    #[test]
    fn one_step_by_hand() {
        let one = |values: &[Scalar]| Tensor::from(ndarray::Array2::from_shape_vec((values.len(), 1), values.to_vec()).unwrap());
        let weights = LstmWeights {
            weight_ih: one(&[1.0, 2.0, 3.0, 4.0]),
            weight_hh: one(&[0.5, -0.5, 0.25, -0.25]),
            bias: None,
        };
        let start = LstmState { h: one(&[0.8]), c: one(&[-0.4]) };
        let (output, end) = lstm(&one(&[0.3]).reshape(&[1, 1, 1]), &weights, Some(&start));
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let c = sigmoid(0.6 - 0.4) * -0.4 + sigmoid(0.3 + 0.4) * (0.9_f64 + 0.2).tanh();
        assert!((f64::from(end.c.item()) - c).abs() < 1e-6);
        assert!((f64::from(output.item()) - sigmoid(1.2 - 0.2) * c.tanh()).abs() < 1e-6);
        assert_eq!(output.item(), end.h.item());
    }

    #[test]
    #[should_panic(expected = "the shape of `weight_ih` must be [8, 3], and is [8, 4]")]
    fn another_weight_is_named() {
        let weights =
            LstmWeights { weight_ih: Tensor::zeros(&[8, 4]), weight_hh: Tensor::zeros(&[8, 2]), bias: None };
        let _ = lstm(&Tensor::zeros(&[5, 6, 3]), &weights, None);
    }
}
