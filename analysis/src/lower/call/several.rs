//! Collections of optimizers, tracked as one optimizer while all of them are treated alike.
//!
//! `for optimizer in &mut optimizers { optimizer.step(); }` is lowered as one `step` of the collection.
//! If code reaches only some of the optimizers, nothing is reported about the collection.

use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprForLoop, ExprMethodCall, Pat};

use crate::cfg::{Deps, OptimizerId, PathId, SiteId};
use crate::limits;
use crate::lower::env::value::{Kind, Value};
use crate::lower::{Lower, address};
use crate::stage::Effect;
use crate::vocabulary::{CallEffect, Vocabularies};

impl<'a> Lower<'a> {
    /// The collection of optimizers in a place.
    ///
    /// The collection belongs to the caller if the variable of the place is a parameter.
    pub(in crate::lower) fn several_of(&mut self, path: PathId) -> OptimizerId {
        let from_caller = self.env.parameters.contains(&self.cfg.paths.root_of(path));
        self.several(path, from_caller)
    }

    fn several(&mut self, path: PathId, from_caller: bool) -> OptimizerId {
        let id = self.optimizer(path, None, from_caller);
        if let Some(optimizer) = self.cfg.optimizers.get_mut(id) {
            optimizer.several = true;
        }
        id
    }

