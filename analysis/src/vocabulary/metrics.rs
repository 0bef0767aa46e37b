//! Metrics that objects accumulate: their types, and the effects of their methods.

/// The effect of a method of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricEffect {
    /// Adds a batch to the metric.
    Adds,
    /// Returns the value of the metric over all batches so far.
    Reports,
    /// May start the metric anew.
    Resets,
}

/// The effect of a method of a metric. A method without an entry may start the metric anew.
pub fn metric_method(name: &str) -> MetricEffect {
    match name {
        "update" | "add" | "add_batch" | "record" | "accumulate" => MetricEffect::Adds,
        "compute" | "value" | "result" | "average" | "avg" | "mean" | "name" => MetricEffect::Reports,
        _ => MetricEffect::Resets,
    }
}

/// Whether a type with this name accumulates a metric over batches.
///
/// A type of such a name whose `update` replaces its value is therefore reported by mistake.
pub fn is_metric(owner: &str) -> bool {
    const KNOWN: [&str; 9] =
        ["Confusion", "TopK", "Errors", "R2", "F1", "F1Score", "Precision", "Recall", "PerClass"];
    KNOWN.contains(&owner)
        || ["Accuracy", "Metric", "Meter", "MeanSquaredError"].iter().any(|end| owner.ends_with(end))
}
