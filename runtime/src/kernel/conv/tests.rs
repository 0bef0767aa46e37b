//! Tests the three kernels (forward, gradient of the input, gradient of the weight) against `f64`
//! sums, on every level. Each slice ends at the end of its allocation.

use super::{Finish, Sizes, backward, backward_workspace, forward, forward_workspace};
use crate::Scalar;
use crate::kernel::simd::forced::on_each_level;

/// An array of `count + 1` pseudo-random values. The slice without the first value is unaligned,
/// and ends at the end of its allocation.
fn numbers(count: usize, seed: usize) -> Vec<Scalar> {
    (0..=count).map(|i| ((i * 7919 + seed * 104_729) % 1999) as Scalar / 1000.0 - 1.0).collect()
}

/// Calls `each(y index, x index, w index)` for every product of the convolution `s`.
fn products(s: &Sizes, mut each: impl FnMut(usize, usize, usize)) {
    let rows = |axis: usize, position: usize, tap: usize| {
        (position * s.stride[axis] + tap * s.dilation[axis])
            .checked_sub(s.padding[axis])
            .filter(|&place| place < s.input[axis])
    };
    for (n, group) in (0..s.batch).flat_map(|n| (0..s.groups).map(move |g| (n, g))) {
        for (k, c) in (0..s.outputs).flat_map(|k| (0..s.channels).map(move |c| (k, c))) {
            for (p, tap) in (0..s.positions()).flat_map(|p| (0..s.field()).map(move |t| (p, t))) {
                let Some(row) = rows(0, p / s.output[1], tap / s.kernel[1]) else { continue };
                let Some(column) = rows(1, p % s.output[1], tap % s.kernel[1]) else { continue };
                let image = n * s.groups + group;
                let y = (image * s.outputs + k) * s.positions() + p;
                let x = (image * s.channels + c) * s.pixels() + row * s.input[1] + column;
                let w = ((group * s.outputs + k) * s.channels + c) * s.field() + tap;
                each(y, x, w);
            }
        }
    }
}

#[track_caller]
fn assert_near(ours: &[Scalar], theirs: &[f64], terms: usize, what: &str) {
    let bound = 1e-5 * (1.0 + terms as f64).sqrt();
    for (i, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        assert!((f64::from(*ours) - theirs).abs() < bound, "{what} at {i}: {ours} is not {theirs}");
    }
}

fn check(s: &Sizes) {
    let (x, w, g) = (numbers(s.x_len(), 1), numbers(s.w_len(), 2), numbers(s.y_len(), 3));
    let (x, w, g) = (&x[1..], &w[1..], &g[1..]);
    let bias = numbers(s.groups * s.outputs, 4);
    let bias = &bias[1..];
    let wide = |numbers: &[Scalar]| numbers.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
    let (wx, ww, wg) = (wide(x), wide(w), wide(g));
    let (mut y, mut dx, mut dw) = (vec![0.0; g.len()], vec![0.0; x.len()], vec![0.0; w.len()]);
    products(s, |py, px, pw| {
        y[py] += wx[px] * ww[pw];
        dx[px] += wg[py] * ww[pw];
        dw[pw] += wg[py] * wx[px];
    });
    for (place, y) in y.iter_mut().enumerate() {
        *y += f64::from(bias[place / s.positions() % bias.len()]);
    }
    let rectified: Vec<f64> = y.iter().map(|y| y.max(0.0)).collect();
    let terms = s.channels * s.field();
    on_each_level(|| {
        for (relu, wanted) in [(false, &y), (true, &rectified)] {
            let mut ours = vec![Scalar::NAN; 1 + y.len()];
            let mut workspace = vec![Scalar::NAN; 1 + forward_workspace(s)];
            forward(s, x, w, Finish { bias: Some(bias), relu }, &mut ours[1..], &mut workspace[1..]);
            assert_near(&ours[1..], wanted, terms, &format!("{s:?}: y"));
        }
        for (with_dx, with_dw) in [(true, true), (true, false), (false, true)] {
            let (mut our_dx, mut our_dw) = (vec![Scalar::NAN; 1 + dx.len()], vec![Scalar::NAN; 1 + dw.len()]);
            let mut workspace = vec![Scalar::NAN; 1 + backward_workspace(s, with_dx, with_dw)];
            let wanted = (with_dx.then_some(&mut our_dx[1..]), with_dw.then_some(&mut our_dw[1..]));
            backward(s, [x, g, w], wanted.0, wanted.1, &mut workspace[1..]);
            if with_dx {
                assert_near(&our_dx[1..], &dx, s.outputs * s.field(), &format!("{s:?}: dx"));
            }
            if with_dw {
                assert_near(&our_dw[1..], &dw, s.batch * s.positions(), &format!("{s:?}: dw"));
            }
        }
    });
}

