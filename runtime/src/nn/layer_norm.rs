//! Layer normalisation.

use std::fmt;

use super::line::{line, when};
use super::{Field, Module, Visitor, trace};
use crate::{Parameter, Scalar, Tensor, layer_norm};

/// Normalises each row over its features, then scales and shifts it by learned parameters.
///
/// # Shapes
/// `x: [.., features]`, `weight: [features]`, `bias: [features]` → `[.., features]`
///
/// # Formula
/// `y = weight · (x - mean) / √(var + eps) + bias`. `mean` and `var` are the mean and the variance
/// over the last axis (divisor `features`). `weight` is initialised to 1, `bias` to 0; `eps` is
/// 1e-5.
///
/// # Source
/// Ba et al. 2016; PyTorch's `nn.LayerNorm` over one axis.
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
    /// The scale of each feature, `[features]`.
    pub weight: Parameter,
    /// The shift of each feature, `[features]`.
    pub bias: Parameter,
    eps: Scalar,
}

impl LayerNorm {
    /// A layer for rows of `features` elements.
    ///
    /// # Panics
    /// If the size of the parameters overflows or exceeds memory.
    #[track_caller]
    pub fn new(features: usize) -> Self {
        Self {
            weight: Parameter::filled(&[features], 1.0),
            bias: Parameter::filled(&[features], 0.0),
            eps: 1e-5,
        }
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
    /// If the last axis of `x` is not the layer's number of features.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        trace::output(self, layer_norm(x, &self.weight.tensor(), &self.bias.tensor(), self.eps))
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
        line(f, "LayerNorm", [Some(self.weight.len().to_string()), eps])
    }
}
