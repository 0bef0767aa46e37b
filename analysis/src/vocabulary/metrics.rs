//! The types of metric objects, which accumulate a metric, and the effects of their methods.

/// The effect of a method of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricEffect {
    /// The method adds a batch to the metric.
    Adds,
    /// The method returns the value of the metric over all batches so far.
    Reports,
    /// The method may reset the metric.
    Resets,
}

/// The effect of a method of a metric. An unknown method may reset the metric.
pub fn metric_method(name: &str) -> MetricEffect {
    match name {
        "update" | "add" | "add_batch" | "record" | "accumulate" => MetricEffect::Adds,
        "compute" | "value" | "result" | "average" | "avg" | "mean" | "name" => MetricEffect::Reports,
        _ => MetricEffect::Resets,
    }
}

/// Whether a type with this name accumulates a metric over batches.
///
/// A type with such a name is reported by mistake if its `update` replaces the value.
pub fn is_metric(owner: &str) -> bool {
    const KNOWN: [&str; 9] =
        ["Confusion", "TopK", "Errors", "R2", "F1", "F1Score", "Precision", "Recall", "PerClass"];
    KNOWN.contains(&owner)
        || ["Accuracy", "Metric", "Meter", "MeanSquaredError"].iter().any(|end| owner.ends_with(end))
}
