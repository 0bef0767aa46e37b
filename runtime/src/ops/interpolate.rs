//! Change of the resolution of sequences, images and volumes.

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::shape::sum;
use crate::value::Value;
use crate::{Scalar, Tensor};

/// The interpolation mode of [`interpolate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpolation {
    /// The input element at the rounded-down position.
    Nearest,
    /// The weighted mean of the two nearest elements along each axis: PyTorch's modes `linear`,
    /// `bilinear` and `trilinear`.
    Linear,
    /// A cubic polynomial through the four nearest elements along each axis: PyTorch's mode
    /// `bicubic`.
    Cubic,
}

/// The options of [`interpolate`]: the size of the output, and the interpolation mode, by default
/// [`Interpolation::Nearest`].
///
/// # Example
/// ```
/// use training_loop::{Interpolation, Resize, Tensor, interpolate};
///
/// let x = Tensor::ones(&[1, 3, 4, 5]);
/// assert_eq!(interpolate(&x, &Resize::by(2.0)).shape(), [1, 3, 8, 10]);
/// let smooth = Resize::to(&[7, 7]).mode(Interpolation::Linear).align_corners();
/// assert_eq!(interpolate(&x, &smooth).shape(), [1, 3, 7, 7]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Resize {
    target: Target,
    mode: Interpolation,
    align_corners: bool,
}

/// The size of the output.
#[derive(Clone, Debug, PartialEq)]
enum Target {
    /// The length of each axis after the channels.
    Size(Vec<usize>),
    /// The scale factor of each axis after the channels; a single factor applies to all axes.
    Factors(Vec<f64>),
}

impl Resize {
    /// Sets the target lengths in `size`, one for each axis after the channels.
    pub fn to(size: &[usize]) -> Self {
        Self { target: Target::Size(size.to_vec()), mode: Interpolation::Nearest, align_corners: false }
    }

    /// Multiplies the length of every axis after the channels by `factor`. The product is rounded down.
    ///
    /// # Panics
    /// If the factor is not finite or not above 0.
    #[track_caller]
    pub fn by(factor: f64) -> Self {
        Self::by_each(&[factor])
    }

    /// Multiplies the lengths of the axes after the channels by these factors. The products are
    /// rounded down.
    ///
    /// # Panics
    /// If a factor is not finite or not above 0.
    #[track_caller]
    pub fn by_each(factors: &[f64]) -> Self {
        assert!(
            factors.iter().all(|factor| factor.is_finite() && *factor > 0.0),
            "Resize: the factors {factors:?} must be above 0 and finite"
        );
        let target = Target::Factors(factors.to_vec());
        Self { target, mode: Interpolation::Nearest, align_corners: false }
    }

    /// Sets the interpolation mode.
    pub fn mode(self, mode: Interpolation) -> Self {
        Self { mode, ..self }
    }

    /// Aligns the centres of the corner elements of input and output, instead of their outer corners. This
    /// does not apply to [`Interpolation::Nearest`].
    pub fn align_corners(self) -> Self {
        Self { align_corners: true, ..self }
    }

    /// Describes the options for `Debug`.
    pub(crate) fn describe(&self) -> [Option<String>; 3] {
        let target = match &self.target {
            Target::Size(size) => format!("to {size:?}"),
            Target::Factors(factors) => match &factors[..] {
                [factor] => format!("by {factor}"),
                _ => format!("by {factors:?}"),
            },
        };
        let mode = (self.mode != Interpolation::Nearest).then(|| format!("{:?}", self.mode));
        [Some(target), mode, self.align_corners.then(|| "align corners".to_owned())]
    }

    /// The new length of each axis after the channels, and its scale factor if one was set.
    #[track_caller]
    fn lengths(&self, shape: &[usize]) -> Vec<(usize, Option<f64>)> {
        let axes = &shape[2..];
        let given = match &self.target {
            Target::Size(size) => size.len(),
            Target::Factors(factors) if factors.len() == 1 => axes.len(),
            Target::Factors(factors) => factors.len(),
        };
        assert!(
            given == axes.len(),
            "interpolate: the input {shape:?} has {} axes after [n, channels], and {given} are given by {:?}",
            axes.len(),
            self.target
        );
        let lengths = axes.iter().enumerate().map(|(axis, &length)| match &self.target {
            Target::Size(size) => (size[axis], None),
            Target::Factors(factors) => {
                let factor = *factors.get(axis).unwrap_or(&factors[0]);
                ((length as f64 * factor).floor() as usize, Some(factor))
            }
        });
        lengths.collect()
    }
}

