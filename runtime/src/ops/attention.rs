//! Scaled dot-product attention.

use super::attention_weights::mask_place;
use crate::autograd::record;
use crate::broadcast::needs;
use crate::gradcheck::Case;
use crate::kernel::attention::{Place, Plan, Saved, backward, forward};
use crate::shape::{Shape, product};
use crate::storage::Buffer;
use crate::value::Value;
use crate::{Scalar, Tensor};

/// For each query, returns an average of the values, weighted by how well their keys match the query.
///
/// # Shapes
/// `q: [.., queries, width]`, `k: [.., keys, width]`, `v: [.., keys, values]` → `[.., queries, values]`. All
/// leading axes must be equal, for example `[batch, heads]`. There may be none.
///
/// # Formula
/// `p = softmax(scale · q kᵀ + mask)` along the keys, `y = p v`. With `ds = p (g vᵀ - Σ g y)`:
/// `dq = scale · ds k`, `dk = scale · dsᵀ q`, `dv = pᵀ g`. The score matrix is never stored as a
/// whole: memory is linear in the lengths.
///
/// # Panics
/// If the shapes do not fit, or if the mask requires a gradient.
///
/// # Source
/// Vaswani et al. 2017; PyTorch's `F.scaled_dot_product_attention`. A mask and `causal` may be combined here.
///
/// # Example
/// ```
/// use training_loop::{Attention, Tensor, scaled_dot_product_attention};
///
/// let (q, k) = (Tensor::ones(&[2, 4, 10, 8]), Tensor::ones(&[2, 4, 12, 8]));
/// let y = scaled_dot_product_attention(&q, &k, &k, &Attention::new());
/// assert_eq!(y.shape(), [2, 4, 10, 8]);
/// ```
#[track_caller]
pub fn scaled_dot_product_attention(q: &Tensor, k: &Tensor, v: &Tensor, options: &Attention) -> Tensor {
    let ([lead @ .., queries, width], [k_lead @ .., keys, k_width], [v_lead @ .., v_keys, values]) =
        (q.shape(), k.shape(), v.shape())
    else {
        panic!(
            "attention: queries, keys and values need at least two axes [.., time, width], and their shapes are {:?}, \
             {:?} and {:?}",
            q.shape(),
            k.shape(),
            v.shape()
        );
    };
    assert!(
        lead == k_lead && lead == v_lead && width == k_width && keys == v_keys,
        "attention: queries {:?}, keys {:?} and values {:?} do not fit: all leading axes must be equal, queries and \
         keys of one width, and keys and values of one length",
        q.shape(),
        k.shape(),
        v.shape()
    );
    if options.dropout > 0.0 {
        return options.composed([q, k, v]).0;
    }
    let sizes = Sizes { lead, heads: None, queries: *queries, keys: *keys, width: *width, values: *values };
    let places = [*width, *width, *values].map(|row| Place { start: 0, row });
    options.attend(&sizes, [q, k, v], [0, 1, 2], places)
}

/// The options of attention: a causal mask, the scale of the scores, an additive mask, and dropout.
///
/// # Example
/// ```
/// use training_loop::{Attention, Tensor, scaled_dot_product_attention};
///
/// let x = Tensor::from([[1.0, 0.0], [0.0, 1.0]]);
/// let y = scaled_dot_product_attention(&x, &x, &x, &Attention::new().causal());
/// assert_eq!(y.as_slice()[..2], [1.0, 0.0]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Attention {
    pub(super) causal: bool,
    pub(super) scale: Option<Scalar>,
    pub(super) mask: Option<Tensor>,
    pub(super) dropout: Scalar,
}

/// The sizes of the queries, keys and values.
struct Sizes<'a> {
    lead: &'a [usize],
    /// The number of heads in each packed row; `None` if the heads are a leading axis instead.
    heads: Option<usize>,
    queries: usize,
    keys: usize,
    /// The width of one head's queries and keys, and the width of its values.
    width: usize,
    values: usize,
}

impl Attention {
    /// Default options: every query attends to every key, and scores are scaled by `1 / √width`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets query `i` attend to keys `0..=i` only. Query 0 is aligned with key 0, even if the
    /// number of queries differs from the number of keys.
    pub fn causal(self) -> Self {
        Self { causal: true, ..self }
    }

    /// Scales the scores by `scale` instead of `1 / √width`.
    pub fn scale(self, scale: Scalar) -> Self {
        Self { scale: Some(scale), ..self }
    }

    /// Adds `mask` to the scores. Minus infinity hides a key from a query.
    ///
    /// The output of a query without visible keys is zero.
    ///
    /// # Shapes
    /// Any shape that broadcasts to `[.., queries, keys]`, where `..` are the leading axes of the
    /// queries. For packed heads the leading axes are `[batch, heads]`. A mask of shape
    /// `[batch, 1, 1, keys]` can hide the padding of each sample.
    pub fn mask(self, mask: &Tensor) -> Self {
        Self { mask: Some(mask.clone()), ..self }
    }

