//! Values that cannot fit their clause, and for which rustc's own error would not help.

use syn::visit::{self, Visit};
use syn::{Expr, Ident, Member, Type};

use crate::bag::Bag;
use crate::diagnostic::{Diagnostic, Place};
use crate::item::SpecFn;
use crate::rules::Kind;
use crate::spec::{ClauseName, Spec, Value, plain};

/// Names of types of the runtime and of PyTorch, each with the clause to write instead.
const TYPES: [(&str, &str); 28] = [
    ("Sgd", "optimizer = Sgd::new(model.parameters(), 0.1)"),
    ("Adam", "optimizer = Adam::new(model.parameters(), 1e-3)"),
    ("AdamW", "optimizer = AdamW::new(model.parameters(), 1e-3)"),
    ("RmsProp", "optimizer = RmsProp::new(model.parameters(), 0.01)"),
    ("NAdam", "optimizer = NAdam::new(model.parameters(), 2e-3)"),
    ("RAdam", "optimizer = RAdam::new(model.parameters(), 1e-3)"),
    ("Adamax", "optimizer = Adamax::new(model.parameters(), 2e-3)"),
    ("Adagrad", "optimizer = Adagrad::new(model.parameters(), 0.01)"),
    ("Adadelta", "optimizer = Adadelta::new(model.parameters(), 1.0)"),
    ("Lion", "optimizer = Lion::new(model.parameters(), 1e-4)"),
    ("LinearLr", "scheduler = LinearLr::new(1.0, 0.0, 1000)"),
    ("ExponentialLr", "scheduler = ExponentialLr::new(0.9).per_epoch()"),
    ("PlateauLr", "scheduler = PlateauLr::new()"),
    ("StepLr", "scheduler = StepLr::new(30, 0.1)"),
    ("CosineLr", "scheduler = CosineLr::new(1000)"),
    ("OneCycleLr", "scheduler = OneCycleLr::new(0.1, 1000)"),
    ("CrossEntropy", CROSS_ENTROPY),
    ("Huber", "loss = huber_loss`, or `loss = |output, batch| Huber::new().loss(output, &batch.target)"),
    (
        "SmoothL1",
        "loss = smooth_l1_loss`, or `loss = |output, batch| SmoothL1::new().loss(output, &batch.target)",
    ),
    // Names of PyTorch.
    ("CrossEntropyLoss", CROSS_ENTROPY),
    ("NLLLoss", "loss = nll_loss"),
    ("MSELoss", "loss = mse_loss"),
    ("L1Loss", "loss = l1_loss"),
    ("BCELoss", "loss = bce_loss"),
    ("BCEWithLogitsLoss", "loss = bce_with_logits_loss"),
    ("HuberLoss", "loss = huber_loss"),
    ("SmoothL1Loss", "loss = smooth_l1_loss"),
    ("KLDivLoss", "loss = kl_div"),
];
const CROSS_ENTROPY: &str =
    "loss = cross_entropy`, or `loss = |output, batch| CrossEntropy::new().loss(output, &batch.target)";

pub(super) fn check(bag: &Bag, spec: &Spec, item: &SpecFn) {
    for clause in [&spec.optimizer, &spec.scheduler, &spec.loss] {
        check_type(bag, clause);
    }
    check_method(bag, &spec.loss);
    for &clause in ClauseName::ALL {
        check_number(bag, spec, clause, item);
    }
    check_schedule(bag, &spec.scheduler, item);
    let metrics = [&spec.metrics, &spec.train_metrics].into_iter().flatten().flat_map(|clause| &clause.value);
    let values = [&spec.optimizer, &spec.scheduler, &spec.train, &spec.valid];
    for value in values.into_iter().flatten().map(|clause| &clause.value).chain(metrics) {
        Named(bag).visit_expr(value);
    }
}

/// Rejects a type, or a method without its receiver: `optimizer = Sgd`, `loss = CrossEntropy::loss`.
fn check_type(bag: &Bag, clause: &Value) {
    let Some(clause) = clause else { return };
    let Expr::Path(path) = plain(&clause.value) else { return };
    let Some(first) = path.path.segments.first().filter(|_| path.path.segments.len() <= 2) else { return };
    let Some((name, help)) = TYPES.iter().find(|(name, _)| first.ident == name) else { return };
    let message = if path.path.segments.len() == 1 {
        format!("`{name}` is a type, and `{}` takes a value", clause.key)
    } else {
        format!("`{}` is not a function of the output and the target", crate::prose::code(path))
    };
    bag.push(Diagnostic::error(Place::of(path), message).help(format!("write `{help}`")));
}

/// Whether a type is a primitive number, which `as` can convert.
fn is_plain_number(ty: &str) -> bool {
    let (kind, bits) = ty.split_at(ty.len().min(1));
    matches!(kind, "u" | "i" | "f") && (bits == "size" || bits.parse::<u32>().is_ok())
}

