//! Group normalisation.

use std::fmt;

use super::line::{line, when};
use super::{Field, Module, Visitor, trace};
use crate::{Parameter, Tensor, group_norm};

/// Normalises each group of channels of each sample, then scales and shifts each channel by learned
/// parameters. Training and evaluation compute the same.
///
/// # Shapes
/// `x: [n, channels, ..]` → the shape of `x`
///
/// # Formula
/// `y = weight · (x - mean) / √(var + eps) + bias`. `mean` and `var` are the mean and the variance
/// (divisor `n`) of the group. `weight` is initialised to 1, `bias` to 0; `eps` is 1e-5.
///
/// # Source
/// Wu and He 2018; PyTorch's `nn.GroupNorm`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let layer = GroupNorm::new(2, 6);
/// assert_eq!(layer.forward(&Tensor::randn(&[3, 6, 4, 4])).shape(), [3, 6, 4, 4]);
/// ```
pub struct GroupNorm {
    /// The scale of each channel, `[channels]`.
    pub weight: Option<Parameter>,
    /// The shift of each channel, `[channels]`.
    pub bias: Option<Parameter>,
    groups: usize,
    channels: usize,
    eps: f64,
}

impl GroupNorm {
    /// A layer that splits `channels` channels into `groups` groups.
    ///
    /// # Panics
    /// If `groups` does not divide `channels`, or if the size of the parameters overflows or exceeds
    /// memory.
    #[track_caller]
    pub fn new(groups: usize, channels: usize) -> Self {
        assert!(
            groups > 0 && channels.is_multiple_of(groups),
            "GroupNorm: {groups} groups must divide the {channels} channels"
        );
        let (weight, bias) = (Parameter::filled(&[channels], 1.0), Parameter::filled(&[channels], 0.0));
        Self { weight: Some(weight), bias: Some(bias), groups, channels, eps: 1e-5 }
    }

    /// Removes the learned scale and shift from the layer.
    pub fn no_affine(self) -> Self {
        Self { weight: None, bias: None, ..self }
    }

    /// Sets the number that is added to the variance, so that constant groups cause no division by 0.
    ///
    /// # Panics
    /// If `eps` is not finite or not above 0.
    #[track_caller]
    pub fn eps(self, eps: f64) -> Self {
        assert!(
            eps > 0.0 && eps.is_finite(),
            "`eps` of `GroupNorm` is {eps}, but must be above 0 and finite"
        );
        Self { eps, ..self }
    }

    /// Applies the layer.
    ///
    /// # Panics
    /// If `x` does not have the layer's number of channels.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let or = |parameter: &Option<Parameter>, value| match parameter {
            Some(parameter) => parameter.tensor(),
            None => Tensor::full(&[self.channels], value),
        };
        let (weight, bias) = (or(&self.weight, 1.0), or(&self.bias, 0.0));
        trace::output(self, group_norm(x, self.groups, &weight, &bias, self.eps))
    }
}

impl Module for GroupNorm {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.weight.visit_field("weight", visitor);
        self.bias.visit_field("bias", visitor);
    }
}

impl fmt::Debug for GroupNorm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            Some(self.channels.to_string()),
            Some(format!("{} groups", self.groups)),
            when(self.weight.is_none(), "no affine"),
            when(self.eps != 1e-5, &format!("eps {}", self.eps)),
        ];
        line(f, "GroupNorm", parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "GroupNorm: 4 groups must divide the 6 channels")]
    fn groups_must_divide() {
        let _ = GroupNorm::new(4, 6);
    }
}
