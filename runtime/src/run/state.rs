//! The state for hooks.

use super::{History, Row};
use crate::Scalar;

/// The state of a running loop, as passed to hooks.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct State<'a> {
    /// The epoch, counted from 0.
    pub epoch: usize,
    /// The batch in the epoch, counted from 0.
    pub batch: usize,
    /// The number of optimizer updates so far in the run.
    pub step: usize,
    /// The loss of the last training batch; NaN before the first batch.
    pub loss: f64,
    /// The learning rate of the last update; `None` before the first update.
    pub learning_rate: Option<Scalar>,
    /// The norm of the gradients in the last update, measured before clipping; `None` in a loop
    /// that does not clip by norm.
    pub grad_norm: Option<f64>,
    /// The measurements of this epoch so far.
    pub row: Row,
    /// The history of all earlier epochs. The measurements of the current epoch are only in `row`,
    /// even when the hook `epoch_end` runs.
    pub history: &'a History,
    pub(super) is_best: bool,
    pub(super) checks_since_best: Option<usize>,
}

impl State<'_> {
    /// Whether this epoch is the best so far. Epochs are ranked by the `monitor` of the spec. The default
    /// monitor is `valid_loss`, or `loss` in a loop that has not validated. The first epoch is the best,
    /// unless its value is NaN. An epoch whose value is NaN is never the best. In a loop that validates, an
    /// epoch without validation is never the best.
    pub fn is_best(&self) -> bool {
        self.is_best
    }

    /// The number of checks since the best check; 0 if the last check was the best. A check is a validation,
    /// or the training of an epoch if the monitor is a training measurement. If no check was the best, the
    /// result is the number of all checks.
    ///
    /// # Example
    /// This hook prints the number of validations without improvement.
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// #[training_loop(
    ///     loss = mse_loss,
    ///     optimizer = Sgd::new(model.parameters(), 0.1),
    ///     epochs = 4,
    ///     on(validation_end = |_, state| {
    ///         if state.checks_since_best() >= 2 {
    ///             println!("no improvement in {} validations", state.checks_since_best());
    ///         }
    ///     }),
    /// )]
    /// fn fit(model: &mut Linear, train: &DataLoader<Tensor>, valid: &DataLoader<Tensor>) -> Result<History>;
    ///
    /// # fn main() -> Result<()> {
    /// let loader = DataLoader::new(TensorDataset::new(Tensor::ones(&[8, 1]), Tensor::zeros(&[8, 1]))?, 8);
    /// assert_eq!(fit(&mut Linear::new(1, 1), &loader, &loader.clone())?.len(), 4);
    /// # Ok(())
    /// # }
    /// ```
    pub fn checks_since_best(&self) -> usize {
        self.checks_since_best.unwrap_or_else(|| self.epochs_since_best())
    }

    /// The number of epochs since the best epoch; 0 if the current epoch [is the
    /// best](State::is_best).
    ///
    /// # Example
    /// This hook stops the run after five epochs without improvement.
    /// ```
    /// use std::ops::ControlFlow;
    ///
    /// use training_loop::prelude::*;
    ///
    /// #[training_loop(
    ///     loss = mse_loss,
    ///     optimizer = Sgd::new(model.parameters(), 0.1),
    ///     epochs = 100,
    ///     on(epoch_end = |_, state| {
    ///         if state.epochs_since_best() >= 5 {
    ///             return ControlFlow::Break(());
    ///         }
    ///         ControlFlow::Continue(())
    ///     }),
    /// )]
    /// fn fit(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;
    ///
    /// let data = TensorDataset::new(Tensor::ones(&[8, 1]), Tensor::zeros(&[8, 1]))?;
    /// let history = fit(&mut Linear::new(1, 1), &DataLoader::new(data, 8))?;
    /// assert!(history.rows().len() <= 100);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn epochs_since_best(&self) -> usize {
        if self.is_best {
            return 0;
        }
        let since = |best: usize| self.epoch.saturating_sub(best);
        self.history.best_epoch().map_or(self.epoch + 1, since)
    }
}
