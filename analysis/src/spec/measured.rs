//! The measurements of a spec's loop: their names, and whether lower or higher values are better.

use proc_macro2::Span;
use syn::{Expr, Lit};

use super::names::METRICS;
use super::{Goal, Monitor, Spec, plain};

/// A measurement of the loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Measurement {
    /// The name of the column, such as `valid_accuracy`.
    pub(crate) name: String,
    pub(crate) goal: Goal,
}

/// The measurements whose names are known at compile time.
pub(crate) struct Measured {
    pub(crate) known: Vec<Measurement>,
    /// Whether the loop has metrics whose names are known only at run time.
    pub(crate) asks_metrics: bool,
    /// Whether `training_step` may return named parts of the loss.
    has_parts: bool,
    /// The names of the phases, whose losses may have named parts.
    phases: Vec<String>,
}

impl Measured {
    /// The measurements of a spec's loop.
    pub(crate) fn of(spec: &Spec) -> Self {
        let phases: Vec<String> =
            spec.phases.iter().flat_map(|clause| &clause.value).map(|phase| phase.name.to_string()).collect();
        let has_parts = spec.training_step.is_some();
        let mut this = Self { known: Vec::new(), asks_metrics: false, has_parts, phases };
        let has_phases = !this.phases.is_empty();
        let of_phase = |name| Measurement { name: format!("{name}_loss"), goal: Goal::Min };
        this.known.extend(this.phases.iter().map(of_phase));
        let validates = spec.valid.is_some();
        for (prefix, metrics) in [("", &spec.train_metrics), ("valid_", &spec.metrics)]
            .into_iter()
            .take(1 + usize::from(validates))
            .skip(usize::from(has_phases))
        {
            this.known.push(Measurement { name: format!("{prefix}loss"), goal: Goal::Min });
            for metric in metrics.iter().flat_map(|clause| &clause.value) {
                match known(metric) {
                    Some((name, goal)) => {
                        this.known.push(Measurement { name: format!("{prefix}{name}"), goal });
                    }
                    None => this.asks_metrics = true,
                }
            }
        }
        this
    }

    /// Whether the loop may have a measurement with this name that is known only at run time.
    pub(crate) fn may_have(&self, name: &str) -> bool {
        self.asks_metrics || self.has_parts || self.is_of_phase(name)
    }

    /// Whether a name is that of a phase's loss, or of a part of this loss.
    pub(crate) fn is_of_phase(&self, name: &str) -> bool {
        let of_phase = |phase: &String| name.strip_prefix(&**phase).is_some_and(|part| part.starts_with('_'));
        self.phases.iter().any(of_phase)
    }

    /// The measurement with this name.
    pub(crate) fn find(&self, name: &str) -> Option<&Measurement> {
        self.known.iter().find(|measurement| measurement.name == name)
    }
}

/// The monitors of a spec, each with the span of its clause's key, in the order of the table.
pub(crate) fn monitors(spec: &Spec) -> impl Iterator<Item = (&Monitor, Span)> {
    let early_stop = spec.early_stop.as_ref().map(|clause| (&clause.value.monitor, clause.span()));
    let restore_best = spec.restore_best.as_ref().map(|clause| (&clause.value.monitor, clause.span()));
    // A checkpoint needs no monitor. By default, the measurement that ranks epochs also ranks checkpoints.
    let names_one = |monitor: &Monitor| monitor.name.is_some() || monitor.mode.is_some();
    let checkpoint = spec.checkpoint.as_ref().filter(|clause| names_one(&clause.value.monitor));
    let checkpoint = checkpoint.map(|clause| (&clause.value.monitor, clause.span()));
    [early_stop, restore_best, checkpoint].into_iter().flatten()
}

/// The name of the run's monitor, and its span.
pub(crate) fn monitored(spec: &Spec) -> Option<(String, Span)> {
    let named = monitors(spec).find_map(|(monitor, _)| monitor.name.clone());
    named.or_else(|| monitors(spec).next().map(|(_, at)| ("valid_loss".to_owned(), at)))
}

/// The goal in a spec's `mode`, and its span.
pub(crate) fn mode(spec: &Spec) -> Option<(Goal, Span)> {
    monitors(spec).find_map(|(monitor, _)| monitor.mode)
}

/// Whether a measurement with this name is of the validation data.
pub(crate) fn is_validation(name: &str) -> bool {
    name.starts_with("valid_")
}

/// The name and the goal of a metric of the runtime. `None` for other metrics, and for names that depend on a value.
fn known(metric: &Expr) -> Option<(String, Goal)> {
    let (function, arguments) = match plain(metric) {
        Expr::Path(path) => (path.path.get_ident()?, None),
        Expr::Call(call) => match plain(&call.func) {
            Expr::Path(path) => (path.path.get_ident()?, call.args.first()),
            _ => return None,
        },
        Expr::MethodCall(call) if call.method == "ignore" => return known(&call.receiver),
        _ => return None,
    };
    let name = METRICS.iter().find(|name| function == **name)?;
    let goal = if matches!(*name, "mae" | "mse" | "rmse" | "perplexity") { Goal::Min } else { Goal::Max };
    let name = match *name {
        "confusion" => "confusion_accuracy".to_owned(),
        "top_k" => match arguments.map(plain)? {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Int(k) => format!("top_{}", k.base10_digits()),
                _ => return None,
            },
            _ => return None,
        },
        other => other.to_owned(),
    };
    Some((name, goal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_columns_of_the_runtime() {
        let name = |metric: &str| known(&syn::parse_str(metric).unwrap()).map(|(name, _)| name);
        assert_eq!(name("accuracy").as_deref(), Some("accuracy"));
        assert_eq!(name("(top_k(5))").as_deref(), Some("top_5"));
        assert_eq!(name("confusion().ignore(9)").as_deref(), Some("confusion_accuracy"));
        for open in ["top_k(k)", "f1().average(Average::Micro)", "mine", "metric::f1", "Mine::new(3)"] {
            assert_eq!(name(open), None, "{open}");
        }
        let goal = |metric: &str| known(&syn::parse_str(metric).unwrap()).map(|(_, goal)| goal);
        assert_eq!((goal("rmse"), goal("r2")), (Some(Goal::Min), Some(Goal::Max)));
    }
}