    /// Zeroes each weight with probability `p`, in [0, 1], and scales the others up, in training and in
    /// evaluation, as [`Tensor::dropout`] does. With dropout the weights are stored, so that memory is
    /// quadratic in the lengths.
    ///
    /// # Panics
    /// If `p` is out of range.
    #[track_caller]
    pub fn dropout(self, p: Scalar) -> Self {
        assert!((0.0..=1.0).contains(&p), "attention: the probability {p} of dropout is not in [0, 1]");
        Self { dropout: p, ..self }
    }

    /// Self-attention within each sequence. The tensor `qkv` contains the queries, keys and values
    /// of all heads.
    ///
    /// Heads are read in place, and their outputs are adjacent, so no data is permuted.
    ///
    /// # Shapes
    /// `qkv: [.., time, 3 · width]` → `[.., time, width]`. A row of `qkv` contains the queries of
    /// all heads, then their keys, then their values.
    ///
    /// # Formula
    /// As in [`scaled_dot_product_attention`], applied to the columns of each head.
    ///
    /// # Panics
    /// If the last axis of `qkv` is not three times a multiple of `heads`.
    ///
    /// # Example
    /// ```
    /// use training_loop::{Attention, Tensor};
    ///
    /// let qkv = Tensor::ones(&[2, 10, 3 * 32]);
    /// assert_eq!(Attention::new().causal().packed(&qkv, 4).shape(), [2, 10, 32]);
    /// ```
    #[track_caller]
    pub fn packed(&self, qkv: &Tensor, heads: usize) -> Tensor {
        let [lead @ .., time, row] = qkv.shape() else {
            panic!("attention: the packed projection must be [.., time, 3 · width], and its shape is {:?}", qkv.shape());
        };
        let thirds = product("attention: the widths of the heads", &[3, heads]);
        assert!(
            heads > 0 && row % thirds == 0,
            "attention: the last axis of the packed projection {:?} must be three times a multiple of its {heads} heads",
            qkv.shape()
        );
        let (all, width) = (row / 3, row / 3 / heads);
        if self.dropout > 0.0 {
            let parts = [0, 1, 2].map(|part| qkv.slice(-1, part * all..(part + 1) * all));
            return self.stored(parts.each_ref(), heads).0;
        }
        let sizes = Sizes { lead, heads: Some(heads), queries: *time, keys: *time, width, values: width };
        self.attend(&sizes, [qkv], [0; 3], [0, all, 2 * all].map(|start| Place { start, row: *row }))
    }

    /// As [`packed`](Self::packed), but the queries come from one sequence, and the keys and values
    /// from another: `q: [.., queries, width]`, `kv: [.., keys, 2 · width]`.
    #[track_caller]
    pub(crate) fn packed_pair(&self, q: &Tensor, kv: &Tensor, heads: usize) -> Tensor {
        let ([lead @ .., queries, all], [.., keys, row]) = (q.shape(), kv.shape()) else {
            unreachable!("the layer has checked the shapes")
        };
        if self.dropout > 0.0 {
            let [k, v] = [0, 1].map(|part| kv.slice(-1, part * all..(part + 1) * all));
            return self.stored([q, &k, &v], heads).0;
        }
        let width = all / heads;
        let sizes = Sizes { lead, heads: Some(heads), queries: *queries, keys: *keys, width, values: width };
        let place = |start, row| Place { start, row };
        self.attend(&sizes, [q, kv], [0, 1, 1], [place(0, *all), place(0, *row), place(*all, *row)])
    }

    /// As [`packed`](Self::packed), but queries, keys and values of all heads are separate tensors.
    #[track_caller]
    pub(crate) fn packed_each(&self, q: &Tensor, k: &Tensor, v: &Tensor, heads: usize) -> Tensor {
        let ([lead @ .., queries, all], [.., keys, _]) = (q.shape(), k.shape()) else {
            unreachable!("the layer has checked the shapes")
        };
        if self.dropout > 0.0 {
            return self.stored([q, k, v], heads).0;
        }
        let width = all / heads;
        let sizes = Sizes { lead, heads: Some(heads), queries: *queries, keys: *keys, width, values: width };
        self.attend(&sizes, [q, k, v], [0, 1, 2], [Place { start: 0, row: *all }; 3])
    }

