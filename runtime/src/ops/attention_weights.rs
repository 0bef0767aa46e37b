//! Attention with stored weights, for dropout of the weights and for their inspection.

use super::attention::Attention;
use crate::gradcheck::Case;
use crate::kernel::attention::MaskPlace;
use crate::shape::Shape;
use crate::{Array, Scalar, Tensor};

impl Attention {
    /// The attention weights of each query over the keys.
    ///
    /// # Shapes
    /// `q: [.., queries, width]`, `k: [.., keys, width]` → `[.., queries, keys]`. All leading axes must be
    /// equal.
    ///
    /// # Formula
    /// `softmax(scale · q kᵀ + mask)` along the keys, then dropout if it is set. The weights of a query
    /// without visible keys are zero.
    ///
    /// # Panics
    /// If the shapes do not fit, or if the mask requires a gradient.
    ///
    /// # Example
    /// ```
    /// use training_loop::{Attention, Tensor};
    ///
    /// let x = Tensor::zeros(&[2, 2]);
    /// assert_eq!(Attention::new().causal().weights(&x, &x).as_slice(), [1.0, 0.0, 0.5, 0.5]);
    /// ```
    #[track_caller]
    pub fn weights(&self, q: &Tensor, k: &Tensor) -> Tensor {
        let fits = match (q.shape(), k.shape()) {
            ([lead @ .., _, width], [k_lead @ .., _, k_width]) => lead == k_lead && width == k_width,
            _ => false,
        };
        assert!(
            fits,
            "attention: queries {:?} and keys {:?} must be [.., time, width] with the same leading axes and width",
            q.shape(),
            k.shape()
        );
        let (lead, sizes) = q.shape().split_at(q.rank() - 2);
        let (queries, width, keys) = (sizes[0], sizes[1], k.shape()[k.rank() - 2]);
        let _ = mask_place(self.mask.as_ref(), lead, queries, keys);
        let scale = self.scale.unwrap_or(1.0 / (width as Scalar).sqrt());
        let scores = q.matmul(&k.transpose(-2, -1)) * scale;
        let (scores, visible) = self.masked(scores, queries, keys);
        let weights = scores.softmax(-1);
        let weights = if let Some(visible) = visible { weights * visible } else { weights };
        if self.dropout > 0.0 { weights.dropout(self.dropout) } else { weights }
    }

    /// Adds the masks to the scores. If a query may have no visible key, also returns a factor of 1 or 0 for
    /// each query. The scores of a query without visible keys stay finite.
    #[track_caller]
    fn masked(&self, scores: Tensor, queries: usize, keys: usize) -> (Tensor, Option<Tensor>) {
        if queries == 0 || keys == 0 {
            return (scores, None);
        }
        let causal = self.causal.then(|| {
            Tensor::from(Array::from_shape_fn(vec![queries, keys], |at| {
                if at[1] > at[0] { Scalar::NEG_INFINITY } else { 0.0 }
            }))
        });
        let all = match (&self.mask, causal) {
            (Some(mask), Some(causal)) => mask + causal,
            (Some(mask), None) => mask.clone(),
            // Every query can attend to the first key.
            (None, Some(causal)) => return (scores + causal, None),
            (None, None) => return (scores, None),
        };
        // A mask with fewer than two axes is the same for all queries.
        let all = if all.rank() == 0 { all.reshape(&[1]) } else { all };
        let largest = all.max_axis(-1);
        let visible = largest.gt(Scalar::NEG_INFINITY).reshape(&[largest.shape(), &[1]].concat());
        let shown = crate::select(&visible, &all, &Tensor::from(0.0));
        (scores + shown, Some(visible))
    }

    /// Attention over tensors `[.., time, width]`. Returns the output and the weights.
    #[track_caller]
    pub(super) fn composed(&self, [q, k, v]: [&Tensor; 3]) -> (Tensor, Tensor) {
        let weights = self.weights(q, k);
        (weights.matmul(v), weights)
    }

    /// Attention over tensors `[.., time, width]` that contain all heads. Returns the output
    /// `[.., queries, width]` and the weights `[.., heads, queries, keys]`.
    #[track_caller]
    pub(crate) fn stored(&self, inputs: [&Tensor; 3], heads: usize) -> (Tensor, Tensor) {
        let mut split = Vec::with_capacity(3);
        for input in inputs {
            let (lead, last) = input.shape().split_at(input.rank() - 2);
            let parts = input.reshape(&[lead, &[last[0], heads, last[1] / heads]].concat());
            split.push(parts.transpose(-3, -2));
        }
        let (output, weights) = self.composed([&split[0], &split[1], &split[2]]);
        let output = output.transpose(-3, -2);
        let (lead, last) = output.shape().split_at(output.rank() - 2);
        (output.reshape(&[lead, &[last[0] * last[1]]].concat()), weights)
    }
}

