//! Multi-head attention with its projections.

use std::fmt;

use super::line::{line, when};
use super::{Dropout, Field, KeyValueCache, Linear, Module, Visitor, init, trace};
use crate::parameter::InLayer;
use crate::shape::product;
use crate::{Array, Attention, Parameter, Rotary, Scalar, Tensor, linear};

/// Projects queries, keys and values, computes attention in each head, and projects the
/// concatenated outputs. Each head uses an equal part of the width.
///
/// # Shapes
/// `query: [.., queries, width]`, `key` and `value: [.., keys, width]` → `[.., queries, width]`.
/// The first axis is the batch. `in_proj_weight: [3 · width, width]`, `in_proj_bias: [3 · width]`,
/// `out_proj.weight: [width, width]`, `out_proj.bias: [width]`.
///
/// # Formula
/// `y = out_proj(scaled_dot_product_attention(q, k, v))`, with the attention computed per head.
/// `q`, `k` and `v` are the projections of `query`, `key` and `value`. Each projection uses one
/// third of `in_proj_weight` and of `in_proj_bias`. `in_proj_weight` is initialised uniformly over
/// ±√(6 / (4 · width)), and `out_proj.weight` uniformly over ±1/√width. Biases are initialised to
/// 0.
///
/// # Source
/// Vaswani et al. 2017; PyTorch's `nn.MultiheadAttention` with `batch_first=True`, and with the
/// same names and initialisation. [`forward`](Self::forward) returns the output only;
/// [`forward_with_weights`](Self::forward_with_weights) also returns the attention weights.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let layer = MultiheadAttention::new(32, 4);
/// let x = Tensor::zeros(&[2, 10, 32]);
/// // Self-attention: each token attends to itself and to the tokens before it.
/// assert_eq!(layer.forward(&x, &x, &x, &Attention::new().causal()).shape(), [2, 10, 32]);
/// // Cross-attention: each token of `x` attends to all tokens of `memory`.
/// let memory = Tensor::zeros(&[2, 7, 32]);
/// assert_eq!(layer.forward(&x, &memory, &memory, &Attention::new()).shape(), [2, 10, 32]);
/// ```
pub struct MultiheadAttention {
    /// The weight of the input projections, `[3 · width, width]`. Queries, keys and values use one
    /// third of the rows each.
    pub in_proj_weight: Parameter,
    /// The bias of the input projections, `[3 · width]`.
    pub in_proj_bias: Option<Parameter>,
    /// The projection of the concatenated outputs of the heads.
    pub out_proj: Linear,
    heads: usize,
    rotary: Option<Rotary>,
    dropout: Dropout,
}

impl MultiheadAttention {
    /// A layer with `heads` heads, which split the width evenly.
    ///
    /// # Panics
    /// If the width is not a multiple of the number of heads, or if the size of the parameters
    /// overflows or exceeds memory.
    #[track_caller]
    pub fn new(width: usize, heads: usize) -> Self {
        assert!(
            heads > 0 && width.is_multiple_of(heads),
            "MultiheadAttention: {heads} heads cannot share a width of {width} evenly"
        );
        let rows = product("MultiheadAttention: the rows of its projection", &[3, width]);
        let in_proj_weight = Parameter::filled(&[rows, width], 0.0);
        init::xavier_uniform(&in_proj_weight, 1.0);
        let out_proj = Linear::new(width, width);
        if let Some(bias) = &out_proj.bias {
            init::constant(bias, 0.0);
        }
        let in_proj_bias = Some(Parameter::filled(&[rows], 0.0));
        Self { in_proj_weight, in_proj_bias, out_proj, heads, rotary: None, dropout: Dropout::new(0.0) }
    }

    /// Sets the dropout probability `p` of the attention weights, in [0, 1], in training. With
    /// dropout, memory is quadratic in the lengths of the sequences.
    ///
    /// # Panics
    /// If `p` is out of range.
    #[track_caller]
    pub fn dropout(self, p: Scalar) -> Self {
        Self { dropout: Dropout::new(p), ..self }
    }

