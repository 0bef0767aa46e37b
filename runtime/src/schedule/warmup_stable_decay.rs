//! Warmup, a constant learning rate, and decay.

use super::{Position, Schedule, check_length, counted, decimal, warmup};
use crate::Scalar;

/// The shape of the decay.
#[derive(Clone, Copy, Debug)]
enum Decay {
    Linear,
    Cosine,
    Sqrt,
}

/// Raises the learning rate linearly, keeps it constant, then lowers it to 0, or to
/// [`min_ratio`](Self::min_ratio).
///
/// # Formula
/// `rate(t) = base · warmup(t)` in the first `warmup` updates, with [`warmup`](super::warmup()); then `base`
/// for `stable` updates; then `base · (r + (1 - r) · d(x))` during the decay, and finally `base · r`. `r` is
/// `min_ratio`, and `x` in [0, 1] is the completed fraction of the decay. `d(x)` is `1 - x`, with
/// [`cosine`](Self::cosine) `(1 + cos(π · x)) / 2`, or with [`sqrt`](Self::sqrt) `1 - √x`.
///
/// # Source
/// Hu and others 2024, Hägele and others 2024; `get_wsd_schedule` of `transformers`, whose warmup
/// counts from 0.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let schedule = WarmupStableDecayLr::new(2, 3, 2);
/// assert_eq!([0, 1, 4, 5, 6, 7].map(|t| schedule.rate(0.8, t)), [0.4, 0.8, 0.8, 0.8, 0.4, 0.0]);
/// ```
#[derive(Clone, Debug)]
pub struct WarmupStableDecayLr {
    warmup: usize,
    stable: usize,
    decay: usize,
    shape: Decay,
    min_ratio: f64,
    per_epoch: bool,
    position: Position,
}

impl WarmupStableDecayLr {
    /// A schedule of `warmup + stable + decay` updates with a linear decay to 0. `decay` must be at least 1.
    ///
    /// # Panics
    /// If `decay` is 0.
    #[track_caller]
    pub fn new(warmup: usize, stable: usize, decay: usize) -> Self {
        check_length("decay", "WarmupStableDecayLr", decay);
        Self {
            warmup,
            stable,
            decay,
            shape: Decay::Linear,
            min_ratio: 0.0,
            per_epoch: false,
            position: Position::default(),
        }
    }

    /// Makes the decay half a period of a cosine.
    pub fn cosine(self) -> Self {
        Self { shape: Decay::Cosine, ..self }
    }

    /// Makes the decay `1 - √x`, which is steepest at the start.
    pub fn sqrt(self) -> Self {
        Self { shape: Decay::Sqrt, ..self }
    }

    /// Sets the ratio (in [0, 1]) of the final learning rate to the optimizer's; by default 0.
    ///
    /// # Panics
    /// If `min_ratio` is not in [0, 1].
    #[track_caller]
    pub fn min_ratio(self, min_ratio: Scalar) -> Self {
        assert!(
            (0.0..=1.0).contains(&min_ratio),
            "`min_ratio` of `WarmupStableDecayLr` is {min_ratio}, but must be in [0, 1]"
        );
        Self { min_ratio: decimal(min_ratio), ..self }
    }

    counted!(setter);
}

impl Schedule for WarmupStableDecayLr {
    fn rate(&self, base: f64, t: usize) -> f64 {
        if t < self.warmup {
            return base * f64::from(warmup(t, self.warmup));
        }
        let decaying = (t - self.warmup).saturating_sub(self.stable).min(self.decay);
        let part = decaying as f64 / self.decay as f64;
        let left = match self.shape {
            Decay::Linear => 1.0 - part,
            Decay::Cosine => f64::midpoint(1.0, (std::f64::consts::PI * part).cos()),
            Decay::Sqrt => 1.0 - part.sqrt(),
        };
        base * (self.min_ratio + (1.0 - self.min_ratio) * left)
    }

    fn warms_up(&self) -> bool {
        self.warmup > 0
    }

    counted!();
}
