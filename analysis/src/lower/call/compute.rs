//! Calls that compute tensors: forwards, losses, operations, and calls that stop gradients.

use syn::{Expr, ExprMethodCall};

use super::Call;
use super::mode::literal_bool;
use crate::cfg::{Action, Computation, Deps, Differs, Gives, Origin, PathId, Recorded, SiteId, Sites};
use crate::diagnostic::Place;
use crate::lower::env::value::{Kind, Value};
use crate::lower::{Lower, address};
use crate::options::Author;
use crate::stage::Stage;
use crate::vocabulary::{GradientStop, Keeping, Op, hints_at_training, is_loss, multiplies};

impl<'a> Lower<'a> {
    /// Performs a stage that computes a tensor, such as a forward or a loss.
    pub(super) fn computes(
        &mut self,
        call: &Call<'a>,
        stage: Stage,
        receiver: Option<&Value<'a>>,
        arguments: &[Value<'a>],
    ) -> Value<'a> {
        let stage = if stage == Stage::Forward && receiver.is_some_and(|receiver| self.is_criterion(receiver))
        {
            Stage::Loss
        } else {
            stage
        };
        let site = self.stage_site(call.expr, stage);
        self.emit(Action::Mark(stage), site);
        // A model may store what it computes in its own fields.
        if let Some(place) = receiver.and_then(|receiver| receiver.place) {
            self.lose_parts(place);
        }
        self.may_recompute(receiver, arguments);
        let origin = self.computed_origin(call, stage, site, receiver, arguments);
        self.note_run(site, stage, receiver, arguments, mode_argument(call.expr));
        self.note_mode(site, call, receiver);
        let mut value = Value::nothing();
        for part in receiver.into_iter().chain(arguments) {
            value = value.with(&part.derived());
            value.models = value.models.union(&part.models);
            // `batch_loss(&model, &batch)` runs the model itself.
            let may_be_model =
                matches!(part.kind, Kind::Plain | Kind::Fields(_)) && part.origin.cut.is_none();
            if stage == Stage::Loss && may_be_model && !part.computed && self.is_owned(&part.deps) {
                value.models = value.models.union(&part.deps);
            }
            value.graphs.extend(part.through());
        }
        for part in arguments {
            let fields = part.place.filter(|_| stage == Stage::Forward).map(|place| self.graphs_in(place));
            for graph in part.parts().into_iter().chain(fields.into_iter().flatten()) {
                value.models = value.models.union(&self.cfg.graphs[graph].models);
                value.graphs.push(graph);
            }
        }
        if let Some(receiver) = receiver.filter(|_| stage == Stage::Forward) {
            value.models = value.models.union(&receiver.deps);
            self.cfg.function.models = self.cfg.function.models.union(&receiver.deps);
        }
        value.past.computed = value.past.computed.union(&Sites::one(site));
        value.past.open |= self.opens(arguments.iter());
        let frozen = stage == Stage::Forward && receiver.is_some_and(|receiver| receiver.as_model.frozen);
        let traced = stage != Stage::Forward || self.is_traced(arguments);
        let origin = if traced || !self.are_local(arguments) {
            origin
        } else {
            origin.ended(GradientStop::Detach, site)
        };
        let computed = !frozen && traced;
        let value =
            Value { computed, measured: true, differs: Differs::Measured, ..value.with_origin(origin) };
        let trains = stage == Stage::Loss && computed && !value.models.is_empty();
        match stage {
            Stage::Forward => self.outcome(call, Gives::Output, value),
            _ if trains => self.outcome(call, Gives::Loss, value),
            _ => value,
        }
    }

    /// Whether the `forward` of an object computes a loss.
    fn is_criterion(&self, object: &Value<'a>) -> bool {
        let name = object.place.map(|place| self.cfg.paths.name(place));
        let named = name.is_some_and(|name| is_loss(name.rsplit('.').next().unwrap_or(name)));
        object.origin.criterion.is_some() || named && !object.computed && object.made.is_none()
    }

