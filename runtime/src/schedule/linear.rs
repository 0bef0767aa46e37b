//! Linear change.

use super::{Position, Schedule, check_factor, check_length, counted};

/// Changes the learning rate linearly over `total` updates, from `base · start_factor` to
/// `base · end_factor`, then keeps it constant.
///
/// `LinearLr::new(1.0, 0.0, updates)` is linear decay to 0. For a warmup, the clause `warmup` is shorter.
///
/// # Formula
/// `rate(t) = base · (start_factor + (end_factor - start_factor) · min(t, total) / total)`
///
/// # Source
/// PyTorch's `LinearLR`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let schedule = LinearLr::new(1.0, 0.0, 4);
/// assert_eq!([0, 1, 4, 9].map(|t| schedule.rate(0.8, t)), [0.8, 0.6000000000000001, 0.0, 0.0]);
/// ```
#[derive(Clone, Debug)]
pub struct LinearLr {
    start_factor: f64,
    end_factor: f64,
    total: usize,
    per_epoch: bool,
    position: Position,
}

impl LinearLr {
    /// A linear change between two factors (each at least 0) over `total` (at least 1) updates; PyTorch's
    /// defaults are 1/3, 1 and 5.
    ///
    /// # Panics
    /// If a factor or `total` is out of range.
    #[track_caller]
    pub fn new(start_factor: f64, end_factor: f64, total: usize) -> Self {
        check_factor("start_factor", "LinearLr", start_factor);
        check_factor("end_factor", "LinearLr", end_factor);
        check_length("total", "LinearLr", total);
        Self { start_factor, end_factor, total, per_epoch: false, position: Position::default() }
    }

    counted!(setter);
}

impl Schedule for LinearLr {
    fn rate(&self, base: f64, t: usize) -> f64 {
        let part = t.min(self.total) as f64 / self.total as f64;
        base * (self.start_factor + (self.end_factor - self.start_factor) * part)
    }

    fn warms_up(&self) -> bool {
        self.start_factor < self.end_factor
    }

    counted!();
}
