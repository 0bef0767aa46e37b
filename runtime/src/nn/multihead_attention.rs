//! Multi-head attention with its projections.

use std::fmt;

use super::line::{line, when};
use super::{Field, Linear, Module, Visitor, init, trace};
use crate::shape::product;
use crate::{Attention, Parameter, Tensor, linear};

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
/// same names and initialisation. Only the output is returned, without the attention weights.
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
        Self { in_proj_weight, in_proj_bias, out_proj, heads }
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
        let width = self.in_proj_weight.shape()[1];
        let attended = if query.is_same(key) && key.is_same(value) {
            options.packed(&self.project(query, 0..3 * width), self.heads)
        } else if key.is_same(value) {
            let (q, kv) = (self.project(query, 0..width), self.project(key, width..3 * width));
            options.packed_pair(&q, &kv, self.heads)
        } else {
            let (q, k) = (self.project(query, 0..width), self.project(key, width..2 * width));
            options.packed_each(&q, &k, &self.project(value, 2 * width..3 * width), self.heads)
        };
        trace::output(self, self.out_proj.forward(&attended))
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
            "MultiheadAttention: query {query:?}, key {key:?} and value {value:?} must be [.., time, {width}] with the \
             same leading axes, and keys and values of one length"
        );
    }
}

impl Module for MultiheadAttention {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.in_proj_weight.visit_field("in_proj_weight", visitor);
        self.in_proj_bias.visit_field("in_proj_bias", visitor);
        self.out_proj.visit_field("out_proj", visitor);
    }
}

impl fmt::Debug for MultiheadAttention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (width, heads) = (self.in_proj_weight.shape()[1], self.heads);
        let parts = [
            Some(width.to_string()),
            Some(format!("{heads} heads")),
            when(self.in_proj_bias.is_none(), "no bias"),
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
}