    /// Whether the result of a forward of these inputs may have a graph. In a library with tapes,
    /// one of the inputs must carry the tape.
    fn is_traced(&self, inputs: &[Value<'a>]) -> bool {
        self.vocabulary.keeping() != Some(Keeping::Threaded) || inputs.iter().any(|input| input.computed)
    }

    /// Whether the function itself creates these inputs, so that the checker knows whether they
    /// carry a tape.
    fn are_local(&self, inputs: &[Value<'a>]) -> bool {
        let of_caller = |path: &PathId| {
            let name = self.cfg.paths.root_of(*path);
            self.env.parameters.contains(&name) && name == *path
        };
        !inputs.iter().any(|input| input.place.is_some_and(|place| of_caller(&place)))
    }

    /// Performs a forward such as `input.apply(&model)`, whose receiver is the input of the model.
    pub(super) fn applies(&mut self, call: &Call<'a>) -> Value<'a> {
        let Some(receiver) = &call.receiver else { return self.opaque(call) };
        let Some((model, more)) = call.arguments.split_first() else { return receiver.derived() };
        if !matches!(model.kind, Kind::Plain | Kind::Fields(_)) {
            return self.opaque(call);
        }
        let mut given = vec![receiver.clone()];
        given.extend(more.iter().cloned());
        self.computes(call, Stage::Forward, Some(model), &given)
    }

    /// Performs an operation whose result has the graphs of its operands, such as `x.relu()`.
    pub(super) fn keeps_graph(&mut self, call: &Call<'a>) -> Value<'a> {
        let Some(subject) = call.subject() else { return self.opaque(call) };
        self.measures(call, subject);
        let site = self.site_of(call.expr, None);
        let others: Vec<&Origin> = call.rest().iter().map(|value| &value.origin).collect();
        let own = call.path().is_some_and(|path| self.resolver.may_be_own(path, self.inlining.function));
        let op = if own { Op::Other } else { self.vocabulary.op(&call.name) };
        let mut origin = subject.origin.after(op, site, &others);
        if multiplies(&call.name) {
            origin.scaled = true;
            if let Some(weighting) = self.weights_by_method(call) {
                origin.add_comparison(weighting);
            }
        }
        self.written_in_place(call, &origin);
        self.combine(call.values()).with_origin(origin)
    }

    /// Performs a call whose result has no graph.
    pub(super) fn detaches(&mut self, call: &Call<'a>) -> Value<'a> {
        let Some(subject) = call.subject() else { return self.opaque(call) };
        if matches!(subject.kind, Kind::Optimizer(_)) || self.is_of_scaler(call) {
            return Value::number();
        }
        let mut number = Value::number_of(subject);
        let Some(how) = self.vocabulary.cut(&call.name) else { return number };
        if how == GradientStop::Detach {
            // A detached value that no forward computed is still data.
            if subject.models.is_empty() && !subject.computed {
                number.deps = subject.derived().deps;
            }
            self.cfg.function.detached = self.cfg.function.detached.union(&subject.past.computed);
        }
        let site = self.site_of(call.expr, None);
        self.name_callee(site, call.expr);
        self.reads_number(call, site);
        let origin = subject.origin.ended(how, site);
        self.written_in_place(call, &origin);
        number.with_origin(origin)
    }

    /// Records that a call may read the loss of a batch as a number: `loss.item()`, `f64::from(loss)`.
    pub(super) fn reads_number(&mut self, call: &Call<'a>, site: SiteId) {
        let tensor = call.callee.receiver().or_else(|| call.args.first());
        if let (Some(tensor), Some(value)) = (tensor, call.subject()) {
            self.note_number(site, tensor, value);
        }
    }

    /// Performs the multiplication of a loss by the factor of a scaler: `scaler.scale(&loss)`.
    pub(super) fn scales(&mut self, call: &Call<'a>) -> Value<'a> {
        let origin = call.rest().first().map(|loss| loss.origin.clone()).unwrap_or_default();
        Value { kind: Kind::Scaled, ..self.combine(call.rest().iter()).with_origin(origin) }
    }

    /// The result of arithmetic on tensors and numbers: a tensor with the graphs of all operands.
    pub(in crate::lower) fn combine<'v>(
        &self,
        values: impl Iterator<Item = &'v Value<'a>> + Clone,
    ) -> Value<'a>
    where
        'a: 'v,
    {
        let scaled = values.clone().any(|value| matches!(value.kind, Kind::Scaled));
        let all_numbers = values.clone().all(|value| matches!(value.kind, Kind::Number));
        let mut result = if all_numbers { Value::number() } else { Value::nothing() };
        if scaled {
            result.kind = Kind::Scaled;
        }
        for value in values.clone() {
            result = result.with(&value.derived());
            result.computed |= value.computed;
            result.measured |= value.measured;
            if value.has_graphs() {
                result.models = result.models.union(&value.models);
                result.graphs.extend(value.through());
                result.part.extend(value.parts());
            }
        }
        if self.opens(values) {
            result.past.open = true;
        }
        result
    }

    /// Whether one of these values may have a graph that no forward built.
    ///
    /// Such a value is a parameter of a model, or a tensor from outside the function.
    pub(in crate::lower) fn opens<'v>(&self, mut values: impl Iterator<Item = &'v Value<'a>>) -> bool
    where
        'a: 'v,
    {
        let from_outside = |path: &PathId| {
            let root = self.cfg.paths.root_of(*path);
            let data = self.cfg.facts.item_of(root).is_some() || self.env.parameters.contains(&root);
            let model = Deps::one(*path).overlaps(&self.cfg.function.models, &self.cfg.paths) != Some(false);
            !data || model
        };
        let open = |value: &Value<'a>| {
            let computed = &value.past.computed;
            let made = computed.is_unknown() || !computed.known().is_empty();
            let flat = matches!(value.kind, Kind::Number) || value.origin.is_flat();
            !made && !flat && (value.deps == Deps::Anything || value.deps.paths().iter().any(from_outside))
        };
        self.recording.state() != Recorded::No && values.any(open)
    }

    /// Whether `function`, the value of the variable `name` in the call `name(..)`, is a model.
    ///
    /// The value counts as a model if some optimizer updates its parameters and the value holds no
    /// optimizer.
    pub(super) fn is_model(&self, name: &str, function: &Value<'a>) -> bool {
        matches!(function.kind, Kind::Plain)
            && !hints_at_training(name)
            && self.optimizers_in(&function.deps).is_empty()
            && self.is_owned(&function.deps)
    }

    /// Records a forward, a loss or a backward, with the inputs of the computation.
    pub(super) fn note_run(
        &mut self,
        site: SiteId,
        stage: Stage,
        receiver: Option<&Value<'a>>,
        arguments: &[Value<'a>],
        told: Option<bool>,
    ) {
        let model = receiver.filter(|_| stage == Stage::Forward);
        let place = model.and_then(|model| model.place.filter(|_| !model.copied));
        let place = place.filter(|place| self.track_mode(*place));
        let given = arguments.iter().fold(Value::nothing(), |all, part| all.with(&part.derived()));
        let whole = receiver.into_iter().fold(given.clone(), |all, part| all.with(&part.derived()));
        let models =
            receiver.into_iter().chain(arguments).fold(Deps::none(), |all, part| all.union(&part.models));
        let models = model.map_or(models.clone(), |model| models.union(&model.derived().deps));
        if stage != Stage::Backward {
            self.emit(Action::Computation(place), site);
        }
        let told = told.filter(|_| model.is_none_or(|model| !model.as_model.sets_own_mode));
        let unsure = model.is_some_and(|model| model.origin.unrecorded);
        let recorded = match self.recording.state() {
            Recorded::Yes if model.is_some_and(|model| model.as_model.frozen) => Recorded::No,
            Recorded::Yes if unsure => Recorded::Maybe,
            sure => sure,
        };
        let mut cuts = arguments.iter().filter_map(|argument| argument.origin.cut.as_ref());
        let detached = cuts.find(|cut| cut.how == GradientStop::Detach).map(|cut| cut.site);
        let computation = Computation {
            stage,
            model: place,
            models,
            own: model.map_or_else(Deps::none, |model| model.derived().deps),
            given: arguments
                .iter()
                .filter_map(|part| part.place)
                .fold(given.deps, |all, place| all.union(&Deps::one(place))),
            past: whole.past.clone(),
            recorded,
            told,
            detached,
        };
        match self.cfg.facts.at_mut::<Computation>(site) {
            Some(known) => known.join(&computation),
            None => self.cfg.facts.note(site, computation),
        }
    }

    /// The site of the call that performs a stage.
    ///
    /// For a call that the generator wrote for a spec, the site is the token of the stage in the spec.
    pub(super) fn stage_site(&mut self, expr: &'a Expr, stage: Stage) -> SiteId {
        self.stage_site_at(address(expr), expr, stage)
    }

    /// The site of one stage of a call. The argument `key` identifies the stage.
    pub(super) fn stage_site_at(&mut self, key: usize, expr: &'a Expr, stage: Stage) -> SiteId {
        let root = &self.resolver.functions[self.inlining.root];
        let spec = root.options.author == Author::Generator;
        let generated = match expr {
            Expr::MethodCall(node) if spec && is_generated(node) => Some(node),
            _ => None,
        };
        let resolver = self.resolver;
        // The schedule's `step` has the optimizer's name too.
        let site = self.site(key, Some(stage), || {
            let (place, text) = resolver.source(expr).shown(expr);
            (generated.map_or(place, |node| Place::from(node.method.span())), text)
        });
        self.name_callee(site, expr);
        self.cfg.sites[site].own = spec && generated.is_none();
        site
    }
}

/// Whether a call in the loop of a spec was written by the generator, rather than by the user.
///
/// The dot and the method of a generated call have the same span.
fn is_generated(node: &ExprMethodCall) -> bool {
    node.dot_token.span.start() == node.method.span().start()
}

/// The training mode that a literal argument of a forward selects, if there is one.
fn mode_argument(expr: &Expr) -> Option<bool> {
    match expr {
        Expr::MethodCall(node) => node.args.iter().find_map(literal_bool),
        Expr::Call(node) => node.args.iter().find_map(literal_bool),
        _ => None,
    }
}