    /// Rotates queries and keys by their positions, which start at 0, or at the length of the
    /// [cache](KeyValueCache).
    ///
    /// # Panics
    /// If the width of `rotary` is not that of a head.
    #[track_caller]
    pub fn rotary(self, rotary: Rotary) -> Self {
        let width = self.in_proj_weight.shape()[1] / self.heads;
        assert!(
            rotary.width() == width,
            "MultiheadAttention: the width {} of `rotary` must be the width {width} of a head",
            rotary.width()
        );
        Self { rotary: Some(rotary), ..self }
    }

    /// The same layer without biases.
    pub fn no_bias(self) -> Self {
        Self { in_proj_bias: None, out_proj: self.out_proj.no_bias(), ..self }
    }

    /// Applies the layer; pass one tensor three times for self-attention.
    ///
    /// A mask broadcasts to `[.., heads, queries, keys]`.
    ///
    /// # Panics
    /// If the shapes are incompatible.
    #[track_caller]
    pub fn forward(&self, query: &Tensor, key: &Tensor, value: &Tensor, options: &Attention) -> Tensor {
        self.check([query, key, value]);
        let options = &self.with_dropout(options);
        let width = self.in_proj_weight.shape()[1];
        let attended = if self.rotary.is_some() {
            let [q, k, v] = self.projected([query, key, value], 0);
            options.packed_each(&q, &k, &v, self.heads)
        } else if query.is_same(key) && key.is_same(value) {
            options.packed(&self.project(query, 0..3 * width), self.heads)
        } else if key.is_same(value) {
            let (q, kv) = (self.project(query, 0..width), self.project(key, width..3 * width));
            options.packed_pair(&q, &kv, self.heads)
        } else {
            let [q, k, v] = self.projected([query, key, value], 0);
            options.packed_each(&q, &k, &v, self.heads)
        };
        trace::output(self, self.out_proj.forward(&attended))
    }

    /// As [`forward`](Self::forward). Also returns the attention weights of each head,
    /// `[.., heads, queries, keys]`, after dropout. PyTorch's default, the mean over the heads, is
    /// `weights.mean_axis(-3)`.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let (layer, x) = (MultiheadAttention::new(8, 2), Tensor::randn(&[3, 5, 8]));
    /// let (output, weights) = layer.forward_with_weights(&x, &x, &x, &Attention::new());
    /// assert_eq!((output.shape(), weights.shape()), (&[3, 5, 8][..], &[3, 2, 5, 5][..]));
    /// ```
    #[track_caller]
    pub fn forward_with_weights(
        &self,
        query: &Tensor,
        key: &Tensor,
        value: &Tensor,
        options: &Attention,
    ) -> (Tensor, Tensor) {
        self.check([query, key, value]);
        let inputs = self.projected([query, key, value], 0);
        let (attended, weights) = self.with_dropout(options).stored(inputs.each_ref(), self.heads);
        (trace::output(self, self.out_proj.forward(&attended)), weights)
    }

    /// Causal self-attention of new tokens of a sequence, which attend to themselves and to all earlier
    /// tokens. `cache` contains the keys and values of the earlier tokens, and receives those of the new
    /// tokens.
    ///
    /// Calls on consecutive parts of a sequence compute the same as [`forward`](Self::forward) with
    /// [`Attention::causal`] on the whole sequence, without computing earlier keys and values again.
    /// Gradients do not flow to earlier calls.
    ///
    /// # Panics
    /// If the shape of `x` is incompatible with the layer or with the earlier tokens.
    ///
    /// # Example
    /// ```
    /// use training_loop::nn::KeyValueCache;
    /// use training_loop::prelude::*;
    ///
    /// let (layer, x) = (MultiheadAttention::new(8, 2), Tensor::randn(&[3, 5, 8]));
    /// let mut cache = KeyValueCache::new();
    /// let first = layer.forward_cached(&x.slice(1, 0..4), &mut cache);
    /// let last = layer.forward_cached(&x.slice(1, 4..5), &mut cache);
    /// assert_eq!((first.shape(), last.shape(), cache.len()), (&[3, 4, 8][..], &[3, 1, 8][..], 5));
    /// ```
    #[track_caller]
    pub fn forward_cached(&self, x: &Tensor, cache: &mut KeyValueCache) -> Tensor {
        self.check([x, x, x]);
        let (before, time) = (cache.len(), x.shape()[x.rank() - 2]);
        let [q, k, v] = self.projected([x, x, x], before);
        let [k, v] = cache.extend(k, v);
        let options = match (before, time) {
            (0, _) => Attention::new().causal(),
            (_, 1) => Attention::new(),
            _ => {
                Attention::new().mask(&Tensor::from(Array::from_shape_fn(vec![time, before + time], |at| {
                    if at[1] > before + at[0] { Scalar::NEG_INFINITY } else { 0.0 }
                })))
            }
        };
        let attended = self.with_dropout(&options).packed_each(&q, &k, &v, self.heads);
        trace::output(self, self.out_proj.forward(&attended))
    }

