//! Cross-entropy of each sample.

use super::{ClassTarget, CrossEntropy};
use crate::autograd::record;
use crate::kernel::softmax;
use crate::storage::Buffer;
use crate::value::Value;
use crate::{Scalar, Tensor};

impl CrossEntropy {
    /// The loss of each sample, `reduction="none"` in `PyTorch`. An ignored sample costs 0. Class weights scale the
    /// costs, and nothing divides them.
    ///
    /// # Shapes
    /// `logits: [.., classes]`, `target`: labels `[..]`, or probabilities `[.., classes]` → `[..]`
    ///
    /// # Panics
    /// As [`loss`](Self::loss).
    #[track_caller]
    pub fn unreduced(&self, logits: &Tensor, target: &impl ClassTarget) -> Tensor {
        let classes = self.classes(logits.shape(), target);
        let shape = logits.value().shape().clone();
        let costs_shape = shape.without(shape.len() - 1);
        let mut slopes = Value::filled(shape, 0.0);
        let mut shares = Buffer::stale(classes);
        let shares = shares.as_mut_slice();
        let to = slopes.make_mut();
        let costs = Value::build(costs_shape, |costs| {
            costs.fill(0.0);
            for (row, x) in logits.as_slice().chunks_exact(classes.max(1)).enumerate() {
                if target.share(row, self, shares).is_none() {
                    continue;
                }
                let slopes = &mut to[row * classes..][..classes];
                let (max, log_sum) = softmax::softmax_row(x, slopes);
                let (mut all, mut cost) = (0.0, 0.0);
                for (share, x) in shares.iter().zip(x) {
                    // A probability of 0 costs nothing, even if the logit is minus infinity.
                    if *share != 0.0 {
                        cost += f64::from(share * (log_sum - (x - max)));
                        all += share;
                    }
                }
                slopes.iter_mut().zip(&*shares).for_each(|(slope, share)| *slope = *slope * all - share);
                costs[row] = cost as Scalar;
            }
        });
        record(costs, [logits], move |gradient| {
            let mut dx = slopes.clone();
            for (row, g) in dx.make_mut().chunks_exact_mut(classes.max(1)).zip(gradient.as_slice()) {
                for slope in row {
                    *slope *= g;
                }
            }
            [dx]
        })
    }

    /// Checks the shapes and the target. Returns the number of classes.
    #[track_caller]
    pub(super) fn classes(&self, logits: &[usize], target: &impl ClassTarget) -> usize {
        let Some(&classes) = logits.last() else {
            panic!("cross_entropy: the output is a single number, and its last axis must be the classes");
        };
        if let Some(weights) = &self.weights {
            assert!(
                weights.len() == classes,
                "cross_entropy: there are {} class weights, and the logits {logits:?} have {classes} classes",
                weights.len()
            );
        }
        target.check(logits, self);
        classes
    }
}
