//! Notes for lints on bookkeeping: uses of variables, heads of loops, and choices of the best model.

use syn::{BinOp, Expr, ExprBinary, ExprPath, Lit, Pat, ReturnType, Type};

use crate::cfg::{PathId, SiteId, Use, UseKind};
use crate::diagnostic::Place;
use crate::limits;
use crate::lower::env::value::Value;
use crate::lower::resolve::Function;
use crate::lower::{Lower, address};
use crate::stage::Stage;
use crate::tokens::names_in;
use crate::vocabulary::rust::is_result;
use crate::vocabulary::{CallEffect, GradientStop, averages_weights, is_loss};

pub(super) mod averages;
mod choice;
mod epochs;
mod heads;
mod rows;
mod shown;

impl<'a> Lower<'a> {
    /// Records the name and the return type of the checked function, and whether it is a test.
    pub(super) fn note_function(&mut self, function: &Function) {
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

    /// The variable that a name refers to, and the site of the name. `None` if uses of the variable
    /// are not recorded.
    fn noted_name(&mut self, node: &ExprPath) -> Option<(PathId, SiteId)> {
        let name = node.path.get_ident()?.to_string();
        let path = self.env.unaliased(self.lookup(&name)?);
        Some((path, self.noted_site(node, name, path)?))
    }

    /// The site of a name that refers to the variable `path`; `None` if uses of this variable are
    /// not recorded.
    fn noted_site(&mut self, node: &ExprPath, name: String, path: PathId) -> Option<SiteId> {
        let noted = self.survey().assigned.contains(&name)
            || self.env.built.contains_key(&path)
            || self.env.item_sources.contains(&path)
            || self.objects.is_stepped(path);
        if !noted || self.at.dead {
            return None;
        }
        Some(self.site(address(node), None, || (Place::of(node), name.into())))
    }

    /// Records a read of a variable.
    pub(super) fn note_read(&mut self, node: &ExprPath, name: String, path: PathId) {
        if let Some(site) = self.noted_site(node, name, path) {
            self.note(path, site, UseKind::Read);
        }
    }

    /// Records any use of a variable except a read: `left = ..`, `left += ..`, `&mut left`,
    /// `left.train()`.
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

    /// Records a compound assignment, such as `left += right`.
    pub(super) fn note_added(&mut self, node: &'a ExprBinary, right: &Value<'a>) {
        let kind = if matches!(node.op, BinOp::AddAssign(_)) {
            UseKind::Add { measured: is_measured(right, &node.right) }
        } else {
            UseKind::Set
        };
        self.note_use(&node.left, kind);
        match node.op {
            BinOp::AddAssign(_) => self.note_term(&node.left, &node.right, Some(right)),
            BinOp::DivAssign(_) => self.note_mean(&node.left, &node.right, address(node), Place::of(node)),
            _ => {}
        }
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

    /// Records the variables by which a variable is divided. In `left / right`, these are the
    /// variables in `right`.
    pub(super) fn note_division(&mut self, node: &'a ExprBinary) {
        if matches!(node.op, BinOp::Div(_)) {
            self.note_mean(&node.left, &node.right, address(node), Place::of(node));
        }
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

    /// Records the effect of a method on its receiver, which is a model.
    pub(super) fn note_model_use(&mut self, receiver: &Expr, effect: CallEffect) {
        let kind = match effect {
            CallEffect::Computes(Stage::Forward) => UseKind::Forward,
            CallEffect::Mode(_) | CallEffect::ModeBy | CallEffect::Parameters | CallEffect::Gradients(_) => {
                UseKind::Train
            }
            CallEffect::Computes(_)
            | CallEffect::Backward { .. }
            | CallEffect::Differentiates
            | CallEffect::Runs
            | CallEffect::Evaluates
            | CallEffect::Applies
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
            let source = self.resolver.source(init);
            if source.mentions(init).names.iter().any(|name| averages_weights(name)) {
                self.env.averages.insert(path);
            }
        }
    }

    /// Records a string literal.
    pub(super) fn note_literal(&mut self, literal: &Lit) {
        if let Lit::Str(text) = literal {
            self.cfg.function.says.push(text.value());
        }
    }

    /// Records that a variable is mentioned in code that is not lowered.
    pub(super) fn note_mentioned(&mut self, path: PathId) {
        if self.env.built.contains_key(&path) {
            self.note(path, 0, UseKind::Read);
        }
    }
}

/// Whether a number is computed from a forward or a loss, or has a name typical of such numbers.
fn is_measured(value: &Value<'_>, expr: &Expr) -> bool {
    let origin = &value.origin;
    let number = match &origin.cut {
        Some(cut) => cut.how != GradientStop::Detach,
        None => !origin.forwards.is_empty(),
    };
    let names = names_in(&expr);
    number || value.is_tensor() || names.iter().any(|name| is_loss(name))
}

/// Whether a return type contains a value other than an error. This is true of `Result<f32, E>` and
/// false of `Result<(), E>`.
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