    /// The number of heads.
    pub(super) fn heads(&self) -> usize {
        self.heads
    }

    /// The options, with the dropout of the layer in training.
    fn with_dropout(&self, options: &Attention) -> Attention {
        let p = self.dropout.active();
        if p > 0.0 { options.clone().dropout(p) } else { options.clone() }
    }

    /// The projections of query, key and value. Queries and keys are rotated if the layer has rotary
    /// positions; `start` is the position of the first token.
    #[track_caller]
    fn projected(&self, [query, key, value]: [&Tensor; 3], start: usize) -> [Tensor; 3] {
        let width = self.in_proj_weight.shape()[1];
        let (q, k) = (self.project(query, 0..width), self.project(key, width..2 * width));
        let v = self.project(value, 2 * width..3 * width);
        match self.rotary {
            Some(rotary) => [rotary.apply(&q, start), rotary.apply(&k, start), v],
            None => [q, k, v],
        }
    }

    /// Multiplies `x` by the rows `rows` of `in_proj_weight`, and adds the elements `rows` of
    /// `in_proj_bias`.
    #[track_caller]
    fn project(&self, x: &Tensor, rows: std::ops::Range<usize>) -> Tensor {
        let (weight, bias) =
            (self.in_proj_weight.tensor(), self.in_proj_bias.as_ref().map(Parameter::tensor));
        if rows.len() == weight.shape()[0] {
            return linear(x, &weight, bias.as_ref());
        }
        let weight = weight.slice(0, rows.clone());
        match bias {
            Some(bias) => linear(x, &weight, Some(&bias.slice(0, rows))),
            None => linear(x, &weight, None),
        }
    }

    #[track_caller]
    fn check(&self, inputs: [&Tensor; 3]) {
        let width = self.in_proj_weight.shape()[1];
        let [query, key, value] = inputs.map(Tensor::shape);
        let leads = inputs.map(|input| input.shape().split_last_chunk::<2>());
        let fits = match leads {
            [Some((lead, q)), Some((k_lead, k)), Some((v_lead, v))] => {
                lead == k_lead && lead == v_lead && [q[1], k[1], v[1]] == [width; 3] && k[0] == v[0]
            }
            _ => false,
        };
        assert!(
            fits,
            "{}: query {query:?}, key {key:?} and value {value:?} must be [.., time, {width}] with the \
             same leading axes, and keys and values of one length",
            InLayer::with("MultiheadAttention", &self.in_proj_weight)
        );
    }
}

impl Module for MultiheadAttention {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.in_proj_weight.visit_field("in_proj_weight", visitor);
        self.in_proj_bias.visit_field("in_proj_bias", visitor);
        self.out_proj.visit_field("out_proj", visitor);
        self.dropout.visit(visitor);
    }
}

