//! Cross-entropy of logits against classes.

mod unreduced;

use super::{check_labels, check_shares, same_shape, some_labels};
use crate::autograd::{is_recording, record};
use crate::gradcheck::Case;
use crate::kernel::softmax::{self, Classified};
use crate::reduction::Reduction;
use crate::storage::Buffer;
use crate::value::Value;
use crate::{Array, Labels, Scalar, Tensor, kernel};

/// The mean cross-entropy between the softmax of `logits` and the classes.
///
/// # Shapes
/// `logits: [.., classes]`, `target`: labels `[..]`, or probabilities `[.., classes]` → `[]`; for images
/// `[batch, classes]` and labels `[batch]`, for text `[batch, time, classes]` and labels `[batch, time]`.
///
/// # Formula
/// `L = Σᵢ -ln softmax(xᵢ)[tᵢ] / n`; `dx = (softmax(x) - onehot(t)) g / n`, where `n` is the number of labels along all
/// axes.
///
/// # Panics
/// If the shapes do not fit, if a label is not below the number of classes, or if a probability is outside [0, 1].
///
/// # Source
/// PyTorch's `cross_entropy`, except that the classes are on the last axis, as in the output of the
/// layers. PyTorch expects the classes on axis 1, as in `[batch, classes, time]`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let logits = Tensor::from([[2.0, 0.0], [0.0, 0.0]]);
/// let loss = cross_entropy(&logits, &Labels::from([0, 1]));
/// assert!((loss.item() - 0.41).abs() < 0.01);
///
/// // A language model over a vocabulary of 9: two texts of four tokens.
/// let (scores, next) = (Tensor::zeros(&[2, 4, 9]), Labels::from([[3, 1, 4, 1], [5, 0, 2, 6]]));
/// assert!((cross_entropy(&scores, &next).item() - (9.0 as Scalar).ln()).abs() < 1e-6);
/// ```
#[track_caller]
pub fn cross_entropy(logits: &Tensor, target: &impl ClassTarget) -> Tensor {
    CrossEntropy::new().loss(logits, target)
}

/// [`cross_entropy`] with label smoothing, class weights, or a label to ignore.
///
/// # Formula
/// With smoothing `ε`, weights `w` and `C` classes, a sample of class `t` costs
/// `-(1 - ε) w[t] ln p[t] - ε/C Σ_c w[c] ln p[c]`; the costs of all samples are added and divided
/// by the sum of the `w[t]`. Probabilities `q` cost `-Σ_c w[c] ((1 - ε) q[c] + ε/C) ln p[c]`,
/// divided by the number of samples.
///
/// # Source
/// `PyTorch`'s `CrossEntropyLoss`, `reduction="mean"`.
#[derive(Clone, Debug, Default)]
pub struct CrossEntropy {
    smoothing: Scalar,
    weights: Option<Vec<Scalar>>,
    ignore: Option<u32>,
}

impl CrossEntropy {
    /// Cross-entropy without options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Distributes the fraction `smoothing` of each target uniformly over all classes. `smoothing`
    /// is in [0, 1].
    ///
    /// # Panics
    /// If the fraction is out of range.
    #[track_caller]
    pub fn label_smoothing(mut self, smoothing: Scalar) -> Self {
        assert!((0.0..=1.0).contains(&smoothing), "label_smoothing: {smoothing} is not in [0, 1]");
        self.smoothing = smoothing;
        self
    }

    /// Weights the classes: one weight per class, at least 0.
    ///
    /// # Panics
    /// If a weight is negative or not finite.
    #[track_caller]
    pub fn class_weights(mut self, weights: impl Into<Vec<Scalar>>) -> Self {
        let weights = weights.into();
        for (class, weight) in weights.iter().enumerate() {
            assert!(
                *weight >= 0.0 && weight.is_finite(),
                "class_weights: the weight of class {class} is {weight}, but must be at least 0 and finite"
            );
        }
        self.weights = Some(weights);
        self
    }

    /// Ignores the samples with this label. The label need not be a class.
    pub fn ignore(mut self, label: u32) -> Self {
        self.ignore = Some(label);
        self
    }

