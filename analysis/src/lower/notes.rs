//! Notes for lints on bookkeeping: uses of variables, heads of loops, choices of the best model.

use std::collections::BTreeSet;

use syn::{BinOp, Expr, ExprBinary, ExprIf, ExprPath, Lit, Pat, ReturnType, Type};

use super::control::expression::unreferenced;
use crate::cfg::{Choice, LoopId, Measure, PathId, SiteId, Swallow, Use, UseKind};
use crate::diagnostic::Place;
use crate::limits;
use crate::lower::env::value::Value;
use crate::lower::resolve::SeenFn;
use crate::lower::{Lower, address, text};
use crate::stage::Stage;
use crate::tokens::names_in;
use crate::vocabulary::rust::{ErrorFilter, Variant, error_filter, is_ok, is_result};
use crate::vocabulary::{CallEffect, GradientStop, is_loss, keeps_model, names_batch, names_loader};

impl<'a> Lower<'a> {
    /// Records the signature.
    pub(super) fn note_function(&mut self, function: &SeenFn) {
        self.cfg.function.name.clone_from(&function.name);
        self.cfg.function.is_test = function.tested;
        self.cfg.function.returns = match &function.sig.output {
            ReturnType::Default => false,
            ReturnType::Type(_, ty) => gives_something(ty),
        };
    }

    fn note(&mut self, path: PathId, site: SiteId, kind: UseKind) {
        let uses = &mut self.cfg.facts.variable_mut(path).uses;
        match uses.iter().rposition(|known| known.site == site) {
            Some(known) if kind != UseKind::Read => uses[known].kind = kind,
            None if uses.len() < limits::USES => uses.push(Use { site, kind }),
            _ => {}
        }
    }

    /// The variable of a name, if its uses are recorded, and the site of the name.
    fn noted_name(&mut self, node: &ExprPath) -> Option<(PathId, SiteId)> {
        let name = node.path.get_ident()?.to_string();
        let path = self.lookup(&name)?;
        let path = self.env.unaliased(path);
        let noted = self.survey().assigned.contains(&name)
            || self.env.built.contains_key(&path)
            || self.env.item_sources.contains(&path);
        if !noted || self.at.dead {
            return None;
        }
        Some((path, self.site(address(node), None, || (Place::of(node), name.into()))))
    }

    /// Records a read of a variable.
    pub(super) fn note_read(&mut self, node: &ExprPath) {
        if let Some((path, site)) = self.noted_name(node) {
            self.note(path, site, UseKind::Read);
        }
    }

    /// Records another use of a variable: `left = ..`, `left += ..`, `&mut left`, `left.train()`.
    pub(super) fn note_use(&mut self, left: &Expr, kind: UseKind) {
        match left {
            Expr::Path(node) => {
                if let Some((path, site)) = self.noted_name(node) {
                    self.note(path, site, kind);
                }
            }
            Expr::Unary(deref) if matches!(deref.op, syn::UnOp::Deref(_)) => self.note_use(&deref.expr, kind),
            Expr::Paren(inner) => self.note_use(&inner.expr, kind),
            _ => {}
        }
    }

    /// Records an operator that also assigns.
    pub(super) fn note_added(&mut self, node: &'a ExprBinary, right: &Value<'a>) {
        let kind = if matches!(node.op, BinOp::AddAssign(_)) {
            UseKind::Add { measured: is_measured(right, &node.right) }
        } else {
            UseKind::Set
        };
        self.note_use(&node.left, kind);
        if let Expr::Path(left) = &*node.left
            && let Some(path) = left.path.get_ident().and_then(|name| self.lookup(&name.to_string()))
        {
            let known = self.env.added.entry(path).or_default();
            for &forward in &right.origin.forwards {
                if !known.contains(&forward) && known.len() < limits::USES {
                    known.push(forward);
                }
            }
        }
    }

    /// Records the variables in the divisor of a variable: `left / right`.
    pub(super) fn note_division(&mut self, node: &'a ExprBinary) {
        let mut left = &*node.left;
        while let Expr::Cast(syn::ExprCast { expr, .. }) | Expr::Paren(syn::ExprParen { expr, .. }) = left {
            left = expr;
        }
        if let (BinOp::Div(_), Expr::Path(divided)) = (&node.op, left)
            && let Some((path, _)) = self.noted_name(divided)
        {
            let by: Vec<PathId> = names_in(&node.right).iter().filter_map(|name| self.lookup(name)).collect();
            let known = &mut self.cfg.facts.variable_mut(path).divisors;
            for path in by {
                if !known.contains(&path) && known.len() < limits::USES {
                    known.push(path);
                }
            }
        }
    }