impl fmt::Debug for MultiheadAttention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (width, heads) = (self.in_proj_weight.shape()[1], self.heads);
        let parts = [
            Some(width.to_string()),
            Some(format!("{heads} heads")),
            when(self.in_proj_bias.is_none(), "no bias"),
            when(self.rotary.is_some(), "rotary"),
            when(self.dropout.p() > 0.0, &format!("dropout {}", self.dropout.p())),
        ];
        line(f, "MultiheadAttention", parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_two_or_three_tensors_are_projected_alike() {
        let layer = MultiheadAttention::new(6, 2);
        let x = Tensor::from(ndarray::Array3::from_shape_fn((2, 5, 6), |(b, t, c)| {
            ((7 * b + 3 * t + c) % 5) as crate::Scalar
        }));
        let copy = || Tensor::from(x.view());
        let options = Attention::new().causal();
        let one = layer.forward(&x, &x, &x, &options);
        let other = copy();
        for others in
            [layer.forward(&x, &other, &other, &options), layer.forward(&x, &copy(), &other, &options)]
        {
            assert!(one.as_slice().iter().zip(others.as_slice()).all(|(a, b)| (a - b).abs() < 1e-5));
        }
        let names: Vec<String> = layer.named_parameters().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"]);
        assert_eq!(layer.no_bias().parameters().len(), 2);
    }

    #[test]
    #[should_panic(expected = "3 heads cannot share a width of 8 evenly")]
    fn heads_that_do_not_fit_are_named() {
        let _ = MultiheadAttention::new(8, 3);
    }

    #[test]
    #[should_panic(expected = "query [2, 8], key [3, 6] and value [3, 6] must be [.., time, 8]")]
    fn another_width_is_named() {
        let other = Tensor::zeros(&[3, 6]);
        let _ =
            MultiheadAttention::new(8, 2).forward(&Tensor::zeros(&[2, 8]), &other, &other, &Attention::new());
    }

    #[test]
    fn a_cache_gives_the_outputs_of_the_whole_sequence() {
        for rotary in [false, true] {
            let layer = MultiheadAttention::new(8, 2);
            let layer = if rotary { layer.rotary(Rotary::new(4)) } else { layer };
            let x = Tensor::randn(&[2, 7, 8]);
            let whole = layer.forward(&x, &x, &x, &Attention::new().causal());
            let mut cache = KeyValueCache::new();
            let mut parts = Vec::new();
            for range in [0..3, 3..4, 4..4, 4..7] {
                parts.push(layer.forward_cached(&x.slice(1, range), &mut cache));
            }
            let parts = crate::cat(&parts.iter().collect::<Vec<_>>(), 1);
            assert!(parts.as_slice().iter().zip(whole.as_slice()).all(|(a, b)| (a - b).abs() < 1e-5));
            assert_eq!(cache.len(), 7);
        }
    }

    #[test]
    fn rotated_attention_depends_on_distances_only() {
        let layer = MultiheadAttention::new(4, 1).rotary(Rotary::new(4));
        let (a, b) = (Tensor::randn(&[1, 4]), Tensor::randn(&[1, 4]));
        let weights = |x: &Tensor| layer.forward_with_weights(x, x, x, &Attention::new()).1;
        let early = weights(&crate::cat(&[&a, &b, &a, &b], 0));
        // Tokens 2 and 3 repeat tokens 0 and 1. The test compares ratios of weights, because each row has its
        // own softmax denominator.
        let ratio = |row: usize, one: usize, other: usize| {
            early.as_slice()[4 * row + one] / early.as_slice()[4 * row + other]
        };
        assert!((ratio(0, 0, 1) - ratio(2, 2, 3)).abs() < 1e-4 * ratio(0, 0, 1));
        assert!((ratio(0, 0, 2) - 1.0).abs() > 1e-6);
    }

    #[test]
    fn dropout_is_for_training() {
        crate::seed(5);
        let (layer, x) = (MultiheadAttention::new(8, 2).dropout(0.5), Tensor::randn(&[2, 5, 8]));
        let output = || layer.forward(&x, &x, &x, &Attention::new()).to_array();
        assert_ne!(output(), output());
        layer.eval();
        let (plain, copy) = (output(), Tensor::from(x.view()));
        assert_eq!(plain, output());
        let (stored, weights) = layer.forward_with_weights(&x, &copy, &copy, &Attention::new());
        assert!(stored.as_slice().iter().zip(&plain).all(|(a, b)| (a - b).abs() < 1e-5));
        assert!(weights.sum_axis(-1).as_slice().iter().all(|sum| (sum - 1.0).abs() < 1e-5));
    }

    #[test]
    #[should_panic(expected = "the width 8 of `rotary` must be the width 4 of a head")]
    fn another_rotation_is_named() {
        let _ = MultiheadAttention::new(8, 2).rotary(Rotary::new(8));
    }
}
