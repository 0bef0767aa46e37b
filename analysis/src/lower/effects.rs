//! What a call does to gradients, effect by effect.

use syn::Expr;

use super::value::{Kind, Value};
use super::{Lower, address};
use crate::cfg::{Action, Deps, OptimizerId, PathId, SiteId, User};
use crate::dialect::is_loss;
use crate::stage::{Effect, Stage};

/// What a call acts on.
pub(super) enum On {
    /// One optimizer.
    Optimizer(OptimizerId),
    /// Whatever these places hold.
    Places(Deps),
}

impl<'a> Lower<'a> {
    /// The effects of one call, in their order; a fused call computes the gradients of `loss` on the way.
    pub(super) fn effects(
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

    /// The site of one effect of a call; all stand at the same place.
    fn part_site(&mut self, expr: &'a Expr, part: usize, effect: Effect) -> SiteId {
        let name = match expr {
            Expr::MethodCall(node) => node.method.to_string(),
            Expr::Call(node) => super::text::tight(&node.func),
            _ => String::new(),
        };
        // Nodes lie further apart than the effects of one call are many.
        self.stage_site_at(address(expr) + part, expr, stage_of(effect, &name))
    }

    pub(super) fn backward(&mut self, expr: &'a Expr, loss: &Value<'a>, retain: bool) -> Value<'a> {
        let site = self.stage_site(expr, Stage::Backward);
        self.backward_at(site, loss, retain);
        Value::of(Kind::Gradients, Deps::none())
    }

    /// The library's `backward` gives the gradients as a value: what the optimizers hold is not known.
    pub(super) fn gradients_are_values(&mut self) {
        self.emit(Action::Touch(Deps::Anything), 0);
        self.cfg.reads_gradients = true;
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
        self.emit(Action::Backward { deps: loss.derived().deps, graphs, own, retain }, site);
    }

    /// A new optimizer gets a name.
    pub(super) fn build(&mut self, path: PathId, owned: &Deps, site: SiteId) {
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
    pub(super) fn unseen_optimizer(&mut self, path: PathId, value: &Value<'a>) {
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
    pub(super) fn built_of(&mut self, expr: &'a Expr, arguments: &[Value<'a>]) -> Value<'a> {
        let site = self.site_of(expr, None);
        let owned = arguments.first().map_or_else(Deps::none, |first| first.derived().deps);
        Value::of(Kind::NewOptimizer(owned, site), Deps::none())
    }
}

/// The stage that has this effect, by the name of the call where two have it.
fn stage_of(effect: Effect, name: &str) -> Stage {
    match effect {
        Effect::Zero => Stage::ZeroGrad,
        Effect::Fill => Stage::Backward,
        Effect::Clip if name.contains("value") => Stage::ClipGradValue,
        Effect::Clip => Stage::ClipGradNorm,
        Effect::Take => Stage::Step,
        Effect::Nothing => Stage::Metrics,
    }
}