    /// Records what a method does to the model that it is called on.
    pub(super) fn note_model_use(&mut self, receiver: &Expr, effect: CallEffect) {
        let kind = match effect {
            CallEffect::Computes(Stage::Forward) => UseKind::Forward,
            CallEffect::Mode(_) | CallEffect::ModeBy | CallEffect::Parameters | CallEffect::Gradients(_) => {
                UseKind::Train
            }
            CallEffect::Computes(_)
            | CallEffect::Backward { .. }
            | CallEffect::Applies
            | CallEffect::Settings
            | CallEffect::Builds
            | CallEffect::Adopts
            | CallEffect::Updates { .. }
            | CallEffect::Scales
            | CallEffect::SetsEpoch
            | CallEffect::Reduces
            | CallEffect::KeepsGraph
            | CallEffect::Detaches
            | CallEffect::Passes
            | CallEffect::Takes
            | CallEffect::Copies
            | CallEffect::NoGrad
            | CallEffect::WithGrad
            | CallEffect::SwitchesRecording
            | CallEffect::Harmless => return,
        };
        self.note_use(receiver, kind);
    }

    /// Records the initializer of a variable.
    pub(super) fn note_made(&mut self, pat: &Pat, init: &'a Expr) {
        let pat = match pat {
            Pat::Type(typed) => &*typed.pat,
            other => other,
        };
        if let Pat::Ident(ident) = pat
            && let Some(path) = self.lookup(&ident.ident.to_string())
        {
            self.env.made_of.insert(path, init);
        }
    }

    /// Records a string literal.
    pub(super) fn note_literal(&mut self, literal: &Lit) {
        if let Lit::Str(text) = literal {
            self.cfg.function.says.push(text.value());
        }
    }

    /// Records a branch that keeps the best model so far.
    pub(super) fn note_choice(&mut self, node: &'a ExprIf) {
        let mut single = &*node.cond;
        while let Expr::Paren(inner) = single {
            single = &inner.expr;
        }
        let Expr::Binary(compared) = single else { return };
        let (less, more) = match compared.op {
            BinOp::Lt(_) | BinOp::Le(_) => (&*compared.left, &*compared.right),
            BinOp::Gt(_) | BinOp::Ge(_) => (&*compared.right, &*compared.left),
            _ => return,
        };
        let body = &node.then_branch.stmts;
        let assigned = body.iter().find_map(|statement| match statement {
            syn::Stmt::Expr(Expr::Assign(assign), _) => {
                let (best, now) = (text::tight(&assign.left), text::tight(&assign.right));
                let is = |best_side: &Expr, now_side: &Expr| {
                    names_in(best_side).contains(best.as_str()) && text::tight(now_side) == now
                };
                (is(more, less) || is(less, more)).then_some(&*assign.right)
            }
            _ => None,
        });
        let Some(Expr::Path(now)) = assigned else { return };
        let Some(name) = now.path.get_ident().map(ToString::to_string) else { return };
        let names: BTreeSet<String> = body.iter().flat_map(names_in).collect();
        let Some(keeps) = names.into_iter().find(|name| keeps_model(name)) else { return };
        let site = self.site(address(node), None, || (Place::of(&node.cond), text::call(&node.cond).into()));
        if self.cfg.facts.at::<Choice>(site).is_some() || self.at.dead {
            return;
        }
        let mut measure = Measure { name: name.clone(), ..Measure::default() };
        self.measure(&name, &mut measure, 0);
        self.cfg.facts.note(site, Choice { site, measure, keeps });
    }

    /// Collects the inputs of a measure.
    fn measure(&self, name: &str, into: &mut Measure, depth: usize) {
        let Some(path) = self.lookup(name) else { return };
        if let Some(value) = self.env.values.get(&path) {
            into.forwards.extend(&value.origin.forwards);
        }
        into.forwards.extend(self.env.added.get(&path).into_iter().flatten());
        let Some(init) = self.env.made_of.get(&path).filter(|_| depth < limits::MEASURE_SOURCES) else {
            return;
        };
        for part in names_in(init) {
            if part != name && !into.names.contains(&part) {
                into.names.push(part.clone());
                self.measure(&part, into, depth + 1);
            }
        }
    }

    /// Records the head of a loop over `items`.
    pub(super) fn note_for(&mut self, of: LoopId, pat: &Pat, items: &'a Expr) {
        self.iterates_over(of, Some(pat), items);
        let site = self.site(address(items), None, || (Place::of(items), text::call(items).into()));
        self.cfg.loops[of].iterates = Some(site);
        if let Some((drops, from)) = swallows(items, pat) {
            let items = text::tight(unreferenced(from));
            let instead = format!("for batch in {items} {{ let batch = batch?; .. }}");
            let swallow = Swallow { site, of, drops, instead, from: None };
            self.swallow(swallow);
        }
    }