/// Resizes sequences, images or volumes.
///
/// # Shapes
/// `x: [n, channels, ..]` → `[n, channels, ..]`, with one to three axes after the channels, whose
/// new lengths are those of [`Resize`].
///
/// # Formula
/// Along each axis, element `j` of the output is at the position `p = (j + 1/2) · l / l' - 1/2` of the
/// input, with the lengths `l` of the input and `l'` of the output; with `align_corners` at
/// `p = j · (l - 1) / (l' - 1)`. If a factor was given, `l / l'` is its reciprocal. `Linear` weights
/// the two elements next to `p` by their distances, and a position before the first element counts
/// as 0. `Cubic` weights four elements by the cubic convolution with `a = -3/4`; positions outside
/// repeat the edge. `Nearest` takes element `⌊j · l / l'⌋`. `dx` is the sum of `g` times the weights.
/// If no length changes, `Linear`, and `Nearest` for images, return the input.
///
/// # Panics
/// If there are no axes or more than three after the channels (for `Cubic`: not exactly two), if a
/// length is 0, or if the numbers of axes differ.
///
/// # Source
/// PyTorch's `F.interpolate`; Keys 1981 for the cubic convolution. Positions are computed in single
/// precision, as in PyTorch.
///
/// # Example
/// ```
/// use training_loop::{Interpolation, Resize, Tensor, interpolate};
///
/// let x = Tensor::from([[[1.0, 3.0]]]);
/// assert_eq!(interpolate(&x, &Resize::by(2.0)).as_slice(), [1.0, 1.0, 3.0, 3.0]);
/// let linear = Resize::by(2.0).mode(Interpolation::Linear);
/// assert_eq!(interpolate(&x, &linear).as_slice(), [1.0, 1.5, 2.5, 3.0]);
/// ```
#[doc(alias("upsample"))]
#[track_caller]
pub fn interpolate(x: &Tensor, options: &Resize) -> Tensor {
    let shape = x.shape();
    let fits = match options.mode {
        Interpolation::Cubic => x.rank() == 4,
        _ => (3..=5).contains(&x.rank()),
    };
    assert!(
        fits,
        "interpolate: the input {shape:?} must be [n, channels, ..] with one to three axes after the channels, and two \
         for `Cubic`"
    );
    let lengths = options.lengths(shape);
    assert!(
        !shape[2..].contains(&0) && lengths.iter().all(|(length, _)| *length > 0),
        "interpolate: neither the axes {:?} after the channels nor their new lengths {:?} may be 0",
        &shape[2..],
        lengths.iter().map(|(length, _)| length).collect::<Vec<_>>()
    );
    // PyTorch returns the input if no length changes, even if the factor is not 1.
    let copies = match options.mode {
        Interpolation::Nearest => x.rank() == 4,
        Interpolation::Linear => true,
        Interpolation::Cubic => false,
    };
    if copies && lengths.iter().map(|(length, _)| length).eq(&shape[2..]) {
        return x.clone();
    }
    let mut y = x.clone();
    for (axis, (length, factor)) in lengths.into_iter().enumerate() {
        let from = shape[axis + 2];
        // If an axis keeps its length and no factor was set, every position is an input index.
        if length != from || factor.is_some_and(|factor| factor != 1.0) {
            let taps = Taps::new(from, length, factor, options);
            y = resampled(&y, axis + 2, taps);
        }
    }
    y
}

/// For each output index along an axis: the input indices that it depends on, and their weights.
struct Taps {
    /// The number of taps per output index.
    count: usize,
    places: Vec<usize>,
    weights: Vec<Scalar>,
}

impl Taps {
    #[track_caller]
    fn new(from: usize, to: usize, factor: Option<f64>, options: &Resize) -> Self {
        let count = match options.mode {
            Interpolation::Nearest => 1,
            Interpolation::Linear => 2,
            Interpolation::Cubic => 4,
        };
        let mut taps = Self { count, places: Vec::new(), weights: Vec::new() };
        let fits = taps.places.try_reserve_exact(to.saturating_mul(count)).is_ok()
            && taps.weights.try_reserve_exact(to.saturating_mul(count)).is_ok();
        assert!(fits, "out of memory: an axis of the output of interpolate has the length {to}");
        sum("interpolate: the places of an axis", &[to, from]);
        let is_aligned = options.align_corners && options.mode != Interpolation::Nearest;
        // PyTorch computes positions in single precision.
        let step = match factor {
            _ if is_aligned && to > 1 => (from - 1) as f32 / (to - 1) as f32,
            _ if is_aligned => 0.0,
            Some(factor) => (1.0 / factor) as f32,
            None => from as f32 / to as f32,
        };
        for index in 0..to {
            let position = if is_aligned || count == 1 {
                index as f32 * step
            } else {
                step * (index as f32 + 0.5) - 0.5
            };
            taps.add(position, from);
        }
        taps
    }

    /// Adds the taps of one output index, at `position` of an axis of length `from`.
    fn add(&mut self, position: f32, from: usize) {
        if self.count == 4 {
            let below = position.floor();
            let weights = cubic(position - below);
            for (tap, weight) in weights.into_iter().enumerate() {
                // The cast saturates: a negative index becomes 0.
                let place = (below + tap as f32 - 1.0) as usize;
                self.places.push(place.min(from - 1));
                self.weights.push(Scalar::from(weight));
            }
            return;
        }
        let position = position.max(0.0);
        let below = (position as usize).min(from - 1);
        self.places.push(below);
        if self.count == 1 {
            self.weights.push(1.0);
        } else {
            let share = Scalar::from((position - below as f32).clamp(0.0, 1.0));
            self.places.push((below + 1).min(from - 1));
            self.weights.extend([1.0 - share, share]);
        }
    }

