//! The measurements of a run, epoch by epoch.

mod stop;
mod table;

use std::io::{self, Write};
use std::path::Path;

pub use stop::StopReason;
pub(super) use table::{epoch_of, line, number};

use super::checks::Monitor;
use super::logs::{columns, csv_fields, csv_line};
use super::outline::About;
use crate::file::atomic_write;
use crate::metric::Confusion;
use crate::{Result, Scalar};

/// The measurements of one epoch, or of a function that evaluates a model.
///
/// `Display` writes the names and values in one line.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Row {
    /// The epoch, counted from 0.
    pub epoch: usize,
    /// Whether the row belongs to a validation before the first epoch, or to an evaluation without training. The epoch
    /// is then 0.
    pub before_training: bool,
    /// The duration of the epoch or of the evaluation, including validation, in seconds.
    pub seconds: f64,
    /// The learning rate of the epoch's last update; `None` without updates.
    pub learning_rate: Option<Scalar>,
    /// The norm of the gradients in the epoch's last update, measured before clipping; `None` in a
    /// loop that does not clip by norm.
    pub grad_norm: Option<f64>,
    /// Names and values in order of measurement: `loss`, its named parts and the training metrics, followed
    /// by `valid_loss` and the same for the validation.
    pub measurements: Vec<(String, f64)>,
    /// Confusion matrices by name.
    pub(super) confusions: Vec<(String, Confusion)>,
}

impl Row {
    /// The number of the epoch, counted from 1; 0 for the validation before the first epoch.
    pub(super) fn number(&self) -> usize {
        if self.before_training { 0 } else { self.epoch + 1 }
    }

    /// The measurement with this name, or `None` if the epoch has no such measurement.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.measurements.iter().find(|(own, _)| own == name).map(|&(_, value)| value)
    }

    /// The confusion matrix with this name: `valid_confusion` for validation data, `confusion` for
    /// training data.
    pub fn confusion(&self, name: &str) -> Option<&Confusion> {
        self.confusions.iter().find(|(own, _)| own == name).map(|(_, matrix)| matrix)
    }
}

/// The measurements of a run: one row per epoch, the best epoch, and the reason why the run ended.
///
/// `Display` writes a table with a column per measurement, and a column for the learning rate if
/// the rate changes. The table, the printed lines and the CSV file count epochs from 1. The API
/// (`Row::epoch`, `best_epoch`) counts epochs from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    epochs: Option<usize>,
    rows: Vec<Row>,
    /// The index of the best row so far.
    best: Option<usize>,
    /// The measurement that ranks epochs, if the loop declares one. An epoch without it is then never the
    /// best.
    monitor: Option<Monitor>,
    stop_reason: StopReason,
    explanation: Option<String>,
    /// The additional information for a report; `None` unless the run options ask for a summary, a profile or
    /// a report.
    pub(super) about: Option<Box<About>>,
}

impl History {
    pub(super) fn new(epochs: Option<usize>) -> Self {
        Self { epochs, ..Self::default() }
    }

    /// Declares the measurement that ranks epochs.
    pub(super) fn monitor(&mut self, monitor: Monitor) {
        self.monitor = Some(monitor);
    }

    /// The planned number of epochs.
    pub(super) fn epochs(&self) -> Option<usize> {
        self.epochs
    }

    /// Sets the planned number of epochs.
    pub(super) fn plan(&mut self, epochs: usize) {
        self.epochs = Some(epochs);
    }

    pub(super) fn push(&mut self, row: Row) {
        if self.is_best(&row) {
            self.best = Some(self.rows.len());
        }
        self.rows.push(row);
    }

    pub(super) fn explain(&mut self, text: String) {
        self.explanation = Some(text);
    }

    pub(super) fn stop(&mut self, reason: StopReason) {
        self.stop_reason = reason;
    }

    /// The measurement that ranks epochs. By default, it is the validation loss if this row or an earlier row
    /// has one, and otherwise the training loss.
    pub(super) fn monitored(&self, row: &Row) -> Monitor {
        let validates = |row: &Row| row.get("valid_loss").is_some();
        let by_rows = || Monitor::loss(validates(row) || self.rows.iter().any(validates));
        self.monitor.clone().unwrap_or_else(by_rows)
    }

    /// The measurement that the loop declares, or by default the training loss.
    pub(super) fn declared(&self) -> Monitor {
        self.monitor.clone().unwrap_or_else(|| Monitor::loss(false))
    }

