//! Softmax of rows, in the form that neither overflows nor loses small probabilities.

use crate::Scalar;

/// Writes `exp(x - max x) / z` of one row to `output`, and gives `max x + ln z`, the log of the sum of `exp x`.
pub(crate) fn softmax_row(x: &[Scalar], output: &mut [Scalar]) -> Scalar {
    let max = x.iter().copied().fold(Scalar::NEG_INFINITY, Scalar::max);
    for (y, x) in output.iter_mut().zip(x) {
        *y = (x - max).exp();
    }
    let total: Scalar = output.iter().sum();
    let scale = 1.0 / total;
    output.iter_mut().for_each(|y| *y *= scale);
    max + total.ln()
}
