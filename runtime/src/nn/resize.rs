//! Layers without parameters that change the resolution of their input: upsampling, padding, and pixel
//! shuffling.

use std::fmt;

use super::line::line;
use super::{Module, Visitor, trace};
use crate::shape::product;
use crate::{Interpolation, Padding, Resize, Tensor, interpolate, pad};

/// Changes the resolution of sequences, images or volumes; [`interpolate`] as a layer.
///
/// # Shapes
/// `x: [n, channels, ..]` → `[n, channels, ..]`
///
/// # Source
/// PyTorch's `nn.Upsample`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let layer = Upsample::by(2.0).mode(Interpolation::Linear);
/// assert_eq!(layer.forward(&Tensor::zeros(&[5, 3, 7, 9])).shape(), [5, 3, 14, 18]);
/// ```
#[doc(alias("UpsamplingNearest2d", "UpsamplingBilinear2d"))]
#[derive(Clone)]
pub struct Upsample(Resize);

impl Upsample {
    /// A layer with these lengths of the axes after the channels.
    pub fn to(size: &[usize]) -> Self {
        Self(Resize::to(size))
    }

    /// A layer that multiplies the length of every axis after the channels by `factor`.
    ///
    /// # Panics
    /// If the factor is not finite or not above 0.
    #[track_caller]
    pub fn by(factor: f64) -> Self {
        Self(Resize::by(factor))
    }

    /// Sets the interpolation mode, by default `Nearest`.
    pub fn mode(self, mode: Interpolation) -> Self {
        Self(self.0.mode(mode))
    }

    /// Aligns the centres of the corner elements of input and output. This does not apply to `Nearest`.
    pub fn align_corners(self) -> Self {
        Self(self.0.align_corners())
    }

    /// Applies the layer.
    ///
    /// # Panics
    /// As [`interpolate`].
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        trace::output(self, interpolate(x, &self.0))
    }
}

impl fmt::Debug for Upsample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, "Upsample", self.0.describe())
    }
}

/// Adds elements at the start and at the end of the last axes; [`pad`] as a layer.
///
/// # Shapes
/// `x: [.., h, w]` → `[.., top + h + bottom, left + w + right]` for `widths = [left, right, top, bottom]`
///
/// # Source
/// PyTorch's `nn.ZeroPad2d`, `nn.ConstantPad1d`, `nn.ReflectionPad2d`, `nn.ReplicationPad3d`,
/// `nn.CircularPad1d`, and the others of these families.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let layer = Pad::new(&[1, 1, 2, 0], Padding::Reflect);
/// assert_eq!(layer.forward(&Tensor::zeros(&[5, 3, 7, 9])).shape(), [5, 3, 9, 11]);
/// ```
#[doc(alias("ZeroPad2d", "ConstantPad2d", "ReflectionPad2d", "ReplicationPad2d", "CircularPad2d"))]
#[derive(Clone)]
pub struct Pad {
    widths: Vec<usize>,
    mode: Padding,
}

impl Pad {
    /// A layer that adds these numbers of elements, as pairs for the last axis, the axis before it,
    /// and so on.
    pub fn new(widths: &[usize], mode: Padding) -> Self {
        Self { widths: widths.to_vec(), mode }
    }

    /// Applies the layer.
    ///
    /// # Panics
    /// As [`pad`].
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        trace::output(self, pad(x, &self.widths, self.mode))
    }
}

impl fmt::Debug for Pad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, "Pad", [Some(format!("{:?}", self.widths)), Some(format!("{:?}", self.mode))])
    }
}

/// Moves channels to pixels: each group of `r²` channels becomes one channel whose images are `r`
/// times as high and wide.
///
/// # Shapes
/// `x: [.., channels · r², h, w]` → `[.., channels, h · r, w · r]`
///
/// # Formula
/// `y[c, h r + i, w r + j] = x[c r² + i r + j, h, w]`
///
/// # Source
/// Shi et al. 2016; PyTorch's `nn.PixelShuffle`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let x = Tensor::from([[[1.0]], [[2.0]], [[3.0]], [[4.0]]]);
/// let y = PixelShuffle::new(2).forward(&x);
/// assert_eq!((y.shape(), y.as_slice()), (&[1, 2, 2][..], &[1.0, 2.0, 3.0, 4.0][..]));
/// assert_eq!(PixelUnshuffle::new(2).forward(&y).shape(), x.shape());
/// ```
#[derive(Clone, Copy)]
pub struct PixelShuffle(usize);

