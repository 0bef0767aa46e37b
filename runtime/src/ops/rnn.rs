//! A plain recurrent network over a whole sequence, in one operation.

use super::recurrence::{RecurrentWeights, flat, run, weights};
use crate::Tensor;
use crate::gradcheck::Case;
use crate::kernel::recurrence::{Relu, Tanh};

/// Runs a plain recurrent network with `tanh` over a sequence and returns all states and the final
/// state.
///
/// # Shapes
/// `x: [batch, time, in]`, `start: [batch, hidden]` → all states `[batch, time, hidden]`, and the
/// final state `[batch, hidden]`. Without `start` the initial state is zero.
///
/// # Formula
/// `h' = tanh(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh)`. Back-propagation through time computes `da = dh' (1 - h'²)`
/// and `dh = da W_hh` step by step, then the gradients of the weights for all steps at once.
///
/// # Panics
/// If the shapes do not fit.
///
/// # Source
/// Elman 1990; PyTorch's `nn.RNN` with `batch_first=True`. An empty sequence returns the initial
/// state.
#[track_caller]
pub fn rnn(x: &Tensor, weights: &RecurrentWeights, start: Option<&Tensor>) -> (Tensor, Tensor) {
    pass(x, weights, start, false, false)
}

/// As [`rnn`], with ReLU if `relu` is set. If `reverse` is set, the pass goes from the end to the start.
#[track_caller]
pub(crate) fn pass(
    x: &Tensor,
    weights: &RecurrentWeights,
    start: Option<&Tensor>,
    relu: bool,
    reverse: bool,
) -> (Tensor, Tensor) {
    if relu {
        run::<Relu>("rnn", x, weights, start, reverse)
    } else {
        run::<Tanh>("rnn", x, weights, start, reverse)
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        &[
            &[&[2, 3, 5], &[3, 5], &[3, 3], &[3], &[3], &[2, 3]],
            &[&[19, 2, 1], &[2, 1], &[2, 2], &[2], &[2], &[19, 2]],
            &[&[2, 0, 3], &[2, 3], &[2, 2], &[2], &[2], &[2, 2]],
            &[&[0, 2, 3], &[2, 3], &[2, 2], &[2], &[2], &[0, 2]],
            &[&[2, 3, 2], &[0, 2], &[0, 0], &[0], &[0], &[2, 0]],
        ],
        |x| flat(&rnn(&x[0], &weights(&x[..5]), Some(&x[5]))),
    ),
    Case::new(&[&[&[2, 3, 2], &[3, 2], &[3, 3], &[3], &[3], &[2, 3]]], |x| {
        flat(&pass(&x[0], &weights(&x[..5]), Some(&x[5]), false, true))
    }),
    Case::new(&[&[&[2, 3, 2], &[3, 2], &[3, 3], &[3], &[3], &[2, 3]]], |x| {
        flat(&pass(&x[0], &weights(&x[..5]), Some(&x[5]), true, false))
    }),
    Case::new(&[&[&[2, 3, 2], &[3, 2], &[3, 3]]], |x| rnn(&x[0], &weights(x), None).0),
];

#[cfg(test)]
mod tests {
    use super::{RecurrentWeights, rnn};
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "rnn: a bias has the shape [3], and must have [2]")]
    fn another_bias_is_named() {
        let weights = RecurrentWeights {
            weight_ih: Tensor::zeros(&[2, 3]),
            weight_hh: Tensor::zeros(&[2, 2]),
            bias: Some([Tensor::zeros(&[2]), Tensor::zeros(&[3])]),
        };
        let _ = rnn(&Tensor::zeros(&[5, 6, 3]), &weights, None);
    }
}
