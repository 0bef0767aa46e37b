//! Transformer encoder layers.

use std::fmt;

use super::line::{line, when};
use super::{
    Activation, Dropout, Field, KeyValueCache, LayerNorm, Linear, Module, MultiheadAttention, Visitor, trace,
};
use crate::ops::linear::affine;
use crate::{Attention, Parameter, Rotary, Scalar, Tensor};

/// One layer of a transformer encoder: self-attention and a feedforward network, each with a
/// residual connection and layer normalisation. With a causal mask it is a layer of a decoder-only
/// model such as GPT.
///
/// # Shapes
/// `x: [batch, time, width]` → `[batch, time, width]`
///
/// # Formula
/// `x = norm1(x + dropout(self_attn(x)))`,
/// `y = norm2(x + dropout(linear2(dropout(activation(linear1(x))))))`. With
/// [`norm_first`](Self::norm_first): `x = x + dropout(self_attn(norm1(x)))`,
/// `y = x + dropout(linear2(dropout(activation(linear1(norm2(x))))))`. Defaults: 2048 features
/// between the linear layers, dropout 0.1 (also in the attention weights), ReLU.
///
/// # Source
/// Vaswani et al. 2017; PyTorch's `nn.TransformerEncoderLayer` with `batch_first=True`, with the same
/// names, defaults and initialisation.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let layer = TransformerEncoderLayer::new(16, 4).feedforward(64).activation(Activation::Gelu).norm_first();
/// let x = Tensor::randn(&[2, 10, 16]);
/// assert_eq!(layer.forward(&x, &Attention::new().causal()).shape(), x.shape());
/// ```
pub struct TransformerEncoderLayer {
    /// The attention.
    pub self_attn: MultiheadAttention,
    /// The first layer of the feedforward network.
    pub linear1: Linear,
    /// The second layer of the feedforward network.
    pub linear2: Linear,
    /// The normalisation of the attention block.
    pub norm1: LayerNorm,
    /// The normalisation of the feedforward block.
    pub norm2: LayerNorm,
    dropout: Dropout,
    activation: Activation,
    norm_first: bool,
}

impl TransformerEncoderLayer {
    /// A layer for tokens of `width` features with `heads` heads.
    ///
    /// # Panics
    /// If the width is not a multiple of the number of heads, or if the size of the parameters
    /// overflows or exceeds memory.
    #[track_caller]
    pub fn new(width: usize, heads: usize) -> Self {
        Self {
            self_attn: MultiheadAttention::new(width, heads).dropout(0.1),
            linear1: Linear::new(width, 2048),
            linear2: Linear::new(2048, width),
            norm1: LayerNorm::new(width),
            norm2: LayerNorm::new(width),
            dropout: Dropout::new(0.1),
            activation: Activation::Relu,
            norm_first: false,
        }
    }

    /// Sets the number of features between the linear layers, 2048 by default. Both are initialised
    /// again.
    ///
    /// # Panics
    /// If the size of the parameters overflows or exceeds memory.
    #[track_caller]
    pub fn feedforward(self, features: usize) -> Self {
        let width = self.linear2.weight.shape()[0];
        let (mut linear1, mut linear2) = (Linear::new(width, features), Linear::new(features, width));
        if self.linear1.bias.is_none() {
            (linear1, linear2) = (linear1.no_bias(), linear2.no_bias());
        }
        Self { linear1, linear2, ..self }
    }

    /// Sets the dropout probability `p`, in [0, 1], of the attention weights, of both blocks and
    /// inside of the feedforward network. It is 0.1 by default.
    ///
    /// # Panics
    /// If `p` is out of range.
    #[track_caller]
    pub fn dropout(self, p: Scalar) -> Self {
        Self { self_attn: self.self_attn.dropout(p), dropout: Dropout::new(p), ..self }
    }

    /// Sets the activation of the feedforward network, a ReLU by default.
    pub fn activation(self, activation: Activation) -> Self {
        Self { activation, ..self }
    }

    /// Normalises the input of each block (pre-norm) instead of the sum of its input and output (post-norm).
    pub fn norm_first(self) -> Self {
        Self { norm_first: true, ..self }
    }

    /// Sets the number that both normalisations add to the variance, 1e-5 by default.
    ///
    /// # Panics
    /// If `eps` is not finite or not above 0.
    #[track_caller]
    pub fn eps(self, eps: Scalar) -> Self {
        Self { norm1: self.norm1.eps(eps), norm2: self.norm2.eps(eps), ..self }
    }

    /// The same layer without biases.
    pub fn no_bias(self) -> Self {
        Self {
            self_attn: self.self_attn.no_bias(),
            linear1: self.linear1.no_bias(),
            linear2: self.linear2.no_bias(),
            norm1: self.norm1.no_bias(),
            norm2: self.norm2.no_bias(),
            ..self
        }
    }

