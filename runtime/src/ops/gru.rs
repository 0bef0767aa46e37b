//! GRU over a whole sequence, in one operation.

use super::recurrence::{RecurrentWeights, flat, run, weights};
use crate::Tensor;
use crate::gradcheck::Case;
use crate::kernel::recurrence::Gru;

/// Runs a gated recurrent unit over a sequence and returns all states and the final state.
///
/// # Shapes
/// `x: [batch, time, in]`, `start: [batch, hidden]` → all states `[batch, time, hidden]`, and the
/// final state `[batch, hidden]`. Without `start` the initial state is zero. The weights have three
/// rows per hidden unit: reset, update, new.
///
/// # Formula
/// With `(i_r i_z i_n) = x W_ihᵀ + b_ih` and `(h_r h_z h_n) = h W_hhᵀ + b_hh`: `r = σ(i_r + h_r)`,
/// `z = σ(i_z + h_z)`, `n = tanh(i_n + r h_n)`, `h' = (1 - z) n + z h`. Back-propagation through time
/// computes the gradients of the pre-activations and `dh = z dh' + d(h_r h_z h_n) W_hh` step by step, then
/// the gradients of the weights for all steps at once.
///
/// # Panics
/// If the shapes do not fit.
///
/// # Source
/// Cho et al. 2014; PyTorch's `nn.GRU` with `batch_first=True`, whose reset gate applies after the
/// matmul. An empty sequence returns the initial state.
#[track_caller]
pub fn gru(x: &Tensor, weights: &RecurrentWeights, start: Option<&Tensor>) -> (Tensor, Tensor) {
    pass(x, weights, start, false)
}

/// As [`gru`]. If `reverse` is set, the pass goes from the end of the sequence to its start.
#[track_caller]
pub(crate) fn pass(
    x: &Tensor,
    weights: &RecurrentWeights,
    start: Option<&Tensor>,
    reverse: bool,
) -> (Tensor, Tensor) {
    run::<Gru>("gru", x, weights, start, reverse)
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        &[
            &[&[2, 3, 5], &[9, 5], &[9, 3], &[9], &[9], &[2, 3]],
            &[&[19, 2, 1], &[6, 1], &[6, 2], &[6], &[6], &[19, 2]],
            &[&[1, 4, 2], &[3, 2], &[3, 1], &[3], &[3], &[1, 1]],
            &[&[3, 1, 2], &[27, 2], &[27, 9], &[27], &[27], &[3, 9]],
            &[&[2, 0, 3], &[6, 3], &[6, 2], &[6], &[6], &[2, 2]],
            &[&[0, 2, 3], &[6, 3], &[6, 2], &[6], &[6], &[0, 2]],
            &[&[2, 3, 0], &[6, 0], &[6, 2], &[6], &[6], &[2, 2]],
            &[&[2, 3, 2], &[0, 2], &[0, 0], &[0], &[0], &[2, 0]],
        ],
        |x| flat(&gru(&x[0], &weights(&x[..5]), Some(&x[5]))),
    ),
    Case::new(&[&[&[2, 3, 2], &[9, 2], &[9, 3], &[9], &[9], &[2, 3]]], |x| {
        flat(&pass(&x[0], &weights(&x[..5]), Some(&x[5]), true))
    }),
    Case::new(&[&[&[2, 3, 2], &[9, 2], &[9, 3]]], |x| gru(&x[0], &weights(x), None).0),
    Case::new(&[&[&[2, 3, 2], &[9, 2], &[9, 3]]], |x| gru(&x[0], &weights(x), None).1),
];

#[cfg(test)]
mod tests {
    use super::{RecurrentWeights, gru};
    use crate::kernel::pool::tests::with_threads;
    use crate::kernel::simd::forced::on_each_level;
    use crate::{Parameter, Scalar, Tensor};

    fn parameter(shape: &[usize], seed: usize) -> Parameter {
        let count: usize = shape.iter().product();
        let values = (0..count).map(|i| ((i * 7919 + seed * 104_729) % 1999) as Scalar / 1999.0 - 0.5).collect();
        Parameter::new(ndarray::ArrayD::from_shape_vec(shape, values).unwrap())
    }

    /// The outputs and the gradients of a pass.
    fn results(batch: usize, time: usize, inputs: usize, hidden: usize) -> Vec<Vec<Scalar>> {
        let three = 3 * hidden;
        let shapes: [&[usize]; 6] =
            [&[batch, time, inputs], &[three, inputs], &[three, hidden], &[three], &[three], &[batch, hidden]];
        let parameters: Vec<Parameter> = shapes.iter().zip(1..).map(|(shape, seed)| parameter(shape, seed)).collect();
        let [x, weight_ih, weight_hh, b_ih, b_hh, h] = std::array::from_fn(|i| parameters[i].tensor());
        let weights = RecurrentWeights { weight_ih, weight_hh, bias: Some([b_ih, b_hh]) };
        let (output, end) = gru(&x, &weights, Some(&h));
        ((&output * &output).sum() + end.sum()).backward();
        let mut all = vec![output.as_slice().to_vec(), end.as_slice().to_vec()];
        all.extend(parameters.iter().map(|p| p.grad().unwrap().iter().copied().collect()));
        all
    }

    #[test]
    fn every_level_agrees() {
        for (batch, time, inputs, hidden) in [(1, 1, 1, 1), (3, 4, 5, 7), (33, 5, 17, 19)] {
            let results = on_each_level(|| results(batch, time, inputs, hidden));
            for (ours, plain) in results.iter().flat_map(|result| result.iter().zip(&results[0])) {
                let near = |(a, b): (&Scalar, &Scalar)| (a - b).abs() < 1e-4 * (1.0 + b.abs());
                assert!(ours.iter().zip(plain).all(near), "{batch} {time} {inputs} {hidden}");
            }
        }
    }

    #[test]
    fn the_bits_are_the_same_for_any_number_of_threads() {
        for (batch, time, inputs, hidden) in [(33, 6, 40, 64), (5, 9, 3, 33)] {
            let alone = with_threads(1, || results(batch, time, inputs, hidden));
            for threads in [2, 3] {
                assert!(with_threads(threads, || results(batch, time, inputs, hidden)) == alone, "{threads} threads");
            }
        }
    }

    #[test]
    #[should_panic(expected = "gru: `weight_hh` must be [3 hidden, hidden], and its shape is [8, 2]")]
    fn another_weight_is_named() {
        let weights =
            RecurrentWeights { weight_ih: Tensor::zeros(&[8, 3]), weight_hh: Tensor::zeros(&[8, 2]), bias: None };
        let _ = gru(&Tensor::zeros(&[5, 6, 3]), &weights, None);
    }
}