    /// The loss; see [`cross_entropy`].
    ///
    /// # Panics
    /// If the shapes do not fit, if a label is not below the number of classes, or if a probability is outside [0, 1].
    #[track_caller]
    pub fn loss(&self, logits: &Tensor, target: &impl ClassTarget) -> Tensor {
        let classes = self.classes(logits.shape(), target);
        let slopes = if is_recording() && logits.requires_grad() { logits.len() } else { 0 };
        let (loss, divisor, slopes) = match target.labels().filter(|_| self.smoothing == 0.0 && self.weights.is_none()) {
            Some(labels) => self.by_label(logits.as_slice(), labels.as_slice(), classes, slopes),
            None => self.by_share(logits.as_slice(), target, classes, slopes),
        };
        let shape = logits.value().shape().clone();
        record(Value::scalar(loss), [logits], move |gradient| {
            let g = gradient.as_slice()[0];
            let slopes = slopes.reshaped(shape.clone());
            if g == 1.0 {
                return [slopes];
            }
            [Value::build(shape.clone(), |dx| kernel::map(slopes.as_slice(), dx, move |s| s * g))]
        })
        .with_reduction(Reduction::Mean(divisor))
    }

    /// For a target of labels, computes the loss, its divisor and the gradient of the logits in one
    /// pass. `slopes` is the length of the gradient, or 0 if no gradient is needed.
    #[track_caller]
    fn by_label(
        &self,
        logits: &[Scalar],
        labels: &[u32],
        classes: usize,
        slopes: usize,
    ) -> (Scalar, f64, Value) {
        let count = labels.iter().filter(|label| self.ignore != Some(**label)).count() as Scalar;
        // If every sample is ignored, the loss is NaN and the gradient 0.
        let factor = if count == 0.0 { 0.0 } else { 1.0 / count };
        let batch = Classified { logits, labels, classes, ignore: self.ignore };
        let mut total = 0.0;
        let slopes = Value::build([slopes], |slopes| total = softmax::cross_entropy(batch, factor, slopes));
        (total / count, f64::from(count), slopes)
    }

    /// Does the same as [`by_label`](Self::by_label), but for any kind of target.
    #[track_caller]
    fn by_share(
        &self,
        logits: &[Scalar],
        target: &impl ClassTarget,
        classes: usize,
        slopes: usize,
    ) -> (Scalar, f64, Value) {
        let (mut total, mut divisor) = (0.0, 0.0);
        let mut slopes = Value::filled([slopes], 0.0);
        let wanted = slopes.len() > 0;
        let to = slopes.make_mut();
        let (mut shares, mut unwanted) = (Buffer::stale(classes), Buffer::stale(classes));
        let shares = shares.as_mut_slice();
        for (row, x) in logits.chunks_exact(classes.max(1)).enumerate() {
            let slopes = if wanted { &mut to[row * classes..][..classes] } else { unwanted.as_mut_slice() };
            let Some(weight) = target.share(row, self, shares) else { continue };
            let (max, log_sum) = softmax::softmax_row(x, slopes);
            let mut all = 0.0;
            for (share, x) in shares.iter().zip(x) {
                // A probability of 0 costs nothing, even if the logit is minus infinity.
                if *share != 0.0 {
                    total += f64::from(share * (log_sum - (x - max)));
                    all += share;
                }
            }
            for (slope, share) in slopes.iter_mut().zip(&*shares) {
                *slope = *slope * all - share;
            }
            divisor += f64::from(weight);
        }
        let factor = if divisor == 0.0 { 0.0 } else { (1.0 / divisor) as Scalar };
        kernel::map_in_place(to, move |slope| slope * factor);
        ((total / divisor) as Scalar, divisor, slopes)
    }
}

/// Class targets: [`Labels`] `[..]`, or a tensor of probabilities `[.., classes]`.
///
/// Gradients flow to the logits only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a target of classes",
    label = "not a target of classes",
    note = "write the labels, as `&Labels::from([2, 0, 1])`, or the probabilities, as a `&Tensor` `[.., classes]`",
    note = "for a batch, `&batch.target`; for a `Vec` or an array, `&Labels::from(..)`"
)]
pub trait ClassTarget {
    #[doc(hidden)]
    #[track_caller]
    fn check(&self, logits: &[usize], loss: &CrossEntropy);

    /// The target as labels; `None` for a target of probabilities.
    #[doc(hidden)]
    fn labels(&self) -> Option<&Labels> {
        None
    }

    /// Fills `shares` with the weight of each class in the cost of row `row`. Returns the
    /// contribution of the row to the divisor of the loss, or `None` if the row is ignored.
    #[doc(hidden)]
    fn share(&self, row: usize, loss: &CrossEntropy, shares: &mut [Scalar]) -> Option<Scalar>;
}

impl ClassTarget for Labels {
    #[track_caller]
    fn check(&self, logits: &[usize], loss: &CrossEntropy) {
        check_labels("cross_entropy", self, logits, loss.ignore);
    }

    fn labels(&self) -> Option<&Labels> {
        Some(self)
    }

