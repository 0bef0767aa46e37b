//! W12: operations that move memory, forward and backward: each on about a million numbers.

use training_loop::Scalar;
use training_loop::ndarray::ArrayD;
use training_loop::prelude::*;

use crate::data::{bits, uniform};
use crate::stages::{Stage, time};

/// A chain of elementwise operations, most of them with an elementary function.
pub(crate) fn chain() -> impl FnMut(usize) -> Scalar {
    derived(&[1 << 20], |x| ((x * 2.0).tanh() + (x * x + 1.0).ln() * x.sigmoid() - (x * 0.5).exp()).mean())
}

/// Sums and maxima along each axis.
pub(crate) fn reduce() -> impl FnMut(usize) -> Scalar {
    derived(&[64, 128, 128], |x| {
        let along = |axis| (x.sum_axis(axis) * x.max_axis(axis)).mean();
        along(0) + along(1) + along(2)
    })
}

/// Axes exchanged as models do, each time followed by an operation that needs them in the new order.
pub(crate) fn permute() -> impl FnMut(usize) -> Scalar {
    let weights = Tensor::from(values(14, &[16, 32, 32, 64]));
    let columns = Tensor::from(values(15, &[1024, 1024]));
    let heads = Tensor::from(values(16, &[16, 32, 64, 32]));
    derived(&[16, 64, 32, 32], move |x| {
        let last = (x.permute(&[0, 2, 3, 1]) * &weights).mean();
        let turned = (x.reshape(&[1024, 1024]).transpose(0, 1) * &columns).mean();
        last + turned + (x.transpose(1, 2) * &heads).mean()
    })
}

/// Rows chosen by an index, some of them several times.
pub(crate) fn gather() -> impl FnMut(usize) -> Scalar {
    let rows: Vec<usize> = (0..4096).map(|i| (bits(13, i) % 4096) as usize).collect();
    derived(&[4096, 256], move |x| {
        let chosen = x.index_select(0, &rows);
        (&chosen * &chosen).mean()
    })
}

/// The value of a function of numbers from -2 to 2, and its gradient.
fn derived(shape: &[usize], function: impl Fn(&Tensor) -> Tensor) -> impl FnMut(usize) -> Scalar {
    let x = Parameter::new(values(12, shape) * 4.0);
    move |_| {
        let value = time(Stage::Forward, || function(&x.tensor()));
        time(Stage::ZeroGrad, || x.zero_grad());
        time(Stage::Backward, || value.backward());
        value.item()
    }
}

fn values(stream: u64, shape: &[usize]) -> ArrayD<Scalar> {
    let mut numbers = (0..).map(|i| uniform(stream, i));
    ArrayD::from_shape_simple_fn(shape, || numbers.next().unwrap_or_default())
}
