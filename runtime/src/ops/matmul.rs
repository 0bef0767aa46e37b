//! Matrix products.

use crate::Tensor;
use crate::autograd::record;
use crate::broadcast::{self, needs};
use crate::gradcheck::Case;
use crate::kernel::gemm::{flipped, plain, product};
use crate::shape::Shape;
use crate::value::Value;

impl Tensor {
    /// The product of two matrices, or of two stacks of them whose leading axes broadcast.
    ///
    /// # Shapes
    /// `a: [.., m, k]`, `b: [.., k, n]` → `[.., m, n]`
    ///
    /// # Formula
    /// `y = a · b`; `da = g · bᵀ`, `db = aᵀ · g`, each summed over its broadcast axes.
    ///
    /// # Panics
    /// If either side has fewer than two axes, the inner lengths differ, or the leading axes do not broadcast.
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

/// The sizes of one product, and which matrices of either side meet.
struct Plan {
    sizes: (usize, usize, usize),
    shape: Shape,
    /// For each matrix of the output, its number on the left and on the right.
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
        let pairs = if b_lead.count() == 1 && lead == a_lead {
            // One matrix on the right: the left side is one tall matrix.
            m *= lead.count();
            vec![(0, 0)]
        } else {
            let (i, j) = (places(&a_lead, &lead), places(&b_lead, &lead));
            i.into_iter().zip(j).collect()
        };
        Self { sizes: (m, k, n), shape, pairs }
    }

    fn forward(&self, a: &Value, b: &Value) -> Value {
        let (m, k, n) = self.sizes;
        Value::build(self.shape.clone(), |c| {
            for (at, &(i, j)) in self.pairs.iter().enumerate() {
                let a = plain(&a.as_slice()[i * m * k..][..m * k]);
                let b = plain(&b.as_slice()[j * k * n..][..k * n]);
                product(self.sizes, a, b, &mut c[at * m * n..][..m * n], false);
            }
        })
    }

    fn left(&self, gradient: &Value, a: &Value, b: &Value) -> Value {
        let (m, k, n) = self.sizes;
        let mut sums = Value::filled(a.shape().clone(), 0.0);
        let to = sums.make_mut();
        for (at, &(i, j)) in self.pairs.iter().enumerate() {
            let g = plain(&gradient.as_slice()[at * m * n..][..m * n]);
            let b = flipped(&b.as_slice()[j * k * n..][..k * n]);
            product((m, n, k), g, b, &mut to[i * m * k..][..m * k], true);
        }
        sums
    }

    fn right(&self, gradient: &Value, a: &Value, b: &Value) -> Value {
        let (m, k, n) = self.sizes;
        let mut sums = Value::filled(b.shape().clone(), 0.0);
        let to = sums.make_mut();
        for (at, &(i, j)) in self.pairs.iter().enumerate() {
            let a = flipped(&a.as_slice()[i * m * k..][..m * k]);
            let g = plain(&gradient.as_slice()[at * m * n..][..m * n]);
            product((k, m, n), a, g, &mut to[j * k * n..][..k * n], true);
        }
        sums
    }
}

/// For each matrix of the stack `to`, the number of the matrix of `from` that it broadcasts.
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
        // The second of the left times the first of the right: [[7, 8, 9], [10, 11, 12]] · [[1, 2], [3, 4], [5, 6]].
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