/// Rejects a parameter whose type does not fit its clause: `seed: Option<u64>`.
fn check_number(bag: &Bag, spec: &Spec, clause: ClauseName, item: &SpecFn) {
    let (Some((_, value)), Some(rule)) = (spec.expression(clause), clause.rule()) else { return };
    let counts = spec.max_time.as_ref().is_some_and(|clause| clause.value.unit.is_some());
    if clause == ClauseName::MaxTime && counts {
        return; // With a unit, any numeric type fits.
    }
    let Expr::Path(path) = plain(value) else { return };
    let Some(parameter) = path.path.get_ident() else { return };
    let Some(ty) = item.type_of(&parameter.to_string()) else { return };
    if let Some(wanted) = rule.instead_of(ty) {
        let (name, ty_text) = (rule.name, type_text(ty));
        let other = if rule.kind == Kind::Time && ty_text.starts_with(['u', 'i', 'f']) {
            format!("add its unit: `{name} = {parameter} minutes`")
        } else if is_plain_number(&ty_text) {
            format!("convert it: `{name} = {parameter} as {wanted}`")
        } else {
            format!("convert it: `{name} = ...`")
        };
        bag.push(
            Diagnostic::error(Place::of(ty), format!("`{name}` takes `{wanted}`, not `{ty_text}`"))
                .help(format!("write `{parameter}: {wanted}`, or {other}")),
        );
    }
}

/// The text of a type, as in the source.
pub(super) fn type_text(ty: &Type) -> String {
    crate::prose::code(ty).replace(" < ", "<").replace(" >", ">").replace(" , ", ", ")
}

/// Rejects a method value without a call: `loss = CrossEntropy::new().loss`.
fn check_method(bag: &Bag, clause: &Value) {
    let Some(clause) = clause else { return };
    let Expr::Field(field) = plain(&clause.value) else { return };
    if let (Expr::Call(_) | Expr::MethodCall(_), Member::Named(method)) = (plain(&field.base), &field.member)
    {
        let base = crate::prose::code(&field.base);
        bag.push(
            Diagnostic::error(
                method.span(),
                format!("`{method}` is a method, and `{}` takes a function", clause.key),
            )
            .help(format!("write `{} = |output, batch| {base}.{method}(output, &batch.target)`", clause.key)),
        );
    }
}

/// Rejects a schedule whose constructor takes the optimizer. The loop passes the optimizer to the schedule in
/// each step.
fn check_schedule(bag: &Bag, clause: &Value, item: &SpecFn) {
    let Some(clause) = clause else { return };
    if item.parameters().iter().any(|parameter| parameter == "optimizer") {
        return;
    }
    let mut names = Mentions(Vec::new());
    names.visit_expr(&clause.value);
    if let Some(name) = names.0.first() {
        bag.push(
            Diagnostic::error(name.span(), "a schedule is built without the optimizer")
                .note("the loop passes it the optimizer with each step")
                .help(format!("remove it: `scheduler = {}`", schedule_like(&clause.value))),
        );
    }
}

/// An example for the help: the runtime's schedule that is most similar to `value`, a schedule of another
/// framework.
fn schedule_like(value: &Expr) -> &'static str {
    let written = crate::prose::code(value);
    if written.contains("Restarts") {
        "CosineRestartsLr::new(1000)"
    } else if written.contains("Cos") {
        "CosineLr::new(1000)"
    } else if written.contains("Plateau") {
        "PlateauLr::new()"
    } else if written.contains("Linear") {
        "LinearLr::new(1.0, 0.0, 1000)"
    } else if written.contains("Exponential") {
        "ExponentialLr::new(0.9).per_epoch()"
    } else if written.contains("OneCycle") {
        "OneCycleLr::new(0.1, 1000)"
    } else {
        "StepLr::new(30, 0.1)"
    }
}

/// A visitor that collects each mention of the name `optimizer` outside of closures.
struct Mentions(Vec<Ident>);

impl<'ast> Visit<'ast> for Mentions {
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        self.0.extend(path.path.get_ident().filter(|name| *name == "optimizer").cloned());
    }

    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
}

/// A visitor that rejects named arguments as in Python: `step_size=30`.
struct Named<'a>(&'a Bag);

impl<'ast> Visit<'ast> for Named<'_> {
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        self.arguments(&call.args);
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.arguments(&call.args);
        visit::visit_expr_method_call(self, call);
    }
}

impl Named<'_> {
    fn arguments<'ast>(&self, arguments: impl IntoIterator<Item = &'ast Expr>) {
        let named = |argument: &&Expr| matches!(argument, Expr::Assign(assign) if matches!(&*assign.left, Expr::Path(path) if path.path.get_ident().is_some()));
        if let Some(argument) = arguments.into_iter().find(named) {
            self.0.push(
                Diagnostic::error(Place::of(argument), "Rust has no named arguments")
                    .help("give them in order, and the rest by methods: `Sgd::new(model.parameters(), 0.1).momentum(0.9)`"),
            );
        }
    }
}
