//! Tests Winograd's scheme and the direct algorithm against `f64` sums, on every level and for any number of
//! threads.

use super::{Finish, Sizes, backward, backward_workspace, forward, forward_workspace, winograd};
use crate::Scalar;
use crate::kernel::pool;
use crate::kernel::simd::forced::on_each_level;

/// Pseudo-random values in [-1, 1) for `low = -1`, or in [0, 1) for `low = 0`, as after a ReLU.
fn numbers(count: usize, seed: usize, low: Scalar) -> Vec<Scalar> {
    let part = |i: usize| ((i * 7919 + seed * 104_729) % 1999) as Scalar / 1999.0;
    (0..count).map(|i| low + (1.0 - low) * part(i)).collect()
}

fn sizes(batch: usize, [channels, outputs]: [usize; 2], input: [usize; 2], padding: [usize; 2]) -> Sizes {
    let output = [0, 1].map(|i| input[i] + 2 * padding[i] - 2);
    let (kernel, ones) = ([3, 3], [1, 1]);
    Sizes {
        batch,
        groups: 1,
        channels,
        outputs,
        input,
        output,
        kernel,
        stride: ones,
        padding,
        dilation: ones,
    }
}

/// Calls `each(x, w, y)` with the indices of each product of a convolution.
fn products(sizes: &Sizes, mut each: impl FnMut(usize, usize, usize)) {
    let ([height, width], [rows, columns]) = (sizes.input, sizes.output);
    for y in 0..sizes.y_len() {
        let (ox, oy) = (y % columns, y / columns % rows);
        let (output, image) = (y / columns / rows % sizes.outputs, y / columns / rows / sizes.outputs);
        for w in 0..sizes.channels * 9 {
            let (channel, r, s) = (w / 9, w / 3 % 3, w % 3);
            let iy = (oy + r).wrapping_sub(sizes.padding[0]);
            let ix = (ox + s).wrapping_sub(sizes.padding[1]);
            if iy < height && ix < width {
                let x = ((image * sizes.channels + channel) * height + iy) * width + ix;
                each(x, output * sizes.channels * 9 + w, y);
            }
        }
    }
}

/// The largest error of `ours`, relative to the largest absolute value of `exact`.
fn error(ours: &[Scalar], exact: &[f64]) -> f64 {
    let most = exact.iter().fold(1e-30, |most: f64, x| most.max(x.abs()));
    ours.iter().zip(exact).fold(0.0, |worst: f64, (ours, exact)| {
        let error = (f64::from(*ours) - exact).abs();
        if error.is_nan() { f64::INFINITY } else { worst.max(error) }
    }) / most
}

/// The output of a convolution, and the gradients of its input and its weight.
fn all(sizes: &Sizes, [x, w, g]: [&[Scalar]; 3]) -> [Vec<Scalar>; 3] {
    let mut y = vec![Scalar::NAN; sizes.y_len()];
    let mut workspace = vec![Scalar::NAN; forward_workspace(sizes)];
    forward(sizes, x, w, Finish { bias: None, relu: false }, &mut y, &mut workspace);
    let (mut dx, mut dw) = (vec![Scalar::NAN; x.len()], vec![Scalar::NAN; w.len()]);
    let mut workspace = vec![Scalar::NAN; backward_workspace(sizes, true, true)];
    backward(sizes, [x, g, w], Some(&mut dx), Some(&mut dw), &mut workspace);
    [y, dx, dw]
}

fn check(sizes: &Sizes, low: Scalar) {
    let (x, w, g) =
        (numbers(sizes.x_len(), 1, low), numbers(sizes.w_len(), 2, -1.0), numbers(sizes.y_len(), 3, -1.0));
    let mut exact = [vec![0.0; sizes.y_len()], vec![0.0; x.len()], vec![0.0; w.len()]];
    products(sizes, |i, j, k| {
        let (x, w, g) = (f64::from(x[i]), f64::from(w[j]), f64::from(g[k]));
        exact[0][k] += x * w;
        exact[1][i] += g * w;
        exact[2][j] += g * x;
    });
    for (level, ours) in on_each_level(|| all(sizes, [&x, &w, &g])).iter().enumerate() {
        for (what, (ours, exact)) in ["y", "dx", "dw"].iter().zip(ours.iter().zip(&exact)) {
            let error = error(ours, exact);
            assert!(error < 1e-5, "{what} of {sizes:?} on level {level}: {error:e}");
        }
    }
}

#[test]
fn winograd_stays_within_its_bound() {
    for (batch, channels, input, padding) in [
        (2, [12, 12], [6, 6], [0, 0]),
        (7, [13, 21], [8, 6], [0, 1]),
        (3, [32, 17], [9, 26], [1, 1]),
        (2, [16, 12], [30, 31], [2, 0]),
        (2, [12, 16], [5, 200], [1, 3]),
        (9, [12, 40], [3, 3], [1, 1]),
        (2, [160, 24], [14, 14], [1, 1]),
        (1, [16, 16], [12, 12], [1, 1]),
    ] {
        let sizes = sizes(batch, channels, input, padding);
        assert!(winograd::pays(&sizes), "{sizes:?}");
        check(&sizes, -1.0);
        check(&sizes, 0.0);
    }
}

#[test]
fn few_channels_and_thin_outputs_go_the_general_way() {
    for (batch, channels, input, padding) in
        [(3, [1, 5], [28, 28], [0, 0]), (2, [20, 20], [3, 40], [0, 0]), (2, [50, 3], [13, 17], [2, 1])]
    {
        let sizes = sizes(batch, channels, input, padding);
        assert!(!winograd::pays(&sizes), "{sizes:?}");
        check(&sizes, -1.0);
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let before = pool::threads();
    for sizes in [sizes(19, [16, 24], [10, 9], [1, 1]), sizes(19, [3, 24], [20, 9], [1, 1])] {
        let (x, w, g) = (
            numbers(sizes.x_len(), 4, -1.0),
            numbers(sizes.w_len(), 5, -1.0),
            numbers(sizes.y_len(), 6, -1.0),
        );
        let [one, two, three] = [1, 2, 3].map(|threads| {
            pool::set_threads(threads);
            all(&sizes, [&x, &w, &g])
        });
        assert!(one == two && one == three);
    }
    pool::set_threads(before);
}
