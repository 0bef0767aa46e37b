//! Max pooling to a given output size.

use super::window::{Pair, planes};
use crate::Tensor;
use crate::autograd::record;
use crate::gradcheck::Case;
use crate::shape::product;
use crate::value::Value;

/// Splits each plane into `oh` by `ow` windows and returns the maximum of each window; NaN is greater than
/// everything. With `output = 1` it is the maximum of each plane (global max pooling).
///
/// # Shapes
/// `x: [.., h, w]` → `[.., oh, ow]` for `output = [oh, ow]`.
///
/// # Formula
/// Window `i` of `n` along an axis of length `l` covers the indices from `⌊i · l / n⌋` (inclusive)
/// to `⌈(i + 1) · l / n⌉` (exclusive). `y` is the maximum of the window. `dx` of an element is the
/// sum of `g` over the windows whose first maximum is the element.
///
/// # Panics
/// If there are fewer than two axes, or if the planes or the output are empty.
///
/// # Source
/// PyTorch's `adaptive_max_pool2d`.
///
/// # Example
/// ```
/// use training_loop::{Tensor, adaptive_max_pool2d};
///
/// let x = Tensor::from([[[1.0, 5.0], [4.0, 2.0]], [[-1.0, -5.0], [-4.0, -2.0]]]);
/// assert_eq!(adaptive_max_pool2d(&x, 1).as_slice(), [5.0, -1.0]);
/// ```
#[track_caller]
pub fn adaptive_max_pool2d(x: &Tensor, output: impl Into<Pair>) -> Tensor {
    let output = output.into().0;
    let input = planes("adaptive_max_pool2d", x.shape());
    assert!(
        !input.contains(&0) && !output.contains(&0),
        "adaptive_max_pool2d: neither the planes {input:?} nor the output {output:?} may be empty"
    );
    let from = x.value().shape().clone();
    let shape = from.with(x.rank() - 2, output[0]).with(x.rank() - 1, output[1]);
    for (length, count) in input.into_iter().zip(output) {
        product("adaptive_max_pool2d: the ends of the windows", &[length, count.saturating_add(1)]);
    }
    let (size, windows) = (input[0] * input[1], output[0] * output[1]);
    // The index of the maximum of each window in its plane.
    let mut places = Vec::new();
    let count = shape.count();
    assert!(places.try_reserve_exact(count).is_ok(), "out of memory: adaptive_max_pool2d has {count} windows");
    let output = Value::build(shape, |y| {
        for (plane, y) in x.as_slice().chunks_exact(size).zip(y.chunks_exact_mut(windows)) {
            for (window, y) in y.iter_mut().enumerate() {
                let rows = span(window / output[1], input[0], output[0]);
                let columns = span(window % output[1], input[1], output[1]);
                let mut place = rows.start * input[1] + columns.start;
                for at in rows.flat_map(|row| columns.clone().map(move |column| row * input[1] + column)) {
                    let is_larger = plane[at] > plane[place] || plane[at].is_nan();
                    if is_larger && !plane[place].is_nan() {
                        place = at;
                    }
                }
                *y = plane[place];
                places.push(place);
            }
        }
    });
    record(output, [x], move |gradient| {
        let mut dx = Value::filled(from.clone(), 0.0);
        let all = gradient.as_slice().chunks_exact(windows).zip(places.chunks_exact(windows));
        for (dx, (g, places)) in dx.make_mut().chunks_exact_mut(size).zip(all) {
            g.iter().zip(places).for_each(|(g, place)| dx[*place] += g);
        }
        [dx]
    })
}

/// The indices that window `number` of `count` covers along an axis.
fn span(number: usize, length: usize, count: usize) -> std::ops::Range<usize> {
    number * length / count..((number + 1) * length).div_ceil(count)
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[2, 3, 4, 6]], &[&[5, 7]], &[&[0, 2, 4, 4]], &[&[1, 1]]], |x| {
        adaptive_max_pool2d(&x[0], [3, 2])
    }),
    Case::new(&[&[&[2, 7, 6]]], |x| adaptive_max_pool2d(&x[0], 1)),
];

#[cfg(test)]
mod tests {
    use super::adaptive_max_pool2d;
    use crate::{Scalar, Tensor};

    #[test]
    fn a_nan_is_the_maximum() {
        for place in 0..4 {
            let mut x = ndarray::Array2::from_elem((2, 2), 1.0);
            x[[place / 2, place % 2]] = Scalar::NAN;
            assert!(adaptive_max_pool2d(&Tensor::from(x), 1).item().is_nan());
        }
    }

    #[test]
    #[should_panic(expected = "neither the planes [4, 0] nor the output [1, 1] may be empty")]
    fn an_empty_plane_is_refused() {
        let _ = adaptive_max_pool2d(&Tensor::zeros(&[4, 0]), 1);
    }
}
