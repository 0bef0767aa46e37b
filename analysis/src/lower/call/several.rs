//! Optimizers in one collection: while all of them get the same, they are as one.
//!
//! `for optimizer in &mut optimizers { optimizer.step(); }` steps each of them once, so it is lowered as
//! one `step` of the collection. Whatever reaches for some of them only makes the analysis silent.

use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprForLoop, ExprMethodCall, GenericArgument, Generics, Pat, PathArguments, Type};

use crate::cfg::{Deps, OptimizerId, PathId, SiteId};
use crate::limits;
use crate::lower::Lower;
use crate::lower::env::value::{Kind, Value};
use crate::stage::Effect;
use crate::vocabulary::rust::{TypeShape, type_shape};
use crate::vocabulary::{CallEffect, Role, Vocabulary};

impl<'a> Lower<'a> {
    /// A place that holds several optimizers.
    pub(in crate::lower) fn several(&mut self, path: PathId, from_caller: bool) -> OptimizerId {
        let id = self.optimizer(path, None, from_caller);
        if let Some(optimizer) = self.cfg.optimizers.get_mut(id) {
            optimizer.several = true;
        }
        id
    }

    /// `[Sgd::new(..), Adam::new(..)]`: whose parameters they move, and where they are built.
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

    /// Gives optimizers from their constructors a place.
    pub(in crate::lower) fn build_several(&mut self, path: PathId, owned: &Deps, site: SiteId) {
        self.build(path, owned, site);
        let id = self.several(path, false);
        let value = Value { place: Some(path), ..Value::of(Kind::Optimizers(id), Deps::one(path)) };
        self.values.insert(path, value);
    }

    /// What is done to some of several optimizers is not followed.
    pub(in crate::lower) fn part_of_several(&mut self, whole: &Value<'a>) {
        if let Kind::Optimizers(id) = whole.kind {
            self.lose(vec![id]);
        }
    }

    /// A loop over optimizers whose body does the same to each: the body alone.
    pub(in crate::lower) fn for_all(&mut self, node: &'a ExprForLoop, items: &Value<'a>) -> bool {
        let Kind::Optimizers(id) = items.kind else { return false };
        if !same_for_all(&node.body, self.vocabulary) {
            return false;
        }
        let mark = self.scope.len();
        // Of a map's pairs the second is the optimizer.
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

    /// `for optimizer in [&mut one, &mut two]`: the body once for each of them.
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
            let value = place.and_then(|place| lower.values.get(&place));
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

    /// `optimizers.iter_mut().for_each(|optimizer| optimizer.step())`.
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
        let seen = self.scope.len();
        let item = Value { kind: Kind::Optimizer(id), ..items.clone() };
        self.run(closure, seen, crate::lower::address(node), vec![item]);
        true
    }

    /// Whether a type holds several optimizers.
    pub(in crate::lower) fn holds_optimizers(&self, ty: &Type, generics: &Generics) -> bool {
        let element = match ty {
            Type::Reference(inner) => return self.holds_optimizers(&inner.elem, generics),
            Type::Slice(inner) => &*inner.elem,
            Type::Array(inner) => &*inner.elem,
            Type::Path(path) => {
                let Some(last) = path.path.segments.last() else { return false };
                let PathArguments::AngleBracketed(inner) = &last.arguments else { return false };
                let element = inner.args.iter().rev().find_map(|argument| match argument {
                    GenericArgument::Type(ty) => Some(ty),
                    _ => None,
                });
                let Some(element) = element else { return false };
                match type_shape(&last.ident.to_string()) {
                    Some(TypeShape::Collection) => element,
                    Some(TypeShape::Wrapper) => return self.holds_optimizers(element, generics),
                    None => return false,
                }
            }
            _ => return false,
        };
        self.role_of_parameter(element, generics) == Some(Role::Optimizer)
    }
}

/// Whether a loop's body does the same to each of several optimizers, and nothing else that is followed.
fn same_for_all(body: &Block, vocabulary: &'static Vocabulary) -> bool {
    let mut same = Same { yes: true, vocabulary };
    same.visit_block(body);
    same.yes
}

fn same_for_all_in(body: &Expr, vocabulary: &'static Vocabulary) -> bool {
    let mut same = Same { yes: true, vocabulary };
    same.visit_expr(body);
    same.yes
}

struct Same {
    yes: bool,
    vocabulary: &'static Vocabulary,
}

impl<'ast> Visit<'ast> for Same {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            Expr::MethodCall(call) => {
                let (name, given) = (call.method.to_string(), call.args.len());
                let does = self
                    .vocabulary
                    .optimizer_method(&name, given)
                    .or_else(|| self.vocabulary.method(&name, given));
                let fills = |does: CallEffect| match does {
                    CallEffect::Gradients(effects) => effects.contains(&Effect::Fill),
                    CallEffect::Backward { .. } | CallEffect::Computes(_) => true,
                    _ => false,
                };
                self.yes &= does.is_some_and(|does| !fills(does));
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