    /// Rotates queries and keys by their positions.
    ///
    /// # Panics
    /// If the width of `rotary` is not that of a head.
    #[track_caller]
    pub fn rotary(self, rotary: Rotary) -> Self {
        Self { self_attn: self.self_attn.rotary(rotary), ..self }
    }

    /// Applies the layer. A mask in `options` broadcasts to `[batch, heads, time, time]`.
    ///
    /// # Panics
    /// If the shapes are incompatible.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, options: &Attention) -> Tensor {
        let given = if self.norm_first { self.norm1.forward(x) } else { x.clone() };
        let attended = self.self_attn.forward(&given, &given, &given, options);
        self.after_attention(x, &attended)
    }

    /// Applies the layer to new tokens of a sequence. They attend to themselves and to all earlier tokens:
    /// see [`MultiheadAttention::forward_cached`].
    ///
    /// # Panics
    /// If the shape of `x` is incompatible with the layer or with the earlier tokens.
    #[track_caller]
    pub fn forward_cached(&self, x: &Tensor, cache: &mut KeyValueCache) -> Tensor {
        let given = if self.norm_first { self.norm1.forward(x) } else { x.clone() };
        let attended = self.self_attn.forward_cached(&given, cache);
        self.after_attention(x, &attended)
    }

    /// The output of the layer for the input `x` and the attention output `attended`.
    #[track_caller]
    fn after_attention(&self, x: &Tensor, attended: &Tensor) -> Tensor {
        let sum = x + self.dropout.forward(attended);
        let x = if self.norm_first { sum } else { self.norm1.forward(&sum) };
        let given = if self.norm_first { self.norm2.forward(&x) } else { x.clone() };
        let hidden = self.hidden(&given);
        let output = self.linear2.forward(&self.dropout.forward(&hidden));
        let sum = x + self.dropout.forward(&output);
        trace::output(self, if self.norm_first { sum } else { self.norm2.forward(&sum) })
    }

    /// The first half of the feedforward network, with a ReLU fused into the matmul.
    #[track_caller]
    fn hidden(&self, x: &Tensor) -> Tensor {
        if self.activation != Activation::Relu {
            return self.activation.apply(&self.linear1.forward(x));
        }
        let bias = self.linear1.bias.as_ref().map(Parameter::tensor);
        trace::output(&self.linear1, affine(x, &self.linear1.weight.tensor(), bias.as_ref(), true))
    }
}

impl Module for TransformerEncoderLayer {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.self_attn.visit_field("self_attn", visitor);
        self.linear1.visit_field("linear1", visitor);
        self.linear2.visit_field("linear2", visitor);
        self.norm1.visit_field("norm1", visitor);
        self.norm2.visit_field("norm2", visitor);
        self.dropout.visit(visitor);
    }
}

impl fmt::Debug for TransformerEncoderLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (heads, shape) = (self.self_attn.heads(), self.linear1.weight.shape());
        let (features, width) = (shape[0], shape[1]);
        let parts = [
            Some(width.to_string()),
            Some(format!("{heads} heads")),
            Some(format!("feedforward {features}")),
            Some(format!("{:?}", self.activation)),
            when(self.norm_first, "norm first"),
            when(self.linear1.bias.is_none(), "no bias"),
            when(self.dropout.p() > 0.0, &format!("dropout {}", self.dropout.p())),
        ];
        line(f, "TransformerEncoderLayer", parts)
    }
}

/// A stack of [transformer encoder layers](TransformerEncoderLayer).
///
/// # Shapes
/// `x: [batch, time, width]` → `[batch, time, width]`
///
/// # Source
/// Vaswani et al. 2017; PyTorch's `nn.TransformerEncoder`, with the same names. `new` takes each layer
/// separately. PyTorch copies a single layer, so that all layers start with the same values.
///
/// # Example
/// ```
/// use training_loop::nn::KeyValueCache;
/// use training_loop::prelude::*;
///
/// let layer = || TransformerEncoderLayer::new(16, 4).feedforward(32).norm_first();
/// let model = TransformerEncoder::new(vec![layer(), layer()]).norm(LayerNorm::new(16));
/// let x = Tensor::randn(&[2, 10, 16]);
/// assert_eq!(model.forward(&x, &Attention::new().causal()).shape(), x.shape());
/// // Token after token, for sampling:
/// let mut caches = vec![KeyValueCache::new(); 2];
/// assert_eq!(model.forward_cached(&x.slice(1, 0..1), &mut caches).shape(), [2, 1, 16]);
/// ```
#[derive(Debug)]
pub struct TransformerEncoder {
    /// The layers, in order.
    pub layers: Vec<TransformerEncoderLayer>,
    /// The normalisation of the output.
    pub norm: Option<LayerNorm>,
}

