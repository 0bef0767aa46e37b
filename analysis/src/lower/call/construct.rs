//! Associated functions: constructors of optimizers, schedules, models and tensors; conversions.

use syn::Expr;

use super::losses::asks_for_no_reduction;
use super::mode::literal_bool;
use super::passed::Grade;
use super::{Call, Callee};
use crate::cfg::{Action, Deps, Differs, Join, Mark, Origin};
use crate::lower::Lower;
use crate::lower::env::value::{Kind, Value};
use crate::stage::Stage;
use crate::vocabulary::rust::{TypeShape, is_forced, is_number, is_pointer, type_shape};
use crate::vocabulary::{
    CallEffect, GradientStop, Role, ignores_mode_argument, is_constructor, is_distributed_sampler, is_layer,
    is_metric, is_rate, is_stateful, is_store, is_variable, names_backward, type_holds_no_parameters,
};

impl<'a> Lower<'a> {
    /// Evaluates a call `Type::function(..)`.
    pub(super) fn associated(&mut self, call: &Call<'a>, owner: &str) -> Value<'a> {
        if let (Some(TypeShape::Wrapper), [value]) = (type_shape(owner), &call.arguments[..]) {
            if let (Kind::NewOptimizer(_, site), true) = (&value.kind, is_pointer(owner)) {
                self.cfg.facts.mark(*site, Mark::SharedOptimizer);
            }
            let pointer = value.pointer || is_pointer(owner);
            return value.clone().with_pointer(pointer);
        }
        if let Some(value) = self.associated_collective(call) {
            return value;
        }
        let role = self.role_of_named_type(owner);
        if !matches!(role, Some(Role::Optimizer | Role::Schedule))
            && let Some(value) = self.inlined(call)
        {
            return value;
        }
        // `Optimizer::step(&mut optimizer)`
        if let Some((Value { kind: Kind::Optimizer(_), .. }, rest)) = call.arguments.split_first()
            && let Some(CallEffect::Gradients(effects)) =
                self.vocabulary.optimizer_method(&call.name, rest.len())
        {
            return self.acts_on_gradients(call, effects);
        }
        if is_number(owner) {
            return self.number_of(call);
        }
        if let Some(value) = self.method_by_path(call) {
            return value;
        }
        match role {
            Some(Role::Optimizer) => self.new_optimizer(call),
            Some(Role::Schedule) => self.new_schedule(call),
            Some(Role::Scaler) => Value::of(Kind::Scaler, Deps::none()),
            Some(Role::Accumulator) => self.new_accumulator(call),
            Some(Role::Other) | None if self.vocabulary.is_tensor(owner) && !names_backward(&call.name) => {
                self.of_tensor(call).unwrap_or_else(|| new_tensor(call, owner))
            }
            Some(Role::Other) | None => self.new_other(call, owner),
        }
    }

    /// Performs a forward or a `backward` that is called by the path of its trait or type:
    /// `Module::forward(&model, x)`.
    fn method_by_path(&mut self, call: &Call<'a>) -> Option<Value<'a>> {
        let (subject, rest) = call.arguments.split_first()?;
        let effect = self.vocabulary.method(&call.name, rest.len())?;
        if let CallEffect::Backward { retain } = effect {
            return Some(self.backward(call, retain));
        }
        let of_model = matches!(subject.kind, Kind::Plain | Kind::Fields(_));
        let forward = effect == CallEffect::Computes(Stage::Forward) && of_model;
        forward.then(|| self.computes(call, Stage::Forward, Some(subject), rest))
    }

    /// The result of `f32::from(..)`: a number, through which no gradient passes.
    fn number_of(&mut self, call: &Call<'a>) -> Value<'a> {
        let site = self.site_of(call.expr, None);
        self.reads_number(call, site);
        let origin = match &call.arguments[..] {
            [one] => one.origin.ended(GradientStop::Number, site),
            _ => Origin::default(),
        };
        let measured = call.arguments.iter().any(|argument| argument.measured || argument.computed);
        let differs = call.arguments.iter().fold(Differs::Unknown, |all, part| all.with(part.differs()));
        Value { measured, differs, ..Value::number().with_origin(origin) }
    }

    /// The result of a constructor of an optimizer, or of the settings of an optimizer.
    fn new_optimizer(&mut self, call: &Call<'a>) -> Value<'a> {
        let site = self.opaque_site_of(call.expr);
        if matches!(&call.callee, Callee::Associated(_, owner) if is_stateful(owner)) {
            self.cfg.facts.mark(site, Mark::StatefulOptimizer);
        }
        let Some(first) = call.arguments.first() else {
            return Value::of(Kind::Settings(site), Deps::none());
        };
        // Without parameters it gets them later, and the gradients are not its own.
        let rate = matches!(call.args.first(), Some(Expr::Path(first)) if first.path.get_ident().is_some_and(|name| is_rate(&name.to_string())));
        if rate || call.arguments.iter().all(|argument| argument.derived().deps.is_empty()) {
            return Value::of(Kind::Settings(site), Deps::none());
        }
        Value::of(Kind::NewOptimizer(first.derived().deps, site), Deps::none())
    }

    /// The result of an associated function that the vocabulary does not know, such as `Net::new(..)`.
    fn new_other(&mut self, call: &Call<'a>, owner: &str) -> Value<'a> {
        let deps = self.sources_held(call, owner);
        if let Some(gradients) = self.converts_gradients(call) {
            return gradients;
        }
        let site = self.opaque_site_of(call.expr);
        let is_no = |argument| literal_bool(argument) == Some(false);
        if is_distributed_sampler(owner) && !call.args.iter().any(is_no) {
            self.cfg.facts.mark(site, Mark::Sampler);
        }
        if is_store(owner) && self.records_parameters() {
            self.cfg.facts.mark(site, Mark::NewStore);
        }
        self.hands_loss(call, site);
        self.pass_to_opaque(&call.arguments, site, Grade::Unknown);
        let collection = type_shape(owner) == Some(TypeShape::Collection);
        let made = (is_constructor(&call.name) && !collection).then_some(site);
        let own = call.path().is_some_and(|path| self.resolver.may_be_own(path, self.inlining.function));
        let origin = match self.vocabulary.criterion(owner).filter(|_| !own) {
            None => Origin::default(),
            criterion => {
                let unreduced = call.args.iter().any(asks_for_no_reduction).then_some(site);
                Origin { unreduced, criterion, ..Origin::default() }
            }
        };
        let ty = made.and_then(|_| self.resolver.type_named(owner, self.inlining.function));
        if is_metric(owner) && ty.is_none() {
            self.cfg.facts.mark(site, Mark::Metric);
        }
        let bare = type_holds_no_parameters(owner);
        let value = Value::plain(deps).with_origin(origin).with_made(made).with_bare(bare);
        let mut value = Value { ty, ..value };
        if ignores_mode_argument(owner) {
            value.as_model.sets_own_mode = true;
        }
        value
    }

    /// The places from which a constructor's arguments were computed. Places that cannot hold
    /// parameters are left out.
    ///
    /// For an object that itself holds data or settings, such as a loader, no place is left out.
    fn sources_held(&self, call: &Call<'a>, owner: &str) -> Deps {
        let deps = sources(call);
        if is_constructor(&call.name) && !type_holds_no_parameters(owner) {
            self.holding(&deps)
        } else {
            deps
        }
    }

    /// Performs a method that builds an object from settings: `NetConfig::new().init(&device)`.
    pub(super) fn constructs(&mut self, call: &Call<'a>) -> Value<'a> {
        let value = self.opaque(call);
        let site = self.opaque_site_of(call.expr);
        let receiver = call.receiver.as_ref().map(|receiver| receiver.origin.clone()).unwrap_or_default();
        let built = receiver.criterion.is_none();
        value.with_origin(receiver).with_made(built.then_some(site))
    }

    /// Records that an assignment of `right` may replace a model or a layer that an optimizer updates.
    pub(in crate::lower) fn replaces(&mut self, left: &'a Expr, right: &'a Expr, value: &Value<'a>) {
        let Some(callee) = constructor(right) else { return };
        let new = matches!(value.kind, Kind::Plain | Kind::Fields(_)) && !value.computed;
        let Some(path) = self.place_of(left).filter(|_| new) else { return };
        let deps = value.derived().deps;
        if Deps::one(path).overlaps(&deps, &self.cfg.paths) != Some(false) {
            return;
        }
        let moves = |optimizer: &crate::cfg::Optimizer| {
            let owned = optimizer.owned.as_ref().map_or(&[][..], Deps::paths);
            owned.iter().any(|&owned| {
                let apart = deps.paths().iter().all(|&dep| !self.cfg.paths.overlap(dep, owned));
                let part = owned != path && self.cfg.paths.holds(owned, path) && is_layer(&callee);
                apart && (part || self.cfg.paths.holds(path, owned))
            })
        };
        if self.cfg.optimizers.iter().any(moves) {
            let site = self.site_of(right, None);
            self.emit(Action::Replace(path), site);
        }
    }
}

/// The result of a constructor of a tensor.
fn new_tensor<'a>(call: &Call<'a>, owner: &str) -> Value<'a> {
    let parts = call.arguments.iter().map(|part| &part.origin);
    let parts = parts.fold(Origin::constant(), |all, part| all.with(part, Join::Other));
    // A variable has a gradient of its own.
    let origin = if is_variable(owner) { Origin::default() } else { parts };
    Value::plain(sources(call)).with_origin(origin)
}

/// The places from which the arguments of a call were computed.
///
/// Random generators, which are passed by `&mut`, are left out.
fn sources(call: &Call<'_>) -> Deps {
    let is_source = |(argument, value): &(&Expr, &Value<'_>)| {
        let lent = matches!(argument, Expr::Reference(by) if by.mutability.is_some());
        !lent || matches!(value.kind, Kind::Optimizer(_))
    };
    let arguments = call.args.iter().zip(&call.arguments).filter(is_source);
    arguments.fold(Deps::none(), |all, (_, value)| all.union(&value.derived().deps))
}

/// The name of the type or of the function that a constructor call names.
///
/// The name is `Net` for `Net::new(..)?`, and `linear` for `linear(..).unwrap()`.
pub(super) fn constructor(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Try(inner) => constructor(&inner.expr),
        Expr::Paren(inner) => constructor(&inner.expr),
        Expr::MethodCall(node) if is_forced(&node.method.to_string()) => constructor(&node.receiver),
        Expr::Call(node) => {
            let Expr::Path(path) = &*node.func else { return None };
            let names: Vec<String> = path.path.segments.iter().map(|part| part.ident.to_string()).collect();
            let owner = names.iter().rev().nth(1).filter(|owner| owner.starts_with(char::is_uppercase));
            owner.or(names.last()).cloned()
        }
        _ => None,
    }
}