    fn share(&self, row: usize, loss: &CrossEntropy, shares: &mut [Scalar]) -> Option<Scalar> {
        let label = self.as_slice()[row];
        if loss.ignore == Some(label) {
            return None;
        }
        let label = label as usize;
        let weight = loss.weights.as_ref().map_or(1.0, |weights| weights[label]);
        let even = loss.smoothing / shares.len() as Scalar;
        match &loss.weights {
            Some(weights) => shares.iter_mut().zip(weights).for_each(|(share, weight)| *share = even * weight),
            None => shares.fill(even),
        }
        shares[label] += (1.0 - loss.smoothing) * weight;
        Some(weight)
    }
}

impl ClassTarget for Tensor {
    #[track_caller]
    fn check(&self, logits: &[usize], _loss: &CrossEntropy) {
        same_shape("cross_entropy", logits, self.shape());
        check_shares("cross_entropy", self);
    }

    fn share(&self, row: usize, loss: &CrossEntropy, shares: &mut [Scalar]) -> Option<Scalar> {
        let classes = shares.len();
        let even = loss.smoothing / classes as Scalar;
        let probabilities = &self.as_slice()[row * classes..][..classes];
        for (c, (share, q)) in shares.iter_mut().zip(probabilities).enumerate() {
            let weight = loss.weights.as_ref().map_or(1.0, |weights| weights[c]);
            *share = weight * ((1.0 - loss.smoothing) * q + even);
        }
        Some(1.0)
    }
}

fn weighted() -> CrossEntropy {
    CrossEntropy::new().label_smoothing(0.2).class_weights([0.5, 2.0, 1.0]).ignore(2)
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[4, 3]], &[&[1, 1]], &[&[5, 2]], &[&[2, 3, 4]], &[&[3]], &[&[2, 1, 2, 3]]], |x| {
        cross_entropy(&x[0], &some_labels(&x[0]))
    }),
    Case::new(&[&[&[4, 3]], &[&[2, 3, 3]], &[&[3]]], |x| weighted().loss(&x[0], &some_labels(&x[0]))),
    Case::new(&[&[&[4, 3]], &[&[2, 3, 3]]], |x| weighted().unreduced(&x[0], &some_labels(&x[0]))),
    Case::new(&[&[&[2, 3]]], |x| {
        let q = Tensor::from(Array::from_shape_vec(vec![2, 3], vec![0.2, 0.5, 0.3, 0.0, 0.9, 0.1]).expect("2 × 3"));
        CrossEntropy::new().label_smoothing(0.1).class_weights([0.5, 2.0, 1.0]).loss(&x[0], &q)
    }),
];

#[cfg(test)]
mod tests {
    use super::{CrossEntropy, cross_entropy};
    use crate::{Labels, Parameter, Scalar, Tensor};

    #[test]
    fn large_logits_do_not_overflow() {
        let logits = Tensor::from(ndarray::arr2(&[[1000.0, 0.0], [-1000.0, 0.0]]));
        let loss = cross_entropy(&logits, &Labels::from(vec![0_usize, 0]));
        assert_eq!(loss.item(), 500.0);
    }

