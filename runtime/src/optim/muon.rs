//! Muon.

use std::fmt;

use super::group::{Slot, Update};
use super::rule::{Core, Rule, optimizer};
use super::{IntoParameters, Optimizer, OptimizerState, ParameterGroup, Setting};
use crate::kernel::gemm::{matmul, plain, transposed};
use crate::kernel::optimizer::mean_or_zero;
use crate::kernel::{dot, map_in_place, zip_in_place};
use crate::parameter::Parameter;
use crate::storage::Buffer;
use crate::{Error, Result, Scalar};

/// Muon: for matrices, steps along the orthogonal matrix nearest to the momentum.
///
/// All parameters must have two axes. Usually Muon trains the hidden weight matrices of a network, and a
/// separate [`AdamW`](crate::AdamW) trains the other parameters.
///
/// # Formula
/// `m ← momentum · m + (1 - momentum) g`, `d = (1 - momentum) g + momentum · m` (without
/// [`nesterov`](Self::nesterov), `d = m`), `p ← p (1 - rate · weight_decay) - rate · s · orthogonal(d)`.
/// `orthogonal` is a Newton-Schulz iteration: it divides by the norm (at least `eps`), then applies
/// `X ← a X + (b A + c A²) X` with `A = X Xᵀ`, `ns_steps` times. For a matrix of `rows` and `columns`,
/// `s = √max(1, rows / columns)`, or with [`MuonAdjust::MatchRmsAdamW`] `s = 0.2 √max(rows, columns)`.
///
/// # Source
/// Jordan and others 2024; `PyTorch`'s `Muon`, which computes `orthogonal` in bfloat16.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let layer = Linear::new(8, 4);
/// let mut matrices = layer.parameters();
/// matrices.retain(|parameter| parameter.shape().len() == 2);
/// let optimizer = Muon::new(matrices, 1e-3);
/// assert!(optimizer.check().is_ok() && Muon::new(layer.parameters(), 1e-3).check().is_err());
/// ```
pub struct Muon(Core<MuonRule>);

/// How [`Muon`] adjusts its learning rate to the shape of a matrix of `rows` and `columns`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MuonAdjust {
    /// By the factor `√max(1, rows / columns)`.
    #[default]
    Original,
    /// By the factor `0.2 √max(rows, columns)`, so that the steps are as large as those of `AdamW`.
    MatchRmsAdamW,
}

/// The rule of [`Muon`], with its settings.
struct MuonRule {
    momentum: f64,
    nesterov: bool,
    coefficients: [f64; 3],
    ns_steps: usize,
    eps: Scalar,
    adjust: MuonAdjust,
}

impl Muon {
    /// An optimizer with the default settings, among them a weight decay of 0.1. The learning rate must be at
    /// least 0; PyTorch's default is 1e-3.
    pub fn new(parameters: impl IntoParameters, learning_rate: Scalar) -> Self {
        let rule = MuonRule {
            momentum: 0.95,
            nesterov: true,
            coefficients: [3.4445, -4.775, 2.0315],
            ns_steps: 5,
            eps: 1e-7,
            adjust: MuonAdjust::Original,
        };
        Self(Core::new(parameters, learning_rate, 0.1, rule))
    }

    /// Sets the momentum, in [0, 1); by default 0.95.
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.0.rule.momentum = momentum;
        self
    }

    /// Enables or disables Nesterov momentum; by default it is enabled.
    pub fn nesterov(mut self, nesterov: bool) -> Self {
        self.0.rule.nesterov = nesterov;
        self
    }

    /// Sets the coefficients `a`, `b` and `c` of the iteration, which must be finite; by default
    /// 3.4445, -4.775 and 2.0315.
    pub fn ns_coefficients(mut self, coefficients: [f64; 3]) -> Self {
        self.0.rule.coefficients = coefficients;
        self
    }

    /// Sets the number of iterations, from 0 to 99; by default 5.
    pub fn ns_steps(mut self, ns_steps: usize) -> Self {
        self.0.rule.ns_steps = ns_steps;
        self
    }

    /// Sets the lower bound (above 0) of the norm that divides a matrix; by default 1e-7.
    pub fn eps(mut self, eps: Scalar) -> Self {
        self.0.rule.eps = eps;
        self
    }

    /// Sets how the learning rate is adjusted to the shape of a matrix; by default [`MuonAdjust::Original`].
    pub fn adjust(mut self, adjust: MuonAdjust) -> Self {
        self.0.rule.adjust = adjust;
        self
    }
}