    /// Records the head of a `while let`.
    pub(super) fn note_while(&mut self, of: LoopId, head: &'a syn::ExprLet) {
        let site = self.site(address(head), None, || (Place::of(&head.expr), text::call(&head.expr).into()));
        self.cfg.loops[of].iterates = Some(site);
        let fetch = text::tight(&head.expr);
        let instead = match nested(&head.pat) {
            Some((Variant::Some, _)) => {
                format!("while let Some(batch) = {fetch} {{ let batch = batch?; .. }}")
            }
            Some(_) => format!("while let Some(batch) = {fetch}? {{ .. }}"),
            None => return,
        };
        let from = fetched_from(&head.expr).and_then(|name| self.lookup(&name));
        self.env.item_sources.extend(from);
        self.swallow(Swallow { site, of, drops: false, instead, from });
    }

    fn swallow(&mut self, swallow: Swallow) {
        if !self.at.dead {
            self.cfg.facts.note_once(swallow.site, swallow);
        }
    }

    /// Records that code that is not lowered mentions a variable.
    pub(super) fn note_mentioned(&mut self, path: PathId) {
        if self.env.built.contains_key(&path) {
            self.note(path, 0, UseKind::Read);
        }
    }
}

/// Whether a number comes from a forward or a loss, or has the name of one that does.
fn is_measured(value: &Value<'_>, expr: &Expr) -> bool {
    let origin = &value.origin;
    let number = match &origin.cut {
        Some(cut) => cut.how != GradientStop::Detach,
        None => !origin.forwards.is_empty(),
    };
    let names = names_in(&expr);
    number || value.is_tensor() || names.iter().any(|name| is_loss(name))
}

/// Whether a return type holds more than an error.
fn gives_something(ty: &Type) -> bool {
    match ty {
        Type::Tuple(parts) => !parts.elems.is_empty(),
        Type::Never(_) => false,
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else { return true };
            let syn::PathArguments::AngleBracketed(inner) = &last.arguments else { return true };
            let first = inner.args.iter().find_map(|argument| match argument {
                syn::GenericArgument::Type(ty) => Some(ty),
                _ => None,
            });
            !is_result(&last.ident.to_string()) || first.is_none_or(gives_something)
        }
        _ => true,
    }
}

/// The two variants of a pattern such as `Some(Ok(batch))`.
fn nested(pat: &Pat) -> Option<(Variant, Variant)> {
    let variant = |pat: &'_ Pat| -> Option<(String, Pat)> {
        let Pat::TupleStruct(wrapped) = pat else { return None };
        let name = wrapped.path.segments.last()?.ident.to_string();
        (wrapped.elems.len() == 1).then(|| (name, wrapped.elems[0].clone()))
    };
    let (outer, inner) = variant(pat)?;
    let (inner, _) = variant(&inner)?;
    match (Variant::of(&outer)?, Variant::of(&inner)?) {
        pair @ ((Variant::Some, Variant::Ok) | (Variant::Ok, Variant::Some)) => Some(pair),
        _ => None,
    }
}

/// The variable that items are fetched from.
fn fetched_from(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Await(node) => fetched_from(&node.base),
        Expr::MethodCall(node) => match &*node.receiver {
            Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
            _ => None,
        },
        _ => None,
    }
}

/// Whether the items of a loop leave out errors: true if it drops the item, false if it ends; and the
/// items with their errors.
fn swallows<'e>(items: &'e Expr, pat: &Pat) -> Option<(bool, &'e Expr)> {
    let Expr::MethodCall(node) = items else { return None };
    let given = node.args.first();
    let turns = |asks: bool| given.is_some_and(|function| is_ok(function, asks));
    // `flatten` also flattens nested collections; only a loader of batches counts.
    let of_loader = || {
        let bound = names_in(&pat);
        bound.iter().any(|name| names_batch(name))
            && names_in(&node.receiver).iter().any(|name| names_loader(name))
    };
    match error_filter(&node.method.to_string())? {
        ErrorFilter::EndsByValue => turns(false).then_some((false, &*node.receiver)),
        ErrorFilter::EndsByTruth => turns(true).then_some((false, &*node.receiver)),
        ErrorFilter::Drops => turns(false).then_some((true, &*node.receiver)),
        ErrorFilter::Flattens => of_loader().then_some((true, &*node.receiver)),
        ErrorFilter::Passes => swallows(&node.receiver, pat),
    }
}