impl TransformerEncoder {
    /// An encoder of these layers, without a normalisation at the end.
    pub fn new(layers: Vec<TransformerEncoderLayer>) -> Self {
        Self { layers, norm: None }
    }

    /// Normalises the output of the last layer. Layers with
    /// [`norm_first`](TransformerEncoderLayer::norm_first) need this normalisation.
    pub fn norm(self, norm: LayerNorm) -> Self {
        Self { norm: Some(norm), ..self }
    }

    /// Applies all layers. A mask in `options` broadcasts to `[batch, heads, time, time]`.
    ///
    /// # Panics
    /// If the shapes are incompatible.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, options: &Attention) -> Tensor {
        let mut x = x.clone();
        for layer in &self.layers {
            x = layer.forward(&x, options);
        }
        self.normalised(x)
    }

    /// Applies all layers to new tokens of a sequence. They attend to themselves and to all earlier tokens:
    /// see [`MultiheadAttention::forward_cached`]. Each layer has its own cache.
    ///
    /// # Panics
    /// If the number of caches is not the number of layers, or if the shape of `x` is incompatible
    /// with the layers or with the earlier tokens.
    #[track_caller]
    pub fn forward_cached(&self, x: &Tensor, caches: &mut [KeyValueCache]) -> Tensor {
        assert!(
            caches.len() == self.layers.len(),
            "forward_cached: {} layers need as many caches, and there are {}",
            self.layers.len(),
            caches.len()
        );
        let mut x = x.clone();
        for (layer, cache) in self.layers.iter().zip(caches) {
            x = layer.forward_cached(&x, cache);
        }
        self.normalised(x)
    }

    #[track_caller]
    fn normalised(&self, x: Tensor) -> Tensor {
        let y = match &self.norm {
            Some(norm) => norm.forward(&x),
            None => x,
        };
        trace::output(self, y)
    }
}

impl Module for TransformerEncoder {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.layers.visit_field("layers", visitor);
        self.norm.visit_field("norm", visitor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cat;

    fn model() -> TransformerEncoder {
        let layer = || TransformerEncoderLayer::new(8, 2).feedforward(16).rotary(Rotary::new(4));
        TransformerEncoder::new(vec![layer().norm_first(), layer()]).norm(LayerNorm::new(8))
    }

    #[test]
    fn names_are_pytorchs() {
        let model = model();
        let names: Vec<String> = model.named_parameters().into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names[..3],
            [
                "layers.0.self_attn.in_proj_weight",
                "layers.0.self_attn.in_proj_bias",
                "layers.0.self_attn.out_proj.weight"
            ]
        );
        assert_eq!(names[4..6], ["layers.0.linear1.weight", "layers.0.linear1.bias"]);
        assert_eq!(names[8..10], ["layers.0.norm1.weight", "layers.0.norm1.bias"]);
        assert_eq!(names[names.len() - 2..], ["norm.weight", "norm.bias"]);
        let plain = TransformerEncoderLayer::new(8, 2).no_bias().feedforward(16);
        assert!(plain.named_parameters().iter().all(|(name, _)| !name.ends_with("bias")));
        assert_eq!(
            format!("{plain:?}"),
            "TransformerEncoderLayer(8, 2 heads, feedforward 16, Relu, no bias, dropout 0.1)"
        );
    }

    #[test]
    fn caches_give_the_outputs_of_the_whole_sequence() {
        let (model, x) = (model(), Tensor::randn(&[2, 6, 8]));
        model.eval();
        let whole = model.forward(&x, &Attention::new().causal());
        let mut caches = vec![KeyValueCache::new(); 2];
        let mut parts = Vec::new();
        for range in [0..2, 2..3, 3..6] {
            parts.push(model.forward_cached(&x.slice(1, range), &mut caches));
        }
        let parts = cat(&parts.iter().collect::<Vec<_>>(), 1);
        assert!(parts.as_slice().iter().zip(whole.as_slice()).all(|(a, b)| (a - b).abs() < 1e-4));
    }

    #[test]
    fn dropout_is_for_training() {
        crate::seed(1);
        let (model, x) = (model(), Tensor::randn(&[2, 6, 8]));
        let output = || model.forward(&x, &Attention::new()).to_array();
        assert_ne!(output(), output());
        model.eval();
        assert_eq!(output(), output());
    }

    #[test]
    #[should_panic(expected = "forward_cached: 2 layers need as many caches, and there are 1")]
    fn each_layer_needs_a_cache() {
        let _ = model().forward_cached(&Tensor::zeros(&[1, 1, 8]), &mut [KeyValueCache::new()]);
    }
}