    /// Whether a new row is the best so far. The first row is the best, unless its value is NaN. A
    /// row whose value is NaN is never the best.
    pub(super) fn is_best(&self, row: &Row) -> bool {
        let monitor = self.monitored(row);
        let best = self.best.and_then(|best| self.rows[best].get(&monitor.name));
        row.get(&monitor.name).is_some_and(|new| monitor.is_better(new, best, 0.0))
    }

    /// The rows, one per epoch.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The number of epochs.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no epochs.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The values of a measurement, one per epoch. The value of an epoch without the measurement is
    /// `None`. For an unknown name all values are `None`; [`names`](Self::names) lists all names.
    pub fn get(&self, name: &str) -> Vec<Option<f64>> {
        self.rows.iter().map(|row| row.get(name)).collect()
    }

    /// The last value of a measurement, such as `loss`, `valid_loss` or `valid_accuracy`.
    ///
    /// Returns `None` if the run has no such measurement. [`names`](Self::names) lists all names.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// #[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2, metrics = [r2])]
    /// fn fit(model: &mut Linear, train: &DataLoader<Tensor>, valid: &DataLoader<Tensor>) -> Result<History>;
    ///
    /// # fn main() -> Result<()> {
    /// let loader = DataLoader::new(TensorDataset::new(Tensor::randn(&[8, 1]), Tensor::randn(&[8, 1]))?, 8);
    /// let history = fit(&mut Linear::new(1, 1), &loader, &loader.clone())?;
    /// assert_eq!(history.names(), ["loss", "valid_loss", "valid_r2"]);
    /// assert!(history.last("valid_r2").is_some() && history.last("r2").is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn last(&self, name: &str) -> Option<f64> {
        self.rows.iter().rev().find_map(|row| row.get(name))
    }

    /// The last confusion matrix with this name. [`Row::confusion`] lists the names.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// #[training_loop(
    ///     loss = cross_entropy,
    ///     optimizer = Sgd::new(model.parameters(), 0.1),
    ///     epochs = 2,
    ///     metrics = [confusion],
    /// )]
    /// fn fit(model: &mut Linear, train: &DataLoader, valid: &DataLoader) -> Result<History>;
    ///
    /// # fn main() -> Result<()> {
    /// let data = TensorDataset::new(Tensor::ones(&[6, 3]), Labels::from(vec![0_u32, 1, 0, 1, 0, 1]))?;
    /// let loader = DataLoader::new(data, 4);
    /// let history = fit(&mut Linear::new(3, 2), &loader, &loader)?;
    /// let matrix = history.confusion("valid_confusion").unwrap();
    /// assert_eq!(matrix.counts().iter().flatten().sum::<u64>(), 6);
    /// println!("{matrix}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn confusion(&self, name: &str) -> Option<&Confusion> {
        self.rows.iter().rev().find_map(|row| row.confusion(name))
    }

    /// The best row by the spec's `monitor`. The default monitor is `valid_loss`, or `loss` in a run without
    /// validation.
    pub fn best(&self) -> Option<&Row> {
        self.best.map(|best| &self.rows[best])
    }

    /// The epoch of the best row, counted from 0.
    pub fn best_epoch(&self) -> Option<usize> {
        self.best().map(|row| row.epoch)
    }

    /// The reason why the run ended.
    pub fn stop_reason(&self) -> StopReason {
        self.stop_reason
    }

    /// The printed report of a loss or a gradient that was not finite. The report contains the
    /// batch, the learning rate and the parameter, and states whether the model's values are still
    /// finite.
    pub fn explanation(&self) -> Option<&str> {
        self.explanation.as_deref()
    }

    /// The names of all measurements, in order of first appearance.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in self.rows.iter().flat_map(|row| &row.measurements) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    /// Writes a CSV file, completely or not at all. The columns are `epoch` (counted from 1),
    /// `seconds`, `learning_rate`, `grad_norm`, and the measurements. Missing values are empty
    /// fields. NaN and infinities are `NaN`, `inf` and `-inf`. A measurement with the name of one of the first columns
    /// gets a number, such as `seconds_2`.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if the file cannot be written, or if the path is not a
    /// regular file.
    pub fn save_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        atomic_write(path.as_ref(), |file| self.write_csv(file))
    }

    /// Writes the rows of a CSV file.
    pub(super) fn write_csv(&self, file: &mut dyn Write) -> io::Result<()> {
        let names = self.names();
        file.write_all(&csv_line(&columns(&names)))?;
        self.rows.iter().try_for_each(|row| file.write_all(&csv_line(&csv_fields(row, &names))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(epoch: usize, values: &[(&str, f64)]) -> Row {
        Row {
            epoch,
            before_training: false,
            seconds: 4.8,
            learning_rate: Some(0.1),
            grad_norm: None,
            measurements: values.iter().map(|&(name, value)| (name.to_owned(), value)).collect(),
            confusions: Vec::new(),
        }
    }

    fn history() -> History {
        let mut history = History::new(Some(10));
        history.push(row(0, &[("loss", 0.5)]));
        history.push(row(1, &[("loss", 0.25), ("valid_loss", 0.75), ("valid_accuracy", 0.5)]));
        history.push(row(2, &[("loss", 0.231), ("valid_loss", 0.2554), ("valid_accuracy", 0.9312)]));
        history.push(row(3, &[("loss", f64::NAN), ("valid_loss", f64::INFINITY), ("valid_accuracy", 0.0)]));
        history.stop(StopReason::NonFinite { epoch: 3, batch: 7 });
        history
    }

    #[test]
    fn an_epoch_prints_as_one_line() {
        assert_eq!(
            line(&history().rows()[2], Some(10), true, Some(0.1)),
            "epoch  3/10  4.8s  loss 0.2310  valid_loss 0.2554  valid_accuracy 0.9312  *best"
        );
        assert_eq!(line(&row(0, &[("loss", 1.5e-5)]), None, false, None), "epoch 1  4.8s  loss 1.500e-5");
        let later = line(&row(0, &[("loss", 1.5)]), None, true, Some(0.4));
        assert_eq!(later, "epoch 1  4.8s  loss 1.5000  learning_rate 0.1000  *best");
        let nan = line(&row(0, &[("loss", f64::NAN)]), Some(1), false, Some(0.1));
        assert_eq!(nan, "epoch 1/1  4.8s  loss NaN");
    }

    #[test]
    fn the_best_is_by_validation_once_there_is_one() {
        let history = history();
        assert_eq!(history.best_epoch(), Some(2));
        assert_eq!(history.get("valid_loss")[..2], [None, Some(0.75)]);
        assert_eq!(history.last("valid_accuracy"), Some(0.0));
        let mut plain = History::new(None);
        for (epoch, loss) in [f64::NAN, 2.0, 1.0, 1.0, f64::NAN].into_iter().enumerate() {
            plain.push(row(epoch, &[("loss", loss)]));
        }
        assert_eq!(plain.best_epoch(), Some(2));
    }

    #[test]
    fn shows_a_table() {
        let text = history().to_string();
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [
                "epoch  seconds    loss  valid_loss  valid_accuracy",
                "    1      4.8  0.5000                            ",
                "    2      4.8  0.2500      0.7500          0.5000",
                "    3      4.8  0.2310      0.2554          0.9312  *best",
                "    4      4.8     NaN         inf          0.0000",
                "a loss or a gradient was not finite at batch 8 of epoch 4",
            ]
        );
    }

    #[test]
    fn the_table_shows_a_learning_rate_that_moves() {
        let mut history = History::new(Some(2));
        for (epoch, rate) in [0.1, 0.05].into_iter().enumerate() {
            history.push(Row { learning_rate: Some(rate), ..row(epoch, &[("loss", 0.5)]) });
        }
        let text = history.to_string();
        assert_eq!(
            text.lines().take(2).collect::<Vec<_>>(),
            ["epoch  seconds  learning_rate    loss", "    1      4.8         0.1000  0.5000  *best"]
        );
    }

    #[test]
    fn saves_all_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.csv");
        history().save_csv(&path).unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "epoch,seconds,learning_rate,grad_norm,loss,valid_loss,valid_accuracy\n\
             1,4.8,0.1,,0.5,,\n\
             2,4.8,0.1,,0.25,0.75,0.5\n\
             3,4.8,0.1,,0.231,0.2554,0.9312\n\
             4,4.8,0.1,,NaN,inf,0\n"
        );
        assert!(history().save_csv(folder.path().join("none/history.csv")).is_err());
    }
}
