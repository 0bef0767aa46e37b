//! Pooling layers.

use std::fmt;

use super::line::{line, sizes};
use super::{Module, Visitor, trace};
use crate::{Pair, Pool, Tensor, adaptive_avg_pool2d, avg_pool2d, max_pool2d};

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

macro_rules! windows {
    ($layer:ident, $op:ident $(, $dilation:ident)?) => {
        impl $layer {
            /// Sets the step between windows, at least 1.
            pub fn stride(self, stride: impl Into<Pair>) -> Self {
                Self(self.0.stride(stride))
            }

            /// Sets the padding on each side, at most half a window.
            pub fn padding(self, padding: impl Into<Pair>) -> Self {
                Self(self.0.padding(padding))
            }

            $(
                /// Sets the distance between the taps of a window, at least 1.
                pub fn $dilation(self, dilation: impl Into<Pair>) -> Self {
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

windows!(MaxPool2d, max_pool2d, dilation);
windows!(AvgPool2d, avg_pool2d);

impl MaxPool2d {
    /// A layer with windows of this size. The stride is the size of a window.
    pub fn new(kernel: impl Into<Pair>) -> Self {
        Self(Pool::new(kernel))
    }
}

impl AvgPool2d {
    /// A layer with windows of this size. The stride is the size of a window.
    pub fn new(kernel: impl Into<Pair>) -> Self {
        Self(Pool::new(kernel))
    }
}

impl AdaptiveAvgPool2d {
    /// A layer with this number of windows along each axis.
    pub fn new(output: impl Into<Pair>) -> Self {
        Self(output.into())
    }

    /// Applies the layer.
    ///
    /// # Panics
    /// If the planes or the output are empty.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        trace::output(self, adaptive_avg_pool2d(x, self.0))
    }
}

macro_rules! modules {
    ($($layer:ident),*) => {$(
        impl Module for $layer {
            fn visit(&self, _: &mut dyn Visitor) {}
        }
    )*};
}

modules!(MaxPool2d, AvgPool2d, AdaptiveAvgPool2d);

impl fmt::Debug for AdaptiveAvgPool2d {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, "AdaptiveAvgPool2d", [sizes("", &self.0.0, &[])])
    }
}