fn sizes(
    batch: usize,
    [groups, channels, outputs]: [usize; 3],
    input: [usize; 2],
    kernel: [usize; 2],
) -> Sizes {
    let whole = [0, 1].map(|i| (input[i] + 1).saturating_sub(kernel[i]));
    let (stride, padding, dilation) = ([1, 1], [0, 0], [1, 1]);
    Sizes { batch, groups, channels, outputs, input, output: whole, kernel, stride, padding, dilation }
}

fn moved(s: Sizes, stride: [usize; 2], padding: [usize; 2], dilation: [usize; 2]) -> Sizes {
    let covered = [0, 1].map(|i| dilation[i] * (s.kernel[i] - 1) + 1);
    let output = [0, 1].map(|i| (s.input[i] + 2 * padding[i] - covered[i]) / stride[i] + 1);
    Sizes { output, stride, padding, dilation, ..s }
}

#[test]
fn windows_of_three_by_three() {
    for (channels, outputs) in [(1, 1), (1, 7), (5, 1), (3, 13), (16, 16), (17, 35), (33, 20)] {
        for input in [[3, 3], [4, 5], [7, 6], [9, 13]] {
            let plain = sizes(2, [1, channels, outputs], input, [3, 3]);
            check(&plain);
            check(&moved(plain, [1, 1], [1, 1], [1, 1]));
            check(&moved(plain, [1, 1], [2, 0], [1, 1]));
        }
    }
}

#[test]
fn any_window_stride_padding_dilation_and_group() {
    check(&sizes(1, [1, 1, 1], [1, 1], [1, 1]));
    check(&sizes(3, [1, 7, 5], [6, 7], [1, 1]));
    check(&moved(sizes(2, [1, 2, 3], [7, 6], [3, 2]), [2, 3], [1, 2], [1, 1]));
    check(&moved(sizes(2, [2, 3, 4], [9, 8], [2, 3]), [1, 2], [0, 3], [3, 2]));
    check(&moved(sizes(2, [5, 1, 2], [6, 5], [3, 3]), [1, 1], [1, 1], [1, 1]));
    check(&moved(sizes(1, [1, 2, 3], [1, 40], [1, 5]), [1, 3], [0, 7], [1, 2]));
    check(&moved(sizes(2, [1, 3, 4], [8, 8], [3, 3]), [2, 2], [1, 1], [1, 1]));
    // More padding than image: some windows are entirely in the padding.
    check(&moved(sizes(1, [1, 2, 2], [2, 3], [3, 3]), [2, 1], [5, 4], [1, 1]));
}

#[test]
fn more_positions_and_channels_than_a_block() {
    check(&sizes(1, [1, 2, 3], [20, 21], [3, 3]));
    check(&moved(sizes(1, [1, 90, 6], [5, 4], [3, 3]), [1, 1], [1, 1], [1, 1]));
    check(&sizes(1, [1, 3, 2], [31, 33], [12, 12]));
}

#[test]
fn nothing_to_multiply() {
    check(&sizes(0, [1, 2, 3], [4, 4], [3, 3]));
    check(&sizes(2, [1, 2, 0], [4, 4], [3, 3]));
    let mut y = [Scalar::NAN; 8];
    forward(
        &sizes(1, [1, 0, 2], [2, 2], [1, 1]),
        &[],
        &[],
        Finish { bias: Some(&[1.0, -1.0]), relu: true },
        &mut y,
        &mut [],
    );
    assert_eq!(y, [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
}