    /// Computes the attention. Queries, keys and values are in `inputs[slots[0]]`, `inputs[slots[1]]` and
    /// `inputs[slots[2]]`, with the layouts `places`.
    #[track_caller]
    fn attend<const N: usize>(
        &self,
        sizes: &Sizes<'_>,
        inputs: [&Tensor; N],
        slots: [usize; 3],
        places: [Place; 3],
    ) -> Tensor {
        let plan = self.plan(sizes, places);
        let values = inputs.map(|input| input.value().clone());
        let mask = self.mask.as_ref().map(|mask| mask.value().clone());
        // No sum or product below or in the kernel is larger than the largest of these sizes.
        let row = product("attention: the numbers of a row", &[plan.heads, sizes.values]);
        let shape = Shape::new(&[sizes.lead, &[sizes.queries, row]].concat());
        Shape::new(&[sizes.lead, &[plan.heads, sizes.queries, 2]].concat());
        Shape::new(&[sizes.lead, &[plan.heads, sizes.keys]].concat());
        let mut stats = Buffer::stale(2 * plan.pairs() * plan.queries);
        let output = Value::build(shape, |y| {
            let sides = slots.map(|slot| values[slot].as_slice());
            forward(&plan, sides, mask.as_ref().map(Value::as_slice), y, stats.as_mut_slice());
        });
        let needs = needs(inputs);
        let kept = output.clone();
        record(output, inputs, move |gradient| {
            let saved = Saved {
                sides: slots.map(|slot| values[slot].as_slice()),
                mask: mask.as_ref().map(Value::as_slice),
                output: kept.as_slice(),
                stats: stats.as_slice(),
            };
            let mut gradients: [Buffer; N] =
                std::array::from_fn(|i| Buffer::stale(if needs[i] { values[i].len() } else { 0 }));
            let wanted = slots.map(|slot| needs[slot].then_some(slot));
            backward(&plan, &saved, gradient.as_slice(), gradients.each_mut().map(Buffer::as_mut_slice), wanted);
            let mut index = 0;
            gradients.map(|gradient| {
                index += 1;
                needs[index - 1].then(|| Value::new(values[index - 1].shape().clone(), gradient))
            })
        })
    }

    #[track_caller]
    fn plan(&self, sizes: &Sizes<'_>, places: [Place; 3]) -> Plan {
        let &Sizes { lead, heads, queries, keys, width, values } = sizes;
        let matrices: Vec<usize> = lead.iter().copied().chain(heads).collect();
        let mask = mask_place(self.mask.as_ref(), &matrices, queries, keys);
        let scale = self.scale.unwrap_or(1.0 / (width as Scalar).sqrt());
        let (batches, heads) = (lead.iter().product(), heads.unwrap_or(1));
        Plan { batches, heads, queries, keys, width, values, causal: self.causal, scale, places, mask }
    }
}

fn some_mask(shape: &[usize]) -> Tensor {
    let mut count = 0;
    Tensor::from(crate::Array::from_shape_simple_fn(shape.to_vec(), || {
        count += 1;
        // Hides every fifth score and shifts the others unevenly.
        if count % 5 == 0 { Scalar::NEG_INFINITY } else { 0.3 * (count % 4) as Scalar }
    }))
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        &[
            &[&[3, 4], &[5, 4], &[5, 2]],
            &[&[2, 3, 4], &[2, 3, 4], &[2, 3, 4]],
            &[&[2, 1, 1, 1], &[2, 1, 1, 1], &[2, 1, 1, 1]],
            &[&[70, 3], &[67, 3], &[67, 2]],
            &[&[0, 3], &[2, 3], &[2, 2]],
            &[&[2, 3], &[0, 3], &[0, 2]],
            &[&[2, 0], &[3, 0], &[3, 2]],
            &[&[0, 2, 2], &[0, 3, 2], &[0, 3, 2]],
        ],
        |x| scaled_dot_product_attention(&x[0], &x[1], &x[2], &Attention::new()),
    ),
    Case::new(
        &[
            &[&[5, 4], &[3, 4], &[3, 2]],
            &[&[3, 4], &[5, 4], &[5, 2]],
            &[&[70, 2], &[131, 2], &[131, 2]],
            &[&[131, 2], &[70, 2], &[70, 2]],
        ],
        |x| scaled_dot_product_attention(&x[0], &x[1], &x[2], &Attention::new().causal().scale(0.4)),
    ),
    Case::new(&[&[&[2, 3, 6, 2], &[2, 3, 7, 2], &[2, 3, 7, 3]]], |x| {
        let options = Attention::new().mask(&some_mask(&[3, 6, 7]));
        scaled_dot_product_attention(&x[0], &x[1], &x[2], &options.causal())
    }),
    Case::new(&[&[&[2, 3, 6, 2], &[2, 3, 7, 2], &[2, 3, 7, 3]]], |x| {
        scaled_dot_product_attention(&x[0], &x[1], &x[2], &Attention::new().mask(&some_mask(&[2, 1, 6, 1])))
    }),
    Case::new(&[&[&[2, 5, 18]], &[&[7, 6]], &[&[1, 1, 3]], &[&[2, 0, 6]]], |x| {
        Attention::new().causal().packed(&x[0], if x[0].shape()[x[0].rank() - 1] % 2 == 0 { 2 } else { 1 })
    }),
    Case::new(&[&[&[2, 3, 4], &[2, 5, 8]]], |x| {
        Attention::new().mask(&some_mask(&[2, 1, 1, 5])).packed_pair(&x[0], &x[1], 2)
    }),
    Case::new(&[&[&[3, 4], &[5, 4], &[5, 4]]], |x| Attention::new().packed_each(&x[0], &x[1], &x[2], 2)),
];

