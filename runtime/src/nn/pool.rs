//! Pooling layers.

use std::fmt;

use super::line::{line, sizes};
use super::{Module, Visitor, trace};
use crate::{
    Pair, Pool, Tensor, adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_max_pool1d, adaptive_max_pool2d,
    avg_pool1d, avg_pool2d, max_pool1d, max_pool2d,
};

/// The maximum of each window; [`max_pool2d`] as a layer.
///
/// # Shapes
/// `x: [.., h, w]` → `[.., oh, ow]`
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// assert_eq!(MaxPool2d::new(2).forward(&Tensor::zeros(&[5, 3, 28, 28])).shape(), [5, 3, 14, 14]);
/// ```
#[derive(Clone, Copy)]
pub struct MaxPool2d(Pool);

/// The mean of each window; [`avg_pool2d`] as a layer.
///
/// # Shapes
/// `x: [.., h, w]` → `[.., oh, ow]`
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// assert_eq!(AvgPool2d::new([2, 7]).forward(&Tensor::zeros(&[5, 3, 28, 28])).shape(), [5, 3, 14, 4]);
/// ```
#[derive(Clone, Copy)]
pub struct AvgPool2d(Pool);

/// Splits planes into a given number of windows and returns the mean of each window;
/// [`adaptive_avg_pool2d`] as a layer.
///
/// # Shapes
/// `x: [.., h, w]` → `[.., oh, ow]`
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// assert_eq!(AdaptiveAvgPool2d::new(1).forward(&Tensor::zeros(&[5, 3, 9, 7])).shape(), [5, 3, 1, 1]);
/// ```
#[derive(Clone, Copy)]
pub struct AdaptiveAvgPool2d(Pair);

/// Splits planes into a given number of windows and returns the maximum of each window;
/// [`adaptive_max_pool2d`] as a layer. `AdaptiveMaxPool2d::new(1)` is global max pooling.
///
/// # Shapes
/// `x: [.., h, w]` → `[.., oh, ow]`
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// assert_eq!(AdaptiveMaxPool2d::new(1).forward(&Tensor::zeros(&[5, 3, 9, 7])).shape(), [5, 3, 1, 1]);
/// ```
#[derive(Clone, Copy)]
pub struct AdaptiveMaxPool2d(Pair);

/// The maximum of each window of sequences; [`max_pool1d`] as a layer.
///
/// # Shapes
/// `x: [.., length]` → `[.., ol]`
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// assert_eq!(MaxPool1d::new(3).stride(2).forward(&Tensor::zeros(&[5, 3, 9])).shape(), [5, 3, 4]);
/// ```
#[derive(Clone, Copy)]
pub struct MaxPool1d(Pool);

/// The mean of each window of sequences; [`avg_pool1d`] as a layer.
///
/// # Shapes
/// `x: [.., length]` → `[.., ol]`
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// assert_eq!(AvgPool1d::new(3).forward(&Tensor::zeros(&[5, 3, 9])).shape(), [5, 3, 3]);
/// ```
#[derive(Clone, Copy)]
pub struct AvgPool1d(Pool);

/// Divides the last axis into a given number of windows and returns the mean of each window. The layer calls
/// [`adaptive_avg_pool1d`].
///
/// # Shapes
/// `x: [.., length]` → `[.., output]`
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// assert_eq!(AdaptiveAvgPool1d::new(4).forward(&Tensor::zeros(&[5, 3, 9])).shape(), [5, 3, 4]);
/// ```
#[derive(Clone, Copy)]
pub struct AdaptiveAvgPool1d(usize);

/// Divides the last axis into a given number of windows and returns the maximum of each window. The layer
/// calls [`adaptive_max_pool1d`].
///
/// # Shapes
/// `x: [.., length]` → `[.., output]`
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// assert_eq!(AdaptiveMaxPool1d::new(1).forward(&Tensor::zeros(&[5, 3, 9])).shape(), [5, 3, 1]);
/// ```
#[derive(Clone, Copy)]
pub struct AdaptiveMaxPool1d(usize);

/// The options of the layers with windows. `$size` is the type of the size of a window.
macro_rules! windows {
    ($layer:ident, $op:ident, $size:ty $(, $dilation:ident)?) => {
        impl $layer {
            /// A layer with windows of this size. The stride is the size of a window.
            pub fn new(kernel: $size) -> Self {
                Self(Pool::new(kernel))
            }

            /// Sets the step between windows, at least 1.
            pub fn stride(self, stride: $size) -> Self {
                Self(self.0.stride(stride))
            }

            /// Sets the padding on each side, at most half a window.
            pub fn padding(self, padding: $size) -> Self {
                Self(self.0.padding(padding))
            }

            $(
                /// Sets the distance between the taps of a window, at least 1.
                pub fn $dilation(self, dilation: $size) -> Self {
                    Self(self.0.dilation(dilation))
                }
            )?

            /// Applies the layer.
            ///
            /// # Panics
            /// If a window is larger than the padded input, if the padding is more than half a
            /// window, or if the planes are empty.
            #[track_caller]
            pub fn forward(&self, x: &Tensor) -> Tensor {
                trace::output(self, $op(x, self.0))
            }
        }

        impl fmt::Debug for $layer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let Pool { kernel, stride, padding, dilation } = self.0;
                let parts = [
                    sizes("", &kernel, &[]),
                    sizes("stride ", &stride, &kernel),
                    sizes("padding ", &padding, &[0, 0]),
                    sizes("dilation ", &dilation, &[1, 1]),
                ];
                line(f, stringify!($layer), parts)
            }
        }
    };
}

windows!(MaxPool2d, max_pool2d, impl Into<Pair>, dilation);
windows!(AvgPool2d, avg_pool2d, impl Into<Pair>);
windows!(MaxPool1d, max_pool1d, usize, dilation);
windows!(AvgPool1d, avg_pool1d, usize);

/// The layers with a given number of windows. `$size` is the type of that number.
macro_rules! adaptive {
    ($layer:ident, $op:ident, $size:ty, $parts:expr) => {
        impl $layer {
            /// A layer with this number of windows along each axis.
            pub fn new(output: $size) -> Self {
                Self(output.into())
            }

            /// Applies the layer.
            ///
            /// # Panics
            /// If the input or the output is empty.
            #[track_caller]
            pub fn forward(&self, x: &Tensor) -> Tensor {
                trace::output(self, $op(x, self.0))
            }
        }

        impl fmt::Debug for $layer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                line(f, stringify!($layer), [$parts(self.0)])
            }
        }
    };
}

adaptive!(AdaptiveAvgPool2d, adaptive_avg_pool2d, impl Into<Pair>, |pair: Pair| sizes("", &pair.0, &[]));
adaptive!(AdaptiveMaxPool2d, adaptive_max_pool2d, impl Into<Pair>, |pair: Pair| sizes("", &pair.0, &[]));
adaptive!(AdaptiveAvgPool1d, adaptive_avg_pool1d, usize, |size: usize| Some(size.to_string()));
adaptive!(AdaptiveMaxPool1d, adaptive_max_pool1d, usize, |size: usize| Some(size.to_string()));

macro_rules! modules {
    ($($layer:ident),*) => {$(
        impl Module for $layer {
            fn visit(&self, _: &mut dyn Visitor) {}
        }
    )*};
}

modules!(
    MaxPool2d,
    AvgPool2d,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    MaxPool1d,
    AvgPool1d,
    AdaptiveAvgPool1d,
    AdaptiveMaxPool1d
);
