//! The clauses of an evaluation, and the test whether a function is one. An evaluation does not train.

use syn::{GenericArgument, PathArguments, ReturnType, Type};

use super::{ClauseName, Spec};
use crate::item::SpecFn;

/// The clauses of an evaluation, except lint levels.
const CLAUSES: [ClauseName; 10] = [
    ClauseName::Model,
    ClauseName::Valid,
    ClauseName::Loss,
    ClauseName::LossWeight,
    ClauseName::Forward,
    ClauseName::TrainingStep,
    ClauseName::Metrics,
    ClauseName::EvalOrder,
    ClauseName::Seed,
    ClauseName::Crate,
];

/// Whether a clause is allowed in an evaluation.
pub(crate) fn has(clause: ClauseName) -> bool {
    CLAUSES.contains(&clause) || clause.level().is_some()
}

/// Whether the function evaluates a model: it returns `Result<Row>`, and the spec has no optimizer.
pub(crate) fn is_one(spec: &Spec, item: &SpecFn) -> bool {
    let trains = spec.mentions(ClauseName::Optimizer) || spec.mentions(ClauseName::Phases);
    !trains && matches!(&item.signature.output, ReturnType::Type(_, output) if is_row(output))
}

/// Whether a return type is `Result<Row>`, the return type of an evaluation.
pub(crate) fn is_row(output: &Type) -> bool {
    let last = |ty: &Type| match ty {
        Type::Path(path) => path.path.segments.last().cloned(),
        _ => None,
    };
    let Some(result) = last(output).filter(|last| last.ident.to_string().ends_with("Result")) else {
        return false;
    };
    let PathArguments::AngleBracketed(arguments) = &result.arguments else { return false };
    match arguments.args.first() {
        Some(GenericArgument::Type(value)) => last(value).is_some_and(|value| value.ident == "Row"),
        _ => false,
    }
}
