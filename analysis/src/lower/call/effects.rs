//! What a call does to gradients, effect by effect.

use syn::Expr;

use crate::cfg::{Action, Deps, Excerpt, Mark, OptimizerId, PathId, Scaler, SiteId, User};
use crate::lower::env::value::{Kind, Value};
use crate::lower::{Lower, address, text};
use crate::stage::{Effect, Stage};
use crate::tokens::identifiers;
use crate::vocabulary::rust::is_forced;
use crate::vocabulary::{CallEffect, clips_values, is_layer, is_loss};

/// What a call acts on.
pub(in crate::lower) enum On {
    /// One optimizer.
    Optimizer(OptimizerId),
    /// Whatever these places hold.
    Places(Deps),
}

impl<'a> Lower<'a> {
    /// The effects of one call, in their order; a fused call computes the gradients of `loss` on the way.
    pub(in crate::lower) fn effects(
        &mut self,
        expr: &'a Expr,
        effects: &'static [Effect],
        on: &On,
        loss: Option<&Value<'a>>,
    ) {
        let fused = effects.len() > 1;
        for (part, &effect) in effects.iter().enumerate() {
            let site = self.part_site(expr, part, effect);
            self.cfg.sites[site].fused = fused;
            if effect == Effect::Clip && self.mentions_scaler(expr) {
                self.cfg.facts.mark(site, Mark::ScaledClip);
            }
            match (effect, loss, on) {
                (Effect::Fill, Some(loss), _) => self.backward_at(site, loss, false),
                (Effect::Fill, None, On::Optimizer(id)) => {
                    self.emit(Action::Touch(Deps::one(self.cfg.optimizers[*id].path)), site);
                }
                (Effect::Fill, None, On::Places(deps)) => self.emit(Action::Touch(deps.clone()), site),
                (_, _, On::Optimizer(id)) => self.emit(Action::Gradients(*id, effect), site),
                (_, _, On::Places(deps)) => self.emit(Action::Through(deps.clone(), effect), site),
            }
        }
    }

    /// Whether an expression mentions a scaler, as a limit times its factor does.
    fn mentions_scaler(&self, expr: &Expr) -> bool {
        let mut names = std::collections::BTreeSet::new();
        identifiers(quote::ToTokens::to_token_stream(expr), &mut names);
        names.iter().any(|name| {
            let value = self.lookup(name).and_then(|path| self.values.get(&path));
            value.is_some_and(|value| matches!(value.kind, Kind::Scaler))
        })
    }

    /// The scaler of `scaler.scale(&loss).backward()`.
    fn scaler_of(&self, expr: &Expr) -> Option<Excerpt> {
        let Expr::MethodCall(backward) = expr else { return None };
        let Expr::MethodCall(scaled) = &*backward.receiver else { return None };
        let effect = self.vocabulary.scaler_method(&scaled.method.to_string(), scaled.args.len())?;
        matches!(effect, CallEffect::Scales).then(|| text::tight(&scaled.receiver).into())
    }

    /// A method of a scaler; `None` for one that the vocabulary does not know.
    pub(in crate::lower) fn scaler_method(
        &mut self,
        expr: &'a Expr,
        name: &str,
        arguments: &[Value<'a>],
    ) -> Option<Value<'a>> {
        let first = arguments.first();
        match (self.vocabulary.scaler_method(name, arguments.len())?, first.map(|first| &first.kind)) {
            (CallEffect::Scales, _) => {
                let origin = first.map(|first| first.origin.clone()).unwrap_or_default();
                Some(Value { kind: Kind::Scaled, ..self.combine(arguments).with_origin(origin) })
            }
            (CallEffect::Gradients(effects), Some(Kind::Optimizer(id))) => {
                self.effects(expr, effects, &On::Optimizer(*id), None);
                Some(Value::nothing())
            }
            (CallEffect::Detaches | CallEffect::Harmless, _) => Some(Value::number()),
            _ => None,
        }
    }

    /// Something takes the place of a model or a layer that an optimizer moves; `right` is what is assigned.
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

    /// The site of one effect of a call; all stand at the same place.
    fn part_site(&mut self, expr: &'a Expr, part: usize, effect: Effect) -> SiteId {
        let name = match expr {
            Expr::MethodCall(node) => node.method.to_string(),
            Expr::Call(node) => crate::lower::text::tight(&node.func),
            _ => String::new(),
        };
        // Nodes lie further apart than the effects of one call are many.
        self.stage_site_at(address(expr) + part, expr, stage_of(effect, &name))
    }