/// The layout of the mask, with one start offset per score matrix. `lead` contains the leading axes
/// of the scores, without the axes of the queries and keys.
#[track_caller]
pub(super) fn mask_place(mask: Option<&Tensor>, lead: &[usize], queries: usize, keys: usize) -> Option<MaskPlace> {
    let mask = mask?;
    assert!(
        !mask.requires_grad(),
        "attention: no gradient flows to the mask; `detach` it, or compute the attention with `matmul` and `softmax` \
         to learn it"
    );
    let mask = mask.shape();
    let wanted = [lead, &[queries, keys]].concat();
    let missing = wanted.len().checked_sub(mask.len());
    let fits = missing.is_some_and(|missing| {
        mask.iter().zip(&wanted[missing..]).all(|(&own, &length)| own == length || own == 1)
    });
    assert!(fits, "attention: the mask {mask:?} does not broadcast to the scores {wanted:?}");
    if queries == 0 || keys == 0 {
        // A list of all score matrices might exceed memory, and without scores no mask is needed.
        return None;
    }
    let own = [vec![1; missing.unwrap_or(0)], mask.to_vec()].concat();
    let strides = Shape::new(&own).strides();
    let step = |axis: usize| if own[axis] == 1 { 0 } else { strides[axis] };
    let mut starts = vec![0];
    for (axis, &length) in lead.iter().enumerate() {
        starts = starts.iter().flat_map(|start| (0..length).map(move |i| start + i * step(axis))).collect();
    }
    Some(MaskPlace { starts, row: step(lead.len()), column: step(lead.len() + 1) })
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4], &[5, 4]], &[&[2, 3, 4], &[2, 3, 4]], &[&[0, 3], &[2, 3]]], |x| {
        Attention::new().causal().scale(0.4).weights(&x[0], &x[1])
    }),
    Case::new(&[&[&[2, 3, 4], &[2, 5, 4], &[2, 5, 4]]], |x| Attention::new().stored([&x[0], &x[1], &x[2]], 2).0),
    Case::new(&[&[&[2, 4], &[2, 4]]], |x| {
        let mask = Tensor::from([[0.5, Scalar::NEG_INFINITY], [Scalar::NEG_INFINITY; 2]]);
        Attention::new().mask(&mask).weights(&x[0], &x[1])
    }),
];

#[cfg(test)]
mod tests {
    use super::Attention;
    use crate::{Parameter, Scalar, Tensor, scaled_dot_product_attention, seed};

    fn numbers(shape: &[usize], seed: usize) -> Tensor {
        let mut i = seed * 104_729;
        Tensor::from(crate::Array::from_shape_simple_fn(shape.to_vec(), || {
            i += 7919;
            (i % 1999) as Scalar / 500.0 - 2.0
        }))
    }

    #[test]
    fn stored_weights_give_the_output_of_the_kernel() {
        let (q, k) = (numbers(&[2, 5, 6], 1), numbers(&[2, 7, 6], 2));
        let v = numbers(&[2, 7, 6], 3);
        let mut hidden = numbers(&[2, 1, 5, 7], 4).to_array();
        hidden.mapv_inplace(|x| if x > 1.0 { Scalar::NEG_INFINITY } else { x });
        hidden.slice_mut(ndarray::s![0, .., 2, ..]).fill(Scalar::NEG_INFINITY);
        let hidden = Tensor::from(hidden);
        for options in [Attention::new(), Attention::new().causal(), Attention::new().causal().mask(&hidden)] {
            let fast = options.packed_each(&q, &k, &v, 2);
            let (slow, weights) = options.stored([&q, &k, &v], 2);
            assert!(fast.as_slice().iter().zip(slow.as_slice()).all(|(a, b)| (a - b).abs() < 1e-5));
            assert_eq!((slow.shape(), weights.shape()), (fast.shape(), &[2, 2, 5, 7][..]));
        }
    }

    #[test]
    fn dropout_scales_what_it_keeps() {
        seed(4);
        let (q, v) = (Tensor::zeros(&[1, 4]), Tensor::ones(&[1000, 4]));
        let y = scaled_dot_product_attention(&q, &Tensor::zeros(&[1000, 4]), &v, &Attention::new().dropout(0.25));
        assert!((y.as_slice()[0] - 1.0).abs() < 0.1 && y.as_slice()[0] != 1.0, "{y}");
        let all = scaled_dot_product_attention(&q, &q, &q, &Attention::new().dropout(1.0));
        assert_eq!(all.as_slice(), [0.0; 4]);
        let x = Parameter::new(numbers(&[4, 6], 5).view());
        Attention::new().dropout(0.5).packed(&x.tensor(), 1).sum().backward();
        assert!(x.grad().unwrap().iter().all(|g| g.is_finite()));
    }

    #[test]
    #[should_panic(expected = "the probability 1.5 of dropout is not in [0, 1]")]
    fn another_probability_is_refused() {
        let _ = Attention::new().dropout(1.5);
    }

    #[test]
    #[should_panic(expected = "queries [2, 3] and keys [2, 4] must be [.., time, width]")]
    fn other_widths_are_named() {
        let _ = Attention::new().weights(&Tensor::zeros(&[2, 3]), &Tensor::zeros(&[2, 4]));
    }
}
