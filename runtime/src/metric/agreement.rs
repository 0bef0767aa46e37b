//! Correlation and agreement of predictions and labels: one number from the confusion matrix.

use super::{Confusion, Goal, Metric, confusion};
use crate::{Labels, Tensor};

/// Matthews' correlation coefficient of predictions and labels, in [-1, 1]: 1 is perfect, 0 is as good as chance, also for
/// classes of very uneven size.
///
/// # Shapes
/// As [`confusion`].
///
/// # Formula
/// `(c s - Σ p t) / √((s² - Σ p²) (s² - Σ t²))`, where `s` is the number of samples, `c` that of right predictions, and `p`
/// and `t` are the numbers of predictions and of labels of each class. 0 if the divisor is 0.
///
/// # Source
/// scikit-learn's `matthews_corrcoef`.
pub fn matthews_corrcoef() -> Agreement {
    Agreement { matrix: confusion(), kind: Kind::Matthews }
}

/// Cohen's kappa: the agreement of predictions and labels beyond that of chance. 1 is perfect, 0 is as good as chance.
///
/// # Shapes
/// As [`confusion`].
///
/// # Formula
/// `1 - Σ w m / Σ w e` over all pairs of a label `i` and a prediction `j`, where `m` is their number, `e` the number to be
/// expected by chance, and `w` is 0 for `i = j`, else 1, or `|i - j|` for [`linear`](Agreement::linear), or `(i - j)²` for
/// [`quadratic`](Agreement::quadratic). NaN if a single class occurs.
///
/// # Source
/// scikit-learn's `cohen_kappa_score`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let mut agreement = cohen_kappa();
/// let scores = Tensor::from([[2.0, 0.0], [0.0, 1.0], [0.0, 1.0], [3.0, 0.0]]);
/// agreement.update(&scores, &Labels::from([0, 1, 0, 0]));
/// assert_eq!(agreement.compute(), 0.5);
/// ```
pub fn cohen_kappa() -> Agreement {
    Agreement { matrix: confusion(), kind: Kind::Kappa(0) }
}

/// A number from the confusion matrix; made by [`matthews_corrcoef`] and [`cohen_kappa`].
#[derive(Clone, Debug)]
pub struct Agreement {
    matrix: Confusion,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Matthews,
    /// Cohen's kappa, with the distance of two classes to this power as weight.
    Kappa(i32),
}

impl Agreement {
    /// Ignores the samples with this label, as
    /// [`CrossEntropy::ignore`](crate::CrossEntropy::ignore) does. The label need not be a class.
    pub fn ignore(self, label: u32) -> Self {
        Self { matrix: self.matrix.ignore(label), ..self }
    }

    /// Weights a wrong prediction by its distance to the label, for ordered classes. It has no effect on Matthews'
    /// coefficient.
    pub fn linear(self) -> Self {
        self.weighted(1)
    }

    /// Weights a wrong prediction by the square of its distance to the label, for ordered classes. It has no effect on
    /// Matthews' coefficient.
    pub fn quadratic(self) -> Self {
        self.weighted(2)
    }

    fn weighted(self, power: i32) -> Self {
        match self.kind {
            Kind::Kappa(_) => Self { kind: Kind::Kappa(power), ..self },
            Kind::Matthews => self,
        }
    }
}

impl Metric for Agreement {
    fn name(&self) -> String {
        match self.kind {
            Kind::Matthews => "matthews_corrcoef".to_owned(),
            Kind::Kappa(0) => "cohen_kappa".to_owned(),
            Kind::Kappa(1) => "cohen_kappa_linear".to_owned(),
            Kind::Kappa(_) => "cohen_kappa_quadratic".to_owned(),
        }
    }

    fn goal(&self) -> Option<Goal> {
        Some(Goal::Max)
    }

    #[track_caller]
    fn update(&mut self, output: &Tensor, target: &Labels) {
        self.matrix.update(output, target);
    }

    fn compute(&self) -> f64 {
        let matrix = self.matrix.counts();
        let labels: Vec<f64> = matrix.iter().map(|row| row.iter().sum::<u64>() as f64).collect();
        let said: Vec<f64> =
            (0..matrix.len()).map(|class| matrix.iter().map(|row| row[class]).sum::<u64>() as f64).collect();
        let samples: f64 = labels.iter().sum();
        if samples == 0.0 {
            return f64::NAN;
        }
        match self.kind {
            Kind::Matthews => {
                let right: u64 = matrix.iter().enumerate().map(|(class, row)| row[class]).sum();
                let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
                let spread = |counts: &[f64]| samples * samples - product(counts, counts);
                let divisor = (spread(&said) * spread(&labels)).sqrt();
                let above = right as f64 * samples - product(&said, &labels);
                if divisor == 0.0 { 0.0 } else { above / divisor }
            }
            Kind::Kappa(power) => {
                let weight = |i: usize, j: usize| match (i.abs_diff(j), power) {
                    (0, _) => 0.0,
                    (distance, power) => (distance as f64).powi(power),
                };
                let (mut found, mut expected) = (0.0, 0.0);
                for (i, row) in matrix.iter().enumerate() {
                    for (j, count) in row.iter().enumerate() {
                        found += weight(i, j) * *count as f64;
                        expected += weight(i, j) * labels[i] * said[j] / samples;
                    }
                }
                1.0 - found / expected
            }
        }
    }

    fn reset(&mut self) {
        self.matrix.reset();
    }

    fn counts(&self) -> Option<Vec<f64>> {
        Metric::counts(&self.matrix)
    }

    fn set_counts(&mut self, counts: &[f64]) -> bool {
        self.matrix.set_counts(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_class_alone_has_no_chance_to_exceed() {
        let update = |mut metric: Agreement| {
            assert!(metric.compute().is_nan());
            metric.update(&Tensor::from([[1.0, 0.0], [2.0, 0.0]]), &Labels::from([0, 0]));
            metric.compute()
        };
        assert_eq!(update(matthews_corrcoef().quadratic()), 0.0);
        assert!(update(cohen_kappa()).is_nan());
    }
}