#[cfg(test)]
mod tests {
    use super::{Attention, scaled_dot_product_attention};
    use crate::{Array, Scalar, Tensor};

    fn numbers(shape: &[usize], seed: usize) -> Tensor {
        let mut i = seed * 104_729;
        Tensor::from(Array::from_shape_simple_fn(shape.to_vec(), || {
            i += 7919;
            (i % 1999) as Scalar / 500.0 - 2.0
        }))
    }

    #[test]
    fn long_sequences_are_the_plain_formula() {
        for (queries, keys, causal) in [(300, 190, false), (300, 190, true), (150, 400, true), (64, 64, true)] {
            let (q, k, v) = (numbers(&[2, queries, 5], 1), numbers(&[2, keys, 5], 2), numbers(&[2, keys, 3], 3));
            let hidden = Array::from_shape_fn(vec![queries, keys], |at| {
                if causal && at[1] > at[0] { Scalar::NEG_INFINITY } else { 0.0 }
            });
            let scores = q.matmul(&k.transpose(1, 2)) * 0.7 + Tensor::from(hidden);
            let plain = scores.softmax(2).matmul(&v);
            let options = Attention::new().scale(0.7);
            let options = if causal { options.causal() } else { options };
            let ours = scaled_dot_product_attention(&q, &k, &v, &options);
            for (ours, plain) in ours.as_slice().iter().zip(plain.as_slice()) {
                assert!((ours - plain).abs() < 1e-5, "{ours} is not {plain}");
            }
        }
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let run = |threads| {
            crate::set_num_threads(threads);
            let x = crate::Parameter::new(numbers(&[3, 300, 3 * 20], 7).view());
            let y = Attention::new().causal().packed(&x.tensor(), 2);
            (&y * &y).sum().backward();
            (y.as_slice().to_vec(), x.grad())
        };
        let before = crate::num_threads();
        let results = [1, 2, 3].map(run);
        crate::set_num_threads(before);
        assert!(results.iter().all(|result| *result == results[0]));
    }

    #[test]
    fn a_query_that_sees_no_key_gets_zeros() {
        let mask = Tensor::from(ndarray::arr2(&[[0.0, 0.0], [Scalar::NEG_INFINITY; 2]]));
        let x = crate::Parameter::new(ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]));
        let y = scaled_dot_product_attention(&x.tensor(), &x.tensor(), &x.tensor(), &Attention::new().mask(&mask));
        assert_eq!(y.as_slice()[2..], [0.0, 0.0]);
        y.sum().backward();
        assert!(x.grad().unwrap().iter().all(|g| g.is_finite()));
    }

    #[test]
    fn large_scores_do_not_overflow() {
        let x = Tensor::from(ndarray::arr2(&[[1000.0, 0.0], [0.0, 1000.0]]));
        let y = scaled_dot_product_attention(&x, &x, &x, &Attention::new());
        assert_eq!(y.as_slice(), x.as_slice());
    }

    #[test]
    #[should_panic(expected = "queries [2, 3, 4], keys [2, 5, 3] and values [2, 5, 4] do not fit")]
    fn other_widths_are_named() {
        let (q, k, v) = (Tensor::zeros(&[2, 3, 4]), Tensor::zeros(&[2, 5, 3]), Tensor::zeros(&[2, 5, 4]));
        let _ = scaled_dot_product_attention(&q, &k, &v, &Attention::new());
    }

    #[test]
    #[should_panic(expected = "the mask [3, 4] does not broadcast to the scores [2, 4, 4]")]
    fn another_mask_is_named() {
        let x = Tensor::zeros(&[2, 4, 3]);
        let _ = scaled_dot_product_attention(&x, &x, &x, &Attention::new().mask(&Tensor::zeros(&[3, 4])));
    }

    #[test]
    #[should_panic(expected = "the packed projection [2, 10] must be three times a multiple of its 3 heads")]
    fn another_width_of_the_projection_is_named() {
        let _ = Attention::new().packed(&Tensor::zeros(&[2, 10]), 3);
    }
}