optimizer!(Muon);

impl Rule for MuonRule {
    const NAME: &'static str = "Muon";
    const COUNTS: bool = false;

    fn settings(&self, visit: &mut dyn FnMut(Setting)) {
        visit(Setting::below_one("momentum", self.momentum));
        visit(Setting::flag("nesterov", self.nesterov));
        for (name, value) in ["ns_a", "ns_b", "ns_c"].into_iter().zip(self.coefficients) {
            visit(Setting::number(name, value, value.is_finite(), "finite"));
        }
        visit(Setting::number("ns_steps", self.ns_steps as f64, self.ns_steps < 100, "below 100"));
        let is_inside = self.eps > 0.0 && self.eps.is_finite();
        visit(Setting::number("eps", f64::from(self.eps), is_inside, "above 0 and finite"));
        visit(Setting::flag("match_rms_adamw", self.adjust == MuonAdjust::MatchRmsAdamW));
    }

    fn buffers(&self) -> &[(&'static str, Scalar)] {
        &[("momentum_buffer", 0.0)]
    }

    fn check_parameters(&self, parameters: &[Parameter]) -> Result<()> {
        match parameters.iter().position(|parameter| parameter.shape().len() != 2) {
            None => Ok(()),
            Some(index) => {
                let shape = parameters[index].shape().to_vec();
                Err(Error::NotAMatrix { owner: Self::NAME, index, shape })
            }
        }
    }

    fn update(&self, update: Update<'_>, slot: &mut Slot) {
        let Update { value, gradient, shape, rate, decay } = update;
        let (rows, columns) = (shape[0], shape[1]);
        let momentum = slot.buffers[0].as_mut_slice();
        let (fresh, kept) = ((1.0 - self.momentum) as Scalar, self.momentum as Scalar);
        zip_in_place(momentum, gradient, |m, g| mean_or_zero(m + (g - m) * fresh));
        let mut direction = Buffer::copied(momentum);
        if self.nesterov {
            zip_in_place(direction.as_mut_slice(), gradient, |m, g| g + (m - g) * kept);
        }
        let direction = self.orthogonal(direction, rows, columns);
        let (long, ratio) = (rows.max(columns) as f64, rows as f64 / columns as f64);
        let factor = match self.adjust {
            MuonAdjust::Original => ratio.max(1.0).sqrt(),
            MuonAdjust::MatchRmsAdamW => 0.2 * long.sqrt(),
        };
        let (shrink, rate) = ((1.0 - rate * f64::from(decay)) as Scalar, (rate * factor) as Scalar);
        zip_in_place(value, direction.as_slice(), |p, d| p * shrink - rate * d);
    }
}

impl MuonRule {
    /// A matrix with the singular vectors of `x`, and with singular values near 1.
    fn orthogonal(&self, mut x: Buffer, rows: usize, columns: usize) -> Buffer {
        let norm = dot(x.as_slice(), x.as_slice()).sqrt();
        // Unlike `max`, this keeps a NaN norm.
        let norm = if norm < self.eps { self.eps } else { norm };
        map_in_place(x.as_mut_slice(), |x| x / norm);
        let [a, b, c] = self.coefficients.map(|coefficient| coefficient as Scalar);
        let small = rows.min(columns);
        let mut gram = Buffer::stale(small * small);
        let mut square = Buffer::stale(small * small);
        let mut next = Buffer::stale(rows * columns);
        for _ in 0..self.ns_steps {
            // `X Xᵀ`, or for a tall matrix `Xᵀ X`: the smaller of the two products.
            let (left, right) = if rows > columns {
                (transposed(x.as_slice()), plain(x.as_slice()))
            } else {
                (plain(x.as_slice()), transposed(x.as_slice()))
            };
            matmul((small, rows.max(columns), small), left, right, gram.as_mut_slice(), false);
            let sizes = (small, small, small);
            matmul(sizes, plain(gram.as_slice()), plain(gram.as_slice()), square.as_mut_slice(), false);
            zip_in_place(square.as_mut_slice(), gram.as_slice(), |square, gram| b * gram + c * square);
            let (left, right) = if rows > columns {
                (plain(x.as_slice()), plain(square.as_slice()))
            } else {
                (plain(square.as_slice()), plain(x.as_slice()))
            };
            matmul((rows, small, columns), left, right, next.as_mut_slice(), false);
            zip_in_place(next.as_mut_slice(), x.as_slice(), |next, x| a * x + next);
            std::mem::swap(&mut x, &mut next);
        }
        x
    }
}