    pub(in crate::lower) fn backward(&mut self, expr: &'a Expr, loss: &Value<'a>, retain: bool) -> Value<'a> {
        let site = self.stage_site(expr, Stage::Backward);
        if let Some(scaler) = self.scaler_of(expr) {
            self.cfg.facts.set(site, Scaler(scaler));
        }
        self.backward_at(site, loss, retain);
        Value::of(Kind::Gradients, Deps::none())
    }

    /// The library's `backward` gives the gradients as a value: what the optimizers hold is not known.
    pub(in crate::lower) fn gradients_are_values(&mut self) {
        self.emit(Action::Touch(Deps::Anything), 0);
        self.cfg.function.reads_gradients = true;
    }

    fn backward_at(&mut self, site: SiteId, loss: &Value<'a>, retain: bool) {
        self.root_of_backward(site, &loss.origin);
        self.runs(site, Stage::Backward, None, std::slice::from_ref(loss), None);
        let mut graphs = loss.through();
        // A network that runs its own backward is no loss, and may do so again.
        if graphs.is_empty()
            && let Some(place) = loss.place
            && is_loss(self.cfg.paths.name(place).rsplit('.').next().unwrap_or(""))
        {
            graphs = vec![self.graph(place)];
        }
        for &graph in &graphs {
            self.uses(graph, User::Backward(site));
        }
        if graphs.is_empty() {
            graphs = loss.parts();
        }
        let own = loss.tensor.is_some() || (loss.graphs.is_empty() && loss.parts().is_empty());
        let scaled = matches!(loss.kind, Kind::Scaled);
        let deps = loss.derived().deps;
        self.emit(Action::Backward { deps, graphs, own, retain, scaled }, site);
    }

    /// A new optimizer gets a name.
    pub(in crate::lower) fn build(&mut self, path: PathId, owned: &Deps, site: SiteId) {
        let id = self.optimizer(path, (!owned.is_empty()).then(|| owned.clone()), false);
        self.emit(Action::Build(id), site);
        let conditional = self.cfg.sites[site].conditional;
        let models: Vec<_> = owned
            .paths()
            .iter()
            .filter_map(|path| self.built.get(path).map(|(site, conditional)| (*path, *site, *conditional)))
            .collect();
        let object = &mut self.cfg.optimizers[id];
        if !object.built.contains(&(site, conditional)) {
            object.built.push((site, conditional));
        }
        for model in models {
            if !object.models.contains(&model) {
                object.models.push(model);
            }
        }
        let value = Value { place: Some(path), ..Value::of(Kind::Optimizer(id), Deps::one(path)) };
        self.values.insert(path, value);
    }

    /// An optimizer by name or by use, from where its constructor cannot be seen.
    pub(in crate::lower) fn unseen_optimizer(&mut self, path: PathId, value: &Value<'a>) {
        // What it was made from need not be whose parameters it moves.
        let id = self.optimizer(path, None, false);
        match value.made {
            Some(site) => self.emit(Action::Build(id), site),
            None => self.emit(Action::Forget(id), 0),
        }
        let value = Value { place: Some(path), ..Value::of(Kind::Optimizer(id), Deps::one(path)) };
        self.values.insert(path, value);
    }

    /// What the optimizer described by a value moves once it is built with these arguments.
    pub(in crate::lower) fn built_of(&mut self, expr: &'a Expr, arguments: &[Value<'a>]) -> Value<'a> {
        let site = self.opaque_site_of(expr);
        let owned = arguments.first().map_or_else(Deps::none, |first| first.derived().deps);
        Value::of(Kind::NewOptimizer(owned, site), Deps::none())
    }
}

/// The stage that has this effect, by the name of the call where two have it.
fn stage_of(effect: Effect, name: &str) -> Stage {
    match effect {
        Effect::Zero => Stage::ZeroGrad,
        Effect::Fill => Stage::Backward,
        Effect::Clip if clips_values(name) => Stage::ClipGradValue,
        Effect::Clip => Stage::ClipGradNorm,
        Effect::Take => Stage::Step,
        Effect::Nothing | Effect::Unscale => Stage::Metrics,
    }
}

/// The type or the function of a call that makes something: `Net::new(..)?`, `linear(..).unwrap()`.
fn constructor(expr: &Expr) -> Option<String> {
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