impl PixelShuffle {
    /// A layer that increases height and width by the factor `r`.
    ///
    /// # Panics
    /// If `r` is 0.
    #[track_caller]
    pub fn new(r: usize) -> Self {
        assert!(r > 0, "PixelShuffle: the factor is 0, but must be at least 1");
        Self(r)
    }

    /// Applies the layer.
    ///
    /// # Panics
    /// If the number of channels is not a multiple of `r²`, or if there are fewer than three axes.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let r = self.0;
        let square = product("PixelShuffle: the channels of a pixel", &[r, r]);
        let fits = matches!(x.shape(), [.., channels, _, _] if channels.is_multiple_of(square));
        assert!(
            fits,
            "PixelShuffle: the input {:?} must be [.., channels, h, w], with a multiple of {square} channels",
            x.shape()
        );
        let (lead, sizes) = x.shape().split_at(x.rank() - 3);
        let (channels, height, width) = (sizes[0] / square, sizes[1], sizes[2]);
        let all: usize = lead.iter().product();
        let y = x.reshape(&[all, channels, r, r, height, width]).permute(&[0, 1, 4, 2, 5, 3]);
        trace::output(self, y.reshape(&[lead, &[channels, height * r, width * r]].concat()))
    }
}

impl fmt::Debug for PixelShuffle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, "PixelShuffle", [Some(self.0.to_string())])
    }
}

/// Moves pixels to channels: the inverse of [`PixelShuffle`].
///
/// # Shapes
/// `x: [.., channels, h · r, w · r]` → `[.., channels · r², h, w]`
///
/// # Source
/// PyTorch's `nn.PixelUnshuffle`.
#[derive(Clone, Copy)]
pub struct PixelUnshuffle(usize);

impl PixelUnshuffle {
    /// A layer that divides height and width by `r`.
    ///
    /// # Panics
    /// If `r` is 0.
    #[track_caller]
    pub fn new(r: usize) -> Self {
        assert!(r > 0, "PixelUnshuffle: the factor is 0, but must be at least 1");
        Self(r)
    }

    /// Applies the layer.
    ///
    /// # Panics
    /// If height or width is not a multiple of `r`, or if there are fewer than three axes.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let r = self.0;
        let fits = matches!(x.shape(), [.., _, h, w] if h.is_multiple_of(r) && w.is_multiple_of(r));
        assert!(
            fits,
            "PixelUnshuffle: the input {:?} must be [.., channels, h, w], with multiples of {r} as height and width",
            x.shape()
        );
        let (lead, sizes) = x.shape().split_at(x.rank() - 3);
        let (channels, height, width) = (sizes[0], sizes[1] / r, sizes[2] / r);
        let all: usize = lead.iter().product();
        let y = x.reshape(&[all, channels, height, r, width, r]).permute(&[0, 1, 3, 5, 2, 4]);
        trace::output(self, y.reshape(&[lead, &[channels * r * r, height, width]].concat()))
    }
}

impl fmt::Debug for PixelUnshuffle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, "PixelUnshuffle", [Some(self.0.to_string())])
    }
}

macro_rules! modules {
    ($($layer:ident),*) => {$(
        impl Module for $layer {
            fn visit(&self, _: &mut dyn Visitor) {}
        }
    )*};
}

modules!(Upsample, Pad, PixelShuffle, PixelUnshuffle);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(
        expected = "PixelShuffle: the input [1, 6, 2, 2] must be [.., channels, h, w], with a multiple of 4 channels"
    )]
    fn other_channels_are_named() {
        let _ = PixelShuffle::new(2).forward(&Tensor::zeros(&[1, 6, 2, 2]));
    }

    #[test]
    #[should_panic(expected = "with multiples of 2 as height and width")]
    fn odd_planes_are_named() {
        let _ = PixelUnshuffle::new(2).forward(&Tensor::zeros(&[1, 6, 3, 2]));
    }
}
