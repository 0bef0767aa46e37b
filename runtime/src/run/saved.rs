//! JSON for rows, epochs and checks.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::checks::{Checks, Monitor, Patience};
use super::epoch::{Epoch, Pass};
use super::history::Row;
use super::weight::Total;
use crate::Scalar;
use crate::checkpoint::Compared;
use crate::checkpoint::json::{Fields, Read, as_number, number, optional, pairs};
use crate::metric::{Confusion, Goal, Metric as _};

/// Confusion matrices as JSON, each with its name, its counts and its ignored label.
fn confusions(matrices: &[(String, Confusion)]) -> Value {
    let one = |(name, matrix): &(String, Confusion)| {
        let counts = matrix.counts().iter().flatten().copied().collect::<Vec<u64>>();
        json!([name, counts, matrix.ignored()])
    };
    matrices.iter().map(one).collect()
}

fn read_confusions(fields: Fields) -> Read<Vec<(String, Confusion)>> {
    let one = |value: &Value| {
        let counts: Option<Vec<f64>> = value.get(1)?.as_array()?.iter().map(Value::as_f64).collect();
        let ignored = match value.get(2)? {
            Value::Null => None,
            label => Some(u32::try_from(label.as_u64()?).ok()?),
        };
        let mut matrix = ignored.map_or_else(Confusion::default, |label| Confusion::default().ignore(label));
        matrix.set_counts(&counts?).then(|| Some((value.get(0)?.as_str()?.to_owned(), matrix)))?
    };
    let all = fields.list("confusions")?.iter().map(one).collect::<Option<_>>();
    all.ok_or_else(|| "`confusions` is not a list of matrices".to_owned())
}

/// A learning rate or a similar number as JSON. Converting an `f32` to `f64` is exact.
fn scalar(value: Option<Scalar>) -> Value {
    optional(value.map(f64::from))
}

fn read_scalar(fields: Fields, name: &str) -> Read<Option<Scalar>> {
    Ok(fields.optional(name, Fields::number)?.map(|value| value as Scalar))
}

impl Row {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "epoch": self.epoch,
            "before_training": self.before_training,
            "seconds": number(self.seconds),
            "learning_rate": scalar(self.learning_rate),
            "grad_norm": optional(self.grad_norm),
            "measurements": pairs(&self.measurements),
            "confusions": confusions(&self.confusions),
        })
    }

    pub(super) fn from_json(value: &Value) -> Read<Self> {
        let fields = Fields(value);
        Ok(Self {
            epoch: fields.count("epoch")?,
            before_training: fields.flag("before_training")?,
            seconds: fields.number("seconds")?,
            learning_rate: read_scalar(fields, "learning_rate")?,
            grad_norm: fields.optional("grad_norm", Fields::number)?,
            measurements: fields.pairs("measurements")?,
            confusions: read_confusions(fields)?,
        })
    }
}

impl Total {
    fn to_json(self) -> Value {
        let (sum, weight, is_sum) = self.parts();
        json!([number(sum), number(weight), is_sum])
    }

    fn from_json(value: &Value) -> Option<Self> {
        let part = |index: usize| as_number(value.get(index)?);
        Some(Self::from_parts(part(0)?, part(1)?, value.get(2)?.as_bool()?))
    }
}

impl Pass {
    fn to_json(&self) -> Value {
        let part = |(name, total): &(String, Total)| json!([name, total.to_json()]);
        json!({
            "loss": self.loss.to_json(),
            "parts": self.parts.iter().map(part).collect::<Vec<_>>(),
            "metrics": pairs(&self.metrics),
        })
    }

    fn from_json(fields: Fields) -> Read<Self> {
        let part =
            |value: &Value| Some((value.get(0)?.as_str()?.to_owned(), Total::from_json(value.get(1)?)?));
        let parts = fields.list("parts")?.iter().map(part).collect::<Option<_>>();
        Ok(Self {
            loss: Total::from_json(fields.get("loss")?).ok_or("`loss` is not a sum, a weight and a flag")?,
            parts: parts.ok_or("`parts` is not a list of names and sums")?,
            metrics: fields.pairs("metrics")?,
        })
    }
}

impl Checks {
    pub(super) fn to_json(self) -> Value {
        json!({
            "best": optional(self.best),
            "since_best": self.since_best,
            "improved": optional(self.patience.best),
            "waited": self.patience.waited,
        })
    }

    pub(super) fn from_json(fields: Fields) -> Read<Self> {
        Ok(Self {
            best: fields.optional("best", Fields::number)?,
            since_best: fields.optional("since_best", Fields::count)?,
            patience: Patience {
                best: fields.optional("improved", Fields::number)?,
                waited: fields.optional("waited", Fields::count)?,
            },
        })
    }
}

impl Monitor {
    /// The measurement that ranks checkpoints. Values of different measurements are not comparable.
    pub(super) fn compared(&self) -> Compared {
        Compared { monitor: self.to_json(), goal: self.goal }
    }

    pub(super) fn to_json(&self) -> Value {
        let goal = match self.goal {
            Goal::Min => "min",
            Goal::Max => "max",
        };
        json!({"name": self.name, "goal": goal})
    }
}

impl Epoch {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "number": self.number,
            "before_training": self.before_training,
            "seconds": number(self.began.elapsed().as_secs_f64()),
            "batches": self.batches,
            "batch": self.batch,
            "last": number(self.last),
            "train": self.train.to_json(),
            "valid": self.valid.to_json(),
            "confusions": confusions(&self.confusions),
            "is_best": self.is_best,
            "learning_rate": scalar(self.learning_rate),
            "grad_norm": optional(self.grad_norm),
        })
    }

    pub(super) fn from_json(fields: Fields) -> Read<Self> {
        Ok(Self {
            number: fields.count("number")?,
            before_training: fields.flag("before_training")?,
            began: ago(fields.number("seconds")?),
            batches: fields.count("batches")?,
            batch: fields.count("batch")?,
            last: fields.number("last")?,
            update: Total::default(), // Checkpoints are saved between updates.
            is_finite: true,
            train: Pass::from_json(fields.inside("train")?)?,
            valid: Pass::from_json(fields.inside("valid")?)?,
            confusions: read_confusions(fields)?,
            is_best: fields.optional("is_best", Fields::flag)?,
            learning_rate: read_scalar(fields, "learning_rate")?,
            grad_norm: fields.optional("grad_norm", Fields::number)?,
        })
    }
}

/// The time this many seconds ago, or the current time if the clock does not reach back that far.
pub(super) fn ago(seconds: f64) -> Instant {
    let now = Instant::now();
    let passed = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    now.checked_sub(passed).unwrap_or(now)
}
