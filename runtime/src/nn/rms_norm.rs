//! Root-mean-square normalisation.

use std::fmt;

use super::line::{features, line, when};
use super::{Field, Module, Visitor, trace};
use crate::{Parameter, Tensor, rms_norm};

/// Divides each row by its root mean square, then scales it by learned parameters.
///
/// # Shapes
/// `x: [.., features]`, `weight: [features]` → `[.., features]`, where `features` may be several
/// axes: see [`over`](Self::over).
///
/// # Formula
/// `y = weight · x / √(mean x² + eps)`, with the mean over the last axes. `weight` is initialised to
/// 1. By default `eps` is the machine epsilon of [`Scalar`](crate::Scalar).
///
/// # Source
/// Zhang and Sennrich 2019; PyTorch's `nn.RMSNorm`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let y = RmsNorm::new(2).forward(&Tensor::from([[3.0, 4.0], [0.5, 0.5]])).to_array();
/// assert!((y[[0, 0]] - 3.0 / 12.5_f32.sqrt()).abs() < 1e-5 && (y[[1, 0]] - 1.0).abs() < 1e-5);
/// ```
pub struct RmsNorm {
    /// The scale of each feature, with the axes of the features.
    pub weight: Option<Parameter>,
    features: Vec<usize>,
    eps: Option<f64>,
}

impl RmsNorm {
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
    #[track_caller]
    pub fn over(features: &[usize]) -> Self {
        assert!(!features.is_empty(), "RmsNorm: it normalises over at least one axis");
        Self { weight: Some(Parameter::filled(features, 1.0)), features: features.to_vec(), eps: None }
    }

    /// The same layer without a scale.
    pub fn no_affine(self) -> Self {
        Self { weight: None, ..self }
    }

    /// Sets the number that is added to the mean square, so that rows of zeros cause no division by 0.
    ///
    /// # Panics
    /// If `eps` is not finite or not above 0.
    #[track_caller]
    pub fn eps(self, eps: f64) -> Self {
        assert!(eps > 0.0 && eps.is_finite(), "`eps` of `RmsNorm` is {eps}, but must be above 0 and finite");
        Self { eps: Some(eps), ..self }
    }

    /// Applies the layer.
    ///
    /// # Panics
    /// If the last axes of `x` are not the layer's features.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let weight = match &self.weight {
            Some(weight) => weight.tensor(),
            None => Tensor::ones(&self.features),
        };
        trace::output(self, rms_norm(x, &weight, self.eps))
    }
}

impl Module for RmsNorm {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.weight.visit_field("weight", visitor);
    }
}

impl fmt::Debug for RmsNorm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let eps = when(self.eps.is_some(), &format!("eps {}", self.eps.unwrap_or_default()));
        let parts = [Some(features(&self.features)), when(self.weight.is_none(), "no affine"), eps];
        line(f, "RmsNorm", parts)
    }
}