    #[test]
    fn labels_and_their_one_hot_probabilities_cost_the_same() {
        let logits = Tensor::from(ndarray::arr2(&[[0.3, -1.0, 2.0], [1.0, 0.1, -0.4]]));
        let hot = Tensor::from(ndarray::arr2(&[[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]));
        let by_label = cross_entropy(&logits, &Labels::from(vec![2_usize, 1])).item();
        assert!((by_label - cross_entropy(&logits, &hot).item()).abs() < 1e-6);
    }

    #[test]
    fn an_ignored_label_need_not_be_a_class() {
        let logits = Tensor::from(ndarray::arr2(&[[0.3, -1.0], [1.0, 0.1]]));
        let ignoring = CrossEntropy::new().ignore(255).loss(&logits, &Labels::from(vec![1_usize, 255]));
        let alone = cross_entropy(&Tensor::from(ndarray::arr2(&[[0.3 as Scalar, -1.0]])), &Labels::from(vec![1_usize]));
        assert_eq!(ignoring.item(), alone.item());
    }

    /// Under all options, the loss, the gradient and the divisor are the same for any number of
    /// axes before the classes.
    #[test]
    fn leading_axes_are_rows() {
        let options = [
            CrossEntropy::new(),
            CrossEntropy::new().ignore(2),
            CrossEntropy::new().class_weights([0.5, 2.0, 1.0, 3.0]).ignore(0),
            CrossEntropy::new().label_smoothing(0.1),
        ];
        let run = |loss: &CrossEntropy, target: &dyn Fn(&[usize]) -> Tensor, shape: &[usize]| {
            let parameter = Parameter::new((Tensor::arange(0.0, 24.0, 1.0) * 0.3 - 2.0).pow(2.0).reshape(shape).view());
            let loss = if loss.smoothing > 0.0 {
                loss.loss(&parameter.tensor(), &target(shape).softmax(-1))
            } else {
                let labels = (0..6).map(|i| i * 3 % 4).collect::<Labels>().reshape(&shape[..shape.len() - 1]);
                loss.loss(&parameter.tensor(), &labels)
            };
            loss.backward();
            (loss.item(), loss.denominator(), parameter.grad().unwrap().into_raw_vec_and_offset().0)
        };
        let target = |shape: &[usize]| Tensor::arange(0.0, 2.4, 0.1).reshape(shape);
        for loss in options {
            let flat = run(&loss, &target, &[6, 4]);
            for shape in [&[2, 3, 4][..], &[3, 1, 2, 4], &[6, 1, 1, 1, 4]] {
                assert_eq!(run(&loss, &target, shape), flat, "{loss:?} {shape:?}");
            }
        }
    }

    #[test]
    fn a_sample_alone_and_no_sample() {
        let one = Tensor::from([0.3, -1.0, 2.0]);
        let rows = Tensor::from([[0.3, -1.0, 2.0]]);
        assert_eq!(cross_entropy(&one, &Labels::from(1)).item(), cross_entropy(&rows, &Labels::from([1])).item());
        let none = Labels::from([0_u32; 0]).reshape(&[2, 0]);
        assert!(cross_entropy(&Tensor::zeros(&[2, 0, 3]), &none).item().is_nan());
    }

    fn said(logits: &[usize], labels: &[usize]) -> String {
        let labels = Labels::from(vec![0; labels.iter().product()]).reshape(labels);
        let payload = std::panic::catch_unwind(|| cross_entropy(&Tensor::zeros(logits), &labels)).err().unwrap();
        payload.downcast_ref::<String>().unwrap().rsplit("; ").next().unwrap().to_owned()
    }

    #[test]
    fn shapes_that_do_not_fit_say_what_to_write() {
        assert_eq!(said(&[3, 2], &[2]), "axis 0 has length 2 in the labels and 3 in the output");
        assert_eq!(said(&[2, 3, 5], &[3, 2]), "axis 0 has length 3 in the labels and 2 in the output");
        assert_eq!(said(&[2, 3, 5], &[2, 4]), "axis 1 has length 4 in the labels and 3 in the output");
        assert_eq!(said(&[2, 3, 5], &[6]), "write `labels.reshape(&output.shape()[..2])`");
        assert_eq!(said(&[6, 5], &[2, 3]), "write `labels.reshape(&output.shape()[..1])`");
        assert_eq!(said(&[4], &[1]), "write `labels.reshape(&[])`");
        assert_eq!(said(&[2, 3, 5], &[7]), "the labels must be [2, 3]");
        let torch = "move the classes of axis 1, where PyTorch has them, to the end: ";
        assert_eq!(said(&[2, 9, 5], &[2, 5]), format!("{torch}`output.permute(&[0, 2, 1])`"));
        assert_eq!(said(&[2, 9, 5, 6], &[2, 5, 6]), format!("{torch}`output.permute(&[0, 2, 3, 1])`"));
    }

    #[test]
    #[should_panic(expected = "the label at [1, 2] is 7, and the output [2, 3, 5] has 5 classes")]
    fn a_token_out_of_range_is_named() {
        let _ = cross_entropy(&Tensor::zeros(&[2, 3, 5]), &Labels::from([[0, 1, 2], [3, 4, 7]]));
    }

    #[test]
    #[should_panic(expected = "cross_entropy: target number 2 is -1, and the targets are probabilities")]
    fn a_negative_probability_is_refused() {
        let target = Tensor::from(ndarray::arr2(&[[0.5, 0.5], [-1.0, 1.0]]));
        let _ = cross_entropy(&Tensor::zeros(&[2, 2]), &target);
    }

    #[test]
    #[should_panic(expected = "class_weights: the weight of class 1 is -2, but must be at least 0 and finite")]
    fn a_negative_weight_is_refused() {
        let _ = CrossEntropy::new().class_weights([1.0, -2.0]);
    }

    #[test]
    #[should_panic(expected = "the label of row 1 of this batch is 7, and the output [2, 3] has 3 classes")]
    fn a_label_out_of_range_is_named() {
        let _ = cross_entropy(&Tensor::zeros(&[2, 3]), &Labels::from(vec![0_usize, 7]));
    }
}