    /// The collection `[Sgd::new(..), Adam::new(..)]`, if each of its parts is a new optimizer.
    ///
    /// The collection has the parameters of all these optimizers, and the constructor of the first one.
    pub(in crate::lower) fn all_new(parts: &[Value<'a>]) -> Option<Kind<'a>> {
        let mut all: Option<(Deps, SiteId)> = None;
        for part in parts {
            let Kind::NewOptimizer(owned, site) = &part.kind else { return None };
            all = Some(match all {
                None => (owned.clone(), *site),
                Some((before, first)) => (before.union(owned), first),
            });
        }
        all.map(|(owned, site)| Kind::NewOptimizers(owned, site))
    }

    /// Stores a collection of newly constructed optimizers in a place.
    pub(in crate::lower) fn build_several(&mut self, path: PathId, owned: &Deps, site: SiteId) {
        self.build(path, owned, site);
        let id = self.several(path, false);
        let value = Value { place: Some(path), ..Value::of(Kind::Optimizers(id), Deps::one(path)) };
        self.env.values.insert(path, value);
    }

    /// Marks a collection of optimizers as unknown, because code reaches only some of its optimizers.
    pub(in crate::lower) fn part_of_several(&mut self, whole: &Value<'a>) {
        if let Kind::Optimizers(id) = whole.kind {
            self.lose(vec![id]);
        }
    }

    /// Lowers the body of a loop over optimizers once, if the body treats all of them alike.
    ///
    /// Returns whether the body was lowered.
    pub(in crate::lower) fn for_all(&mut self, node: &'a ExprForLoop, items: &Value<'a>) -> bool {
        let Kind::Optimizers(id) = items.kind else { return false };
        if !same_for_all(&node.body, self.vocabulary) {
            return false;
        }
        let mark = self.scope.len();
        // In the pairs of a map the second is the optimizer.
        let item = match &*node.pat {
            Pat::Tuple(pair) if pair.elems.len() == 2 => {
                self.bind(&pair.elems[0], Value::number());
                &pair.elems[1]
            }
            other => other,
        };
        self.bind(item, Value { kind: Kind::Optimizer(id), ..items.clone() });
        self.scoped(&node.body);
        self.leave(mark);
        true
    }

    /// Lowers the body of `for optimizer in [&mut one, &mut two]` once for each of the optimizers.
    ///
    /// Returns whether the loop was lowered.
    pub(in crate::lower) fn for_each_named(&mut self, node: &'a ExprForLoop) -> bool {
        let Expr::Array(array) = &*node.expr else { return false };
        if array.elems.len() > limits::NAMED_OPTIMIZERS || !same_for_all(&node.body, self.vocabulary) {
            return false;
        }
        let is_optimizer = |lower: &mut Self, part: &Expr| {
            let part = match part {
                Expr::Reference(inner) => &*inner.expr,
                other => other,
            };
            let place = lower.place_of(part);
            let value = place.and_then(|place| lower.env.values.get(&place));
            value.is_some_and(|value| matches!(value.kind, Kind::Optimizer(_)))
        };
        if !array.elems.iter().all(|part| is_optimizer(self, part)) {
            return false;
        }
        for part in &array.elems {
            let mark = self.scope.len();
            let value = self.expr(part);
            self.bind(&node.pat, value);
            self.scoped(&node.body);
            self.leave(mark);
        }
        true
    }

    /// Lowers `optimizers.iter_mut().for_each(|optimizer| optimizer.step())` as one call of the closure.
    ///
    /// Returns whether the call was lowered.
    pub(in crate::lower) fn for_all_by_closure(
        &mut self,
        node: &'a ExprMethodCall,
        closure: &'a syn::ExprClosure,
        items: &Value<'a>,
    ) -> bool {
        let Kind::Optimizers(id) = items.kind else { return false };
        if !same_for_all_in(&closure.body, self.vocabulary) {
            return false;
        }
        let item = Value { kind: Kind::Optimizer(id), ..items.clone() };
        self.inline_closure(self.closure_here(closure), address(node), vec![item]);
        true
    }
}

/// Whether a loop body treats all optimizers alike, and has no other tracked effect.
fn same_for_all(body: &Block, vocabulary: Vocabularies) -> bool {
    let mut same = Same { yes: true, vocabulary };
    same.visit_block(body);
    same.yes
}

fn same_for_all_in(body: &Expr, vocabulary: Vocabularies) -> bool {
    let mut same = Same { yes: true, vocabulary };
    same.visit_expr(body);
    same.yes
}

/// Whether a call with this effect computes gradients or the inputs of gradients.
fn computes_gradients(effect: CallEffect) -> bool {
    match effect {
        CallEffect::Gradients(effects) => effects.contains(&Effect::Fill),
        CallEffect::Backward { .. }
        | CallEffect::Differentiates
        | CallEffect::Runs
        | CallEffect::Evaluates
        | CallEffect::Computes(_) => true,
        CallEffect::Applies
        | CallEffect::Settings
        | CallEffect::Builds
        | CallEffect::Adopts
        | CallEffect::Updates { .. }
        | CallEffect::UpdatesOther
        | CallEffect::Constructs
        | CallEffect::Steps { .. }
        | CallEffect::Accumulates
        | CallEffect::Collects
        | CallEffect::Allocates
        | CallEffect::Traces
        | CallEffect::Freezes
        | CallEffect::Scales
        | CallEffect::SetsEpoch
        | CallEffect::Reduces
        | CallEffect::Collective { .. }
        | CallEffect::Rank
        | CallEffect::Splits
        | CallEffect::KeepsGraph
        | CallEffect::Detaches
        | CallEffect::Parameters
        | CallEffect::Passes
        | CallEffect::Takes
        | CallEffect::Copies
        | CallEffect::Mode(_)
        | CallEffect::ModeBy
        | CallEffect::NoGrad
        | CallEffect::WithGrad
        | CallEffect::SwitchesRecording
        | CallEffect::Harmless => false,
    }
}

/// A visitor that searches a loop body for calls that do not treat all optimizers alike.
struct Same {
    yes: bool,
    vocabulary: Vocabularies,
}

impl<'ast> Visit<'ast> for Same {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            Expr::MethodCall(call) => {
                let (name, given) = (call.method.to_string(), call.args.len());
                let effect = self.vocabulary.optimizer_method(&name, given);
                let effect = effect.or_else(|| self.vocabulary.method(&name, given));
                self.yes &= effect.is_some_and(|effect| !computes_gradients(effect));
            }
            Expr::Path(_)
            | Expr::Field(_)
            | Expr::Lit(_)
            | Expr::Paren(_)
            | Expr::Group(_)
            | Expr::Reference(_)
            | Expr::Unary(_)
            | Expr::Binary(_)
            | Expr::Cast(_)
            | Expr::Try(_)
            | Expr::Tuple(_) => {}
            Expr::Block(block) if block.label.is_none() => {}
            _ => self.yes = false,
        }
        if self.yes {
            visit::visit_expr(self, expr);
        }
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        self.yes &= local.init.as_ref().is_none_or(|init| init.diverge.is_none());
        self.yes &= matches!(local.pat, Pat::Ident(_) | Pat::Type(_) | Pat::Wild(_));
        visit::visit_local(self, local);
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {
        self.yes = false;
    }
}
