//! Calls that read the current parameters of a model, to save them or to update a running average of them.

use syn::Expr;

use super::{Call, Callee};
use crate::cfg::{Action, Deps, Reads, SiteId};
use crate::diagnostic::Place;
use crate::lower::env::bind::member;
use crate::lower::env::value::Value;
use crate::lower::{Lower, address, text};
use crate::vocabulary::rust::is_transparent;
use crate::vocabulary::{
    gives_parameters, holds_parameters, is_average, is_average_update, moves_average, saves,
};

impl<'a> Lower<'a> {
    /// Records a method that reads the parameters of a model. Returns whether the method has no
    /// other effect.
    pub(super) fn method_reads_parameters(&mut self, call: &Call<'a>) -> bool {
        let (Callee::Method(node), Some(receiver)) = (&call.callee, &call.receiver) else { return false };
        let of = last_name(&node.receiver).unwrap_or_default();
        if is_average(&of) && moves_average(&call.name) {
            return self.averages(call, true);
        }
        if saves(&call.name) {
            let model = self.model_in(&node.receiver, receiver).or_else(|| self.model_argument(call));
            if model.is_some() || holds_parameters(&of) {
                let site = self.site_of(call.expr, None);
                self.reads(site, Reads::Save, model.unwrap_or(Deps::Anything));
            }
        }
        false
    }

    /// Records a function that reads the parameters of a model. Returns whether the function has no
    /// other effect.
    pub(super) fn function_reads_parameters(&mut self, call: &Call<'a>) -> bool {
        if is_average_update(&call.name) {
            return self.averages(call, false);
        }
        if saves(&call.name)
            && let Some(model) = self.model_argument(call)
        {
            let site = self.site_of(call.expr, None);
            self.reads(site, Reads::Save, model);
        }
        false
    }

    /// Records a `break` or a `continue` that leaves an iteration.
    pub(in crate::lower) fn leaves(&mut self, expr: &'a Expr) {
        if self.control.innermost().is_some() {
            let text = || text::tight(expr).replacen('\'', " '", 1).into();
            let site = self.site(address(expr), None, || (Place::of(expr), text()));
            self.reads(site, Reads::Leave, Deps::Anything);
        }
    }

    /// Records a call that updates a running average of a model's parameters. Returns whether the
    /// call is such an update.
    ///
    /// The call gets the parameters as arguments. If `knows` is set, the receiver already has the
    /// parameters.
    fn averages(&mut self, call: &Call<'a>, knows: bool) -> bool {
        // It may be the average of a loss.
        if call.arguments.iter().any(|value| value.measured) || !knows && call.arguments.is_empty() {
            return false;
        }
        let all = call.arguments.iter().fold(Deps::none(), |all, value| all.union(&value.derived().deps));
        let model = self.is_trained(&all);
        if !call.arguments.is_empty() && !model {
            return false;
        }
        let site = self.site_of(call.expr, None);
        self.reads(site, Reads::Average, if model { all } else { Deps::Anything });
        true
    }

    fn reads(&mut self, site: SiteId, what: Reads, of: Deps) {
        self.cfg.facts.set(site, what);
        self.emit(Action::Look(of), site);
    }

    /// The places of the first argument that is a model or that returns the parameters of a model.
    fn model_argument(&self, call: &Call<'a>) -> Option<Deps> {
        let mut arguments = call.args.iter().zip(&call.arguments);
        arguments.find_map(|(argument, value)| self.model_in(argument, value))
    }

    /// The places of a model, if an expression is this model or returns the parameters of this model.
    fn model_in(&self, expr: &Expr, value: &Value<'a>) -> Option<Deps> {
        let place = match expr {
            Expr::Reference(inner) => return self.model_in(&inner.expr, value),
            Expr::Paren(inner) => return self.model_in(&inner.expr, value),
            Expr::MethodCall(call) if gives_parameters(&call.method.to_string()) => {
                self.receiver_place(&call.receiver)?
            }
            Expr::Path(_) | Expr::Field(_) => Deps::one(value.place?),
            _ => return None,
        };
        self.is_trained(&place).then_some(place)
    }

    /// Whether an optimizer updates, or a forward uses, the parameters in these places.
    fn is_trained(&self, places: &Deps) -> bool {
        self.is_owned(places) || self.cfg.function.models.overlaps(places, &self.cfg.paths) == Some(true)
    }

    fn receiver_place(&self, expr: &Expr) -> Option<Deps> {
        match expr {
            Expr::Path(path) => {
                let path = self.lookup(&path.path.get_ident()?.to_string())?;
                Some(Deps::one(self.env.place_behind(path)))
            }
            Expr::Field(field) => self.receiver_place(&field.base),
            Expr::Reference(inner) => self.receiver_place(&inner.expr),
            Expr::Paren(inner) => self.receiver_place(&inner.expr),
            _ => None,
        }
    }
}

/// The last name in the path of a variable or a field.
fn last_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        Expr::Field(field) => Some(member(&field.member)),
        Expr::Reference(inner) => last_name(&inner.expr),
        Expr::Paren(inner) => last_name(&inner.expr),
        Expr::MethodCall(call) if is_transparent(&call.method.to_string()) => last_name(&call.receiver),
        _ => None,
    }
}
