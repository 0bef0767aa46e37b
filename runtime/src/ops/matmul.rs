//! Matmul.

use crate::autograd::record;
use crate::broadcast::{self, needs};
use crate::gradcheck::Case;
use crate::kernel::{self, gemm::{transposed, plain, matmul}};
use crate::shape::Shape;
use crate::value::Value;
use crate::{Scalar, Tensor};

impl Tensor {
    /// The matmul of two matrices, or of two batches of matrices with broadcast leading axes.
    ///
    /// # Shapes
    /// `a: [.., m, k]`, `b: [.., k, n]` → `[.., m, n]`
    ///
    /// # Formula
    /// `y = a · b`; `da = g · bᵀ`, `db = aᵀ · g`, each summed over its broadcast axes.
    ///
    /// # Panics
    /// If either operand has fewer than two axes, if the inner lengths differ, or if the leading axes do not broadcast.
    #[track_caller]
    pub fn matmul(&self, other: &Self) -> Self {
        let (a, b) = (self.value().clone(), other.value().clone());
        let plan = Plan::new(a.shape(), b.shape());
        let output = plan.forward(&a, &b);
        let needs = needs([self, other]);
        record(output, [self, other], move |gradient| {
            [needs[0].then(|| plan.left(&gradient, &a, &b)), needs[1].then(|| plan.right(&gradient, &a, &b))]
        })
    }
}

/// The sizes of a batch of matmuls, and the pairs of matrices to multiply.
struct Plan {
    sizes: (usize, usize, usize),
    shape: Shape,
    /// For each matrix of the output, the index of its operand in the left batch and the index of
    /// its operand in the right batch.
    pairs: Vec<(usize, usize)>,
}

impl Plan {
    #[track_caller]
    fn new(a: &Shape, b: &Shape) -> Self {
        let ([a_lead @ .., m, k], [b_lead @ .., rows, n]) = (&a[..], &b[..]) else {
            panic!("matmul: both sides need at least two axes, and the shapes are {a:?} and {b:?}; `reshape` adds one");
        };
        assert!(
            k == rows,
            "matmul: the columns of the left side {a:?} must equal the rows of the right side {b:?}, and {k} is \
             not {rows}; `transpose` swaps the last two axes"
        );
        let (mut m, k, n) = (*m, *k, *n);
        let a_lead = Shape::new(a_lead);
        let b_lead = Shape::new(b_lead);
        let lead = broadcast::shape("matmul", &a_lead, &b_lead);
        let shape = Shape::new(&[&lead[..], &[m, n]].concat());
        let pairs = if m == 0 || n == 0 {
            // No matmul is computed, and a list of all pairs might exceed memory.
            Vec::new()
        } else if b_lead.count() == 1 && lead == a_lead {
            // With a single right-hand matrix the left-hand side is one tall matrix.
            m *= lead.count();
            vec![(0, 0)]
        } else {
            let (i, j) = (places(&a_lead, &lead), places(&b_lead, &lead));
            i.into_iter().zip(j).collect()
        };
        Self { sizes: (m, k, n), shape, pairs }
    }

    #[track_caller]
    fn forward(&self, a: &Value, b: &Value) -> Value {
        let (m, k, n) = self.sizes;
        Value::build(self.shape.clone(), |c| {
            self.each(c, m * n, |at, c| {
                let (i, j) = self.pairs[at];
                let a = plain(&a.as_slice()[i * m * k..][..m * k]);
                let b = plain(&b.as_slice()[j * k * n..][..k * n]);
                matmul(self.sizes, a, b, c, false);
            });
        })
    }

    #[track_caller]
    fn left(&self, gradient: &Value, a: &Value, b: &Value) -> Value {
        let (m, k, n) = self.sizes;
        let matrix = |at: usize, to: &mut [Scalar], add| {
            let g = plain(&gradient.as_slice()[at * m * n..][..m * n]);
            let b = transposed(&b.as_slice()[self.pairs[at].1 * k * n..][..k * n]);
            matmul((m, n, k), g, b, to, add);
        };
        self.backward(a, m * k, |at| self.pairs[at].0, matrix)
    }

    #[track_caller]
    fn right(&self, gradient: &Value, a: &Value, b: &Value) -> Value {
        let (m, k, n) = self.sizes;
        let matrix = |at: usize, to: &mut [Scalar], add| {
            let a = transposed(&a.as_slice()[self.pairs[at].0 * m * k..][..m * k]);
            let g = plain(&gradient.as_slice()[at * m * n..][..m * n]);
            matmul((k, m, n), a, g, to, add);
        };
        self.backward(b, k * n, |at| self.pairs[at].1, matrix)
    }

