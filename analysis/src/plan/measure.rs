//! The metrics of a loop.

use proc_macro2::Span;
use syn::{Expr, Ident, Path};

use super::Names;
use crate::spec::Clause;

/// A metric, with its local variable and the expression that creates it.
#[derive(Clone)]
pub(crate) struct Measure {
    pub(crate) name: Ident,
    pub(crate) value: Expr,
    pub(crate) at: Span,
}

/// The metrics of a list, each with a unique local variable.
pub(super) fn measures(clause: Option<&Clause<Vec<Expr>>>, prefix: &str, names: &Names) -> Vec<Measure> {
    let mut taken: Vec<String> = Vec::new();
    let mut measures = Vec::new();
    for metric in clause.into_iter().flat_map(|clause| &clause.value) {
        let (base, value, at) = metric_parts(metric);
        let base = format!("{prefix}_{base}");
        let count = taken.iter().filter(|name| **name == base).count();
        let name = if count == 0 { base.clone() } else { format!("{base}_{}", count + 1) };
        taken.push(base);
        measures.push(Measure { name: names.local(&name, at), value, at });
    }
    measures
}

/// The name of a metric, the expression that creates the metric, and the span at which the
/// expression starts.
fn metric_parts(metric: &Expr) -> (String, Expr, Span) {
    let at = crate::diagnostic::Place::of(metric).start;
    let last = |path: &Path| {
        path.segments.last().map(|segment| syn::ext::IdentExt::unraw(&segment.ident).to_string())
    };
    let name = |function: &Expr| match function {
        Expr::Path(path) => last(&path.path),
        _ => None,
    };
    let mut inner = metric;
    while let Expr::MethodCall(call) = inner {
        inner = &call.receiver;
    }
    let base = match inner {
        Expr::Path(_) => name(inner),
        Expr::Call(call) => name(&call.func),
        _ => None,
    };
    let base = base.map_or_else(|| "metric".to_owned(), |name| name.to_lowercase());
    (base, metric.clone(), at)
}
