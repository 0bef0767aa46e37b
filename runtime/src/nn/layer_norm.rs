//! Layer normalisation.

use std::fmt;

use super::line::{features, line, when};
use super::{Field, Module, Visitor, trace};
use crate::{Parameter, Scalar, Tensor, layer_norm};

/// Normalises each row over its features, then scales and shifts it by learned parameters.
///
/// # Shapes
/// `x: [.., features]`, `weight: [features]`, `bias: [features]` → `[.., features]`, where
/// `features` may be several axes: see [`over`](Self::over).
///
/// # Formula
/// `y = weight · (x - mean) / √(var + eps) + bias`. `mean` and `var` are the mean and the variance
/// over the last axes (divisor: the number of features). `weight` is initialised to 1, `bias` to 0; `eps` is
/// 1e-5.
///
/// # Source
/// Ba et al. 2016; PyTorch's `nn.LayerNorm`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let x = Tensor::from([[1.0, 3.0], [-2.0, 2.0]]);
/// let y = LayerNorm::new(2).forward(&x).to_array();
/// assert!((y[[0, 0]] + 1.0).abs() < 1e-4 && (y[[1, 1]] - 1.0).abs() < 1e-4);
/// ```
pub struct LayerNorm {
    /// The scale of each feature, with the axes of the features.
    pub weight: Option<Parameter>,
    /// The shift of each feature, with the axes of the features.
    pub bias: Option<Parameter>,
    features: Vec<usize>,
    eps: Scalar,
}

impl LayerNorm {
    /// A layer for rows of `features` elements.
    ///
    /// # Panics
    /// If the size of the parameters overflows or exceeds memory.
    #[track_caller]
    pub fn new(features: usize) -> Self {
        Self::over(&[features])
    }

    /// A layer that normalises over the last axes, whose lengths are `features`.
    ///
    /// # Panics
    /// If `features` is empty, or if the size of the parameters overflows or exceeds memory.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let x = Tensor::randn(&[2, 3, 4, 5]);
    /// assert_eq!(LayerNorm::over(&[4, 5]).forward(&x).shape(), x.shape());
    /// ```
    #[track_caller]
    pub fn over(features: &[usize]) -> Self {
        assert!(!features.is_empty(), "LayerNorm: it normalises over at least one axis");
        let (weight, bias) = (Parameter::filled(features, 1.0), Parameter::filled(features, 0.0));
        Self { weight: Some(weight), bias: Some(bias), features: features.to_vec(), eps: 1e-5 }
    }

    /// The same layer without a shift.
    pub fn no_bias(self) -> Self {
        Self { bias: None, ..self }
    }

    /// Removes the learned scale and shift from the layer.
    pub fn no_affine(self) -> Self {
        Self { weight: None, bias: None, ..self }
    }

    /// Sets the number that is added to the variance, so that constant rows cause no division by 0.
    ///
    /// # Panics
    /// If `eps` is not finite or not above 0.
    #[track_caller]
    pub fn eps(self, eps: Scalar) -> Self {
        assert!(
            eps > 0.0 && eps.is_finite(),
            "`eps` of `LayerNorm` is {eps}, but must be above 0 and finite"
        );
        Self { eps, ..self }
    }

    /// Applies the layer.
    ///
    /// # Panics
    /// If the last axes of `x` are not the layer's features.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let or = |parameter: &Option<Parameter>, value| match parameter {
            Some(parameter) => parameter.tensor(),
            None => Tensor::full(&self.features, value),
        };
        trace::output(self, layer_norm(x, &or(&self.weight, 1.0), &or(&self.bias, 0.0), self.eps))
    }
}

impl Module for LayerNorm {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.weight.visit_field("weight", visitor);
        self.bias.visit_field("bias", visitor);
    }
}

impl fmt::Debug for LayerNorm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let eps = when(self.eps != 1e-5, &format!("eps {}", self.eps));
        let parts = [
            Some(features(&self.features)),
            when(self.weight.is_none(), "no affine"),
            when(self.weight.is_some() && self.bias.is_none(), "no bias"),
            eps,
        ];
        line(f, "LayerNorm", parts)
    }
}
