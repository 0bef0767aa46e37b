//! Repetition of elements.

use crate::Tensor;
use crate::autograd::record;
use crate::broadcast;
use crate::gradcheck::Case;
use crate::shape::{self, Shape};

impl Tensor {
    /// This tensor broadcast to a shape. The elements are copied, so that the result is dense; operations that
    /// broadcast need no `expand` before them.
    ///
    /// # Shapes
    /// `x: [b, 1]` → `[a, b, c]` for `shape = [a, b, c]`: axes are matched from the last, and an axis of length 1 is
    /// stretched.
    ///
    /// # Formula
    /// `dx` is the sum of `g` over all copies of an element.
    ///
    /// # Panics
    /// If an axis that is not of length 1 would change its length.
    ///
    /// # Source
    /// PyTorch's `expand`, which has -1 for a length that stays.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// assert_eq!(Tensor::from([[1.0], [2.0]]).expand(&[2, 2]).as_slice(), [1.0, 1.0, 2.0, 2.0]);
    /// ```
    #[doc(alias("broadcast_to", "expand_as"))]
    #[track_caller]
    pub fn expand(&self, shape: &[usize]) -> Self {
        let own = self.value().shape().clone();
        let fits = own.len() <= shape.len()
            && own.iter().rev().zip(shape.iter().rev()).all(|(own, new)| own == new || *own == 1);
        assert!(
            fits,
            "expand: a tensor of shape {own:?} does not expand to {shape:?}; counted from the last axis, lengths must \
             be equal or 1"
        );
        let shape = Shape::new(shape);
        record(broadcast::expand(self.value(), &shape), [self], move |gradient| {
            [broadcast::reduce(gradient, &own)]
        })
    }

    /// The whole tensor, repeated along each axis; new axes are added in front.
    ///
    /// # Shapes
    /// `x: [b, c]` → `[r, s·b, t·c]` for `counts = [r, s, t]`.
    ///
    /// # Formula
    /// `dx` is the sum of `g` over all copies of an element.
    ///
    /// # Panics
    /// If there are fewer counts than axes, or if a length overflows.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// assert_eq!(Tensor::from([1.0, 2.0]).repeat(&[2, 2]).as_slice(), [1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0]);
    /// ```
    #[doc(alias("tile"))]
    #[track_caller]
    pub fn repeat(&self, counts: &[usize]) -> Self {
        let own = self.value().shape().clone();
        assert!(
            counts.len() >= own.len(),
            "repeat: a tensor of shape {own:?} needs a count for each of its {} axes, and the counts are {counts:?}",
            own.len()
        );
        let new = counts.len() - own.len();
        let (mut once, mut all, mut joined) = (Vec::new(), Vec::new(), Vec::new());
        for (axis, &count) in counts.iter().enumerate() {
            let length = if axis < new { 1 } else { own[axis - new] };
            if count != 1 {
                once.push(1);
                all.push(count);
            }
            once.push(length);
            all.push(length);
            joined.push(shape::product("repeat: the length of an axis", &[count, length]));
        }
        let (once, all, joined) = (Shape::new(&once), Shape::new(&all), Shape::new(&joined));
        let output = broadcast::expand(&self.value().reshaped(once.clone()), &all).reshaped(joined);
        record(output, [self], move |gradient| {
            [broadcast::reduce(gradient.reshaped(all.clone()), &once).reshaped(own.clone())]
        })
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[3, 1]], &[&[1, 3, 1]], &[&[]], &[&[4]]], |x| x[0].expand(&[2, 3, 4])),
    Case::new(&[&[&[1, 2]], &[&[0, 1]]], |x| x[0].expand(&[0, 2])),
    Case::new(&[&[&[3, 4]], &[&[4]], &[&[]], &[&[0, 2]], &[&[1, 1]]], |x| x[0].repeat(&[2, 3])),
    Case::new(&[&[&[2, 3]], &[&[3]]], |x| x[0].repeat(&[2, 1, 3])),
    Case::new(&[&[&[2, 3]]], |x| x[0].repeat(&[0, 2])),
];

#[cfg(test)]
mod tests {
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "expand: a tensor of shape [2, 3] does not expand to [2, 6]")]
    fn other_lengths_are_refused() {
        let _ = Tensor::zeros(&[2, 3]).expand(&[2, 6]);
    }

    #[test]
    #[should_panic(expected = "repeat: a tensor of shape [2, 3] needs a count for each of its 2 axes")]
    fn each_axis_has_its_count() {
        let _ = Tensor::zeros(&[2, 3]).repeat(&[2]);
    }
}