    /// The input indices and the weights of each output index.
    fn each(&self) -> impl Iterator<Item = (&[usize], &[Scalar])> {
        self.places.chunks_exact(self.count).zip(self.weights.chunks_exact(self.count))
    }
}

/// The weights of four neighbours, for a position at the fraction `t` between the second and the third.
fn cubic(t: f32) -> [f32; 4] {
    const A: f32 = -0.75;
    let near = |x: f32| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
    let far = |x: f32| ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A;
    [far(t + 1.0), near(t), near(1.0 - t), far(2.0 - t)]
}

/// Resamples one axis.
#[track_caller]
fn resampled(x: &Tensor, axis: usize, taps: Taps) -> Tensor {
    let from = x.value().shape().clone();
    let shape = from.with(axis, taps.places.len() / taps.count);
    let (_, length, inner) = from.around(axis);
    let (wide, narrow) = (shape[axis] * inner, length * inner);
    let output = Value::build(shape, |y| {
        if wide == 0 {
            return;
        }
        for (y, x) in y.chunks_exact_mut(wide).zip(x.as_slice().chunks_exact(narrow)) {
            for (y, (places, weights)) in y.chunks_exact_mut(inner).zip(taps.each()) {
                gather(x, places, weights, y);
            }
        }
    });
    record(output, [x], move |gradient| {
        let mut dx = Value::filled(from.clone(), 0.0);
        if wide > 0 {
            let all = gradient.as_slice().chunks_exact(wide);
            for (dx, g) in dx.make_mut().chunks_exact_mut(narrow).zip(all) {
                for (g, (places, weights)) in g.chunks_exact(inner).zip(taps.each()) {
                    for (place, weight) in places.iter().zip(weights) {
                        let dx = &mut dx[place * inner..][..inner];
                        dx.iter_mut().zip(g).for_each(|(dx, g)| *dx += weight * g);
                    }
                }
            }
        }
        [dx]
    })
}

/// Writes the weighted sum of the rows `places` of `x` to `y`.
fn gather(x: &[Scalar], places: &[usize], weights: &[Scalar], y: &mut [Scalar]) {
    let width = y.len();
    let row = |place: usize| &x[place * width..][..width];
    match (places, weights) {
        // Copies without a multiplication, so that an infinite neighbour has no effect.
        (&[place], _) => y.copy_from_slice(row(place)),
        (&[a, b], &[to_a, to_b]) => {
            let (a, b) = (row(a), row(b));
            for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
                *y = to_a * a + to_b * b;
            }
        }
        _ => {
            y.fill(0.0);
            for (place, weight) in places.iter().zip(weights) {
                y.iter_mut().zip(row(*place)).for_each(|(y, x)| *y += weight * x);
            }
        }
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[2, 3, 4]], &[&[1, 2, 3, 2]], &[&[1, 1, 2, 1, 3]], &[&[0, 2, 3]]], |x| {
        interpolate(&x[0], &Resize::by(1.7))
    }),
    Case::new(&[&[&[2, 3, 4]], &[&[1, 2, 3, 2]], &[&[1, 1, 2, 1, 3]]], |x| {
        interpolate(&x[0], &Resize::by(2.3).mode(Interpolation::Linear))
    }),
    Case::new(&[&[&[1, 2, 3, 4]], &[&[1, 1, 1, 1]]], |x| {
        interpolate(&x[0], &Resize::to(&[5, 2]).mode(Interpolation::Linear).align_corners())
    }),
    Case::new(&[&[&[1, 2, 3, 4]], &[&[1, 1, 1, 1]]], |x| {
        interpolate(&x[0], &Resize::to(&[5, 3]).mode(Interpolation::Cubic))
    }),
];

#[cfg(test)]
mod tests {
    use super::{Interpolation, Resize, interpolate};
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "interpolate: the input [2, 3, 4, 4] has 2 axes after [n, channels], and 1 are given by Size([8])")]
    fn another_number_of_axes_is_named() {
        let _ = interpolate(&Tensor::zeros(&[2, 3, 4, 4]), &Resize::to(&[8]));
    }

    #[test]
    #[should_panic(expected = "must be [n, channels, ..] with one to three axes after the channels, and two for `Cubic`")]
    fn cubic_needs_images() {
        let _ = interpolate(&Tensor::zeros(&[2, 3, 4]), &Resize::by(2.0).mode(Interpolation::Cubic));
    }

    #[test]
    #[should_panic(expected = "Resize: the factors [0.0] must be above 0 and finite")]
    fn a_factor_of_nothing_is_refused() {
        let _ = Resize::by(0.0);
    }

    #[test]
    #[should_panic(expected = "nor their new lengths [0, 0] may be 0")]
    fn an_output_of_nothing_is_refused() {
        let _ = interpolate(&Tensor::zeros(&[2, 3, 4, 4]), &Resize::by(0.1));
    }
}