    /// The gradient of one operand, whose matrices have `size` elements each. The gradient of a
    /// matrix is the sum of the contributions of all pairs that contain the matrix. `place` maps a
    /// pair to the index of the operand's matrix, and `matrix` computes the gradient that one pair
    /// contributes.
    #[track_caller]
    fn backward(
        &self,
        side: &Value,
        size: usize,
        place: impl Fn(usize) -> usize,
        matrix: impl Fn(usize, &mut [Scalar], bool) + Sync,
    ) -> Value {
        if side.len() == self.pairs.len() * size {
            // Without broadcasting each matrix is in one pair, and the pairs have the order of the
            // matrices.
            return Value::build(side.shape().clone(), |to| self.each(to, size, |at, to| matrix(at, to, false)));
        }
        let mut sums = Value::filled(side.shape().clone(), 0.0);
        let to = sums.make_mut();
        for at in 0..self.pairs.len() {
            matrix(at, &mut to[place(at) * size..][..size], true);
        }
        sums
    }

    /// Calls `work` for each pair, with the `size` elements of the output that belong to the pair.
    /// If there are many pairs, the pairs are distributed over the threads. If there are few pairs,
    /// the threads share the work of one matmul at a time.
    fn each(&self, output: &mut [Scalar], size: usize, work: impl Fn(usize, &mut [Scalar]) + Sync) {
        /// The approximate number of multiplications in one thread's part.
        const PART: usize = 1 << 18;
        let (m, k, n) = self.sizes;
        let pairs = self.pairs.len();
        if pairs < 8 || size == 0 {
            for at in 0..pairs {
                work(at, &mut output[at * size..][..size]);
            }
            return;
        }
        let some = (PART / (m * k * n).max(1)).clamp(1, pairs);
        kernel::pool::chunks([output], some * size, |part, [output]| {
            for (i, output) in output.chunks_exact_mut(size).enumerate() {
                work(part * some + i, output);
            }
        });
    }
}

/// Broadcasts the batch `from` to the batch `to`. Returns, for each matrix of `to`, the index of
/// the corresponding matrix of `from`.
#[track_caller]
fn places(from: &Shape, to: &Shape) -> Vec<usize> {
    let mut places = vec![0];
    for (axis, &length) in to.iter().enumerate() {
        let own = (axis + from.len()).checked_sub(to.len()).map_or(1, |axis| from[axis]);
        let step = usize::from(own > 1);
        places = places.iter().flat_map(|place| (0..length).map(move |i| place * own + i * step)).collect();
    }
    places
}

pub(crate) const CASES: &[Case] = &[Case::new(
    &[
        &[&[3, 4], &[4, 2]],
        &[&[1, 1], &[1, 1]],
        &[&[3, 0], &[0, 2]],
        &[&[0, 3], &[3, 2]],
        &[&[2, 3, 4], &[4, 2]],
        &[&[2, 3, 4], &[2, 4, 2]],
        &[&[3, 4], &[2, 4, 2]],
        &[&[2, 1, 3, 2], &[3, 2, 2]],
        &[&[3, 3, 2, 2], &[3, 3, 2, 2]],
    ],
    |x| x[0].matmul(&x[1]),
)];

#[cfg(test)]
mod tests {
    use crate::{Scalar, Tensor};

    #[test]
    fn stacks_broadcast() {
        let count = |shape: &[usize]| {
            let mut next = 0.0;
            Tensor::from(crate::Array::from_shape_simple_fn(shape.to_vec(), || {
                next += 1.0;
                next as Scalar
            }))
        };
        let (a, b) = (count(&[2, 1, 2, 3]), count(&[2, 3, 2]));
        let y = a.matmul(&b);
        assert_eq!(y.shape(), [2, 2, 2, 2]);
        // The second on the left times the first on the right: [[7, 8, 9], [10, 11, 12]] · [[1, 2], [3, 4], [5, 6]].
        assert_eq!(y.as_slice()[8..12], [76.0, 100.0, 103.0, 136.0]);
    }

    #[test]
    #[should_panic(
        expected = "matmul: the columns of the left side [3, 4] must equal the rows of the right side [5, 2]"
    )]
    fn inner_lengths_are_named() {
        let _ = Tensor::zeros(&[3, 4]).matmul(&Tensor::zeros(&[5, 2]));
    }

    #[test]
    #[should_panic(expected = "at least two axes, and the shapes are [4] and [4, 2]")]
    fn vectors_are_named() {
        let _ = Tensor::zeros(&[4]).matmul(&Tensor::zeros(&[4, 2]));
    }
}
